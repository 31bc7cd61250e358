"""Who is at work on a day, and on what; and what the public verifier says of the papers that come of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.stage import ROOT
from tests.browser.desk import LANGUAGES, axe, looks
from tests.browser.whole import deadline

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.clerk import Clerk
    from tests.browser.whole import Whole

VERDICTS = {
    language: json.loads((ROOT / "verifier" / "locales" / f"{language}.json").read_text(encoding="utf-8"))
    for language in LANGUAGES
}


@dataclass(frozen=True, slots=True)
class Day:
    """Who is at work, and on what."""

    whole: Whole
    language: str
    folder: Path
    preparer: Clerk
    approver: Clerk
    manager: Clerk
    stranger: Page
    """Somebody at the verifier's public page."""
    holder: Page
    """Somebody with a telephone."""

    def judged(self, file: Path, verdict: str, *, name: str = "") -> None:
        """Bring a file to the verifier until it says this; its index follows the chain by a moment."""
        until, heading = deadline(), VERDICTS[self.language][f"verdict.{verdict}"].partition("{")[0]
        page = self.stranger
        while True:
            page.goto(f"/?lang={self.language}")
            page.locator("#scan").wait_for()
            # Choosing is asking.
            page.locator("#file").set_input_files(file)
            page.locator("#verdict").wait_for()
            if heading in page.inner_text("#verdict"):
                break
            assert time.monotonic() < until, f"{file.name}: got {page.inner_text('#verdict')}, wanted {heading}"
        assert page.locator(".test").count(), "no verdict on a test registry without its mark"
        axe(page)
        if name:
            looks(page, f"day-{self.language}-{name}")
