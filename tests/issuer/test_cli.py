"""The command line on a real chain, from an empty folder to documents, through kills and mistakes."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest

from chain import certificate, code, merkle, proof, seals
from chain.certificate_types import by_identifier
from chain.header import Header
from chain.proof import Proof
from chain.seals import SealScheme
from issuer.document.face import PROOF_NAME
from issuer.sending.sealing import CRASH_POINTS
from tests.deployed import credit_code
from tests.faults.chaos_proxy import ChaosProxy
from tests.issuer.offices import permit_number, permits, table
from tests.issuer.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from tests.issuer.terminal import Finished

TYPE = ("--type", "food-operation-permit")
TEAM = ("--prepared-by", "market-preparer", "--approved-by", "market-approver")
OFFICERS = ("--by", "market-preparer", "--approved-by", "market-approver")
DECIDED = (*OFFICERS, "--reason", "复查")


def plan() -> dict[str, object]:
    agency = {
        "key": "market",
        "parent": None,
        "code": credit_code(501),
        "name": "演示市场监管机关",
        "types": ["food-operation-permit", "business-licence"],
        "managers": ["market-manager"],
        "officers": {"market-preparer": ["PREPARE", "STATUS"], "market-approver": ["APPROVE", "STATUS"]},
    }
    types = ["food-operation-permit", "business-licence"]
    return {"council": ["council-1", "council-2"], "types": types, "agencies": [agency]}


@pytest.fixture(scope="module")
def terminal(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Return a terminal at an agency that was enrolled with the commands that people use."""
    folder = tmp_path_factory.mktemp("issuer")
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
            "YINXIN_SENDER": "market-issuer",
            "YINXIN_POLL_S": "0.02",
        },
    )
    wanted = ("--member", "council-1", "--member", "council-2", "--json")
    deployed = said(made.run("registry", "deploy", *wanted))
    assert deployed["new"]
    assert said(made.run("registry", "deploy", *wanted)) == {**deployed, "new": False}
    enrolled = said(made.run("enrol", "plan.json", "--json"))
    assert enrolled["agencies"] == {"market": 1}
    assert said(made.run("enrol", "plan.json", "--json"))["changes"] == []
    return made


def said(finished: Finished) -> dict[str, object]:
    assert finished.code == 0, finished.err
    answer: dict[str, object] = json.loads(finished.out)
    return answer


def refused(finished: Finished) -> str:
    assert finished.code == 1, finished.out
    return finished.err


def file_of(terminal: Terminal, name: str, data: bytes) -> Path:
    path = terminal.folder / name
    path.write_bytes(data)
    return path


def batch_state(terminal: Terminal, number: object) -> str:
    finished = terminal.run("batches", "--json")
    return next(str(each["state"]) for each in json.loads(finished.out) if each["batch"] == number)


def test_one_command_makes_documents_and_repeating_it_makes_the_same(terminal: Terminal) -> None:
    file = file_of(terminal, "permits.csv", permits(1, 2))
    first = said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "first", "--json"))
    again = said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "again", "--json"))
    assert (first["repeated"], again["repeated"]) == (False, True)
    names = {path.name for path in (terminal.folder / "first").iterdir()}
    number = permit_number(1)
    assert {f"{number}.pdf", f"{number}.sd-jwt", f"{number}.code.txt", "index.csv"} <= names
    for name in names:
        made = (terminal.folder / "first" / name).read_bytes()
        assert made == (terminal.folder / "again" / name).read_bytes()
    with (terminal.folder / "first" / "index.csv").open(encoding="utf-8-sig", newline="") as index:
        (row, _) = list(csv.DictReader(index))
    assert row["number"] == number
    sd_jwt = certificate.parse((terminal.folder / "first" / row["sd_jwt"]).read_text("utf-8"))
    read = code.parse((terminal.folder / "first" / row["code"]).read_text("utf-8"))
    assert sd_jwt.leaf == read.leaf
    assert code.short_number(read.leaf) == row["short_number"]


