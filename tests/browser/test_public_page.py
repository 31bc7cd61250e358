"""The public page: every verdict in both languages, on telephones and desktops, with and without scripts."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from chain import copy
from chain.certificate_types import by_identifier
from chain.events import Track
from chain.short_number import short_number
from demo.pdf_signing import Authority, sign, time_stamped, turned_afterwards
from tests.browser.counter import DESKTOP, PHONE, opened_shop, watched
from tests.browser.desk import LANGUAGES, axe, looks
from tests.verifier.book import CLAIMS, DECISION
from tests.verifier.copied import HOST, limited
from verifier.check.report import Verdict
from verifier.wording import Language, keys_for_browsers, message, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.counter import Shop

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "verifier" / "pages" / "static"
SIGNER = "演示行政审批局"
BUDGET = 170_000
"""Bytes of the page, compressed, before the scanner's WebAssembly."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a script that makes the page of a report."""
    made = tmp_path_factory.mktemp("rendering") / "rendering.js"
    esbuild, source = ROOT / "node_modules" / ".bin" / "esbuild", ROOT / "tests" / "browser" / "rendering.mjs"
    subprocess.run([esbuild, source, "--bundle", "--format=esm", "--log-level=error", f"--outfile={made}"], check=True)
    return made.read_text(encoding="utf-8")


def texts(shop: Shop) -> dict[str, str]:
    """Return what can be typed or pasted, by what it is."""
    papers = shop.papers
    short = copy.url(HOST, limited(papers.valid).short().encode())
    return {
        "valid": papers.valid.code(),
        "certificate": papers.valid.sd_jwt,
        "short number": papers.short_number,
        "mistyped": "0000-0000-0000-01",
        "copy": papers.limited_copy,
        "short copy": short,
        "expired": papers.expired.code(),
        "renewing": papers.renewing.code(),
        "early": papers.early.code(),
        "stranger's": papers.strangers.code(),
        "unauthorised": papers.unauthorised.code(),
        "foreign": "https://example.org/",
        "nothing": "what is this",
        **{track.name: made.sd_jwt for track, made in papers.on.items()},
    }


def files(shop: Shop) -> dict[str, bytes]:
    """Return files by what they are."""
    with ThreadPoolExecutor(1) as beside:
        # The browser has this thread's loop, and pyHanko wants one of its own.
        signed, changed = beside.submit(signed_files, shop.papers.document).result()
    return {
        "document": shop.papers.document,
        "signed and time-stamped": signed,
        "signed and changed": changed,
        "altered": shop.papers.altered,
        "copy's file": limited(shop.papers.valid).encode(),
        "empty": b"",
    }


def signed_files(document: bytes) -> tuple[bytes, bytes]:
    """Return a document signed and time-stamped, and one that was changed after it was signed."""
    root = Authority.called("Root \u202eytirohtua")
    signed = sign(document, root.signer(SIGNER))
    return time_stamped(signed, root), turned_afterwards(signed)


