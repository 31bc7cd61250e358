"""The thread that follows the chain: nothing ends it but being asked to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

from tests.verifier.papers_on_chain import index_of
from tests.waiting import wait_until
from verifier.polling import following

if TYPE_CHECKING:
    from pathlib import Path

    from tests.deployed import Deployed

PATIENCE_S = 20


def refuse_writing(database: Path) -> None:
    """Have an index's database refuse every change, as a full disk does."""
    with closing(sqlite3.connect(database)) as connection:
        for change in ("INSERT", "UPDATE", "DELETE"):
            connection.execute(
                f"CREATE TRIGGER full_{change} BEFORE {change} ON registry "
                "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        connection.commit()


def allow_writing(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for change in ("INSERT", "UPDATE", "DELETE"):
            connection.execute(f"DROP TRIGGER full_{change}")
        connection.commit()


def test_a_database_that_fails_does_not_end_the_following(deployment: Deployed, tmp_path: Path) -> None:
    index = index_of(deployment, tmp_path)
    index.follow(datetime.now(UTC))
    before = index.progress()
    assert before is not None
    refuse_writing(tmp_path / "index.db")
    tried = [Event() for _ in range(3)]
    rounds = count()

    def clock() -> datetime:
        # Every attempt is a second later, so that there is always something to store.
        attempt = next(rounds)
        if attempt < len(tried):
            tried[attempt].set()
        return datetime.now(UTC) + timedelta(seconds=attempt + 1)

    poller = following(index, every_s=0.05, clock=clock)
    poller.start()
    try:
        # The third attempt follows two that could neither be stored nor noted.
        assert all(event.wait(PATIENCE_S) for event in tried)
        allow_writing(tmp_path / "index.db")
        wait_until(
            lambda: (progress := index.progress()) is not None and progress.polled_at > before.polled_at,
            what="the index is followed again",
        )
    finally:
        poller.stop()
