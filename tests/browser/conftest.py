"""A browser, and a registry with its verifier: each of a module's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from chain.ethereum.network import Anvil
from tests.browser.device import CHROMIUM, QUIET, world_of
from tests.deployed import make_deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.device import World


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        Anvil.start() as anvil,
        world_of(make_deployed(anvil, levels=1), anvil, tmp_path_factory.mktemp("world")) as world,
    ):
        yield world
