"""Proofs and checkpoints of a real registry whose blocks test keys have sealed, good and bad."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import cbor, certificate_types
from chain.events import Track
from chain.pack import Pack
from chain.proof import ReceiptEvidence
from chain.seals import SealScheme
from tests.browser.check_cases import Case
from tests.verifier.book import TYPE
from tests.verifier.copied import limited
from tests.verifier.offline_desk import MINUTE, other_of, paper_of, proof_of
from tests.verifier.offline_evidence import STRANGERS, VALIDATORS, header_with, path_of, slot_proof
from tests.verifier.papers_on_chain import set_status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.checkpoint import Checkpoint
    from tests.verifier.book import Paper
    from tests.verifier.offline_evidence import Chain


def _pack(cut: Checkpoint) -> bytes:
    """Return a pack with the one type that these tests' registry lists."""
    files = [file for file in certificate_types.shipped_files() if certificate_types.parse(file) == TYPE]
    return Pack(cut, tuple(files)).encode()


def _bent(chain: Chain, made: Paper, label: str) -> Iterator[tuple[str, bytes]]:
    shown = proof_of(chain, made, label)
    evidence = shown.evidence
    assert isinstance(evidence, ReceiptEvidence)
    yield "good", shown.encode()
    yield "the batch's slot", slot_proof(chain, shown, made.leaf).encode()
    yield "another path", replace(shown, path=replace(shown.path, hashes=(shown.path.hashes[0][::-1],))).encode()
    yield "another size", replace(shown, path=replace(shown.path, size=1, hashes=())).encode()
    yield "a node missing", replace(shown, evidence=replace(evidence, nodes=evidence.nodes[:-1])).encode()
    yield "another receipt", replace(shown, evidence=replace(evidence, transaction_index=1)).encode()
    yield "another registry's", replace(shown, registry_id=bytes(32)).encode()
    yield "cut short", shown.encode()[:-1]
    yield "of a format to come", zlib.compress(cbor.encode(["yinxin-proof", 2]))
    yield "of another height", header_with(shown, number=1).encode()
    yield "another's", proof_of(chain, paper_of(chain, label + "2"), label + "2").encode()
    if chain.scheme is not SealScheme.NONE:
        for name, by in (("too few", VALIDATORS[:2]), ("strangers", STRANGERS[:3])):
            yield f"sealed by {name}", proof_of(chain, made, label, by=by).encode()


def sealed_cases(chain: Chain) -> Iterator[Case]:
    """Yield a certificate in all forms, with all kinds of proofs, beside all kinds of checkpoints."""
    label = f"checked {chain.scheme.value}"
    made = paper_of(chain, label)
    path, proofs = path_of(made, other_of(chain, label)), dict(_bent(chain, made, label))
    before = chain.checkpoint()
    later_one = paper_of(chain, f"{label} later")
    later_proof = proof_of(chain, later_one, f"{label} later").encode()
    now, pack, trust = chain.now + MINUTE, _pack(before), chain.trust_file()

    def case(name: str, brought: str | bytes, *given: bytes, cut: bytes = pack, later: timedelta = timedelta()) -> Case:
        return Case(f"{chain.scheme.value}: {name}", brought, (cut,), now + later, trust=trust, proofs=given)

    forms = {"certificate": made.sd_jwt, "code": made.code(), "with a path": made.code(path=path)}
    for name, brought in forms.items():
        yield case(name, brought)
        for kind, data in proofs.items():
            yield case(f"{name}, proof {kind}", brought, data)
        yield case(f"{name}, two proofs", brought, proofs["good"], proofs["the batch's slot"])
        yield case(f"{name}, a bad one beside", brought, proofs["good"], proofs["another path"])
        yield case(f"{name}, dated", brought, proofs["good"], later=timedelta(days=3))
    yield case("copy", limited(made, key=made.key).encode(), proofs["good"])
    yield case("after the checkpoint", later_one.sd_jwt)
    yield case("after the checkpoint, proven", later_one.sd_jwt, later_proof)
    shifted = chain.checkpoint(
        bend=lambda records: [
            *(replace(record, block_timestamp=record.block_timestamp - 1) for record in records[:-1]),
            records[-1],
        ]
    )
    yield case("another history", made.sd_jwt, proofs["good"], cut=_pack(shifted))
    if chain.scheme is not SealScheme.NONE:
        alone = _pack(chain.checkpoint(attested=False))
        for name, brought in forms.items():
            yield case(f"nobody vouches, {name}", brought, cut=alone)
            yield case(f"nobody vouches, {name}, proven", brought, proofs["good"], cut=alone)
        yield case("strangers' checkpoint", made.sd_jwt, cut=_pack(chain.checkpoint(by=STRANGERS[:3])))
    set_status(chain.deployed, chain.deployed.offices[1], made.leaf, Track.REVOKED, chain.now)
    set_status(chain.deployed, chain.deployed.offices[1], later_one.leaf, Track.SUSPENSION, chain.now)
    set_status(chain.deployed, chain.deployed.offices[1], later_one.leaf, Track.SUSPENSION, chain.now, from_hour=0)
    now = chain.now + MINUTE
    for name, attested in (("vouched for", True), ("nobody vouches", False)):
        if attested or chain.scheme is not SealScheme.NONE:
            cut = _pack(chain.checkpoint(attested=attested))
            yield case(f"revoked, {name}", made.sd_jwt, proofs["good"], cut=cut)
            yield case(f"lifted, {name}", later_one.sd_jwt, later_proof, cut=cut)
