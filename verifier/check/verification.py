"""The procedure: whether a certificate is to be believed, and why.

Pure: what was brought, what is known of the registry and the moment come in, a report comes out. A bad certificate is
an answer, never an exception. Nothing here asks a node or reads a clock. It is the same whether the register was asked,
or a checkpoint and proofs stand in for it.

1. `form`: it parses strictly, and its type is one we know.
2. `signature`: a key that the registry lists for the agency named in what is signed made it, for our registry. A
   limited copy's must not be cut off at all.
3. `inclusion`: the leaf, computed afresh, lies under the root of a batch of that agency; offline, a proof or the path
   in a code leads there.
4. `anchoring`: at that block the agency and all above it were in office and held the type, and the key counted; the
   earliest batch of which that is true decides. The block is final.
5. `status`: no entry in force speaks against it on the day asked about; lifting one counts when that is final.
6. `validity`: that day lies within the certificate's dates, and within a limited copy's.
7. `document`: a PDF's text, codes and attachments say the same; an existing file that was handed in is the very one
   that the certificate vouches for.

Not checked here: whether the person who shows it is its holder, and whether a paper looks like its document.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from chain import certificate, certificate_types, code, copy
from chain.calendar import hour_of, time_of_hour
from chain.certificate import Certificate
from chain.code import Code
from chain.errors import SignatureInvalid
from verifier.check import anchoring, certified, copied, documents, form, hosts, inclusion, proven, subject, tracks
from verifier.check.form import Claimed, ShortNumber
from verifier.check.knowledge import final_block
from verifier.check.moments import last_day_before, time_of
from verifier.check.report import Check, CheckName, Outcome, Register, Report, Verdict
from verifier.wording import Message, message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.certificate_types import CertificateType, Validity
    from chain.events import Track
    from verifier.check.evidence import Grounds, Offline, ProofUsed
    from verifier.check.knowledge import Batch, ListedKey, Snapshot
    from verifier.check.moments import Moment
    from verifier.check.presented import Presented
    from verifier.check.proven import Proven
    from verifier.check.report import Subject
    from verifier.check.tracks import Entry

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
    grounds: Grounds | None = None,
    formed: tuple[Check, Claimed | ShortNumber | None] | None = None,
) -> Report:
    """Verify what was presented, under that name, as of the moment.

    No snapshot means a registry never reached. `grounds` are given where none was asked; then the snapshot is a
    checkpoint's. `formed` is what `form.check` said of it, where that was asked before.
    """
    form_check, read = formed or form.check(presented, known_type=known_type)
    known = _Known(snapshot, grounds, moment)
    proof = None
    if isinstance(read, Claimed):
        checks, shown, proof = _verify_claimed(presented, read, known)
    elif isinstance(read, ShortNumber):
        checks, shown = _verify_short_number(read, known, known_type)
    else:
        form_check = _with_imitation(form_check, presented, snapshot)
        checks, shown = _nothing_to_verify(known), subject.NOTHING
    return Report(
        input=name,
        checks=(form_check, *checks),
        subject=shown,
        on=moment.day,
        checked_at=moment.now,
        register=None if snapshot is None else _register(snapshot),
        request_id=request_id,
        offline=None if grounds is None else replace(grounds.offline, proof=proof),
        pdf_signatures=() if presented.document is None else presented.document.signatures,
    )


def unforeseen(moment: Moment, *, name: str, request_id: str = "", offline: Offline | None = None) -> Report:
    """Return the report for when this software failed at its task: CANNOT_CHECK."""
    return Report(
        input=name,
        checks=_all(tuple(CheckName), Outcome.UNKNOWN, message("registry.unforeseen")),
        subject=subject.NOTHING,
        on=moment.day,
        checked_at=moment.now,
        register=None,
        request_id=request_id,
        offline=offline,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """All that a question is answered from."""

    snapshot: Snapshot | None
    grounds: Grounds | None
    moment: Moment

    @property
    def trusted(self) -> Snapshot | Message:
        """The snapshot if it is the truth, else why it may not be."""
        if self.snapshot is not None:
            return self.snapshot.doubt(self.moment.now) or self.snapshot
        return message("registry.never_reached") if self.grounds is None else self.grounds.silence

    @property
    def registry(self) -> tuple[bytes, int] | None:
        """The id and the chain id of the registry that is asked, or would be."""
        if self.snapshot is not None:
            return self.snapshot.identity.registry_id, self.snapshot.identity.chain_id
        trust = None if self.grounds is None else self.grounds.offline.trust
        return None if trust is None else (trust.registry_id, trust.chain_id)

    def entries(self, agency: int, leaf: bytes) -> tuple[Entry, ...]:
        """Return what is known to be recorded about a leaf."""
        if self.snapshot is None:
            return ()
        return tracks.entries(self.snapshot.statuses(agency, leaf), final_block=final_block(self.snapshot))

    def proven(self, presented: Presented, claimed: Claimed) -> Proven:
        """Return what the proofs show by themselves. Where the register is at hand, it is asked, and they are not."""
        trust = None if self.grounds is None or not self.grounds.believes_proofs else self.grounds.offline.trust
        return proven.NOTHING if trust is None else proven.anchored_by(presented.proofs, claimed, trust)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the registry says about a certificate: checks 2 to 5, and what the rest needs of them."""

    checks: tuple[Check, ...]
    key: ListedKey | None = None
    """That made the signature."""
    batch: Batch | None = None
    """That counts."""