def test_proofs_go_with_every_certificate(terminal: Terminal, anvil: Anvil) -> None:
    file = file_of(terminal, "proven.csv", permits(301, 302))
    answer = said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "proven", "--json"))
    folder = terminal.folder / "proven"
    certificates: list[dict[str, str]] = answer["certificates"]  # type: ignore[assignment]
    deployed = json.loads((terminal.folder / "data" / "deployment.json").read_text("utf-8"))
    registry = bytes.fromhex(deployed["address"].removeprefix("0x"))
    blocks = set()
    for index, each in enumerate(certificates):
        read = Proof.parse((folder / each["proof"]).read_bytes())
        leaf = code.parse((folder / each["code"]).read_text("utf-8")).leaf
        assert (read.path.index, read.path.size) == (index, 2)
        root = merkle.root_from_path(leaf, index=index, size=2, path=read.path.hashes)
        shown = proof.shown_by(read.evidence, registry=registry, agency=1, root=root)
        assert shown.size == 2
        blocks.add(seals.block_hash(Header.parse(read.evidence.headers[0]), SealScheme.NONE))
        with pikepdf.open(folder / each["pdf"]) as pdf:
            assert pdf.attachments[PROOF_NAME].get_file().read_bytes() == (folder / each["proof"]).read_bytes()
    (block,) = blocks
    assert anvil.ask("eth_getBlockByHash", f"0x{block.hex()}", False) is not None  # noqa: FBT003 - the RPC's own


def test_proofs_that_the_node_could_not_show_are_made_later(terminal: Terminal, anvil: Anvil) -> None:
    file = file_of(terminal, "later.csv", permits(311))
    with ChaosProxy(anvil.url) as proxy:
        for method in ("eth_getBlockReceipts", "eth_getProof"):
            proxy.refuse({"code": -32000, "message": "pruned"}, method)
        issued = terminal.run("issue", file, *TYPE, *TEAM, "--out", "later", "--json", YINXIN_RPC_URLS=proxy.url)
        assert "has no proofs yet" in issued.err
        assert "yinxin-issuer proofs" in issued.err
        (before,) = said(issued)["certificates"]  # type: ignore[misc]
        (batch,) = said(issued)["batches"]  # type: ignore[misc]
        assert before["proof"] == ""
        failed = terminal.run("proofs", "--batch", batch, "--json", YINXIN_RPC_URLS=proxy.url)
        assert failed.code == 1
        assert [each["batch"] for each in json.loads(failed.out)["failed"]] == [batch]
        assert "pruned" in failed.err
    assert "no proofs yet" in terminal.run("show", permit_number(311)).out
    assert f"Proofs of batch {batch} are made" in terminal.run("proofs").out
    assert "No batch waits" in terminal.run("proofs").out
    again = said(terminal.run("proofs", "--batch", batch, "--again", "--json"))
    assert again == {"made": [batch], "without": [], "failed": []}
    (after,) = said(terminal.run("documents", batch, "--out", "later", "--json"))["certificates"]  # type: ignore[misc]
    assert after == {**before, "proof": f"{permit_number(311)}.proof"}
    assert (terminal.folder / "later" / after["proof"]).exists()
    listed = next(each for each in said_list(terminal.run("batches", "--json")) if each["batch"] == batch)
    assert listed["proofs"]


def test_chain_without_proofs_says_so(terminal: Terminal) -> None:
    file = file_of(terminal, "none.csv", permits(321))
    other = {"YINXIN_PROFILE": "fisco-bcos"}
    issued = terminal.run("issue", file, *TYPE, *TEAM, "--out", "none", "--json", **other)
    (batch,) = said(issued)["batches"]  # type: ignore[misc]
    assert issued.err.strip() == ""
    finished = terminal.run("proofs", "--batch", batch, **other)
    assert finished.code == 0
    assert "this chain has no such proofs" in finished.out
    assert said(terminal.run("proofs", "--batch", batch, "--json"))["made"] == [batch]


