"""The holder's page in a browser: from the slip to a limited copy, on a telephone and without scripts."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from issuer import holding
from issuer.tables.account_models import Role
from tests.browser.desk import LANGUAGES, axe, door, each_view, enrolled, looks, world
from tests.issuer.licences import issue_permits

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from issuer.tables.models import Certificate
    from tests.browser.desk import Served

__all__ = ["door", "enrolled", "world"]

pytestmark = pytest.mark.usefixtures("door")
MAKE = {"zh-CN": "制作加注件", "en": "Make a limited copy"}
GO_ON = {"zh-CN": "继续", "en": "Go on"}
MAKE_IT = {"zh-CN": "制作", "en": "Make the copy"}


def permit(door: Served) -> Certificate:
    return issue_permits(door.world, 1, issue_date="2026-01-01", valid_until="2030-12-31")[0]


def link(door: Served, certificate: Certificate) -> str:
    return holding.hand_out(door.world.office, certificate.id, who="low-preparer", occasion=door.occasion).url(door.url)


def make_copy(door: Served, page: Page, language: str, name: str = "") -> None:
    page.get_by_role("button", name=MAKE[language]).click()
    if name:
        each_view(page, f"{name}-form")
    page.locator("#recipient").fill("演示银行呼和浩特分行")
    page.locator("#purpose").fill("贷款")
    page.locator("#last_day").fill((door.world.office.today + timedelta(days=10)).isoformat())
    page.get_by_role("button", name=GO_ON[language]).click()
    if name:
        each_view(page, f"{name}-review")
    page.get_by_role("button", name=MAKE_IT[language], exact=True).click()
    page.wait_for_url("**/h/certificate")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_holder_opens_the_link_and_makes_a_copy(
    door: Served, browser: Browser, language: str, tmp_path: Path
) -> None:
    address = link(door, permit(door))
    with door.window(browser, language=language, view="phone") as page:
        page.goto(f"{door.url}/h")
        each_view(page, f"holder-open-{language}")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{door.url}/sign-in")
        page.goto(address)
        page.wait_for_url("**/h/certificate")
        token = address.rpartition("#")[2]
        assert not any(token in url.partition("#")[0] for url in asked)
        assert token not in page.url
        each_view(page, f"holder-{language}")
        make_copy(door, page, language, f"holder-copy-{language}")
        each_view(page, f"holder-made-{language}")
        with page.expect_download() as got:
            page.locator("a[href^='/h/copies/']").click()
        got.value.save_as(tmp_path / "copy.pdf")
        assert (tmp_path / "copy.pdf").read_bytes().startswith(b"%PDF")


def test_without_scripts_the_slip_is_typed_in(door: Served, browser: Browser) -> None:
    certificate = permit(door)
    slip = holding.hand_out(door.world.office, certificate.id, who="low-preparer", occasion=door.occasion)
    with door.world.office.store.reading() as work:
        second = holding.second_of(door.world.office, work, certificate)
    with door.window(browser, language="en", view="phone", scripts=False) as page:
        page.goto(f"{door.url}/h")
        page.locator("#pickup").fill(slip.pickup)
        page.locator("#second").fill("0000")
        page.get_by_role("button", name="Open").first.click()
        assert "There is a problem" in page.inner_text("main")
        page.locator("#second").fill(second)
        page.get_by_role("button", name="Open").first.click()
        page.wait_for_url("**/h/certificate")
        make_copy(door, page, "en")
        assert "演示银行" in page.inner_text("main")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_hands_a_slip_out_whose_code_opens_the_page(door: Served, browser: Browser, language: str) -> None:
    certificate = permit(door)
    with door.signed_in(browser, "low-preparer", Role.PREPARER, language=language) as page:
        page.goto(f"{door.url}/certificates/{certificate.id}/holder")
        each_view(page, f"holder-links-{language}")
        page.locator("#days + *, form button").first.wait_for()
        page.locator("form[action$='/holder'] button").click()
        page.locator("svg[data-modules]").wait_for()
        each_view(page, f"holder-slip-{language}")
        picture = Image.open(BytesIO(page.locator("svg[data-modules]").screenshot()))
        (read,) = zxingcpp.read_barcodes(picture)
        assert re.fullmatch(re.escape(door.url) + r"/h#[A-Za-z0-9_-]{43}", read.text)
        page.goto(f"{door.url}/certificates/{certificate.id}/holder")
        each_view(page, f"holder-links-one-{language}")
        page.locator("form[action$='/revoke'] button").click()
        page.wait_for_url("**/holder")
        axe(page)
        looks(page, f"holder-links-revoked-{language}")
        page.goto(read.text)
        assert page.locator("#pickup").count() == 1
