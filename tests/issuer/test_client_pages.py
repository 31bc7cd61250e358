"""Managers let other systems in, see what they ask, and look after where they are told what happens."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from issuer.routes.pages import client_words
from issuer.tables import client_rows, webhook_rows
from issuer.tables.account_models import Role
from issuer.tables.client_models import Scope
from issuer.tables.webhook_models import DeliveryState
from issuer.webhook import events as webhook_events
from issuer.webhook import telling
from tests.issuer.clerks import Clerk, Door, pages
from tests.issuer.clients import CAUSE, LOW, PERMIT, System, make
from tests.issuer.receiver import receiving, sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.issuer.offices import World

FORM = {
    "name": "Business registration",
    "scopes": ["search", "info"],
    "types": [PERMIT],
    "networks": "10.1.0.0/16\n127.0.0.1",
    "cap": "500",
}


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


@pytest.fixture
def manager(door: Door) -> Clerk:
    return door.clerk("manager", Role.AGENCY_MANAGER, agency=LOW)


def secret_in(text: str) -> str:
    found = re.search(r"(?:yx_|whsec_)[A-Za-z0-9+/=]+", text)
    assert found is not None
    return found[0]


def test_manager_lets_a_system_in_and_its_secret_is_shown_once(door: Door, manager: Clerk, world: World) -> None:
    assert "No system is connected yet" in manager.get("/clients").text
    shown = manager.post("/clients/new", FORM)
    assert shown.status_code == 200
    secret = secret_in(shown.text)
    assert secret not in manager.get("/clients").text + manager.get("/clients/1").text
    with world.office.store.reading() as work:
        client = client_rows.client(work, 1)
    assert (client.scopes, client.networks, client.daily_cap) == ("info,search", "10.1.0.0/16,127.0.0.1/32", 500)
    assert client.created_by == "manager"
    assert "Business registration" in manager.get("/clients").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": " "}, "Type what the system is called."),
        ({"scopes": []}, "Choose at least one service."),
        ({"types": []}, "Choose at least one certificate type."),
        ({"cap": "many"}, "Type a whole number"),
        ({"cap": "0"}, "Type a whole number"),
        ({"networks": "10.1.0.0/8"}, "wanted an address or a range"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(manager: Clerk, typed: dict[str, object], words: str) -> None:
    answer = manager.post("/clients/new", {**FORM, **typed})
    assert answer.status_code == 422
    assert words in answer.text
    if "name" not in typed:
        assert 'value="Business registration"' in answer.text


def test_rights_and_fields_are_changed(manager: Clerk, world: World) -> None:
    manager.post("/clients/new", FORM)
    assert manager.post("/clients/1/alter", {**FORM, "scopes": ["verify"], "cap": "7"}).status_code == 303
    assert manager.post(f"/clients/1/fields/{PERMIT}", {"fields": ["number", "operator_name"]}).status_code == 303
    with world.office.store.reading() as work:
        client = client_rows.client(work, 1)
    assert (client.scopes, client.daily_cap) == ("verify", 7)
    assert client.fields == '{"food-operation-permit": ["number", "operator_name"]}'
    page = manager.get("/clients/1").text
    assert "2 of " in page
    kept = manager.get(f"/clients/1/fields/{PERMIT}").text
    assert kept.count(" checked") == 2
    # Another change of the rights leaves the fields as they are.
    manager.post("/clients/1/alter", FORM)
    assert "2 of " in manager.get("/clients/1").text


def test_secrets_are_changed_one_after_the_other(door: Door, manager: Clerk, world: World) -> None:
    first = secret_in(manager.post("/clients/new", {**FORM, "networks": ""}).text)
    second = secret_in(manager.post("/clients/1/secrets", {"life": "30"}).text)
    assert first != second
    assert manager.post("/clients/1/secrets/1/end").status_code == 303
    guest = door.guest()
    assert System(guest, first).ask("search", id="x").status_code == 401
    assert System(guest, second).ask("search", id="x").status_code == 200
    page = manager.get("/clients/1").text
    assert "Void" in page
    assert CAUSE in page
    assert manager.post("/clients/1/revoke").status_code == 303
    assert System(guest, second).ask("search", id="x").status_code == 401
    assert "may do nothing any more" in manager.get("/clients/1").text


def test_making_a_secret_wants_a_fresh_sign_in(manager: Clerk, world: World) -> None:
    manager.post("/clients/new", FORM)
    world.registry.now += 600
    for path in ("/clients/new", "/clients/1/alter", "/clients/1/webhooks/new"):
        answer = manager.get(path)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/confirm")
    answer = manager.post("/clients/1/secrets")
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/confirm")
    # What was filled in is given back meanwhile.
    answer = manager.post("/clients/new", FORM)
    assert answer.status_code == 401
    assert 'href="/confirm" target="_blank"' in answer.text
    assert f'name="name" value="{FORM["name"]}"' in answer.text


def test_another_agencys_systems_are_not_there(door: Door, manager: Clerk, world: World) -> None:
    manager.post("/clients/new", FORM)
    other = door.clerk("other-manager", Role.AGENCY_MANAGER)
    assert "Business registration" not in other.get("/clients").text
    for path in ("/clients/1", "/clients/1/alter", f"/clients/1/fields/{PERMIT}", "/clients/1/webhooks/new"):
        assert other.get(path).status_code == 404
    for path in ("/clients/1/alter", "/clients/1/secrets", "/clients/1/secrets/1/end", "/clients/1/revoke"):
        assert other.post(path, FORM).status_code == 404


@pytest.mark.parametrize("role", [Role.PREPARER, Role.STATUS_OFFICER, Role.AUDITOR])
def test_only_managers_see_them(door: Door, manager: Clerk, role: Role) -> None:
    manager.post("/clients/new", FORM)
    clerk = door.clerk("somebody", role, agency=LOW)
    for path in ("/clients", "/clients/new", "/clients/1", "/clients/webhooks/1"):
        assert clerk.get(path).status_code == 403


def test_webhook_is_made_tested_and_ended(door: Door, manager: Clerk, world: World) -> None:
    made = make(world)
    with receiving() as receiver:
        refused = manager.post(f"/clients/{made.client_id}/webhooks/new", {"url": receiver.url()})
        assert refused.status_code == 422
        assert "wanted https" in refused.text or "not on the public Internet" in refused.text
        _allow_loopback(door)
        shown = manager.post(
            f"/clients/{made.client_id}/webhooks/new", {"url": receiver.url(), "events": ["batch.final"]}
        )
        secret = secret_in(shown.text)
        assert manager.post("/clients/webhooks/1/test").status_code == 303
        while telling.step(world.office, sender()):
            pass
        assert receiver.messages[0].is_signed_with(secret)
        page = manager.get("/clients/webhooks/1").text
        assert "Test message" in page
        assert "Arrived" in page
        assert secret not in page
        assert manager.post("/clients/deliveries/1/again").status_code == 303
        while telling.step(world.office, sender()):
            pass
        assert len({each.id for each in receiver.messages}) == 1
        assert secret_in(manager.post("/clients/webhooks/1/secret").text) != secret
        assert manager.post("/clients/webhooks/1/end").status_code == 303
        assert "taken out of use" in manager.get("/clients/webhooks/1").text
    other = door.clerk("other-manager", Role.AGENCY_MANAGER)
    assert other.get("/clients/webhooks/1").status_code == 404
    assert other.post("/clients/deliveries/1/again").status_code == 404


def test_address_that_is_gone_is_resumed_by_a_manager(door: Door, manager: Clerk, world: World) -> None:
    made = make(world)
    _allow_loopback(door)
    with receiving() as receiver:
        receiver.statuses = [410]
        manager.post(f"/clients/{made.client_id}/webhooks/new", {"url": receiver.url()})
        manager.post("/clients/webhooks/1/test")
        while telling.step(world.office, sender()):
            pass
    assert "it is gone (410)" in manager.get("/clients/webhooks/1").text
    assert manager.post("/clients/webhooks/1/resume").status_code == 303
    with world.office.store.reading() as work:
        assert webhook_rows.webhook(work, 1).paused_because == ""


def test_pages_are_there_in_chinese(door: Door, manager: Clerk) -> None:
    manager.post("/clients/new", FORM)
    manager.client.headers["Accept-Language"] = "zh-CN"
    for path, words in (
        ("/clients", "其他业务系统"),
        ("/clients/1", "近 14 天的使用情况"),
        ("/clients/new", "可用服务"),
    ):
        assert words in manager.get(path).text
    assert "请填写系统名称" in manager.post("/clients/new", {**FORM, "name": ""}).text


def _allow_loopback(door: Door) -> None:
    """Have the pages take addresses on this machine."""
    door.app.state.desk = replace(door.app.state.desk, webhook_sender=sender())


def test_every_service_event_and_outcome_has_a_word() -> None:
    assert set(client_words.SCOPES) == set(Scope)
    assert set(client_words.KINDS) == {*webhook_events.KINDS, webhook_events.TEST}
    assert set(client_words.DELIVERIES) == set(DeliveryState)
