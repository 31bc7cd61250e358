"""The pages of council, registry and findings: against the events themselves, and against a real chain."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from html.parser import HTMLParser
from http import HTTPStatus
from threading import Event, Lock
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from chain.calendar import SHANGHAI
from chain.ethereum.contracts import agencies, certificates
from chain.events import (
    SuccessorNamed,
    Track,
)
from chain.registry import NodeShown
from tests.audit.made_up_agencies import (
    COUNTY,
    MEMBERS,
    NOW,
    REMOVED_ON,
    START,
    call,
    made_up,
    person,
    status_call,
)
from tests.verifier.chain_in_memory import index_of
from verifier.app import make_app
from verifier.audit import council_view, registry_view
from verifier.audit.as_of import as_of
from verifier.audit.council_calls import FUNCTIONS, Names, told
from verifier.audit.council_view import ProposalState
from verifier.audit.finding import Finding, Grade
from verifier.audit.outcomes import FamilyResult, State
from verifier.audit.registry_view import Asking, CodeState, compared
from verifier.audit.remembering import FILE, Remembered
from verifier.audit.rules import Family
from verifier.register import opened
from verifier.settings import Settings
from verifier.wiring import ContractCalls, artifacts, ask_for_code
from verifier.wording import Language, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.audit.made_up_agencies import MadeUp
    from tests.audit.world import World
    from verifier.indexing.index import Index
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


class TestCouncil:
    def test_members_and_threshold_are_those_of_the_day(self, tables: Tables) -> None:
        first = council_view.council_at(tables, as_of(tables, day_of(1), NOW))
        last = council_view.council_at(tables, as_of(tables, None, NOW))
        assert [each.address for each in first.members] == [*MEMBERS[:3]]
        assert (first.threshold, first.former) == (2, ())
        assert {each.address for each in last.members} == {MEMBERS[0], MEMBERS[1], MEMBERS[3]}
        assert [each.address for each in last.former] == [MEMBERS[2]]
        assert [each.threshold for each in last.thresholds] == [2, 3, 2]

    def test_states_follow_from_votes_expiry_and_execution(self, tables: Tables) -> None:
        page = council_view.page_of(tables, as_of(tables, None, NOW), READER, None)
        states = {each.told.message.key.rpartition(".")[2]: each.state for each in page.rows}
        assert states["removeMember"] is ProposalState.CARRIED_OUT
        assert states["setVerifyingHost"] is ProposalState.EXPIRED
        assert states["grantType"] is ProposalState.PASSED
        assert states["suspendAgency"] is ProposalState.OPEN

    def test_a_vote_of_somebody_who_left_does_not_count(self, tables: Tables) -> None:
        page = council_view.page_of(tables, as_of(tables, None, NOW), READER, None)
        (proposal,) = (each for each in page.rows if each.told.function == "suspendAgency")
        assert [(vote.member, vote.counts) for vote in proposal.votes] == [(MEMBERS[2], False), (MEMBERS[1], True)]
        assert (proposal.counted, proposal.needed) == (1, 2)

    def test_one_that_was_carried_out_is_judged_by_those_who_then_were_members(self, tables: Tables) -> None:
        page = council_view.page_of(tables, as_of(tables, None, NOW), READER, None)
        (proposal,) = (each for each in page.rows if each.told.function == "removeMember")
        assert (proposal.counted, proposal.needed, proposal.executor) == (3, 3, MEMBERS[0])

    def test_before_it_was_carried_out_it_was_open(self, tables: Tables) -> None:
        assert council_view.council_at(tables, as_of(tables, day_of(REMOVED_ON - 1), NOW)).proposals == 4
        assert council_view.council_at(tables, as_of(tables, day_of(REMOVED_ON), NOW)).proposals == 11
        assert len([*council_view.all_of(tables, as_of(tables, None, NOW), READER)]) == 11

    def test_what_cannot_be_read_or_is_not_ours_is_said_so(self, tables: Tables, client: TestClient) -> None:
        page = council_view.page_of(tables, as_of(tables, None, NOW), READER, None)
        assert [each.told.message.key for each in page.rows if not each.told.is_readable] == [
            "audit.call.foreign",
            "audit.call.unreadable",
        ]
        text = seen(client.get("/audit/council?lang=en"))
        assert "is not a contract of this registry" in text
        assert "cannot be read by the contracts' interface" in text

    @pytest.mark.parametrize("language", list(Language))
    def test_everything_that_the_council_can_do_is_told_in_words(self, tables: Tables, language: Language) -> None:
        names = Names({COUNTY: "演示旗"}, {})
        zero = (0, ())
        calls = {
            "addMember": (MEMBERS[0], 2),
            "removeMember": (MEMBERS[0], 2),
            "setVerifyingHost": ("verify.example.cn", True),
            "nameSuccessor": (MEMBERS[0], b"r" * 32),
            "registerType": (1, 2, b"d" * 32),
            "retireType": (1, 2),
            "registerTopAgency": ("11999999YX00000101", "演示厅", MEMBERS[0]),
            "registerAgency": (COUNTY, "11999999YX00000101", "演示局", MEMBERS[0], zero),
            "correctAgency": (COUNTY, "11999999YX00000101", "演示局"),
            "nameManager": (COUNTY, MEMBERS[0]),
            "suspendAgency": (COUNTY, zero),
            "resumeAgency": (COUNTY, zero),
            "grantType": (COUNTY, 2, zero),
            "withdrawType": (COUNTY, 2, zero),
            "demandApprovals": (COUNTY, 2, zero),
            "setOwnApprovals": (COUNTY, 2, zero),
            "setOfficer": (COUNTY, MEMBERS[0], 3, zero),
            "addKey": (COUNTY, 1, b"x" * 32, b"y" * 32, 1, 2, zero),
            "cutOffKey": (COUNTY, b"k" * 32, 7, zero),
        }
        row = tables.row
        for function, arguments in calls.items():
            said = told(row, READER, row.agencies_address, call(function, *arguments), names)
            assert said.is_readable
            assert said.function == function
            assert "{" not in say(said.message, language)
        change = (COUNTY, 0, (b"l" * 32,), b"h" * 32, int(Track.REVOKED), 500_000, 0, b"d" * 32, 0, ())
        assert told(row, READER, row.address, status_call(*change), names).is_readable
        assert {*calls, "changeStatus"} == FUNCTIONS
        state_changing = {
            each.name for contract in (agencies(), certificates()) for each in contract.functions.values()
        }
        assert state_changing >= FUNCTIONS

    def test_a_call_with_something_behind_it_or_a_track_that_there_is_not_cannot_be_read(self, tables: Tables) -> None:
        row, names = tables.row, Names({}, {})
        odd = call("addMember", MEMBERS[0], 2) + bytes(32)
        assert not told(row, READER, row.agencies_address, odd, names).is_readable
        change = (COUNTY, 0, (b"l" * 32,), b"h" * 32, 200, 500_000, 0, b"d" * 32, 0, ())
        assert not told(row, READER, row.address, status_call(*change), names).is_readable
        # A call to the wrong contract would do nothing.
        assert not told(row, READER, row.address, call("addMember", MEMBERS[0], 2), names).is_readable


class TestRegistry:
    def test_where_no_node_answers_it_says_not_run(self, client: TestClient) -> None:
        answer = client.get("/audit/registry?lang=en")
        assert seen(answer).count("NOT RUN") == 2
        assert 'class="badge not_run"' in answer.text
        assert 'class="badge ours"' not in answer.text

    def test_the_code_on_a_real_chain_is_ours(self, world: World, index: Index, tmp_path: Path) -> None:
        shown = ask_for_code(world.settings(tmp_path), index.identity())
        states = [each.state for each in compared(artifacts(), registry_view.Asked(shown, 0))]
        assert states == [CodeState.OURS] * 2 * len(shown)
        assert shown[0].chain_id == 31337

    def test_one_byte_of_other_code_is_other_code(self, world: World, index: Index, tmp_path: Path) -> None:
        identity = index.identity()
        assert identity is not None
        (node,) = ask_for_code(world.settings(tmp_path), identity)[:1]
        first, *_ = artifacts()
        other = type(first)(first.name, first.compiler, first.settings, first.length, bytes(32))
        (found,) = compared([other], registry_view.Asked((node,), 0))
        assert found.state is CodeState.OTHER

    def test_a_page_does_not_wait_for_a_node_and_the_next_one_has_the_answer(self) -> None:
        may_answer, calls, lock = Event(), [0], Lock()

        def ask() -> tuple[NodeShown, ...]:
            with lock:
                calls[0] += 1
            may_answer.wait(10)
            return (NodeShown(1, 2, (), ""),)

        now = [1_000.0]
        asking = Asking(ask, seconds=lambda: now[0], good_for_s=60)
        assert asking.latest(wait_s=0) is None
        assert asking.latest(wait_s=0) is None
        may_answer.set()
        found = asking.latest(wait_s=10)
        assert found is not None
        assert found.asked_at == 1_000
        assert asking.latest(wait_s=0) is found
        assert calls == [1]
        now[0] += 61
        assert asking.latest(wait_s=10) != found
        assert calls == [2]

    def test_a_successor_is_said_on_top(self, tmp_path: Path) -> None:
        made = made_up(days=3)
        made.at(3, SuccessorNamed(person("successor"), b"s" * 32))
        settings = Settings(poll_s=600, data_dir=tmp_path, rpc_urls="http://127.0.0.1:9")
        with TestClient(make_app(_read(made, tmp_path), settings, clock=lambda: NOW)) as client:
            text = seen(client.get("/audit/registry?lang=en"))
        assert f"0x{person('successor').hex()}" in text
        assert "The council has named a successor" in text


class TestFindings:
    def test_before_any_audit_nothing_is_passed(self, client: TestClient, data_dir: Path) -> None:
        assert not (data_dir / FILE).exists()
        text = seen(client.get("/audit/findings?lang=en"))
        assert "No audit has run yet" in text
        assert "yinxin-verifier audit run" in text
        assert text.count("NOT RUN") == len(Family) + 1
        assert "Passed" not in text
        assert json.loads(client.get("/audit/findings.json").text)["about"]["state"] == "NOT RUN"

    def test_findings_are_told_with_their_places_and_filtered_by_grade(self, read: Index, tmp_path: Path) -> None:
        _remember(tmp_path, State.FAILED, _FINDINGS)
        settings = Settings(poll_s=600, data_dir=tmp_path, rpc_urls="http://127.0.0.1:9")
        with TestClient(make_app(read, settings, clock=lambda: NOW)) as client:
            answer = client.get("/audit/findings?lang=en")
            alarms = seen(client.get("/audit/findings?lang=en&grade=ALARM"))
            rows = [*csv.reader(io.StringIO(client.get("/audit/findings.csv").text))]
        text = seen(answer)
        assert "made_up_alarm" in text
        assert "made_up_remark" in text
        assert f'href="/audit/agencies/{COUNTY}?lang=en"' in answer.text
        assert f'href="/audit/certificates/{"6c" * 32}?lang=en"' in answer.text
        assert "made_up_remark" not in alarms.partition("Only")[0].rpartition("made_up_alarm")[2]
        assert rows[-1] == ["# end", "2"]

    def test_finding_without_what_its_sentence_names_is_told_with_a_question_mark(
        self, read: Index, tmp_path: Path
    ) -> None:
        _remember(tmp_path, State.PASSED, (Finding(Grade.ALARM, "code_swapped", block=9),))
        settings = Settings(poll_s=600, data_dir=tmp_path, rpc_urls="http://127.0.0.1:9")
        with TestClient(make_app(read, settings, clock=lambda: NOW)) as client:
            answer = client.get("/audit/findings?lang=en")
            rows = client.get("/audit/findings.csv").text
        assert answer.status_code == HTTPStatus.OK
        assert "the code at ? (? bytes) is not that of our contract" in seen(answer)
        assert "the code at ? (? bytes)" in rows

    def test_page_leaves_a_memory_of_another_form_as_it_is(self, read: Index, tmp_path: Path) -> None:
        _remember(tmp_path, State.PASSED, _FINDINGS)
        with closing(sqlite3.connect(tmp_path / FILE)) as database:
            database.execute("PRAGMA user_version = 1")
        settings = Settings(poll_s=600, data_dir=tmp_path, rpc_urls="http://127.0.0.1:9")
        with TestClient(make_app(read, settings, clock=lambda: NOW)) as client:
            assert "NOT RUN" in seen(client.get("/audit/findings?lang=en"))
        with closing(sqlite3.connect(tmp_path / FILE)) as database:
            assert database.execute("SELECT COUNT(*) FROM findings").fetchone() == (len(_FINDINGS),)

    def test_only_a_run_that_did_everything_is_clean(self, read: Index, tmp_path: Path) -> None:
        said = {}
        for state in (State.PASSED, State.NOT_RUN):
            folder = tmp_path / state
            _remember(folder, state, ())
            settings = Settings(poll_s=600, data_dir=folder, rpc_urls="http://127.0.0.1:9")
            with TestClient(make_app(read, settings, clock=lambda: NOW)) as client:
                said[state] = seen(client.get("/audit/findings?lang=en"))
        assert "Everything was checked, and nothing was found" in said[State.PASSED]
        assert "Everything was checked" not in said[State.NOT_RUN]
        assert "not all of it was" in said[State.NOT_RUN]


_FINDINGS = (
    Finding(Grade.ALARM, "made_up_alarm", block=7, agency=COUNTY, leaf=b"l" * 32, arguments={"sequence": 4}),
    Finding(Grade.REMARK, "made_up_remark", block=9),
)


def _remember(folder: Path, state: State, findings: tuple[Finding, ...]) -> None:
    """Write what an audit would have remembered."""
    remembered = Remembered(folder / FILE)
    run = remembered.begin(started=NOW, first_block=1, registry=(1, b"r" * 32, b"g" * 32))
    remembered.keep(run, findings)
    families = [FamilyResult(family, state if family is Family.ROOTS else State.PASSED) for family in Family]
    remembered.end(run, ended=NOW, families=families)
    remembered.close()


def _read(made: MadeUp, folder: Path) -> Index:
    index = index_of(made.registry, folder)
    index.follow(NOW)
    return index
