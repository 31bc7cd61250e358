"""The widget on somebody else's page, under a strict policy of that page's own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from chain.events import Track
from chain.short_number import short_number
from tests.browser.between import standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page
    from starlette.types import Receive, Scope, Send

    from tests.browser.between import Standing
    from tests.browser.device import World
    from tests.verifier.book import Paper

VERIFY = "/api/v1/verify"


@dataclass
class Company:
    """Another site, with a page of its own."""

    body: str = ""
    policy: str = ""
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.asked.append(scope["path"])
        head = "<head><meta charset='utf-8'><title>A company</title></head>"
        page = f"<!doctype html><html lang='en'>{head}<body>{self.body}</body></html>"
        headers = [(b"content-type", b"text/html"), (b"content-security-policy", self.policy.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": page.encode()})


@pytest.fixture(scope="module")
def papers(world: World) -> dict[str, Paper]:
    papers = {label: world.paper(f"{label} in a widget") for label in ("valid", "revoked")}
    world.anchor(*papers.values())
    world.change(papers["revoked"], Track.REVOKED)
    world.cut()
    return papers


@pytest.fixture(scope="module")
def company() -> Iterator[tuple[Company, Standing]]:
    made = Company()
    with standing(made) as server:
        yield made, server


@pytest.fixture
def page(browser: Browser, world: World, company: tuple[Company, Standing]) -> Iterator[Page]:
    site, _ = company
    site.asked.clear()
    # As the README says: nothing but the script, and the verdict.
    site.policy = f"default-src 'none'; script-src {world.server.url}; connect-src {world.server.url}"
    world.between.lie = None
    context = browser.new_context(locale="en")
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda said: faults.append(said.text) if "Security Policy" in said.text else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    world.between.lie = None
    assert faults == []


def show(page: Page, world: World, company: tuple[Company, Standing], **attributes: str) -> Locator:
    """Open the company's page with a widget of these attributes."""
    site, server = company
    # Closed is closed: a test looks inside by taking the key away before the page begins.
    page.add_init_script(
        "const attach = Element.prototype.attachShadow;"
        "Element.prototype.attachShadow = function () { return attach.call(this, { mode: 'open' }); };"
    )
    given = " ".join(f'{name}="{value}"' for name, value in {"verifier": world.server.url, **attributes}.items())
    site.body = (
        f'<script type="module" src="{world.server.url}/static/widget.js"></script>'
        f"<yinxin-verifier {given}><p>Genuine and in force, says the company</p></yinxin-verifier>"
    )
    page.goto(server.url)
    return page.locator("yinxin-verifier")


def text_of(widget: Locator) -> str:
    expect(widget.locator("strong")).not_to_have_text("Checking…")
    return str(widget.evaluate("element => element.shadowRoot.textContent"))


def colour_of(widget: Locator) -> str:
    text_of(widget)
    return (widget.locator("section").get_attribute("class") or "").removeprefix("box ")


def test_a_genuine_and_a_revoked_one_in_both_languages(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper]
) -> None:
    widget = show(page, world, company, code=papers["valid"].code(), lang="en")
    assert "Genuine and in force" in text_of(widget)
    assert "says the company" not in text_of(widget)
    assert "TEST" in text_of(widget)
    assert colour_of(widget) == "green"
    widget.evaluate("(element, code) => element.setAttribute('code', code)", papers["revoked"].code())
    expect(widget.locator(".red strong")).to_contain_text("Revoked")
    widget.evaluate("element => element.setAttribute('lang', 'zh-CN')")
    expect(widget.locator(".red strong")).to_contain_text("吊销")


def test_a_short_number_is_amber_at_best(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper]
) -> None:
    widget = show(page, world, company, number=short_number(papers["valid"].leaf))
    assert colour_of(widget) == "amber"


