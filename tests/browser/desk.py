"""A real issuer in a real browser: served on a free port, with pages of people who are signed in.

    def test_something(door: Served, browser: Browser) -> None:
        with door.signed_in(browser, "low-preparer", Role.PREPARER, language="zh-CN") as page:
            page.goto(f"{door.url}/batches")
            axe(page)
            looks(page, "batches")

A test module gets the fixtures by importing them: `from tests.browser.desk import door, enrolled, world`. Each
view in `VIEWS` is a size and a colour scheme; `every_look` goes through all of them, in both languages. Screenshots are
written where YINXIN_LOOKS names a folder.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from issuer.app import application
from tests.issuer.clerks import LARGEST, Door, cheap_site, desk_for
from tests.issuer.offices import copy_world, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from issuer.routes.desk import Desk
    from issuer.tables.account_models import Role
    from tests.issuer.offices import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LANGUAGES = ("zh-CN", "en")
VIEWS = {
    "desktop": (1280, 900, "light"),
    "dark": (1280, 900, "dark"),
    "phone": (320, 640, "light"),
    "phone-dark": (320, 640, "dark"),
}
"""(width, height, colour scheme) of each view."""
_AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "(only) => axe.run(document, {resultTypes: ['violations'], runOnly: only})"
_SETTLED_MS = 500
"""Of what is in order axe need not write down every place: that takes most of its time on long pages."""


@dataclass(slots=True)
class Served(Door):
    """The pages of a world, served."""

    @property
    def url(self) -> str:
        """Where they are."""
        return self.site.url

    @contextmanager
    def signed_in(
        self,
        browser: Browser,
        login: str,
        *roles: Role,
        agency: int | None = None,
        language: str = "zh-CN",
        view: str = "desktop",
        scripts: bool = True,
    ) -> Iterator[Page]:
        """Open a browser window in which somebody is signed in; anything its console says fails the test."""
        token = self.clerk(login, *roles, agency=agency).token
        with self.window(browser, language=language, view=view, scripts=scripts) as page:
            page.context.add_cookies([{"name": "yinxin", "value": token, "url": self.url}])
            yield page

    @contextmanager
    def window(
        self, browser: Browser, *, language: str = "zh-CN", view: str = "desktop", scripts: bool = True
    ) -> Iterator[Page]:
        """Open a browser window in which nobody is signed in."""
        with window(browser, self.url, language=language, view=view, scripts=scripts) as page:
            yield page


@contextmanager
def window(
    browser: Browser, url: str, *, language: str = "zh-CN", view: str = "desktop", scripts: bool = True
) -> Iterator[Page]:
    """Open a browser window of its own; anything its console says fails the test."""
    width, height, scheme = VIEWS[view]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=language,
        reduced_motion="reduce",
        java_script_enabled=scripts,
        service_workers="block",
        base_url=url,
    )
    context.set_default_timeout(30_000)
    page, faults = context.new_page(), list[str]()
    page.on(
        "console",
        lambda said: faults.append(f"{page.url}: {said.text}") if said.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    # A refused form is answered with 4xx, which the console tells as a resource that failed to load.
    # A service worker would outlive its test, so none is let in.
    fine = ("status of 4", "Service Worker registration blocked")
    said = [each for each in faults if not any(words in each for words in fine)]
    assert not said, said


def axe(page: Page, *rules: str) -> None:
    """Assert that axe finds nothing wrong with a page; of these rules only, if any are named."""
    # A click waits for the first bytes of what it leads to, and no longer.
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": _RULES}
    found = page.evaluate(_RUN, only)
    if found["violations"]:
        # A page that was turned dark or light a moment ago may still be half the one and half the other.
        page.wait_for_timeout(_SETTLED_MS)
        found = page.evaluate(_RUN, only)
    said = [f"{each['id']}: {each['nodes'][0]['html'][:200]} ({_why(each)})" for each in found["violations"]]
    assert not said, f"{page.url}: {said}"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        f"{page.url}: too wide"
    )


def looks(page: Page, name: str) -> None:
    """Take a screenshot of the whole page, if a folder for them is named."""
    if folder := os.environ.get("YINXIN_LOOKS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def every_look(
    door: Served, browser: Browser, path: str, name: str, login: str, *roles: Role, agency: int | None = None
) -> None:
    """Open a page in both languages, light and dark, wide and narrow; axe finds nothing in any."""
    for language in LANGUAGES:
        with door.signed_in(browser, login, *roles, agency=agency, language=language) as page:
            page.goto(f"{door.url}{path}")
            each_view(page, f"{name}-{language}")


def each_view(page: Page, name: str) -> None:
    """Look at an open page in every view, without loading it anew."""
    for view, (width, height, scheme) in VIEWS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        # Colours follow a frame later.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        axe(page)
        looks(page, f"{name}-{view}")
    width, height, scheme = VIEWS["desktop"]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]


@contextmanager
def served(world: World) -> Iterator[Served]:
    """Serve the pages of a world on a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # Passkeys want a name; an address is none.
        site = cheap_site(f"http://localhost:{listening.getsockname()[1]}")

        @contextmanager
        def opened() -> Iterator[Desk]:
            yield desk_for(world, site)()

        app = application(opened, max_body_size=LARGEST)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield Served(world, app, site)
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return an issuer that nobody touches, to be copied."""
    made = make_world(tmp_path_factory.mktemp("enrolled"))
    made.office.store.close()
    return made


@pytest.fixture
def world(enrolled: World, tmp_path: Path) -> Iterator[World]:
    """Return an issuer of three agencies with a registry in memory."""
    copied = copy_world(enrolled, tmp_path)
    yield copied
    copied.office.store.close()


@pytest.fixture
def door(world: World) -> Iterator[Served]:
    """Return the pages of that issuer, served."""
    with served(world) as opened:
        yield opened


def _why(violation: dict[str, Any]) -> str:
    reasons = violation["nodes"][0]["any"] or [{"message": violation["help"]}]
    return str(reasons[0]["message"])


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")
