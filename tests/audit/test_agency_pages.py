"""The pages of agencies, as of any day: against the events themselves; and what all such pages hold to."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import closing
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from chain.calendar import SHANGHAI
from chain.events import (
    AgencySuspended,
    BatchAnchored,
    Capability,
    OfficerSet,
    StatusChanged,
)
from tests import postgres
from tests.audit.made_up_agencies import (
    CITY,
    CORRECTED_ON,
    COUNTY,
    CUT_OFF_ON,
    DAYS,
    KIDS,
    LEFT_ON,
    NOW,
    PREPARERS,
    REGION,
    START,
    SUSPENDED,
    SUSPENDED_ON,
    TOWN,
    VILLAGE,
    WITHDRAWN_ON,
    made_up,
    person,
)
from tests.verifier.chain_in_memory import index_of
from verifier.app import make_app
from verifier.audit import agency_batches, agency_tree, council_view, registry_view, times
from verifier.audit.agency_view import KeyState, agency_at
from verifier.audit.as_of import as_of
from verifier.indexing.index import Index
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store
from verifier.register import opened
from verifier.settings import Settings
from verifier.wiring import ContractCalls
from verifier.wording import Language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.audit.made_up_agencies import MadeUp
    from verifier.register import Tables

READER = ContractCalls()
PAGES = ("/audit/agencies", f"/audit/agencies/{COUNTY}", "/audit/council", "/audit/registry", "/audit/findings")


def day_of(number: float) -> date:
    """Return the day in China, so many days after the start."""
    return (START + timedelta(days=number)).astimezone(SHANGHAI).date()


@pytest.fixture(scope="module")
def made() -> MadeUp:
    return made_up(gap=True)


@pytest.fixture(scope="module")
def read(made: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = index_of(made.registry, tmp_path_factory.mktemp("agencies"))
    progress = index.follow(NOW)
    assert progress is not None
    assert not progress.trouble
    return index


@pytest.fixture
def tables(read: Index) -> Iterator[Tables]:
    with opened(read) as found:
        yield found


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(read: Index, data_dir: Path) -> Iterator[TestClient]:
    # Nobody listens there: what a node would have to be asked is not run.
    settings = Settings(poll_s=600, data_dir=data_dir, rpc_urls="http://127.0.0.1:9")
    with TestClient(make_app(read, settings, clock=lambda: NOW)) as client:
        yield client


class _Texts(HTMLParser):
    """Reads what a page says, and which attributes it uses."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: set[str] = set()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def seen(answer: Response, status: int = 200) -> str:
    """Return what a page says, without its marks."""
    assert answer.status_code == status, answer.text
    parser = _Texts()
    parser.feed(answer.text)
    return re.sub(r"\s+", " ", " ".join(parser.texts))


class TestAsOf:
    def test_the_end_of_a_past_day_is_its_last_block_with_an_entry(self, made: MadeUp, tables: Tables) -> None:
        for number in (0, 1, 5, CUT_OFF_ON, DAYS - 2):
            at = as_of(tables, day_of(number), NOW)
            until = [place for place, time in enumerate(made.registry.times, 1) if time <= at.seconds]
            assert at.block == until[-1]
            assert not at.is_newest
            assert at.timestamp <= at.seconds

    def test_without_a_day_and_for_today_it_is_the_newest_block(self, made: MadeUp, tables: Tables) -> None:
        for day in (None, day_of(DAYS)):
            at = as_of(tables, day, NOW)
            assert at.block == len(made.registry.events)
            assert at.is_newest

    def test_before_the_registry_began_there_is_nothing(self, tables: Tables) -> None:
        at = as_of(tables, day_of(-1), NOW)
        assert at.block is None
        assert agency_tree.tree(tables.session, at).whole == 0
        assert council_view.council_at(tables, at).members == ()

    def test_a_day_to_come_and_one_that_is_none_are_refused(self, client: TestClient) -> None:
        for day in ("2099-01-01", "2026-02-30", "yesterday"):
            assert day in seen(client.get("/audit/agencies", params={"as_of": day, "lang": "en"}), 422)