def _verify_claimed(
    presented: Presented, claimed: Claimed, known: _Known
) -> tuple[tuple[Check, ...], Subject, ProofUsed | None]:
    snapshot, moment = known.snapshot, known.moment
    entries = known.entries(claimed.agency, claimed.leaf)
    evidence, trusted = known.proven(presented, claimed), known.trusted
    if foreign := _foreign(claimed, known.registry):
        skipped = _all(_OF_THE_REGISTRY[1:], Outcome.SKIPPED, message("check.other_registry"))
        answer = _Answer((foreign, *skipped))
    elif not isinstance(trusted, Message):
        answer = _ask(claimed, evidence, trusted, entries, moment)
    elif snapshot is None:
        answer = _by_proof_alone(claimed, evidence, trusted)
    else:
        answer = _Answer(_all(_OF_THE_REGISTRY, Outcome.UNKNOWN, trusted))
    checks = (
        *answer.checks,
        copied.check_days(claimed.copy, _check_validity(claimed.validity, entries, moment, snapshot), moment),
        _check_document(presented, claimed, answer.key, evidence, known),
    )
    shown = subject.of_claimed(claimed, snapshot, entries, answer.batch, moment)
    if files := certified.shown(presented, claimed):
        shown = replace(shown, certified_files=files)
    return checks, shown, proven.used(evidence, answer.checks[1], snapshot)


def _ask(claimed: Claimed, evidence: Proven, snapshot: Snapshot, entries: Sequence[Entry], moment: Moment) -> _Answer:
    signature, key = _check_signature(claimed, snapshot)
    included, batches = inclusion.check(claimed, evidence, snapshot)
    batch: Batch | None
    if snapshot.is_checkpoint and not batches:
        later = inclusion.after_checkpoint(evidence, snapshot) if included.outcome is Outcome.PASSED else ()
        anchored, batch = anchoring.unplaced(claimed, later, key, included, snapshot), None
    else:
        anchored, batch = anchoring.check(claimed.type, batches, key, snapshot)
    return _Answer((signature, included, anchored, _check_status(entries, moment, claimed.type, snapshot)), key, batch)


def _by_proof_alone(claimed: Claimed, evidence: Proven, why: Message) -> _Answer:
    """Answer where nothing is known of the register: what a proof shows stands, and all else is unknown."""
    included, batch = inclusion.by_proof_alone(evidence, why)
    if included.outcome is Outcome.FAILED or evidence.spoilt is not None:
        # What is at odds with itself is altered, whatever else might be known.
        signature, skipped, *rest = _all(_OF_THE_REGISTRY, Outcome.SKIPPED, message("check.proof_refused"))
        return _Answer((signature, included if included.outcome is Outcome.FAILED else skipped, *rest))
    signature, status = _all((CheckName.SIGNATURE, CheckName.STATUS), Outcome.UNKNOWN, why)
    return _Answer((signature, included, anchoring.by_proof_alone(claimed.type, batch, why), status), batch=batch)


