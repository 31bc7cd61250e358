"""The procedure: whether a certificate is to be believed, and why.

Pure: what was brought, what is known of the registry and the moment come in, a report comes out. A bad certificate is
an answer, never an exception. Nothing here asks a node or reads a clock.

1. `form`: it parses strictly, and its type is one we know.
2. `signature`: a key that the registry lists for the agency named in what is signed made it, for our registry.
3. `inclusion`: the leaf, computed afresh, lies under the root of a batch of that agency.
4. `anchoring`: at that block the agency and all above it were in office and held the type, and the key counted; the
   earliest batch of which that is true decides. The block is final.
5. `status`: no entry in force speaks against it on the day asked about; lifting one counts when that is final.
6. `validity`: that day lies within the certificate's dates.
7. `document`: a PDF's text, codes and attachment say the same.

Not checked here: whether the person who shows it is its holder, and whether a paper looks like its document.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chain import certificate, certificate_types, code, merkle
from chain.calendar import time_of_hour
from chain.certificate import Certificate
from chain.code import Code
from chain.errors import CertificateTypeInvalid, SignatureInvalid, TreeMalformed
from verifier import anchoring, documents, form, subject, tracks
from verifier.form import Claimed, ShortNumber
from verifier.knowledge import final_block
from verifier.moments import last_day_before, time_of
from verifier.report import Check, CheckName, Outcome, Register, Report, Verdict
from verifier.wording import Message, message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.certificate_types import CertificateType, Validity
    from verifier.knowledge import Batch, ListedKey, Snapshot
    from verifier.moments import Moment
    from verifier.presented import Presented
    from verifier.report import Subject
    from verifier.tracks import Entry

_SHORT_NUMBER_BITS = 60
_OF_THE_REGISTRY = (CheckName.SIGNATURE, CheckName.INCLUSION, CheckName.ANCHORING, CheckName.STATUS)
"""The checks that nobody can make without the registry."""


def verify(
    presented: Presented,
    snapshot: Snapshot | None,
    moment: Moment,
    *,
    name: str,
    request_id: str = "",
    known_type: Callable[[int, int], CertificateType] = certificate_types.by_number,
) -> Report:
    """Verify what was presented, under that name, as of the moment; no snapshot means a registry never reached."""
    form_check, read = form.check(presented, known_type=known_type)
    if isinstance(read, Claimed):
        checks, shown = _verify_claimed(presented, read, snapshot, moment)
    elif isinstance(read, ShortNumber):
        checks, shown = _verify_short_number(read, snapshot, moment, known_type)
    else:
        checks, shown = _nothing_to_verify(snapshot, moment), subject.NOTHING
    return Report(
        input=name,
        checks=(form_check, *checks),
        subject=shown,
        on=moment.day,
        checked_at=moment.now,
        register=None if snapshot is None else _register(snapshot),
        request_id=request_id,
    )


def unforeseen(moment: Moment, *, name: str, request_id: str = "") -> Report:
    """Return the report for when this software failed at its task: CANNOT_CHECK."""
    return Report(
        input=name,
        checks=_all(tuple(CheckName), Outcome.UNKNOWN, message("registry.unforeseen")),
        subject=subject.NOTHING,
        on=moment.day,
        checked_at=moment.now,
        register=None,
        request_id=request_id,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the registry says about a certificate: checks 2 to 5, and what the rest needs of them."""

    checks: tuple[Check, ...]
    key: ListedKey | None = None
    """That made the signature."""
    batch: Batch | None = None
    """That counts."""


