"""The watch list: kept by the device alone, told what happened to all, and held to the signed checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from chain.events import Track
from tests.browser.desk import axe
from tests.browser.device import World, telephone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.device import Telephone
    from tests.verifier.book import Paper

DELTAS = "/api/v1/deltas"


LABELS = ("quiet", "revoked later", "suspended", "for the steppe", "slandered", "hushed up", "to be moved", "for axe")


@pytest.fixture(scope="module")
def papers(world: World) -> dict[str, Paper]:
    papers = {label: world.paper(f"watched {label}") for label in LABELS}
    world.anchor(*papers.values())
    world.cut()
    return papers


@pytest.fixture
def phone(browser: Browser, world: World, papers: dict[str, Paper]) -> Iterator[Telephone]:
    world.between.lie = None
    with telephone(browser, world.server.url, world.now) as phone:
        yield phone
    world.between.lie = None


def watch(phone: Telephone, world: World, made: Paper) -> None:
    """Check a certificate, and put it on the list."""
    phone.at(world.now)
    assert phone.show(made.code()) == "green"
    phone.page.get_by_role("button", name="Watch", exact=True).click()
    expect(phone.page.get_by_role("button", name="Stop watching")).to_be_visible()


def look(phone: Telephone, world: World, language: str = "en") -> str:
    """Open the list, and wait until it was checked."""
    phone.at(world.now)
    phone.open(f"/watch?lang={language}")
    expect(phone.page.locator("#as-of")).not_to_be_empty()
    return phone.page.inner_text("main")


def test_what_is_watched_is_told_of_and_nobody_learns_what_it_is(
    phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    quiet, revoked = papers["quiet"], papers["revoked later"]
    watch(phone, world, quiet)
    watch(phone, world, revoked)
    world.change(revoked, Track.REVOKED)
    world.read()
    heard = len(world.between.asked)
    text = look(phone, world)
    assert text.count("Nothing was recorded since") == 1
    assert text.count("as this site says; no checkpoint reaches so far yet") == 1
    expect(phone.page.locator(".watched.red .state")).to_have_text("Revoked")
    world.cut()
    assert "shown by the signed checkpoint" in look(phone, world)
    asked = "".join(each.whole for each in world.between.asked[heard:])
    assert DELTAS in asked
    for made in (quiet, revoked):
        assert made.leaf.hex()[:4] not in "".join(each.target for each in world.between.asked[heard:])
        assert made.leaf.hex() not in asked


def test_a_suspension_is_told(phone: Telephone, world: World, papers: dict[str, Paper]) -> None:
    made = papers["suspended"]
    watch(phone, world, made)
    world.change(made, Track.SUSPENSION)
    world.read()
    look(phone, world)
    expect(phone.page.locator(".watched.red .state")).to_have_text("Suspended")


def test_without_a_network_the_checkpoint_on_the_device_answers(
    phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    made = papers["for the steppe"]
    watch(phone, world, made)
    world.change(made, Track.REVOKED)
    world.cut()
    phone.open()
    assert phone.take() == "Done: this page now opens and checks without a network."
    world.between.lie = lambda path, body: None if path == DELTAS else body
    text = look(phone, world)
    assert "Without a network" in text
    assert "shown by the signed checkpoint" in text


def test_a_service_that_invents_or_keeps_silent_is_contradicted_by_the_checkpoint(
    phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    made, revoked = papers["slandered"], papers["hushed up"]
    watch(phone, world, made)
    watch(phone, world, revoked)
    start = world.deployed.writer().newest().number
    world.change(revoked, Track.REVOKED)
    world.cut()

    def lie(path: str, body: bytes) -> bytes:
        if path != DELTAS:
            return body
        answer = json.loads(body)
        (true,) = (each for each in answer["deltas"] if revoked.leaf.hex().startswith(each["leaf_prefix"]))
        answer["deltas"] = [{**true, "leaf_prefix": made.leaf.hex()[:16], "block_number": start + 1, "log_index": 7}]
        return json.dumps(answer).encode()

    world.between.lie = lie
    text = look(phone, world)
    assert "this site says so, but the signed checkpoint does not have it" in text
    assert "the signed checkpoint has it, but this site kept silent about it" in text
    assert text.count("This site and the signed checkpoint contradict each other") == 2


@pytest.mark.parametrize(
    "spoilt",
    [None, {"track": "TOO_OLD"}, {"from_hour": 2**52}, {"timestamp": 2**52}],
    ids=["nothing", "an unknown track", "an hour of no calendar", "a time of no calendar"],
)
def test_what_cannot_be_shown_is_not_kept_and_the_list_goes_on(
    phone: Telephone, world: World, papers: dict[str, Paper], spoilt: dict[str, object] | None
) -> None:
    made = papers["quiet"]
    watch(phone, world, made)
    sound = {
        "agency": world.deployed.offices[0].agency,
        "leaf_prefix": made.leaf.hex()[:16],
        "track": "REVOKED",
        "from_hour": 490_000,
        "until_hour": 0,
        "block_number": 1_000_000,
        "log_index": 0,
        "timestamp": 1_795_000_000,
    }

    def lie(path: str, body: bytes) -> bytes:
        if path != DELTAS:
            return body
        deltas = [None if spoilt is None else {**sound, **spoilt}]
        return json.dumps({**json.loads(body), "deltas": deltas, "next": None}).encode()

    world.between.lie = lie
    assert "Without a network" in look(phone, world)
    world.between.lie = None
    assert "Nothing was recorded since" in look(phone, world)


def test_a_label_stays_and_a_file_takes_the_list_to_another_device(
    browser: Browser, phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    made = papers["to be moved"]
    watch(phone, world, made)
    look(phone, world)
    phone.page.get_by_label("Your name for it").fill("供应商甲的许可证")
    phone.page.get_by_label("Your name for it").press("Tab")
    expect(phone.page.locator(".watched h2")).to_have_text("供应商甲的许可证")
    assert "供应商甲的许可证" in look(phone, world)
    with phone.page.expect_download() as waiting:
        phone.page.get_by_role("button", name="Save as a file").click()
    file = Path(waiting.value.path()).read_bytes()
    assert json.loads(file)["entries"][0]["leaf"] == made.leaf.hex()
    with telephone(browser, world.server.url, world.now) as other:
        other.open("/watch?lang=zh-CN")
        expect(other.page.locator("#empty")).to_be_visible()
        (entry,) = json.loads(file)["entries"]
        others = [
            {**json.loads(file), "entries": [{**entry, **odd}]} for odd in ({"verdict": "FINE"}, {"on": "2026-99-99"})
        ]
        for no_list in ([], *others):
            given = json.dumps(no_list).encode()
            other.page.set_input_files("#import", {"name": "x.json", "mimeType": "application/json", "buffer": given})
            expect(other.page.locator("#progress")).to_have_text("该文件不是关注列表。")
            other.page.evaluate("document.querySelector('#progress').textContent = ''")
        other.page.set_input_files("#import", {"name": "list.json", "mimeType": "application/json", "buffer": file})
        expect(other.page.locator(".watched h2")).to_have_text("供应商甲的许可证")
        expect(other.page.locator(".watched .state")).to_have_text("此后没有新记载")
        other.page.get_by_role("button", name="取消关注").click()
        expect(other.page.locator("#empty")).to_be_visible()
        # Of another registry nobody here knows anything, and nothing is not «no change».
        read = json.loads(file)
        read["entries"][0]["registry_id"] = f"0x{'5a' * 32}"
        strange = {"name": "list.json", "mimeType": "application/json", "buffer": json.dumps(read).encode()}
        other.page.set_input_files("#import", strange)
        expect(other.page.locator("#as-of")).not_to_be_empty()
        expect(other.page.locator("#progress")).to_have_text("已检查。")
        expect(other.page.locator(".watched .state")).to_have_text("尚未检查")


def test_the_page_is_clean_for_everybody(phone: Telephone, world: World, papers: dict[str, Paper]) -> None:
    watch(phone, world, papers["for axe"])
    for language in ("en", "zh-CN"):
        look(phone, world, language)
        axe(phone.page)


@pytest.mark.parametrize(("language", "said"), [("en", "This page needs scripts"), ("zh-CN", "本页需要启用脚本")])
def test_without_scripts_it_says_why_it_needs_them(browser: Browser, world: World, language: str, said: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=world.server.url)
    page = context.new_page()
    page.goto(f"/watch?lang={language}")
    assert said in page.inner_text("main")
    context.close()
