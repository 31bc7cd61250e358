"""Workers: what waits is done once, what a dead one left is done again, what nobody wants any more is not."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from issuer import tasks, working
from issuer.errors import NotReady
from issuer.rounds import Round, walk, walked
from issuer.tasks import Cancelled, Task, TaskAtHand, TaskState
from issuer.working import Worker
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.working import Handler, Progress
    from tests.issuer.offices import World

LOW = 2


class Died(BaseException):
    """What a test raises where the process would be killed."""


def submitted(world: World, data: bytes = b"") -> int:
    world.office.records.ensure_data_key(world.office.store, LOW, now=world.office.now())
    with world.office.store.writing() as work:
        return tasks.submit(world.office, work, "count", agency=LOW, login="zhang", subject="batch 1", data=data)


def found(world: World, number: int) -> Task:
    with world.office.store.reading() as work:
        return tasks.find(work, number, LOW)


def result(world: World, number: int) -> JSON:
    with world.office.store.reading() as work:
        return tasks.result_of(world.office, work, tasks.find(work, number, LOW))


def worker(world: World, handler: Handler, clock: Callable[[], float] = lambda: 0.0) -> Worker:
    return Worker(world.office, handlers={"count": handler}, clock=clock)


def count(_office: Office, task: TaskAtHand, progress: Progress) -> JSON:
    for each in range(len(task.data)):
        progress(each + 1, len(task.data))
    return {"bytes": len(task.data), "who": task.login, "subject": task.subject}


def test_worker_does_what_waits_and_then_has_nothing_to_do(world: World) -> None:
    number = submitted(world, b"four")
    does = worker(world, count)
    assert does.step()
    assert not does.step()
    task = found(world, number)
    assert (task.state, task.done, task.total) == (TaskState.DONE, 4, 4)
    assert result(world, number) == {"bytes": 4, "who": "zhang", "subject": "batch 1"}


def test_worker_that_dies_leaves_a_task_that_another_does_from_the_start(world: World) -> None:
    number = submitted(world)
    begun = 0

    def die_once(_office: Office, _task: TaskAtHand, _progress: Progress) -> JSON:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise Died
        return begun

    with pytest.raises(Died):
        worker(world, die_once).step()
    assert not worker(world, die_once).step()
    world.registry.now += 31
    assert worker(world, die_once).step()
    assert result(world, number) == 2


def test_worker_taken_for_dead_does_not_overwrite_what_another_did(world: World) -> None:
    number = submitted(world)
    quick = worker(world, lambda *_: "quick")

    def slow(_office: Office, _task: TaskAtHand, progress: Progress) -> JSON:
        world.registry.now += 31
        assert quick.step()
        with pytest.raises(Cancelled):
            progress(1, 1)
        return "slow"

    worker(world, slow).step()
    assert result(world, number) == "quick"


def test_progress_is_written_every_half_second_and_at_the_end(world: World) -> None:
    number = submitted(world)
    seconds = 0.0
    seen = []

    def handler(_office: Office, _task: TaskAtHand, progress: Progress) -> JSON:
        nonlocal seconds
        for each in range(1, 11):
            seconds += 0.2
            progress(each, 10)
            seen.append(found(world, number).done)
        return None

    worker(world, handler, lambda: seconds).step()
    assert seen == [1, 1, 1, 4, 4, 4, 7, 7, 7, 10]


def test_task_that_is_cancelled_stops_when_it_next_says_how_far_it_is(world: World) -> None:
    number = submitted(world, b"file")

    def handler(_office: Office, _task: TaskAtHand, progress: Progress) -> JSON:
        with world.office.store.writing() as work:
            tasks.cancel(work, tasks.find(work, number, LOW))
        progress(1, 2)
        pytest.fail("it went on")

    worker(world, handler).step()
    task = found(world, number)
    assert (task.state, task.data, task.result) == (TaskState.CANCELLED, None, None)


def test_failure_is_told_and_the_next_task_is_done(world: World) -> None:
    failing, good = submitted(world), submitted(world)

    def handler(_office: Office, task: TaskAtHand, _progress: Progress) -> JSON:
        if task.id == failing:
            raise NotReady("the file of 张三 is not ready")
        return "good"

    does = worker(world, handler)
    assert does.step()
    assert does.step()
    task = found(world, failing)
    assert (task.state, task.failure) == (TaskState.FAILED, "NotReady")
    assert result(world, good) == "good"


def test_accident_fails_its_task_and_its_text_is_not_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    number = submitted(world)

    def handler(*_: object) -> JSON:
        raise ZeroDivisionError("张三")

    worker(world, handler).step()
    assert found(world, number).failure == "ZeroDivisionError"
    said = capsys.readouterr().out
    assert "unforeseen" in said
    assert "张三" not in said


def test_signs_of_life_come_while_a_handler_says_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "SIGN_OF_LIFE_EVERY_S", 0.01)
    number = submitted(world)
    alive = threading.Event()

    def handler(*_: object) -> JSON:
        before = found(world, number).heartbeat_at
        world.registry.now += 20
        wait_until(lambda: found(world, number).heartbeat_at != before, what="a sign of life")
        alive.set()
        return None

    worker(world, handler).step()
    assert alive.is_set()


def test_worker_that_is_asked_to_stop_puts_its_task_down_for_another(world: World) -> None:
    number = submitted(world, b"four")
    leaving = Worker(world.office, handlers={"count": count}, stopping=lambda: True)
    assert leaving.step()
    task = found(world, number)
    assert (task.state, task.attempts) == (TaskState.WAITING, 0)
    assert worker(world, count).step()
    assert found(world, number).state == TaskState.DONE


def test_two_workers_at_once_do_each_task_once(world: World) -> None:
    numbers = [submitted(world) for _ in range(12)]
    done: list[int] = []

    def handler(_office: Office, task: TaskAtHand, _progress: Progress) -> JSON:
        done.append(task.id)
        return None

    def work_on() -> None:
        does = worker(world, handler)
        while does.step():
            pass

    threads = [threading.Thread(target=work_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == numbers


def test_old_tasks_are_swept_by_whoever_works(world: World) -> None:
    number = submitted(world)
    worker(world, count).step()
    world.registry.now += int(timedelta(days=8).total_seconds())
    worker(world, count).step()
    with world.office.store.reading() as work:
        assert work.session.get(Task, number) is None


def test_round_goes_on_after_an_accident_and_tells_it_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("issuer.rounds.AFTER_AN_ACCIDENT_S", 0.0)
    stop = threading.Event()
    steps = 0

    def step() -> bool:
        nonlocal steps
        steps += 1
        if steps == 5:
            stop.set()
        raise ZeroDivisionError("张三")

    walk(Round("stumbling", step), stop)
    said = capsys.readouterr().out
    assert said.count("a step failed") == 1
    assert "张三" not in said


def test_leaving_waits_for_the_step_under_way(world: World) -> None:
    begun, ended = threading.Event(), threading.Event()

    def step() -> bool:
        begun.set()
        # As long as a step takes; the context is left meanwhile.
        threading.Event().wait(0.05)
        ended.set()
        return True

    with walked([Round("slow", step)], threading.Event()):
        assert begun.wait(5)
    assert ended.is_set()
