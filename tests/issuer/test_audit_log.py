"""The log of actions: whatever is done to it afterwards is seen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from issuer import audit_log
from issuer.audit_log import BEFORE_THE_FIRST, Head
from issuer.errors import LogBroken, NotFound
from issuer.tables import account_rows
from issuer.tables.account_models import AuditLine
from tests.issuer.staff import AGENCY, OTHER
from tests.issuer.tampering import alter, let_log_be_changed

if TYPE_CHECKING:
    from tests.issuer.staff import Staff

pytestmark = pytest.mark.databases


def write(staff: Staff, count: int, *, agency: int = AGENCY) -> Head:
    with staff.store.writing() as work:
        for number in range(count):
            staff.wait(microseconds=1)
            audit_log.add(work, staff.occasion, f"did thing {number}", who="somebody", agency=agency, detail="因为")
        return audit_log.head(work)


def tamper(staff: Staff, *statements: str, **values: object) -> None:
    """Change the log as somebody would who has the database."""
    let_log_be_changed(staff.store)
    alter(staff.store, *statements, **values)


def verify(staff: Staff, noted: Head | None = None) -> Head:
    with staff.store.reading() as work:
        return audit_log.verify(work, noted=noted)


def test_log_that_was_only_added_to_verifies(staff: Staff) -> None:
    assert verify(staff) == Head(0, BEFORE_THE_FIRST)
    early = write(staff, 3)
    late = write(staff, 700)
    assert verify(staff) == verify(staff, early) == verify(staff, late) == late
    assert verify(staff, Head(0, BEFORE_THE_FIRST)).count == 703


@pytest.mark.parametrize("change", ["UPDATE audit_log SET detail = '' WHERE id = 2", "DELETE FROM audit_log"])
def test_database_refuses_to_change_a_line(staff: Staff, change: str) -> None:
    write(staff, 3)
    with pytest.raises(DBAPIError, match="only added to"):
        alter(staff.store, change)
    assert verify(staff).count == 3


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("who", "somebody else"),
        ("what", "did nothing"),
        ("detail", ""),
        ("source", "10.9.9.9"),
        ("subject", "x"),
        ("agency", None),
        ("agency", 4),
        ("at", "2020-01-01 00:00:00.000000"),
        ("hash", b"\0"),
    ],
)
def test_altered_line_is_named(staff: Staff, column: str, value: object) -> None:
    write(staff, 3)
    tamper(staff, f"UPDATE audit_log SET {column} = :value WHERE id = 2", value=value)  # noqa: S608 — of our own words
    with pytest.raises(LogBroken, match=r"line 2: its content"):
        verify(staff)


def test_words_cannot_be_moved_from_one_column_to_the_next(staff: Staff) -> None:
    write(staff, 1)
    tamper(staff, "UPDATE audit_log SET who = 'some', what = 'bodydid thing 0'")
    with pytest.raises(LogBroken, match="line 1"):
        verify(staff)


def test_line_taken_out_is_seen(staff: Staff) -> None:
    write(staff, 3)
    tamper(staff, "DELETE FROM audit_log WHERE id = 2")
    with pytest.raises(LogBroken, match="got line 3, wanted line 2"):
        verify(staff)
    tamper(staff, "UPDATE audit_log SET id = 2 WHERE id = 3")
    with pytest.raises(LogBroken, match="line 2: it does not follow"):
        verify(staff)


def test_end_cut_off_is_seen_by_whoever_noted_the_head(staff: Staff) -> None:
    noted = write(staff, 3)
    tamper(staff, "DELETE FROM audit_log WHERE id = 3")
    assert verify(staff).count == 2
    with pytest.raises(LogBroken, match="noted at line 3"):
        verify(staff, noted)


def test_log_written_anew_is_seen_by_whoever_noted_the_head(staff: Staff) -> None:
    noted = write(staff, 3)
    tamper(staff, "DELETE FROM audit_log")
    write(staff, 5, agency=OTHER)
    assert verify(staff).count == 5
    with pytest.raises(LogBroken, match="written anew"):
        verify(staff, noted)
    with pytest.raises(LogBroken):
        verify(staff, Head(0, b"another beginning"))


def test_two_lines_cannot_follow_the_same_one(staff: Staff) -> None:
    write(staff, 2)
    fork = (
        "INSERT INTO audit_log (id, at, who, agency, what, subject, source, detail, previous, hash) "
        "SELECT 3, at, who, agency, what, subject, source, detail, previous, hash FROM audit_log"
    )
    with pytest.raises(IntegrityError, match="previous"):
        tamper(staff, f"{fork} WHERE id = 2")


def test_writers_at_once_make_one_chain(staff: Staff) -> None:
    threads = [threading.Thread(target=write, args=(staff, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(staff).count == 20


def test_line_is_stored_with_what_it_tells_of_or_not_at_all(staff: Staff) -> None:
    write(staff, 1)

    def fail() -> None:
        with staff.store.writing() as work:
            audit_log.add(work, staff.occasion, "did a thing", who="somebody")
            work.batch(7)

    with pytest.raises(NotFound):
        fail()
    assert verify(staff).count == 1


def test_lines_are_read_by_agency_and_by_page(staff: Staff) -> None:
    write(staff, 3)
    write(staff, 2, agency=OTHER)
    with staff.store.reading() as work:
        assert [line.id for line in account_rows.lines(work, agency=OTHER)] == [4, 5]
        assert [line.id for line in account_rows.lines(work, after=3)] == [4, 5]
        assert [line.id for line in account_rows.newest_lines(work, most=2)] == [5, 4]
        assert [line.id for line in account_rows.newest_lines(work, agency=AGENCY, before=3)] == [2, 1]


def test_second_writer_of_a_line_is_refused_by_the_database(staff: Staff) -> None:
    """Where the database does not let writers wait for each other, as SQLite does, one of them must try again."""
    write(staff, 1)
    with staff.store.writing() as work:
        last = account_rows.last_line(work)
        assert last is not None
        work.add(AuditLine(**{**last.model_dump(), "id": 2}))
        with pytest.raises(IntegrityError, match="previous"):
            work.flush()
        work.session.rollback()
