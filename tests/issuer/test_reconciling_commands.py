"""Reconciliation and alerts on a real chain: the command, its manifest, and a worker that tells within seconds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chain.ethereum.network import Anvil
from chain.manifest import Manifest, RowState, leaves_of
from issuer import audit_log
from issuer.commands.working import keep_working
from issuer.reconciling import rows, running, watching
from issuer.settings import Settings
from issuer.wiring import open_issuer
from tests.deployed import credit_code
from tests.issuer import strangers
from tests.issuer.offices import permits
from tests.issuer.post_office import DUTY, HOST, SENDER, open_post_office
from tests.issuer.terminal import Terminal
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from issuer.office import Office
    from tests.issuer.post_office import PostOffice

AGENCY = 1
TYPES = ["food-operation-permit"]
TEAM = ("--prepared-by", "low-preparer", "--approved-by", "low-approver")
PROGRAM = Path(sys.executable).parent / "yinxin-verifier"


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    """Return a chain of this module's own."""
    with Anvil.start() as running:
        yield running


@pytest.fixture(scope="module")
def terminal(chain: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Return a terminal at an agency with two certificates."""
    tmp_path = tmp_path_factory.mktemp("reconciling")
    agency = {
        "key": "low",
        "parent": None,
        "code": credit_code(601),
        "name": "演示市场监管机关",
        "types": TYPES,
        "managers": ["low-manager"],
        "officers": {"low-preparer": ["PREPARE", "STATUS"], "low-approver": ["APPROVE", "STATUS"]},
    }
    (tmp_path / "password").write_text("secret\n", encoding="utf-8")
    (tmp_path / "plan.json").write_text(
        json.dumps({"council": ["council-1", "council-2"], "types": TYPES, "agencies": [agency]})
    )
    (tmp_path / "permits.csv").write_bytes(permits(1, 2))
    made = Terminal(
        tmp_path, {f"YINXIN_{name.upper()}": str(value) for name, value in members(chain, tmp_path).items()}
    )
    for command in (
        ("registry", "deploy", "--member", "council-1", "--member", "council-2"),
        ("enrol", "plan.json"),
        ("issue", "permits.csv", "--type", *TYPES, *TEAM, "--out", "documents"),
    ):
        finished = made.run(*command)
        assert finished.code == 0, finished.err
    chain.mine()
    return made


def members(anvil: Anvil, folder: Path) -> dict[str, object]:
    return {
        "rpc_urls": anvil.url,
        "database_url": f"sqlite:///{folder}/issuer.db",
        "keystore": folder / "keystore",
        "keystore_password_file": folder / "password",
        "data_dir": folder / "data",
        "light_keys": True,
        "sender": "low-issuer",
        "poll_s": 0.05,
    }


@contextmanager
def office_of(settings: Settings) -> Iterator[Office]:
    with open_issuer(settings) as opened:
        yield opened.office


def checked(terminal: Terminal, chain: Anvil, name: str) -> tuple[int, dict[str, Any]]:
    """Hand a manifest to the auditor's command, which knows nothing but the chain; returns exit code and answer."""
    deployed = json.loads((terminal.folder / "data" / "deployment.json").read_text("utf-8"))
    environment = {
        "YINXIN_RPC_URLS": f"{chain.url},{chain.url}",
        "YINXIN_REGISTRY": deployed["address"],
        "YINXIN_REGISTRY_ID": deployed["registry_id"].removeprefix("0x"),
        "YINXIN_CHAIN_ID": "31337",
        "YINXIN_DATABASE_URL": f"sqlite:///{terminal.folder}/verifier.db",
        "YINXIN_DATA_DIR": str(terminal.folder / "verifier"),
    }
    done = subprocess.run(
        [str(PROGRAM), "audit", "manifest", str(terminal.folder / name), "--json"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_nothing_to_compare_and_nothing_to_sign_with_are_no_success(terminal: Terminal) -> None:
    nowhere = {"YINXIN_DATABASE_URL": f"sqlite:///{terminal.folder}/empty.db"}
    nobody = terminal.folder / "nobody"
    nobody.mkdir()
    for name in ("master.key", "password"):
        if (terminal.folder / "keystore" / name).exists():
            shutil.copy(terminal.folder / "keystore" / name, nobody / name)
    empty = terminal.run("reconcile", **nowhere, YINXIN_KEYSTORE=str(nobody))
    assert (empty.code, "NOT RUN: got no certificates, keys or people" in empty.err) == (3, True), empty.err
    keyless = terminal.folder / "keyless"
    shutil.copytree(terminal.folder / "keystore", keyless)
    shutil.rmtree(keyless / "documents")
    unsigned = terminal.run("reconcile", "--manifest", "unsigned.yxm", YINXIN_KEYSTORE=str(keyless))
    assert (unsigned.code, "not written" in unsigned.err) == (3, True)
    assert "AGREES" in unsigned.out
    assert not (terminal.folder / "unsigned.yxm").exists()


def test_an_agency_whose_keys_are_here_is_held_against_the_registry_without_a_certificate_in_the_books(
    terminal: Terminal, chain: Anvil
) -> None:
    other = {"YINXIN_DATABASE_URL": f"sqlite:///{terminal.folder}/other.db", "YINXIN_DATA_DIR": "other-data"}
    shutil.copytree(terminal.folder / "data", terminal.folder / "other-data")
    chain.mine(2)
    unknown = terminal.run("reconcile", "--json", **other)
    assert unknown.code == 1, unknown.err
    (told,) = json.loads(unknown.out)
    assert (told["agency"], told["outcome"], told["batches"]) == (AGENCY, "DIFFERS", 0)
    assert [each["code"] for each in told["findings"]] == ["anchored_unknown"]


def test_mistakes_of_use_are_no_difference(terminal: Terminal) -> None:
    wrong = terminal.run("reconcile", "--agency", 999)
    assert (wrong.code, "got 999, wanted the number" in wrong.err) == (64, True), wrong.err
    unwritable = terminal.run("reconcile", "--manifest", "nowhere/first.yxm")
    assert (unwritable.code, "nowhere/first.yxm: not written" in unwritable.err) == (3, True), unwritable.err
    assert "AGREES" in unwritable.out
    nothing = terminal.run("reconcile", YINXIN_DATABASE_URL="mysql://db/x")
    assert (nothing.code, "NOT RUN" in nothing.err) == (3, True), nothing.err


def test_the_command_tells_by_its_exit_code_and_signs_a_manifest(terminal: Terminal, chain: Anvil) -> None:
    agreed = terminal.run("reconcile", "--manifest", "first.yxm", "--json")
    assert agreed.code == 0, agreed.out + agreed.err
    (told,) = json.loads(agreed.out)
    assert (told["outcome"], told["certificates"], told["documents"], told["signed"]) == ("AGREES", 2, 2, True)
    manifest = Manifest.parse((terminal.folder / "first.yxm").read_bytes())
    assert {row.state for _, row in leaves_of(manifest).values()} == {RowState.ISSUED}
    assert manifest.sequences == (1, 1)
    code, audited = checked(terminal, chain, "first.yxm")
    assert (code, audited["outcome"], audited["certificates"]) == (0, "AGREES", 2)

    chain.fund(strangers.STRANGER.address)
    with office_of(Settings(**members(chain, terminal.folder))) as office:  # type: ignore[arg-type]
        root, transaction = strangers.anchored(office, "unknown", agency=AGENCY)
    chain.mine(2)
    differs = terminal.run("reconcile", "--agency", AGENCY, "--manifest", "second.yxm", "--json")
    assert differs.code == 1
    # The auditor sees what the issuer does not know, whether the issuer tells of it or not.
    code, audited = checked(terminal, chain, "second.yxm")
    assert (code, [each["code"] for each in audited["findings"]]) == (1, ["manifest_batch_missing"])
    (told,) = json.loads(differs.out)
    (finding,) = told["findings"]
    assert (finding["grade"], finding["code"]) == ("ALARM", "anchored_unknown")
    assert (finding["arguments"]["root"], finding["arguments"]["transaction"]) == (
        f"0x{root.hex()}",
        f"0x{transaction.hex()}",
    )
    assert "low-approver" in finding["said"]["zh-CN"]
    in_words = terminal.run("reconcile")
    assert (in_words.code, "ALARM" in in_words.out, "low-preparer" in in_words.out) == (1, True, True)

    silent = terminal.run("reconcile", YINXIN_RPC_URLS="http://127.0.0.1:1")
    assert (silent.code, "NOT RUN" in silent.err) == (3, True)


def test_a_running_service_tells_by_mail_within_seconds(terminal: Terminal, chain: Anvil) -> None:
    with open_post_office() as post_office:
        settings = Settings(
            **members(chain, terminal.folder),  # type: ignore[arg-type]
            alert_mail=f"{AGENCY}={DUTY}",
            smtp_host=HOST,
            smtp_port=post_office.port,
            smtp_security="none",
            smtp_from=SENDER,
        )
        stop = threading.Event()
        worker = threading.Thread(target=keep_working, args=[settings, stop])
        worker.start()
        try:
            with office_of(settings) as office:
                wait_until(lambda: has_begun(office), what="the reconciliation begins")
                chain.fund(strangers.STRANGER.address)
                began = time.monotonic()
                _, transaction = strangers.anchored(office, "told", agency=AGENCY)
                wait_until(lambda: named(post_office, transaction.hex()), what="an alert names the transaction")
                assert time.monotonic() - began < 60
                # What the clock does once a day.
                chain.mine(2)
                with office.store.writing() as work:
                    running.submit(office, work, int(AGENCY), who=audit_log.SERVICE)
                wait_until(
                    lambda: any(transaction.hex() in each for each in texts(post_office, "reconciliation")),
                    what="a letter names the transaction",
                )
        finally:
            stop.set()
            worker.join()
    assert len(named(post_office, transaction.hex())) == 1
    assert watching.EVERY_S < 60


def named(post_office: PostOffice, part: str) -> list[EmailMessage]:
    """Return the messages that have this in their Message-ID."""
    return [each for each in list(post_office.came) if part in each["Message-ID"]]


def texts(post_office: PostOffice, part: str) -> list[str]:
    return [each.get_content() for each in named(post_office, part)]


def has_begun(office: Office) -> bool:
    with office.store.reading() as work:
        return rows.followed(work) is not None