def test_good_rows_become_drafts_and_bad_ones_come_back_to_be_mended(terminal: Terminal) -> None:
    rows = [{"number": permit_number(331)}, {"number": permit_number(332), "credit_code": "123"}]
    file = file_of(terminal, "mixed.csv", table("food-operation-permit", *rows).replace(b"credit_code", b"code", 1))
    back = terminal.folder / "back.xlsx"
    assert "row 1, code" in refused(terminal.run("import", file, *TYPE))
    column = ("--column", "code=credit_code")
    assert "row 3, code" in refused(terminal.run("import", file, *TYPE, *column))
    assert not back.exists()
    finished = terminal.run(
        "import", file, *TYPE, *column, "--good-rows", "--returned", back, "--lang", "zh-CN", "--json"
    )
    assert {key: said(finished)[key] for key in ("rows", "bad", "repeated")} == {"rows": 1, "bad": 1, "repeated": False}
    assert "1 bad rows are in" in finished.err
    assert "row 2, code" in refused(terminal.run("import", back, *TYPE, *column))
    assert "«code=surname»" in terminal.run("import", back, *TYPE, "--column", "code=surname").err
    assert "both or neither" in terminal.run("import", back, *TYPE, "--good-rows").err
    last = terminal.folder / "last.csv"
    finished = terminal.run("import", back, *TYPE, *column, "--good-rows", "--returned", last)
    assert "row 2, code" in refused(finished)
    mended = last.read_bytes().replace(b'"123"', b'"91150102MA0XXXX156"')
    (batch,) = said(terminal.run("import", file_of(terminal, "mended.csv", mended), *TYPE, *column, "--json"))[
        "batches"
    ]  # type: ignore[misc]
    assert batch_state(terminal, batch) == "DRAFT"


def json_of(finished: Finished) -> dict[str, Any]:
    """Return what a command printed with --json."""
    assert finished.code == 0, finished.err
    said: dict[str, Any] = json.loads(finished.out)
    return said


def test_draft_is_made_changed_listed_and_dropped_without_a_spreadsheet(terminal: Terminal) -> None:
    example = {claim.key: claim.example for claim in by_identifier(TYPE[1]).columns if claim.derived is None}
    claims = {**example, "number": permit_number(7001)}
    said = [word for key, value in claims.items() for word in ("--set", f"{key}={value}")]
    (terminal.folder / "existing.pdf").write_bytes(b"%PDF-1.7 an existing file")
    made = json_of(terminal.run("draft", "new", *TYPE, *said, "--certify", "existing.pdf", "--json"))
    assert [each["media_type"] for each in made["certified_files"]] == ["application/pdf"]
    changed = json_of(
        terminal.run("draft", "edit", made["draft"], "--set", "投诉举报电话=12345", "--certify-nothing", "--json")
    )
    assert changed["claims"] == {**made["claims"], "hotline": "12345"}
    assert changed["certified_files"] == []
    found = json_of(terminal.run("draft", "list", "--find", permit_number(7001), "--json"))
    assert [each["draft"] for each in found["drafts"]] == [made["draft"]]
    refused = terminal.run("draft", "edit", made["draft"], "--set", "credit_code=123")
    assert refused.code == 1
    assert "credit code" in refused.err
    assert terminal.run("draft", "new", *TYPE, "--set", "colour=red").code == 64
    assert terminal.run("draft", "drop", made["draft"]).code == 0
    assert json_of(terminal.run("draft", "list", "--find", permit_number(7001), "--json"))["total"] == 0


def test_template_is_a_workbook_where_its_name_says_so(terminal: Terminal) -> None:
    out = terminal.folder / "template.xlsx"
    assert terminal.run("template", "food-operation-permit", "--out", out).code == 0
    assert "headers without a row" in refused(terminal.run("import", out, *TYPE))


