"""How the chain is, in a clerk's words: what a worker last saw of it. The page asks no node itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer.said import msgid
from issuer.sending import lane_conditions
from issuer.tables.lane_models import Trouble

if TYPE_CHECKING:
    from datetime import datetime

    from issuer.tables.store import Work
    from issuer.wording import Words

_TROUBLES = {
    Trouble.SILENT: msgid("The registry does not answer. What is approved waits, and goes on by itself."),
    Trouble.OTHER_CHAIN: msgid("The registry is not the one it was. Nothing is sealed; tell whoever runs the service."),
    Trouble.FOREIGN: msgid(
        "Somebody else uses the sending account. Sealing has stopped; tell whoever runs the service."
    ),
    Trouble.SENDER: msgid(
        "The registry does not take what is sent. Sealing has stopped; tell whoever runs the service."
    ),
}


@dataclass(frozen=True, slots=True)
class Health:
    """One word with its colour, and a sentence."""

    word: str
    """A msgid."""
    colour: str
    sentence: str
    """Translated."""


def of(work: Work, words: Words, now: datetime) -> Health:
    """Return how the chain was when a worker last looked."""
    found = lane_conditions.all_of(work)
    if not found:
        said = words.gettext("Nobody has sealed anything here yet, so nothing is known of the registry.")
        return Health(msgid("Not known"), "grey", said)
    latest = found[0]
    if latest.trouble:
        return Health(msgid("Trouble"), "red", words.gettext(_TROUBLES[Trouble(latest.trouble)]))
    seen = words.moment(latest.seen_at)
    if now - latest.seen_at > lane_conditions.AWAY_AFTER:
        said = words.gettext(
            "No worker has looked since %(moment)s. What is approved waits until one does.", moment=seen
        )
        return Health(msgid("Waits"), "yellow", said)
    if latest.head_at is None:
        return Health(msgid("Well"), "green", words.gettext("The registry answers. Approved batches are sealed."))
    said = words.gettext(
        "The registry answers; its newest entry is of %(moment)s. Approved batches are sealed.",
        moment=words.moment(latest.head_at),
    )
    return Health(msgid("Well"), "green", said)
