"""After issue on the command line, against a real chain: status orders, finding, inspections."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.issuer.offices import permit_number, permits, table
from tests.issuer.terminal import Terminal
from tests.issuer.test_cli import TEAM, TYPE, file_of, plan, refused, said

if TYPE_CHECKING:
    from chain.ethereum.network import Anvil

SPECIAL, RECORD = "special-operation-certificate", "inspection-record"
WHY = ("--code", "penalty-revoked", "--text", "演示：无证经营")
FIRST, SECOND = ("--by", "market-preparer"), ("--by", "market-approver")


@pytest.fixture(scope="module")
def terminal(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Return a terminal at an agency that has issued permits 1 to 3, and a certificate that is to be inspected."""
    folder = tmp_path_factory.mktemp("after")
    held = plan()
    for identifier in (SPECIAL, RECORD):
        held["types"].append(identifier)  # type: ignore[attr-defined]
        held["agencies"][0]["types"].append(identifier)  # type: ignore[index]
    (folder / "password").write_text("secret\n", encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(held), encoding="utf-8")
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
    said(made.run("registry", "deploy", "--member", "council-1", "--member", "council-2", "--json"))
    said(made.run("enrol", "plan.json", "--json"))
    said(made.run("issue", file_of(made, "permits.csv", permits(1, 2, 3)), *TYPE, *TEAM, "--out", "permits", "--json"))
    row = {"number": "TZ1501002026000001", "valid_from": "2021-01-15", "valid_until": "2027-01-14"}
    special = file_of(made, "special.csv", table(SPECIAL, row))
    said(made.run("issue", special, "--type", SPECIAL, *TEAM, "--out", "special", "--json"))
    record = file_of(made, "record.csv", table(RECORD, {"number": "JC-1"}))
    said(made.run("issue", record, "--type", RECORD, *TEAM, "--out", "record", "--json"))
    return made


def test_order_is_proposed_returned_proposed_again_and_approved(terminal: Terminal) -> None:
    numbers = [permit_number(serial) for serial in (1, 2)]
    assert "name none in sight" in refused(terminal.run("order", "propose", "revoke", "JY0", *FIRST, *WHY))
    made = said(terminal.run("order", "propose", "revoke", *numbers, *FIRST, *WHY, "--json"))
    assert made["changing"] == 2
    order = made["order"]
    assert "second officer" in refused(terminal.run("order", "approve", order, *FIRST))
    assert terminal.run("order", "return", order, *SECOND, "--comment", "补充材料").code == 0
    shown = said(terminal.run("order", "show", order, *SECOND, "--json"))
    assert (shown["state"], shown["comment"], shown["reason"]) == ("RETURNED", "补充材料", "penalty-revoked")
    again = said(terminal.run("order", "propose", "revoke", *numbers, *FIRST, *WHY, "--json"))["order"]
    assert "recorded and final" in terminal.run("order", "approve", again, *SECOND).out
    states = {each["order"]: each["state"] for each in json.loads(terminal.run("order", "list", *FIRST, "--json").out)}
    assert states == {order: "RETURNED", again: "APPROVED"}
    assert "第八十条" in terminal.run("order", "reasons", "revoke").out


def test_status_that_the_type_does_not_know_is_refused(terminal: Terminal) -> None:
    decided = (*FIRST, "--approved-by", "market-approver", "--reason", "演示")
    for command in (("status", "JC-1", "revoke", *decided), ("order", "propose", "revoke", "JC-1", *FIRST, *WHY)):
        assert "knows no REVOKED; wanted one of its statuses: RESCINDED, REPLACED" in refused(terminal.run(*command))


def test_certificates_are_found_by_what_is_typed_exactly(terminal: Terminal) -> None:
    found = said(terminal.run("find", permit_number(3), *FIRST, "--json"))
    assert found["total"] == 1
    out = terminal.folder / "found.csv"
    assert terminal.run("find", *FIRST, "--type", "food-operation-permit", "--csv", out).code == 0
    assert out.read_text("utf-8-sig").count("JY") == 3
    assert said(terminal.run("find", "JY", *FIRST, "--json"))["total"] == 0


def test_inspection_is_due_and_recorded(terminal: Terminal) -> None:
    due = said(terminal.run("inspect", "due", *FIRST, "--json"))
    assert due["total"] == 1
    done = terminal.run("inspect", "record", "TZ1501002026000001", *FIRST, "--result", "PASSED", "--note", "合格")
    assert done.code == 0, done.err
    assert said(terminal.run("inspect", "due", *FIRST, "--json"))["total"] == 0
