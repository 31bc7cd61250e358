"""What people bring to the page: a code before the camera, a photograph, a file, a text; and what is not opened."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from chain.events import Track
from tests.browser.counter import DESKTOP, before_camera, camera_browser, opened_shop, qr, watched
from tests.browser.desk import LANGUAGES, axe, looks
from tests.verifier.book import CLAIMS
from verifier.wording import Language, message, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.counter import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


def say(key: str, language: str = "en") -> str:
    return sentence(key, Language(language))


def ready(page: Page) -> None:
    """Open the start page, and wait until its script runs."""
    page.goto("/")
    page.locator("#scan").wait_for()


def choose(page: Page, data: bytes, *, name: str, kind: str) -> None:
    page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": data})


def asked_by(page: Page) -> list[str]:
    """Collect what is sent to the service."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    return asked


def picture(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def transfer(data: bytes, *, name: str, kind: str) -> str:
    """Return an expression of what is dropped or pasted."""
    content = base64.b64encode(data).decode()
    return f"""() => {{
      const bytes = Uint8Array.from(atob("{content}"), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], "{name}", {{ type: "{kind}" }}));
      return transfer;
    }}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_camera_reads_a_code_and_stops(browser: Browser, shop: Shop, tmp_path: Path, language: str) -> None:
    with (
        camera_browser(browser, tmp_path, before_camera(shop.papers.page)) as filming,
        watched(filming, shop, language=language, camera=True) as page,
    ):
        buzzed: list[object] = []
        page.expose_function("buzzed", lambda length: buzzed.append(length))  # noqa: PLW0108 (it must be a function of Python)
        page.add_init_script("navigator.vibrate = (length) => { window.buzzed(length); return true; };")
        opened = "globalThis.opened = []; const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        kept = "navigator.mediaDevices.getUserMedia = async (asked) => { const got = await get(asked); "
        page.add_init_script(opened + kept + "globalThis.opened.push([asked, got]); return got; };")
        ready(page)
        assert page.evaluate("globalThis.opened.length") == 0
        page.click("#scan")
        page.wait_for_selector(".verdict.green")
        assert page.inner_text("h1") == say("verdict.VALID", language)
        assert page.evaluate("opened.map(([asked]) => asked.video.facingMode.ideal)") == ["environment"]
        states = "opened.flatMap(([, stream]) => stream.getTracks().map((track) => track.readyState))"
        assert page.evaluate(states) == ["ended"]
        assert buzzed == [60]
        assert page.locator("#scanner").count() == 0
        axe(page)


def test_the_camera_is_closed_by_hand_and_when_the_page_is_left(browser: Browser, shop: Shop, tmp_path: Path) -> None:
    blank = Image.new("RGB", (640, 480), "#7a6f63")
    with camera_browser(browser, tmp_path, blank) as filming, watched(filming, shop, camera=True) as page:
        ready(page)
        for close in (
            lambda: page.click("[data-close]"),
            lambda: page.keyboard.press("Escape"),
            lambda: page.evaluate("window.dispatchEvent(new Event('pagehide'))"),
        ):
            page.click("#scan")
            page.get_by_text(say("page.scanning")).wait_for()
            axe(page)
            looks(page, "scanning")
            stream = page.evaluate_handle("document.querySelector('video').srcObject")
            close()
            page.locator("#scanner").wait_for(state="hidden")
            page.wait_for_function("(stream) => stream.getTracks()[0].readyState === 'ended'", arg=stream)
        assert page.locator(".summary").count() == 0


def test_whoever_scans_again_at_once_is_not_stopped_by_the_scan_before(
    browser: Browser, shop: Shop, tmp_path: Path
) -> None:
    blank = Image.new("RGB", (640, 480), "#7a6f63")
    with camera_browser(browser, tmp_path, blank) as filming, watched(filming, shop, camera=True) as page:
        ready(page)
        page.click("#scan")
        page.get_by_text(say("page.scanning")).wait_for()
        # Until the second one has looked for a second, by when the first one has come to its end.
        is_open = page.evaluate(
            """() => new Promise((done) => {
              const [dialog, scan, video] = ["#scanner", "#scan", "video"].map((each) => document.querySelector(each));
              const look = () => {
                if (!dialog.open || (video.srcObject && video.currentTime > 1)) done(dialog.open);
                else setTimeout(look, 20);
              };
              dialog.addEventListener("close", () => { scan.click(); setTimeout(look, 20); }, { once: true });
              dialog.close();
            })"""
        )
        assert is_open
        assert page.locator("#scanner").is_visible()
        assert page.locator(".summary").count() == 0


TORCH = """
  const settings = { asked: [], refuses: false };
  globalThis.torch = settings;
  MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
  MediaStreamTrack.prototype.applyConstraints = async (asked) => {
    settings.asked.push(asked.advanced[0].torch);
    if (settings.refuses) throw new DOMException("the light is in use", "NotReadableError");
  };
"""
"""No camera of this machine has a light, so the browser is told of one."""


def test_a_camera_with_a_light_has_a_button_for_it_and_another_has_none(
    browser: Browser, shop: Shop, tmp_path: Path
) -> None:
    blank = Image.new("RGB", (640, 480), "#7a6f63")
    with camera_browser(browser, tmp_path, blank) as filming:
        with watched(filming, shop, camera=True) as page:
            ready(page)
            page.click("#scan")
            page.get_by_text(say("page.scanning")).wait_for()
            assert page.locator("[data-torch]").is_hidden()
        with watched(filming, shop, camera=True) as page:
            page.add_init_script(TORCH)
            ready(page)
            for _ in range(2):
                page.click("#scan")
                light = page.get_by_role("button", name=say("page.torch"))
                light.wait_for()
                assert light.get_attribute("aria-pressed") == "false"
                for pressed in ("true", "false", "true"):
                    light.click()
                    page.wait_for_selector(f"[data-torch][aria-pressed={pressed}]")
                axe(page)
                looks(page, "scanning-light")
                page.click("[data-close]")
                page.locator("#scanner").wait_for(state="hidden")
            assert page.evaluate("torch.asked") == [True, False, True] * 2
            # One that says it has a light, and then has none, goes on scanning without.
            page.evaluate("torch.refuses = true")
            page.click("#scan")
            light.click()
            light.wait_for(state="hidden")
            assert page.get_by_text(say("page.scanning")).is_visible()


def test_after_a_minute_the_camera_stops_and_says_so(browser: Browser, shop: Shop, tmp_path: Path) -> None:
    blank = Image.new("RGB", (640, 480), "#7a6f63")
    with camera_browser(browser, tmp_path, blank) as filming, watched(filming, shop, camera=True) as page:
        # The page's own clock, sixty times as fast.
        page.add_init_script("const now = performance.now.bind(performance); performance.now = () => 60 * now();")
        ready(page)
        page.click("#scan")
        page.locator(".summary").get_by_text(say("page.camera_timeout")).wait_for()
        assert page.locator("#scanner").is_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_camera_that_is_denied_is_explained(browser: Browser, shop: Shop, language: str) -> None:
    with watched(browser, shop, language=language) as page:
        page.add_init_script(
            """navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotAllowedError"); };"""
        )
        ready(page)
        page.click("#scan")
        link = page.get_by_role("link", name=say("page.camera_denied", language))
        link.wait_for()
        assert page.evaluate("document.activeElement.className") == "summary"
        assert page.title().startswith(say("page.error_prefix", language))
        axe(page)
        link.click()
        assert page.evaluate("document.activeElement.id") == "file"


