"""The council's members make and sign the list by which others believe the registry: at one desk, or one by one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chain.keys import PublicKey
from chain.seals import SealScheme
from chain.trust_list import TrustList
from tests.deployed import document_key
from tests.issuer.terminal import Terminal
from tests.issuer.test_cli import refused, said

if TYPE_CHECKING:
    from pathlib import Path

    from chain.ethereum.network import Anvil

KEY = PublicKey.of(document_key("a verifier"))
TRUST = ("registry", "trust-list")
FIRST, SECOND = ("--signer", "council-1"), ("--signer", "council-2")


@pytest.fixture(scope="module")
def terminal(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Return a terminal from which a registry was deployed, whose council has three members of whom two decide."""
    folder = tmp_path_factory.mktemp("council")
    (folder / "password").write_text("secret\n", encoding="utf-8")
    made = Terminal(
        folder,
        {
            "YINXIN_RPC_URLS": anvil.url,
            "YINXIN_DATABASE_URL": f"sqlite:///{folder}/issuer.db",
            "YINXIN_KEYSTORE": str(folder / "keystore"),
            "YINXIN_KEYSTORE_PASSWORD_FILE": str(folder / "password"),
            "YINXIN_DATA_DIR": str(folder / "data"),
            "YINXIN_LIGHT_KEYS": "true",
        },
    )
    said(made.run("registry", "deploy", "--json"))
    return made


def listed(path: Path) -> TrustList:
    return TrustList.parse(path.read_bytes())


