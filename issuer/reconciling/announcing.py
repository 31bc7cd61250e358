"""Tells of what is new in reconciliations, once for each difference: by e-mail, and to systems that listen.

Each run is gone through once, in the order in which they were stored; what the run before it had found is not told
again. Taking note that a run was gone through, and queueing the messages about it, are one transaction, so that nothing
is left out and nothing told twice, whatever is killed. Pages tell by themselves, for as long as the newest run differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from issuer.audit_log import Occasion
from issuer.reconciling import rows
from issuer.reconciling.differences import Grade
from issuer.tables import webhook_rows
from issuer.tables.reconciliation_models import AlertMail
from issuer.webhook import events as webhook_events
from issuer.webhook import webhooks

if TYPE_CHECKING:
    from issuer.office import Office
    from issuer.reconciling.differences import Difference
    from issuer.reconciling.post import Post
    from issuer.tables.reconciliation_models import Reconciliation
    from issuer.tables.store import Work

_log = structlog.get_logger()


def step(office: Office, post: Post | None) -> bool:
    """Go through the oldest run of which nobody was told; returns whether there was one."""
    with office.store.reading() as work:
        if rows.untold(work) is None:
            return False
    with office.store.writing() as work:
        run = rows.untold(work)
        if run is None:
            # Another worker was quicker.
            return False
        run.told_at = office.now()
        # One that could not ask found nothing, and is not what the next one is compared with.
        if found := rows.fresh(work, run):
            _tell(office, work, run, found, post)
    return True


def _tell(office: Office, work: Work, run: Reconciliation, found: list[Difference], post: Post | None) -> None:
    alarms = sum(each.grade is Grade.ALARM for each in found)
    _log.warning("new differences", agency=run.agency, run=run.id, alarms=alarms, faults=len(found) - alarms)
    for hook, client in webhook_rows.in_use(work):
        if client.agency == run.agency and webhooks.is_told(hook, webhook_events.DIFFERS):
            delivery = webhooks.new_delivery(office, hook, webhook_events.DIFFERS, Occasion(run.ended_at, ""))
            delivery.reconciliation_id = run.id
            work.add(delivery)
    if post is not None and post.addresses(run.agency):
        work.add(AlertMail(agency=run.agency, reconciliation_id=run.id, next_at=office.now()))
