"""What is out of the ordinary: each rule meets what it is for, and leaves alone what lies just below its threshold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chain.calendar import SHANGHAI
from chain.errors import InvalidInput
from chain.events import Track
from verifier.audit import anomaly_rules
from verifier.audit.anomalies import HIDDEN, anomalies
from verifier.audit.anomaly_figures import Asked
from verifier.audit.anomaly_rules import SHIPPED, Rule, Rules, open_rules, parse
from verifier.audit.finding import Grade
from verifier.indexing.models import BatchRow, LeafRow, StatusRow, place
from verifier.indexing.store import Store
from verifier.wording import Language, message, say, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from verifier.audit.anomaly_figures import Anomaly
    from verifier.indexing.index import Index

MONDAY = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)
"""An ordinary working day."""
OFFICERS = tuple(bytes([count]) * 20 for count in range(1, 6))
SHIPPED_RULES = open_rules("")


class Ledger:
    """An index's tables, written by hand."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(f"sqlite:///{folder / 'index.db'}")
        self.blocks = 0
        self.sequences: dict[int, int] = {}

    def batch(self, when: datetime, size: int = 10, *, agency: int = 1, **changes: object) -> int:
        """Anchor a batch; returns its place."""
        self.blocks += 1
        self.sequences[agency] = self.sequences.get(agency, 0) + 1
        values = {
            "certificate_type": 1,
            "version": 1,
            "sequence": self.sequences[agency],
            "preparer": b"p" * 20,
            "approvers": OFFICERS[self.blocks % len(OFFICERS)],
            "transaction_hash": self.blocks.to_bytes(32),
            "root": self.blocks.to_bytes(32),
        } | changes
        with self.store.writing() as session:
            session.add(
                BatchRow(begins=place(self.blocks), agency=agency, size=size, timestamp=int(when.timestamp()), **values)
            )
        return place(self.blocks)

    def status(self, when: datetime, leaf: bytes, track: Track = Track.REVOKED, *, agency: int = 1) -> None:
        self.blocks += 1
        with self.store.writing() as session:
            session.add(
                StatusRow(
                    begins=place(self.blocks),
                    agency=agency,
                    leaf=leaf,
                    track=track.value,
                    from_hour=int(when.timestamp()) // 3600,
                    until_hour=0,
                    actor=agency,
                    decision=b"",
                    held=b"",
                    officers=b"",
                    timestamp=int(when.timestamp()),
                )
            )

    def leaves(self, batch: int, *leaves: bytes) -> None:
        with self.store.writing() as session:
            session.add_all(LeafRow(batch=batch, position=count, leaf=leaf) for count, leaf in enumerate(leaves))

    def found(self, rule: Rule, rules: Rules = SHIPPED_RULES, **asked: object) -> list[Anomaly]:
        question = Asked(rules=frozenset({rule}), **asked)  # type: ignore[arg-type]  # Tests name the fields.
        with self.store.reading() as session:
            return list(anomalies(session, rules, question))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path)
    yield made
    made.store.close()


def test_burst_is_told_with_its_figures_and_a_day_below_the_threshold_is_not(ledger: Ledger) -> None:
    for day in range(10):
        ledger.batch(MONDAY + timedelta(days=day), 20)
    ledger.batch(MONDAY + timedelta(days=10), 199)
    ledger.batch(MONDAY + timedelta(days=11), 150)
    ledger.batch(MONDAY + timedelta(days=11, hours=2), 50)
    (burst,) = ledger.found(Rule.BURST)
    assert burst.finding.grade is Grade.REMARK
    assert burst.finding.arguments == {
        "day": "2026-03-13",
        "batches": 2,
        "certificates": 200,
        "median": 20,
        "least": 200,
        "times": 10,
    }
    assert burst.finding.block == 12


def test_what_is_ordinary_for_a_busy_agency_is_no_burst(ledger: Ledger) -> None:
    for day in range(12):
        ledger.batch(MONDAY + timedelta(days=day), 900)
    assert ledger.found(Rule.BURST) == []


@pytest.mark.parametrize(
    ("hour", "minute", "night"), [(21, 59, ""), (22, 0, "2026-03-02"), (5, 59, "2026-03-01"), (6, 0, "")]
)
def test_a_night_belongs_to_the_evening_on_which_it_began(ledger: Ledger, hour: int, minute: int, night: str) -> None:
    ledger.batch(MONDAY.replace(hour=hour, minute=minute))
    assert [each.finding.arguments["day"] for each in ledger.found(Rule.NIGHT)] == [night] * bool(night)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 2, 17), "anomaly_holiday"),
        (date(2026, 3, 7), "anomaly_weekend"),
        (date(2026, 2, 28), None),
        (date(2026, 3, 2), None),
        (date(2025, 2, 8), None),
        (date(2025, 10, 8), "anomaly_holiday"),
        (date(2026, 9, 20), None),
        (date(2026, 9, 27), "anomaly_holiday"),
        (date(2026, 10, 11), "anomaly_weekend"),
    ],
)
def test_holidays_weekends_and_the_saturdays_on_which_offices_work(ledger: Ledger, day: date, code: str | None) -> None:
    ledger.batch(datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI))
    assert [each.finding.code for each in ledger.found(Rule.HOLIDAY)] == ([code] if code else [])


