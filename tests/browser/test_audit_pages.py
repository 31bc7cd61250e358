"""The auditor's pages in a browser: both languages, telephone and desk, dark, keyboard, and axe on each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.audit import world as worlds
from tests.audit.manifests import signed, true_manifest
from tests.browser.between import standing
from tests.browser.desk import axe, looks
from verifier.app import make_app
from verifier.wiring import open_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

    from tests.audit.world import World

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@dataclass(frozen=True, slots=True)
class Audited:
    """A world, and where the verifier of it stands."""

    world: World
    url: str

    def addresses(self) -> dict[str, str]:
        """Return the pages by their names."""
        world, batch = self.world, self.world.batches[4]
        return {
            "start": "/audit?",
            "search": f"/audit/search?q={world.offices[2].agency}&",
            "nothing": "/audit/search?q=nothing&",
            "certificate": f"/audit/certificates/0x{world.statuses['replaced'].hex()}?",
            "batch": f"/audit/batches/{batch.office.agency}/0x{batch.root.hex()}?",
            "transaction": f"/audit/transactions/0x{batch.transaction_hash.hex()}?",
            "block": f"/audit/blocks/{batch.block_number}?",
            "address": f"/audit/addresses/0x{world.offices[2].preparer.address.hex()}?",
            "events": "/audit/events?",
            "agencies": "/audit/agencies?",
            "agency": f"/audit/agencies/{world.offices[2].agency}?",
            "council": "/audit/council?",
            "registry": "/audit/registry?",
            "findings": "/audit/findings?",
            "manifests": "/audit/manifests?",
            "anomalies": "/audit/anomalies?",
            "citations": "/audit/citations?",
        }


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    with worlds.running() as anvil:
        world, folder = worlds.make(anvil), tmp_path_factory.mktemp("audited")
        settings = world.settings(folder, limit_reading=0)
        index = open_index(settings)
        index.follow(world.now)
        with standing(make_app(index, settings, clock=lambda: world.now)) as server:
            yield Audited(world, server.url)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not [each for each in faults if "404" not in each]


@pytest.mark.parametrize(("kind", "lang"), [("desk", "en"), ("phone", "zh-CN"), ("dark", "en")])
def test_axe_finds_nothing_wrong_with_any_page(page: Page, audited: Audited, lang: str, kind: str) -> None:
    page.set_viewport_size(DESK if kind == "desk" else PHONE)
    page.emulate_media(color_scheme="dark" if kind == "dark" else "light")
    addresses = audited.addresses()
    for name in ("start", "certificate", "events") if kind == "dark" else addresses:
        page.goto(f"{audited.url}{addresses[name]}lang={lang}")
        page.evaluate("[...document.querySelectorAll('details')].slice(0, 3).forEach((each) => { each.open = true; })")
        axe(page)
        looks(page, f"audit-{name}-{kind}-{lang}")


def test_everything_can_be_read_where_people_choose_all_colours(page: Page, audited: Audited) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(f"{audited.url}{audited.addresses()['certificate']}lang=en")
    axe(page)
    looks(page, "audit-certificate-forced")


def test_a_certificate_is_found_by_keyboard_alone(page: Page, audited: Audited) -> None:
    page.goto(f"{audited.url}/audit?lang=en")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_id("q")
    page.keyboard.type(audited.world.statuses["revoked"].hex())
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "REVOKED")
    page.locator("summary").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] dl").first).to_be_visible()


def test_the_language_changes_on_the_same_page_with_its_filters(page: Page, audited: Audited) -> None:
    page.goto(f"{audited.url}/audit/events?kind=statuses&agency=3&lang=en")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("h1")).to_have_text("事件流水")
    expect(page.locator("#kind")).to_have_value("statuses")
    assert "agency=3" in page.url


def test_a_live_feed_loads_itself_again_until_it_is_stopped(page: Page, audited: Audited) -> None:
    page.goto(f"{audited.url}/audit/events?lang=en")
    page.get_by_role("link", name="Refresh by itself").click()
    expect(page.get_by_text("refreshes every 5 seconds")).to_be_visible()
    with page.expect_navigation(timeout=20_000):
        pass
    page.get_by_role("link", name="Stop", exact=True).click()
    expect(page.get_by_role("link", name="Refresh by itself")).to_be_visible()


def test_filters_work_with_fields_left_empty(page: Page, audited: Audited) -> None:
    page.goto(f"{audited.url}/audit/events?lang=en")
    page.get_by_label("Kind").select_option("KeyCutOff")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".event")).to_have_count(1)
    with page.expect_download() as coming:
        page.get_by_role("link", name="CSV").click()
    assert coming.value.suggested_filename == "events.csv"


@pytest.mark.parametrize(("viewport", "lang"), [(DESK, "en"), (PHONE, "zh-CN")])
def test_a_manifest_is_handed_in_and_what_differs_is_listed(
    page: Page, audited: Audited, viewport: ViewportSize, lang: str
) -> None:
    world = audited.world
    true = true_manifest(world)
    behind = signed(world, replace(true, batches=true.batches[1:], block_hash=true.registry_id))
    page.set_viewport_size(viewport)
    page.goto(f"{audited.url}/audit/manifests?lang={lang}")
    page.set_input_files("#file", {"name": "m.yxm", "mimeType": "application/octet-stream", "buffer": behind.encode()})
    page.click("main button[type=submit]")
    expect(page.locator("ol.findings li")).to_have_count(2)
    axe(page)
    looks(page, f"audit-manifest-{lang}")
