"""Proofs: the file that shows that a certificate was anchored."""

from __future__ import annotations

import zlib
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
import rlp

from chain import cbor, merkle
from chain.code import InclusionPath
from chain.errors import (
    EvidenceMalformed,
    EvidenceUnsupported,
    NotProven,
    SealsInsufficient,
    TrustListRefused,
    YinxinError,
)
from chain.keccak import keccak
from chain.proof import (
    BATCHES_SLOT,
    Anchored,
    Proof,
    ReceiptEvidence,
    StateEvidence,
    decode_evidence,
    encode_evidence,
    shown,
    shown_by,
    verify,
)
from chain.seals import SealScheme
from chain.trust_list import TrustList
from tests.chain.raw_headers import raw_header
from tests.chain.receipts import BATCH, ELSEWHERE, REGISTRY, log_of, receipt_of
from tests.chain.specimens import REGISTRY_ID
from tests.chain.tries import proof_of, secure_proof_of, secure_trie_of, trie_of
from tests.sealed import addresses, clique, ibft2, qbft, signed_part, trust_list, validators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.cbor import CBOR
    from chain.proof import Evidence

FOUR = validators(4)
LEAVES = [sha256(bytes([index])).digest() for index in range(5)]
INDEX = 3
PATH = InclusionPath(size=5, index=INDEX, hashes=merkle.inclusion_path(LEAVES, INDEX))
EVENT = replace(BATCH, root=merkle.root(LEAVES), size=len(LEAVES))
AGENCY = EVENT.agency
NUMBER, TIMESTAMP = 4_711, 1_767_225_600

# A block of twenty transactions, of which the twelfth anchored.
TRANSACTION = 12
_RECEIPTS = trie_of(
    {
        rlp.encode(index): receipt_of(log_of(EVENT) if index == TRANSACTION else log_of(EVENT, ELSEWHERE), kind=b"\x02")
        for index in range(20)
    }
)
_RECEIPT_NODES = proof_of(_RECEIPTS, rlp.encode(TRANSACTION))


def _slot_of(agency: int, root: bytes) -> bytes:
    return keccak(root + keccak(agency.to_bytes(32) + (5).to_bytes(32)))


def _held(*, number: int = NUMBER, size: int = EVENT.size) -> bytes:
    """Return what Solidity packs into a batch's slot, written from the high end."""
    return (
        sha256(b"replacing").digest()[:12]
        + number.to_bytes(8)
        + EVENT.sequence.to_bytes(4)
        + size.to_bytes(2)
        + EVENT.version.to_bytes(2)
        + EVENT.certificate_type.to_bytes(4)
    )


class State:
    """A block's state in which the registry holds one batch among other things."""

    def __init__(self, held: bytes = _held()) -> None:
        slot = _slot_of(AGENCY, EVENT.root)
        filled = {bytes([i]) * 32: rlp.encode(i + 1) for i in range(30)}
        self.storage = secure_trie_of({**filled, slot: rlp.encode(held.lstrip(b"\0"))} if held else filled)
        account = rlp.encode([1, 0, self.storage.root_hash, keccak(b"code")])
        self.accounts = secure_trie_of({REGISTRY: account, **{bytes([i]) * 20: account for i in range(30)}})

    def evidence(self, headers: tuple[bytes, ...]) -> StateEvidence:
        """Return the evidence as a node gives it."""
        return StateEvidence(
            headers,
            secure_proof_of(self.accounts, REGISTRY),
            secure_proof_of(self.storage, _slot_of(AGENCY, EVENT.root)),
        )


STATE = State()


def _raw(*, number: int = NUMBER, state: State = STATE, items: int = 21) -> bytes:
    return raw_header(
        items=items,
        number=number,
        timestamp=TIMESTAMP,
        receipts_root=_RECEIPTS.root_hash,
        state_root=state.accounts.root_hash,
    )


