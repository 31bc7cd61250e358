"""Where a batch is on its way, step by step with times, and what keeps it; as pages show it and look again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from issuer.document import document_archive
from issuer.said import msgid
from issuer.sending import lane_conditions, parking
from issuer.tables.lane_models import Trouble
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from issuer.office import Office
    from issuer.tables.lane_models import LaneCondition
    from issuer.tables.models import Batch, History
    from issuer.tables.store import Work

ON_THE_WAY = (State.APPROVED, State.QUEUED, State.SENT, State.IN_BLOCK, State.FINAL)
"""States from which a batch goes on by itself."""

_WORDS = {
    "drafted": msgid("Drafted"),
    "prepared": msgid("Submitted"),
    "approved": msgid("Approved"),
    "queued": msgid("Queued"),
    "signed and stored": msgid("Sent to the chain"),
    "in a block": msgid("In a block"),
    "final": msgid("Final"),
    "issued": msgid("Signed"),
    "documents made": msgid("Documents ready"),
}
"""What a batch's history calls each step, in their order, and what pages call it."""
_ORDER = tuple(_WORDS)
_BACK_TO = {
    "fixed": "drafted",
    "signatures void": "drafted",
    "returned": "drafted",
    "recalled": "drafted",
    "prepared": "prepared",
    "refused before sending": "approved",
    "found anchored": "approved",
    "failed": "drafted",
    "overtaken by a foreign transaction": "queued",
    "its block is no more; sent again": "signed and stored",
}
"""Lines after which the steps beyond are to be done anew."""
_REACHED = {
    State.DRAFT: 1,
    State.PREPARED: 2,
    State.APPROVED: 3,
    State.QUEUED: 4,
    State.SENT: 5,
    State.IN_BLOCK: 6,
    State.FINAL: 7,
    State.ISSUED: 8,
}


class Progress(StrEnum):
    """Where a step is."""

    DONE = "done"
    CURRENT = "current"
    """What comes next."""
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way."""

    word: str
    """A msgid."""
    progress: Progress
    at: datetime | None
    who: str
    """Logins, separated by commas; empty where nobody's doing it was."""


@dataclass(frozen=True, slots=True)
class Journey:
    """A batch on its way."""

    steps: tuple[Step, ...]
    is_parked: bool
    """Set aside until a person releases it."""
    waits_until: datetime | None
    """Until when it may be recalled."""
    documents: int
    """So many are made."""
    since: datetime
    """When something last happened to it."""
    goes_on: bool
    """Whether it goes on by itself, so that it is worth looking again."""
    transaction: str
    """The hash of its newest transaction, and its number; empty where none was made."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the way to the chain is."""

    trouble: Trouble
    since: datetime | None
    detail: str
    is_worker_away: bool
    """Nobody has looked at the chain for a while."""
    head_number: int | None
    head_at: datetime | None


def of(office: Office, work: Work, batch: Batch) -> Journey:
    """Return where a batch is."""
    lines = work.history(batch_id=batch.id)
    parked = parking.is_parked(batch)
    ready = batch.documents_at is not None
    reached = len(_ORDER) if ready else _REACHED.get(State(batch.state), 1)
    passed = _passed(lines)
    waits = batch.state == State.APPROVED and batch.anchor_after is not None and batch.anchor_after > office.now()
    return Journey(
        steps=tuple(_step(name, index, reached, passed.get(name)) for index, name in enumerate(_ORDER)),
        is_parked=parked,
        waits_until=batch.anchor_after if waits else None,
        documents=document_archive.count(work, batch.id or 0) if batch.state == State.ISSUED else 0,
        since=lines[-1].at if lines else batch.created_at,
        goes_on=not parked and (batch.state in ON_THE_WAY or (batch.state == State.ISSUED and not ready)),
        transaction=next((line.detail for line in reversed(lines) if line.what == "signed and stored"), ""),
    )


def health(office: Office, work: Work) -> Health:
    """Return how the way to the chain is, as a worker last saw it."""
    conditions = lane_conditions.all_of(work)
    if not conditions:
        return Health(Trouble.NONE, None, "", is_worker_away=True, head_number=None, head_at=None)
    newest = conditions[0]
    return Health(
        trouble=Trouble(newest.trouble),
        since=newest.since,
        detail=newest.detail,
        is_worker_away=_is_away(office, newest),
        head_number=newest.head_number,
        head_at=newest.head_at,
    )


def _is_away(office: Office, condition: LaneCondition) -> bool:
    return condition.seen_at < office.now() - lane_conditions.AWAY_AFTER


def _passed(lines: Sequence[History]) -> dict[str, History]:
    """Return by which line each step was passed, for the last time."""
    passed: dict[str, History] = {}
    for line in lines:
        if back_to := _BACK_TO.get(line.what):
            for name in _ORDER[_ORDER.index(back_to) + 1 :]:
                passed.pop(name, None)
        if line.what in _WORDS:
            passed[line.what] = line
    return passed


def _step(name: str, index: int, reached: int, line: History | None) -> Step:
    at = (index > reached) - (index < reached)
    progress = {-1: Progress.DONE, 0: Progress.CURRENT, 1: Progress.WAITING}[at]
    is_done = progress is Progress.DONE and line is not None
    return Step(
        word=_WORDS[name],
        progress=progress,
        at=line.at if line is not None and is_done else None,
        who=line.who if line is not None and is_done else "",
    )
