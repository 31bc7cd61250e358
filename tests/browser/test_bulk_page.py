"""A company's desk: many certificates are handed in on the page, followed, and taken home as a spreadsheet."""

from __future__ import annotations

import io
import shutil
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import openpyxl  # type: ignore[import-untyped]
import pytest
import uvicorn

from chain import code
from chain.events import Track
from tests.browser.desk import axe
from tests.verifier.bulk_desk import scanned, zipped
from tests.verifier.papers_on_chain import anchor, certificate_of, index_of, set_status
from tests.verifier.test_index import now_of
from verifier.app import make_app
from verifier.settings import Settings
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


@pytest.fixture(scope="module")
def papers(deployment: Deployed, anvil: Anvil) -> tuple[Paper, ...]:
    office = deployment.offices[0]
    made = tuple(certificate_of(deployment, office, f"bulk page {place}") for place in range(4))
    anchor(deployment, office, *made)
    set_status(deployment, office, made[1].leaf, Track.REVOKED, now_of(deployment))
    set_status(deployment, office, made[2].leaf, Track.SUSPENSION, now_of(deployment))
    anvil.mine()
    return made


@pytest.fixture(scope="module")
def site(deployment: Deployed, papers: tuple[Paper, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bulk page")
    index = index_of(deployment, folder)
    index.follow(now_of(deployment))
    app = make_app(index, Settings(data_dir=folder), clock=lambda: now_of(deployment))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@contextmanager
def desk(
    browser: Browser,
    *,
    width: int = 1100,
    scripts: bool = True,
    locale: str = "zh-CN",
    colours: Literal["light", "dark"] = "light",
) -> Iterator[tuple[Page, list[str]]]:
    """Open a page, and collect what goes wrong in it."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        locale=locale,
        java_script_enabled=scripts,
        service_workers="block",
        color_scheme=colours,
    )
    context.set_default_timeout(90_000)
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda said: faults.append(said.text) if "Service Worker" not in said.text else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page, faults
    context.close()


def everything(papers: tuple[Paper, ...]) -> list[Any]:
    good, revoked, suspended, other = papers
    good_code = good.code()
    numbers = "\n".join(code.short_number(made.leaf) for made in papers)
    table = f"短号码\n{numbers}\n{other.code()}\n"
    files = {
        "许可证/长城公司.sd-jwt": good.sd_jwt.encode(),
        "许可证/吊销.txt": revoked.code().encode(),
        "../x.pdf": b"x",
        "holiday.jpg": b"\xff\xd8\xff",
    }
    return [
        {"name": "供应商证照.zip", "mimeType": "application/zip", "buffer": zipped(files)},
        {
            "name": "扫描件.pdf",
            "mimeType": "application/pdf",
            "buffer": scanned(good_code, good_code, suspended.code()),
        },
        {
            "name": "list.csv",
            "mimeType": "text/csv",
            "buffer": table.encode("gb18030"),
        },
    ]


@pytest.mark.parametrize("way", ["with scripts", "without scripts"])
def test_many_are_handed_in_and_a_spreadsheet_comes_out(
    browser: Browser, site: str, papers: tuple[Paper, ...], way: str
) -> None:
    with desk(browser, scripts=way == "with scripts") as (page, faults):
        page.goto(f"{site}/?lang=zh-CN")
        page.click("footer a[href^='/bulk']")
        page.set_input_files("#file", everything(papers))
        page.click("form.many button")
        page.wait_for_url("**/bulk/*")
        page.wait_for_selector("table.lines")
        assert page.inner_text("h1") == "核验完成"
        counts = {item.inner_text().replace("\n", " ") for item in page.query_selector_all(".counts li")}
        assert any("已吊销" in each for each in counts), counts
        assert page.inner_text("table.lines tbody tr:first-child").count("暂扣") + page.inner_text(
            "table.lines tbody tr:first-child"
        ).count("吊销")
        assert "第1–2页" in page.inner_text("table.lines")
        with page.expect_download() as download:
            page.click("a[href*='results.xlsx']")
        book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
        assert book.worksheets[0].title == "核验结果"
        assert book.worksheets[0].max_row == 2 + 11
        page.click("form button.quiet")
        page.wait_for_selector("h1:has-text('此处已无内容')")
        # The start page looks for a trust list and a pack; this registry has none.
        assert [each for each in faults if "404" not in each] == []


def test_it_is_followed_while_it_runs_and_can_be_cancelled(
    browser: Browser, site: str, papers: tuple[Paper, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine, may_go, count = reading.read_upload, threading.Event(), 0

    def slow(upload: bytes, **others: Any) -> Any:  # noqa: ANN401 (as it is)
        nonlocal count
        count += 1
        assert count < 3 or may_go.wait(60)
        return genuine(upload, **others)

    monkeypatch.setattr(reading, "read_upload", slow)
    with desk(browser, locale="en", width=360) as (page, faults):
        page.goto(f"{site}/bulk?lang=en")
        files = [{"name": f"{place}.txt", "mimeType": "text/plain", "buffer": b"x %d" % place} for place in range(40)]
        page.set_input_files("#file", files)  # type: ignore[arg-type]  # As Playwright has it.
        page.click("form.many button")
        page.wait_for_selector("[data-state=RUNNING] #job-said:has-text('of 40')")
        assert page.evaluate("document.querySelector('progress').max") == 40
        assert "/40)" in page.title()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.click("form button.quiet")
        page.wait_for_selector("h1:has-text('nothing here any more')")
        may_go.set()
        assert faults == []


@pytest.mark.parametrize("look", [("zh-CN", 1100, "light"), ("en", 360, "dark")])
def test_nobody_is_shut_out(
    browser: Browser, site: str, papers: tuple[Paper, ...], look: tuple[str, int, Literal["light", "dark"]]
) -> None:
    locale, width, colours = look
    with desk(browser, locale=locale, width=width, colours=colours) as (page, faults):
        page.goto(f"{site}/bulk?lang={locale}")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("form.many button")
        page.wait_for_selector(".summary")
        axe(page)
        page.set_input_files("#file", everything(papers))
        page.click("form.many button")
        page.wait_for_selector("table.lines")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        other = page.get_attribute("a.switch", "href") or ""
        page.goto(site + other)
        page.wait_for_selector("table.lines")
        page.goto(f"{site}/bulk/{'A' * 43}?lang={locale}")
        axe(page)
        assert [each for each in faults if "404" not in each and "422" not in each] == []
