"""Checkpoints: what they are believed for, and each way in which one is not."""

from __future__ import annotations

import zlib
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from chain import cbor, checkpoint, envelope, history
from chain.checkpoint import Checkpoint, StateProof
from chain.errors import (
    EvidenceMalformed,
    EvidenceUnsupported,
    HistoryIncomplete,
    NotAttested,
    NotProven,
    SealsInsufficient,
    SigningFailed,
    TrustListRefused,
)
from chain.history import Heads, History
from chain.keys import ORDER, PublicKey
from chain.seals import SealScheme
from chain.steps import List
from tests import sealed
from tests.chain import small_world
from tests.chain.any_event import in_blocks
from tests.chain.small_world import BLOCK, TIME, VALIDATORS, attested, trust
from tests.chain.test_history import EVENTS

STEPS = in_blocks(EVENTS)
SEALED = small_world.checkpoint(STEPS)
UNSEALED = small_world.checkpoint(STEPS, scheme="none")
BARE = replace(UNSEALED, state=None)
QBFT, NONE = trust("qbft"), trust("none")
KID = PublicKey.of(sealed.attester()).kid


def proof_of(made: Checkpoint) -> StateProof:
    assert made.state is not None
    return made.state


def test_a_sealed_checkpoint_is_believed_for_its_seals() -> None:
    believed = checkpoint.verify(SEALED, QBFT)
    assert believed.sealing is not None
    assert (len(believed.sealing.signers), believed.sealing.is_final) == (3, True)
    assert believed.attesters == ()
    assert believed.history.heads() == SEALED.heads
    assert [len(list(believed.history.steps(which))) for which in List] == [2, 5, 4]


def test_a_majority_of_cliques_signers_confirms_it_but_it_is_not_final() -> None:
    made = small_world.checkpoint(STEPS, scheme="clique")
    sealing = checkpoint.verify(made, trust("clique")).sealing
    assert sealing is not None
    assert (sealing.scheme, sealing.is_final) == (SealScheme.CLIQUE, False)


def test_on_a_chain_without_seals_an_attester_must_vouch() -> None:
    for made in (UNSEALED, BARE):
        with pytest.raises(NotAttested, match="0 of 1 attesters vouch for, wanted 1"):
            checkpoint.verify(made, NONE)
        believed = checkpoint.verify(attested(made), NONE)
        assert (believed.sealing, believed.attesters) == (None, (KID,))


def test_as_many_attesters_must_vouch_as_the_list_says() -> None:
    two = [sealed.attester(), sealed.attester("another")]
    both, either = (trust("none", attesters=two, attester_threshold=threshold) for threshold in (2, 1))
    one, another = attested(BARE), attested(BARE, "another")
    for made in (one, another):
        assert len(checkpoint.verify(made, either).attesters) == 1
        with pytest.raises(NotAttested, match="1 of 2 attesters vouch for, wanted 2"):
            checkpoint.verify(made, both)
    assert len(checkpoint.verify(attested(one, "another"), both).attesters) == 2


def test_where_the_list_has_no_attesters_nothing_vouches_for_a_block_without_seals() -> None:
    nobody = trust("none", attesters=())
    assert nobody.attester_threshold == 0
    with pytest.raises(NotAttested, match="0 of 0 attesters vouch for, wanted 1"):
        checkpoint.verify(attested(BARE), nobody)


def test_the_scheme_is_that_of_the_blocks_height() -> None:
    those = sealed.addresses(small_world.VALIDATORS)
    changing = [(0, BLOCK, (), "none"), (BLOCK, None, those, "qbft")]
    assert checkpoint.verify(SEALED, trust("", sets=changing)).sealing is not None
    assert checkpoint.verify(attested(BARE), trust("", sets=[(0, BLOCK + 1, (), "none")])).sealing is None
    with pytest.raises(SealsInsufficient, match=f"nothing of block {BLOCK}"):
        checkpoint.verify(attested(BARE), trust("", sets=changing[:1]))


def test_what_proves_a_state_can_be_kept_in_a_database() -> None:
    proof = proof_of(SEALED)
    assert StateProof.parse(proof.encode()) == proof
    headers, walks = list(proof.headers), [list(walk) for walk in proof.walks]
    for other, why in (
        (b"", "not plain CBOR"),
        (cbor.encode([headers]), "other than headers and walks"),
        (cbor.encode([[], walks]), "0 headers and 5 walks"),
        (cbor.encode([headers * 65, walks]), "65 headers"),
        (cbor.encode([headers, walks[1:]]), "4 walks"),
        (cbor.encode([headers, [None, *walks[1:]]]), "something else than an array of bytes"),
        (cbor.encode([[1], walks]), "something else than an array of bytes"),
        (cbor.encode([headers, [[b""] * 65, *walks[1:]]]), "65 nodes of a walk"),
    ):
        with pytest.raises(EvidenceMalformed, match=why):
            StateProof.parse(other)


def test_who_is_not_in_the_trust_list_vouches_for_nothing() -> None:
    stranger = attested(BARE, "stranger")
    with pytest.raises(NotAttested):
        checkpoint.verify(stranger, NONE)
    assert checkpoint.verify(attested(stranger), NONE).attesters == (KID,)
    assert checkpoint.verify(attested(SEALED, "stranger"), QBFT).attesters == ()