class TestAgency:
    def test_its_place_is_told_from_the_top_to_the_bottom(self, tables: Tables) -> None:
        found = agency_at(tables, VILLAGE, as_of(tables, None, NOW))
        assert found is not None
        assert [each.id for each in found.superiors] == [REGION, CITY, COUNTY, TOWN]
        assert found.agency.level == 5

    def test_a_suspension_says_when_and_by_whom_and_was_none_the_day_before(self, tables: Tables) -> None:
        before = agency_at(tables, SUSPENDED, as_of(tables, day_of(SUSPENDED_ON - 1), NOW))
        after = agency_at(tables, SUSPENDED, as_of(tables, day_of(SUSPENDED_ON), NOW))
        assert before is not None
        assert after is not None
        assert before.agency.suspended_by is None
        assert before.suspended is None
        assert after.agency.suspended_by == 1
        assert after.suspended is not None
        assert day_of(SUSPENDED_ON).isoformat() in _local(after.suspended.timestamp)
        assert after.suspended.consenters == (person(f"manager {REGION} a"), person(f"manager {REGION} b"))

    def test_officers_and_what_they_may_do_change_with_the_day(self, tables: Tables) -> None:
        def preparer(day: int) -> tuple[str, ...]:
            found = agency_at(tables, COUNTY, as_of(tables, day_of(day), NOW))
            assert found is not None
            return next(each.capabilities for each in found.officers if each.address == PREPARERS[COUNTY])

        assert preparer(LEFT_ON - 1) == ("PREPARE", "STATUS")
        assert preparer(LEFT_ON) == ("PREPARE",)

    def test_a_key_is_in_force_until_it_is_cut_off(self, tables: Tables) -> None:
        def states(day: int) -> dict[bytes, KeyState]:
            found = agency_at(tables, COUNTY, as_of(tables, day_of(day), NOW))
            assert found is not None
            return {key.kid: key.state for key in found.keys}

        assert states(CUT_OFF_ON - 1) == {KIDS[COUNTY]: KeyState.IN_FORCE}
        after = states(CUT_OFF_ON)
        assert after[KIDS[COUNTY]] is KeyState.CUT_OFF
        assert sorted(after.values()) == [KeyState.CUT_OFF, KeyState.IN_FORCE]

    def test_types_go_when_they_are_withdrawn_and_those_below_say_who_lacks_them(self, tables: Tables) -> None:
        before, after = (
            {agency: agency_at(tables, agency, as_of(tables, day_of(day), NOW)) for agency in (COUNTY, TOWN)}
            for day in (WITHDRAWN_ON - 1, WITHDRAWN_ON)
        )
        assert [[each.number for each in found.types] for found in before.values() if found] == [[1, 2, 3], [1, 2]]
        county, town = after[COUNTY], after[TOWN]
        assert county is not None
        assert town is not None
        assert [each.number for each in county.types] == [1, 3]
        lacking = {each.number: [one.id for one in each.lacking] for each in town.types}
        assert lacking == {1: [], 2: [COUNTY]}

    def test_names_and_policies_say_since_when(self, tables: Tables) -> None:
        city = agency_at(tables, CITY, as_of(tables, None, NOW))
        county = agency_at(tables, COUNTY, as_of(tables, None, NOW))
        earlier = agency_at(tables, CITY, as_of(tables, day_of(CORRECTED_ON - 1), NOW))
        assert city is not None
        assert county is not None
        assert earlier is not None
        assert [name.until_block is None for name in city.names] == [False, True]
        assert earlier.agency.name == earlier.names[0].name == city.names[0].name != city.agency.name
        assert earlier.names[0].until_block is None
        assert (city.agency.approvals, city.own_policy is not None, city.demand) == (2, True, None)
        assert (county.agency.approvals, county.own_policy, county.demand is not None) == (2, None, True)

    def test_gaps_are_found_however_long_the_list_and_shown_where_they_are(
        self, tables: Tables, client: TestClient
    ) -> None:
        at = as_of(tables, None, NOW)
        batches = agency_batches.batches_at(tables.session, COUNTY, at)
        (gap,) = batches.gaps
        assert batches.newest_sequence == batches.count + 2
        lines = [*agency_batches.all_of(tables.session, COUNTY, at)]
        assert [line.sequence for line in lines if line.gap] == [gap.before]
        assert {gap.first, gap.last}.isdisjoint(line.sequence for line in lines)
        assert f"sequence numbers {gap.first} to {gap.last} are missing" in seen(
            client.get(f"/audit/agencies/{COUNTY}?lang=en")
        )
        assert agency_batches.batches_at(tables.session, CITY, at).gaps == ()

    def test_its_batches_come_page_by_page_and_all_of_them(self, made: MadeUp, tables: Tables) -> None:
        at = as_of(tables, None, NOW)
        sequences: list[int] = []
        cursor: str | None = None
        while True:
            page = agency_batches.page_of(tables.session, COUNTY, at, cursor)
            sequences += [row.sequence for row in page.rows]
            if (cursor := page.next) is None:
                break
        anchored = [
            event.sequence
            for event in made.registry.events
            if isinstance(event, BatchAnchored) and event.agency == COUNTY
        ]
        assert sequences == anchored[::-1]
        assert len(sequences) > len(agency_batches.page_of(tables.session, COUNTY, at, None).rows)

    def test_figures_by_day_are_those_of_the_events(self, made: MadeUp, tables: Tables) -> None:
        at, first = as_of(tables, day_of(90), NOW), day_of(30)
        certificates: dict[tuple[date, str], int] = {}
        changes: dict[tuple[date, str], int] = {}
        for event, time in zip(made.registry.events, made.registry.times, strict=True):
            day = date.fromisoformat(_local(time)[:10])
            if not first <= day <= day_of(90):
                continue
            if isinstance(event, BatchAnchored) and event.agency == COUNTY:
                key = (day, str(event.certificate_type))
                certificates[key] = certificates.get(key, 0) + event.size
            if isinstance(event, StatusChanged) and event.agency == COUNTY:
                key = (day, event.track.name if event.from_hour else agency_batches.LIFTED)
                changes[key] = changes.get(key, 0) + 1
        counted = agency_batches.certificates_by_day(tables.session, COUNTY, at, first)
        assert {(each.day, each.series): each.count for each in counted} == certificates
        counted = agency_batches.statuses_by_day(tables.session, COUNTY, at, first)
        assert {(each.day, each.series): each.count for each in counted} == changes
        by_type = agency_batches.by_type(tables.session, COUNTY, at, first)
        assert sum(each.certificates for each in by_type) == sum(certificates.values())
        assert sum(each.status_changes for each in by_type) == sum(changes.values()) > 0

    def test_a_tree_with_no_room_leads_on_to_what_it_does_not_show(self, tables: Tables) -> None:
        at = as_of(tables, None, NOW)
        (top,) = agency_tree.tree(tables.session, at, most=3).nodes
        assert [node.agency.id for node in top.children] == [CITY, SUSPENDED]
        assert [(node.children, node.below) for node in top.children] == [((), 4), ((), 0)]
        below = agency_tree.tree(tables.session, at, under=CITY)
        assert (below.whole, below.shown) == (4, 4)

    def test_whoever_lies_under_a_suspended_agency_is_blocked(self, tmp_path: Path) -> None:
        made = made_up(days=SUSPENDED_ON + 2)
        made.at(SUSPENDED_ON + 3, OfficerSet(COUNTY, person("new"), Capability.APPROVE, ()), *_suspend(CITY))
        with opened(_read(made, tmp_path)) as tables:
            at = as_of(tables, None, NOW)
            found = agency_at(tables, VILLAGE, at)
            (top,) = agency_tree.tree(tables.session, at).nodes
        assert found is not None
        assert [each.id for each in found.blocked_by] == [CITY]
        assert [node.is_blocked for node in top.children] == [True, True]
        assert all(node.is_blocked for node in top.children[0].children)

    def test_an_agency_that_there_was_not_is_a_page_that_there_is_not(self, client: TestClient) -> None:
        assert "99" in seen(client.get("/audit/agencies/99?lang=en"), 404)
        assert client.get(f"/audit/agencies/{COUNTY}", params={"as_of": "2026-05-01"}).status_code == 404


