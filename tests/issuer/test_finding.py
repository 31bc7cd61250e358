"""Finding certificates, by what is typed exactly and by type, status, dates, batch and state."""

from __future__ import annotations

import csv
import io
import secrets
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from chain.errors import InvalidInput, RegistryUnavailable
from chain.events import Track
from chain.preparation import IDENTIFIER_CLAIM
from chain.short_number import short_number
from issuer import finding, sight
from issuer.draft import drafting
from issuer.finding import Search
from issuer.status import following, statuses
from issuer.status.statuses import Wish
from issuer.tables.models import Batch, Certificate, State
from issuer.tables.status_models import KnownTrack
from tests.issuer.licences import LOW, OTHER, PERMIT, TOP, carried_out, issue, issue_permits, wanted
from tests.issuer.offices import permit_number, permits, table

if TYPE_CHECKING:
    from tests.issuer.offices import World

HOLDER, CODE = "塞北食堂有限公司", "12150203X00000035M"


def search(world: World, wish: Search, agency: int = LOW) -> list[str]:
    """Return the row ids that an agency finds."""
    office = world.office
    with office.store.reading() as work:
        found = finding.search(office, work, sight.of(office.directory(), agency), wish)
    assert found.total == len(found.rows)
    return [row.certificate.id for row in found.rows]


def ids(rows: list[Certificate]) -> list[str]:
    return [row.id for row in rows]


def settle(world: World) -> None:
    """Let the blocks so far become final, and read the statuses off them."""
    world.registry.mine(2)
    following.catch_up(world.office)


def test_number_is_found_whole_and_exactly(world: World) -> None:
    rows = issue_permits(world, 1, 2)
    assert search(world, Search(permit_number(2))) == ids(rows[1:])
    assert search(world, Search(f"  {permit_number(2)} ")) == ids(rows[1:])
    assert search(world, Search(permit_number(2)[:-1])) == []
    assert search(world, Search()) == ids(rows)


def test_holder_is_found_by_code_and_by_name(world: World) -> None:
    rows = issue_permits(world, 1, operator_name=HOLDER, credit_code=CODE)
    issue_permits(world, 2)
    assert search(world, Search(CODE)) == ids(rows)
    assert search(world, Search(HOLDER)) == ids(rows)
    assert search(world, Search(HOLDER[:2])) == []


def test_several_holders_are_found_as_the_document_lists_them(world: World) -> None:
    rows = issue(world, table("real-estate-title", {}), "real-estate-title")
    with world.office.store.reading() as work:
        claims = world.office.records.claims(work, rows[0])
    assert search(world, Search(str(claims["holders"]))) in ([], ids(rows))
    for name in claims["holders"]:  # type: ignore[union-attr]
        assert search(world, Search(str(name))) in ([], ids(rows))


def test_short_number_and_certificate_identifier_find_it_too(world: World) -> None:
    (row,) = issue(world, table("construction-safety-licence", {}), "construction-safety-licence")
    with world.office.store.reading() as work:
        identifier = str(world.office.records.claims(work, row)[IDENTIFIER_CLAIM])
    assert search(world, Search(short_number(row.leaf or b"").lower())) == [row.id]
    assert search(world, Search(identifier)) == [row.id]


def test_agency_above_finds_by_number_and_sees_no_claims(world: World) -> None:
    rows = issue_permits(world, 1, operator_name=HOLDER, credit_code=CODE)
    for words in (permit_number(1), short_number(rows[0].leaf or b"")):
        assert search(world, Search(words), TOP) == ids(rows)
    assert search(world, Search(HOLDER), TOP) == search(world, Search(CODE), TOP) == []
    with world.office.store.reading() as work:
        page = finding.search(world.office, work, sight.of(world.office.directory(), TOP), Search())
    assert [row.claims for row in page.rows] == [None]


def test_agency_beside_finds_nothing(world: World) -> None:
    issue_permits(world, 1)
    assert search(world, Search(permit_number(1)), OTHER) == []
    assert search(world, Search(agency=LOW), OTHER) == []


def test_status_is_known_from_the_chain_without_asking_for_each(world: World) -> None:
    rows = issue_permits(world, 1, 2, 3)
    carried_out(world, rows[:1])
    carried_out(world, rows[1:2], wanted("suspend", "under-investigation", last_day=date(2026, 1, 3)))
    settle(world)
    assert search(world, Search(status=Track.REVOKED)) == ids(rows[:1])
    assert search(world, Search(status=Track.SUSPENSION)) == ids(rows[1:2])
    world.registry.silent = True
    with world.office.store.reading() as work:
        known = finding.search(world.office, work, sight.Sight(LOW, frozenset()), Search(status=Track.REVOKED))
    assert [each.track for each in known.rows[0].held] == [Track.REVOKED]
    with pytest.raises(RegistryUnavailable):
        following.catch_up(world.office)


def test_suspension_that_is_over_does_not_count(world: World) -> None:
    rows = issue_permits(world, 1)
    carried_out(world, rows, wanted("suspend", "under-investigation", last_day=date(2026, 1, 3)))
    settle(world)
    world.registry.now += 5 * 24 * 3600
    assert search(world, Search(status=Track.SUSPENSION)) == []


def test_what_an_agency_above_did_elsewhere_shows_as_well(world: World) -> None:
    rows = issue_permits(world, 1)
    above = [world.officer("top-preparer"), world.officer("top-approver")]
    statuses.request(world.office, rows[0], Wish("rescind", None, None, "骗取", None), above)
    world.lane().run()
    settle(world)
    assert search(world, Search(status=Track.RESCINDED)) == ids(rows)


