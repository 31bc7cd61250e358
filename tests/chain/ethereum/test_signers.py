"""Keys of officers and senders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from eth_account import Account
from eth_keys.datatypes import Signature

from chain.errors import SigningFailed
from chain.ethereum.signers import LIGHT_SCRYPT_N, KeySigner, labels, load, store

if TYPE_CHECKING:
    from pathlib import Path

SECRET = bytes(31) + b"\x01"
ADDRESS = bytes.fromhex("7e5f4552091a69125d5dfcb7b8c2659029395bdf")
"""The well-known address of the key 1."""
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "officers" / "zhang.json"
    store(KeySigner(SECRET), path, "secret", scrypt_n=LIGHT_SCRYPT_N, labels={"agency": 3, "name": "张三"})
    return path


def test_a_key_has_its_well_known_address() -> None:
    assert KeySigner(SECRET).address == ADDRESS
    assert repr(KeySigner(SECRET)) == f"KeySigner(0x{ADDRESS.hex()})"


def test_a_signature_has_low_s_and_recovers_to_its_signer() -> None:
    signer = KeySigner(SECRET)
    for number in range(50):
        digest = number.to_bytes(32)
        signature = signer.sign_digest(digest)
        assert len(signature) == 65
        assert signature[64] in {27, 28}
        assert int.from_bytes(signature[32:64]) <= HALF_ORDER
        public = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(digest)
        assert public.to_canonical_address() == signer.address


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\xff" * 32, bytes(33)])
def test_bytes_that_are_no_key_are_refused(secret: bytes) -> None:
    with pytest.raises(SigningFailed):
        KeySigner(secret)


def test_only_digests_of_32_bytes_are_signed() -> None:
    with pytest.raises(SigningFailed, match="got a digest of 31 bytes"):
        KeySigner(SECRET).sign_digest(bytes(31))


def test_new_keys_differ() -> None:
    assert KeySigner.generate().address != KeySigner.generate().address


def test_a_stored_key_comes_back_with_its_labels(stored: Path) -> None:
    assert load(stored, "secret").address == ADDRESS
    assert labels(stored) == {"agency": 3, "name": "张三"}
    assert stored.stat().st_mode & 0o077 == 0


def test_a_stored_key_is_read_by_others(stored: Path) -> None:
    assert bytes(Account.decrypt(json.loads(stored.read_text()), "secret")) == SECRET


def test_a_key_stored_by_others_is_read(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(Account.encrypt(SECRET, "pass", kdf="pbkdf2", iterations=1000)))
    assert load(path, "pass").address == ADDRESS
    assert labels(path) == {}


def test_a_wrong_password_is_said(stored: Path) -> None:
    with pytest.raises(SigningFailed, match=r"wrong password for .*zhang.json"):
        load(stored, "other")


def test_a_missing_key_is_said(tmp_path: Path) -> None:
    with pytest.raises(SigningFailed, match=r"there is no key .*nobody.json"):
        load(tmp_path / "nobody.json", "secret")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"version": 4, "crypto": {}}',
        '{"version": 3, "crypto": {}}',
        '{"version": 3, "crypto": {"kdf": "rot13"}}',
        '{"version": 3, "crypto": null}',
    ],
)
def test_a_file_that_is_no_keystore_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(SigningFailed, match=r"odd.json is"):
        load(path, "secret")


def test_a_file_that_names_another_address_is_refused(stored: Path) -> None:
    keystore = json.loads(stored.read_text())
    stored.write_text(json.dumps({**keystore, "address": "00" * 20}))
    with pytest.raises(SigningFailed, match="names the address"):
        load(stored, "secret")


def test_a_key_is_never_overwritten(stored: Path) -> None:
    before = stored.read_text()
    with pytest.raises(SigningFailed, match=r"there is a key .* already"):
        store(KeySigner.generate(), stored, "secret", scrypt_n=LIGHT_SCRYPT_N)
    assert stored.read_text() == before


def test_labels_of_what_is_no_keystore_are_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text("[]")
    with pytest.raises(SigningFailed):
        labels(tmp_path / "odd.json")
