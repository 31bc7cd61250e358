"""A receipt from the verdict to the file, and back: by the page, without scripts, and without a network."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2
import pytest

from chain import base64url
from chain.events import Track
from tests.browser.desk import axe
from tests.browser.device import World, telephone
from tests.verifier.copied import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.device import Telephone
    from tests.verifier.book import Paper

ASKER = "呼和浩特演示建材有限公司"


@pytest.fixture(scope="module")
def papers(world: World) -> dict[str, Paper]:
    papers = {label: world.paper(f"{label} for a receipt") for label in ("valid", "revoked")}
    world.anchor(*papers.values())
    world.change(papers["revoked"], Track.REVOKED)
    world.cut()
    return papers


@pytest.fixture
def phone(browser: Browser, world: World, papers: dict[str, Paper]) -> Iterator[Telephone]:
    with telephone(browser, world.server.url, world.now) as phone:
        yield phone


def choose(page: Page, *, language: str = "en") -> bytes:
    """Take the receipt that the page of choices offers."""
    page.fill("#asked_by", ASKER)
    words = {"en": "Get the receipt (PDF)", "zh-CN": "下载回执（PDF）"}
    with page.expect_download() as waiting:
        page.get_by_role("button", name=words[language]).click()
    return Path(waiting.value.path()).read_bytes()


def hand_in(page: Page) -> None:
    """Send the form where there are no scripts.

    A click waits for the first bytes of the next page alone, and what is read then may be half of it.
    """
    page.locator("form.ask button[type=submit]").click()
    page.wait_for_load_state()


def jws_of(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return opened.attachments["receipt.jws"].get_file().read_bytes().decode()


def payload_of(jws: str) -> dict[str, object]:
    return dict(json.loads(base64url.decode(jws.split(".")[1])))


def test_from_a_code_to_a_receipt_and_back(phone: Telephone, world: World, papers: dict[str, Paper]) -> None:
    # Each time a code is asked for, it is signed anew.
    code = papers["revoked"].code()
    assert phone.show(code) == "red"
    heard = len(world.between.asked)
    phone.page.get_by_role("button", name="Receipt", exact=True).click()
    phone.page.wait_for_selector("form.receipt")
    (sent,) = (each for each in world.between.asked[heard:] if each.target.startswith("/receipt"))
    assert code.partition("#")[2] in sent.whole
    assert "Revoked" in phone.page.inner_text(".summary-line")
    pdf = choose(phone.page)
    said = payload_of(jws_of(pdf))
    assert (said["verdict"], said["leaf"], said["asked_by"]) == ("REVOKED", papers["revoked"].leaf.hex(), ASKER)
    # Scanned with the telephone's own camera, the device itself checks it, and asks nobody about it.
    before = len(world.between.asked)
    phone.page.goto("about:blank")
    phone.open(f"/r?lang=en#{jws_of(pdf)}")
    assert phone.colour() == "amber"
    assert re.match(r"A receipt, not a certificate\. On .* the finding was: revoked", phone.heading)
    assert ASKER in phone.text
    asked = "".join(each.whole for each in world.between.asked[before:])
    assert jws_of(pdf).split(".")[1] not in asked
    assert papers["revoked"].leaf.hex() not in asked


def test_a_file_is_handed_in_once_more_for_its_receipt(phone: Telephone, papers: dict[str, Paper]) -> None:
    phone.open()
    file = {"name": "paper.sd-jwt", "mimeType": "text/plain", "buffer": papers["valid"].sd_jwt.encode()}
    phone.page.set_input_files("#file", file)  # type: ignore[arg-type]
    phone.page.wait_for_selector("section.verdict")
    phone.page.get_by_role("button", name="Receipt", exact=True).click()
    assert payload_of(jws_of(choose(phone.page)))["verdict"] == "VALID"


def test_in_flight_a_receipt_still_verifies(phone: Telephone, world: World, papers: dict[str, Paper]) -> None:
    phone.show(papers["valid"].code())
    phone.page.get_by_role("button", name="Receipt", exact=True).click()
    phone.page.wait_for_selector("form.receipt")
    jws = jws_of(choose(phone.page))
    phone.open()
    assert phone.take() == "Done: this page now opens and checks without a network."
    phone.context.set_offline(True)
    world.server.stop()
    try:
        phone.open()
        assert phone.type(jws) == "amber"
        assert "genuine and in force" in phone.heading
        phone.page.goto("about:blank")
        phone.open(f"/r?lang=en#{jws}")
        assert phone.colour() == "amber"
        assert "genuine and in force" in phone.heading
        # As the file that it was saved as, and as the code on its page leads to whichever site gave it.
        phone.open()
        file = {"name": "yinxin-receipt-1.jws", "mimeType": "", "buffer": jws.encode()}
        phone.page.set_input_files("#file", file)  # type: ignore[arg-type]
        assert phone.colour() == "amber"
        assert "genuine and in force" in phone.heading
        phone.open()
        assert phone.type(f"https://{HOST}/r#{jws}") == "amber"
        assert "genuine and in force" in phone.heading
        header, payload, signature = jws.split(".")
        forged = base64url.encode(base64url.decode(payload).replace(b'"VALID"', b'"VALIE"'))
        phone.open()
        assert phone.type(f"{header}.{forged}.{signature}") in {"red", "grey"}
        other = base64url.encode(base64url.decode(payload).replace(b'"on":"2', b'"on":"1'))
        phone.open()
        assert phone.type(f"{header}.{other}.{signature}") == "red"
        assert phone.heading == "This receipt was altered"
    finally:
        phone.context.set_offline(False)
        world.server.start()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_without_scripts_it_takes_two_forms(
    browser: Browser, world: World, papers: dict[str, Paper], language: str
) -> None:
    context = browser.new_context(java_script_enabled=False, locale=language, base_url=world.server.url)
    page = context.new_page()
    page.goto(f"/?lang={language}")
    page.set_input_files(
        "#file", {"name": "p.sd-jwt", "mimeType": "text/plain", "buffer": papers["valid"].sd_jwt.encode()}
    )
    hand_in(page)
    page.locator("form#receipt button").click()
    page.uncheck("input[name='show.company_name']")
    pdf = choose(page, language=language)
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    assert {"en": "Receipt of verification", "zh-CN": "核验回执"}[language] in text
    assert "内蒙古演示长城建筑工程有限责任公司" not in text
    page.goto(f"/?lang={language}")
    page.set_input_files("#file", {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": pdf})
    hand_in(page)
    assert {"en": "A receipt, not a certificate", "zh-CN": "这是核验回执，不是证照"}[language] in page.inner_text("h1")
    context.close()


def test_the_pages_are_clean_for_everybody(phone: Telephone, papers: dict[str, Paper]) -> None:
    phone.show(papers["valid"].code())
    phone.page.get_by_role("button", name="Receipt", exact=True).click()
    phone.page.wait_for_selector("form.receipt")
    axe(phone.page)


def test_what_the_page_and_the_service_show_of_a_receipt_is_the_same(
    browser: Browser, phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    # Of a day before it was registered, which takes one line more, and is said on the verdict's page as well.
    phone.open()
    phone.page.locator("summary").first.click()
    phone.page.fill("#on", "2026-02-01")
    assert phone.type(papers["valid"].code()) == "green"
    assert "On that day it was not validly registered yet" in phone.page.inner_text("section.verdict")
    phone.page.get_by_role("button", name="Receipt", exact=True).click()
    phone.page.wait_for_selector("form.receipt")
    past = "The question was about 1 February 2026, not about the day of the check."
    assert past in phone.page.inner_text("main")
    jws = jws_of(choose(phone.page))
    phone.page.goto("about:blank")
    phone.open(f"/r?lang=en#{jws}")
    phone.colour()
    assert "On that day it was not validly registered yet" in phone.text
    assert past in phone.page.inner_text("section.verdict")
    made = phone.page.evaluate("document.querySelector('main').innerText")
    context = browser.new_context(
        java_script_enabled=False, base_url=world.server.url, viewport={"width": 320, "height": 640}
    )
    page = context.new_page()
    page.goto("/?lang=en")
    page.fill("#typed", jws)
    hand_in(page)
    shown = page.locator("main").inner_text()
    context.close()

    def bare(text: str) -> list[str]:
        return [line.strip() for line in text.splitlines() if line.strip() and line.strip() != "Save or print"]

    assert bare(shown) == bare(made)
