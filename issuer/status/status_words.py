"""The words for statuses, status orders and inspections. All are msgids; pages translate them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.calendar import day_of_hour
from chain.events import Track
from issuer.said import msgid
from issuer.tables.inspection_models import Result
from issuer.tables.models import State
from issuer.tables.order_models import OrderState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from chain.certificate_types import CertificateType
    from issuer.slots import Held
    from issuer.tables.models import Batch, Certificate
    from issuer.wording import Words

VERBS: dict[str, tuple[str, str]] = {
    "suspend": (msgid("Suspend"), msgid("For a time, or until it is resumed.")),
    "resume": (msgid("End a suspension"), msgid("Ends a suspension before its last day.")),
    "revoke": (msgid("Revoke"), msgid("A penalty for what the holder did. It is final.")),
    "rescind": (
        msgid("Rescind"),
        msgid("It should never have been granted: it counts as void from the beginning. It is final."),
    ),
    "withdraw": (
        msgid("Withdraw the certificate"),
        msgid("The law or the circumstances changed, without fault of the holder. It is final."),
    ),
    "cancel": (
        msgid("Cancel the certificate"),
        msgid("An orderly end: it expired, the holder asked, or has ended. It is final."),
    ),
    "lost": (msgid("Report lost"), msgid("The holder has lost it; a new version may say the same.")),
    "found": (msgid("Report found"), msgid("Takes a loss back.")),
    "renewal-pending": (
        msgid("Renewal pending"),
        msgid("The holder applied in time: it goes on after its last day until this is decided."),
    ),
}
"""(word, what it means) of each verb, in the order in which they are offered."""

ORDER_STATES: dict[OrderState, tuple[str, str]] = {
    OrderState.DRAFT: (msgid("Draft"), "grey"),
    OrderState.PROPOSED: (msgid("Waits for a second officer"), "blue"),
    OrderState.APPROVED: (msgid("Signed by two"), "purple"),
    OrderState.RETURNED: (msgid("Returned"), "yellow"),
    OrderState.OUTDATED: (msgid("Must be proposed anew"), "orange"),
    OrderState.GIVEN_UP: (msgid("Given up"), "grey"),
}
ON_THE_CHAIN = (msgid("Changed on the chain"), "green")
ON_THE_WAY = (msgid("On its way to the chain"), "teal")
REFUSED = (msgid("Refused by the registry"), "red")

CHANGE_STATES: dict[State, tuple[str, str]] = {
    State.PREPARED: (msgid("Waits for a second officer"), "blue"),
    State.QUEUED: (msgid("Queued"), "teal"),
    State.SENT: (msgid("Sent"), "teal"),
    State.IN_BLOCK: (msgid("In a block"), "teal"),
    State.FINAL: (msgid("Final"), "green"),
    State.FAILED: (msgid("Failed"), "red"),
}

RESULTS: dict[Result, tuple[str, str]] = {
    Result.PASSED: (msgid("Passed the inspection"), "green"),
    Result.CONDITIONS: (msgid("Passed with conditions"), "yellow"),
    Result.FAILED: (msgid("Failed the inspection"), "red"),
}

HAPPENED = {
    "proposed": msgid("%(verb)s: proposed by the first officer"),
    "signed": msgid("%(verb)s: signed"),
    "inspected": msgid("Inspected"),
    "erased": msgid("Erased"),
}

_COLOURS = {
    Track.REPLACED: "grey",
    Track.SUSPENSION: "orange",
    Track.LOSS: "yellow",
    Track.RENEWAL_PENDING: "blue",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A status in words."""

    word: str
    colour: str
    days: str
    """When it counts; empty where the word says it."""
    counts: bool = True
    """Whether it counts now."""


def said(words: Words, certificate_type: CertificateType, held: Held, hour: int) -> Said:
    """Say a track in the words of its type."""
    return Said(
        word=certificate_type.status_words[held.track][words.language],
        colour=_COLOURS.get(held.track, "red"),
        days=days(words, held),
        counts=held.in_force(hour),
    )


def days(words: Words, held: Held) -> str:
    """Say from when until when a track counts."""
    first = words.day(day_of_hour(held.from_hour)) if held.from_hour else ""
    last = words.day(day_of_hour(held.until_hour - 1)) if held.until_hour else ""
    if held.track is Track.RESCINDED:
        return words.gettext("from the beginning; decided as of %(first)s", first=first)
    if first and last:
        return words.gettext("from %(first)s to %(last)s", first=first, last=last)
    if last:
        return words.gettext("until %(last)s", last=last)
    return words.gettext("from %(first)s on", first=first)


def standing(
    words: Words,
    certificate_type: CertificateType,
    certificate: Certificate,
    batch: Batch,
    held: Sequence[Held],
    *,
    today: date,
    hour: int,
) -> Said:
    """Say in one word how a certificate stands today: the gravest status that counts, or what its dates say."""
    if batch.state != State.ISSUED:
        return Said(words.gettext("Not issued yet"), "grey", "")
    for each in held:
        if each.in_force(hour) and each.track != Track.RENEWAL_PENDING:
            return said(words, certificate_type, each, hour)
    if certificate.first_day is not None and today < certificate.first_day:
        return Said(words.gettext("Not valid yet"), "blue", "")
    if certificate.last_day is not None and today > certificate.last_day:
        pending = next((each for each in held if each.track == Track.RENEWAL_PENDING and each.in_force(hour)), None)
        if pending is not None:
            return said(words, certificate_type, pending, hour)
        return Said(words.gettext("Expired"), "grey", "")
    return Said(words.gettext("In force"), "green", "")


def order_state(state: str, changes: dict[str, int]) -> tuple[str, str]:
    """Return (word, colour) for where an order is, given how many of its changes are in each state."""
    if state != OrderState.APPROVED or not changes:
        return ORDER_STATES[OrderState(state)]
    if changes.get(State.FAILED):
        return REFUSED
    return ON_THE_CHAIN if set(changes) == {str(State.FINAL)} else ON_THE_WAY


def happened(words: Words, what: str) -> str | None:
    """Say a line of a certificate's history that a status change or an inspection wrote; None for others."""
    if what in {"inspected", "erased"}:
        return words.gettext(HAPPENED[what])
    verb, _, done = what.rpartition(" ")
    if verb in VERBS and done in HAPPENED:
        return words.gettext(HAPPENED[done], verb=words.gettext(VERBS[verb][0]))
    return None
