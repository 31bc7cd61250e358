"""Pages for webhooks of other systems: where messages go, how that went, sending them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from chain.errors import InvalidInput
from issuer.client import clients
from issuer.errors import AddressRefused, NotReady
from issuer.routes.pages import client_words, front
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.tables import client_rows, webhook_rows
from issuer.tables.account_models import Role
from issuer.webhook import events as webhook_events
from issuer.webhook import webhooks
from issuer.webhook.webhooks import Manager

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.client_models import Client

router = front.router(tags=["webhooks"])

_SHOWN = 50
"""Deliveries on a webhook's page."""


@router.get("/clients/{client_id:int}/webhooks/new")
def ask(client_id: int, visit: Visiting) -> Response:
    """Ask where messages are to go."""
    client = _client(visit, client_id)
    visit.require_fresh()
    return _form(visit, client)


@router.post("/clients/{client_id:int}/webhooks/new")
def make(client_id: int, visit: Visiting) -> Response:
    """Make a webhook, and show its secret this once."""
    client = _client(visit, client_id)
    visit.require_fresh()
    events = visit.chosen("events")
    try:
        number, secret = webhooks.make(
            visit.office, visit.at.webhook_sender, client_id, visit.typed("url").strip(), events=events, by=_by(visit)
        )
    except (InvalidInput, AddressRefused, NotReady) as exc:
        field = "events" if str(exc).startswith("event") else "url"
        return _form(visit, client, [Fault(field, visit.words.explain(exc))])
    return _secret(visit, number, secret)


@router.get("/clients/webhooks/{webhook_id:int}")
def show(webhook_id: int, visit: Visiting) -> Response:
    """Show a webhook with its latest messages."""
    visit.require(Role.AGENCY_MANAGER)
    with visit.store.reading() as work:
        hook, client = webhooks.find(work, webhook_id, visit.who.agency)
        deliveries = webhook_rows.deliveries(work, [webhook_id], most=_SHOWN)
        address = webhooks.opened(visit.office, work, hook).url
    return visit.page(
        "client_webhook.html",
        hook=hook,
        client=client,
        address=address,
        told=clients.listed(hook.events),
        in_use=hook.ended_at is None and client.revoked_at is None,
        deliveries=deliveries,
        events=client_words.KINDS,
        outcomes=client_words.DELIVERIES,
    )


@router.post("/clients/webhooks/{webhook_id:int}/test")
def test(webhook_id: int, visit: Visiting) -> Response:
    """Have a message sent that tells of nothing."""
    visit.require(Role.AGENCY_MANAGER)
    webhooks.test(visit.office, webhook_id, by=_by(visit))
    return _back(
        visit, webhook_id, visit.words.gettext("A test message is on its way. Open this page again in a moment.")
    )


@router.post("/clients/webhooks/{webhook_id:int}/secret")
def rotate(webhook_id: int, visit: Visiting) -> Response:
    """Give a webhook another secret, and show it this once."""
    visit.require(Role.AGENCY_MANAGER)
    visit.require_fresh()
    return _secret(visit, webhook_id, webhooks.rotate(visit.office, webhook_id, by=_by(visit)))


@router.post("/clients/webhooks/{webhook_id:int}/resume")
def resume(webhook_id: int, visit: Visiting) -> Response:
    """Send again to an address that said it was gone."""
    visit.require(Role.AGENCY_MANAGER)
    webhooks.resume(visit.office, webhook_id, by=_by(visit))
    return _back(visit, webhook_id, visit.words.gettext("Messages are sent there again."))


@router.post("/clients/webhooks/{webhook_id:int}/end")
def end(webhook_id: int, visit: Visiting) -> Response:
    """Take a webhook out of use."""
    visit.require(Role.AGENCY_MANAGER)
    webhooks.end(visit.office, webhook_id, by=_by(visit))
    return _back(visit, webhook_id, visit.words.gettext("Nothing is sent there any more."))


@router.post("/clients/deliveries/{delivery_id:int}/again")
def again(delivery_id: int, visit: Visiting) -> Response:
    """Have a message sent once more."""
    visit.require(Role.AGENCY_MANAGER)
    webhooks.send_again(visit.office, delivery_id, by=_by(visit))
    with visit.store.reading() as work:
        number = webhook_rows.delivery(work, delivery_id).webhook_id
    return _back(visit, number, visit.words.gettext("The message is sent again, under the same id."))


def _client(visit: Visit, client_id: int) -> Client:
    visit.require(Role.AGENCY_MANAGER)
    with visit.store.reading() as work:
        return client_rows.client(work, client_id, visit.who.agency)


def _by(visit: Visit) -> Manager:
    return Manager(visit.who.login, visit.who.agency, visit.occasion)


def _form(visit: Visit, client: Client, faults: Sequence[Fault] = ()) -> Response:
    return visit.page(
        "client_webhook_form.html",
        status=422 if faults else 200,
        faults=faults,
        client=client,
        url=visit.typed("url"),
        chosen=visit.chosen("events"),
        events=[(kind, client_words.KINDS[kind]) for kind in webhook_events.KINDS],
    )


def _secret(visit: Visit, webhook_id: int, secret: str) -> Response:
    return visit.page("client_webhook_secret.html", webhook_id=webhook_id, secret=secret)


def _back(visit: Visit, webhook_id: int, sentence: str) -> Response:
    return visit.done(f"/clients/webhooks/{webhook_id}", sentence)