def test_statuses_are_read_anew_where_the_chain_went_back(world: World) -> None:
    rows = issue_permits(world, 1)
    before = world.registry.snapshot()
    carried_out(world, rows)
    settle(world)
    world.registry.revert(before)
    world.registry.mine(12)
    following.catch_up(world.office)
    assert search(world, Search(status=Track.REVOKED)) == []


def test_dates_type_batch_and_state_narrow_it_down(world: World) -> None:
    today = "2026-01-01"
    rows = issue_permits(world, 1, issue_date=today, valid_until="2027-06-30")
    later = issue_permits(world, 2, issue_date=today, valid_until="2030-06-30")
    (draft,) = drafting.draft(world.office, permits(3), by_identifier(PERMIT), agency=LOW).batches
    assert search(world, Search(last_until=date(2028, 1, 1), state="ISSUED")) == ids(rows)
    assert search(world, Search(last_from=date(2028, 1, 1), state="ISSUED")) == ids(later)
    assert search(world, Search(batch_id=rows[0].batch_id)) == ids(rows)
    assert len(search(world, Search(state="DRAFT"))) == 1
    assert search(world, Search(batch_id=draft, state="ISSUED")) == []
    assert search(world, Search(certificate_type="business-licence")) == []
    assert sorted(search(world, Search(issued_from=date(2026, 1, 1), issued_until=date(2026, 1, 1)))) == sorted(
        ids([*rows, *later])
    )
    assert search(world, Search(issued_from=date(2026, 1, 2))) == []


def test_in_force_means_valid_today_and_nothing_against_it(world: World) -> None:
    rows = issue_permits(world, 1, 2, issue_date="2026-01-01", valid_until="2027-06-30")
    assert search(world, Search(status="in-force")) == ids(rows)
    carried_out(world, rows[:1])
    settle(world)
    assert search(world, Search(status="in-force")) == ids(rows[1:])
    world.registry.now += 600 * 24 * 3600
    assert search(world, Search(status="in-force")) == []
    assert search(world, Search(status="expired")) == ids(rows)


def test_list_of_numbers_names_what_is_unknown(world: World) -> None:
    rows = issue_permits(world, 1, 2)
    with world.office.store.reading() as work:
        named = finding.by_list(
            world.office,
            work,
            sight.of(world.office.directory(), LOW),
            [permit_number(2), " ", "nothing", short_number(rows[0].leaf or b""), permit_number(2)],
        )
    assert (named.row_ids, named.unknown) == ((rows[1].id, rows[0].id), ("nothing",))


def test_selection_from_a_search_is_bounded(world: World) -> None:
    rows = issue_permits(world, 1, 2)
    seen = sight.of(world.office.directory(), LOW)
    with world.office.store.reading() as work:
        assert finding.selection(world.office, work, seen, Search(), most=2) == ids(rows)
        with pytest.raises(InvalidInput, match="more than 1"):
            finding.selection(world.office, work, seen, Search(), most=1)


def test_results_are_written_as_a_spreadsheet(world: World) -> None:
    rows = issue_permits(world, 1, 2)
    carried_out(world, rows[:1])
    settle(world)
    with world.office.store.reading() as work:
        data = finding.as_csv(world.office, work, sight.of(world.office.directory(), LOW), Search())
    head, first, second = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert head[0] == "number"
    assert (first[0], first[-1]) == (permit_number(1), "REVOKED from 2026-01-01")
    assert (second[0], second[-1]) == (permit_number(2), "")


def test_hundred_thousand_certificates_answer_in_well_under_a_second(world: World) -> None:
    issue_permits(world, 1)
    fill(world, 100_000)
    office = world.office
    seen = sight.of(office.directory(), LOW)
    for wish in (
        Search(),
        Search(permit_number(1)),
        Search(status="in-force"),
        Search(status=Track.REVOKED),
        Search(certificate_type=PERMIT, last_until=date(2026, 6, 1)),
        Search(state="ISSUED", issued_from=date(2026, 1, 1)),
    ):
        with office.store.reading() as work:
            began = perf_counter()
            finding.search(office, work, seen, wish, offset=0)
            took = perf_counter() - began
        assert took < 1, (wish, took)


def fill(world: World, count: int) -> None:
    """Add rows that are as large as real ones, and that say nothing."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    blob = secrets.token_bytes(1_500)
    per_batch = 1_000
    with world.office.store.writing() as work:
        batches = [
            Batch(
                agency=LOW, certificate_type=PERMIT, type_number=2, type_version=1, purpose="ISSUE", size=per_batch,
                state=State.ISSUED, created_at=now, issued_at=now,
            )
            for _ in range(count // per_batch)
        ]  # fmt: skip
        work.session.add_all(batches)
        work.flush()
        mappings = [
            {
                "id": f"{batch.id:08x}{position:08x}",
                "batch_id": batch.id,
                "position": position,
                "agency": LOW,
                "certificate_type": PERMIT,
                "number_index": secrets.token_bytes(16),
                "holder_index": secrets.token_bytes(16),
                "name_index": None,
                "record_key": None,
                "claims": blob,
                "version": 1,
                "lineage": f"x.{batch.id}.{position}",
                "first_day": date(2026, 1, 1),
                "last_day": date(2026, 2, 1) + timedelta(days=position * 2),
                "leaf": secrets.token_bytes(32),
                "prepared": blob,
                "credential": blob,
                "code": blob[:300],
                "created_at": now,
            }
            for batch in batches
            for position in range(per_batch)
        ]
        work.session.bulk_insert_mappings(Certificate, mappings)  # type: ignore[arg-type]
        tracks = [
            {"certificate_id": row["id"], "track": 1 + index % 6, "from_hour": 1, "until_hour": 0, "level": 2}
            for index, row in enumerate(mappings[::10])
        ]
        work.session.bulk_insert_mappings(KnownTrack, tracks)  # type: ignore[arg-type]
