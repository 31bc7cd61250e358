"""What the proofs that came with a certificate show: that its leaf was anchored, by whom, as what and in which block.

A file is a stranger's until it has led from the certificate's own leaf to a root in a block. Where the register is at
hand, the index says in which block that batch really is; offline, the seals and the trust list do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import merkle
from chain.errors import EvidenceRefused, EvidenceUnsupported, Malformed, NotProven, TreeMalformed
from chain.proof import Proof, shown_by
from chain.proof import verify as verify_proof
from chain.seals import SealScheme
from verifier.evidence import ProofUsed
from verifier.moments import time_of
from verifier.report import Check, CheckName, Outcome, Verdict
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.proof import Anchored
    from chain.trust_list import TrustList
    from verifier.form import Claimed
    from verifier.knowledge import Batch, Snapshot


@dataclass(frozen=True, slots=True)
class Proven:
    """What became of all the proofs of one certificate."""

    anchored: tuple[Anchored, ...] = ()
    """The earliest block first."""
    fault: Check | None = None
    """Check 3, where one of them shows something else, or nobody sealed its block: none is relied on then."""
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
        if proof.registry_id != trust.registry_id:
            said = message(
                "inclusion.proof_other_registry",
                registry=proof.registry_id.hex(),
                our_registry=trust.registry_id.hex(),
            )
            return Proven(fault=Check(CheckName.INCLUSION, Outcome.FAILED, said, (Verdict.UNSUPPORTED,)))
        try:
            anchored.append(verify_proof(proof, leaf=claimed.leaf, agency=claimed.agency, trust=trust))
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
    """Whether a proof speaks of this certificate; not whether anybody sealed its block."""
    try:
        _shown(proof, claimed, trust.registry_id, registry=trust.registry, scheme=trust.scheme)
    except (Malformed, EvidenceRefused):
        return False
    return True


def differs(proofs: Sequence[bytes], claimed: Claimed, snapshot: Snapshot) -> Check | None:
    """Hold the proofs that a document carries to the register; None where they say what it says, or are too new."""
    ours = snapshot.identity
    for data in proofs:
        try:
            proof = Proof.parse(data)
            # A block's hash and its seals are not asked: the index knows the block.
            shown = _shown(proof, claimed, ours.registry_id, registry=ours.address, scheme=SealScheme.NONE)
        except NotProven as exc:
            return _attached("document.proof_does_not_fit", Verdict.ALTERED, str(exc))
        except Malformed as exc:
            return _malformed(exc)
        listed = snapshot.batch(claimed.agency, shown.root)
        is_later = listed is None and shown.block_number > snapshot.head.number
        if not is_later and (listed is None or not agree(listed, shown)):
            return _attached("document.proof_does_not_fit", Verdict.ALTERED, f"block {shown.block_number}")
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


def _shown(proof: Proof, claimed: Claimed, registry_id: bytes, *, registry: bytes, scheme: SealScheme) -> Anchored:
    """Return what a proof's path and evidence show of a leaf; raises `Malformed` or `NotProven`."""
    if proof.registry_id != registry_id:
        raise NotProven(f"got a proof of the registry {proof.registry_id.hex()}, wanted {registry_id.hex()}")
    path = proof.path
    try:
        root = merkle.root_from_path(claimed.leaf, index=path.index, size=path.size, path=path.hashes)
    except TreeMalformed as exc:
        raise NotProven(str(exc)) from exc
    shown = shown_by(proof.evidence, registry=registry, agency=claimed.agency, root=root, scheme=scheme)
    if shown.size != path.size:
        raise NotProven(f"got a path in a batch of {path.size}, wanted one of {shown.size}")
    return shown


def _malformed(exc: Malformed) -> Check:
    """Say that what is attached to the document cannot be read. What was handed in beside it was read before."""
    if isinstance(exc, EvidenceUnsupported):
        return _attached("document.proof_unsupported", Verdict.UNSUPPORTED, str(exc))
    return _attached("document.proof_malformed", Verdict.ALTERED, str(exc))


def _attached(key: str, reason: Verdict, detail: str) -> Check:
    return Check(CheckName.DOCUMENT, Outcome.FAILED, message(key, detail=detail), (reason,))