def _verify_claimed(
    presented: Presented, claimed: Claimed, snapshot: Snapshot | None, moment: Moment
) -> tuple[tuple[Check, ...], Subject]:
    entries = () if snapshot is None else _entries(claimed.agency, claimed.leaf, snapshot)
    trusted = _trusted(snapshot, moment)
    if snapshot is not None and (foreign := _foreign(claimed, snapshot)):
        skipped = _all(_OF_THE_REGISTRY[1:], Outcome.SKIPPED, message("check.other_registry"))
        answer = _Answer((foreign, *skipped))
    elif isinstance(trusted, Message):
        answer = _Answer(_all(_OF_THE_REGISTRY, Outcome.UNKNOWN, trusted))
    else:
        answer = _ask(claimed, trusted, entries, moment)
    checks = (
        *answer.checks,
        _check_validity(claimed.validity, entries, moment),
        documents.check(presented, claimed, _code_verifier(answer.key, snapshot), snapshot),
    )
    return checks, subject.of_claimed(claimed, snapshot, entries, answer.batch, moment)


def _ask(claimed: Claimed, snapshot: Snapshot, entries: Sequence[Entry], moment: Moment) -> _Answer:
    signature, key = _check_signature(claimed, snapshot)
    inclusion, batches = _check_inclusion(claimed, snapshot)
    anchored, batch = anchoring.check(claimed.type, batches, key, snapshot)
    return _Answer((signature, inclusion, anchored, _check_status(entries, moment, claimed.type)), key, batch)


def _verify_short_number(
    short: ShortNumber,
    snapshot: Snapshot | None,
    moment: Moment,
    known_type: Callable[[int, int], CertificateType],
) -> tuple[tuple[Check, ...], Subject]:
    """A short number finds a leaf and its status, never what the certificate says: it is INCOMPLETE at best."""
    rest = (
        Check(CheckName.VALIDITY, Outcome.SKIPPED, message("validity.not_shown"), (Verdict.INCOMPLETE,)),
        Check(CheckName.DOCUMENT, Outcome.SKIPPED, message("document.none")),
    )
    trusted = _trusted(snapshot, moment)
    if isinstance(trusted, Message):
        return (*_all(_OF_THE_REGISTRY, Outcome.UNKNOWN, trusted), *rest), subject.NOTHING
    signature = Check(CheckName.SIGNATURE, Outcome.SKIPPED, message("signature.not_shown"), (Verdict.INCOMPLETE,))
    inclusion, found = _find(short, trusted, known_type)
    if found is None:
        unanswered = _all((CheckName.ANCHORING, CheckName.STATUS), Outcome.SKIPPED, message("check.not_found"))
        return (signature, inclusion, *unanswered, *rest), subject.NOTHING
    entries = _entries(found.agency, found.leaf, trusted)
    anchored, batch = anchoring.check(found.type, found.batches, None, trusted)
    status = _check_status(entries, moment, found.type)
    shown = subject.of_leaf(
        found.leaf,
        agency=found.agency,
        known=found.type,
        snapshot=trusted,
        entries=entries,
        batch=batch,
        moment=moment,
    )
    return (signature, inclusion, anchored, status, *rest), shown


def _nothing_to_verify(snapshot: Snapshot | None, moment: Moment) -> tuple[Check, ...]:
    """Return the other six checks where the form failed; a registry that is silent is said to be, all the same."""
    why = message("check.no_form")
    trusted = _trusted(snapshot, moment)
    if isinstance(trusted, Message):
        of_the_registry = _all(_OF_THE_REGISTRY, Outcome.UNKNOWN, trusted)
    else:
        of_the_registry = _all(_OF_THE_REGISTRY, Outcome.SKIPPED, why)
    return (*of_the_registry, *_all((CheckName.VALIDITY, CheckName.DOCUMENT), Outcome.SKIPPED, why))


def _entries(agency: int, leaf: bytes, snapshot: Snapshot) -> tuple[Entry, ...]:
    return tracks.entries(snapshot.statuses(agency, leaf), final_block=final_block(snapshot))


def _trusted(snapshot: Snapshot | None, moment: Moment) -> Snapshot | Message:
    """Return the snapshot if it is the present truth, else why it may not be."""
    if snapshot is None:
        return message("registry.never_reached")
    return snapshot.doubt(moment.now) or snapshot