def test_step_by_step(terminal: Terminal) -> None:
    file = file_of(terminal, "steps.csv", permits(11))
    drafts = said(terminal.run("import", file, *TYPE, "--json"))
    (batch,) = drafts["batches"]  # type: ignore[misc]
    assert "imported before" in terminal.run("import", file, *TYPE).out
    assert "DRAFT" in refused(terminal.run("seal", batch))
    prepared = terminal.run("prepare", batch, "--by", "market-preparer")
    assert prepared.code == 0, prepared.err
    root = prepared.out.split("--root ")[1].split()[0]
    approving = ("approve", batch, "--by", "market-approver", "--root")
    assert "it was changed since it was shown" in refused(terminal.run(*approving, "00" * 32))
    assert terminal.run(*approving, root[:-2]).code == 64
    for step in (
        (*approving, root),
        ("seal",),
        ("documents", batch, "--out", "steps"),
    ):
        finished = terminal.run(*step)
        assert finished.code == 0, finished.err
    assert (terminal.folder / "steps" / f"{permit_number(11)}.pdf").read_bytes().startswith(b"%PDF")
    shown = terminal.run("show", permit_number(11)).out
    assert "ISSUED" in shown
    assert "approved by market-approver" in shown


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_killed_at_any_point_it_anchors_exactly_once(terminal: Terminal, anvil: Anvil, point: str) -> None:
    serial = 100 + CRASH_POINTS.index(point)
    file = file_of(terminal, f"{point}.csv", permits(serial))
    command = ("issue", file, *TYPE, *TEAM, "--out", point, "--json")
    before = len(said_list(terminal.run("batches", "--json")))
    killed = terminal.run(*command, YINXIN_CRASH_AT=point)
    assert killed.code == -signal.SIGKILL
    done = said(terminal.run(*command))
    assert len(done["certificates"]) == 1  # type: ignore[arg-type]
    batches = said_list(terminal.run("batches", "--json"))
    assert [each["state"] for each in batches[before:]] == ["ISSUED"]
    blocks = [each["block"] for each in batches if each["block"] is not None]
    assert len(set(blocks)) == len(blocks)


def said_list(finished: Finished) -> list[dict[str, object]]:
    assert finished.code == 0, finished.err
    answer: list[dict[str, object]] = json.loads(finished.out)
    return answer


def test_all_faults_of_a_file_are_told_at_once_and_nothing_is_written(terminal: Terminal) -> None:
    data = permits(21, 22, valid_until="2026-02-31", operator_name="")
    finished = terminal.run("issue", file_of(terminal, "bad.csv", data), *TYPE, *TEAM, "--out", "bad")
    text = refused(finished)
    assert "row 2, valid_until: got" in text
    assert "row 3, operator_name: got" in text
    assert "4 faults; nothing was written." in text
    assert not (terminal.folder / "bad").exists()


def test_status_goes_its_way_and_back(terminal: Terminal) -> None:
    file = file_of(terminal, "status.csv", permits(31))
    said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "status", "--json"))
    number = permit_number(31)
    suspended = said(terminal.run("status", number, "suspend", *DECIDED, "--json"))
    assert suspended["changed"]
    assert "SUSPENSION from" in str(suspended["status"])
    repeated = said(terminal.run("status", number, "suspend", *DECIDED, "--json"))
    assert not repeated["changed"]
    resumed = said(terminal.run("status", number, "resume", *DECIDED, "--json"))
    assert resumed["status"] == []
    assert "reason for SUSPENSION" in (shown := terminal.run("show", number).out)
    assert "复查" in shown
    revoked = said(terminal.run("status", number, "revoke", *DECIDED, "--from", "2026-01-05", "--json"))
    assert revoked["status"] == ["REVOKED from 2026-01-05"]
    assert "is final" in refused(terminal.run("status", number, "revoke", *DECIDED, "--lift"))


def test_one_officer_alone_may_suspend_for_a_day(terminal: Terminal) -> None:
    file = file_of(terminal, "alone.csv", permits(41))
    said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "alone", "--json"))
    number = permit_number(41)
    alone = ("--by", "market-approver", "--reason", "复查")
    assert "needs two officers" in refused(terminal.run("status", number, "revoke", *alone))
    assert said(terminal.run("status", number, "suspend", *alone, "--json"))["changed"]


