"""From a file to drafts: all rows, or the good ones; stopped half-way, nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from issuer.draft import drafting
from issuer.draft.drafting import Reading
from issuer.errors import FileRefused, IssuerError
from issuer.spreadsheet import returned, spreadsheets
from tests.issuer.offices import permit_number, permits, table
from tests.issuer.workbooks import workbook

if TYPE_CHECKING:
    from issuer.draft.drafting import Drafts
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW = 2


class Stopped(IssuerError):
    """Somebody pressed «cancel»."""


def mixed() -> bytes:
    """Return a file with a bad row between two good ones."""
    rows = [{"number": permit_number(n)} for n in (1, 2, 3)]
    rows[1]["credit_code"] = "123"
    return table(PERMIT.identifier, *rows)


def draft(world: World, data: bytes, **reading: object) -> Drafts:
    return drafting.draft(world.office, data, PERMIT, agency=LOW, reading=Reading(**reading))  # type: ignore[arg-type]


def drafted(world: World) -> list[str]:
    """Return the numbers of all drafts."""
    with world.office.store.reading() as work:
        held = work.all_certificates(agency=LOW)
        return [str(world.office.records.claims(work, each)["number"]) for each in held]


def test_one_bad_row_keeps_all_rows_from_becoming_drafts_unless_good_rows_are_asked_for(world: World) -> None:
    with pytest.raises(FileRefused):
        draft(world, mixed())
    assert drafted(world) == []
    made = draft(world, mixed(), good_rows=True)
    assert made.rows == 2
    assert drafted(world) == [permit_number(1), permit_number(3)]
    assert made.judged is not None
    assert [line.row for line in made.judged.bad] == [3]


def test_same_file_again_is_the_same_batch_and_hands_back_the_same_rows(world: World) -> None:
    first = draft(world, mixed(), good_rows=True)
    again = draft(world, mixed(), good_rows=True)
    assert (again.batches, again.rows, again.repeated) == (first.batches, 2, True)
    assert first.judged is not None
    assert again.judged is not None
    assert again.judged.bad == first.judged.bad
    assert again.judged.faults == first.judged.faults


def test_mended_rows_become_drafts_of_their_own(world: World) -> None:
    judged = draft(world, mixed(), good_rows=True).judged
    assert judged is not None
    back = returned.as_csv(judged, language="zh-CN").replace(b'"123"', b'"91150102MA0XXXX156"')
    made = draft(world, back)
    assert (made.rows, made.repeated) == (1, False)
    assert sorted(drafted(world)) == sorted(permit_number(n) for n in (1, 2, 3))


def test_file_without_a_good_row_makes_nothing_and_is_no_import(world: World) -> None:
    data = permits(1, credit_code="123")
    for _ in range(2):
        made = draft(world, data, good_rows=True)
        assert (made.batches, made.rows, made.repeated) == ((), 0, False)
    assert drafted(world) == []


def test_number_that_is_given_out_is_a_bad_row_among_good_ones(world: World) -> None:
    draft(world, permits(1))
    made = draft(world, permits(1, 2), good_rows=True)
    assert made.judged is not None
    assert made.rows == 1
    assert ["given out already" in fault.got for fault in made.judged.faults] == [True]


def test_workbook_becomes_drafts_from_the_sheet_that_is_named(world: World) -> None:
    head, row = (line.split(",") for line in permits(1).decode().strip().split("\r\n"))

    def change(book) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        sheet = book.create_sheet("名单")
        sheet.append(head)
        sheet.append(row)

    assert draft(world, workbook(["nothing"], change=change), sheet="名单").rows == 1


def test_thousand_rows_of_a_workbook_are_drafts_within_ten_seconds(world: World) -> None:
    data = workbook(*(line.cells for line in spreadsheets.read(permits(*range(1, 1001))).lines))
    began = time.monotonic()
    assert draft(world, data).rows == 1000
    assert time.monotonic() - began < 10


def test_progress_goes_from_nothing_to_everything(world: World) -> None:
    told: list[tuple[int, int]] = []
    draft(world, permits(*range(1, 251)), progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 500)
    assert told[-1] == (500, 500)
    assert told == sorted(told)
    assert len(told) > 4


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_import_that_is_stopped_leaves_nothing_behind(world: World, share: float) -> None:
    data = permits(*range(1, 251))

    def stop(done: int, total: int) -> None:
        if done >= share * total:
            raise Stopped

    with pytest.raises(Stopped):
        draft(world, data, progress=stop)
    with world.office.store.reading() as work:
        assert work.batches() == []
        assert work.import_of(LOW, PERMIT.identifier, b"") is None
    assert drafted(world) == []
    assert draft(world, data).rows == 250
