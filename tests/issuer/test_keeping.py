"""The commands that keep what is here: the log, copies, keys, erasure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from tests.deployed import credit_code
from tests.issuer.offices import permits
from tests.issuer.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from tests.issuer.terminal import Finished

TYPE = "food-operation-permit"
HOLDER = next(
    claim.example for claim in by_identifier(TYPE).claims if claim.key == by_identifier(TYPE).holder_code_claim
)


def made(folder: Path, **settings: str) -> Terminal:
    (folder / "password").write_text("secret\n", encoding="utf-8")
    return Terminal(
        folder,
        {
            "YINXIN_DATABASE_URL": f"sqlite:///{folder}/issuer.db",
            "YINXIN_KEYSTORE": str(folder / "keystore"),
            "YINXIN_KEYSTORE_PASSWORD_FILE": str(folder / "password"),
            "YINXIN_DATA_DIR": str(folder / "data"),
            "YINXIN_LIGHT_KEYS": "true",
            "YINXIN_POLL_S": "0.02",
            **settings,
        },
    )


def done(finished: Finished) -> str:
    assert finished.code == 0, finished.err
    return finished.out


def said(finished: Finished) -> dict[str, object]:
    told = json.loads(done(finished))
    assert isinstance(told, dict)
    return told


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Return a terminal without a node: these commands need none."""
    return made(tmp_path, YINXIN_RPC_URLS="http://127.0.0.1:1")


def test_log_is_shown_and_its_end_is_noted_and_verified(terminal: Terminal) -> None:
    done(terminal.run("keys", "rotate-master"))
    noted = done(terminal.run("log", "head")).strip()
    assert noted.startswith("1:")
    done(terminal.run("keys", "rotate-master"))
    assert said(terminal.run("log", "verify", "--noted", noted, "--json"))["count"] == 2
    lines = json.loads(done(terminal.run("log", "show", "--limit", 1, "--json")))
    assert [(line["line"], line["who"], line["what"]) for line in lines] == [(2, "operator", "master key rotated")]
    assert "master key rotated" in done(terminal.run("log", "show"))
    other = terminal.run("log", "verify", "--noted", "1:" + "00" * 32)
    assert (other.code, "written anew" in other.err) == (1, True)
    for wrong in ("nonsense", "1:zz", "-1:" + "00" * 32):
        assert terminal.run("log", "verify", f"--noted={wrong}").code == 64


def test_backup_says_what_to_note_down(terminal: Terminal, tmp_path: Path) -> None:
    done(terminal.run("keys", "rotate-master"))
    told = said(terminal.run("backup", "--to", "copy.db", "--json"))
    assert told["log"] == done(terminal.run("log", "head")).strip()
    assert (tmp_path / "copy.db").stat().st_size == told["bytes"]
    again = terminal.run("backup", "--to", "copy.db")
    assert (again.code, "there is such a file already" in again.err) == (1, True)


def test_folder_gets_a_new_password_with_its_master_key(terminal: Terminal, tmp_path: Path) -> None:
    done(terminal.run("keys", "rotate-master"))
    before = (tmp_path / "keystore" / "master.json").read_bytes()
    (tmp_path / "new-password").write_text("another\n", encoding="utf-8")
    told = done(terminal.run("keys", "rotate-master", "--new-password-file", "new-password"))
    assert "YINXIN_KEYSTORE_PASSWORD_FILE=new-password" in told
    assert (tmp_path / "keystore" / "master.json").read_bytes() != before
    assert terminal.run("keys", "rotate-master").code == 1
    settings = {"YINXIN_KEYSTORE_PASSWORD_FILE": "new-password"}
    done(terminal.run("keys", "rotate-master", **settings))
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    assert terminal.run("keys", "rotate-master", "--new-password-file", "empty").code == 64


def test_wrong_database_is_told_in_one_line(terminal: Terminal) -> None:
    away = terminal.run("log", "head", YINXIN_DATABASE_URL="postgresql+psycopg://me:secret@127.0.0.1:1/x")
    assert (away.code, "secret" in away.err) == (1, False)
    assert "does not answer" in away.err


def test_holder_is_listed_then_erased_and_keys_are_rotated(anvil: Anvil, tmp_path: Path) -> None:
    terminal = made(tmp_path, YINXIN_RPC_URLS=anvil.url)
    agency = {
        "key": "market",
        "parent": None,
        "code": credit_code(777),
        "name": "演示市场监管机关",
        "types": [TYPE],
        "managers": ["manager"],
        "officers": {"preparer": ["PREPARE", "STATUS"], "approver": ["APPROVE", "STATUS"]},
    }
    plan = {"council": ["council-1", "council-2"], "types": [TYPE], "agencies": [agency]}
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    (tmp_path / "permits.csv").write_bytes(permits(1, 2))
    done(terminal.run("registry", "deploy", "--member", "council-1", "--member", "council-2"))
    done(terminal.run("enrol", "plan.json"))
    done(terminal.run("import", "permits.csv", "--type", TYPE, "--agency", 1))
    assert said(terminal.run("keys", "rotate-data", "--agency", 1, "--json"))["values"] == 4
    listed = json.loads(done(terminal.run("erase-holder", HOLDER, "--agency", 1, "--json")))
    assert [(each["state"], each["first"]) for each in listed] == [("DRAFT", "")] * 2
    assert "--count 2" in done(terminal.run("erase-holder", HOLDER, "--agency", 1))
    officers = ("--by", "preparer", "--approved-by", "approver")
    assert terminal.run("erase-holder", HOLDER, "--agency", 1, *officers).code == 64
    assert terminal.run("erase-holder", HOLDER, "--agency", 1, *officers, "--count", 1).code == 64
    told = said(terminal.run("erase-holder", HOLDER, "--agency", 1, *officers, "--count", 2, "--json"))
    assert told == {"certificates": 0, "drafts": 2, "left": []}
    assert terminal.run("erase-holder", HOLDER, "--agency", 1).code == 1
    caught = said(terminal.run("catch-up", "--json"))
    assert (caught["settled"], caught["lost"], caught["unexplained"]) == ([], [], 0)
    assert "sessions were ended" in done(terminal.run("catch-up"))