def test_its_link_leads_to_the_official_page_which_checks_by_itself(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper]
) -> None:
    code = papers["valid"].code()
    widget = show(page, world, company, code=code, lang="en")
    link = widget.locator("a")
    assert link.get_attribute("href") == f"{world.server.url}/v?lang=en#{code.partition('#')[2]}"
    assert link.get_attribute("rel") == "noopener noreferrer"
    with page.context.expect_page() as opening:
        link.click()
    opening.value.wait_for_selector("section.verdict.green")
    # As an address bar shows it, once the language was chosen there.
    widget.evaluate("(element, code) => element.setAttribute('code', code)", code.replace("#", "?lang=zh-CN#"))
    expect(widget.locator(".green strong")).to_be_visible()
    assert link.get_attribute("href") == f"{world.server.url}/v?lang=en#{code.partition('#')[2]}"


def test_it_loads_nothing_but_itself_and_the_verdict_and_tells_no_referrer(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper]
) -> None:
    heard = len(world.between.asked)
    text_of(show(page, world, company, code=papers["valid"].code()))
    asked = world.between.asked[heard:]
    assert {(each.method, each.target.partition("?")[0]) for each in asked} <= {
        ("GET", "/static/widget.js"),
        ("OPTIONS", VERIFY),
        ("POST", VERIFY),
    }
    question = next(each for each in asked if each.method == "POST")
    assert "referer" not in question.headers.lower()
    assert "cookie" not in question.headers.lower()
    assert set(company[0].asked) == {"/"} or set(company[0].asked) == {"/", "/favicon.ico"}


@pytest.mark.parametrize(
    "lie",
    [
        b"",
        b"{}",
        b"[]",
        b'{"reports": []}',
        json.dumps(
            {"reports": [{"verdict": "FINE", "heading": "x", "checked_at": "2026-11-22T12:00:00+08:00"}]}
        ).encode(),
        json.dumps({"reports": [{"verdict": "VALID", "colour": "green", "heading": "x"}]}).encode(),
        json.dumps(
            {"reports": [{"verdict": "VALID", "heading": "x" * 400, "checked_at": "2026-11-22T12:00:00+08:00"}]}
        ).encode(),
    ],
    ids=range(7),
)
def test_what_is_no_good_answer_is_never_valid(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper], lie: bytes
) -> None:
    world.between.lie = lambda path, body: lie if path == VERIFY else body
    widget = show(page, world, company, code=papers["valid"].code(), lang="en")
    assert "We cannot check right now" in text_of(widget)
    assert colour_of(widget) == "grey"


def test_a_colour_that_does_not_go_with_the_verdict_is_not_shown(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper]
) -> None:
    def lie(path: str, body: bytes) -> bytes:
        return body.replace(b'"colour":"red"', b'"colour":"green"') if path == VERIFY else body

    world.between.lie = lie
    assert colour_of(show(page, world, company, code=papers["revoked"].code())) == "red"


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"code": "1", "number": "1"},
        {"code": "1", "verifier": "http://verify.example.cn"},
        {"code": "1", "verifier": "javascript:alert(1)"},
        {"code": "1", "verifier": "nonsense"},
    ],
    ids=str,
)
def test_attributes_that_ask_nothing_show_nothing_good(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper], attributes: dict[str, str]
) -> None:
    heard = len(world.between.asked)
    assert colour_of(show(page, world, company, **attributes)) == "grey"
    assert not [each for each in world.between.asked[heard:] if each.target.startswith(VERIFY)]


def test_an_unreachable_verifier_is_said_to_be_one(
    page: Page, world: World, company: tuple[Company, Standing], papers: dict[str, Paper]
) -> None:
    world.between.lie = lambda path, body: None if path == VERIFY else body
    assert colour_of(show(page, world, company, code=papers["valid"].code())) == "grey"


def test_the_readme_says_what_is_tested_here() -> None:
    said = Path("verifier/pages/widget/README.md").read_text(encoding="utf-8")
    assert "default-src 'none'; script-src https://verify.example.cn; connect-src https://verify.example.cn" in said
    assert Path("verifier/pages/static/widget.js").stat().st_size < 16_000
