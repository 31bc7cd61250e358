"""New versions of many certificates at once."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING

import pytest

from chain.calendar import first_hour
from chain.certificate_types import by_identifier
from chain.errors import InvalidInput
from chain.events import Track
from issuer.draft import replacing_lists
from issuer.errors import FileRefused, NotReady
from issuer.status import statuses
from issuer.tables.models import Purpose
from tests.issuer.licences import LOW, PERMIT, carried_out, issue_permits, seal
from tests.issuer.offices import permit_number

if TYPE_CHECKING:
    from issuer.draft.replacing_lists import JudgedList
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World

TODAY = date(2026, 1, 1)
TYPE = by_identifier(PERMIT)


def file(*rows: dict[str, str]) -> bytes:
    text = io.StringIO(newline="")
    heads = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(text, heads, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def judged(world: World, data: bytes, purpose: Purpose = Purpose.REPLACE, first_day: date | None = None) -> JudgedList:
    return replacing_lists.judge(world.office, data, TYPE, agency=LOW, purpose=purpose, first_day=first_day)


def certificates(world: World, batch: int) -> list[Certificate]:
    with world.office.store.reading() as work:
        return work.certificates(batch)


def address(world: World, row: Certificate) -> str:
    with world.office.store.reading() as work:
        return str(world.office.records.claims(work, row)["address"])


def test_one_batch_replaces_many_and_links_each(world: World) -> None:
    old = issue_permits(world, 1, 2, 3)
    data = file(*({"number": permit_number(serial), "address": f"新址{serial}号"} for serial in (1, 3)))
    (batch,) = replacing_lists.draft_file(world.office, data, TYPE, agency=LOW, purpose=Purpose.REPLACE, reason="搬迁")
    seal(world, batch)
    new = certificates(world, batch)
    assert [row.replaces_id for row in new] == [old[0].id, old[2].id]
    assert [(row.version, row.lineage) for row in new] == [(2, old[0].lineage), (2, old[2].lineage)]
    assert [address(world, row) for row in new] == ["新址1号", "新址3号"]
    replaced = [[held.track for held in statuses.held_now(world.office, row)] for row in old]
    assert replaced == [[Track.REPLACED], [], [Track.REPLACED]]


def test_old_ones_count_until_the_day_that_is_given(world: World) -> None:
    old = issue_permits(world, 1)
    data = file({"number": permit_number(1), "address": "新址"})
    good = judged(world, data, first_day=date(2026, 2, 1)).good
    (batch,) = replacing_lists.draft(world.office, good, agency=LOW, purpose=Purpose.REPLACE)
    seal(world, batch)
    (held,) = statuses.held_now(world.office, old[0])
    assert held.from_hour == first_hour(date(2026, 2, 1))


def test_renewals_of_different_first_days_make_several_batches(world: World) -> None:
    issue_permits(world, 1, 2, 3, issue_date="2026-01-01", valid_until="2027-01-01")
    rows = [
        {"number": permit_number(1), "issue_date": "2026-01-01", "valid_until": "2029-01-01"},
        {"number": permit_number(2), "issue_date": "2026-02-01", "valid_until": "2029-01-01"},
        {"number": permit_number(3), "issue_date": "2026-01-01", "valid_until": "2029-01-01"},
    ]
    batches = replacing_lists.draft(
        world.office, judged(world, file(*rows), Purpose.RENEW).good, agency=LOW, purpose=Purpose.RENEW
    )
    assert [len(certificates(world, batch)) for batch in batches] == [2, 1]


def test_every_bad_row_is_named_with_its_reason_and_nothing_is_written(world: World) -> None:
    old = issue_permits(world, 1, 2, 3, 4)
    carried_out(world, old[1:2])
    rows = [
        {"number": permit_number(1), "address": "新址"},
        {"number": permit_number(2), "address": "新址"},
        {"number": permit_number(9), "address": "新址"},
        {"number": permit_number(3), "valid_until": "1999-01-01"},
        {"number": permit_number(4), "address": ""},
        {"number": permit_number(1), "address": "再一址"},
        {"number": "", "address": "新址"},
    ]
    found = judged(world, file(*rows))
    assert [row.claims["address"] for row in found.good] == ["新址"]
    said = {each.row: str(each.trouble) for each in found.bad}
    assert sorted(said) == [3, 4, 5, 6, 7, 8]
    assert "REVOKED" in said[3]
    assert "wanted one that this agency has issued" in said[4]
    assert "valid_until" in said[5]
    assert "nothing is different" in said[6]
    assert "twice" in said[7]
    with pytest.raises(FileRefused, match="row 3"):
        replacing_lists.draft_file(world.office, file(*rows), TYPE, agency=LOW, purpose=Purpose.REPLACE)
    with world.office.store.reading() as work:
        assert len(work.batches(agency=LOW)) == 1


def test_certificate_with_a_new_version_is_not_replaced_twice(world: World) -> None:
    issue_permits(world, 1)
    data = file({"number": permit_number(1), "address": "新址"})
    good = judged(world, data).good
    replacing_lists.draft(world.office, good, agency=LOW, purpose=Purpose.REPLACE)
    with pytest.raises(NotReady, match="drafted already"):
        replacing_lists.draft(world.office, good, agency=LOW, purpose=Purpose.REPLACE)
    (bad,) = judged(world, data).bad
    assert isinstance(bad.trouble, NotReady)


def test_empty_list_is_refused(world: World) -> None:
    with pytest.raises((FileRefused, InvalidInput)):
        judged(world, b"number,address\n")
