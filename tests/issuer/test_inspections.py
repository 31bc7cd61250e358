"""Periodic inspections: when they are due, and what was found."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from chain.errors import InvalidInput
from issuer.draft import replacing
from issuer.draft.replacing import Changes
from issuer.errors import NotReady
from issuer.status import following, inspections
from issuer.status.inspections import Due, Finding
from issuer.tables import account_rows, inspection_rows
from issuer.tables.inspection_models import Result
from issuer.tables.models import Purpose
from tests.issuer.licences import LOW, by, carried_out, issue, issue_permits, seal
from tests.issuer.offices import table

if TYPE_CHECKING:
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World

OPERATOR = "special-operation-certificate"
TODAY = date(2026, 1, 1)


def operators(world: World, *years: int) -> list[Certificate]:
    """Issue special operation certificates that are valid from these years' first day."""
    rows = [
        {"number": f"TZ1501002026{index:06}", "valid_from": f"{year}-01-15", "valid_until": f"{year + 6}-01-14"}
        for index, year in enumerate(years, 1)
    ]
    return issue(world, table(OPERATOR, *rows), OPERATOR)


def due(world: World, row: Certificate) -> date | None:
    with world.office.store.reading() as work:
        found = inspection_rows.due_of(work, row.id)
    return found and found.due


def counted(world: World, today: date = TODAY) -> Due:
    with world.office.store.reading() as work:
        return inspections.due(work, LOW, today)


def record(world: World, rows: list[Certificate], found: Finding) -> int:
    doing = by(world, "uyun")
    ids = [row.id for row in rows]
    return inspections.record(world.office, ids, found, who="uyun", agency=LOW, occasion=doing.occasion)


def test_first_one_is_due_the_types_interval_after_the_first_day(world: World) -> None:
    (row,) = operators(world, 2023)
    assert due(world, row) == date(2026, 1, 15)
    (permit,) = issue_permits(world, 1)
    assert due(world, permit) is None


def test_due_list_tells_overdue_from_soon_and_later(world: World) -> None:
    operators(world, 2022, 2023, 2024)
    assert counted(world) == Due(overdue=1, soon=1, later=0)
    assert counted(world, date(2026, 11, 1)) == Due(overdue=2, soon=0, later=1)
    with world.office.store.reading() as work:
        total, rows = inspections.due_list(work, LOW, TODAY, within=30, certificate_type=OPERATOR)
        assert (total, [row.due for row, _ in rows]) == (2, [date(2025, 1, 15), date(2026, 1, 15)])
        assert inspections.due_list(work, LOW, TODAY, within=None)[0] == 1
        assert inspections.due_list(work, 1, TODAY, within=90)[0] == 0


def test_passed_inspection_sets_the_next_day_and_is_kept_encrypted(world: World) -> None:
    rows = operators(world, 2022, 2023)
    assert record(world, rows, Finding(TODAY, Result.PASSED, "复审合格")) == 2
    assert due(world, rows[0]) == date(2029, 1, 1)
    assert counted(world) == Due(0, 0, 0)
    with world.office.store.reading() as work:
        (kept,) = inspection_rows.inspections(work, rows[0].id)
        assert (kept.inspector, kept.result) == ("uyun", "PASSED")
        assert inspections.note_of(world.office, work, kept) == "复审合格"
        assert [line.what for line in account_rows.lines(work)][-1] == "inspection recorded"
        assert work.history(certificate_id=rows[0].id)[-1].what == "inspected"
    raw = (world.folder / "issuer.db").read_bytes() + (world.folder / "issuer.db-wal").read_bytes()
    assert "复审合格".encode() not in raw


def test_failed_inspection_leaves_it_due_and_changes_no_status(world: World) -> None:
    rows = operators(world, 2022)
    record(world, rows, Finding(TODAY, Result.FAILED, "未提供体检证明"))
    assert due(world, rows[0]) == date(2025, 1, 15)
    assert counted(world).overdue == 1


def test_conditions_are_to_be_met_by_a_day(world: World) -> None:
    rows = operators(world, 2022)
    with pytest.raises(InvalidInput, match="conditions are to be met"):
        record(world, rows, Finding(TODAY, Result.CONDITIONS))
    record(world, rows, Finding(TODAY, Result.CONDITIONS, next_due=TODAY + timedelta(days=20)))
    assert due(world, rows[0]) == date(2026, 1, 21)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Finding(date(2026, 1, 2), Result.PASSED), "not still to come"),
        (Finding(TODAY, Result.PASSED, next_due=TODAY), "a day after the inspection"),
        (Finding(TODAY, Result.PASSED, "长" * 2001), "at most 2000"),
    ],
)
def test_impossible_inspections_are_refused(world: World, found: Finding, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        record(world, operators(world, 2022), found)


def test_another_agency_records_nothing(world: World) -> None:
    rows = operators(world, 2022)
    doing = by(world)
    with pytest.raises(NotReady, match="this agency has issued"):
        inspections.record(
            world.office, [rows[0].id], Finding(TODAY, Result.PASSED), who="x", agency=1, occasion=doing.occasion
        )


def test_what_ended_is_not_due_any_more(world: World) -> None:
    rows = operators(world, 2022, 2021)
    assert counted(world).overdue == 2
    carried_out(world, rows[:1])
    world.registry.mine(2)
    following.catch_up(world.office)
    assert counted(world).overdue == 1
    assert counted(world, date(2027, 2, 1)).overdue == 0


def test_altered_certificate_goes_on_with_the_old_ones_day(world: World) -> None:
    (old,) = operators(world, 2023)
    batch = replacing.draft(world.office, old, Changes({"work_category": "焊接与热切割作业"}), purpose=Purpose.REPLACE)
    seal(world, batch)
    with world.office.store.reading() as work:
        (new,) = work.certificates(batch)
    assert due(world, new) == due(world, old) == date(2026, 1, 15)