def test_renewal_keeps_the_number_and_replaces_the_old_version(terminal: Terminal) -> None:
    file = file_of(terminal, "renew.csv", permits(51, issue_date="2022-03-01", valid_until="2027-02-28"))
    said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "renew", "--json"))
    number = permit_number(51)
    days = ("--valid-from", "2027-03-01", "--valid-until", "2032-02-29")
    renewed = said(terminal.run("renew", number, *days, *TEAM, "--reason", "到期", "--out", "renewed", "--json"))
    assert (renewed["version"], renewed["first_day"]) == (2, "2027-03-01")
    again = said(terminal.run("renew", number, *days, *TEAM, "--json"))
    assert again["batch"] == renewed["batch"]
    new, old = said_list(terminal.run("show", number, "--json"))
    assert "reason for this version: 到期" in str(new["history"])
    assert (new["lineage"], new["status"]) == (old["lineage"], [])
    assert old["status"] == ["REPLACED from 2027-03-01"]


def test_erased_version_is_gone_here_and_its_neighbours_are_not(terminal: Terminal) -> None:
    file = file_of(terminal, "erase.csv", permits(81, 82))
    said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "erase", "--json"))
    number = permit_number(81)
    erased = terminal.run("erase", number, *OFFICERS, "--version", 1)
    assert erased.code == 0, erased.err
    assert "got" in refused(terminal.run("show", number))
    assert terminal.run("show", permit_number(82)).code == 0
    assert "(erased)" in terminal.run("list").out


def test_mistakes_of_use_exit_with_64(terminal: Terminal) -> None:
    for arguments in (
        (),
        ("nonsense",),
        ("import",),
        ("issue", "missing.csv", *TYPE, *TEAM, "--out", "x"),
        ("status", "1", "explode", "--by", "a"),
        ("status", "1", "suspend", "--by", "a", "--from", "tomorrow"),
        ("template", "food-operation-permit", "--lang", "fr"),
    ):
        assert terminal.run(*arguments).code == 64, arguments


def test_mistakes_name_what_was_got_and_what_is_wanted(terminal: Terminal) -> None:
    file = file_of(terminal, "mistakes.csv", permits(61))
    same = ("--prepared-by", "market-preparer", "--approved-by", "market-preparer")
    assert "the same person twice" in refused(terminal.run("issue", file, *TYPE, *same, "--out", "x"))
    assert "got «nobody», wanted one of" in refused(terminal.run("prepare", 1, "--by", "nobody"))
    assert "certificate type: got «driving»" in refused(terminal.run("template", "driving"))
    swapped = ("--prepared-by", "market-approver", "--approved-by", "market-preparer")
    assert "may not prepare batches" in refused(terminal.run("issue", file, *TYPE, *swapped, "--out", "x"))
    assert "batch: got 9999" in refused(terminal.run("seal", 9999))
    assert "certificate number: got «X1»" in refused(terminal.run("show", "X1"))
    assert "mistakes" not in terminal.run("batches").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("seal", "9" * 30), "batch: got 999"),
        (("discard", "9" * 30, "--by", "market-preparer"), "batch: got 999"),
        (("seal", "0"), "batch: got 0, wanted the number of one that is listed here"),
        (("prepare", "1", "--by", "a" * 5000), "got «" + "a" * 60 + "…», wanted one of"),
        (("prepare", "1", "--by", "../senders/market-issuer"), "officer: got «../senders"),
        (("template", "food-operation-permit", "--out", "/proc/nope/x.csv"), "/proc/nope/x.csv: No such file"),
    ],
)
def test_whatever_is_typed_is_answered_in_a_line(terminal: Terminal, arguments: tuple[str, ...], words: str) -> None:
    said_there = refused(terminal.run(*arguments))
    assert words in said_there
    assert "Traceback" not in said_there
    assert said_there.strip().count("\n") == 0


def test_folder_that_cannot_be_one_is_a_sentence(terminal: Terminal) -> None:
    file = file_of(terminal, "nowhere.csv", permits(91))
    (batch,) = said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "nowhere", "--json"))["batches"]  # type: ignore[misc]
    for folder in ("/dev/null", "/proc/nope"):
        told = refused(terminal.run("documents", batch, "--out", folder))
        assert folder in told
        assert told.strip().count("\n") == 0