def _verify_short_number(
    short: ShortNumber, known: _Known, known_type: Callable[[int, int], CertificateType]
) -> tuple[tuple[Check, ...], Subject]:
    """A short number finds a leaf and its status, never what the certificate says: it is INCOMPLETE at best."""
    rest = (
        Check(CheckName.VALIDITY, Outcome.SKIPPED, message("validity.not_shown"), (Verdict.INCOMPLETE,)),
        Check(CheckName.DOCUMENT, Outcome.SKIPPED, message("document.none")),
    )
    trusted = known.trusted
    if not isinstance(trusted, Message) and trusted.is_checkpoint:
        trusted = message("offline.short_number")
    if isinstance(trusted, Message):
        return (*_all(_OF_THE_REGISTRY, Outcome.UNKNOWN, trusted), *rest), subject.NOTHING
    signature = Check(CheckName.SIGNATURE, Outcome.SKIPPED, message("signature.not_shown"), (Verdict.INCOMPLETE,))
    included, found = inclusion.find(short, trusted, known_type)
    if found is None:
        unanswered = _all((CheckName.ANCHORING, CheckName.STATUS), Outcome.SKIPPED, message("check.not_found"))
        return (signature, included, *unanswered, *rest), subject.NOTHING
    entries = known.entries(found.agency, found.leaf)
    anchored, batch = anchoring.check(found.type, found.batches, None, trusted)
    status = _check_status(entries, known.moment, found.type, trusted)
    shown = subject.of_leaf(
        found.leaf,
        agency=found.agency,
        known=found.type,
        snapshot=trusted,
        entries=entries,
        batch=batch,
        moment=known.moment,
    )
    return (signature, included, anchored, status, *rest), shown


def _with_imitation(checked: Check, presented: Presented, snapshot: Snapshot | None) -> Check:
    """Say of somebody else's code which official site it imitates, if it does."""
    if snapshot is None or checked.message.key != "form.foreign_host":
        return checked
    for host in presented.foreign_hosts:
        if official := hosts.imitated(host, snapshot.hosts_ever()):
            return replace(checked, message=message("form.look_alike_host", host=host, official=official))
    return checked


def _nothing_to_verify(known: _Known) -> tuple[Check, ...]:
    """Return the other six checks where the form failed; a registry that is silent is said to be, all the same."""
    why, trusted = message("check.no_form"), known.trusted
    if isinstance(trusted, Message):
        of_the_registry = _all(_OF_THE_REGISTRY, Outcome.UNKNOWN, trusted)
    else:
        of_the_registry = _all(_OF_THE_REGISTRY, Outcome.SKIPPED, why)
    return (*of_the_registry, *_all((CheckName.VALIDITY, CheckName.DOCUMENT), Outcome.SKIPPED, why))


