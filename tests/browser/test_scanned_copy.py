"""A limited copy on a telephone: scanned from paper, and its file uploaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chain import copy
from chain.calendar import today
from tests import waiting
from tests.browser.test_scanned import paper, site, telephone
from tests.verifier.copied import HOST, TERMS, limited
from tests.verifier.test_index import now_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.deployed import Deployed
    from tests.verifier.book import Paper

__all__ = ["paper", "site"]


@pytest.fixture
def signed(deployment: Deployed, paper: Paper) -> copy.LimitedCopy:
    day = today(now_of(deployment))
    return limited(paper, key=paper.key, terms=replace(TERMS, made=day, expires=day + timedelta(days=10)))


def test_a_scanned_copy_says_for_whom_it_is_and_stays_amber(
    browser: Browser, site: str, signed: copy.LimitedCopy
) -> None:
    with telephone(browser) as (page, faults):
        page.goto(f"{site}/c#{copy.url(HOST, signed.closed().encode()).partition('#')[2]}")
        page.wait_for_selector(".verdict.amber")
        assert page.title().startswith("加注件（仅供中国演示银行呼和浩特分行，用于办理银行授信业务")
        shown = page.inner_text(".copy")
        assert all(text in shown for text in ("接收方", TERMS.recipient, TERMS.purpose))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert faults == []


def test_a_copys_file_is_green_and_a_copy_all_the_same(browser: Browser, site: str, signed: copy.LimitedCopy) -> None:
    with telephone(browser, scripts=False) as (page, _):
        page.goto(f"{site}/?lang=en")
        page.set_input_files(
            "#file", {"name": "limited-copy.cose", "mimeType": copy.MEDIA_TYPE, "buffer": signed.encode()}
        )
        page.click("form.ask [type=submit]")
        page.wait_for_selector(".verdict.green")
        assert page.inner_text("h1").startswith("Limited copy for ")
        assert "Not the certificate itself" in page.inner_text(".copy")


def test_other_programs_are_told_that_it_is_a_copy(site: str, signed: copy.LimitedCopy) -> None:
    url = copy.url(HOST, signed.short().encode())
    (report,) = waiting.post(f"{site}/api/v1/verify", json={"code": url}).json()["reports"]
    assert (report["verdict"], report["copy"]["shows_claims"]) == ("INCOMPLETE", False)
    files = {"file": ("limited-copy.cose", signed.encode())}
    (report,) = waiting.post(f"{site}/api/v1/verify", files=files).json()["reports"]
    assert (report["verdict"], report["copy"]["proven"]) == ("VALID", True)
