"""Far from any network: the page was taken along, and goes on telling what is genuine, as of when it was last known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chain import code
from chain.events import Track
from tests.browser.device import DAY, World, spare_key, telephone, with_path
from tests.deployed import document_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.device import Telephone
    from tests.verifier.book import Paper

MINUTE = timedelta(minutes=1)


@dataclass
class Papers:
    """What is shown to the telephone."""

    valid: Paper
    beside: Paper
    revoked: Paper
    cut_off: Paper
    foreign: Paper


@pytest.fixture(scope="module")
def papers(world: World) -> Papers:
    spare = document_key("cut off in flight")
    office, public = world.deployed.offices[0], spare_key(world, "cut off in flight")
    papers = Papers(
        valid=world.paper("valid in flight"),
        beside=world.paper("beside it in flight"),
        revoked=world.paper("revoked in flight"),
        cut_off=world.paper("by a key that is cut off", key=spare, kid=public.kid),
        foreign=world.paper("of another registry", registry_id=b"r" * 32),
    )
    world.anchor(papers.valid, papers.beside)
    world.anchor(papers.revoked)
    world.anchor(papers.cut_off)
    world.change(papers.revoked, Track.REVOKED)
    newest = world.deployed.writer().newest().number
    world.deployed.governing().cut_off_key(office.agency, public.kid, newest + 1, by=office.managers[:1])
    world.cut()
    return papers


@pytest.fixture(scope="class")
def taken(browser: Browser, world: World, papers: Papers) -> Iterator[Telephone]:
    """Take the pack along, and lose the network and the service."""
    with telephone(browser, world.server.url, world.now) as phone:
        phone.open()
        assert phone.take() == "Done: this page now opens and checks without a network."
        phone.context.set_offline(True)
        world.server.stop()
        yield phone
        phone.context.set_offline(False)
        world.server.start()


class TestInFlight:
    def test_a_code_with_its_path_is_green_for_a_day_and_then_amber(
        self, taken: Telephone, world: World, papers: Papers
    ) -> None:
        shown = with_path(papers.valid, papers.beside)
        for later, colour, age in ((MINUTE, "green", "60 s old"), (DAY - MINUTE, "green", "23 h old")):
            taken.at(world.now + later)
            assert taken.show(shown) == colour
            assert taken.heading.startswith("Genuine. Not revoked as of")
            assert age in taken.text
        taken.at(world.now + 3 * DAY)
        assert taken.show(shown) == "amber"
        assert "3 days ago" in taken.heading
        assert "3 days old" in taken.text
        assert "it stood in the register with nothing against it at the time named above" in taken.text
        assert "截至当时真实" in taken.text
        taken.at(world.now)

    def test_a_code_alone_is_signed_and_no_more(self, taken: Telephone, papers: Papers) -> None:
        assert taken.show(papers.valid.code()) == "amber"
        assert taken.heading.startswith("Signed by the agency; not listed as revoked as of")
        assert "仅验签名" in taken.text

    def test_what_was_revoked_is_red_without_a_network_too(self, taken: Telephone, papers: Papers) -> None:
        assert taken.show(papers.revoked.code()) == "red"
        assert taken.heading.startswith("Revoked as a penalty on")

    def test_a_code_of_a_key_that_was_cut_off_cannot_be_checked(self, taken: Telephone, papers: Papers) -> None:
        assert taken.show(papers.cut_off.code()) == "grey"
        assert taken.heading.startswith("We cannot check right now")
        said = taken.page.inner_text("section.verdict")
        assert "Without a network, what is on this device is not enough to tell" in said
        assert "The service" not in taken.text

    def test_another_registrys_certificate_is_none_of_ours_and_its_code_is_not_what_ours_signed(
        self, taken: Telephone, papers: Papers
    ) -> None:
        taken.open()
        assert taken.type(papers.foreign.sd_jwt) == "grey"
        assert taken.heading.startswith("This is not one of our certificates")
        # A code does not name its registry: the signature is made over it.
        assert taken.show(papers.foreign.code()) == "red"

    def test_a_code_that_nobody_signed_so_is_altered(self, taken: Telephone, papers: Papers) -> None:
        forged = papers.valid.code(key=document_key("a forger"))
        assert taken.show(forged) == "red"

    def test_a_pasted_code_a_certificate_and_a_short_number_are_checked_too(
        self, taken: Telephone, papers: Papers
    ) -> None:
        for text, colour in (
            (with_path(papers.valid, papers.beside).partition("#")[2], "green"),
            (papers.valid.sd_jwt, "amber"),
            (papers.revoked.sd_jwt, "red"),
            (code.short_number(papers.valid.leaf), "grey"),
        ):
            taken.open()
            assert taken.type(text) == colour
        said = taken.page.inner_text("section.verdict")
        assert "A short number can be looked up in the register only; scan the code." in said

    def test_that_only_the_service_reads_a_pdf_is_said(self, taken: Telephone) -> None:
        taken.open()
        file = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
        taken.page.set_input_files("#file", file)  # type: ignore[arg-type]
        taken.page.wait_for_selector(".summary")
        assert "With a pack taken along, a code or a photo of it is checked" in taken.page.inner_text(".summary")

    def test_the_page_says_which_pack_it_has_and_how_old_it_is(self, taken: Telephone, world: World) -> None:
        taken.at(world.now + timedelta(hours=3))
        taken.open()
        assert "Offline pack of" in taken.pack
        assert "3 h old" in taken.pack
        assert "green until" in taken.pack
        taken.page.reload()
        assert "3 h old" in taken.pack
        taken.at(world.now + 2 * DAY)
        taken.open("/?lang=zh-CN")
        assert "2天前" in taken.pack
        assert "不够新" in taken.pack
        taken.at(world.now)

    def test_it_was_taken_along_with_the_scanner_and_not_with_any_verdict(self, taken: Telephone) -> None:
        kept = taken.page.evaluate(
            """async () => {
                const addresses = [];
                for (const name of await caches.keys()) {
                    for (const request of await (await caches.open(name)).keys()) addresses.push(new URL(request.url));
                }
                return addresses.map((address) => address.pathname);
            }"""
        )
        assert "/static/zxing_reader.wasm" in kept
        assert not [path for path in kept if path.startswith("/api/")]
        assert set(kept) <= {"/", "/v"} | {path for path in kept if path.startswith(("/static/", "/locales/"))}


def test_a_telephone_that_took_nothing_along_says_so(browser: Browser, world: World, papers: Papers) -> None:
    with telephone(browser, world.server.url, world.now) as phone:
        world.between.lie = lambda path, answer: None if path.startswith("/api/") else answer
        phone.open()
        phone.page.evaluate("navigator.serviceWorker.ready")
        assert "no offline pack" in phone.pack
        world.between.lie = None
        phone.context.set_offline(True)
        assert phone.show(with_path(papers.valid, papers.beside)) == "grey"
        assert phone.heading.startswith("We cannot check right now"), phone.page.text_content("main")
        phone.open()
        assert phone.take().startswith("It could not be downloaded")


FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('no room', 'QuotaExceededError'); };"
BROKEN = "IDBDatabase.prototype.transaction = () => { throw new DOMException('closing', 'InvalidStateError'); };"


@pytest.mark.parametrize("script", [FULL, BROKEN], ids=["full", "broken"])
def test_a_device_that_keeps_nothing_checks_all_the_same_and_says_so(
    browser: Browser, world: World, papers: Papers, script: str
) -> None:
    with telephone(browser, world.server.url, world.now) as phone:
        phone.page.add_init_script(script)
        assert phone.show(papers.valid.code()) == "green"
        assert "what the certificate says did not leave it" in phone.text
        if phone.page.get_by_role("button", name="Watch", exact=True).count():
            phone.page.get_by_role("button", name="Watch", exact=True).click()
            phone.page.get_by_text("It could not be put on the watch list").wait_for()
        assert phone.page.get_by_role("button", name="Stop watching").count() == 0
        phone.open()
        assert phone.take().startswith("This browser keeps nothing")
        phone.context.set_offline(True)
        assert phone.type(with_path(papers.valid, papers.beside)) == "green"
        phone.context.set_offline(False)
        phone.open("/watch?lang=en")
        phone.page.locator("#watching").wait_for()
        phone.page.wait_for_load_state("networkidle")
        phone.page.locator("#not-kept").wait_for(state="visible" if script == BROKEN else "hidden")


@pytest.mark.parametrize(
    "refusal",
    [
        "delete Navigator.prototype.serviceWorker",
        """navigator.serviceWorker.register = () =>
          Promise.reject(new DOMException("The user denied permission", "NotSupportedError"))""",
    ],
    ids=["within another app", "denied"],
)
def test_a_browser_that_keeps_no_pages_is_told_from_a_network_that_failed(
    browser: Browser, world: World, papers: Papers, refusal: str
) -> None:
    with telephone(browser, world.server.url, world.now) as phone:
        phone.context.add_init_script(refusal)
        phone.open()
        assert phone.take().startswith(
            "This browser keeps no pages, so nothing can be checked in it without a network."
        )
        assert phone.show(papers.valid.code()) == "green"


def test_a_browser_that_will_not_promise_room_takes_it_along_all_the_same(browser: Browser, world: World) -> None:
    with telephone(browser, world.server.url, world.now) as phone:
        phone.context.add_init_script("navigator.storage.persist = () => Promise.reject(new TypeError('no'))")
        phone.open()
        assert phone.take() == "Done: this page now opens and checks without a network."


def test_what_one_page_took_the_others_on_the_device_judge_by(browser: Browser, world: World) -> None:
    made, beside = world.paper("revoked between two pages"), world.paper("beside it between two pages")
    world.anchor(made, beside)
    world.change(beside, Track.LOSS)
    world.cut()
    with telephone(browser, world.server.url, world.now) as phone:
        phone.open()
        assert phone.take() == "Done: this page now opens and checks without a network."
        left_open = phone.page
        world.change(made, Track.REVOKED)
        world.cut()
        phone.page = phone.context.new_page()
        phone.at(world.now)
        phone.open()
        assert phone.take() == "Done: this page now opens and checks without a network."
        phone.context.set_offline(True)
        phone.page = left_open
        phone.at(world.now)
        assert phone.type(with_path(made, beside)) == "red"


def test_what_was_taken_along_can_be_removed_and_renewed(browser: Browser, world: World, papers: Papers) -> None:
    with telephone(browser, world.server.url, world.now) as phone:
        phone.open()
        phone.take()
        assert "on this device" in phone.pack
        assert phone.page.inner_text("#take [data-take]") == "Renew"
        phone.page.click("#take [data-remove]")
        phone.page.locator("#take [data-said]", has_text="was removed").wait_for()
        assert phone.page.is_hidden("#take [data-remove]")
        assert phone.take() == "Done: this page now opens and checks without a network."


def test_the_page_can_be_installed(browser: Browser, world: World, papers: Papers) -> None:
    with telephone(browser, world.server.url, world.now) as phone:
        phone.open("/?lang=zh-CN")
        found = phone.page.evaluate(
            """async () => {
                const link = document.querySelector("link[rel=manifest]").href;
                const manifest = await (await fetch(link)).json();
                const icons = await Promise.all(manifest.icons.map(async ({ src, sizes }) => {
                    const image = new Image();
                    image.src = src;
                    await image.decode();
                    return [sizes, `${image.naturalWidth}x${image.naturalHeight}`];
                }));
                return { ...manifest, icons };
            }"""
        )
        assert (found["start_url"], found["display"], found["short_name"]) == ("/?source=app", "standalone", "印信")
        assert all(sizes in {"any", measured} for sizes, measured in found["icons"])
        assert len(found["icons"]) == 4
