"""People on the command line: the first manager, and whoever helps an agency that has none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.issuer.terminal import Terminal
from tests.issuer.test_cli import plan, said

if TYPE_CHECKING:
    from chain.ethereum.network import Anvil


@pytest.fixture(scope="module")
def terminal(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Return a terminal at an agency that was enrolled."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "password").write_text("secret\n", encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(plan()), encoding="utf-8")
    made = Terminal(
        folder,
        {
            "YINXIN_RPC_URLS": anvil.url,
            "YINXIN_DATABASE_URL": f"sqlite:///{folder}/issuer.db",
            "YINXIN_KEYSTORE": str(folder / "keystore"),
            "YINXIN_KEYSTORE_PASSWORD_FILE": str(folder / "password"),
            "YINXIN_DATA_DIR": str(folder / "data"),
            "YINXIN_LIGHT_KEYS": "true",
            "YINXIN_PUBLIC_URL": "https://issuer.example.gov.cn",
            "YINXIN_POLL_S": "0.02",
        },
    )
    said(made.run("registry", "deploy", "--member", "council-1", "--member", "council-2", "--json"))
    said(made.run("enrol", "plan.json", "--json"))
    return made


def test_the_first_manager_is_invited_by_the_operator(terminal: Terminal) -> None:
    words = ("people", "invite", "boss", "--name", "Boss", "--agency", "1", "--json")
    invited = said(terminal.run(*words, "--role", "agency-manager"))
    assert invited["url"] == f"https://issuer.example.gov.cn/invitation/{invited['token']}"
    assert terminal.run(*words, "--role", "agency-manager").code == 1
    refused = terminal.run("people", "invite", "clerk", "--name", "C", "--agency", "1", "--role", "PREPARER")
    assert refused.code == 1
    assert "wanted is one first (AGENCY_MANAGER)" in refused.err
    unknown = terminal.run("people", "invite", "clerk", "--name", "C", "--agency", "1", "--role", "KING")
    assert "wanted one of" in unknown.err


def test_an_officers_key_is_handed_over(terminal: Terminal) -> None:
    key = said(terminal.run("officers", "--json"))[0]["officer"]
    words = ("people", "invite", "uyun", "--name", "Uyun", "--agency", "1", "--role", "PREPARER", "--key", key)
    assert said(terminal.run(*words, "--json"))["login"] == "uyun"
    rows = said(terminal.run("people", "list", "--agency", "1", "--json"))
    assert ("uyun", "INVITED") in {(row["login"], row["standing"]) for row in rows}
    assert "uyun" in terminal.run("people", "list").out
    assert terminal.run("people", "close", "uyun").code == 0
    assert said(terminal.run("people", "list", "--agency", "council", "--json")) == []


def test_somebody_unknown_is_said_to_be(terminal: Terminal) -> None:
    for words in (("lock", "nobody"), ("unlock", "nobody"), ("again", "nobody")):
        refused = terminal.run("people", *words)
        assert refused.code == 1
        assert "people list" in refused.err
