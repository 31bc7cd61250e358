"""Batches as other systems are shown them, and who may see which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer import approvals
from issuer.client.admission import Caller
from issuer.errors import NotFound
from issuer.routes import admitted
from issuer.routes.desk import Desk, require_sight
from issuer.routes.strict import Strict
from issuer.tables.client_models import Scope

if TYPE_CHECKING:
    from fastapi import Request

    from issuer.keys import Officer
    from issuer.tables.models import Batch


class TypeView(Strict):
    """A certificate type."""

    type: str
    version: int
    names: dict[str, str]


class DraftsView(Strict):
    """What an upload made."""

    batches: list[int]
    rows: int
    repeated: bool
    """The same file was uploaded before: these are its batches, nothing was made."""


class BatchView(Strict):
    """A batch."""

    batch: int
    agency: int
    type: str
    version: int
    purpose: str
    size: int
    state: str
    root: str | None
    kid: str | None
    deadline: int | None
    block: int | None
    proofs: bool
    """Whether proofs that verify without a network are made."""
    failure: str
    missing_approvals: int


class ListedView(Strict):
    """A certificate of a batch, by which another system finds its own record again."""

    id: str
    position: int
    number: str
    identifier: str
    short_number: str


def read(request: Request, at: Desk, asking: Caller | Officer, *, asked: str) -> None:
    """Let an officer read batches, and a client that may, whose use is noted down."""
    if isinstance(asking, Caller):
        admitted.use(request, at, asking, Scope.READ_BATCHES, asked=asked)


def seen(at: Desk, asking: Caller | Officer, number: int) -> Batch:
    """Return a batch in sight: a client's is its own agency's, of the types that it was allowed; raises `NotFound`."""
    absent = f"batch: got {number}, wanted the number of one that is listed here"
    with at.office.store.reading() as work:
        found = work.batch(number)
    if isinstance(asking, Caller):
        asking.require_own(found.agency, found.certificate_type, absent)
    else:
        require_sight(at, asking, found.agency, absent)
    return found


def own(at: Desk, asking: Caller | Officer, number: int) -> Batch:
    """Return a batch of the own agency: one above it does not read what certificates say. Raises `NotFound`."""
    found = seen(at, asking, number)
    if found.agency != asking.agency:
        raise NotFound(f"batch: got {number}, wanted the number of one that is listed here")
    return found


def view(at: Desk, found: Batch) -> BatchView:
    """Return a batch as it is shown."""
    with at.office.store.reading() as work:
        missing = approvals.missing_approvals(at.office, work, found)
    return BatchView(
        batch=found.id or 0,
        agency=found.agency,
        type=found.certificate_type,
        version=found.type_version,
        purpose=found.purpose,
        size=found.size,
        state=found.state,
        root=found.root.hex() if found.root else None,
        kid=found.kid.hex() if found.kid else None,
        deadline=found.deadline,
        block=found.block_number,
        proofs=found.evidence is not None,
        failure=found.failure,
        missing_approvals=missing,
    )
