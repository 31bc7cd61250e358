"""The chief pages on paper, and with the few colours that somebody's system forces."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from issuer.tables.account_models import Role
from tests.browser.desk import LANGUAGES, door, enrolled, world  # noqa: F401 — fixtures
from tests.issuer.licences import drafted, issue_permits, proposed, wanted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.desk import Served

_ON_PAPER = """() => ({
  shown: [...document.querySelectorAll(
      '.yx-nav, .govuk-back-link, button, .govuk-button, .yx-search, .govuk-skip-link, footer a')]
    .filter(each => each.checkVisibility({visibilityProperty: true})).map(each => each.outerHTML.slice(0, 90)),
  addresses: [...document.querySelectorAll('.govuk-link')]
    .filter(each => getComputedStyle(each, '::after').content.includes('(')).length,
  heading: document.querySelector('h1').checkVisibility(),
})"""
_FORCED = """() => [...document.querySelectorAll('.govuk-tag, .yx-tag')]
  .filter(each => each.checkVisibility())
  .filter(each => parseFloat(getComputedStyle(each).borderTopWidth) === 0).map(each => each.textContent.trim())"""


def look(page: Page, name: str) -> None:
    if folder := os.environ.get("YINXIN_LOOKS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_chief_pages_print_and_keep_their_marks_in_forced_colours(
    door: Served,  # noqa: F811 — a fixture
    browser: Browser,
    language: str,
) -> None:
    rows = issue_permits(door.world, 1, 2, 3)
    order = proposed(door.world, rows[1:3], wanted("suspend", "under-investigation", text="接群众举报，正在调查"))
    drafted(door.world, rows[:1], wanted(text="伪造进货台账"))
    faults: list[str] = []
    roles = (Role.AGENCY_MANAGER, Role.STATUS_OFFICER, Role.PREPARER)
    with door.signed_in(browser, "low-approver", *roles, language=language) as page:
        for path, name in (
            ("/", "home"),
            ("/batches", "batches"),
            (f"/batches/{rows[0].batch_id}", "batch"),
            ("/queue", "queue"),
            (f"/certificates/{rows[0].id}", "certificate"),
            (f"/certificates/{rows[0].id}/erasure", "erasure"),
            ("/erasures", "erasures"),
            (f"/orders/{order}", "order"),
            ("/log", "log"),
        ):
            page.emulate_media(media="screen", forced_colors="none")
            page.goto(door.url + path)
            page.emulate_media(media="print")
            paper = page.evaluate(_ON_PAPER)
            look(page, f"print-{name}-{language}")
            faults += [f"{path} on paper: {each}" for each in paper["shown"]]
            assert (paper["heading"], paper["addresses"]) == (True, 0), path
            page.emulate_media(media="screen", forced_colors="active")
            look(page, f"forced-{name}-{language}")
            faults += [f"{path} in forced colours: {each}" for each in page.evaluate(_FORCED)]
    assert not faults, "\n".join(faults)