HEADER = qbft(FOUR).sealed(_raw(), FOUR[:3])
RECEIPT = ReceiptEvidence((HEADER,), TRANSACTION, _RECEIPT_NODES)
SLOT = STATE.evidence((HEADER,))


def _trust(scheme: SealScheme = SealScheme.QBFT, *, registry_id: bytes = REGISTRY_ID) -> TrustList:
    sets = [(0, 5_000, addresses(FOUR))] if scheme is not SealScheme.NONE else []
    signed = signed_part(
        registry_id=registry_id,
        registry=REGISTRY,
        agencies=ELSEWHERE,
        chain_id=1337,
        scheme=scheme.value,
        sets=sets,
    )
    return TrustList.parse(trust_list(signed).encode())


TRUST = _trust()


def _proof(evidence: Evidence = RECEIPT, path: InclusionPath = PATH) -> Proof:
    return Proof(REGISTRY_ID, path, evidence)


def _verified(proof: Proof, trust: TrustList = TRUST, *, leaf: bytes = LEAVES[INDEX], agency: int = AGENCY) -> Anchored:
    return verify(proof, leaf=leaf, agency=agency, trust=trust)


# What a proof shows.


@pytest.mark.parametrize("evidence", [RECEIPT, SLOT], ids=["receipt", "slot"])
def test_a_proof_shows_who_anchored_what_and_in_which_block(evidence: Evidence) -> None:
    how = qbft(FOUR)
    anchored = _verified(Proof.parse(_proof(evidence).encode()))
    assert anchored.sealing is not None
    assert anchored.sealing.signers == tuple(addresses(FOUR[:3]))
    assert anchored == Anchored(
        agency=AGENCY,
        root=EVENT.root,
        certificate_type=EVENT.certificate_type,
        version=EVENT.version,
        size=5,
        sequence=EVENT.sequence,
        block_number=NUMBER,
        block_hash=how.block_hash(how.prepared(_raw())),
        timestamp=TIMESTAMP,
        sealing=anchored.sealing,
    )


def test_every_leaf_of_the_batch_has_its_path() -> None:
    for index, leaf in enumerate(LEAVES):
        path = InclusionPath(size=5, index=index, hashes=merkle.inclusion_path(LEAVES, index))
        assert _verified(_proof(path=path), leaf=leaf).root == EVENT.root


def test_ibft_2_is_believed_likewise() -> None:
    header = ibft2(FOUR).sealed(_raw(), FOUR[:3])
    anchored = _verified(_proof(replace(RECEIPT, headers=(header,))), _trust(SealScheme.IBFT2))
    assert anchored.sealing is not None
    assert anchored.sealing.is_final


def test_clique_carries_the_headers_behind() -> None:
    raw = [_raw(items=16), *(raw_header(items=16, number=NUMBER + more) for more in (1, 2))]
    run = tuple(clique(raw, FOUR[:3]))
    trust = _trust(SealScheme.CLIQUE)
    anchored = _verified(Proof.parse(_proof(replace(RECEIPT, headers=run)).encode()), trust)
    assert (anchored.block_number, anchored.block_hash) == (NUMBER, keccak(run[0]))
    assert anchored.sealing is not None
    assert not anchored.sealing.is_final
    with pytest.raises(SealsInsufficient):
        _verified(_proof(replace(RECEIPT, headers=run[:2])), trust)


def test_on_a_chain_without_seals_nothing_vouches_for_the_block() -> None:
    anchored = _verified(_proof(replace(RECEIPT, headers=(_raw(),))), _trust(SealScheme.NONE))
    assert anchored.sealing is None
    assert anchored.block_hash == keccak(_raw())


@pytest.mark.parametrize("evidence", [RECEIPT, SLOT], ids=["receipt", "slot"])
def test_evidence_shows_the_same_to_whoever_believes_the_header(evidence: Evidence) -> None:
    found = shown_by(evidence, registry=REGISTRY, agency=AGENCY, root=EVENT.root)
    assert found == replace(_verified(_proof(evidence)), block_hash=None, sealing=None)


