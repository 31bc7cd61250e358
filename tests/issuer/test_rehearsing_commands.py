"""Rehearse, preview, return and recall on the command line."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from issuer import cli
from issuer.commands import rehearsing
from issuer.tables.models import State
from tests.issuer.rehearsed import drafted, held, submitted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from issuer.office import Office
    from tests.issuer.offices import World


@dataclass(frozen=True, slots=True)
class Opened:
    """As much of an issuer as these commands ask for."""

    office: Office


@pytest.fixture
def at_terminal(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Have the commands work in a world."""

    @contextmanager
    def issuer() -> Iterator[Opened]:
        yield Opened(world.office)

    monkeypatch.setattr(rehearsing, "issuer", issuer)
    return world


def test_rehearsal_says_what_it_found(at_terminal: World, capsys: pytest.CaptureFixture[str]) -> None:
    batch = drafted(at_terminal, 1, 2)
    capsys.readouterr()
    assert cli.run(["rehearse", str(batch), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["bad"], said["warned"]) == (2, [], [0, 1])
    assert {each["kind"] for each in said["findings"]} == {"SAME_HOLDER"}


def test_rehearsal_with_bad_rows_fails(at_terminal: World, capsys: pytest.CaptureFixture[str]) -> None:
    batch = drafted(at_terminal, 1)
    with at_terminal.office.store.writing() as work:
        (certificate,) = work.certificates(batch)
        claims = at_terminal.office.records.claims(work, certificate)
        at_terminal.office.records.put_claims(work, certificate, {**claims, "operator_name": "𠮷野家餐饮有限公司"})
    assert cli.run(["rehearse", str(batch)]) == 1
    assert "UNPRINTABLE: 𠮷" in capsys.readouterr().err


def test_preview_is_written_as_pdf_or_picture(at_terminal: World, tmp_path: Path) -> None:
    batch = drafted(at_terminal, 1)
    for name, begins in (("one.pdf", b"%PDF-"), ("one.png", b"\x89PNG")):
        assert cli.run(["preview", str(batch), "1", "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert cli.run(["preview", str(batch), "2", "--out", str(tmp_path / "two.pdf")]) == 1


def test_batch_is_returned_and_recalled(at_terminal: World) -> None:
    batch = submitted(at_terminal, 1)
    assert cli.run(["return", str(batch), "--by", "low-approver", "--comment", "look at row 1"]) == 0
    assert held(at_terminal, batch).state == State.DRAFT
    other = submitted(at_terminal, 2)
    assert cli.run(["recall", str(other), "--by", "low-approver"]) == 1
    assert cli.run(["recall", str(other), "--by", "low-preparer"]) == 0
    assert held(at_terminal, other).state == State.DRAFT
