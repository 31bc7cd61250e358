"""What a service answers about a leaf, truly and otherwise."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from fastapi.testclient import TestClient

from chain.events import Track
from tests.browser.check_cases import TRUST, read, told
from tests.browser.check_worlds import World
from tests.verifier.book import AGENCY, DECISION, STRANGER
from verifier import checking
from verifier.app import make_app
from verifier.check.moments import moment
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.verifier.book import Paper
    from verifier.indexing.index import Index

MS = 1000
Answer = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """An honest service over a world."""

    world: World
    index: Index

    @classmethod
    def over(cls, world: World, folder: Path, *, confirmations: int = 1) -> Service:
        folder.mkdir(parents=True, exist_ok=True)
        return cls(world, world.index(folder, confirmations=confirmations))

    def leaves(self, leaf: bytes, now: datetime | None = None) -> Answer:
        """Return what it answers about all leaves that begin like this one.

        It does not ask its nodes again, as that may come before the answer or after it.
        """
        app = make_app(self.index, Settings(), clock=lambda: now or self.world.now, leads=lambda: False)
        with TestClient(app) as client:
            answer = client.get("/api/v1/leaves", params={"prefix": leaf[:2].hex()})
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()
        return found

    def verdict(self, brought: str | bytes, kind: str, *, on: str | None = None, now: datetime | None = None) -> Answer:
        """Return the report that Python makes of its index."""
        when = moment(on, now or self.world.now)
        return told(checking.check_presented(read(brought), self.index, when, name=kind))


def task(
    world: World, brought: str | bytes, answer: object, *, until: int | None = None, **changes: object
) -> dict[str, Any]:
    """Return the task to check with that answer, beside a checkpoint of the newest final block if not of another."""
    return {
        **({"text": brought} if isinstance(brought, str) else {"data": brought.hex()}),
        "trust": TRUST.decode(),
        "packs": [_pack(world, world.height - 1 if until is None else until)],
        "now": int(world.now.timestamp() * MS),
        "answer": answer,
        **changes,
    }


def _pack(world: World, until: int) -> str:
    packs: dict[int, str] = world.__dict__.setdefault("packs", {})
    if until not in packs:
        packs[until] = world.pack(until).hex()
    return packs[until]


def beside(leaf: bytes) -> bytes:
    """Return a leaf of somebody else's that begins alike."""
    return leaf[:2] + bytes(30)


def world_of_two(made: Paper) -> World:
    """Return a world in which somebody else's leaf begins like this one, and has a status."""
    world = World()
    world.anchor(made.leaf, beside(made.leaf), b"\x01" * 32)
    world.anchor(beside(made.leaf), agency=STRANGER)
    world.set_status(beside(made.leaf), Track.LOSS, agency=AGENCY)
    return world


Bend: TypeAlias = "Callable[[Answer], object]"
OTHERS, OWN = ("leaves", 0), ("leaves", 1)
"""Where the leaves of `world_of_two` stand in an answer."""
BATCH, STATUS = (*OWN, "batches", 0), (*OTHERS, "statuses", 0)


def _at(answer: Answer, steps: Sequence[str | int]) -> Any:  # noqa: ANN401 - a part of an answer
    part: Any = answer
    for step in steps:
        part = part[step]
    return part


def _put(*steps: str | int, **changes: object) -> Bend:
    """Return what changes members of a part of an answer."""
    return lambda answer: _at(answer, steps).update(changes)


def lies(made: Paper) -> Iterator[tuple[str, Bend, str]]:
    """Yield lies about a certificate whose leaf is the second of two, each with the message that tells of it."""
    for said, changes in _TOLD.items():
        for bend in changes:
            yield said, bend, said
    never, future = _made_up(made, 20), _made_up(made, 10**6)
    yield "a batch of its own", _put(*OWN, batches=[never]), "service.batch_not_listed"
    yield (
        "batches out of order",
        lambda answer: _at(answer, (*OWN, "batches")).append(_made_up(made, 1)),
        "service.malformed",
    )
    yield "beyond the newest block", _put(*OWN, batches=[future]), "service.impossible"
    yield "a made up status", _put(*OWN, statuses=[_status(20)]), "service.status_added"
    yield "a status of the far future", _put(*OWN, statuses=[_status(10**6)]), "service.impossible"
    yield "a leaf twice", lambda answer: answer["leaves"].append(deepcopy(_at(answer, OWN))), "service.malformed"
    yield "out of order", lambda answer: answer["leaves"].reverse(), "service.malformed"
    yield "of another prefix", lambda answer: answer["leaves"].insert(0, _nothing(bytes(32))), "service.other_prefix"
    yield (
        "another's path",
        lambda answer: _at(answer, BATCH).update(path=_at(answer, (*OTHERS, "batches", 0, "path"))),
        "service.path",
    )