def test_impossible_days_are_refused_and_leave_nothing_half_done(terminal: Terminal) -> None:
    file = file_of(terminal, "days.csv", permits(92))
    said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "days", "--json"))
    number = permit_number(92)
    for first in ("1900-01-01", "1969-12-31", "9999-12-31"):
        told = refused(terminal.run("status", number, "suspend", "--from", first, "--yes", *DECIDED))
        assert f"from: got {first}, wanted a day from 1970-01-02 to " in told
        assert "wanted a day from" in refused(
            terminal.run("replace", number, "--set", "hotline=12345", "--from", first, *TEAM)
        )
    assert "until: got 9999-12-31" in refused(
        terminal.run("status", number, "suspend", "--until", "9999-12-31", *DECIDED)
    )
    replaced = said(terminal.run("replace", number, "--set", "hotline=12345", *TEAM, "--json"))
    assert replaced["version"] == 2


def test_replacement_that_cannot_be_prepared_leaves_no_draft(terminal: Terminal) -> None:
    file = file_of(terminal, "keyless.csv", permits(93))
    said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "keyless", "--json"))
    number = permit_number(93)
    keys = terminal.folder / "keystore" / "documents"
    keys.rename(keys.with_name("elsewhere"))
    failed = terminal.run("replace", number, "--set", "hotline=12345", *TEAM)
    keys.with_name("elsewhere").rename(keys)
    assert failed.code == 1
    assert [each["state"] for each in said_list(terminal.run("batches", "--json"))][-1] == "DISCARDED"
    other = said(terminal.run("replace", number, "--set", "hotline=999", *TEAM, "--json"))
    assert other["version"] == 2


def test_number_that_was_given_out_again_is_named_by_a_short_number(terminal: Terminal) -> None:
    number = permit_number(94)
    short = []
    for name in ("first", "second"):
        file = file_of(terminal, f"again-{name}.csv", permits(94, hotline=str(len(name))))
        (made,) = said(terminal.run("issue", file, *TYPE, *TEAM, "--out", f"again-{name}", "--json"))["certificates"]  # type: ignore[misc]
        short.append(made["short_number"])
        if name == "first":
            said(terminal.run("status", number, "cancel", *DECIDED, "--json"))
    told = refused(terminal.run("status", number, "suspend", *DECIDED))
    assert all(each in told for each in short)
    assert "--short-number" in told
    suspended = said(terminal.run("status", number, "suspend", *DECIDED, "--short-number", short[1], "--json"))
    assert "SUSPENSION" in str(suspended["status"])
    assert len(said_list(terminal.run("show", number, "--json"))) == 2
    (shown,) = said_list(terminal.run("show", number, "--short-number", short[0], "--json"))
    assert "CANCELLED" in str(shown["status"])


def test_suspension_over_another_is_asked_about(terminal: Terminal) -> None:
    file = file_of(terminal, "over.csv", permits(95))
    said(terminal.run("issue", file, *TYPE, *TEAM, "--out", "over", "--json"))
    number = permit_number(95)
    said(terminal.run("status", number, "suspend", *DECIDED, "--json"))
    short = ("status", number, "suspend", "--until", "2030-12-31", *DECIDED)
    assert "confirm it: --yes" in refused(terminal.run(*short))
    assert "to 2030-12-31" in str(said(terminal.run(*short, "--yes", "--json"))["status"])


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("YINXIN_PORT", "abc", "YINXIN_PORT: got «abc»"),
        ("YINXIN_PORT", "70000", "YINXIN_PORT: got «70000»"),
        ("YINXIN_LOG_LEVEL", "foo", "YINXIN_LOG_LEVEL: got «foo»"),
        ("YINXIN_LIGHT_KEYS", "perhaps", "YINXIN_LIGHT_KEYS: got «perhaps»"),
    ],
)
def test_impossible_setting_is_named_by_every_command(
    terminal: Terminal, variable: str, value: str, words: str
) -> None:
    for command in ("types", "batches", "settings"):
        told = refused(terminal.run(command, **{variable: value}))
        assert words in told
        assert told.strip().count("\n") == 0


