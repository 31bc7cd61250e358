"""What is asked of the tables about webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import col, delete, select, update

from issuer.errors import NotFound
from issuer.tables.client_models import Client
from issuer.tables.models import Batch, Certificate, History
from issuer.tables.reconciliation_models import ForeignRecord, Reconciliation
from issuer.tables.webhook_models import DeliveryState, Webhook, WebhookDelivery, WebhookFollower

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from issuer.tables.store import Work


def webhook(work: Work, webhook_id: int, client_id: int | None = None) -> Webhook:
    """Return a webhook, or one of a client's; raises `NotFound`."""
    found = work.numbered(Webhook, webhook_id)
    if found is None or client_id not in {None, found.client_id}:
        raise NotFound(f"webhook: got {webhook_id}, wanted the number of one that is listed here")
    return found


def webhooks(work: Work, client_id: int) -> list[Webhook]:
    """Return a client's webhooks, oldest first, ended ones among them."""
    return list(work.session.exec(select(Webhook).where(Webhook.client_id == client_id).order_by(col(Webhook.id))))


def in_use(work: Work) -> list[tuple[Webhook, Client]]:
    """Return the webhooks that are told things, with whose they are."""
    query = (
        select(Webhook, Client)
        .join(Client, col(Client.id) == col(Webhook.client_id))
        .where(col(Webhook.ended_at).is_(None), Webhook.paused_because == "", col(Client.revoked_at).is_(None))
    )
    return [(hook, client) for hook, client in work.session.exec(query)]


def follower(work: Work) -> WebhookFollower | None:
    """Return how far history was read."""
    return work.session.get(WebhookFollower, 1)


def newest_line(work: Work) -> int:
    """Return the number of the newest line of history, 0 if there is none."""
    return int(work.session.exec(select(func.max(History.id))).one() or 0)


def lines_after(work: Work, history_id: int, *, most: int) -> list[History]:
    """Return lines of history in their order."""
    return list(
        work.session.exec(select(History).where(col(History.id) > history_id).order_by(col(History.id)).limit(most))
    )


def subject_of(work: Work, line: History) -> Batch | Certificate | None:
    """Return what a line is about; None if it was deleted meanwhile."""
    if line.certificate_id is not None:
        return work.session.get(Certificate, line.certificate_id)
    return None if line.batch_id is None else work.session.get(Batch, line.batch_id)


def delivery(work: Work, delivery_id: int) -> WebhookDelivery:
    """Return a delivery; raises `NotFound`."""
    found = work.numbered(WebhookDelivery, delivery_id)
    if found is None:
        raise NotFound(f"delivery: got {delivery_id}, wanted the number of one that is listed here")
    return found


def record_of(work: Work, row: WebhookDelivery) -> ForeignRecord | None:
    """Return the record of the registry that a delivery tells of; None if it tells of something else, or it is gone."""
    return None if row.record_id is None else work.session.get(ForeignRecord, row.record_id)


def run_of(work: Work, row: WebhookDelivery) -> Reconciliation | None:
    """Return the reconciliation that a delivery tells of, without its manifest; None as `record_of` does."""
    # SQLModel's annotations say the value's type, not the column's.
    without = defer(Reconciliation.manifest, raiseload=True)  # type: ignore[arg-type]
    query = select(Reconciliation).where(Reconciliation.id == row.reconciliation_id)
    return None if row.reconciliation_id is None else work.session.exec(query.options(without)).first()


def deliveries(
    work: Work, webhook_ids: Sequence[int], *, most: int, state: DeliveryState | None = None
) -> list[WebhookDelivery]:
    """Return the latest deliveries of some webhooks, newest first."""
    query = (
        select(WebhookDelivery)
        .where(col(WebhookDelivery.webhook_id).in_(webhook_ids))
        .order_by(col(WebhookDelivery.id).desc())
        .limit(most)
    )
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    return list(work.session.exec(query))


def due(work: Work, now: datetime) -> WebhookDelivery | None:
    """Return the delivery that has waited longest for its attempt."""
    return work.session.exec(
        select(WebhookDelivery)
        .where(WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.next_at <= now)
        .order_by(col(WebhookDelivery.next_at), col(WebhookDelivery.id))
        .limit(1)
    ).first()


def postpone(work: Work, webhook_id: int, until: datetime) -> None:
    """Let all that waits for an address wait longer."""
    work.session.exec(
        update(WebhookDelivery)
        .where(
            col(WebhookDelivery.webhook_id) == webhook_id,
            col(WebhookDelivery.state) == DeliveryState.WAITING,
            col(WebhookDelivery.next_at) < until,
        )
        .values(next_at=until)
    )


def park_all(work: Work, webhook_id: int, why: str) -> None:
    """Give up what waits for an address."""
    work.session.exec(
        update(WebhookDelivery)
        .where(col(WebhookDelivery.webhook_id) == webhook_id, col(WebhookDelivery.state) == DeliveryState.WAITING)
        .values(state=DeliveryState.PARKED, last_answer=why)
    )


def drop_deliveries_before(work: Work, moment: datetime) -> None:
    """Forget what arrived long ago."""
    work.session.exec(
        delete(WebhookDelivery).where(
            col(WebhookDelivery.state) == DeliveryState.DELIVERED, col(WebhookDelivery.last_at) < moment
        )
    )