def test_a_list_says_what_the_chain_says_and_is_believed(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "trust.json"
    told = said(terminal.run(*TRUST, "--out", out, "--attester", json.dumps(KEY.jwk()), "--days", 30, "--json"))
    made = listed(out)
    deployed = said(terminal.run("registry", "deploy", "--json"))
    assert (made.version, made.scheme_at(1_000), made.attesters) == (1, SealScheme.NONE, (KEY,))
    assert made.attester_threshold == told["attester_threshold"] == 1
    assert (made.threshold, len(made.council), len(made.signatures)) == (2, 3, 3)
    assert made.registry_id.hex() == deployed["registry_id"] == told["registry_id"]
    assert f"0x{made.agencies.hex()}" == deployed["agencies"]
    assert (made.expires - made.issued).days == 30
    assert told["lacking"] == 0


def test_the_next_one_goes_on_where_the_one_before_ended(terminal: Terminal, tmp_path: Path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    key = tmp_path / "key.json"
    key.write_text(json.dumps({"kid": "…", "jwk": KEY.jwk()}), encoding="utf-8")
    said(terminal.run(*TRUST, "--out", first, "--attester", key, *FIRST, *SECOND, "--version", 7, "--json"))
    said(terminal.run(*TRUST, "--out", second, "--previous", first, *FIRST, *SECOND, "--json"))
    assert (listed(second).version, listed(second).attesters) == (8, (KEY,))
    for version in (7, 8):
        told = refused(
            terminal.run(*TRUST, "--out", tmp_path / "3.json", "--previous", second, "--version", version, "--days", 30)
        )
        assert f"got version {version}" in told
    assert not (tmp_path / "3.json").exists()


def test_members_sign_one_after_the_other(terminal: Terminal, tmp_path: Path) -> None:
    draft, out = tmp_path / "draft.json", tmp_path / "trust.json"
    told = refused(terminal.run(*TRUST, "--out", out, *FIRST))
    assert "signed by 1 council keys" in told
    assert not out.exists()
    assert said(terminal.run(*TRUST, "--out", draft, *FIRST, "--draft", "--json"))["lacking"] == 1
    finished = terminal.run(*TRUST, "--out", out, "--add-signature-to", draft, *SECOND)
    assert finished.code == 0, finished.err
    assert "signed_by" in finished.out
    assert len(listed(out).signatures) == 2
    assert TrustList.parse_draft(draft.read_bytes()).signed_bytes == listed(out).signed_bytes


@pytest.mark.parametrize("member", ["registry", "chain_id", "council", "test"])
def test_a_list_that_says_otherwise_than_the_chain_is_not_signed(
    terminal: Terminal, tmp_path: Path, member: str
) -> None:
    draft, out = tmp_path / "draft.json", tmp_path / "trust.json"
    said(terminal.run(*TRUST, "--out", draft, *FIRST, "--draft", "--json"))
    changed = json.loads(draft.read_bytes())
    signed = changed["signed"]
    signed[member] = {
        "registry": "0x" + "11" * 20,
        "chain_id": 5,
        "council": {**signed["council"], "threshold": 1},
        "test": False,
    }[member]
    changed["signatures"] = []
    draft.write_text(json.dumps(changed), encoding="utf-8")
    told = refused(terminal.run(*TRUST, "--out", out, "--add-signature-to", draft, *SECOND))
    assert "nothing was signed" in told
    assert not out.exists()


def test_what_makes_no_list_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "trust.json"
    sets = tmp_path / "sets.json"
    sets.write_text(
        json.dumps([{"from_block": 0, "until_block": None, "scheme": "none", "validators": ["0x" + "22" * 20]}]),
        encoding="utf-8",
    )
    other, unknown, object_ = (tmp_path / f"{name}.json" for name in ("other", "unknown", "object"))
    ranged = {"from_block": 0, "until_block": None, "scheme": "qbft", "validators": ["0x" + "22" * 20]}
    other.write_text(json.dumps([ranged]), encoding="utf-8")
    unknown.write_text(json.dumps([{**ranged, "scheme": "clock"}]), encoding="utf-8")
    object_.write_text(json.dumps({"sets": [ranged]}), encoding="utf-8")
    bad = tmp_path / "bad.json"
    bad.write_text('[{"from_block": 0}]', encoding="utf-8")
    for words, wanted in (
        (("--seals", sets), "validators where nobody seals"),
        (("--seals", other), "the chain has none"),
        (("--seals", unknown), "'clock'"),
        (("--seals", object_), "an array"),
        (("--attester", json.dumps(KEY.jwk()), "--attester-threshold", 2), "a threshold of 2 for 1 keys"),
        (("--seals", bad), '"validators"'),
        (("--seals", tmp_path / "none.json"), "No such file"),
        (("--attester", "{}"), '"kty"'),
        (("--attester", json.dumps({**KEY.jwk(), "x": KEY.jwk()["y"]})), "P-256"),
        (("--attester", tmp_path / "none.json"), "No such file"),
        (("--signer", "council-9"), "council-9"),
        (("--previous", bad), "trust list"),
    ):
        assert wanted in refused(terminal.run(*TRUST, "--out", out, *words)), words
    assert not out.exists()


def test_a_chain_with_seals_needs_its_validators(terminal: Terminal, tmp_path: Path) -> None:
    out, sets = tmp_path / "trust.json", tmp_path / "sets.json"
    validators = ["0x" + f"{number:02x}" * 20 for number in range(1, 5)]
    ranges = [
        {"from_block": 0, "until_block": 500, "scheme": "ibft2", "validators": validators[:3]},
        {"from_block": 500, "until_block": None, "scheme": "qbft", "validators": validators},
    ]
    sets.write_text(json.dumps(ranges), encoding="utf-8")
    sealed = {"YINXIN_PROFILE": "besu-qbft"}
    assert "no ranges of blocks" in refused(terminal.run(*TRUST, "--out", out, **sealed))
    said(terminal.run(*TRUST, "--out", out, "--seals", sets, "--json", **sealed))
    made = listed(out)
    assert (made.scheme_at(499), made.scheme_at(500)) == (SealScheme.IBFT2, SealScheme.QBFT)
    assert len(made.validators_at(1_000)) == 4
