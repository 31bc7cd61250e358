"""Webhooks of clients, as an agency's managers keep them: made, altered, tested, ended, messages sent again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from issuer import audit_log
from issuer.client import clients
from issuer.errors import NotFound, NotReady
from issuer.tables import client_rows, webhook_rows
from issuer.tables.webhook_models import DeliveryState, Webhook, WebhookDelivery, WebhookFollower
from issuer.vault import Place
from issuer.webhook import events as webhook_events
from issuer.webhook import sending as webhook_sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.audit_log import Occasion
    from issuer.office import Office
    from issuer.tables.client_models import Client
    from issuer.tables.store import Work
    from issuer.webhook.sending import Sender

MOST = 5
"""Webhooks of one client."""
OLD_SECRET_LIFE = timedelta(hours=24)
"""For how long messages are signed with the secret before as well."""
_KEY_BYTES = 32
_NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class Manager:
    """Who does it, for which agency, when and from where."""

    login: str
    agency: int
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class Opened:
    """Where to send, and what to sign with."""

    url: str
    secrets: tuple[str, ...]


def make(
    office: Office, sender: Sender, client_id: int, url: str, *, events: Sequence[str], by: Manager
) -> tuple[int, str]:
    """Make a webhook; returns its number and the secret, which is shown once. Raises `InvalidInput`, `AddressRefused`.

    It is told what happens from now on.
    """
    sender.check(url)
    if foreign := sorted(set(events) - set(webhook_events.KINDS)):
        raise InvalidInput(f"event: got {foreign[0][:60]!r}, wanted some of {', '.join(webhook_events.KINDS)}")
    secret = webhook_events.secret_of(office.entropy(_KEY_BYTES))
    with office.store.writing() as work:
        client = client_rows.client(work, client_id, by.agency)
        if client.revoked_at is not None:
            raise NotReady(f"client {client.public_id} was revoked; make a new one instead")
        if sum(each.ended_at is None for each in webhook_rows.webhooks(work, client_id)) >= MOST:
            raise NotReady(f"client {client.public_id} has {MOST} webhooks; end one of them first")
        row = Webhook(
            client_id=client_id,
            url=b"",
            host=webhook_sending.host_of(url),
            events=",".join(sorted(set(events))),
            secret=b"",
            created_at=by.occasion.now,
        )
        work.add(row)
        work.flush()
        row.url = _closed(office, work, client, _place(row, "url"), url)
        row.secret = _closed(office, work, client, _place(row, "secret"), secret)
        if webhook_rows.follower(work) is None:
            work.add(WebhookFollower(history_id=webhook_rows.newest_line(work)))
        _note(work, "webhook made", client, row, by)
        return _number(row), secret


def rotate(office: Office, webhook_id: int, *, by: Manager) -> str:
    """Give a webhook another secret; for a day messages are signed with both. Returns it, once."""
    secret = webhook_events.secret_of(office.entropy(_KEY_BYTES))
    with office.store.writing() as work:
        row, client = _in_use(work, webhook_id, by.agency)
        old = _opened(office, work, client, _place(row, "secret"), row.secret)
        row.old_secret = _closed(office, work, client, _place(row, "old_secret"), old)
        row.old_secret_until = by.occasion.now + OLD_SECRET_LIFE
        row.secret = _closed(office, work, client, _place(row, "secret"), secret)
        _note(work, "webhook secret changed", client, row, by)
    return secret


def end(office: Office, webhook_id: int, *, by: Manager) -> None:
    """Take a webhook out of use; what waits is not sent any more. Safe to repeat."""
    with office.store.writing() as work:
        row, client = find(work, webhook_id, by.agency)
        if row.ended_at is None:
            row.ended_at = by.occasion.now
            webhook_rows.park_all(work, webhook_id, "the webhook was ended")
            _note(work, "webhook ended", client, row, by)


def resume(office: Office, webhook_id: int, *, by: Manager) -> None:
    """Send again to an address that was paused because it said that it is gone."""
    with office.store.writing() as work:
        row, client = _in_use(work, webhook_id, by.agency)
        row.paused_because = ""
        _note(work, "webhook resumed", client, row, by)


def test(office: Office, webhook_id: int, *, by: Manager) -> int:
    """Have a message sent that tells of nothing; returns the delivery's number."""
    with office.store.writing() as work:
        row, client = _in_use(work, webhook_id, by.agency)
        delivery = new_delivery(office, row, webhook_events.TEST, by.occasion)
        work.add(delivery)
        work.flush()
        _note(work, "webhook tested", client, row, by)
        return delivery.id or 0


