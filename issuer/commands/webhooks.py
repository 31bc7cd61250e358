"""Addresses of other systems that are told what happens, and how that went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from issuer.audit_log import OPERATOR
from issuer.client import clients
from issuer.commands.clients import Name, named, now
from issuer.commands.shared import OUT, Json, issuer, say, table
from issuer.tables import client_rows, webhook_rows
from issuer.webhook import events as webhook_events
from issuer.webhook import sending as webhook_sending
from issuer.webhook import webhooks
from issuer.webhook.webhooks import Manager

if TYPE_CHECKING:
    from issuer.tables.client_models import Client
    from issuer.tables.webhook_models import Webhook, WebhookDelivery
    from issuer.wiring import Issuer

webhook = typer.Typer(no_args_is_help=True, help="Addresses of other systems that are told what happens.")

_SHOWN = 20
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="What `webhook list` shows in its first column.")]


@webhook.command("new")
def new_webhook(
    name: Name,
    url: Annotated[str, typer.Argument(help="https://HOST/PATH.")],
    *,
    event: Annotated[
        list[str] | None,
        typer.Option("--event", help=f"One of {', '.join(webhook_events.KINDS)}; all if none is named."),
    ] = None,
) -> None:
    """Have a system told what happens; the webhook's secret is shown this once."""
    with issuer() as opened:
        row = named(opened, name)
        sender = webhook_sending.sender(opened.settings.webhook_networks)
        number, made = webhooks.make(
            opened.office, sender, row.id or 0, url, events=event or (), by=_by(opened, row.agency)
        )
    OUT.print(f"Webhook {number}. Its secret, shown this once:\n{made}")


@webhook.command("list")
def list_webhooks(
    *,
    deliveries: Annotated[bool, typer.Option("--deliveries", help="With the latest messages of each.")] = False,
    as_json: Json = False,
) -> None:
    """List webhooks, with how their messages went if so wanted."""
    with issuer() as opened, opened.office.store.reading() as work:
        found = [
            (hook, client, webhook_rows.deliveries(work, [hook.id or 0], most=_SHOWN) if deliveries else [])
            for client in client_rows.clients(work)
            for hook in webhook_rows.webhooks(work, client.id or 0)
        ]
    if as_json:
        say([_told(hook, client, messages) for hook, client, messages in found])
        return
    shown = table("WEBHOOK", "CLIENT", "HOST", "EVENTS", "STATE")
    for hook, client, _ in found:
        events = " ".join(clients.listed(hook.events)) or "all"
        shown.add_row(str(hook.id), client.public_id, hook.host, events, _state(hook, client))
    OUT.print(shown)
    if deliveries:
        latest = table("DELIVERY", "WEBHOOK", "EVENT", "STATE", "ATTEMPTS", "ANSWER")
        for hook, _, messages in found:
            for one in messages:
                latest.add_row(str(one.id), str(hook.id), one.kind, one.state, str(one.attempts), one.last_answer)
        OUT.print(latest)


@webhook.command("redeliver")
def redeliver(
    delivery: Annotated[int, typer.Argument(metavar="DELIVERY", help="What `webhook list --deliveries` shows.")],
) -> None:
    """Have a message sent once more, under the same id."""
    with issuer() as opened:
        with opened.office.store.reading() as work:
            hook = webhook_rows.webhook(work, webhook_rows.delivery(work, delivery).webhook_id)
            agency = client_rows.client(work, hook.client_id).agency
        webhooks.send_again(opened.office, delivery, by=_by(opened, agency))
    OUT.print(f"Delivery {delivery} is sent again by the next worker.")


@webhook.command("test")
def test(number: Number) -> None:
    """Have a message sent that tells of nothing."""
    with issuer() as opened:
        delivery = webhooks.test(opened.office, number, by=_by(opened, _agency_of(opened, number)))
    OUT.print(f"Delivery {delivery} is sent by the next worker.")


@webhook.command("secret")
def rotate(number: Number) -> None:
    """Give a webhook another secret, shown this once; for a day both sign."""
    with issuer() as opened:
        made = webhooks.rotate(opened.office, number, by=_by(opened, _agency_of(opened, number)))
    OUT.print(f"Webhook {number}. Its new secret, shown this once:\n{made}")


@webhook.command("end")
def end_webhook(number: Number) -> None:
    """Take a webhook out of use."""
    with issuer() as opened:
        webhooks.end(opened.office, number, by=_by(opened, _agency_of(opened, number)))
    OUT.print(f"Nothing is sent to webhook {number} any more.")


def _agency_of(opened: Issuer, number: int) -> int:
    with opened.office.store.reading() as work:
        return client_rows.client(work, webhook_rows.webhook(work, number).client_id).agency


def _by(opened: Issuer, agency: int) -> Manager:
    return Manager(OPERATOR, agency, now(opened))


def _told(hook: Webhook, client: Client, messages: list[WebhookDelivery]) -> dict[str, object]:
    return {
        "webhook": hook.id,
        "client": client.public_id,
        "host": hook.host,
        "events": list(clients.listed(hook.events)),
        "state": _state(hook, client),
        "deliveries": [
            {
                "delivery": one.id,
                "message": one.message_id,
                "event": one.kind,
                "state": one.state,
                "attempts": one.attempts,
                "answer": one.last_answer,
            }
            for one in messages
        ],
    }


def _state(hook: Webhook, client: Client) -> str:
    if hook.ended_at or client.revoked_at:
        return "ended"
    return "paused" if hook.paused_because else "in use"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(webhook, name="webhook")