def test_what_a_proof_shows_needs_no_scheme_and_no_seals() -> None:
    run = tuple(clique([_raw(), raw_header(number=NUMBER + 1)], FOUR[:2]))
    for headers in ((HEADER,), (_raw(),), run):
        alone = shown(_proof(replace(RECEIPT, headers=headers)), leaf=LEAVES[INDEX], agency=AGENCY, registry=REGISTRY)
        assert alone == replace(_verified(_proof()), block_hash=None, sealing=None)
    with pytest.raises(NotProven, match="wanted 5 as anchored"):
        shown(_proof(path=replace(PATH, size=6)), leaf=LEAVES[INDEX], agency=AGENCY, registry=REGISTRY)


@pytest.mark.parametrize("scheme", [SealScheme.IBFT2, SealScheme.CLIQUE])
def test_a_genuine_proof_under_a_list_of_another_scheme_is_not_called_altered(scheme: SealScheme) -> None:
    with pytest.raises(SealsInsufficient):
        _verified(_proof(), _trust(scheme))


def test_a_proof_longer_than_anybody_reads_is_not_written() -> None:
    with pytest.raises(EvidenceMalformed, match="wanted at most 1048576"):
        _proof(replace(RECEIPT, nodes=(bytes(1 << 19), bytes(1 << 19)))).encode()


def test_batches_stand_where_the_contract_keeps_them() -> None:
    assert BATCHES_SLOT == 5


# Refused.


def test_a_proof_for_another_registry_is_refused() -> None:
    with pytest.raises(TrustListRefused, match=f"the trust list is for {bytes(32).hex()}"):
        _verified(_proof(), _trust(registry_id=bytes(32)))


def test_too_few_seals_and_heights_without_a_set_are_refused() -> None:
    with pytest.raises(SealsInsufficient, match="got 2 seals of 4 validators, wanted 3"):
        _verified(_proof(replace(RECEIPT, headers=(qbft(FOUR).sealed(_raw(), FOUR[:2]),))))
    beyond = qbft(FOUR).sealed(_raw(number=5_000), FOUR)
    with pytest.raises(SealsInsufficient, match="nothing of block 5000"):
        _verified(_proof(replace(RECEIPT, headers=(beyond,))))


def test_seals_are_looked_at_before_what_they_seal() -> None:
    unsealed = replace(RECEIPT, headers=(qbft(FOUR).sealed(_raw(), ()),), nodes=())
    with pytest.raises(SealsInsufficient):
        _verified(_proof(unsealed))


def test_another_leaf_agency_or_registry_was_not_anchored() -> None:
    for evidence in (RECEIPT, SLOT):
        with pytest.raises(NotProven):
            _verified(_proof(evidence), leaf=LEAVES[0])
        with pytest.raises(NotProven):
            _verified(_proof(evidence), agency=AGENCY + 1)
        with pytest.raises(NotProven):
            _verified(_proof(evidence), replace(TRUST, registry=ELSEWHERE))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (replace(PATH, index=2), "logs, wanted one"),
        (replace(PATH, size=6), "batch of 6 leaves, wanted 5 as anchored"),
        (replace(PATH, hashes=PATH.hashes[:-1]), "cannot belong to its index and size"),
        (replace(PATH, hashes=(*PATH.hashes, bytes(32))), "cannot belong to its index and size"),
        (replace(PATH, hashes=PATH.hashes[::-1]), "logs, wanted one"),
    ],
)
def test_another_path_leads_elsewhere(path: InclusionPath, why: str) -> None:
    with pytest.raises(NotProven, match=why):
        _verified(_proof(path=path))


def test_the_size_is_the_one_that_was_anchored() -> None:
    # The root itself, taken for the only leaf of a batch, has a path of no hashes.
    with pytest.raises(NotProven, match="a path in a batch of 1 leaves, wanted 5 as anchored"):
        _verified(_proof(path=InclusionPath(size=1, index=0, hashes=())), leaf=EVENT.root)