def test_an_attesters_signature_over_another_checkpoint_is_refused() -> None:
    moved = replace(SEALED, attestations=attested(replace(SEALED, timestamp=TIME + 1)).attestations)
    with pytest.raises(NotProven, match="an attestation for another checkpoint"):
        checkpoint.verify(moved, QBFT)


@pytest.mark.parametrize(
    "changed",
    [
        {"registry_id": b"R" * 32},
        {"chain_id": 1},
        {"registry": b"C" * 20},
        {"agencies": b"A" * 20},
        {"block_number": 101},
        {"block_hash": bytes(32)},
        {"timestamp": TIME + 1},
        {"heads": Heads(SEALED.heads.anchors, SEALED.heads.statuses, bytes(32))},
        {"heads": Heads(SEALED.heads.anchors, bytes(32), SEALED.heads.rights)},
        {"heads": Heads(bytes(32), SEALED.heads.statuses, SEALED.heads.rights)},
        {"history": history.encode(STEPS[:-1])},
    ],
    ids=str,
)
def test_the_statement_covers_all_that_is_to_be_believed(changed: dict[str, Any]) -> None:
    """But for the addresses, which the trust list pins together with the registry id."""
    other = replace(SEALED, **changed)
    assert (other.statement == SEALED.statement) == bool({"registry", "agencies"} & changed.keys())


def test_the_statement_is_spelled_as_the_protocol_says() -> None:
    assert cbor.decode(SEALED.statement) == [
        "yinxin-checkpoint",
        1,
        SEALED.registry_id,
        SEALED.chain_id,
        BLOCK,
        SEALED.block_hash,
        TIME,
        SEALED.heads.anchors,
        SEALED.heads.statuses,
        SEALED.heads.rights,
        sha256(SEALED.history).digest(),
    ]


def test_signing_again_takes_the_earlier_signatures_place() -> None:
    once = attested(attested(SEALED, "another"))
    assert len(once.attestations) == 2
    assert [kid for kid, _ in attested(once, "another").attestations] == [KID, once.attestations[0][0]]


def test_what_a_signer_returns_is_written_with_low_s() -> None:
    def high(message: bytes) -> bytes:
        signature = attested(SEALED).attestations[0][1]
        return signature[:32] + (ORDER - int.from_bytes(signature[32:])).to_bytes(32)

    made = SEALED.attested(KID, high)
    assert Checkpoint.parse(made.encode()) == made
    with pytest.raises(SigningFailed):
        SEALED.attested(KID, lambda _: b"")


# Another registry, block or state.


@pytest.mark.parametrize(
    "member", [{"registry_id": b"R" * 32}, {"chain_id": 1}, {"registry": b"C" * 20}, {"agencies": b"A" * 20}], ids=str
)
def test_a_checkpoint_of_another_registry_is_refused(member: dict[str, Any]) -> None:
    with pytest.raises(TrustListRefused, match="of the registry"):
        checkpoint.verify(replace(SEALED, **member), QBFT)
    with pytest.raises(TrustListRefused, match="of the registry"):
        checkpoint.verify(SEALED, trust("qbft", **member))


@pytest.mark.parametrize(
    "member", [{"block_number": 101}, {"block_hash": bytes(32)}, {"timestamp": TIME - 1}, {"timestamp": TIME + 1}]
)
@pytest.mark.parametrize("made", [SEALED, UNSEALED], ids=["qbft", "none"])
def test_number_hash_and_time_are_the_headers(made: Checkpoint, member: dict[str, Any]) -> None:
    with pytest.raises(NotProven, match="its header is of"):
        checkpoint.verify(attested(replace(made, **member)), QBFT if made is SEALED else NONE)


@pytest.mark.parametrize("which", ["anchors", "statuses", "rights"])
def test_heads_that_are_not_the_states_are_refused(which: str) -> None:
    other = replace(SEALED.heads, **{which: b"\1" * 32})
    with pytest.raises(NotProven, match="its state has"):
        checkpoint.verify(replace(SEALED, heads=other), QBFT)
    with pytest.raises(NotProven, match="its state has"):
        checkpoint.verify(attested(replace(UNSEALED, heads=other)), NONE)


@pytest.mark.parametrize(
    "path", ["certificates_account", "anchors_slot", "statuses_slot", "agencies_account", "rights_slot"]
)
def test_every_path_must_fit(path: str) -> None:
    nodes = getattr(proof_of(SEALED), path)
    for other in (nodes[:-1], (*nodes, nodes[-1]), (nodes[0][:-1] + bytes([nodes[0][-1] ^ 1]), *nodes[1:])):
        with pytest.raises(NotProven):
            checkpoint.verify(replace(SEALED, state=replace(proof_of(SEALED), **{path: other})), QBFT)


