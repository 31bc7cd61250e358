"""Where the registry lists official hosts: a code that leads elsewhere is warned of, and then judged as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.device import telephone
from tests.verifier.copied import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.device import Telephone, World
    from tests.verifier.book import Paper

OTHER_OFFICIAL = "verify.other-league.example.cn"
FORGED = "verify-example.cn.example"


@pytest.fixture(scope="module")
def paper(world: World) -> Paper:
    council = world.deployed.governing().council
    for host in (HOST, OTHER_OFFICIAL):
        council.set_verifying_host(host, listed=True)
    made = world.paper("behind a stranger's address")
    world.anchor(made)
    world.cut()
    return made


@pytest.fixture
def phone(browser: Browser, world: World, paper: Paper) -> Iterator[Telephone]:
    with telephone(browser, world.server.url, world.now) as phone:
        phone.open()
        yield phone


def test_a_code_of_any_official_host_is_judged_at_once(phone: Telephone, paper: Paper) -> None:
    assert phone.type(paper.code().replace(HOST, OTHER_OFFICIAL)) == "green"


def test_what_stands_behind_a_strangers_address_is_judged_and_told_with_that_address(
    phone: Telephone, paper: Paper
) -> None:
    phone.page.fill("#typed", paper.code().replace(HOST, FORGED))
    phone.page.click("form.ask button[type=submit]")
    phone.page.wait_for_selector(".foreign")
    assert phone.page.locator(".foreign dd").all_inner_texts() == [FORGED, HOST, OTHER_OFFICIAL]
    phone.page.get_by_role("button", name="Check the certificate in it here").click()
    # The certificate is a genuine one, and nobody vouches for what led to it.
    assert phone.colour() == "amber"
    assert phone.page.get_attribute("section.verdict", "data-verdict") == "INCOMPLETE"
    assert FORGED in phone.page.inner_text(".differ")
    assert f"The code leads to {FORGED}, which is not an official verifying site" in phone.reasons
