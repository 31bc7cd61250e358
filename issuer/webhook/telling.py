"""Tells clients what happened: follows history line by line, and sends what waits.

Each line of history becomes one delivery for each webhook that is told of it, within the transaction that moves the
mark in history forward: none is left out, none is made twice, whatever is killed. Sending is at least once: an attempt
that is not known to have arrived is made again, under the same message id, for a day. Order is not promised.
"""

from __future__ import annotations

import email.utils
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from issuer.audit_log import Occasion
from issuer.client import clients
from issuer.errors import AddressRefused, IssuerError, Unreachable
from issuer.tables import client_rows, webhook_rows
from issuer.tables.models import Batch
from issuer.tables.webhook_models import DeliveryState
from issuer.webhook import events as webhook_events
from issuer.webhook import webhooks

if TYPE_CHECKING:
    from datetime import datetime

    from issuer.office import Office
    from issuer.tables.models import Certificate, History
    from issuer.tables.store import Work
    from issuer.tables.webhook_models import Webhook, WebhookDelivery
    from issuer.webhook.sending import Reply, Sender

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 8 * 3600)
)
"""After each failed attempt; together a day."""
TRIED_FOR = timedelta(days=1)
LEASE = timedelta(minutes=1)
"""An attempt of which nothing is heard for so long was made by somebody who died."""
KEPT_FOR = timedelta(days=30)
_LINES = 500
_TOGETHER = timedelta(minutes=5)
"""An address that failed is left alone for at most so long, whatever else waits for it."""
_GONE = 410
_log = structlog.get_logger()


def step(office: Office, sender: Sender) -> bool:
    """Follow history, then send one message; returns whether there was anything to do."""
    followed = follow(office)
    return send_one(office, sender) or followed


def follow(office: Office) -> bool:
    """Make deliveries of what happened since the last time; returns whether there was anything."""
    with office.store.reading() as work:
        mark = webhook_rows.follower(work)
        if mark is None or webhook_rows.newest_line(work) <= mark.history_id:
            return False
    with office.store.writing() as work:
        mark = webhook_rows.follower(work)
        if mark is None:
            return False
        lines = webhook_rows.lines_after(work, mark.history_id, most=_LINES)
        hooks = webhook_rows.in_use(work)
        for line in lines:
            mark.history_id = line.id or mark.history_id
            kind = webhook_events.kind_of(line)
            subject = webhook_rows.subject_of(work, line) if kind and hooks else None
            if kind is None or subject is None:
                continue
            for hook, client in hooks:
                is_theirs = client.agency == subject.agency and subject.certificate_type in clients.listed(client.types)
                if is_theirs and line.at >= hook.created_at and webhooks.is_told(hook, kind):
                    work.add(_delivery(office, hook, line, kind, subject))
        return bool(lines)


def send_one(office: Office, sender: Sender) -> bool:
    """Make one attempt at the message that has waited longest; returns whether one waited."""
    with office.store.reading() as work:
        if webhook_rows.due(work, office.now()) is None:
            return False
    with office.store.writing() as work:
        delivery = webhook_rows.due(work, office.now())
        if delivery is None:
            return False
        hook = webhook_rows.webhook(work, delivery.webhook_id)
        if hook.ended_at or hook.paused_because or client_rows.client(work, hook.client_id).revoked_at:
            webhook_rows.park_all(work, delivery.webhook_id, "the webhook is not in use")
            return True
        # Whoever else looks meanwhile leaves it alone; whoever dies now lets go of it when the lease ends.
        delivery.attempts += 1
        delivery.last_at, delivery.next_at = office.now(), office.now() + LEASE
        opened = webhooks.opened(office, work, hook)
        content = webhook_events.body(
            delivery, webhook_rows.record_of(work, delivery), webhook_rows.run_of(work, delivery)
        )
        attempt = delivery.attempts
        delivery_id, message_id = delivery.id or 0, delivery.message_id
    timestamp = int(office.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Yinxin-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhook_events.signatures(message_id, timestamp, content, opened.secrets),
    }
    outcome: Reply | IssuerError
    try:
        outcome = sender.post(opened.url, headers, content)
    except (AddressRefused, Unreachable) as exc:
        outcome = exc
    with office.store.writing() as work:
        delivery = webhook_rows.delivery(work, delivery_id)
        # Somebody may have sent it again meanwhile, from its first attempt.
        if delivery.attempts == attempt and delivery.state == DeliveryState.WAITING:
            _record(office, work, delivery, outcome)
            _log.info("webhook", delivery=delivery_id, state=delivery.state, answer=delivery.last_answer)
    return True


def sweep(office: Office) -> None:
    """Forget messages that arrived long ago."""
    with office.store.writing() as work:
        webhook_rows.drop_deliveries_before(work, office.now() - KEPT_FOR)


def _delivery(office: Office, hook: Webhook, line: History, kind: str, subject: Batch | Certificate) -> WebhookDelivery:
    made = webhooks.new_delivery(office, hook, kind, Occasion(line.at, ""))
    made.history_id = line.id
    if isinstance(subject, Batch):
        made.batch_id = subject.id
    else:
        made.batch_id, made.certificate_id = subject.batch_id, subject.id
    return made


def _record(office: Office, work: Work, delivery: WebhookDelivery, outcome: Reply | IssuerError) -> None:
    now = office.now()
    if isinstance(outcome, IssuerError):
        delivery.last_answer, after, gone = str(outcome), "", False
    else:
        delivery.last_answer, after, gone = str(outcome.status), outcome.retry_after, outcome.status == _GONE
        if 200 <= outcome.status < 300:  # noqa: PLR2004 — HTTP's own numbers
            delivery.state = DeliveryState.DELIVERED
            return
    if gone:
        webhook_rows.webhook(work, delivery.webhook_id).paused_because = "410 Gone"
        webhook_rows.park_all(work, delivery.webhook_id, "410 Gone")
    is_late = delivery.attempts > len(WAITS) or now - delivery.queued_at >= TRIED_FOR
    # What is refused for its address is refused next time as well, until somebody changes something.
    if gone or isinstance(outcome, AddressRefused) or is_late:
        delivery.state = DeliveryState.PARKED
        return
    wait = _varied(office, WAITS[delivery.attempts - 1])
    delivery.next_at = now + max(wait, _wished(after, now))
    webhook_rows.postpone(work, delivery.webhook_id, now + min(wait, _TOGETHER))


def _varied(office: Office, wait: timedelta) -> timedelta:
    """Return a little more than a wait, so that what failed together is not tried together."""
    return wait * (1 + office.entropy(1)[0] / 2550)


def _wished(retry_after: str, now: datetime) -> timedelta:
    """Return how long an address wants to be left alone (RFC 9110, section 10.2.3), an hour at most."""
    if retry_after.isascii() and retry_after.isdigit():
        seconds = int(retry_after[:6])
    else:
        try:
            seconds = int((email.utils.parsedate_to_datetime(retry_after) - now).total_seconds())
        except (TypeError, ValueError):
            return timedelta(0)
    return timedelta(seconds=min(max(seconds, 0), 3600))
