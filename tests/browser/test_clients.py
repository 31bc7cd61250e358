"""Other systems, in a browser: let in, looked after, told what happens."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from issuer.client import clients
from issuer.tables.account_models import Role
from issuer.webhook import telling, webhooks
from issuer.webhook.webhooks import Manager
from tests.browser.desk import axe, door, each_view, enrolled, every_look, world  # noqa: F401 — fixtures
from tests.issuer.clients import LOW, PERMIT, System, issue, make, occasion
from tests.issuer.receiver import receiving, sender

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.desk import Served
    from tests.issuer.offices import World

MANAGER = ("manager", Role.AGENCY_MANAGER)


def test_manager_lets_a_system_in_without_a_script(door: Served, browser: Browser) -> None:  # noqa: F811
    with door.signed_in(browser, *MANAGER, agency=LOW, language="zh-CN", scripts=False) as page:
        page.goto(f"{door.url}/clients")
        page.get_by_role("button", name="添加系统").click()
        page.get_by_role("button", name="添加").click()
        assert page.get_by_role("link", name="请填写系统名称。").get_attribute("href") == "#name"
        page.get_by_label("系统名称").fill("市场监管登记系统")
        page.get_by_label("查找").check()
        page.get_by_label("证照信息").check()
        page.get_by_label("食品经营许可证").check()
        page.get_by_role("button", name="添加").click()
        assert "yx_" in page.inner_text("main")
        page.get_by_role("button", name="我已复制").click()
        assert page.inner_text("h1") == "市场监管登记系统"


def test_pages_of_systems_look_right(door: Served, browser: Browser, world: World) -> None:  # noqa: F811
    made = make(world, fields={PERMIT: ["number", "operator_name"]})
    by = Manager("manager", LOW, occasion(world))
    with receiving() as receiver:
        webhooks.make(world.office, sender(), made.client_id, receiver.url(), events=["batch.final"], by=by)
        webhooks.make(world.office, sender(), made.client_id, receiver.url("/all"), events=(), by=by)
        receiver.statuses = [204, 503, 204, 500]
        guest = door.guest()
        issue(guest, 1)
        system = System(guest, made.secret)
        for wanted in ({"certificateTypeCode": PERMIT, "certificateNumber": "JY1"}, {"id": "x"}):
            system.ask("search", **wanted)
        webhooks.test(world.office, 1, by=by)
        tell(world)
    secret = clients.add_secret(world.office, made.client_id, agency=LOW, by="manager", occasion=occasion(world))
    assert secret
    clients.end_secret(world.office, made.client_id, 1, agency=LOW, by="manager", occasion=occasion(world))
    ended = make(world)
    clients.revoke(world.office, ended.client_id, agency=LOW, by="manager", occasion=occasion(world))
    for path, name in (
        ("/clients", "clients"),
        ("/clients/1", "client"),
        ("/clients/2", "client-ended"),
        ("/clients/new", "client-new"),
        (f"/clients/1/fields/{PERMIT}", "client-fields"),
        ("/clients/1/webhooks/new", "client-webhook-new"),
        ("/clients/webhooks/2", "client-webhook"),
    ):
        every_look(door, browser, path, name, *MANAGER, agency=LOW)


def tell(world: World) -> None:  # noqa: F811
    """Send what waits, in a thread as the worker does: the browser's driver has this one's event loop."""

    def work() -> None:
        while telling.step(world.office, sender()):
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_secrets_are_shown_in_every_view(door: Served, browser: Browser, world: World) -> None:  # noqa: F811
    make(world)
    door.app.state.desk = replace(door.app.state.desk, webhook_sender=sender())
    with door.signed_in(browser, *MANAGER, agency=LOW, language="en") as page, receiving() as receiver:
        page.goto(f"{door.url}/clients/1")
        page.get_by_role("button", name="Make a secret").click()
        each_view(page, "client-secret")
        page.goto(f"{door.url}/clients/1/webhooks/new")
        page.get_by_label("Address").fill("http://example.com/hook")
        page.get_by_role("button", name="Add the webhook").click()
        assert page.get_by_role("alert").inner_text().startswith("There is a problem")
        axe(page)
        page.get_by_label("Address").fill(receiver.url())
        page.get_by_role("button", name="Add the webhook").click()
        assert "whsec_" in page.inner_text("main")
        each_view(page, "client-webhook-secret")