def _nothing(leaf: bytes) -> dict[str, Any]:
    return {"leaf": leaf.hex(), "batches": [], "statuses": []}


def _status(block: int) -> dict[str, Any]:
    return {
        "agency": AGENCY,
        "track": "LOSS",
        "from_hour": 490000,
        "until_hour": 0,
        "actor": AGENCY,
        "new_leaf": None,
        "decision": f"0x{DECISION.hex()}",
        "block_number": block,
        "log_index": 0,
        "timestamp": 1767225700,
    }


def _made_up(made: Paper, block: int) -> dict[str, Any]:
    """Return a batch of one leaf, which nobody anchored."""
    return {
        "agency": AGENCY,
        "root": made.leaf.hex(),
        "type": 3,
        "version": 1,
        "size": 1,
        "sequence": 9,
        "block_number": block,
        "log_index": 0,
        "timestamp": 1767225700,
        "index": 0,
        "path": [],
    }


_TOLD: dict[str, list[Bend]] = {
    "service.malformed": [
        dict.clear,
        _put(max_head_age_s=10**6),
        _put(polled_at=-1),
        _put(confirmations=1.5),
        _put(doubt={"message_id": "verdict.VALID", "arguments": {}}),
        *(_put(**{name: "x"}) for name in ("doubt", "checkpoint", "registry", "block", "leaves", "prefix")),
    ],
    "service.other_prefix": [_put(prefix="0000")],
    "service.other_registry": [
        _put("registry", chain_id=1),
        _put("registry", registry_id=f"0x{'11' * 32}"),
        _put("registry", registry=f"0x{'11' * 20}"),
        _put("registry", agencies=f"0x{'11' * 20}"),
        _put("registry", test=False),
    ],
    "service.behind_checkpoint": [_put("block", number=5)],
    "service.other_block": [_put("block", timestamp=1767225600)],
    "service.path": [
        _put(*BATCH, root="11" * 32),
        _put(*BATCH, index=1),
        _put(*BATCH, size=2),
        _put(*BATCH, path=[]),
        _put(*OTHERS, "batches", 0, root="11" * 32),
    ],
    "service.batch_not_listed": [_put(*BATCH, agency=STRANGER)],
    "service.batch_differs": [
        _put(*BATCH, type=1),
        _put(*BATCH, version=2),
        _put(*BATCH, sequence=77),
        _put(*BATCH, block_number=9),
        _put(*BATCH, block_number=10**6),
        _put(*BATCH, log_index=4),
        _put(*BATCH, timestamp=1767225601),
    ],
    "service.status_left_out": [
        _put(*OTHERS, statuses=[]),
        _put(*STATUS, track="REVOKED"),
        _put(*STATUS, from_hour=1),
        _put(*STATUS, until_hour=2),
        _put(*STATUS, actor=0),
        _put(*STATUS, new_leaf="11" * 32),
        _put(*STATUS, decision="0x" + "11" * 32),
        _put(*STATUS, decision=None),
        _put(*STATUS, log_index=1),
        _put(*STATUS, timestamp=1767225601),
    ],
}


Steps: TypeAlias = tuple[str | int, ...]

HARMLESS = {
    ("block", "number"),
    ("block", "hash"),
    ("block", "timestamp"),
    ("polled_at",),
    ("confirmations",),
    ("max_head_age_s",),
    ("checkpoint", "block_number"),
}
"""What no checkpoint can tell, and a small change of which makes no difference."""
HIDDEN = {("leaves", 0), ("leaves", 0, "batches", 0), ("leaves", 0, "batches", 1)}
"""What belongs to somebody else, and may be left out so that nobody here can find out."""
DENIED = {("leaves", 1), ("leaves", 1, "batches", 0)}
"""What a service may say that it does not know; then the certificate is not found."""


def bent(answer: Answer) -> Iterator[tuple[str, Steps, Answer]]:
    """Yield an answer with each of its members left out, changed, or with one added beside it."""
    for path in _paths(answer):
        *above, last = path
        for how in ("left out", "changed", "added"):
            copy = deepcopy(answer)
            place: Any = copy
            for step in above:
                place = place[step]
            if how == "left out":
                del place[last]
            elif how == "changed":
                place[last] = _other(place[last])
            elif isinstance(place, dict):
                place[f"{last}_"] = deepcopy(place[last])
            else:
                place.append(deepcopy(place[last]))
            yield how, path, copy


def _paths(value: object, before: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    steps: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    for step, below in steps:
        yield (*before, step)
        yield from _paths(below, (*before, step))


def _other(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if value.startswith("0x"):
            return value[:-1] + ("0" if value[-1] != "0" else "1")
        case str():
            return value[:-1] + ("0" if value[-1:] != "0" else "1")
        case None:
            return {}
        case _:
            return None
