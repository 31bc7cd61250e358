"""The same holder, type and time twice: allowed, and said in the form, at import and to the approver."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from issuer import in_one_go
from issuer.draft import drafting, drafts, duplicates
from issuer.draft.drafting import Reading
from issuer.draft.duplicates import Code, Period, Warned
from tests.deployed import credit_code
from tests.issuer.desks import LOW, OPERATOR, PERMIT, change, claims_of, make, opened, permit
from tests.issuer.offices import permit_number, table

if TYPE_CHECKING:
    from issuer.draft.drafting import Drafts
    from tests.issuer.offices import World

ELSE = credit_code(77)
"""Another holder's code."""


def draft(world: World, *rows: dict[str, str]) -> Drafts:
    return drafting.draft(world.office, table(PERMIT.identifier, *rows), PERMIT, agency=LOW)


def test_second_permit_of_a_holder_for_the_same_time_is_made_with_a_warning(world: World) -> None:
    first = make(world, permit(1))
    second = make(world, permit(2))
    assert opened(world, first).warnings == ()
    assert opened(world, second).warnings == (Warned(Code.SAME_HOLDER, first),)


@pytest.mark.parametrize(
    "cells",
    [
        {"credit_code": ELSE},
        {"issue_date": "2031-01-31", "valid_until": "2036-01-30"},
    ],
    ids=["another holder", "the time after"],
)
def test_other_holder_or_other_time_is_no_duplicate(world: World, cells: dict[str, str]) -> None:
    make(world, permit(1))
    assert opened(world, make(world, permit(2, **cells))).warnings == ()


def test_last_day_counts_as_the_same_time(world: World) -> None:
    first = make(world, permit(1))
    row = make(world, permit(2, issue_date="2031-01-30", valid_until="2031-02-28"))
    assert opened(world, row).warnings == (Warned(Code.SAME_HOLDER, first),)


def test_other_types_and_other_agencies_are_no_duplicates(world: World) -> None:
    make(world, claims_of(OPERATOR), OPERATOR)
    make(world, permit(1))
    assert opened(world, make(world, permit(2), agency=1), 1).warnings == ()


def test_warning_goes_when_the_draft_is_changed(world: World) -> None:
    make(world, permit(1))
    row = make(world, permit(2))
    change(world, row, permit(2, credit_code=ELSE))
    assert opened(world, row).warnings == ()


def test_draft_is_no_duplicate_of_itself(world: World) -> None:
    row = make(world, permit(1))
    change(world, row, permit(1, hotline="12345"))
    assert opened(world, row).warnings == ()


def test_import_says_which_rows_and_which_other(world: World) -> None:
    there = make(world, permit(9, credit_code=ELSE))
    rows = [{"number": permit_number(n)} for n in (1, 2, 3)]
    rows[2]["credit_code"] = ELSE
    data = table(PERMIT.identifier, *rows)
    judged, warned = drafting.judge(world.office, data, PERMIT, agency=LOW, reading=Reading())
    assert len(judged.good) == 3
    assert {row: [each.other for each in some] for row, some in warned.items()} == {2: ["3"], 3: ["2"], 4: [there]}
    made = drafting.draft(world.office, data, PERMIT, agency=LOW)
    assert made.warned == warned
    with world.office.store.reading() as work:
        first, second, third = (each.id for each in work.certificates(made.batches[0]))
        held = drafts.warnings(work, made.batches[0])
    assert {row: [each.other for each in some] for row, some in held.items()} == {
        first: [second],
        second: [first],
        third: [there],
    }


def test_same_file_judged_again_does_not_warn_of_itself(world: World) -> None:
    data = table(PERMIT.identifier, {"number": permit_number(1)})
    drafting.draft(world.office, data, PERMIT, agency=LOW)
    judged, warned = drafting.judge(world.office, data, PERMIT, agency=LOW, reading=Reading())
    assert (len(judged.good), warned) == (1, {})


def test_warnings_are_found_again_as_things_are_at_submission(world: World) -> None:
    first = make(world, permit(1))
    number = opened(world, first).batch.id or 0
    second = make(world, permit(2))
    assert duplicates.look_again(world.office, number) == {first: [Warned(Code.SAME_HOLDER, second)]}
    assert opened(world, first).warnings == (Warned(Code.SAME_HOLDER, second),)
    change(world, second, permit(2, credit_code=ELSE))
    assert duplicates.look_again(world.office, number) == {}
    assert opened(world, first).warnings == ()


def test_issued_certificate_counts_until_it_is_ended(world: World) -> None:
    (number,) = draft(world, {"number": permit_number(1)}).batches
    preparer, approver = world.officer("low-preparer"), world.officer("low-approver")
    in_one_go.bring_to_approval(world.office, number, preparer, [approver])
    in_one_go.seal(world.office, world.lane(), [number])
    with world.office.store.reading() as work:
        (issued,) = work.certificates(number)
    assert opened(world, make(world, permit(2))).warnings == (Warned(Code.SAME_HOLDER, issued.id),)


def test_many_certificates_of_one_holder_are_warned_of_each_once() -> None:
    day = date(2026, 1, 1)
    periods = {str(n): Period(b"somebody", day, None) for n in range(2000)}
    told = list(duplicates._among(periods))  # noqa: SLF001 — its cost is the point
    assert len(told) == len({key for key, _ in told}) == 2000


def test_overlap_is_found_however_the_periods_nest() -> None:
    def span(first: int, last: int) -> Period:
        return Period(b"somebody", date(2026, 1, first), date(2026, 1, last))

    periods = {"long": span(1, 30), "short": span(2, 3), "later": span(10, 12), "after": span(31, 31)}
    told = dict(duplicates._among(periods))  # noqa: SLF001 — the rule itself
    assert set(told) == {"long", "short", "later"}
    assert told["later"] == "long"