def _code_verifier(key: ListedKey | None, snapshot: Snapshot | None) -> Callable[[Code], None] | None:
    """Return what checks the signature of the code on a document; None where the certificate's key is not known."""
    if key is None or snapshot is None:
        return None
    return partial(code.verify, key=key.public_key, registry_id=snapshot.identity.registry_id)


def _foreign(claimed: Claimed, snapshot: Snapshot) -> Check | None:
    """Check 2, first half: a certificate names the registry that it was made for. A code has it in its signature."""
    if not isinstance(claimed.source, Certificate):
        return None
    ours, named = snapshot.identity, claimed.source.credential
    if (named.registry_id, named.chain_id) == (ours.registry_id, ours.chain_id):
        return None
    said = message(
        "signature.other_registry",
        registry=named.registry_id.hex(),
        chain=named.chain_id,
        our_registry=ours.registry_id.hex(),
        our_chain=ours.chain_id,
    )
    return Check(CheckName.SIGNATURE, Outcome.FAILED, said, (Verdict.UNSUPPORTED,))


def _check_signature(claimed: Claimed, snapshot: Snapshot) -> tuple[Check, ListedKey | None]:
    """Check 2, second half: only a key that the registry lists for that agency is even tried."""
    keys = snapshot.keys(claimed.agency, claimed.kid_prefix)
    if not keys:
        said = message("signature.key_not_listed", agency=claimed.agency, kid=claimed.kid_prefix[:8].hex())
        return Check(CheckName.SIGNATURE, Outcome.FAILED, said, (Verdict.ISSUER_NOT_AUTHORISED,)), None
    for key in keys:
        try:
            if isinstance(claimed.source, Certificate):
                certificate.verify(claimed.source, key.public_key)
            else:
                code.verify(claimed.source, key.public_key, snapshot.identity.registry_id)
        except SignatureInvalid:
            continue
        return Check(CheckName.SIGNATURE, Outcome.PASSED, message("signature.good", kid=key.kid[:8].hex())), key
    return Check(CheckName.SIGNATURE, Outcome.FAILED, message("signature.bad"), (Verdict.ALTERED,)), None


@dataclass(frozen=True, slots=True)
class _Found:
    """What a short number leads to."""

    leaf: bytes
    agency: int
    type: CertificateType
    batches: tuple[Batch, ...]


def _check_inclusion(claimed: Claimed, snapshot: Snapshot) -> tuple[Check, tuple[Batch, ...]]:
    """Check 3: the leaf lies in batches of that agency, and a path that a code carries leads to one of them."""
    holding = snapshot.batches_with(claimed.leaf)
    if not all(_holds(batch, claimed.leaf) for batch in holding):
        return Check(CheckName.INCLUSION, Outcome.UNKNOWN, message("inclusion.index_contradicts_itself")), ()
    batches = {batch.root: batch for batch in holding if batch.agency == claimed.agency}
    if isinstance(claimed.source, Code) and (path := claimed.source.path) is not None:
        try:
            root = merkle.root_from_path(claimed.leaf, index=path.index, size=path.size, path=path.hashes)
        except TreeMalformed:
            root = b""
        reached = snapshot.batch(claimed.agency, root)
        if reached is not None and reached.size == path.size:
            # The chain's calldata may have been unreadable for the index; the path is proof enough.
            batches[root] = reached
        elif batches:
            return Check(CheckName.INCLUSION, Outcome.FAILED, message("inclusion.path"), (Verdict.ALTERED,)), ()
    if not batches:
        said = message("inclusion.other_agency" if holding else "inclusion.none", agency=claimed.agency)
        return Check(CheckName.INCLUSION, Outcome.FAILED, said, (Verdict.NOT_FOUND,)), ()
    earliest_first = tuple(sorted(batches.values(), key=lambda batch: batch.place))
    return _included(earliest_first[0]), earliest_first


