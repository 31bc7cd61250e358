"""Links and limited copies on the command line, at a real node."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from chain import copy
from chain.calendar import today
from chain.certificate_types import by_identifier
from tests.issuer.offices import permit_number, permits
from tests.issuer.test_cli import TEAM, TYPE, file_of, refused, said, terminal
from verifier.uploads.reading import read_upload

if TYPE_CHECKING:
    from tests.issuer.terminal import Terminal

__all__ = ["terminal"]


def test_links_are_handed_out_listed_and_taken_back_and_copies_made(terminal: Terminal) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415 (beside its only use)

    day = today(datetime.now(UTC))
    dates = {"issue_date": day.isoformat(), "valid_until": (day + timedelta(days=700)).isoformat()}
    issued = said(
        terminal.run(
            "issue", file_of(terminal, "held.csv", permits(71, 72, **dates)), *TYPE, *TEAM, "--out", "held", "--json"
        )
    )
    batch = issued["batches"][0] if isinstance(issued.get("batches"), list) else issued["batch"]
    number = permit_number(71)
    handed = said(terminal.run("holder", "link", number, "--days", "30", "--json"))
    assert "/h#" in str(handed["link"])
    assert terminal.run("holder", "revoke", number, handed["id"]).code == 0
    done = terminal.run("holder", "list", number, "--json")
    (row,) = json.loads(done.out)
    assert (row["opens"], row["made_by"]) == (False, "operator")
    assert "holder's link" in refused(terminal.run("holder", "revoke", number, 999))
    assert terminal.run("holder", "links", batch, "--to", "links.csv").code == 0
    with (terminal.folder / "links.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [each["number"] for each in rows] == [number, permit_number(72)]
    assert (terminal.folder / "links.csv").stat().st_mode & 0o077 == 0
    until = (day + timedelta(days=30)).isoformat()
    terms = ("--recipient", "演示银行", "--purpose", "贷款", "--until", until)
    made = terminal.run("copy", number, *terms, "--show", "hotline", "--to", "copy.pdf")
    assert made.code == 0, made.err
    (cose,) = read_upload((terminal.folder / "copy.pdf").read_bytes()).copies
    known = by_identifier(TYPE[1])
    assert copy.open_(copy.read(cose), [claim.key for claim in known.claims])
    late = (*terms[:-1], (day + timedelta(days=181)).isoformat())
    assert "last_day" in refused(terminal.run("copy", number, *late, "--to", "late.pdf"))
    assert not (terminal.folder / "late.pdf").exists()
