"""What a telephone does: it opens a scanned code's address in a browser, under the page's own strict rules."""

from __future__ import annotations

import shutil
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn

from tests.verifier.papers_on_chain import anchor, certificate_of, index_of
from tests.verifier.test_index import now_of
from verifier.app import make_app
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def paper(deployment: Deployed, anvil: Anvil) -> Paper:
    made = certificate_of(deployment, deployment.offices[0], "in a browser")
    anchor(deployment, deployment.offices[0], made)
    anvil.mine()
    return made


@pytest.fixture(scope="module")
def site(deployment: Deployed, paper: Paper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    index = index_of(deployment, tmp_path_factory.mktemp("browser"))
    index.follow(now_of(deployment))
    app = make_app(index, Settings(), clock=lambda: now_of(deployment))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


_FINE = ("Service Worker registration blocked by Playwright", "status of 404 (Not Found)")
"""This service has neither trust list nor pack; a service worker would outlive its test."""


@contextmanager
def telephone(browser: Browser, *, scripts: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """Open a page as wide as the narrowest telephones, and collect what goes wrong in it."""
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, locale="zh-CN", java_script_enabled=scripts, service_workers="block"
    )
    context.set_default_timeout(90_000)
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda said: faults.append(said.text) if not said.text.endswith(_FINE) else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    yield page, faults
    context.close()


def test_a_scanned_code_shows_its_verdict(browser: Browser, site: str, paper: Paper) -> None:
    with telephone(browser) as (page, faults):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site}/v#{paper.code().partition('#')[2]}")
        page.wait_for_selector(".verdict.green")
        assert page.title().startswith("真实有效")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate("document.activeElement.id") == "verdict"
        assert all(url.startswith(site) and "#" not in url for url in asked[1:])
        assert faults == []


def test_an_address_without_a_code_says_so(browser: Browser, site: str) -> None:
    with telephone(browser) as (page, faults):
        page.goto(f"{site}/v#<img src=x onerror=alert(1)>")
        page.wait_for_selector(".problem:not([hidden])")
        assert page.locator("img[src=x]").count() == 0
        assert faults == []


def test_a_lost_network_says_nothing_about_the_certificate(browser: Browser, site: str, paper: Paper) -> None:
    with telephone(browser) as (page, _):
        page.route(f"{site}/api/**", lambda route: route.abort())
        page.goto(f"{site}/v#{paper.code().partition('#')[2]}")
        page.wait_for_selector(".verdict.grey")
        assert "不代表证照有问题" in page.inner_text("h1")
        page.unroute(f"{site}/api/**")
        page.click("[data-ask-again]")
        page.wait_for_selector(".verdict.green")


@pytest.mark.parametrize("sentences", ["", "null", "{}", "<html>Sign in</html>"])
def test_without_its_sentences_the_page_says_that_nothing_was_checked(
    browser: Browser, site: str, paper: Paper, sentences: str
) -> None:
    with telephone(browser) as (page, _):
        page.route(f"{site}/locales/**", lambda route: route.fulfill(body=sentences))
        page.goto(f"{site}/v#{paper.code().partition('#')[2]}")
        page.wait_for_selector(".problem:not([hidden])")
        assert "未能核验" in page.inner_text(".problem")


def test_a_file_is_checked_without_scripts(browser: Browser, site: str, paper: Paper) -> None:
    with telephone(browser, scripts=False) as (page, _):
        page.goto(f"{site}/?lang=en")
        page.set_input_files("#file", {"name": "a.sd-jwt", "mimeType": "text/plain", "buffer": paper.sd_jwt.encode()})
        page.click("form.ask [type=submit]")
        page.wait_for_selector(".verdict.green")
        assert page.inner_text("h1") == "Genuine and in force"
