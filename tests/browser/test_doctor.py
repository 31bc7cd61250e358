"""The doctor's page and the page of rights on the registry, in a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuer.tables.account_models import Role
from tests.browser.desk import LANGUAGES, door, each_view, enrolled, every_look, world
from tests.issuer.test_doctor import patient_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.desk import Served

__all__ = ["door", "enrolled", "world"]

LOW = 2


def test_the_doctor_says_what_was_found_and_what_to_do(door: Served, browser: Browser) -> None:
    for language, start in zip(LANGUAGES, ("开始检查", "Examine now"), strict=True):
        with door.signed_in(browser, "low-manager", Role.AGENCY_MANAGER, language=language) as page:
            page.goto(f"{door.url}/doctor")
            door.app.state.desk = replace(door.app.state.desk, patient=lambda: patient_of(door.world))
            each_view(page, f"doctor-{language}")
            page.get_by_role("button", name=start).click()
            page.locator(".yx-findings__item").first.wait_for()
            # Nothing was issued in this world, so the sample could not be brought to the verifier.
            assert page.locator(".yx-findings .govuk-tag--grey").count() >= 1
            assert page.locator(".yx-findings .govuk-tag--green").count() >= 4
            each_view(page, f"doctor-found-{language}")


def test_two_managers_bring_roles_to_the_registry(door: Served, browser: Browser) -> None:
    door.hire("newcomer", Role.PREPARER, agency=LOW)
    with door.signed_in(browser, "manager-2", Role.AGENCY_MANAGER, agency=LOW, language="en") as page:
        page.goto(f"{door.url}/people/rights")
        each_view(page, "rights-en")
        # This manager has an account, but no rights on the registry yet.
        page.get_by_label("newcomer").check()
        page.get_by_role("button", name="Sign as the first manager").click()
        assert page.get_by_role("alert").count() == 1
    with door.signed_in(browser, "low-manager", Role.AGENCY_MANAGER, language="zh-CN") as page:
        page.goto(f"{door.url}/people/rights")
        page.get_by_label("newcomer").check()
        page.get_by_role("button", name="作为第一名管理员签署").click()
        page.get_by_text("等待第二名管理员", exact=True).wait_for()
        each_view(page, "rights-zh-CN")
    with door.signed_in(browser, "top-manager", Role.AGENCY_MANAGER, language="en") as page:
        page.goto(f"{door.url}/people/rights")
        page.get_by_label("newcomer").check()
        page.get_by_role("button", name="Sign as the second manager").click()
        page.get_by_text("Signed. The registry has it in a few seconds.").wait_for()
    door.world.lane().run()
    every_look(door, browser, "/people/rights", "rights-done", "low-manager", Role.AGENCY_MANAGER)
