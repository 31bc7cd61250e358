"""What follows once a batch is final: its proofs, and its certificates' signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from chain.errors import RegistryUnavailable, SigningFailed
from issuer import issuing, proofs
from issuer.errors import Erased, Locked, NotFound, NotReady
from issuer.sending import outbox
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.office import Office
    from issuer.sending.outbox import Strikes

CRASH_POINTS = ("before_signing", "after_signing")
"""Where a test may kill the process, in order."""

_log = structlog.get_logger()


def sign_one(office: Office, strikes: Strikes, at: Callable[[str], None]) -> bool:
    """Make the proofs of one final batch, and sign its certificates; returns whether there was one.

    A batch that cannot be signed, however often it is tried, is parked with the reason, and holds up no other.
    """
    with office.store.reading() as work:
        final = [batch.id or 0 for batch in work.batches(states=[State.FINAL]) if not batch.failure]
    for number in final:
        proofs.make_or_note(office, number)
        at("before_signing")
        try:
            issuing.sign(office, number)
        except (Locked, Erased, NotFound, NotReady, SigningFailed) as error:
            if strikes.struck(f"batch {number}"):
                park(office, number, State.FINAL, f"its certificates cannot be signed: {error}")
            continue
        at("after_signing")
        strikes.forget(f"batch {number}")
        return True
    return False


def park(office: Office, batch_id: int, state: State, reason: str) -> None:
    """Set a batch aside until a person releases it, unless it is past the state in which it failed by now."""
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        if batch.state != state or batch.documents_at is not None:
            # Another worker succeeded meanwhile.
            return
        batch.failure = reason
        outbox.note(work, batch, "parked", office, reason)
    _log.error("parked", job=f"batch {batch_id}", reason=reason)


def late_proofs(office: Office) -> bool:
    """Make one batch's proofs that its node could not show before; returns whether that went well."""
    with office.store.reading() as work:
        waiting = proofs.waiting(work)
        missing = proofs.missing(work, waiting)
    for number in missing:
        try:
            return proofs.make(office, number)
        except RegistryUnavailable:
            # Noted; another batch's block may be within what the node still shows.
            continue
    return False
