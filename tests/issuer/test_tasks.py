"""Work for the background: submitted with what wants it, claimed once, encrypted, swept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from issuer import tasks
from issuer.errors import NotFound, NotReady
from issuer.tasks import Task, TaskState

if TYPE_CHECKING:
    from tests.issuer.offices import World

pytestmark = pytest.mark.databases

LOW, OTHER = 2, 3
DEAD_AFTER = timedelta(seconds=30)
HOLDER = "张三 150102199001011234".encode()


@pytest.fixture(autouse=True)
def keys(world: World) -> None:
    for agency in (LOW, OTHER):
        world.office.records.ensure_data_key(world.office.store, agency, now=world.office.now())


def submitted(world: World, kind: str = "import", *, subject: str = "", data: bytes = HOLDER) -> int:
    with world.office.store.writing() as work:
        return tasks.submit(world.office, work, kind, agency=LOW, login="zhang", subject=subject, data=data)


def claimed(world: World, worker: str = "one", *kinds: str) -> Task | None:
    with world.office.store.writing() as work:
        return tasks.claim(world.office, work, worker, kinds=kinds or ("import",), dead_after=DEAD_AFTER)


def found(world: World, number: int) -> Task:
    with world.office.store.reading() as work:
        return tasks.find(work, number, LOW)


def test_task_is_claimed_by_one_worker_only(world: World) -> None:
    number = submitted(world)
    first = claimed(world, "one")
    assert first is not None
    assert (first.id, first.state, first.attempts) == (number, TaskState.RUNNING, 1)
    assert claimed(world, "two") is None


def test_tasks_are_claimed_in_the_order_in_which_they_came(world: World) -> None:
    numbers = [submitted(world), submitted(world)]
    assert [task.id for task in (claimed(world), claimed(world)) if task] == numbers


def test_kind_that_a_worker_does_not_know_waits_for_one_who_does(world: World) -> None:
    number = submitted(world, "rehearsal")
    assert claimed(world, "old", "import") is None
    task = claimed(world, "new", "import", "rehearsal")
    assert task is not None
    assert task.id == number


def test_task_of_a_dead_worker_is_taken_up_again(world: World) -> None:
    number = submitted(world)
    claimed(world, "dead")
    world.registry.now += 29
    assert claimed(world, "alive") is None
    world.registry.now += 2
    task = claimed(world, "alive")
    assert task is not None
    assert (task.id, task.worker, task.attempts) == (number, "alive", 2)
    with world.office.store.reading() as work:
        assert tasks.held(work, number, "dead") is None


def test_task_that_its_workers_die_of_is_given_up(world: World) -> None:
    number = submitted(world)
    for _ in range(tasks.MOST_ATTEMPTS):
        assert claimed(world) is not None
        world.registry.now += 31
    assert claimed(world) is None
    task = found(world, number)
    assert task.state == TaskState.FAILED
    with world.office.store.reading() as work:
        assert "dies of it" in tasks.failure_of(world.office, work, task)


def test_nothing_of_a_task_about_people_stands_in_the_database_in_plain_words(world: World) -> None:
    number = submitted(world)
    claimed(world)
    with world.office.store.writing() as work:
        tasks.finish(world.office, work, tasks.find(work, number, LOW), {"holder": HOLDER.decode()})
    failed = submitted(world)
    with world.office.store.writing() as work:
        tasks.fail(world.office, work, tasks.find(work, failed, LOW), NotReady(HOLDER.decode()))
    with world.office.store.reading() as work:
        assert tasks.data_of(world.office, work, found(world, number)) == HOLDER
        assert tasks.result_of(world.office, work, found(world, number)) == {"holder": HOLDER.decode()}
        assert tasks.failure_of(world.office, work, found(world, failed)) == HOLDER.decode()
        assert found(world, failed).failure == "NotReady"
        for row in work.session.exec(select(Task)):
            assert HOLDER not in repr(row.model_dump()).encode()
            assert HOLDER not in b"".join(each for each in row.model_dump().values() if isinstance(each, bytes))


def test_another_agencys_task_is_as_if_there_were_none(world: World) -> None:
    number = submitted(world)
    with world.office.store.reading() as work, pytest.raises(NotFound):
        tasks.find(work, number, OTHER)
    with world.office.store.reading() as work, pytest.raises(NotFound):
        tasks.find(work, number + 1, LOW)


def test_latest_task_about_a_subject_is_found(world: World) -> None:
    submitted(world, subject="batch 7")
    second = submitted(world, subject="batch 7")
    submitted(world, subject="batch 8")
    with world.office.store.reading() as work:
        task = tasks.latest(work, "import", LOW, "batch 7")
        assert task is not None
        assert task.id == second
        assert tasks.latest(work, "import", OTHER, "batch 7") is None


def test_waiting_task_that_is_cancelled_is_never_begun_and_keeps_no_file(world: World) -> None:
    number = submitted(world)
    with world.office.store.writing() as work:
        tasks.cancel(work, tasks.find(work, number, LOW))
    assert claimed(world) is None
    task = found(world, number)
    assert (task.state, task.data) == (TaskState.CANCELLED, None)
    with world.office.store.reading() as work, pytest.raises(NotReady, match="not kept"):
        tasks.data_of(world.office, work, task)


def test_result_is_there_only_once_the_task_is_done(world: World) -> None:
    task = found(world, submitted(world))
    with world.office.store.reading() as work, pytest.raises(NotReady, match="is WAITING"):
        tasks.result_of(world.office, work, task)


def test_cancelled_task_of_a_dead_worker_is_not_taken_up_again(world: World) -> None:
    number = submitted(world)
    claimed(world)
    with world.office.store.writing() as work:
        tasks.cancel(work, tasks.find(work, number, LOW))
    world.registry.now += 31
    assert claimed(world) is None
    assert found(world, number).state == TaskState.CANCELLED


def test_old_tasks_are_swept_with_their_files_and_young_ones_kept(world: World) -> None:
    old, waiting = submitted(world), submitted(world)
    with world.office.store.writing() as work:
        tasks.finish(world.office, work, tasks.find(work, old, LOW), None)
    world.registry.now += int(tasks.KEPT.total_seconds()) + 1
    young = submitted(world)
    with world.office.store.writing() as work:
        tasks.finish(world.office, work, tasks.find(work, young, LOW), None)
        assert tasks.sweep(world.office, work) == 1
    assert found(world, young).state == TaskState.DONE
    assert found(world, waiting).state == TaskState.WAITING
    with world.office.store.reading() as work, pytest.raises(NotFound):
        tasks.find(work, old, LOW)
