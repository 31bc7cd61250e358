"""Signing in, the account, people and the log, in a browser."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from issuer.people import accounts
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.tables.inspection_models import InspectionDue
from issuer.tables.models import State
from tests.browser.desk import (  # noqa: F401 — fixtures are found by their names
    axe,
    door,
    each_view,
    enrolled,
    every_look,
    world,
)
from tests.issuer.clerks import PASSWORD
from tests.issuer.desks import LOW, make, permit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.desk import Served

# ruff: noqa: F811 — arguments are fixtures


@contextmanager
def authenticator(page: Page) -> Iterator[None]:
    """Give a page a device that holds passkeys and always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    session.send("WebAuthn.disable")


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")


def test_signing_in_with_a_code(door: Served, browser: Browser) -> None:
    door.hire("low-approver", Role.APPROVER)
    with door.window(browser, language="en") as page:
        page.goto("/account")
        each_view(page, "sign-in-en")
        page.fill("#login", "low-approver")
        page.fill("#password", "not this one")
        page.click("main button[type=submit]")
        page.wait_for_selector(".govuk-error-summary:focus")
        assert page.title().startswith("Error: ")
        each_view(page, "sign-in-refused-en")
        page.fill("#login", "low-approver")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_selector("#code")
        each_view(page, "second-en")
        door.world.registry.now += 30
        page.fill("#code", door.secrets["low-approver"].at(door.world.office.now()))
        page.click("main button[type=submit]")
        page.wait_for_selector("h1:has-text('My account')")
        page.click("header button")
        page.wait_for_selector("h1:has-text('signed out')")
        axe(page)


def test_a_passkey_is_added_and_signs_in_and_confirms(door: Served, browser: Browser) -> None:
    person = door.hire("low-approver", Role.APPROVER)
    with door.world.office.store.writing() as work:
        account_rows.drop_second_factors(work, account_rows.number(person))
    with door.window(browser, language="zh-CN") as page, authenticator(page):
        sign_in(page, "low-approver")
        page.wait_for_url("**/account/second-factor")
        each_view(page, "factor-zh-CN")
        page.fill("#name", "办公电脑")
        page.click("form[data-passkey] button")
        page.wait_for_selector(".yx-codes li")
        each_view(page, "codes-zh-CN")
        page.goto("/account")
        assert "办公电脑" in page.inner_text("main")
        page.click("header button")
        sign_in(page, "low-approver")
        page.wait_for_selector("form[data-passkey]")
        each_view(page, "second-zh-CN")
        page.click("form[data-passkey] button")
        page.wait_for_url("**/")
        door.world.registry.now += 301
        page.goto("/confirm?next=/account")
        each_view(page, "confirm-zh-CN")
        page.click("form[data-passkey] button")
        page.wait_for_url("**/account")


def test_an_app_is_added_by_the_key_that_the_page_shows(door: Served, browser: Browser) -> None:
    with door.signed_in(browser, "low-preparer", Role.PREPARER, language="en") as page:
        page.goto("/account/second-factor")
        page.click("text=Add an authenticator app >> nth=-1")
        page.wait_for_selector(".yx-qr")
        each_view(page, "app-en")


def test_without_scripts_everything_but_passkeys_works(door: Served, browser: Browser) -> None:
    door.hire("low-approver", Role.APPROVER)
    with door.window(browser, language="en", scripts=False) as page:
        sign_in(page, "low-approver")
        door.world.registry.now += 30
        page.fill("#code", door.secrets["low-approver"].at(door.world.office.now()))
        page.click("main button[type=submit]")
        page.wait_for_selector("h1:has-text('What waits for me')")
        assert page.is_visible("text=Status orders")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_inviting_and_beginning(door: Served, browser: Browser, language: str) -> None:
    with door.signed_in(browser, "low-manager", Role.AGENCY_MANAGER, language=language) as page:
        page.goto("/people/new")
        each_view(page, f"people-new-{language}")
        page.click("main form button[type=submit]")
        page.wait_for_selector(".govuk-error-summary:focus")
        each_view(page, f"people-new-refused-{language}")
        page.fill("#name", "乌云")
        page.fill("#login", "uyun")
        page.check("#roles")
        page.click("main form button[type=submit]")
        link = page.inner_text(".yx-mono")
        each_view(page, f"people-link-{language}")
    with door.window(browser, language=language) as page:
        page.goto(link)
        each_view(page, f"invitation-{language}")
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        page.click("main form button[type=submit]")
        page.wait_for_selector(".yx-tour")
        each_view(page, f"tour-{language}")
        page.click(".yx-tour button")
        page.wait_for_selector(".yx-tour", state="detached")
        page.goto(link)
        axe(page)


@pytest.mark.parametrize("path", ["/people", "/log", "/account", "/account/password", "/help/start", "/help/statuses"])
def test_a_managers_pages_look_right(door: Served, browser: Browser, path: str) -> None:
    door.hire("low-manager", Role.AGENCY_MANAGER)
    door.hire("low-preparer", Role.PREPARER)
    every_look(door, browser, path, path.strip("/").replace("/", "-"), "low-manager")


def test_a_persons_page_looks_right(door: Served, browser: Browser) -> None:
    number = door.hire("low-preparer", Role.PREPARER).id
    every_look(door, browser, f"/people/{number}", "person", "low-manager", Role.AGENCY_MANAGER)


def test_the_councils_people_page_looks_right(door: Served, browser: Browser) -> None:
    every_look(door, browser, "/people", "council", "chair", Role.COUNCIL_MEMBER, agency=accounts.COUNCIL)


def test_the_first_page_looks_right_and_counts(door: Served, browser: Browser) -> None:
    today = door.world.office.today
    for serial, days in ((1, 400), (2, 3), (3, 9), (4, 40), (5, 130)):
        row_id = make(door.world, permit(serial))
        with door.world.office.store.writing() as work:
            certificate = work.certificate(row_id)
            certificate.last_day = today + timedelta(days=days)
            work.batch(certificate.batch_id).state = State.DRAFT if serial == 1 else State.ISSUED
            if days > 9:
                kind, due = certificate.certificate_type, today + timedelta(days=days)
                work.add(InspectionDue(certificate_id=row_id, agency=LOW, certificate_type=kind, due=due))
    roles = (Role.PREPARER, Role.STATUS_OFFICER, Role.AGENCY_MANAGER)
    every_look(door, browser, "/", "home", "low-preparer", *roles)


def test_errors_look_right(door: Served, browser: Browser) -> None:
    every_look(door, browser, "/no/such/page", "not-found", "low-preparer", Role.PREPARER)