def _find(
    short: ShortNumber, snapshot: Snapshot, known_type: Callable[[int, int], CertificateType]
) -> tuple[Check, _Found | None]:
    """Check 3 for a short number: exactly one leaf of exactly one agency begins so."""
    leaves = snapshot.leaves_beginning(short.prefix, _SHORT_NUMBER_BITS)
    if not leaves:
        said = message("inclusion.short_number_unknown")
        return Check(CheckName.INCLUSION, Outcome.FAILED, said, (Verdict.NOT_FOUND,)), None
    batches = tuple(batch for leaf in leaves for batch in snapshot.batches_with(leaf))
    if len(leaves) > 1 or len({batch.agency for batch in batches}) > 1:
        return Check(CheckName.INCLUSION, Outcome.UNKNOWN, message("inclusion.short_number_ambiguous")), None
    leaf = leaves[0]
    if not all(_holds(batch, leaf) for batch in batches):
        return Check(CheckName.INCLUSION, Outcome.UNKNOWN, message("inclusion.index_contradicts_itself")), None
    first = batches[0]
    try:
        known = known_type(first.certificate_type, first.version)
    except CertificateTypeInvalid as exc:
        said = message("form.unknown_type", detail=str(exc))
        return Check(CheckName.INCLUSION, Outcome.FAILED, said, (Verdict.UNSUPPORTED,)), None
    return _included(first), _Found(leaf, first.agency, known, batches)


def _holds(batch: Batch, leaf: bytes) -> bool:
    """Whether the leaf is in the batch and the leaves make its root; the index is believed no further than that."""
    return leaf in batch.leaves and merkle.root(batch.leaves) == batch.root


def _included(batch: Batch) -> Check:
    said = message("inclusion.found", block=batch.place.block, sequence=batch.sequence, size=batch.size)
    return Check(CheckName.INCLUSION, Outcome.PASSED, said)


def _check_status(entries: Sequence[Entry], moment: Moment, known: CertificateType) -> Check:
    """Check 5: the gravest entry in force is told here; the report lists all."""
    in_force = tracks.against(entries, moment)
    if not in_force:
        return Check(CheckName.STATUS, Outcome.PASSED, message("status.good", day=moment.day))
    gravest = min(in_force, key=lambda entry: entry.record.track)
    said = message(
        "status.against",
        words=known.status_words[gravest.record.track],
        since=time_of_hour(gravest.record.from_hour),
        recorded=time_of(gravest.record.timestamp),
    )
    reasons = tuple(dict.fromkeys(tracks.VERDICTS[entry.record.track] for entry in in_force))
    return Check(CheckName.STATUS, Outcome.FAILED, said, reasons)


def _check_validity(validity: Validity, entries: Sequence[Entry], moment: Moment) -> Check:
    """Check 6: calendar days in China, the last one included."""
    first, last = validity.first_day, validity.last_day
    if moment.day < first:
        said = message("validity.not_yet", day=moment.day, first=first)
        return Check(CheckName.VALIDITY, Outcome.FAILED, said, (Verdict.NOT_YET_VALID,))
    if last is None:
        return Check(CheckName.VALIDITY, Outcome.PASSED, message("validity.open", first=first))
    if moment.day <= last:
        return Check(CheckName.VALIDITY, Outcome.PASSED, message("validity.good", first=first, last=last))
    renewal = tracks.renewal(entries, moment)
    if renewal is None:
        said = message("validity.expired", day=moment.day, last=last)
        return Check(CheckName.VALIDITY, Outcome.FAILED, said, (Verdict.EXPIRED,))
    said = message("validity.renewal_pending", last=last, until=last_day_before(renewal.record.until_hour))
    return Check(CheckName.VALIDITY, Outcome.FAILED, said, (Verdict.RENEWAL_PENDING,))


def _all(names: Sequence[CheckName], outcome: Outcome, said: Message) -> tuple[Check, ...]:
    return tuple(Check(name, outcome, said) for name in names)


def _register(snapshot: Snapshot) -> Register:
    """Return against what was checked."""
    identity, head = snapshot.identity, snapshot.head
    return Register(
        chain_id=identity.chain_id,
        registry=identity.address,
        registry_id=identity.registry_id,
        test=identity.test,
        block_number=head.number,
        block_time=time_of(head.timestamp),
    )
