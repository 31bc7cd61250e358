"""A service that hangs: nobody waits for ever, and whoever took the pack along is told as of when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from chain.events import Track
from tests.browser.desk import LANGUAGES, axe
from tests.browser.device import World, telephone, with_path
from tests.waiting import wait_until
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.device import Telephone
    from tests.verifier.book import Paper


@pytest.fixture(scope="module")
def papers(world: World) -> dict[str, Paper]:
    made = {label: world.paper(f"{label} on a slow network") for label in ("valid", "beside", "revoked")}
    world.anchor(made["valid"], made["beside"])
    world.anchor(made["revoked"])
    world.change(made["revoked"], Track.REVOKED)
    world.cut()
    return made


@pytest.fixture
def phone(browser: Browser, world: World, papers: dict[str, Paper]) -> Iterator[Telephone]:
    with telephone(browser, world.server.url, world.now) as phone:
        # All that waits in the page goes by this clock; what its worker does takes the time that it takes.
        phone.page.clock.install(time=world.now)
        yield phone
    world.between.hangs = None


def hang(world: World) -> None:
    """Answer nothing that the API is asked from now on."""
    world.between.asked.clear()
    world.between.hangs = lambda path: path.startswith("/api/")


def was_asked(world: World, path: str) -> bool:
    return any(path in one.target for one in world.between.asked)


def lose_patience(phone: Telephone, world: World, *asked: str, seconds: int = 7) -> None:
    """Wait until these were asked, one after the other, and each time let so much of the page's time pass."""
    for each in asked:
        wait_until(partial(was_asked, world, each), what=f"{each} is asked")
        phone.page.clock.fast_forward(1000 * seconds)


def say(key: str, language: str = "en") -> str:
    return sentence(key, Language(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_pack_the_page_says_that_nobody_answered_and_what_to_do(
    phone: Telephone, world: World, papers: dict[str, Paper], language: str
) -> None:
    hang(world)
    phone.open(f"/v?lang={language}#{papers['valid'].code().partition('#')[2]}")
    lose_patience(phone, world, "/api/v1/trust-list", "/api/v1/verify")
    assert phone.colour() == "grey"
    for key in ("means", "first", "do", "not"):
        assert say(f"copy.CANNOT_CHECK.unreachable.{key}", language) in phone.text
    # It was sent the code, whether it got it or not.
    assert say("page.by_nobody", language) in phone.text
    assert say("page.by_page", language) not in phone.text
    axe(phone.page)
    # As soon as somebody answers, it can be asked once more where one stands.
    world.between.hangs = None
    phone.page.get_by_role("button", name=say("page.retry", language)).click()
    phone.page.wait_for_selector("section.verdict.green")


def test_with_a_pack_it_is_checked_as_of_that(phone: Telephone, world: World, papers: dict[str, Paper]) -> None:
    phone.open()
    phone.page.wait_for_selector("#take [data-pack] strong")
    for code, colour, begins in (
        (with_path(papers["valid"], papers["beside"]), "green", "Genuine. Not revoked as of"),
        (papers["revoked"].code(), "red", "Revoked as a penalty on"),
    ):
        hang(world)
        phone.page.goto("about:blank")
        phone.open(f"/v?lang=en#{code.partition('#')[2]}")
        lose_patience(phone, world, "/api/v1/leaves")
        assert phone.colour() == colour
        assert phone.heading.startswith(begins)
        assert "without a network, from the pack of" in phone.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_nobody_reads_is_given_up(
    phone: Telephone, world: World, papers: dict[str, Paper], language: str
) -> None:
    phone.open(f"/?lang={language}")
    hang(world)
    file = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 that hangs"}
    phone.page.set_input_files("#file", file)  # type: ignore[arg-type]
    lose_patience(phone, world, "/api/v1/verify", seconds=46)
    phone.page.wait_for_selector(".summary")
    assert say("page.no_answer", language) in phone.page.inner_text(".summary")
    assert phone.page.get_attribute("body", "aria-busy") is None
    axe(phone.page)
