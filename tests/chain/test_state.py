"""What a contract's storage holds."""

from __future__ import annotations

from hashlib import sha256

import pytest
import rlp

from chain.errors import NotProven
from chain.keccak import keccak
from chain.state import NO_CODE, code_hash, storage_root, word
from chain.trie import EMPTY_ROOT
from tests.chain.tries import secure_proof_of, secure_trie_of

_SLOTS = {number.to_bytes(32): number * 7 + 1 for number in range(40)}
_STORAGE = secure_trie_of({slot: rlp.encode(value) for slot, value in _SLOTS.items()})
_ADDRESS = sha256(b"a contract").digest()[:20]
_ABSENT = sha256(b"nobody").digest()[:20]


def _account(*members: object) -> bytes:
    return bytes(rlp.encode(list(members)))


_ACCOUNT = _account(1, 0, _STORAGE.root_hash, keccak(b"code"))
_STATE = secure_trie_of(
    {_ADDRESS: _ACCOUNT, **{bytes([i]) * 20: _account(i, i, EMPTY_ROOT, keccak(b"")) for i in range(50)}}
)


def test_an_accounts_storage_root_is_proven() -> None:
    assert storage_root(_STATE.root_hash, _ADDRESS, secure_proof_of(_STATE, _ADDRESS)) == _STORAGE.root_hash
    assert storage_root(_STATE.root_hash, bytes(20), secure_proof_of(_STATE, bytes(20))) == EMPTY_ROOT


def test_what_an_accounts_code_hashes_to_is_proven() -> None:
    assert code_hash(_STATE.root_hash, _ADDRESS, secure_proof_of(_STATE, _ADDRESS)) == keccak(b"code")
    assert code_hash(_STATE.root_hash, bytes(20), secure_proof_of(_STATE, bytes(20))) == NO_CODE
    assert code_hash(_STATE.root_hash, _ABSENT, secure_proof_of(_STATE, _ABSENT)) == NO_CODE
    with pytest.raises(NotProven):
        code_hash(_STATE.root_hash, _ABSENT, secure_proof_of(_STATE, _ADDRESS))


def test_what_slots_hold_is_proven() -> None:
    for slot, value in _SLOTS.items():
        assert word(_STORAGE.root_hash, slot, secure_proof_of(_STORAGE, slot)) == value.to_bytes(32)


def test_a_slot_that_nothing_was_written_to_holds_zeros() -> None:
    slot = (1_000).to_bytes(32)
    assert word(_STORAGE.root_hash, slot, secure_proof_of(_STORAGE, slot)) == bytes(32)
    assert word(EMPTY_ROOT, slot, ()) == bytes(32)


def test_an_account_that_is_not_there_has_no_storage() -> None:
    with pytest.raises(NotProven, match=f"there is no account {_ABSENT.hex()}"):
        storage_root(_STATE.root_hash, _ABSENT, secure_proof_of(_STATE, _ABSENT))


def test_another_accounts_proof_shows_nothing() -> None:
    with pytest.raises(NotProven):
        storage_root(_STATE.root_hash, _ABSENT, secure_proof_of(_STATE, _ADDRESS))
    with pytest.raises(NotProven):
        word(_STORAGE.root_hash, bytes(32), secure_proof_of(_STORAGE, (1).to_bytes(32)))


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (_account(1, 0, bytes(32)), "not nonce, balance and two hashes"),
        (_account(1, 0, bytes(31), bytes(32)), "not nonce, balance and two hashes"),
        (_account(1, 0, bytes(32), bytes(33)), "not nonce, balance and two hashes"),
        (rlp.encode(bytes(70)), "not nonce, balance and two hashes"),
        (_account([], 0, bytes(32), bytes(32)), "a value that is no RLP"),
        (_ACCOUNT + b"\x00", "a value that is no RLP"),
    ],
)
def test_what_is_no_account_is_refused(account: bytes, why: str) -> None:
    trie = secure_trie_of({_ADDRESS: account})
    with pytest.raises(NotProven, match=why):
        storage_root(trie.root_hash, _ADDRESS, secure_proof_of(trie, _ADDRESS))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"\x80", "wanted a number of at most 32 bytes"),
        (b"\x00", "wanted a number of at most 32 bytes"),
        (rlp.encode(b"\x00\x01"), "wanted a number of at most 32 bytes"),
        (rlp.encode(b"\x01" * 33), "wanted a number of at most 32 bytes"),
        (rlp.encode([b"\x01"]), "wanted a number of at most 32 bytes"),
        (b"\x05\x05", "a value that is no RLP"),
    ],
)
def test_what_is_no_number_is_refused(value: bytes, why: str) -> None:
    slot = bytes(32)
    trie = secure_trie_of({slot: value})
    with pytest.raises(NotProven, match=why):
        word(trie.root_hash, slot, secure_proof_of(trie, slot))
