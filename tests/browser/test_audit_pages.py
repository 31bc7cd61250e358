"""The auditor's pages in a browser: both languages, telephone and desk, dark, keyboard, and axe on each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.audit import world as worlds
from tests.audit.funds import Town
from tests.audit.manifests import signed, true_manifest
from tests.browser.between import standing
from tests.browser.desk import axe, looks
from tests.issuer.offices import make_world
from tests.verifier.trust import trust_list_of
from verifier.app import make_app
from verifier.audit.finding import Finding, Grade
from verifier.audit.outcomes import FamilyResult, State
from verifier.audit.remembering import FILE, Remembered
from verifier.audit.rules import Family
from verifier.settings import Settings
from verifier.wiring import attester_of, open_trust_file, open_verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, ViewportSize

    from tests.audit.world import World

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PERIOD = "agency=3&first=2026-01-01&last=2026-05-31"
OF_LOOKS = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")
"""The rules of axe that may find something else in the same page when it looks otherwise."""
FINDINGS = (
    Finding(
        Grade.ALARM, "sequence_gap", block=60, agency=3, arguments={"agency": 3, "first": 4, "last": 5, "block": 60}
    ),
    Finding(
        Grade.FAULT,
        "too_few_approvals",
        block=61,
        agency=3,
        arguments={"agency": 3, "block": 61, "approvals": 1, "wanted": 2},
    ),
)


@dataclass(frozen=True, slots=True)
class Audited:
    """A world, and where the verifier of it stands."""

    world: World
    url: str
    checkpoint: int
    """The block of one."""

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
            "anomalies": "/audit/anomalies?",
            "complete": f"/audit/complete?{PERIOD}&",
            "package": f"/audit/package?leaf=0x{world.papers[0].leaf.hex()}&",
            "sample": f"/audit/sample?{PERIOD}&block=78&size=5&",
            "sample-empty": "/audit/sample?",
            "manifests": "/audit/manifests?",
            "citations": "/audit/citations?",
            "checkpoints": "/audit/checkpoints?",
            "checkpoint": f"/audit/checkpoints/{self.checkpoint}?",
            "fault": "/audit/blocks/999999?",
        }


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    with worlds.running() as anvil:
        world, folder = worlds.make(anvil), tmp_path_factory.mktemp("audited")
        settings = world.settings(folder, limit_reading=0, poll_s=3_600, trust_list=str(folder / "trust.json"))
        listed = trust_list_of(world.deployed, now=world.now, attesters=[attester_of(settings).public])
        (folder / "trust.json").write_bytes(listed)
        verifier = open_verifier(settings)
        verifier.index.follow(world.now)
        cut = verifier.checkpoints.cut(world.now, at_once=True)
        assert cut is not None
        remember(folder, world)
        app = make_app(
            verifier.index,
            settings,
            clock=lambda: world.now,
            evidence_files=verifier.files,
            trust=open_trust_file(settings, world.now),
            witnessed=verifier.witnessed,
        )
        with standing(app) as server:
            yield Audited(world, server.url, cut.number)


def remember(folder: Path, world: World) -> None:
    """Write what an audit would have remembered."""
    remembered = Remembered(folder / FILE)
    run = remembered.begin(started=world.now, first_block=1, registry=(1, b"r" * 32, b"g" * 32))
    remembered.keep(run, FINDINGS)
    families = [FamilyResult(family, State.FAILED if family is Family.SEQUENCES else State.PASSED) for family in Family]
    remembered.end(run, ended=world.now, families=families)
    remembered.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not [each for each in faults if "404" not in each]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_axe_finds_nothing_wrong_with_any_page_at_a_desk_or_on_a_phone_light_or_dark(
    page: Page, audited: Audited, lang: str
) -> None:
    page.emulate_media(reduced_motion="reduce")
    for name, address in audited.addresses().items():
        page.goto(f"{audited.url}{address}lang={lang}")
        page.evaluate("[...document.querySelectorAll('details')].slice(0, 3).forEach((each) => { each.open = true; })")
        every_look(page, f"audit-{name}-{lang}", dark=PHONE if lang == "en" else DESK)


def every_look(page: Page, name: str, *, dark: ViewportSize) -> None:
    """Look at an open page at a desk and on a phone, one of them dark, without loading it anew."""
    for viewport, where in ((DESK, "desk"), (PHONE, "phone")):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]  # (a dict)
        page.emulate_media(color_scheme="dark" if viewport == dark else "light")
        # Colours follow a frame later.
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        looks(page, f"{name}-{where}")
        axe(page, *(() if viewport == DESK else OF_LOOKS))


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


@pytest.mark.parametrize(("dark", "lang"), [(PHONE, "en"), (DESK, "zh-CN")])
def test_a_manifest_is_handed_in_and_what_differs_is_listed(
    page: Page, audited: Audited, dark: ViewportSize, lang: str
) -> None:
    world = audited.world
    true = true_manifest(world)
    behind = signed(world, replace(true, batches=true.batches[1:], block_hash=true.registry_id))
    page.goto(f"{audited.url}/audit/manifests?lang={lang}")
    page.set_input_files("#file", {"name": "m.yxm", "mimeType": "application/octet-stream", "buffer": behind.encode()})
    page.click("main button[type=submit]")
    expect(page.locator("ol.findings li")).to_have_count(2)
    every_look(page, f"audit-manifest-{lang}", dark=dark)


@pytest.fixture(scope="module")
def cited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[dict[str, str | bytes]]]]:
    """Serve a verifier of certificates that cite each other; yield where it stands, and the files."""
    folder = tmp_path_factory.mktemp("cited")
    town = Town(make_world(folder / "office"), folder)
    grant = town.grant(amount="10万元")
    assert grant.leaf is not None
    vouchers = [town.voucher(f"BF-{place}", amount, grant.leaf) for place, amount in enumerate(("9万元", "2万元"), 1)]
    town.graph()
    files: list[dict[str, str | bytes]] = [
        {"name": f"{each.id}.txt", "mimeType": "text/plain", "buffer": town.sd_jwt(each)} for each in (grant, *vouchers)
    ]
    settings = Settings(data_dir=folder / "desk", poll_s=3_600, registry=f"0x{'00' * 20}", limit_reading=0)
    with standing(make_app(town.index, settings, clock=town.world.office.now)) as server:
        yield server.url, files


@pytest.mark.parametrize(("dark", "lang"), [(PHONE, "en"), (DESK, "zh-CN")])
def test_documents_are_handed_in_and_who_cites_whom_is_drawn(
    page: Page, cited: tuple[str, list[dict[str, str | bytes]]], dark: ViewportSize, lang: str
) -> None:
    url, files = cited
    page.goto(f"{url}/audit/citations?lang={lang}")
    page.set_input_files("main input[type=file]", files)  # type: ignore[arg-type]  # (dicts)
    page.click("main button[type=submit]")
    expect(page.locator("main svg").first).to_be_visible()
    every_look(page, f"audit-citations-drawn-{lang}", dark=dark)


def test_a_package_is_made_of_what_the_form_says(page: Page, audited: Audited) -> None:
    paper = audited.world.papers[0]
    page.goto(f"{audited.url}/audit/certificates/0x{paper.leaf.hex()}?lang=zh-CN")
    page.locator("main a[href*='/audit/package']").click()
    page.set_input_files(
        "main input[type=file]", {"name": "p.txt", "mimeType": "text/plain", "buffer": paper.sd_jwt.encode()}
    )
    with page.expect_download() as coming:
        page.click("main form button")
    assert coming.value.suggested_filename.endswith(".zip")
