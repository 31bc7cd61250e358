"""Batches that were drafted, rehearsed and submitted, for tests of what comes between two people."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from issuer import issuing, rehearsals
from issuer.document.documents import Renderer
from issuer.draft import drafting, submissions
from issuer.draft.submissions import Person
from issuer.rehearsal import rehearsing
from tests.issuer.offices import permits

if TYPE_CHECKING:
    from issuer.rehearsals import Outcome
    from issuer.tables.models import Batch
    from tests.issuer.offices import World

LOW = 2
renderer = cache(Renderer)


def drafted(world: World, *serials: int, **cells: str) -> int:
    """Return a batch of drafts of food operation permits."""
    kind = world.office.type("food-operation-permit")
    return drafting.draft(world.office, permits(*serials, **cells), kind, agency=LOW).batches[0]


def rehearse(world: World, batch: int, **options: object) -> Outcome:
    """Rehearse a batch."""
    return rehearsing.rehearse(world.office, batch, renderer=renderer(), **options)  # type: ignore[arg-type]


def passed(world: World, batch: int) -> None:
    """Have a batch count as rehearsed, in no time."""
    issuing.fix(world.office, batch)
    with world.office.store.writing() as work:
        held = work.batch(batch)
        outcome = rehearsals.Outcome(batch, held.root or b"", world.office.now(), 0.0, held.size, held.size, ())
        rehearsals.keep(world.office, work, held.agency, outcome)


def submitted(world: World, *serials: int) -> int:
    """Return a batch that waits for approval."""
    batch = drafted(world, *serials)
    passed(world, batch)
    submissions.submit(world.office, batch, world.officer("low-preparer"))
    return batch


def held(world: World, batch: int) -> Batch:
    """Return a batch as it is now."""
    with world.office.store.reading() as work:
        return work.batch(batch)


def person(world: World, name: str) -> Person:
    """Return an officer as somebody who acts without signing."""
    return Person.of(world.officer(name))
