"""Two tabs, sessions that end and the way back, in a browser: what somebody typed stays, and no address keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from issuer.forms import PREFIX
from issuer.people import sessions
from issuer.tables.account_models import Role
from tests.browser.desk import LANGUAGES, door, each_view, enrolled, world  # noqa: F401 — fixtures
from tests.issuer.clerks import PASSWORD
from tests.issuer.desks import PERMIT
from tests.issuer.licences import issue_permits
from tests.issuer.offices import permit_number

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.desk import Served

NAME = "呼和浩特市 D&D 草原餐饮"
LOGIN = "low-preparer"


def box(page: Page, claim: str) -> str:
    return page.locator(f"[name={PREFIX}{claim}]").input_value()


@pytest.mark.parametrize("scripts", [True, False])
def test_form_outlives_the_session_in_which_it_was_opened(door: Served, browser: Browser, scripts: bool) -> None:  # noqa: F811, FBT001 — fixtures
    with door.signed_in(browser, LOGIN, Role.PREPARER, language="en", scripts=scripts) as page:
        page.goto(f"{door.url}/new/{PERMIT.identifier}")
        page.locator(f"[name={PREFIX}operator_name]").fill(NAME)
        door.world.registry.now += int(sessions.IDLE.total_seconds())
        # With scripts the field is judged when it is left: nobody who is signed out is sent off the page for it.
        page.locator(f"[name={PREFIX}credit_code]").fill("123")
        page.locator(f"[name={PREFIX}number]").fill(permit_number(1))
        page.wait_for_load_state("networkidle")
        assert box(page, "operator_name") == NAME
        page.get_by_role("button", name="Save").first.click()
        page.get_by_role("heading", name="What you typed is still here").wait_for()
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Sign in, in a new tab").click()
        other = opened.value
        other.locator("[name=login]").fill(LOGIN)
        other.locator("[name=password]").fill(PASSWORD)
        other.locator("[name=password]").press("Enter")
        other.wait_for_url(f"{door.url}/")
        other.close()
        page.get_by_role("button", name="Go on").click()
        page.get_by_text(f"You are signed in as {LOGIN} ({LOGIN})").wait_for()
        page.get_by_role("button", name="Send it").click()
        page.get_by_role("alert").first.wait_for()
        assert (box(page, "operator_name"), box(page, "number")) == (NAME, permit_number(1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_that_gives_back_what_was_typed_looks_right(door: Served, browser: Browser, language: str) -> None:  # noqa: F811 — fixtures
    with door.signed_in(browser, LOGIN, Role.PREPARER, language=language) as page:
        for why in ("other-session", "signed-out"):
            page.goto(f"{door.url}/new/{PERMIT.identifier}")
            page.locator(f"[name={PREFIX}operator_name]").fill(NAME)
            page.locator("[name=certify]").set_input_files({"name": "a.pdf", "mimeType": "", "buffer": b"%PDF-1.7"})
            if why == "signed-out":
                door.world.registry.now += int(sessions.IDLE.total_seconds())
            else:
                page.evaluate("document.querySelector('main [name=csrf]').value = 'of the session before'")
            page.locator("main form button[type=submit], main form .govuk-button").first.click()
            page.locator(f"main input[type=hidden][value='{NAME}']").wait_for(state="attached")
            each_view(page, f"late-form-{why}-{language}")


def test_part_that_loads_itself_leaves_a_form_alone_when_it_is_refused(door: Served, browser: Browser) -> None:  # noqa: F811 — fixtures
    with door.signed_in(browser, LOGIN, Role.PREPARER, language="en") as page:
        page.goto(f"{door.url}/new/{PERMIT.identifier}")
        page.evaluate("document.querySelector('main [name=csrf]').value = 'of the session before'")
        page.locator(f"[name={PREFIX}operator_name]").fill(NAME)
        with page.expect_response(lambda answer: answer.url.endswith("/field")) as refused:
            page.locator(f"[name={PREFIX}number]").focus()
        assert refused.value.status == 403
        page.wait_for_load_state("networkidle")
        assert box(page, "operator_name") == NAME
        assert page.get_by_text("This is not open to you").count() == 0


def test_search_is_found_again_by_the_way_back_and_by_loading_anew(door: Served, browser: Browser) -> None:  # noqa: F811 — fixtures
    issue_permits(door.world, 1, 2, operator_name=NAME)
    roles = (Role.STATUS_OFFICER, Role.PREPARER)
    with door.signed_in(browser, LOGIN, *roles, language="en") as page:
        for path, label, button in (
            ("/certificates", "Number or holder", "Find"),
            ("/batches/1", "Number or holder", "Search"),
        ):
            page.goto(f"{door.url}{path}")
            page.get_by_label(label).fill(NAME)
            page.get_by_role("button", name=button).click()
            link = page.get_by_role("link", name=permit_number(2)).first
            link.wait_for()
            found = page.url
            assert NAME not in unquote(found)
            link.click()
            page.wait_for_url(lambda url, found=found: url != found)
            page.go_back()
            assert page.url == found
            assert page.get_by_label(label).input_value() == NAME
            page.reload()
            page.get_by_role("link", name=permit_number(1)).first.wait_for()
            assert page.get_by_label(label).input_value() == NAME
