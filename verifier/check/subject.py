"""What a report tells about the certificate itself: whose it is, who issued it, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.calendar import time_of_hour
from chain.claims import LANGUAGES, Kind, Mask
from chain.code import Code
from chain.events import Track
from chain.facts import KID8
from chain.short_number import short_number
from verifier.check import tracks
from verifier.check.moments import time_of
from verifier.check.report import Agency, Anchoring, CopyShown, Item, Replacement, StatusShown, Subject, TypeShown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chain.certificate_types import CertificateType
    from chain.claims import Claim
    from chain.strict_json import JSON
    from verifier.check.form import Claimed
    from verifier.check.knowledge import Batch, Snapshot
    from verifier.check.moments import Moment
    from verifier.check.tracks import Entry
    from verifier.wording import Words

NOTHING = Subject()
"""Of what could not be read or found."""


def of_claimed(
    claimed: Claimed, snapshot: Snapshot | None, entries: Sequence[Entry], batch: Batch | None, moment: Moment
) -> Subject:
    """Tell what a certificate or code says, next to what the registry says about it."""
    facts = _facts(claimed)
    source = claimed.source
    number = source.facts.number if isinstance(source, Code) else claimed.claims.get(claimed.type.number_claim)
    return Subject(
        facts=facts,
        items=_items(claimed, facts),
        agency=None if snapshot is None else _agency(claimed.agency, snapshot),
        type=_type(claimed.type),
        number=None if number is None else str(number),
        valid_from=claimed.validity.first_day,
        valid_until=claimed.validity.last_day,
        kid8=claimed.kid_prefix[:KID8],
        leaf=claimed.leaf,
        short_number=short_number(claimed.leaf),
        anchored=_anchored(batch),
        statuses=_statuses(entries, claimed.type, snapshot, moment),
        replaced_by=_replacement(entries),
        copy=_copy(claimed),
    )


def of_leaf(
    leaf: bytes,
    *,
    agency: int,
    known: CertificateType,
    snapshot: Snapshot,
    entries: Sequence[Entry],
    batch: Batch | None,
    moment: Moment,
) -> Subject:
    """Tell what the registry says about a leaf of which nothing else is known."""
    return Subject(
        agency=_agency(agency, snapshot),
        type=_type(known),
        leaf=leaf,
        short_number=short_number(leaf),
        anchored=_anchored(batch),
        statuses=_statuses(entries, known, snapshot, moment),
        replaced_by=_replacement(entries),
    )


def _facts(claimed: Claimed) -> Mapping[str, str | None]:
    """Return the facts by claim key; from a certificate or copy, those that are disclosed."""
    shown = claimed.source.facts.facts if isinstance(claimed.source, Code) else claimed.type.facts(claimed.claims)
    return dict(zip((claim.key for claim in claimed.type.fact_claims), shown, strict=True))


def _copy(claimed: Claimed) -> CopyShown | None:
    if claimed.copy is None:
        return None
    terms = claimed.copy.content.terms
    return CopyShown(
        recipient=terms.recipient,
        purpose=terms.purpose,
        made=terms.made,
        expires=terms.expires,
        shows_claims=claimed.copy.claims is not None,
        is_proven=claimed.opened is not None,
    )


def _items(claimed: Claimed, facts: Mapping[str, str | None]) -> tuple[Item, ...]:
    """Return all that is disclosed; resident numbers stay masked, as in a code, wherever a report may end up."""
    known, claims = claimed.type, claimed.claims
    roles = {known.number_claim: "number", known.holder_name_claim: "holder"}
    told: Iterable[tuple[Claim, Words]]
    if isinstance(claimed.source, Code):
        carried = ((claim, facts[claim.key]) for claim in known.fact_claims)
        told = ((claim, _fact_words(claim, fact)) for claim, fact in carried if fact is not None)
    else:
        told = ((claim, _claim_words(claim, claims[claim.key])) for claim in known.claims if claim.key in claims)
    return tuple(
        Item(key=claim.key, labels=claim.labels, texts=texts, is_fact=claim.fact, role=roles.get(claim.key))
        for claim, texts in told
    )


def _fact_words(claim: Claim, fact: str) -> Words:
    """Say what a code carries, which is formatted but for days."""
    return claim.words(fact) if claim.kind is Kind.DATE else dict.fromkeys(LANGUAGES, fact)


def _claim_words(claim: Claim, value: JSON) -> Words:
    if claim.mask is Mask.RESIDENT_NUMBER:
        return dict.fromkeys(LANGUAGES, claim.fact_text(value))
    return claim.words(value)


def _agency(agency: int, snapshot: Snapshot) -> Agency | None:
    path = snapshot.lineage(agency)
    if not path:
        return None
    return Agency(id=agency, code=path[-1].code, name=path[-1].name, path=tuple(record.name for record in path))


def _type(known: CertificateType) -> TypeShown:
    return TypeShown(identifier=known.identifier, number=known.number, version=known.version, names=known.names)


def _anchored(batch: Batch | None) -> Anchoring | None:
    if batch is None:
        return None
    return Anchoring(
        block_number=batch.place.block, at=time_of(batch.timestamp), root=batch.root, sequence=batch.sequence
    )


def _statuses(
    entries: Sequence[Entry], known: CertificateType, snapshot: Snapshot | None, moment: Moment
) -> tuple[StatusShown, ...]:
    if not entries:
        return ()
    in_force = tracks.in_force(entries, moment)
    return tuple(
        StatusShown(
            track=entry.record.track,
            words=known.status_words[entry.record.track],
            starts=time_of_hour(entry.record.from_hour) if entry.record.from_hour else None,
            ends=time_of_hour(entry.record.until_hour) if entry.record.until_hour else None,
            recorded_at=time_of(entry.record.timestamp),
            block_number=entry.record.place.block,
            decided_by=_name(entry.record.actor, snapshot),
            decision=entry.record.decision,
            in_force=entry in in_force,
        )
        for entry in entries
    )


def _name(agency: int, snapshot: Snapshot | None) -> str | None:
    record = None if snapshot is None else snapshot.agency(agency)
    return None if record is None else record.name


def _replacement(entries: Sequence[Entry]) -> Replacement | None:
    """Return what took the certificate's place, or will; None once that was lifted for good."""
    for entry in reversed(entries):
        record = entry.record
        if record.track is Track.REPLACED and entry.stands and record.new_leaf is not None:
            return Replacement(
                leaf=record.new_leaf,
                short_number=short_number(record.new_leaf),
                starts=time_of_hour(record.from_hour),
            )
    return None
