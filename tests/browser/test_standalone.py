"""The verifier as one file, opened from a disk: no site, no network, the same verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from chain.events import Track
from tests import waiting
from tests.browser.counter import camera_browser
from tests.browser.device import DAY, Telephone, World, telephone, with_path
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.verifier.book import Paper

ADDRESS = "/yinxin-verifier.html"


@pytest.fixture(scope="module")
def papers(world: World) -> tuple[Paper, Paper]:
    """Return one that is in force, and one that was revoked."""
    valid, revoked = world.paper("in force, in a file"), world.paper("revoked, in a file")
    world.anchor(valid, revoked)
    world.change(revoked, Track.REVOKED)
    world.cut()
    return valid, revoked


@pytest.fixture(scope="module")
def file(world: World, papers: tuple[Paper, Paper], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save the file."""
    answer = waiting.get(f"{world.server.url}{ADDRESS}?lang=en")
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    saved = tmp_path_factory.mktemp("saved") / "yinxin-verifier.html"
    saved.write_bytes(answer.content)
    return saved


@pytest.fixture
def opened(browser: Browser, world: World, file: Path) -> Iterator[Telephone]:
    """Open the file where there is no network."""
    with telephone(browser, file.as_uri().removesuffix("/yinxin-verifier.html"), world.now) as phone:
        phone.context.set_offline(True)
        asked: list[str] = []
        faults: list[str] = []
        phone.page.on("request", lambda request: asked.append(request.url))
        phone.page.on("pageerror", lambda error: faults.append(str(error)))
        phone.open("/yinxin-verifier.html")
        yield phone
        assert faults == []
        assert not [url for url in asked if not url.startswith(("file:", "blob:", "data:"))]


def test_codes_and_certificates_are_checked(opened: Telephone, papers: tuple[Paper, Paper]) -> None:
    valid, revoked = papers
    for text, colour in (
        (with_path(valid, revoked), "green"),
        (valid.code(), "amber"),
        (revoked.code(), "red"),
        (valid.sd_jwt, "amber"),
        (revoked.sd_jwt, "red"),
    ):
        opened.open("/yinxin-verifier.html")
        assert opened.type(text) == colour, text[:40]
    assert "without a network, from the pack of" in opened.text


def test_it_says_what_it_carries_and_grows_old(opened: Telephone, world: World, papers: tuple[Paper, Paper]) -> None:
    assert "Offline pack of" in opened.pack
    assert "green until" in opened.pack
    opened.at(world.now + 2 * DAY)
    assert opened.type(with_path(*papers)) == "amber"
    assert "2 days ago" in opened.heading


def test_it_speaks_both_languages(opened: Telephone, papers: tuple[Paper, Paper]) -> None:
    opened.page.click("[data-switch]")
    opened.page.locator("h1", has_text="证照").wait_for()
    assert opened.type(with_path(*papers)) == "green"
    assert opened.heading.startswith("证照真实")


def test_a_photo_of_a_code_is_read(
    opened: Telephone, papers: tuple[Paper, Paper], tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = zxingcpp.create_barcode(with_path(*papers), zxingcpp.BarcodeFormat.QRCode)
    picture = tmp_path_factory.mktemp("photo") / "code.png"
    Image.fromarray(code.to_image(scale=4)).save(picture)
    opened.page.set_input_files("#file", str(picture))
    assert opened.colour() == "green"


def test_who_has_it_already_is_not_sent_it_again(world: World, file: Path) -> None:
    first = waiting.get(f"{world.server.url}{ADDRESS}?lang=en")
    again = waiting.get(f"{world.server.url}{ADDRESS}?lang=en", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert waiting.get(f"{world.server.url}{ADDRESS}?lang=zh-CN").headers["etag"] != first.headers["etag"]


# On telephones files have no `mediaDevices` at all.
NO_CAMERAS = "Object.defineProperty(Navigator.prototype, 'mediaDevices', {});"


@pytest.mark.parametrize("script", ["", NO_CAMERAS], ids=["the camera is refused", "there is no camera for files"])
def test_that_a_file_has_no_camera_is_said_and_a_photo_and_a_paste_still_work(  # noqa: PLR0917 (fixtures)
    browser: Browser, world: World, file: Path, papers: tuple[Paper, Paper], tmp_path: Path, script: str
) -> None:
    blank = Image.new("RGB", (640, 480), "#7a6f63")
    folder = file.as_uri().removesuffix("/yinxin-verifier.html")
    with camera_browser(browser, tmp_path, blank) as filming, telephone(filming, folder, world.now) as phone:
        phone.context.set_offline(True)
        phone.page.add_init_script(script)
        refused(phone, papers, tmp_path)


def refused(opened: Telephone, papers: tuple[Paper, Paper], tmp_path: Path) -> None:
    """Ask for the camera in vain, and bring a photo and a text instead."""
    page = opened.page
    opened.open("/yinxin-verifier.html")
    for language in (Language.ENGLISH, Language.CHINESE):
        if language is Language.CHINESE:
            page.click("[data-switch]")
            page.locator("h1", has_text="证照").wait_for()
        page.click("#scan")
        page.get_by_role("alert").get_by_text(sentence("page.camera_file", language)).wait_for()
        assert page.locator("#scanner").is_hidden()
    code = zxingcpp.create_barcode(with_path(*papers), zxingcpp.BarcodeFormat.QRCode)
    Image.fromarray(code.to_image(scale=4)).save(tmp_path / "code.png")
    page.set_input_files("#file", str(tmp_path / "code.png"))
    assert opened.colour() == "green"
    opened.open("/yinxin-verifier.html")
    paste = """(text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(paste, papers[1].code())
    assert opened.colour() == "red"