def test_a_header_that_too_few_sealed_is_refused() -> None:
    how = sealed.qbft(VALIDATORS)
    raw = proof_of(SEALED).headers[0]
    poor = replace(SEALED, state=replace(proof_of(SEALED), headers=(how.sealed(raw, VALIDATORS[:2]),)))
    with pytest.raises(SealsInsufficient):
        checkpoint.verify(attested(poor), QBFT)


def test_an_attester_does_not_stand_in_for_seals() -> None:
    with pytest.raises(SealsInsufficient, match="without a header"):
        checkpoint.verify(attested(replace(SEALED, state=None)), QBFT)


def test_a_registry_that_has_anchored_nothing_yet_is_proven_to_have() -> None:
    rights = [taken for taken in STEPS if taken.kind < 21]
    believed = checkpoint.verify(small_world.checkpoint(rights), QBFT)
    assert believed.checkpoint.heads.anchors == believed.checkpoint.heads.statuses == bytes(32)


# Histories that are not whole, or of another time.


@pytest.mark.parametrize("left_out", range(len(STEPS)))
def test_whatever_is_left_out_is_noticed(left_out: int) -> None:
    whole = History.parse(SEALED.history)
    short = history.encode([*STEPS[:left_out], *STEPS[left_out + 1 :]])
    name = next(which for which in List if STEPS[left_out] in list(whole.steps(which))).name.lower()
    with pytest.raises(HistoryIncomplete, match=rf"the heads of {name}:"):
        checkpoint.verify(replace(SEALED, history=short), QBFT)


def test_all_lists_that_are_not_whole_are_named() -> None:
    with pytest.raises(HistoryIncomplete, match="the heads of anchors, statuses, rights"):
        checkpoint.verify(replace(SEALED, history=history.encode([])), QBFT)


def test_times_may_not_go_beyond_the_blocks() -> None:
    end = STEPS[-1]
    for steps in (
        [*STEPS[:-1], replace(end, timestamp=TIME + 1)],
        [*STEPS[:-1], replace(end, block_number=BLOCK, timestamp=TIME - 1)],
        [*STEPS[:-1], replace(end, block_number=BLOCK + 1, timestamp=TIME)],
    ):
        with pytest.raises(NotProven, match="wanted none after"):
            checkpoint.verify(small_world.checkpoint(steps), QBFT)
    at_last = [*STEPS[:-1], replace(end, block_number=BLOCK, timestamp=TIME)]
    assert checkpoint.verify(small_world.checkpoint(at_last), QBFT).history.last_block == BLOCK


def test_a_history_that_is_none_is_malformed() -> None:
    with pytest.raises(EvidenceMalformed, match="history"):
        checkpoint.verify(replace(SEALED, history=b""), QBFT)


# The file.


@pytest.mark.parametrize("made", [SEALED, BARE, attested(attested(UNSEALED), "another")], ids=["qbft", "bare", "none"])
def test_a_file_says_what_went_in(made: Checkpoint) -> None:
    assert Checkpoint.parse(made.encode()) == made


def test_a_later_format_is_unsupported() -> None:
    members = SEALED.members
    later = zlib.compress(cbor.encode([envelope.CHECKPOINT, 2, *members]))
    with pytest.raises(EvidenceUnsupported):
        Checkpoint.parse(later)


def with_body(place: int, value: cbor.CBOR, *inner: int) -> list[cbor.CBOR]:
    body: Any = cbor.decode(SEALED.body)
    target = body
    for step in (place, *inner)[:-1]:
        target = target[step]
    target[(place, *inner)[-1]] = value
    return [cbor.encode(body), []]


GOOD = attested(SEALED).members[1]


@pytest.mark.parametrize(
    "members",
    [
        [],
        [SEALED.body],
        [SEALED.body, None],
        [SEALED.body, [], []],
        [cbor.decode(SEALED.body), []],
        [SEALED.body + b"\0", []],
        [cbor.encode([]), []],
        [SEALED.body, [None]],
        [SEALED.body, [[KID]]],
        [SEALED.body, [[KID[:-1], bytes(64)]]],
        [SEALED.body, [[KID, bytes(64)]]],
        [SEALED.body, [[KID, b"\1" * 63]]],
        [SEALED.body, [[KID, b"\1" * 32 + b"\xee" * 32]]],
        [SEALED.body, [*GOOD, *GOOD]],  # type: ignore[misc]
        with_body(0, bytes(31)),
        with_body(1, -1),
        with_body(1, "1"),
        with_body(2, bytes(21), 0),
        with_body(2, bytes(32), 1),
        with_body(2, [bytes(20)]),
        with_body(3, -1, 0),
        with_body(3, bytes(31), 1),
        with_body(3, -1, 2),
        with_body(4, bytes(33), 0),
        with_body(4, bytes(31), 2),
        with_body(5, []),
        with_body(5, None),
        with_body(5, "", 0),
        with_body(5, [b"header"] * 65),
        with_body(6, []),
        with_body(6, None),
        with_body(6, None, 3),
        with_body(6, [1], 4),
        with_body(7, None),
    ],
)
def test_what_is_not_in_the_form_is_malformed(members: list[cbor.CBOR]) -> None:
    with pytest.raises(EvidenceMalformed):
        Checkpoint.parse(envelope.wrap(envelope.CHECKPOINT, members))
