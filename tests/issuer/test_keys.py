"""The keystore folder."""

from __future__ import annotations

import json
import secrets
import stat
from typing import TYPE_CHECKING

import pytest

from chain.errors import SigningFailed
from chain.ethereum import signers
from issuer.errors import Locked, NotFound
from issuer.keys import Keystore
from tests.issuer.offices import make_keystore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from issuer.vault import Key


@pytest.fixture
def keystore(tmp_path: Path) -> Keystore:
    return make_keystore(tmp_path)


def test_officer_is_known_by_file_name_and_belongs_to_an_agency(keystore: Keystore) -> None:
    made = keystore.new_officer("hohhot-preparer", agency=3)
    officer = keystore.officer("hohhot-preparer")
    assert (officer.name, officer.agency, officer.signer.address) == ("hohhot-preparer", 3, made.address)
    assert json.loads(made.path.read_text("utf-8"))["yinxin"]["agency"] == 3


def test_key_is_made_once(keystore: Keystore) -> None:
    assert keystore.new_officer("a", agency=3) == keystore.new_officer("a", agency=3)
    with pytest.raises(Locked, match="is of agency 3, wanted one of agency 4"):
        keystore.new_officer("a", agency=4)


@pytest.mark.parametrize("name", ["b", "../senders/s", "", "."])
def test_unknown_officer_is_answered_with_those_that_are_here(keystore: Keystore, name: str) -> None:
    keystore.new_officer("a", agency=3)
    keystore.new_sender("s")
    with pytest.raises(NotFound, match=r"wanted one of .*: a$"):
        keystore.officer(name)


def test_wrong_password_opens_nothing(keystore: Keystore, tmp_path: Path) -> None:
    keystore.new_officer("a", agency=3)
    kid = keystore.new_document_key(3).public.kid
    keystore.master_key(secrets.token_bytes)
    with pytest.raises(Locked, match="wrong password"):
        keystore.officer("a", password="guess")  # noqa: S106 — it is wrong on purpose
    (tmp_path / "password").write_text("guess", encoding="utf-8")
    with pytest.raises(Locked, match="the password does not open it"):
        keystore.document_key(3, kid)
    with pytest.raises(Locked, match="does not open it"):
        keystore.master_key(secrets.token_bytes)


def test_missing_password_file_names_the_setting(keystore: Keystore, tmp_path: Path) -> None:
    (tmp_path / "password").unlink()
    with pytest.raises(Locked, match="YINXIN_KEYSTORE_PASSWORD_FILE"):
        keystore.password()


def test_document_key_is_kept_encrypted_for_its_owner_only(keystore: Keystore, tmp_path: Path) -> None:
    made = keystore.new_document_key(3)
    (path,) = (tmp_path / "documents").iterdir()
    assert path.name.startswith("3-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    assert keystore.document_kids(3) == {made.public.kid}
    assert keystore.document_kids(33) == set()
    opened = keystore.document_key(3, made.public.kid)
    made.public.verify(opened.sign(b"message"), b"message")


def test_master_key_is_the_same_again(keystore: Keystore) -> None:
    assert keystore.master_key(secrets.token_bytes) == keystore.master_key(secrets.token_bytes)


def test_of_two_first_starts_one_makes_the_master_key(keystore: Keystore) -> None:
    others: list[Key] = []

    def slowly(length: int) -> bytes:
        # Somebody else starts for the first time while this one gathers entropy.
        if not others:
            others.append(keystore.master_key(secrets.token_bytes))
        return secrets.token_bytes(length)

    mine = keystore.master_key(slowly)
    assert [mine] == others == [keystore.master_key(secrets.token_bytes)]


def test_of_two_who_make_an_account_one_wins_and_both_have_it(tmp_path: Path) -> None:
    made: list[Path] = []

    def slowly(path: Path, password: str, labels: Mapping[str, str | int]) -> None:
        for _ in range(2):
            made.append(path)
            signers.store(signers.KeySigner.generate(), path, password, scrypt_n=2, labels=labels)

    make_keystore(tmp_path)
    keystore = Keystore(
        tmp_path, password_file=tmp_path / "password", unlock=signers.load, create=slowly, reseal=signers.reseal
    )
    assert keystore.new_officer("a", agency=3).address == keystore.officer("a").signer.address
    assert len(made) == 2


def test_key_file_is_whole_for_its_owner_only_and_leaves_nothing_beside_it(keystore: Keystore) -> None:
    path = keystore.new_officer("a", agency=3).path
    with pytest.raises(SigningFailed, match="already"):
        signers.store(signers.KeySigner.generate(), path, "x", scrypt_n=2)
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_key_put_under_another_password_is_the_same_key_with_the_same_labels(keystore: Keystore) -> None:
    made = keystore.new_officer("a", agency=3, title="阿拉坦")
    with pytest.raises(SigningFailed, match="wrong password"):
        signers.reseal(made.path, "guess", "another", scrypt_n=2)
    before = json.loads(made.path.read_text("utf-8"))["yinxin"]
    assert keystore.hand_over("a", password="another") == made  # noqa: S106 — opens this test's key only
    assert keystore.hand_over("a", password="another") == made  # noqa: S106 — as above
    assert keystore.officer("a", password="another").signer.address == made.address  # noqa: S106 — as above
    assert json.loads(made.path.read_text("utf-8"))["yinxin"] == before == {"agency": 3, "name": "阿拉坦"}
    assert [each.name for each in made.path.parent.iterdir()] == ["a.json"]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    with pytest.raises(Locked, match="wrong password"):
        keystore.officer("a")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"address": "0x00", "yinxin": {}}'])
def test_damaged_file_is_named(keystore: Keystore, tmp_path: Path, content: str) -> None:
    (tmp_path / "officers").mkdir()
    (tmp_path / "officers" / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(Locked, match=r"a\.json"):
        keystore.officer("a")


def test_file_that_names_another_address_is_refused(keystore: Keystore) -> None:
    path = keystore.new_officer("a", agency=3).path
    held = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**held, "address": "00" * 20}), encoding="utf-8")
    with pytest.raises(Locked, match="holds the key of"):
        keystore.officer("a")