def test_of_a_year_that_nobody_announced_the_rule_is_not_run_and_says_so(ledger: Ledger) -> None:
    ledger.batch(datetime(2026, 12, 31, 10, tzinfo=SHANGHAI))
    for day in (1, 2, 4):
        ledger.batch(datetime(2027, 1, day, 10, tzinfo=SHANGHAI), 7)
    (found,) = ledger.found(Rule.HOLIDAY)
    assert (found.finding.code, found.is_not_run) == ("anomaly_holidays_unknown", True)
    assert found.finding.arguments == {"year": 2027, "batches": 3, "certificates": 21}
    assert "NOT RUN" in say(message(found.finding.key, **found.finding.arguments), Language.ENGLISH)
    # What was not asked about is no gap, and the other rules do not need a year's holidays.
    assert ledger.found(Rule.HOLIDAY, last=date(2026, 12, 31)) == []
    assert ledger.found(Rule.NIGHT) == []


def test_a_first_holiday_that_begins_in_december_counts_with_the_next_year(ledger: Ledger) -> None:
    rules = parse(HOLIDAYS.format(first="2026-12-31", last="2027-01-02").encode())
    ledger.batch(datetime(2026, 12, 31, 10, tzinfo=SHANGHAI))
    (found,) = ledger.found(Rule.HOLIDAY, rules)
    assert found.finding.code == "anomaly_holiday"


HOLIDAYS = """
[holiday]
on = true
weekends = true
least = 1
[holiday.years.2027]
announced = "made up"
holidays = [[{first}, {last}]]
workdays = []
"""


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        ("2026-12-01", "2026-12-02", "got no day of 2027"),
        ("2027-12-30", "2028-01-02", "got 2028-01-01, wanted days of 2027"),
    ],
)
def test_a_year_has_its_own_days(first: str, last: str, wanted: str) -> None:
    with pytest.raises(InvalidInput, match=wanted):
        parse(HOLIDAYS.format(first=first, last=last).encode())


def test_one_approver_for_everything_is_told_and_one_of_two_is_not(ledger: Ledger) -> None:
    for count in range(20):
        ledger.batch(MONDAY + timedelta(hours=count), approvers=OFFICERS[0] + OFFICERS[1 + count % 2])
        ledger.batch(MONDAY + timedelta(hours=count), agency=2, approvers=OFFICERS[count % 2])
    (alone,) = ledger.found(Rule.ONE_APPROVER)
    assert (alone.agency, alone.finding.arguments["officer"]) == (1, f"0x{OFFICERS[0].hex()}")
    assert (alone.finding.arguments["approved"], alone.finding.arguments["batches"]) == (20, 20)


def test_many_certificates_of_one_approver_at_once_are_told_and_their_pace_is(ledger: Ledger) -> None:
    for second in (0, 50, 100, 200):
        ledger.batch(MONDAY + timedelta(seconds=second), 1_000, approvers=OFFICERS[0])
        ledger.batch(MONDAY + timedelta(seconds=second), 600, approvers=OFFICERS[1])
    (rush,) = ledger.found(Rule.RUSH)
    told = {"officer": f"0x{OFFICERS[0].hex()}", "batches": 3, "certificates": 3_000, "took": 100}
    assert told.items() <= rush.finding.arguments.items()


def test_sequence_numbers_out_of_order_and_times_going_back_are_told(ledger: Ledger) -> None:
    ledger.batch(MONDAY)
    ledger.batch(MONDAY + timedelta(hours=1))
    ledger.batch(MONDAY + timedelta(hours=2), sequence=4)
    ledger.batch(MONDAY, sequence=5)
    assert {each.finding.arguments["sequence"] for each in ledger.found(Rule.DISORDER)} == {4, 5}


def test_issued_and_soon_ended_counts_each_certificate_once_and_replacements_never(ledger: Ledger) -> None:
    leaves = [bytes([count]) * 32 for count in range(1, 9)]
    ledger.leaves(ledger.batch(MONDAY, 100), *leaves)
    for leaf in leaves[:4]:
        ledger.status(MONDAY + timedelta(days=3), leaf)
        ledger.status(MONDAY + timedelta(days=3), leaf, Track.CANCELLED)
    ledger.status(MONDAY + timedelta(days=1), leaves[4], Track.REPLACED)
    ledger.status(MONDAY + timedelta(days=4), leaves[5])
    assert ledger.found(Rule.SHORT_LIVED) == []
    ledger.status(MONDAY + timedelta(days=2), leaves[6])
    (short,) = ledger.found(Rule.SHORT_LIVED)
    assert (short.finding.arguments["ended"], short.finding.arguments["certificates"]) == (5, 100)


