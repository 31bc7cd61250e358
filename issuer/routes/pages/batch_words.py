"""What a batch's history and its rehearsal's findings are called on pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer.errors import RefusedByRegistry
from issuer.rehearsals import Kind
from issuer.said import msgid
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chain.certificate_types import CertificateType
    from issuer.rehearsals import Finding
    from issuer.tables.models import Batch, History
    from issuer.wording import Words

_FINDINGS: dict[Kind, tuple[str, str]] = {
    Kind.CLAIMS: (
        msgid("What is stored is not what was fixed"),
        msgid("The data were changed behind this service. Tell whoever runs it; do not submit."),
    ),
    Kind.KEY: (
        msgid("Fixed for another document key"),
        msgid("Discard the batch and import it again, or tell whoever runs the service."),
    ),
    Kind.UNPRINTABLE: (
        msgid("Cannot be printed"),
        msgid("A character has no glyph in the documents' fonts. Write it in another way."),
    ),
    Kind.CODE_TOO_LARGE: (
        msgid("The code would be too large"),
        msgid("Shorten the texts that the code carries: the name, the number."),
    ),
    Kind.CODE_UNREADABLE: (
        msgid("The code could not be read back from the page"),
        msgid("Rehearse again. If it stays, tell whoever runs the service."),
    ),
    Kind.VERDICT: (
        msgid("A verifier would not find it valid"),
        msgid("Mend what the verifier says."),
    ),
    Kind.SAME_HOLDER: (
        msgid("The holder has another one for the same time"),
        msgid("Look whether it is meant."),
    ),
    Kind.BEGUN: (msgid("Its first day is past"), msgid("Look whether the date is right.")),
    Kind.ENDED: (msgid("Its last day is past"), msgid("It would never have been valid for anybody to rely on.")),
    Kind.LONG: (msgid("A name is nearly as long as it may be"), msgid("Look whether it was cut off.")),
    Kind.MIXED_SCRIPTS: (
        msgid("A name is written in several scripts"),
        msgid("Look whether a letter was mistaken for another."),
    ),
}
_HAPPENED = {
    "drafted": msgid("Drafted"),
    "fixed": msgid("Contents fixed for a rehearsal"),
    "rehearsed": msgid("Rehearsed"),
    "prepared": msgid("Submitted, signed by the preparer"),
    "approved": msgid("Approved, signed by an approver"),
    "returned": msgid("Returned with a comment"),
    "recalled": msgid("Recalled"),
    "signatures void": msgid("Changed; all signatures are void"),
    "discarded": msgid("Discarded"),
    "queued": msgid("Queued for the chain"),
    "signed and stored": msgid("The transaction is signed and stored"),
    "in a block": msgid("In a block of the chain"),
    "its block is no more; sent again": msgid("Its block is no more; sent again"),
    "overtaken by a foreign transaction": msgid("Overtaken by a foreign transaction; queued again"),
    "final": msgid("Final on the chain"),
    "issued": msgid("Certificates signed"),
    "failed": msgid("The registry refused it"),
    "refused before sending": msgid("Refused before it was sent"),
    "found anchored": msgid("Found on the chain already"),
    "parked": msgid("Set aside until somebody looks at it"),
    "released": msgid("Taken up again"),
    "draft made": msgid("A draft was added"),
    "draft changed": msgid("A draft was changed"),
    "documents made": msgid("Documents made"),
    "proofs made": msgid("Proofs made"),
}
_TECHNICAL = frozenset({"drafted", "fixed", "rehearsed", "prepared", "approved", "signed and stored"})
"""Whose detail is a hash that nobody reads, or stands on the page anyway."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words."""

    is_bad: bool
    title: str
    claim: str
    detail: str
    mend: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the history in words."""

    at: datetime
    what: str
    who: str
    detail: str


def finding(words: Words, found: Finding, certificate_type: CertificateType) -> Told:
    """Say what was found of a row."""
    title, mend = _FINDINGS[found.kind]
    labels = {claim.key: claim.labels[words.language] for claim in certificate_type.claims}
    return Told(
        is_bad=found.kind.is_bad,
        title=words.gettext(title),
        claim=labels.get(found.claim, ""),
        detail=found.said.get(words.language, found.said.get("", "")),
        mend=words.gettext(mend),
    )


def trouble(words: Words, batch: Batch) -> str:
    """Say in a clerk's words what is wrong with a batch that was refused or set aside."""
    match batch.state:
        case State.FINAL:
            return words.gettext("Its certificates could not be signed.")
        case State.ISSUED:
            return words.gettext("Its documents could not be made.")
        case _:
            return words.explain(RefusedByRegistry(batch.failure))


def history(words: Words, lines: Sequence[History]) -> list[Happened]:
    """Say what happened to a batch, newest first."""
    return [
        Happened(
            at=line.at,
            what=words.gettext(_HAPPENED[line.what]) if line.what in _HAPPENED else line.what,
            who=line.who,
            detail="" if line.what in _TECHNICAL else words.noted(line.detail),
        )
        for line in reversed(lines)
    ]