def test_postgresql_gives_the_same_answers(made: MadeUp, read: Index) -> None:
    try:
        with postgres.running() as cluster, closing(Store(cluster.url(cluster.new()))) as store:
            other = Index(store, made.registry, Freshness(1, 30), read_heads=made.registry.heads)
            other.follow(NOW)
            assert _everything(other) == _everything(read)
    except postgres.PostgresMissing as exc:
        pytest.skip(str(exc))


class TestPages:
    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize("language", list(Language))
    def test_each_stands_without_scripts_styles_or_events_of_its_own(
        self, client: TestClient, path: str, language: Language
    ) -> None:
        answer = client.get(path, params={"lang": language.value})
        assert answer.status_code == 200
        parser = _Texts()
        parser.feed(answer.text)
        assert "style" not in parser.attributes
        assert "script" not in parser.tags
        assert "style" not in parser.tags
        assert not {name for name in parser.attributes if name.startswith("on")}

    def test_a_drawing_has_a_title_a_description_and_the_same_figures_in_a_table(self, client: TestClient) -> None:
        text = client.get(f"/audit/agencies/{COUNTY}?lang=en").text
        for drawing in re.findall(r'<figure class="chart".*?</figure>', text, re.DOTALL):
            assert 'role="img"' in drawing
            drawn = re.findall(r"<g>\s*<title>(.*?): (.*?)</title>", drawing)
            table = re.findall(r'<tr><th scope="row">(\d{4}-.*?)</th>.*?<strong>(.*?)</strong>', drawing)
            assert drawn
            assert drawn == table
            assert "<desc" in drawing

    @pytest.mark.parametrize(
        ("path", "count"),
        [
            ("/audit/agencies", 7),
            (f"/audit/agencies/{COUNTY}/officers", 4),
            (f"/audit/agencies/{COUNTY}/keys", 2),
            (f"/audit/agencies/{COUNTY}/types", 2),
            (f"/audit/agencies/{COUNTY}", None),
            (f"/audit/agencies/{COUNTY}/days", None),
            ("/audit/council/members", 4),
            ("/audit/council", 11),
            ("/audit/registry/hosts", 3),
            ("/audit/registry", 2),
        ],
    )
    def test_every_list_is_a_file_under_its_own_name(self, client: TestClient, path: str, count: int | None) -> None:
        rows = [*csv.reader(io.StringIO(client.get(f"{path}.csv").text))]
        found = json.loads(client.get(f"{path}.json").text)
        assert rows[-1] == ["# end", str(found["count"])]
        assert found["count"] == len(found["rows"]) > 0
        assert count in {None, found["count"]}

    def test_a_list_keeps_to_its_day(self, client: TestClient) -> None:
        day = day_of(CUT_OFF_ON - 1).isoformat()
        found = client.get(f"/audit/agencies/{COUNTY}/keys.json", params={"as_of": day}).json()
        assert found["count"] == 1
        assert found["about"]["as_of"] == day

    def test_a_list_that_there_is_not_is_not_found(self, client: TestClient) -> None:
        for path in (f"/audit/agencies/{COUNTY}/nothing", "/audit/council/nothing.csv", "/audit/registry/hosts.xml"):
            assert client.get(path).status_code == 404

    def test_a_list_without_a_format_leads_to_its_page(self, client: TestClient) -> None:
        answer = client.get(f"/audit/agencies/{COUNTY}/keys?lang=en", follow_redirects=False)
        assert answer.headers["location"] == f"/audit/agencies/{COUNTY}?lang=en"


def _everything(index: Index) -> list[object]:
    """Return all that these pages show, as of some days."""
    found: list[object] = []
    with opened(index) as tables:
        for day in (None, day_of(-1), day_of(CUT_OFF_ON)):
            at, session, first = as_of(tables, day, NOW), tables.session, day_of(0)
            found += [
                at,
                agency_tree.tree(session, at),
                agency_at(tables, COUNTY, at),
                agency_batches.batches_at(session, COUNTY, at),
                agency_batches.page_of(session, COUNTY, at, None),
                sorted(map(str, agency_batches.certificates_by_day(session, COUNTY, at, first))),
                sorted(map(str, agency_batches.statuses_by_day(session, COUNTY, at, first))),
                agency_batches.by_type(session, COUNTY, at, first),
                council_view.council_at(tables, at),
                council_view.page_of(tables, at, READER, None),
                registry_view.registry_at_hand(tables),
            ]
    return found


def _suspend(agency: int) -> tuple[AgencySuspended, ...]:
    return (AgencySuspended(agency, 1, ()),)


def _read(made: MadeUp, folder: Path) -> Index:
    index = index_of(made.registry, folder)
    index.follow(NOW)
    return index


def _local(seconds: int) -> str:
    return times.shanghai(seconds)
