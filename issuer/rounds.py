"""Steps done again and again, each kind in a thread of its own, until somebody says that it is enough.

A step that is under way is finished first. One that fails unforeseen is told once for each kind of failure, and tried
again after a pause: a worker that dies of one accident would leave everything else undone.
"""

from __future__ import annotations

import threading
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from chain.errors import YinxinError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

IDLE_S = 1.0
"""How long a round waits where there was nothing to do."""
AFTER_AN_ACCIDENT_S = 10.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Round:
    """One kind of step."""

    name: str
    step: Callable[[], bool]
    """Does one thing; returns whether there was something to do."""
    pause_s: float = 0.0
    """Between two steps while there is something to do."""
    idle_s: float = IDLE_S
    """And while there is nothing."""


@contextmanager
def walked(rounds: Sequence[Round], stop: threading.Event) -> Iterator[None]:
    """Do these rounds while the context lasts, or until `stop` is set; leaving waits for the steps under way."""
    threads = [threading.Thread(target=walk, args=[each, stop], name=each.name) for each in rounds]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def walk(each: Round, stop: threading.Event) -> None:
    """Do one kind of step until `stop` is set."""
    told = ""
    while not stop.is_set():
        try:
            busy = each.step()
        except YinxinError as error:
            told = _tell(each, error, told, where=[])
            pause = AFTER_AN_ACCIDENT_S
        except Exception as error:  # noqa: BLE001 — see the module; it is told as unforeseen
            told = _tell(each, error, told, where=_places(error))
            pause = AFTER_AN_ACCIDENT_S
        else:
            told = ""
            pause = each.pause_s if busy else each.idle_s
        stop.wait(pause)


def _tell(each: Round, error: Exception, told: str, *, where: list[str]) -> str:
    """Log a failure unless it is the one that was told last; returns which it is."""
    kind = type(error).__name__
    if kind != told:
        # An unforeseen exception's text may be about a person; ours are not.
        reason = str(error) if isinstance(error, YinxinError) else ""
        _log.error("a step failed", round=each.name, error=kind, reason=reason, where=where)
    return kind


def _places(error: Exception) -> list[str]:
    return [f"{each.filename}:{each.lineno}" for each in traceback.extract_tb(error.__traceback__)[-4:]]