def test_a_transaction_that_is_not_in_the_block_shows_nothing() -> None:
    absent = replace(RECEIPT, transaction_index=20, nodes=proof_of(_RECEIPTS, rlp.encode(20)))
    with pytest.raises(NotProven, match="it has no transaction 20"):
        _verified(_proof(absent))


def test_another_transactions_receipt_shows_another_thing() -> None:
    for index in (0, 11, 19):
        other = replace(RECEIPT, transaction_index=index, nodes=proof_of(_RECEIPTS, rlp.encode(index)))
        with pytest.raises(NotProven, match="a receipt with 0 logs"):
            _verified(_proof(other))


def _in_state(state: State) -> Anchored:
    return _verified(_proof(state.evidence((qbft(FOUR).sealed(_raw(state=state), FOUR),))))


def test_a_slot_without_a_batch_shows_nothing() -> None:
    for held in (b"", _held(size=0)):
        with pytest.raises(NotProven, match="a slot without the batch"):
            _in_state(State(held))


def test_a_later_blocks_state_is_not_the_one_that_anchored() -> None:
    with pytest.raises(NotProven, match=f"the header of block {NUMBER}, wanted that of {NUMBER - 1}"):
        _in_state(State(_held(number=NUMBER - 1)))


def _every_tampering(nodes: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    given = tuple(nodes)
    wrong = [given[:place] + given[place + 1 :] for place in range(len(given))]
    wrong += [(*given[:place], given[-1], *given[place:]) for place in range(len(given))]
    return [*wrong, (*given, b"\x80"), given[::-1]]


def test_nodes_more_less_or_in_another_order_show_nothing() -> None:
    evidences: list[Evidence] = []
    evidences += [replace(RECEIPT, nodes=nodes) for nodes in _every_tampering(RECEIPT.nodes)]
    evidences += [replace(SLOT, account_nodes=nodes) for nodes in _every_tampering(SLOT.account_nodes)]
    evidences += [replace(SLOT, storage_nodes=nodes) for nodes in _every_tampering(SLOT.storage_nodes)]
    evidences += [StateEvidence(SLOT.headers, SLOT.storage_nodes, SLOT.account_nodes)]
    for evidence in evidences:
        with pytest.raises(NotProven):
            _verified(_proof(evidence))


@pytest.mark.parametrize("evidence", [RECEIPT, SLOT], ids=["receipt", "slot"])
def test_any_bit_flipped_in_a_proof_refuses_it(evidence: Evidence) -> None:
    unpacked = zlib.decompress(_proof(evidence).encode())
    assert _is_believed(unpacked)
    # Of the header every bit is flipped where seals are tested, of the nodes where tries are; here every eleventh.
    header = unpacked.index(HEADER)
    bits = [*range(header * 8), *range(header * 8, len(unpacked) * 8, 11)]
    believed = [bit for bit in bits if _is_believed(_flipped(unpacked, bit))]
    assert believed == []


def _flipped(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def _is_believed(unpacked: bytes) -> bool:
    try:
        _verified(Proof.parse(zlib.compress(unpacked, 1)))
    except YinxinError:
        return False
    return True


# The form.


@pytest.mark.parametrize("evidence", [RECEIPT, SLOT], ids=["receipt", "slot"])
def test_what_is_written_is_read_again(evidence: Evidence) -> None:
    assert Proof.parse(_proof(evidence).encode()) == _proof(evidence)
    assert decode_evidence(encode_evidence(evidence)) == evidence


def test_the_file_is_as_the_protocol_says() -> None:
    path: CBOR = [5, INDEX, list(PATH.hashes)]
    for evidence, written in (
        (RECEIPT, [0, TRANSACTION, list(RECEIPT.nodes)]),
        (SLOT, [1, list(SLOT.account_nodes), list(SLOT.storage_nodes)]),
    ):
        unpacked = cbor.decode(zlib.decompress(_proof(evidence).encode()))
        assert unpacked == ["yinxin-proof", 1, REGISTRY_ID, path, [HEADER], written]
        assert cbor.decode(encode_evidence(evidence)) == [[HEADER], written]


_NODES: CBOR = list(RECEIPT.nodes)
_WRITTEN_PATH: CBOR = PATH.members


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([REGISTRY_ID[:31], _WRITTEN_PATH, [HEADER], [0, 12, _NODES]], id="a short registry id"),
        pytest.param([REGISTRY_ID.hex(), _WRITTEN_PATH, [HEADER], [0, 12, _NODES]], id="a registry id as text"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER]], id="no evidence"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [0, 12, _NODES], None], id="a member more"),
        pytest.param([REGISTRY_ID, None, [HEADER], [0, 12, _NODES]], id="no path"),
        pytest.param([REGISTRY_ID, [5, 5, []], [HEADER], [0, 12, _NODES]], id="an index beyond the size"),
        pytest.param([REGISTRY_ID, [2, 0, [bytes(31)]], [HEADER], [0, 12, _NODES]], id="a short hash"),
        pytest.param([REGISTRY_ID, [2, 0, ["hash"]], [HEADER], [0, 12, _NODES]], id="a hash as text"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [], [0, 12, _NODES]], id="no headers"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER] * 65, [0, 12, _NODES]], id="too many headers"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, HEADER, [0, 12, _NODES]], id="a header instead of a list"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [1], [0, 12, _NODES]], id="a number as a header"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [2, 12, _NODES]], id="a third kind of evidence"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [0, -1, _NODES]], id="a negative index"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [0, 1 << 64, _NODES]], id="an index beyond all blocks"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [0, 12, _NODES, []]], id="a receipt with more"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [0, 12, [None]]], id="a node that is none"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [1, _NODES]], id="a slot with less"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], [1, [], [""]]], id="a node as text"),
        pytest.param([REGISTRY_ID, _WRITTEN_PATH, [HEADER], None], id="no evidence at all"),
    ],
)
def test_what_is_not_in_the_form_is_malformed(members: list[CBOR]) -> None:
    with pytest.raises(EvidenceMalformed):
        Proof.parse(zlib.compress(cbor.encode(["yinxin-proof", 1, *members])))