def test_many_statuses_on_one_day_are_told(ledger: Ledger) -> None:
    rules = replace(SHIPPED_RULES, status_burst=anomaly_rules.Burst(least=10, times=10, least_days=5))
    for day in range(5):
        ledger.status(MONDAY + timedelta(days=day), bytes(32))
    for count in range(10):
        ledger.status(MONDAY + timedelta(days=6), bytes([count]) * 32, Track.SUSPENSION)
    (burst,) = ledger.found(Rule.STATUS_BURST, rules)
    assert (burst.finding.arguments["day"], burst.finding.arguments["changes"]) == ("2026-03-08", 10)


def test_type_that_an_agency_hardly_ever_issues_is_told(ledger: Ledger) -> None:
    ledger.batch(MONDAY, 995)
    ledger.batch(MONDAY, 5, certificate_type=7)
    ledger.batch(MONDAY, 5, agency=2, certificate_type=7)
    (rare,) = ledger.found(Rule.RARE_TYPE)
    assert (rare.agency, rare.finding.arguments["type"], rare.finding.arguments["all"]) == (1, 7, 1_000)


def test_only_what_is_asked_about_is_told_while_earlier_days_say_what_is_ordinary(ledger: Ledger) -> None:
    for day in range(12):
        ledger.batch(MONDAY + timedelta(days=day), 20)
        ledger.batch(MONDAY + timedelta(days=day), 20, agency=2)
    ledger.batch(MONDAY + timedelta(days=14), 300)
    ledger.batch(MONDAY + timedelta(days=15), 300, agency=2)
    day = (MONDAY + timedelta(days=14)).date()
    assert [each.agency for each in ledger.found(Rule.BURST)] == [1, 2]
    assert [each.agency for each in ledger.found(Rule.BURST, agency=2)] == [2]
    assert [each.agency for each in ledger.found(Rule.BURST, first=day, last=day)] == [1]
    assert ledger.found(Rule.BURST, last=day - timedelta(days=1)) == []


def test_agency_that_only_changed_statuses_is_told_of_too(ledger: Ledger) -> None:
    rules = replace(SHIPPED_RULES, status_burst=anomaly_rules.Burst(least=1, times=1, least_days=1))
    ledger.batch(MONDAY)
    ledger.status(MONDAY, bytes(32), agency=9)
    assert [each.agency for each in ledger.found(Rule.STATUS_BURST, rules)] == [9]


def test_the_small_world_is_told_of_in_both_languages_and_nobody_is_called_a_fraud(index: Index) -> None:
    with index.register() as found:
        assert found is not None
        told = list(anomalies(found[0], SHIPPED_RULES, Asked()))
    for each in told:
        assert each.finding.grade is Grade.REMARK
        for language in Language:
            said = say(message(each.finding.key, **each.finding.arguments), language)
            assert "fraud" not in said
            assert "欺诈" not in said
            assert sentence(f"{each.finding.key}.why", language)


def test_what_the_chain_cannot_show_is_said_in_both_languages() -> None:
    for language in Language:
        assert all(sentence(f"audit.anomaly.hidden.{name}", language) for name in HIDDEN)


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ("[burst]", "[bursts]", "got the rule 'bursts', wanted one of burst,"),
        ("times = 10", "time = 10", r"\[burst\] times: got nothing, wanted a whole number from 1"),
        ("least = 200", 'least = "200"', r"\[burst\] least: got '200', wanted a whole number"),
        ("least = 200", "least = true", r"\[burst\] least: got True"),
        ("from_hour = 22", "from_hour = 24", "got 24, wanted a whole number from 0 to 23"),
        ("from_hour = 22", "from_hour = 6", "got the same hour twice"),
        ("percent = 95", "percent = 101", "from 1 to 100"),
        ("weekends = true", "weekends = 1", "got 1, wanted true or false"),
        ("[2026-10-01, 2026-10-07]", "[2026-10-07, 2026-10-01]", "wanted a first and a last day"),
        ("2026-10-10]", "2026-10-01]", "got 2026-10-01 as a holiday and as a workday"),
        ("2026-10-10]", '"2026-10-10"]', "without quotes"),
        ("[holiday.years.2026]", "[holiday.years.26]", "wanted a table for each year"),
        ('announced = "', 'source = "', "announced: got nothing, wanted a text"),
        ('"国办发明电〔2024〕12号，2024年11月12日"', '""', "announced: got '', wanted a text"),
        ("[holiday.years.2025]", "[burst.years.2025]", "got 'years', which this rule does not know"),
        ("on = true", "on = true\nof = 3", "got 'of', which this rule does not know"),
        ("[burst]", "[burst", "not TOML"),
    ],
)
def test_file_of_rules_that_would_mislead_is_refused(was: str, becomes: str, words: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert was in text
    with pytest.raises(InvalidInput, match=words):
        parse(text.replace(was, becomes, 1).encode())


def test_rule_that_is_off_or_left_out_is_not_asked(tmp_path: Path) -> None:
    named = tmp_path / "rules.toml"
    named.write_text("[disorder]\non = true\n[one_approver]\non = false\nleast = 1\npercent = 50\n", encoding="utf-8")
    assert open_rules(str(named)).asked == (Rule.DISORDER,)
    with pytest.raises(InvalidInput, match="wanted a TOML file of rules"):
        open_rules(str(tmp_path / "none.toml"))
