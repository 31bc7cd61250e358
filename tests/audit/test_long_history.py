"""Fifty agencies in a small edition of the history that the benchmark audits: nothing is wrong, and nothing missing."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from chain.ethereum.network import Anvil
from tests.audit import long_history
from tests.verifier.trust import settings_of
from verifier.cli import run
from verifier.wiring import open_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.audit.long_history import Written

NOT_PRESENT = {"seals", "nodes"}
"""What one development node cannot be asked."""


@pytest.fixture(scope="module")
def written() -> Iterator[Written]:
    with Anvil.start(options=long_history.OPTIONS) as anvil:
        yield long_history.write(anvil, long_history.SMALL)


def test_it_is_as_long_and_as_manifold_as_it_says(written: Written, tmp_path: Path) -> None:
    plan = long_history.SMALL
    index = open_index(settings_of(written.deployed, tmp_path, rpc_timeout_s=30))
    progress = index.follow(written.now)
    assert progress is not None
    assert progress.trouble == ""
    records = Counter(type(each.event).__name__ for each in written.deployed.writer().records(0, written.last_block))
    assert len(index.contents()["leaves"]) == written.certificates == plan.certificates
    assert records["StatusChanged"] == written.status_changes >= plan.status_changes
    assert records["AgencyRegistered"] == sum(long_history.TREE)
    assert {desk.office.level for desk in written.desks} == {1, 2, 3, 4, 5}
    kinds = {
        "CertificateReplaced",
        "AgencySuspended",
        "AgencyResumed",
        "TypeWithdrawn",
        "KeyCutOff",
        "VerifyingHostSet",
    }
    assert kinds <= records.keys()


def test_the_audit_is_clean_and_goes_on_where_it_ended(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(written.deployed, tmp_path)
    for name in ("rpc_urls", "registry", "database_url", "data_dir"):
        monkeypatch.setenv(f"YINXIN_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("YINXIN_RPC_TIMEOUT_S", "30")
    assert run(["audit", "run", "--json", "--until", str(written.last_block // 2)]) == 0
    assert run(["audit", "run", "--json"]) == 0
    first, last = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    assert (first["run"], first["block"]) == (1, written.last_block // 2)
    assert (last["run"], last["block"]) == (2, written.last_block - 1)
    assert {each["family"] for each in last["families"] if each["state"] != "PASSED"} == NOT_PRESENT
    assert [each for each in last["findings"] if each["grade"] != "REMARK"] == []