def test_a_code_that_leads_elsewhere_is_not_opened(browser: Browser, shop: Shop, tmp_path: Path) -> None:
    with (
        camera_browser(browser, tmp_path, qr("https://verify.example.cn.evil.example/v?id=1")) as filming,
        watched(filming, shop, camera=True) as page,
    ):
        ready(page)
        asked = asked_by(page)
        page.click("#scan")
        page.wait_for_selector(".foreign")
        assert page.inner_text(".foreign .host dd") == "verify.example.cn.evil.example"
        assert page.title().startswith(say("page.foreign"))
        assert not [each for each in asked if "evil" in each]
        axe(page)
        looks(page, "foreign")
        page.click("[data-switch]")
        page.get_by_role("heading", name=say("page.foreign", "zh-CN")).wait_for()
        assert page.inner_text(".foreign .host dd") == "verify.example.cn.evil.example"
        assert page.title().startswith(say("page.foreign", "zh-CN"))


@pytest.mark.parametrize(
    ("text", "hosts", "said"),
    [
        (
            "https://verify.ex\u0430mple.cn/v#123",
            ["verify.ex\u0430mple.cn", "verify.xn--exmple-4nf.cn"],
            "foreign_mixed",
        ),
        ("https://xn--80ak6aa92e.com/", ["xn--80ak6aa92e.com"], "foreign_punycode"),
        ("https://verify.example.cn@evil.example/v#1", ["evil.example"], "foreign_lead"),
        ("javascript:alert(1)", [""], "foreign_lead"),
    ],
    ids=["mixed", "punycode", "user", "script"],
)
def test_where_an_address_leads_is_shown_in_letters(
    browser: Browser, shop: Shop, text: str, hosts: list[str], said: str
) -> None:
    with watched(browser, shop) as page:
        ready(page)
        page.fill("#typed", text)
        page.click("form.ask [type=submit]")
        page.wait_for_selector(".foreign")
        shown = page.locator(".foreign .host dd").all_inner_texts()
        assert shown == [host or say("page.foreign_none") for host in hosts]
        assert say(f"page.{said}") in page.inner_text(".foreign")