def _foreign(claimed: Claimed, registry: tuple[bytes, int] | None) -> Check | None:
    """Check 2, first half: a certificate names the registry that it was made for. A code has it in its signature."""
    named = None
    if isinstance(claimed.source, Certificate):
        named = claimed.source.credential
    elif claimed.opened is not None:
        named = claimed.opened.credential
    if registry is None or named is None or (named.registry_id, named.chain_id) == registry:
        return None
    our_registry, our_chain = registry
    said = message(
        "signature.other_registry",
        registry=named.registry_id.hex(),
        chain=named.chain_id,
        our_registry=our_registry.hex(),
        our_chain=our_chain,
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
            match claimed.source:
                case Certificate() as source:
                    certificate.verify(source, key.public_key)
                case Code() as source:
                    code.verify(source, key.public_key, snapshot.identity.registry_id)
                case source:
                    copy.verify(source, key.public_key, snapshot.identity.registry_id)
                    return copied.check_key(source, claimed, key, snapshot)
        except SignatureInvalid:
            continue
        return Check(CheckName.SIGNATURE, Outcome.PASSED, message("signature.good", kid=key.kid[:8].hex())), key
    return Check(CheckName.SIGNATURE, Outcome.FAILED, message("signature.bad"), (Verdict.ALTERED,)), None


def _check_status(entries: Sequence[Entry], moment: Moment, known: CertificateType, snapshot: Snapshot) -> Check:
    """Check 5: the gravest entry in force is told here; the report lists all."""

    def gravest_in_force(those: Sequence[Entry]) -> Track | None:
        return min((entry.record.track for entry in tracks.against(those, moment)), default=None)

    if _hangs_on_times(entries, snapshot, gravest_in_force):
        return Check(CheckName.STATUS, Outcome.UNKNOWN, message("status.times_unvouched", day=moment.day))
    if in_force := tracks.against(entries, moment):
        gravest = min(in_force, key=lambda entry: entry.record.track)
        said = message(
            "status.against",
            words=known.status_words[gravest.record.track],
            since=time_of_hour(gravest.record.from_hour),
            recorded=time_of(gravest.record.timestamp),
        )
        reasons = tuple(dict.fromkeys(tracks.VERDICTS[entry.record.track] for entry in in_force))
        return Check(CheckName.STATUS, Outcome.FAILED, said, reasons)
    if not snapshot.is_checkpoint:
        return Check(CheckName.STATUS, Outcome.PASSED, message("status.good", day=moment.day))
    head = snapshot.head
    said = message("status.good_as_of", known=time_of(head.timestamp), block=head.number, day=moment.day)
    reasons = (Verdict.SIGNED,) if snapshot.is_dated(moment.now) else ()
    return Check(CheckName.STATUS, Outcome.PASSED, said, reasons)


def _hangs_on_times(entries: Sequence[Entry], snapshot: Snapshot, answer: Callable[[Sequence[Entry]], object]) -> bool:
    """Whether an answer hangs on when entries were recorded, and nobody who is trusted says when."""
    if snapshot.times_vouched:
        return False
    return tracks.hangs_on_times(entries, hour_of(time_of(snapshot.head.timestamp)), answer)


def _check_validity(validity: Validity, entries: Sequence[Entry], moment: Moment, snapshot: Snapshot | None) -> Check:
    """Check 6: calendar days in China, the last one included."""
    first, last = validity.first_day, validity.last_day
    if moment.day < first:
        said = message("validity.not_yet", day=moment.day, first=first)
        return Check(CheckName.VALIDITY, Outcome.FAILED, said, (Verdict.NOT_YET_VALID,))
    if last is None:
        return Check(CheckName.VALIDITY, Outcome.PASSED, message("validity.open", first=first))
    if moment.day <= last:
        return Check(CheckName.VALIDITY, Outcome.PASSED, message("validity.good", first=first, last=last))

    def is_deemed_extended(those: Sequence[Entry]) -> bool:
        return tracks.renewal(those, moment) is not None

    if snapshot is not None and _hangs_on_times(entries, snapshot, is_deemed_extended):
        return Check(CheckName.VALIDITY, Outcome.UNKNOWN, message("status.times_unvouched", day=moment.day))
    renewal = tracks.renewal(entries, moment)
    if renewal is None:
        said = message("validity.expired", day=moment.day, last=last)
        return Check(CheckName.VALIDITY, Outcome.FAILED, said, (Verdict.EXPIRED,))
    said = message("validity.renewal_pending", last=last, until=last_day_before(renewal.record.until_hour))
    return Check(CheckName.VALIDITY, Outcome.FAILED, said, (Verdict.RENEWAL_PENDING,))


def _check_document(
    presented: Presented, claimed: Claimed, key: ListedKey | None, evidence: Proven, known: _Known
) -> Check:
    """Check 7: what the pages show, and what the attached proof says, which must not be at odds with the rest."""
    snapshot = known.snapshot
    verify_code = None
    if presented.document is not None and key is not None and snapshot is not None:
        verify_code = partial(code.verify, key=key.public_key, registry_id=snapshot.identity.registry_id)
    checked = documents.check(presented, claimed, verify_code, snapshot)
    if checked.outcome is Outcome.FAILED:
        return checked
    if known.grounds is None and snapshot is not None:
        differs = proven.differs(presented.proofs, claimed, snapshot)
    else:
        differs = evidence.spoilt
    return certified.joined(differs or checked, certified.check(presented, claimed))


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
        block_hash=head.hash,
    )
