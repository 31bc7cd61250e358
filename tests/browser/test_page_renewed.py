"""A newer page comes to a telephone that has one: it is said, and nothing is lost that was taken along."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from tests.browser.desk import axe
from tests.browser.device import World, telephone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.between import Lie
    from tests.browser.device import Telephone
    from tests.verifier.book import Paper

NEWER = "f" * 16
"""The version of the page to come."""
MARK = b"\n/* newer */\n"
STYLE = "/static/page.css"
SIZE = "caches.keys().then(([name]) => caches.open(name)).then((cache) => cache.keys()).then((all) => all.length)"
UPDATE = "navigator.serviceWorker.getRegistration().then((registration) => registration.update()).then(() => {})"


@pytest.fixture(scope="module")
def paper(world: World) -> Paper:
    paper = world.paper("held when the page was renewed")
    world.anchor(paper)
    world.cut()
    return paper


@pytest.fixture
def phone(browser: Browser, world: World, paper: Paper) -> Iterator[Telephone]:
    with telephone(browser, world.server.url, world.now) as phone:
        yield phone
    world.between.lie = None


def newer(style: bytes) -> Lie:
    """Return what a newer verifier serves: another style sheet, which its service worker knows, and its version."""
    digest = sha256(style + MARK).hexdigest()

    def answered(path: str, answer: bytes) -> bytes:
        if path == "/sw.js":
            line, _, worker = answer.partition(b"\n")
            keep = json.loads(line.removeprefix(b"globalThis.keep=").removesuffix(b";"))
            keep["version"], keep["files"][STYLE] = NEWER, digest
            return b"globalThis.keep=" + json.dumps(keep).encode() + b";\n" + worker
        if path in {"/", "/v", "/watch"}:
            before, named, after = answer.partition(b'<meta name="yinxin-version" content="')
            return before + named + NEWER.encode() + after[len(NEWER) :]
        return answer + MARK if path == STYLE else answer

    return answered


def version_of(phone: Telephone) -> str | None:
    return phone.page.get_attribute("meta[name=yinxin-version]", "content")


def kept(phone: Telephone) -> list[str]:
    """Return the names of the caches."""
    return list(phone.page.evaluate("caches.keys()"))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_it_is_said_and_pack_and_watch_list_stay(phone: Telephone, world: World, paper: Paper, language: str) -> None:
    phone.open(f"/?lang={language}")
    phone.take()
    phone.open(f"/v?lang={language}#{paper.code().partition('#')[2]}")
    phone.colour()
    phone.page.click("#watch button")
    phone.page.locator("#watch a").wait_for()
    first = version_of(phone)
    world.between.lie = newer(phone.context.request.get(f"{phone.url}{STYLE}").body())
    phone.page.evaluate(UPDATE)
    said = phone.page.locator("#renewed")
    said.get_by_role("status").wait_for()
    words = {"en": "your watch list are kept", "zh-CN": "关注列表均保留不变"}
    assert words[language] in said.inner_text()
    # It goes along with the page to the other language, and back.
    for now in (*(each for each in words if each != language), language):
        phone.page.click("[data-switch]")
        phone.page.wait_for_function(f"document.querySelector('#renewed').innerText.includes('{words[now]}')")
        assert said.get_by_role("button").inner_text() == {"en": "Load the new version", "zh-CN": "载入新版本"}[now]
    # The page that stands there is as it was until somebody wants the new one.
    assert phone.page.locator("section.verdict").is_visible()
    assert version_of(phone) == first
    axe(phone.page)
    said.get_by_role("button").click()
    phone.page.wait_for_function(f"document.querySelector('meta[name=yinxin-version]').content === '{NEWER}'")
    phone.colour()
    assert phone.page.locator("#renewed").count() == 0
    phone.open(f"/watch?lang={language}")
    phone.page.locator("#watched li").wait_for()
    assert kept(phone) == [f"yinxin-page-{NEWER}"]
    phone.context.set_offline(True)
    world.server.stop()
    try:
        phone.open("/?lang=en")
        assert version_of(phone) == NEWER
        assert "on this device" in phone.pack
        assert phone.page.inner_text("#take [data-take]") == "Renew"
        assert phone.type(paper.code()) == "amber"
        assert "from the pack of" in phone.text
        assert phone.page.evaluate("caches.match('/static/zxing_reader.wasm').then((found) => found.ok)")
    finally:
        phone.context.set_offline(False)
        world.server.start()


def worker_alone(**changes: str) -> Lie:
    """Return what changes of the service worker's line, while pages and files stay as they are."""

    def answered(path: str, answer: bytes) -> bytes:
        if path != "/sw.js":
            return answer
        line, _, worker = answer.partition(b"\n")
        keep = json.loads(line.removeprefix(b"globalThis.keep=").removesuffix(b";"))
        keep["version"] = changes.get("version", keep["version"])
        keep["files"][STYLE] = changes.get("style", keep["files"][STYLE])
        return b"globalThis.keep=" + json.dumps(keep).encode() + b";\n" + worker

    return answered


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(worker_alone(version=NEWER, style="0" * 64), id="the files are older"),
        pytest.param(worker_alone(version=NEWER), id="the pages are older"),
        pytest.param(worker_alone(style="0" * 64), id="what is kept already cannot be had anew"),
    ],
)
def test_half_of_a_newer_page_is_not_taken(phone: Telephone, world: World, lie: Lie) -> None:
    phone.open()
    phone.take()
    (before,) = kept(phone)
    size = phone.page.evaluate(SIZE)
    world.between.lie = lie
    state = phone.page.evaluate(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration();
          const ended = new Promise((resolve) => registration.addEventListener("updatefound", () => {
            const worker = registration.installing;
            worker.addEventListener("statechange", () => worker.state !== "installing" && resolve(worker.state));
          }));
          registration.update().catch(() => {});
          return ended;
        }"""
    )
    assert state == "redundant"
    assert kept(phone) == [before]
    assert phone.page.evaluate(SIZE) == size
    assert phone.page.locator("#renewed").count() == 0