def test_a_photograph_is_read_on_the_device_and_shown_beside_the_facts(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop, size=DESKTOP) as page:
        ready(page)
        asked = asked_by(page)
        choose(page, shop.papers.photograph, name="photo.jpg", kind="image/jpeg")
        page.wait_for_selector(".verdict.green")
        assert not [each for each in asked if each.startswith("POST") and "verify" not in each]
        assert page.locator(".with-picture img").evaluate("(shown) => shown.naturalWidth") > 500
        assert say("page.picture_note") in page.inner_text(".with-picture")
        beside = page.evaluate(
            """() => [".with-picture figure", ".with-picture dl"]
              .map((each) => document.querySelector(each).getBoundingClientRect().left)"""
        )
        assert beside[0] < beside[1]
        axe(page)
        looks(page, "photo")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_picture_without_a_code_is_sent_only_with_leave(browser: Browser, shop: Shop, language: str) -> None:
    with watched(browser, shop, language=language) as page:
        ready(page)
        asked = asked_by(page)
        choose(page, picture(Image.new("RGB", (300, 200), "white")), name="white.png", kind="image/png")
        page.wait_for_selector(".offer")
        assert page.evaluate("document.activeElement.className") == "offer"
        assert not [each for each in asked if each.startswith("POST")]
        axe(page)
        page.get_by_role("button", name=say("page.send", language)).click()
        page.wait_for_selector(".verdict.grey")
        assert page.inner_text("h1") == say("verdict.UNREADABLE", language)