def send_again(office: Office, delivery_id: int, *, by: Manager) -> None:
    """Have a message sent once more, under the same id: whoever has it knows it."""
    with office.store.writing() as work:
        delivery = webhook_rows.delivery(work, delivery_id)
        try:
            row, client = _in_use(work, delivery.webhook_id, by.agency)
        except NotFound as exc:
            raise NotFound(f"delivery: got {delivery_id}, wanted the number of one that is listed here") from exc
        delivery.state, delivery.attempts = DeliveryState.WAITING, 0
        delivery.queued_at = delivery.next_at = by.occasion.now
        _note(work, "webhook message sent again", client, row, by, detail=delivery.message_id)


def find(work: Work, webhook_id: int, agency: int) -> tuple[Webhook, Client]:
    """Return an agency's webhook and whose it is; raises `NotFound`."""
    row = webhook_rows.webhook(work, webhook_id)
    client = client_rows.client(work, row.client_id)
    if client.agency != agency:
        raise NotFound(f"webhook: got {webhook_id}, wanted the number of one that is listed here")
    return row, client


def opened(office: Office, work: Work, row: Webhook) -> Opened:
    """Return where a webhook's messages go, and what signs them now."""
    client = client_rows.client(work, row.client_id)
    secrets = [_opened(office, work, client, _place(row, "secret"), row.secret)]
    if row.old_secret is not None and row.old_secret_until is not None and office.now() < row.old_secret_until:
        secrets.append(_opened(office, work, client, _place(row, "old_secret"), row.old_secret))
    return Opened(_opened(office, work, client, _place(row, "url"), row.url), tuple(secrets))


def new_delivery(office: Office, row: Webhook, kind: str, occasion: Occasion) -> WebhookDelivery:
    """Return a delivery that is not stored yet, due at once."""
    return WebhookDelivery(
        webhook_id=_number(row),
        message_id=f"msg_{office.entropy(_NAME_BYTES).hex()}",
        kind=kind,
        happened_at=occasion.now,
        queued_at=office.now(),
        state=DeliveryState.WAITING,
        next_at=office.now(),
    )


def is_told(row: Webhook, kind: str) -> bool:
    """Whether a webhook wants to know of a kind of event."""
    return not row.events or kind in clients.listed(row.events)


def _in_use(work: Work, webhook_id: int, agency: int) -> tuple[Webhook, Client]:
    row, client = find(work, webhook_id, agency)
    if row.ended_at is not None or client.revoked_at is not None:
        raise NotReady(f"webhook {webhook_id} was taken out of use; make a new one instead")
    return row, client


def _closed(office: Office, work: Work, client: Client, place: Place, text: str) -> bytes:
    return office.records.data_key(work, client.agency).encrypt(text.encode(), place, entropy=office.entropy)


def _opened(office: Office, work: Work, client: Client, place: Place, value: bytes) -> str:
    return office.records.data_key(work, client.agency).decrypt(value, place).decode()


def _place(row: Webhook, column: str) -> Place:
    return Place("webhook", column, str(row.id))


def _number(row: Webhook) -> int:
    if row.id is None:
        raise NotFound("a webhook that is not stored yet has no number")
    return row.id


def _note(work: Work, what: str, client: Client, row: Webhook, by: Manager, *, detail: str = "") -> None:
    subject = f"{client.public_id} webhook {row.id}"
    audit_log.add(
        work, by.occasion, what, who=by.login, agency=client.agency, subject=subject, detail=detail or row.host
    )
