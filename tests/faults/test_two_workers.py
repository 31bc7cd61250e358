"""Several workers with one sending account: safe at once, and one takes over what the other dies of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from issuer.tables.models import State
from tests.faults.services import batches_of, require_each_once, wait_until_documents
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.faults.services import Service

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


def service_on(request: pytest.FixtureRequest, database: str) -> Service:
    found: Service = request.getfixturevalue(f"on_{database}")
    return found


@BOTH
def test_two_workers_at_once_anchor_each_batch_once(request: pytest.FixtureRequest, database: str) -> None:
    service = service_on(request, database)
    with service.open() as opened, service.work(), service.work():
        batches = [service.approved(opened, size=2) for _ in range(4)]
        wait_until_documents(opened, batches)
        require_each_once(opened, batches)


@BOTH
def test_second_worker_takes_over_when_the_first_is_killed_on_the_way(
    request: pytest.FixtureRequest, database: str
) -> None:
    service = service_on(request, database)
    with service.open() as opened, service.work() as second:
        first = service.work()
        batches = [service.approved(opened) for _ in range(3)]
        wait_until(
            lambda: any(batch.state != State.APPROVED for batch in batches_of(opened, batches)), what="they have begun"
        )
        first.kill()
        batches.append(service.approved(opened))
        wait_until_documents(opened, batches)
        assert second.process.is_alive()
        require_each_once(opened, batches)


@BOTH
def test_second_worker_takes_over_what_the_first_held_when_it_was_killed(
    request: pytest.FixtureRequest, database: str
) -> None:
    service = service_on(request, database)
    with service.open() as opened:
        batches = [service.approved(opened) for _ in range(2)]
        # It dies with the lane in its hands.
        service.work(YINXIN_CRASH_AT="after_reply").killed()
        with service.work(), service.work():
            wait_until_documents(opened, batches)
        require_each_once(opened, batches)


def test_worker_that_is_asked_to_stop_finishes_its_step_and_another_goes_on(on_sqlite: Service) -> None:
    with on_sqlite.open() as opened:
        batches = [on_sqlite.approved(opened, size=2) for _ in range(3)]
        leaving = on_sqlite.work()
        wait_until(
            lambda: any(batch.state != State.APPROVED for batch in batches_of(opened, batches)), what="it has begun"
        )
        leaving.stop()
        with on_sqlite.work():
            wait_until_documents(opened, batches)
        require_each_once(opened, batches)


def test_service_seals_by_itself_unless_it_is_told_not_to(on_sqlite: Service) -> None:
    with on_sqlite.open() as opened, on_sqlite.work("serve", "--port", "0", YINXIN_LOG_LEVEL="info"):
        batches = [on_sqlite.approved(opened)]
        wait_until_documents(opened, batches)
        require_each_once(opened, batches)
    quiet = {"YINXIN_LOG_LEVEL": "info", "YINXIN_WORKER": "false"}
    with on_sqlite.open() as opened, on_sqlite.work("serve", "--port", "0", **quiet) as serving:
        batch = on_sqlite.approved(opened)
        serving.stop()
        assert batches_of(opened, [batch])[0].state == State.APPROVED