def test_two_certificates_in_one_picture_are_refused(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        ready(page)
        both = Image.new("RGB", (2560, 720), "white")
        for place, made in enumerate((shop.papers.valid, shop.papers.expired)):
            both.paste(qr(made.code()), (1280 * place, 0))
        choose(page, picture(both), name="two.png", kind="image/png")
        page.locator(".summary").get_by_text(say("page.several_codes")).wait_for()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_of_a_stranger_beside_ours_is_warned_of(browser: Browser, shop: Shop, language: str) -> None:
    with watched(browser, shop, language=language) as page:
        ready(page)
        both = Image.new("RGB", (2560, 720), "white")
        for place, text in enumerate((shop.papers.valid.code(), "https://pay.example.com/licence")):
            both.paste(qr(text), (1280 * place, 0))
        choose(page, picture(both), name="two.png", kind="image/png")
        page.wait_for_selector(".verdict.green")
        assert say("page.stranger_code", language) in page.inner_text(".warnings")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_altered_pdf_shows_what_was_signed_beside_what_it_shows(browser: Browser, shop: Shop, language: str) -> None:
    with watched(browser, shop, language=language) as page:
        ready(page)
        choose(page, shop.papers.altered, name="licence.pdf", kind="application/pdf")
        page.wait_for_selector(".verdict.red")
        assert page.inner_text("h1") == say("verdict.ALTERED", language)
        shown = page.locator(".differences tbody td").all_inner_texts()
        assert CLAIMS["company_name"] in shown[0]
        assert "≠" in shown[1]
        assert "冒名" in shown[1]
        assert page.locator(".certificate .differs").count() == 1
        axe(page)
        looks(page, f"altered-{language}")


def test_a_file_can_be_dropped_or_pasted(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop, size=DESKTOP) as page:
        dropped = transfer(shop.papers.document, name="licence.pdf", kind="application/pdf")
        ready(page)
        data = page.evaluate_handle(dropped)
        page.dispatch_event("form.ask", "dragover", {"dataTransfer": data})
        assert page.locator("form.dragging").count() == 1
        page.dispatch_event("form.ask", "drop", {"dataTransfer": data})
        page.wait_for_selector(".verdict.green")
        ready(page)
        data = page.evaluate_handle(transfer(picture(shop.papers.page), name="page.png", kind="image/png"))
        paste = "(data) => document.body.dispatchEvent(new ClipboardEvent('paste', "
        data.evaluate(paste + "{ clipboardData: data, bubbles: true, cancelable: true }))")
        page.wait_for_selector(".verdict.green")


def test_a_pasted_text_and_a_text_file_are_judged(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        ready(page)
        page.evaluate(
            """(text) => {
              const clipboardData = new DataTransfer();
              clipboardData.setData("text/plain", text);
              document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
            }""",
            shop.papers.valid.sd_jwt,
        )
        page.wait_for_selector(".verdict.green")
        page.go_back()
        page.locator("#scan").wait_for()
        choose(page, shop.papers.valid.sd_jwt.encode(), name="licence.sd-jwt", kind="")
        page.wait_for_selector(".verdict.green")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_code_pasted_with_the_words_of_a_chat_is_judged(browser: Browser, shop: Shop, *, scripts: bool) -> None:
    code = shop.code_here(shop.papers.valid)
    shared = code.replace("#", "?from=singlemessage&isappinstalled=0#")
    with watched(browser, shop, scripts=scripts) as page:
        for text in (f"【安全生产许可证】{code} 请查收", f"许可证：{shared}", shared):
            page.goto("/")
            page.fill("#typed", text)
            page.click("form.ask [type=submit]")
            page.wait_for_selector(".verdict")
            assert page.get_attribute(".verdict", "data-verdict") == "VALID"
        # Beside another address, or torn, it is none.
        for text in (f"{code} https://evil.example/", f"{code[:200]} {code[200:]}"):
            page.goto("/")
            page.fill("#typed", text)
            page.click("form.ask [type=submit]")
            page.wait_for_selector(".verdict")
            assert page.get_attribute(".verdict", "data-verdict") == "UNREADABLE"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_number_and_a_past_day(browser: Browser, shop: Shop, language: str) -> None:
    with watched(browser, shop, language=language) as page:
        ready(page)
        page.fill("#typed", shop.papers.short_number.lower())
        page.keyboard.press("Enter")
        page.wait_for_selector(".verdict.amber")
        assert page.inner_text("h1") == say("verdict.INCOMPLETE", language)
        ready(page)
        page.get_by_text(say("page.fold_day", language)).click()
        page.fill("#on", "2025-12-31")
        page.fill("#typed", shop.papers.valid.code())
        page.click("form.ask [type=submit]")
        page.wait_for_selector(".verdict.red")
        assert "2025" in page.inner_text(".against")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_about_a_past_day_cannot_be_taken_for_one_about_today(
    browser: Browser, shop: Shop, language: str
) -> None:
    revoked = shop.papers.on[Track.REVOKED].sd_jwt
    past = {
        "en": "This is the answer for 31 May 2026, not for today.",
        "zh-CN": "这是针对2026年5月31日的结论，不是今天的结论。",
    }
    with watched(browser, shop, language=language) as page:
        for day, colour in (("2026-05-31", "green"), ("2026-06-01", "red"), ("", "red")):
            ready(page)
            page.get_by_text(say("page.fold_day", language)).click()
            page.fill("#on", day)
            page.fill("#typed", revoked)
            page.click("form.ask [type=submit]")
            page.wait_for_selector(f".verdict.{colour}")
            said = page.inner_text(".verdict")
            assert (past[language] in said) == (colour == "green")
            assert (say("page.past_day_since", language) in said) == (colour == "green")
            assert page.locator(".verdict .past").count() == {"2026-05-31": 2, "2026-06-01": 1, "": 0}[day]


def test_what_cannot_be_asked_is_said_with_the_focus_on_it(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        ready(page)
        page.click("form.ask [type=submit]")
        page.get_by_role("alert").get_by_text(say("page.no_file")).wait_for()
        axe(page)
        page.get_by_text(say("page.fold_day")).click()
        for day in ("2999-01-01", "1970-01-01"):
            page.fill("#on", day)
            page.fill("#typed", "x")
            page.click("form.ask [type=submit]")
            page.get_by_role("alert").get_by_text("between 2 January 1970 and today").wait_for()
            page.get_by_role("alert").get_by_role("link").click()
            assert page.evaluate("document.activeElement.id") == "on"
        page.fill("#on", "")
        choose(page, b"", name="empty.pdf", kind="application/pdf")
        page.get_by_role("alert").get_by_text(say("page.empty_file")).wait_for()
        large = """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(20 * 2 ** 20 + 1)], "large.pdf", { type: "application/pdf" }));
          return transfer;
        }"""
        page.dispatch_event("form.ask", "drop", {"dataTransfer": page.evaluate_handle(large)})
        page.get_by_role("alert").get_by_text(say("page.too_large")).wait_for()


def test_a_service_that_cannot_know_says_nothing_about_the_certificate(browser: Browser, shop: Shop) -> None:
    shop.book.why_doubt = message("registry.never_reached")
    with watched(browser, shop) as page:
        page.goto(shop.code_here(shop.papers.valid))
        page.wait_for_selector(".verdict.grey")
        assert "This says nothing about the certificate" in page.inner_text("h1")
        assert say("copy.CANNOT_CHECK.not") in page.inner_text(".next")
        axe(page)
    shop.book.why_doubt = None


def test_a_lost_network_is_told_and_can_be_tried_again(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        page.route("**/api/v1/verify*", lambda route: route.fulfill(status=503, body="{}"))
        page.goto(shop.code_here(shop.papers.valid))
        page.wait_for_selector(".verdict.grey")
        assert say("copy.CANNOT_CHECK.unreachable.means") in page.inner_text(".verdict")
        page.unroute("**/api/v1/verify*")
        page.click("[data-ask-again]")
        page.wait_for_selector(".verdict.green")


def test_what_went_wrong_is_not_said_any_longer_once_it_goes_right(browser: Browser, shop: Shop) -> None:
    with watched(browser, shop) as page:
        # Sentences that do not come leave the page with the one that it was made with.
        page.route("**/locales/*", lambda route: route.fulfill(status=503, body="{}"))
        ready(page)
        page.fill("#typed", shop.papers.valid.code())
        page.keyboard.press("Enter")
        page.locator("#progress.stays").get_by_text(say("page.failed")).wait_for()
        page.unroute("**/locales/*")
        page.keyboard.press("Enter")
        page.wait_for_selector(".verdict.green")
        assert page.locator("#progress.stays").count() == 0
        ready(page)
        page.click("form.ask [type=submit]")
        page.get_by_role("alert").wait_for()
        assert page.title().startswith(say("page.error_prefix"))
        page.click("[data-switch]")
        page.get_by_role("heading", name=say("page.title", "zh-CN")).wait_for()
        assert page.title().startswith(say("page.title", "zh-CN"))
