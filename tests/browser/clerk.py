"""Somebody at a browser, who reads the pages in one language and has every page that is met looked at by axe."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyotp

from tests.browser.desk import axe, looks

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from issuer.wording import Words

PASSWORD = "nine yellow kettles hum at dawn"  # noqa: S105 — it opens nothing but these tests' accounts
_STEP_S = 30


@dataclass(slots=True)
class App:
    """An authenticator app. It shows a code for half a minute, and the service takes each once."""

    secret: str
    _shown: int = 0

    def code(self, page: Page) -> str:
        """Return the next code that will be taken: a clock may be off by one step."""
        while True:
            now = int(time.time()) // _STEP_S
            step = max(self._shown + 1, now - 1)
            if step <= now + 1:
                self._shown = step
                return pyotp.TOTP(self.secret).at(step * _STEP_S)
            # Somebody who was asked thrice within half a minute waits for the next code, too.
            page.wait_for_timeout(1000)


@dataclass(slots=True)
class Clerk:
    """Somebody with a browser, a password and maybe an app."""

    page: Page
    words: Words
    login: str = ""
    app: App | None = None
    met: set[str] = field(default_factory=set)
    """Names of the pages that were looked at."""

    def say(self, msgid: str, **values: object) -> str:
        """Return what the pages call something."""
        return self.words.gettext(msgid, **values)

    def button(self, msgid: str, **values: object) -> Locator:
        """Return the first button that says this; links that look like buttons are some."""
        return self.page.get_by_role("button", name=self.say(msgid, **values), exact=True).first

    def press(self, msgid: str, **values: object) -> None:
        """Press a button."""
        self.button(msgid, **values).click()

    def press_on_to(self, place: str, msgid: str) -> None:
        """Press a button that leads to a page with such an address, and wait until that is there."""
        self.press(msgid)
        self.page.wait_for_url(place)

    def follow(self, msgid: str, **values: object) -> None:
        """Follow a link to another page, and wait until that is there."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=self.say(msgid, **values), exact=True).first.click()

    def fill(self, msgid: str, text: str, **values: object) -> None:
        """Type into the field of that label."""
        self.page.get_by_label(self.say(msgid, **values), exact=True).first.fill(text)

    def fill_claim(self, key: str, text: str) -> None:
        """Type what a certificate says into its form."""
        self.page.locator(f"[name=claim-{key}]").first.fill(text)

    def reads(self, msgid: str, **values: object) -> None:
        """Wait until the page says something, however it comes there."""
        self.page.get_by_text(self.say(msgid, **values)).first.wait_for()

    def counts(self, one: str, many: str, number: int) -> None:
        """Wait until the page says so many of something."""
        self.page.get_by_text(self.words.ngettext(one, many, number)).first.wait_for()

    def look(self, name: str) -> None:
        """Have axe look at the page, and keep a picture of it where somebody wants pictures."""
        axe(self.page)
        looks(self.page, f"day-{self.words.language}-{name}")
        self.met.add(name)

    def take(self, link: Locator, folder: Path) -> Path:
        """Download what a link leads to."""
        with self.page.expect_download() as taken:
            link.click()
        path = folder / taken.value.suggested_filename
        taken.value.save_as(path)
        return path

    def begin(self, invitation: str) -> None:
        """Accept an invitation: choose a password, and add an app where the page asks for a second step."""
        self.page.goto(invitation)
        self.look("invitation")
        self.fill("Password", PASSWORD)
        self.fill("Password again", PASSWORD)
        self.press("Begin")
        self.page.locator("header form[action='/sign-out']").wait_for()
        if self.page.url.endswith("/account/second-factor"):
            self.look("second-factor")
            self.press("Add an authenticator app")
            self.app = App(self.page.locator(".yx-mono").inner_text().replace(" ", ""))
            self.look("app")
            self.fill("Code of the app", self.app.code(self.page))
            self.press("Add the app")
            self.page.locator(".yx-codes li").first.wait_for()
            self.look("recovery-codes")
            self.press("I have kept them")
        self.page.goto("/")
        self.look("tour")
        self.press("I have read this")
        self.page.locator(".yx-tour").wait_for(state="detached")

    def sign_in(self) -> None:
        """Sign in with the password, and with a code where one is asked for."""
        self.page.goto("/sign-in")
        self.look("sign-in")
        self.fill("Login name", self.login)
        self.fill("Password", PASSWORD)
        self.press("Go on")
        if self.app is not None:
            self.look("sign-in-second")
            self.fill("Code of the authenticator app", self.app.code(self.page))
            self.press("Sign in")
        self.page.locator("header form[action='/sign-out']").wait_for()
        self.look("work")

    def confirm(self) -> None:
        """Show once more who is there, as the page asks before anything is signed."""
        self.page.wait_for_url("**/confirm?next=*")
        self.look("confirm")
        if self.app is None:
            self.fill("Password", PASSWORD)
            self.press("Go on")
        else:
            self.fill("Code of the authenticator app", self.app.code(self.page))
            self.press("Confirm")

    def sign_out(self) -> None:
        """Sign out."""
        self.press("Sign out")
        self.page.wait_for_url("**/signed-out")
        self.look("signed-out")
