"""What the proofs that came with a certificate show: that its leaf was anchored, by whom, as what and in which block.

A file is a stranger's until it has led from the certificate's own leaf to a root in a block. Where the register is at
hand, the index says in which block that batch really is; offline, the seals and the trust list do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import proof as proofs_
from chain.errors import EvidenceRefused, EvidenceUnsupported, Malformed, NotProven
from chain.proof import Proof
from verifier.check.evidence import ProofUsed
from verifier.check.moments import time_of
from verifier.check.report import Check, CheckName, Outcome, Verdict
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.proof import Anchored
    from chain.trust_list import TrustList
    from verifier.check.form import Claimed
    from verifier.check.knowledge import Batch, Snapshot


@dataclass(frozen=True, slots=True)
class Proven:
    """What became of all the proofs of one certificate."""

    anchored: tuple[Anchored, ...] = ()
    """The earliest block first."""
    fault: Check | None = None
    """Check 3, where one of them shows something else, or its block is not believed: none is relied on then."""
    spoilt: Check | None = None
    """Check 7, where one of them cannot be read."""


NOTHING = Proven()
"""Where no proof came along."""


def anchored_by(proofs: Sequence[bytes], claimed: Claimed, trust: TrustList) -> Proven:
    """Verify proofs against a trust list; one that does not hold spoils them all, for they came as one."""
    anchored = []
    for data in proofs:
        try:
            proof = Proof.parse(data)
        except Malformed as exc:
            return Proven(spoilt=_malformed(exc))
        if foreign := _foreign(proof, trust.registry_id, CheckName.INCLUSION):
            return Proven(fault=foreign)
        try:
            anchored.append(proofs_.verify(proof, leaf=claimed.leaf, agency=claimed.agency, trust=trust))
        except (Malformed, NotProven) as exc:
            said = message("inclusion.proof_does_not_fit", detail=str(exc))
            return Proven(fault=Check(CheckName.INCLUSION, Outcome.FAILED, said, (Verdict.ALTERED,)))
        except EvidenceRefused as exc:
            said = message("inclusion.proof_not_sealed", detail=str(exc))
            return Proven(fault=Check(CheckName.INCLUSION, Outcome.UNKNOWN, said))
    return Proven(tuple(sorted(anchored, key=lambda each: each.block_number)))


def used(evidence: Proven, included: Check, snapshot: Snapshot | None) -> ProofUsed | None:
    """Return the earliest proof whose block is believed: it is sealed, or a checkpoint lists the same batch in it."""
    listed = -1 if snapshot is None else snapshot.head.number
    for shown in evidence.anchored:
        if included.outcome is Outcome.PASSED and (shown.sealing is not None or shown.block_number <= listed):
            return ProofUsed(shown.agency, shown.block_number, time_of(shown.timestamp), shown.sealing)
    return None


def fits(proof: Proof, claimed: Claimed, trust: TrustList) -> bool:
    """Whether a proof speaks of this certificate; not whether its block is believed, or whose registry it names."""
    try:
        proofs_.shown(proof, leaf=claimed.leaf, agency=claimed.agency, registry=trust.registry)
    except (Malformed, NotProven):
        return False
    return True


def differs(proofs: Sequence[bytes], claimed: Claimed, snapshot: Snapshot) -> Check | None:
    """Hold the proofs that a document carries to the register; None where they say what it says, or are too new.

    Seals are not asked for: the index knows the block. One that fits the certificate, and says otherwise than the
    register, tells another history; which of the two is right, it does not show.
    """
    ours = snapshot.identity
    for data in proofs:
        try:
            proof = Proof.parse(data)
            if foreign := _foreign(proof, ours.registry_id, CheckName.DOCUMENT):
                return foreign
            shown = proofs_.shown(proof, leaf=claimed.leaf, agency=claimed.agency, registry=ours.address)
        except NotProven as exc:
            return _attached("document.proof_does_not_fit", Verdict.ALTERED, str(exc))
        except Malformed as exc:
            return _malformed(exc)
        listed = snapshot.batch(claimed.agency, shown.root)
        is_later = listed is None and shown.block_number > snapshot.head.number
        if not is_later and (listed is None or not agree(listed, shown)):
            said = message("document.two_histories", block=shown.block_number)
            return Check(CheckName.DOCUMENT, Outcome.UNKNOWN, said, (Verdict.CANNOT_CHECK,))
    return None


def agree(listed: Batch, shown: Anchored) -> bool:
    """Whether the registry's own list and a proof say the same of a batch."""
    return (
        listed.place.block,
        listed.timestamp,
        listed.size,
        listed.sequence,
        listed.certificate_type,
        listed.version,
    ) == (shown.block_number, shown.timestamp, shown.size, shown.sequence, shown.certificate_type, shown.version)


def _foreign(proof: Proof, ours: bytes, name: CheckName) -> Check | None:
    """Say that a proof belongs to another registry; None where it belongs to ours."""
    if proof.registry_id == ours:
        return None
    said = message("inclusion.proof_other_registry", registry=proof.registry_id.hex(), our_registry=ours.hex())
    return Check(name, Outcome.FAILED, said, (Verdict.UNSUPPORTED,))


def _malformed(exc: Malformed) -> Check:
    """Say that what is attached to the document cannot be read. What was handed in beside it was read before."""
    if isinstance(exc, EvidenceUnsupported):
        return _attached("document.proof_unsupported", Verdict.UNSUPPORTED, str(exc))
    return _attached("document.proof_malformed", Verdict.ALTERED, str(exc))


def _attached(key: str, reason: Verdict, detail: str) -> Check:
    return Check(CheckName.DOCUMENT, Outcome.FAILED, message(key, detail=detail), (reason,))