def test_a_format_to_come_is_unsupported() -> None:
    with pytest.raises(EvidenceUnsupported):
        Proof.parse(zlib.compress(cbor.encode(["yinxin-proof", 2, b"whatever"])))


@pytest.mark.parametrize("data", [b"", b"\xff", cbor.encode(1), cbor.encode([[HEADER]]), cbor.encode([[], [0, 1, []]])])
def test_stored_evidence_is_read_as_strictly(data: bytes) -> None:
    with pytest.raises(EvidenceMalformed):
        decode_evidence(data)


def test_headers_that_are_none_are_malformed() -> None:
    for header in (b"", HEADER[:-1], rlp.encode([b""])):
        with pytest.raises(EvidenceMalformed):
            _verified(_proof(replace(RECEIPT, headers=(header,))))


# Sizes.


def test_a_proof_for_a_batch_of_a_thousand_has_the_size_promised() -> None:
    leaves = [sha256(index.to_bytes(4)).digest() for index in range(1_000)]
    event = replace(EVENT, root=merkle.root(leaves), size=1_000)
    receipts = trie_of({rlp.encode(0): receipt_of(log_of(event), kind=b"\x02")})
    raw = raw_header(items=21, number=NUMBER, receipts_root=receipts.root_hash)
    evidence = ReceiptEvidence((qbft(FOUR).sealed(raw, FOUR[:3]),), 0, proof_of(receipts, rlp.encode(0)))
    path = InclusionPath(size=1_000, index=333, hashes=merkle.inclusion_path(leaves, 333))
    proof = _proof(evidence, path)
    assert _verified(proof, leaf=leaves[333]).size == 1_000
    assert len(proof.encode()) <= 1_400
