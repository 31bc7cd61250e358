"""Turns at taking uploads apart: nobody waits for somebody else's crowd."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from anyio import CancelScope, Event, create_task_group, run
from anyio.lowlevel import checkpoint

from verifier.routes.turns import (
    MOST_COMING,
    MOST_COMING_EACH,
    MOST_WAITING,
    MOST_WAITING_EACH,
    Coming,
    Crowded,
    Turns,
)


async def settle() -> None:
    """Let all tasks go as far as they can."""
    for _ in range(20):
        await checkpoint()


class Crowd:
    """Several clients, each of whom holds its turn until it is told to go on."""

    def __init__(self, at_once: int) -> None:
        self.turns = Turns(at_once)
        self.served: list[str] = []
        self.refused: list[str] = []
        self.go_on: dict[str, Event] = {}

    async def come(self, name: str) -> None:
        """Come as a client called by the name's first letter."""
        self.go_on[name] = Event()
        try:
            async with self.turns.turn(name[0]):
                self.served.append(name)
                await self.go_on[name].wait()
        except Crowded:
            self.refused.append(name)


def test_another_client_does_not_wait_for_a_crowd() -> None:
    async def story() -> None:
        crowd = Crowd(2)
        async with create_task_group() as group:
            for number in range(20):
                group.start_soon(crowd.come, f"a{number}")
            await settle()
            assert crowd.served == ["a0"]
            assert len(crowd.refused) == 20 - 1 - MOST_WAITING_EACH
            group.start_soon(crowd.come, "b")
            await settle()
            assert crowd.served == ["a0", "b"]
            group.cancel_scope.cancel()

    run(story)


def test_whoever_waits_longest_and_is_not_being_served_comes_next() -> None:
    async def story() -> None:
        crowd = Crowd(2)
        async with create_task_group() as group:
            for name in ("a0", "b0", "a1", "c0", "b1"):
                group.start_soon(crowd.come, name)
                await settle()
            assert crowd.served == ["a0", "b0"]
            for done, following in (("b0", "c0"), ("a0", "a1"), ("c0", "b1"), ("a1", None), ("b1", None)):
                crowd.go_on[done].set()
                await settle()
                if following is not None:
                    assert crowd.served[-1] == following
            assert len(crowd.served) == 5
        async with crowd.turns.turn("a"):
            pass

    run(story)


def test_only_so_many_wait() -> None:
    async def story() -> None:
        crowd = Crowd(1)
        async with create_task_group() as group:
            for client in "abcdefghijklmnopqrstuvwxyz":
                group.start_soon(crowd.come, client)
            await settle()
            assert crowd.served == ["a"]
            assert len(crowd.refused) == 26 - 1 - MOST_WAITING
            group.cancel_scope.cancel()

    run(story)


def test_whoever_goes_away_gives_the_turn_back() -> None:
    async def story() -> None:
        crowd = Crowd(1)
        async with create_task_group() as group:
            group.start_soon(crowd.come, "a")
            await settle()
            with CancelScope() as gone:
                gone.cancel()
                await crowd.come("b")
            leaving = CancelScope()

            async def leave() -> None:
                with leaving:
                    await crowd.come("c")

            group.start_soon(leave)
            await settle()
            # The turn comes at the same moment at which the client goes away.
            crowd.turns._give_back("a")  # noqa: SLF001 (the moment between being called and waking up)
            leaving.cancel()
            await settle()
            group.start_soon(crowd.come, "d")
            await settle()
            assert crowd.served[-1] == "d"
            group.cancel_scope.cancel()

    run(story)


def test_a_turn_ends_with_an_error_too() -> None:
    async def story() -> None:
        turns = Turns(1)
        with pytest.raises(ZeroDivisionError):
            async with turns.turn("a"):
                raise ZeroDivisionError
        async with turns.turn("a"):
            pass

    run(story)


def test_few_bodies_of_one_client_are_on_their_way_at_once() -> None:
    coming = Coming()
    with ExitStack() as stack:
        for _ in range(MOST_COMING_EACH):
            stack.enter_context(coming.place("a"))
        with pytest.raises(Crowded) as own:
            stack.enter_context(coming.place("a"))
        assert own.value.status == 429
        for client in range(MOST_COMING - MOST_COMING_EACH):
            stack.enter_context(coming.place(str(client)))
        with pytest.raises(Crowded) as everybody:
            stack.enter_context(coming.place("another"))
        assert everybody.value.status == 503
    with coming.place("a"):
        pass