def test_what_nobody_foresaw_is_a_line_too(terminal: Terminal) -> None:
    file = file_of(terminal, "broken.toml", b"port = = 1")
    told = refused(terminal.run("types", YINXIN_SETTINGS=str(file)))
    assert told.startswith("unforeseen: TOMLDecodeError: ")
    assert told.strip().count("\n") == 0


def test_reconciling_that_could_not_be_done_never_says_that_something_differs(terminal: Terminal) -> None:
    for variable, value in (("YINXIN_POLL_S", "soon"), ("YINXIN_SETTINGS", "/nowhere"), ("YINXIN_KEYSTOR", "x")):
        assert terminal.run("--verbose", "reconcile", **{variable: value}).code == 3
    assert terminal.run("reconcile", "--agency").code == 64


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_an_encoding_without_some_signs_ends_nothing(encoding: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")}
    command = [sys.executable, "-c", "from issuer.cli import main; main()", "types"]
    environment |= {"PYTHONIOENCODING": encoding}
    told = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True).stdout
    assert json.loads(told.decode(encoding))[0]["names"]["zh-CN"] == "营业执照"
    subprocess.run(command, env=environment, capture_output=True, check=True)


def test_json_is_json_where_colours_are_forced() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")}
    command = [sys.executable, "-c", "from issuer.cli import main; main()", "types", "--json"]
    finished = subprocess.run(command, env={**environment, "FORCE_COLOR": "1"}, capture_output=True, check=True)
    assert {"type", "version", "names"} == set(json.loads(finished.stdout)[0])


def test_version_is_told(terminal: Terminal) -> None:
    assert terminal.run("--version").out.startswith("yinxin ")


def test_wrong_password_silent_node_and_other_chain_are_told_apart(terminal: Terminal) -> None:
    file = file_of(terminal, "wrong.csv", permits(71))
    command = ("issue", file, *TYPE, *TEAM, "--out", "x")
    wrong = file_of(terminal, "wrong-password", b"guess\n")
    assert "password" in refused(terminal.run(*command, YINXIN_KEYSTORE_PASSWORD_FILE=str(wrong)))
    silent = refused(terminal.run(*command, YINXIN_RPC_URLS="http://127.0.0.1:9"))
    assert "no node answers; nothing was done" in silent
    assert "chain" in refused(terminal.run(*command, YINXIN_CHAIN_ID="4711"))
    assert "registry id" in refused(terminal.run(*command, YINXIN_REGISTRY_ID="00" * 32))
    assert "does not answer" in refused(terminal.run(*command, YINXIN_DATABASE_URL="postgresql://127.0.0.1:9/issuer"))


def test_settings_are_listed_in_the_help(terminal: Terminal) -> None:
    shown = terminal.run("--help").out
    assert "YINXIN_RPC_URLS" in shown
    assert "YINXIN_KEYSTORE_PASSWORD_FILE" in shown
    assert terminal.run("settings").code == 0


def test_help_of_a_template_names_the_option_that_chooses_its_form(terminal: Terminal) -> None:
    said = " ".join(terminal.run("template", "--help").out.split())
    assert "if --out ends in .xlsx" in said
    assert "FILE ends" not in said


def test_template_is_accepted_with_labels_too(terminal: Terminal) -> None:
    terminal.run("template", "business-licence", "--lang", "zh-CN", "--out", "empty.csv")
    head = (terminal.folder / "empty.csv").read_bytes()
    assert head.startswith(b"\xef\xbb\xbf")
    rows = table("business-licence", {}).split(b"\r\n", 1)[1]
    finished = terminal.run(
        "import", file_of(terminal, "labels.csv", head + rows), "--type", "business-licence", "--json"
    )
    assert said(finished)["rows"] == 1