def both(shop: Shop, language: str, *, on: str = "", **given: Any) -> tuple[dict[str, Any], str]:  # noqa: ANN401 (httpx2's)
    """Return what the service says of the same thing as a report, and as a page."""
    form = {"on": (None, on), **given}
    page = httpx2.post(f"{shop.url}/?lang={language}", files=form, timeout=60)
    assert page.status_code == 200, page.text
    asked = {"lang": language, **({"on": on} if on else {})}
    if "file" in given:
        told = httpx2.post(f"{shop.url}/api/v1/verify", params=asked, files=given, timeout=60)
    else:
        text = given["typed"][1]
        name = "certificate" if text.startswith("eyJ") else "code" if re.search(r"[#:]", text) else "short_number"
        told = httpx2.post(f"{shop.url}/api/v1/verify", params=asked, json={name: text}, timeout=60)
    (report,) = told.json()["reports"]
    # Each question has a number of its own.
    report["request_id"] = page.headers["x-request-id"]
    return report, page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_makes_of_a_report_what_the_service_makes_of_it(
    browser: Browser, shop: Shop, renderer: str, language: str
) -> None:
    given: list[tuple[str, dict[str, Any]]]
    given = [(name, {"typed": (None, text)}) for name, text in texts(shop).items()]
    given += [(name, {"file": ("a file", data)}) for name, data in files(shop).items()]
    given.append(("before it was registered", {"typed": (None, shop.papers.expired.code()), "on": "2024-05-01"}))
    revoked = shop.papers.on[Track.REVOKED].sd_jwt
    given.append(("before it was revoked", {"typed": (None, revoked), "on": "2026-05-31"}))
    revoked = short_number(shop.papers.on[Track.REVOKED].leaf)
    given.append(("short number of a revoked one", {"typed": (None, revoked)}))
    given.append(("nothing on a past day", {"typed": (None, "what is this"), "on": "2026-05-31"}))
    met = set[str]()
    with watched(browser, shop, language=language) as page:
        page.route(
            "**/rendering.js", lambda route: route.fulfill(body=renderer, content_type="text/javascript; charset=utf-8")
        )
        page.goto("/")
        for doubt, cases in ((None, given), (message("registry.never_reached"), given[:2])):
            shop.book.why_doubt = doubt
            for name, fields in cases:
                report, html = both(shop, language, **fields)
                made, served = page.evaluate(
                    """async ([report, language, html]) => {
                      const { rendered, served } = await import("/rendering.js");
                      return [await rendered(report, language), served(html)];
                    }""",
                    [report, language, html],
                )
                assert made == served, name
                assert len(made) > 50, name
                met.add(report["verdict"])
        shop.book.why_doubt = None
    # PENDING passes within seconds, and SIGNED is said offline alone.
    assert met == {each.value for each in Verdict} - {"PENDING", "SIGNED"}


def open_code(page: Page, shop: Shop, name: str) -> None:
    page.goto(f"{shop.url}/v#{texts(shop)[name].partition('#')[2]}")
    page.wait_for_selector(".verdict")


@pytest.mark.parametrize(
    ("name", "language", "view"),
    [
        ("valid", "zh-CN", (PHONE, "light")),
        ("valid", "en", (DESKTOP, "dark")),
        ("expired", "en", (PHONE, "dark")),
        ("stranger's", "zh-CN", (DESKTOP, "light")),
        ("copy", "zh-CN", (PHONE, "dark")),
    ],
)
def test_a_scanned_code_shows_its_verdict(
    browser: Browser, shop: Shop, name: str, language: str, view: tuple[tuple[int, int], str]
) -> None:
    size, scheme = view
    with watched(browser, shop, language=language, size=size, scheme=scheme) as page:
        open_code(page, shop, name)
        assert page.title().startswith(page.inner_text("h1"))
        assert page.evaluate("document.activeElement.id") == "verdict"
        assert page.locator(".test").first.is_visible()
        axe(page)
        looks(page, f"verdict-{name}-{language}-{scheme}")


def test_what_is_asked_first_comes_first(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop, size=DESKTOP) as page:
        open_code(page, shop, "valid")
        order = page.evaluate(
            "[...document.querySelectorAll('main > :not(.paper-note)')].map((part) => part.className.split(' ')[0])"
        )
        wanted = ["test", "verdict", "live", "certificate", "dates", "compare", "against", "next", "technical"]
        assert order[: len(wanted)] == wanted
        largest = page.evaluate(
            """() => [...document.querySelectorAll(".certificate dd")]
              .map((said) => [parseFloat(getComputedStyle(said).fontSize), said.innerText])
              .sort(([one], [other]) => other - one)[0][1]"""
        )
        assert largest == CLAIMS["company_name"]
        for fact in (CLAIMS["number"], "演示市住房和城乡建设局", "演示自治区住房和城乡建设厅 › 演示市住房和城乡建设局"):
            assert fact in page.inner_text(".certificate")
        assert "Compare these with the person's ID and with the paper" in page.inner_text(".compare")
        assert "block 200 of chain 31337, 2 s old" in page.inner_text(".against")


