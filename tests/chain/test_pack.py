"""Packs: a checkpoint with the types' data files."""

from __future__ import annotations

import zlib
from dataclasses import replace
from hashlib import sha256

import pytest

from chain import cbor, envelope, history, pack
from chain.errors import EvidenceMalformed, EvidenceUnsupported, HistoryIncomplete, NotProven
from chain.events import TypeRegistered
from chain.pack import Pack
from tests.chain import small_world
from tests.chain.any_event import in_blocks
from tests.chain.small_world import trust
from tests.chain.test_history import EVENTS

FILES = (b'{"a type": 1}', b'{"a type": 2}')
STEPS = in_blocks(
    [*EVENTS, *(TypeRegistered(number, 1, sha256(file).digest()) for number, file in enumerate(FILES, start=2))]
)
CHECKPOINT = small_world.checkpoint(STEPS)
PACK = Pack(CHECKPOINT, FILES)
TRUST = trust("qbft")


def test_a_pack_is_believed_with_its_files() -> None:
    read = Pack.parse(PACK.encode())
    assert read == PACK
    assert pack.verify(read, TRUST).checkpoint == CHECKPOINT
    assert pack.verify(replace(PACK, types=FILES[1:]), TRUST).history.heads() == CHECKPOINT.heads


def test_a_file_that_the_registry_does_not_list_is_refused() -> None:
    for other in (b'{"a type": 3}', FILES[0] + b"\n", b""):
        with pytest.raises(NotProven, match="a type file of SHA-256"):
            pack.verify(replace(PACK, types=(*FILES, other)), TRUST)


def test_a_pack_whose_history_is_not_whole_is_refused() -> None:
    short = replace(CHECKPOINT, history=history.encode(STEPS[:-1]))
    with pytest.raises(HistoryIncomplete, match="rights"):
        pack.verify(replace(PACK, checkpoint=short), TRUST)


def test_either_kind_of_file_can_be_read() -> None:
    assert pack.read(PACK.encode()) == (CHECKPOINT, FILES)
    assert pack.read(CHECKPOINT.encode()) == (CHECKPOINT, ())
    for other in (b"", b"%PDF-1.7", envelope.wrap(envelope.PROOF, [])):
        with pytest.raises(EvidenceMalformed):
            pack.read(other)


def test_a_later_format_is_unsupported() -> None:
    later = zlib.compress(cbor.encode([envelope.PACK, 2, "anything"]))
    with pytest.raises(EvidenceUnsupported):
        pack.read(later)


@pytest.mark.parametrize(
    "members",
    [
        [],
        CHECKPOINT.members,
        [*CHECKPOINT.members, None],
        [*CHECKPOINT.members, [1]],
        [*CHECKPOINT.members, [FILES[0], FILES[0]]],
        [*CHECKPOINT.members, [], []],
        [None, [], []],
    ],
)
def test_what_is_not_in_the_form_is_malformed(members: list[cbor.CBOR]) -> None:
    with pytest.raises(EvidenceMalformed):
        Pack.parse(envelope.wrap(envelope.PACK, members))