def test_the_clock_ticks_and_everybody_has_the_same_word(browser: Browser, shop: Shop) -> None:
    words = []
    for language in LANGUAGES:
        with watched(browser, shop, language=language) as page:
            page.clock.install(time="2026-11-22T04:30:10Z")
            open_code(page, shop, "valid")
            clock = page.inner_text("[data-clock]")
            page.clock.run_for(2_000)
            assert page.inner_text("[data-clock]") > clock
            assert page.inner_text("[data-clock]").startswith("12:30:")
            words.append(set(page.inner_text("[data-minute-word]").split(" · ")))
            page.clock.run_for(60_000)
            assert set(page.inner_text("[data-minute-word]").split(" · ")) != words[-1]
    assert words[0] == words[1]
    assert len(words[0]) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_that_stays_open_stops_its_clock_and_says_how_old_it_is(
    browser: Browser, shop: Shop, language: str
) -> None:
    said = {
        "en": "This is the answer of 22 November 2026 12:30 (Beijing time), {}. What happened since is not in it.",
        "zh-CN": "这是2026年11月22日 12:30（北京时间，{}）的核验结果，其后的变化未包括在内。",
    }[language]
    ages = {"en": ("10 min old", "3 days old"), "zh-CN": ("10分钟前", "3天前")}[language]
    with watched(browser, shop, language=language) as page:
        page.clock.install(time="2026-11-22T04:30:10Z")
        open_code(page, shop, "valid")
        page.clock.run_for(9 * 60_000)
        assert page.locator("[data-clock]").is_visible()
        page.clock.run_for(62_000)
        assert page.locator("[data-clock], [data-minute-word]").count() == 0
        assert page.inner_text("section.verdict [data-aged]") == said.format(ages[0])
        # The telephone slept in a pocket meanwhile.
        page.clock.fast_forward(3 * 24 * 3_600_000)
        page.clock.run_for(31_000)
        assert page.inner_text("section.verdict [data-aged]") == said.format(ages[1])
        page.click(".live .button")
        page.wait_for_selector("[data-clock]")
        assert page.locator("[data-aged]").count() == 0


def test_the_language_changes_where_one_stands(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop, language="zh-CN") as page:
        open_code(page, shop, "valid")
        address = page.url
        page.click("[data-switch]")
        page.get_by_role("heading", name="Genuine and in force").wait_for()
        assert page.url == address
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.inner_text("[data-switch]") == "中文"
        assert sentence("page.footer", Language.ENGLISH) in page.inner_text("footer")
        axe(page)


@pytest.mark.parametrize("path", ["/", "/v"])
def test_whoever_skips_to_the_content_keeps_the_verdict(browser: Browser, shop: Shop, path: str) -> None:
    with watched(browser, shop) as page:
        if path == "/v":
            open_code(page, shop, "valid")
        else:
            page.goto("/")
            page.fill("#typed", texts(shop)["valid"].partition("#")[2])
            page.press("#typed", "Enter")
            page.wait_for_selector(".verdict.green")
        address = page.url
        page.focus(".skip")
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.id === 'main'")
        assert page.url == address
        assert page.locator(".verdict.green").is_visible()


def test_what_is_claimed_only_is_not_set_in_large_type(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        open_code(page, shop, "stranger's")
        assert "What it claims, unconfirmed" in page.inner_text(".certificate.unconfirmed")
        sizes = page.evaluate(
            """() => [...document.querySelectorAll(".certificate dd")]
              .map((said) => parseFloat(getComputedStyle(said).fontSize))"""
        )
        assert max(sizes) < 20
        assert page.locator(".compare").count() == 0


def test_what_a_short_number_finds_is_the_registers_word_and_no_claim(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        page.goto("/")
        page.fill("#typed", short_number(shop.papers.on[Track.REVOKED].leaf))
        page.keyboard.press("Enter")
        page.wait_for_selector(".verdict.red")
        assert page.inner_text("#whose") == "What was certified"
        assert page.locator(".unconfirmed").count() == 0


def test_names_are_set_off_from_what_stands_around_them(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        open_code(page, shop, "valid")
        loose = page.evaluate(
            "[...document.querySelectorAll('.certificate dd')].filter((said) => !said.querySelector('bdi')).length"
        )
        assert loose == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_scripts_all_but_the_camera_works(browser: Browser, shop: Shop, language: str) -> None:
    with watched(browser, shop, language=language, scripts=False) as page:
        page.goto("/")
        assert page.locator("#scan").is_hidden()
        assert page.locator("#scanner").is_hidden()
        assert page.locator("#file").is_visible()
        page.fill("#typed", shop.papers.short_number)
        page.locator("summary").first.click()
        page.fill("#on", "2026-03-01")
        page.click("form.ask [type=submit]")
        page.wait_for_selector(".verdict.amber")
        assert sentence("page.live_still", Language(language)) in page.inner_text(".live")
        page.goto("/")
        page.set_input_files("#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": shop.papers.document})
        page.click("form.ask [type=submit]")
        page.wait_for_selector(".verdict.green")
        assert CLAIMS["company_name"] in page.inner_text(".certificate .holder")
        page.goto("/v")
        assert page.locator("noscript p.lead").is_visible()
        assert sentence("page.scanned_no_script", Language(language)) in page.inner_text("main")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_start_page_in_every_look(browser: Browser, shop: Shop, language: str) -> None:
    looks_to_take = ((PHONE, "light"), (DESKTOP, "dark"), ((320, 256), "light"))
    for size, scheme in looks_to_take if language == "en" else ((PHONE, "dark"),):
        with watched(browser, shop, language=language, size=size, scheme=scheme) as page:
            page.goto("/")
            page.locator("#scan").wait_for()
            axe(page)
            looks(page, f"start-{language}-{size[0]}-{scheme}")
            small = page.evaluate(
                """() => [...document.querySelectorAll("button, summary, .top a, input:not([type=file])")]
                  .filter((each) => each.checkVisibility())
                  .filter((each) => each.getBoundingClientRect().height < 44).map((each) => each.outerHTML)"""
            )
            assert small == []


def test_on_a_telephone_the_scan_button_is_under_the_thumb(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        page.goto("/")
        page.locator("#scan").wait_for()
        box = page.locator("#scan").bounding_box()
        assert box is not None
        assert box["y"] > PHONE[1] * 2 / 3
        # What is reached with the keyboard does not hide behind it.
        for _ in range(12):
            page.keyboard.press("Tab")
            hidden = page.evaluate(
                """() => {
                  const at = document.activeElement, scan = document.getElementById("scan");
                  const { top, bottom } = at.getBoundingClientRect();
                  return at !== scan && bottom > top && top >= scan.getBoundingClientRect().top ? at.outerHTML : null;
                }"""
            )
            assert hidden is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_twice_as_large_letters_nothing_sticks_out_and_a_short_number_fits(
    browser: Browser, shop: Shop, language: str
) -> None:
    """WCAG 2.2, 1.4.4, on the narrowest of usual telephones."""
    with watched(browser, shop, language=language) as page:
        page.goto("/")
        page.wait_for_selector("html.scripted")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        field, button = (page.locator(f".beside {part}").bounding_box() for part in ("input", ".button"))
        assert field is not None
        assert button is not None
        # Half of the screen at least, and neither beyond the card.
        assert field["width"] > PHONE[0] / 2
        assert max(box["x"] + box["width"] for box in (field, button)) <= PHONE[0] - 16
        open_code(page, shop, "valid")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        marked = page.locator(".test")
        assert marked.evaluate("mark => mark.scrollWidth <= mark.clientWidth")


def test_colours_of_ones_own_leave_everything_to_be_read(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        page.emulate_media(forced_colors="active")
        open_code(page, shop, "valid")
        assert page.inner_text("h1") == "Genuine and in force"
        assert page.locator(".verdict .icon").is_visible()
        assert page.evaluate("getComputedStyle(document.querySelector('.verdict')).borderTopStyle") == "solid"


def test_a_printed_page_says_that_it_is_no_receipt(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop, size=DESKTOP) as page:
        open_code(page, shop, "valid")
        assert page.locator(".paper-note").is_hidden()
        assert page.locator("[data-print]").is_visible()
        page.emulate_media(media="print")
        note = page.locator(".paper-note")
        assert note.is_visible()
        assert "not a receipt" in note.inner_text()
        assert shop.url in note.inner_text()
        # It stands on the first sheet, in the place of a clock that no paper has.
        assert page.locator(".verdict + .paper-note").count() == 1
        assert page.locator(".live, footer").filter(visible=True).count() == 0
        assert note.inner_text().endswith("Checked (Beijing time) 22 November 2026 12:30")
        assert page.locator(".actions").is_hidden()
        assert page.evaluate("getComputedStyle(document.querySelector('.verdict')).color") == "rgb(0, 0, 0)"


def test_every_verdict_is_explained_in_both_languages() -> None:
    for language in Language:
        said = [sentence(f"copy.{verdict}.{part}", language) for verdict in Verdict for part in ("means", "do", "not")]
        assert len(set(said)) == len(said) == 3 * len(Verdict)
    assert "nothing at all about the certificate" in sentence("copy.CANNOT_CHECK.not", Language.ENGLISH)


def test_every_type_names_its_holder_on_the_page(shop: Shop) -> None:
    report, _ = both(shop, "en", typed=(None, shop.papers.valid.code()))
    (holder,) = [item for item in report["items"] if item["role"] == "holder"]
    assert holder["key"] == by_identifier(report["type"]["identifier"]).holder_name_claim


def test_the_page_is_small() -> None:
    """All that is loaded before the scanner's WebAssembly, with the sentences of both languages."""
    names = ["page.js", "page.css", "icon.svg", "scanner.js", "checking.js"]
    parts = [(STATIC / name).read_bytes() for name in names]
    for language in Language:
        words = {key: sentence(key, language) for key in sorted(keys_for_browsers(language))}
        parts.append(json.dumps(words, ensure_ascii=False).encode())
    parts += [page.read_bytes() for page in (ROOT / "verifier" / "pages").glob("*.html")]
    size = sum(len(gzip.compress(part)) for part in parts)
    assert size < BUDGET, size


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_whose_certificate_signed_a_pdf_is_shown(browser: Browser, shop: Shop, *, scripts: bool) -> None:
    with watched(browser, shop, scripts=scripts) as page:
        page.goto(f"{shop.url}/?lang=en")
        data = files(shop)["signed and time-stamped"]
        page.set_input_files("input[type=file]", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": data})
        if not scripts:
            page.click("button[type=submit]")
        page.wait_for_selector(".verdict.green")
        told = page.inner_text(".certificate")
        assert SIGNER in told
        assert "Certified by" in told
        assert "valid 1 January 2026 – 1 January 2036" in told
        assert sentence("page.pdf_time_stamps", Language.ENGLISH) in told
        assert told.count(sentence("page.pdf_unchanged", Language.ENGLISH)) == 2


def test_tracks_in_the_types_own_words(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop, language="zh-CN") as page:
        made = shop.papers.on[Track.REVOKED]
        page.goto(shop.code_here(made))
        page.wait_for_selector(".verdict.red")
        entry = page.inner_text(".history .in-force")
        assert by_identifier("construction-safety-licence").status_words[Track.REVOKED]["zh-CN"] in entry
        assert "演示市住房和城乡建设局" in entry
        assert "2026年6月1日" in entry
        assert f"决定书摘要 0x{DECISION.hex()}" in entry
