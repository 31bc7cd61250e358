"""The watch list: kept by the device alone, told what happened to all, and held to the signed checkpoint."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from chain.calendar import hour_of, today
from chain.code import short_number
from chain.events import Track
from chain.validity import Validity
from tests.browser.desk import axe
from tests.browser.device import DAY, World, spare_key, telephone
from tests.deployed import document_key
from tests.verifier.papers_on_chain import set_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

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


def watch(phone: Telephone, world: World, made: Paper, colour: str = "green") -> None:
    """Check a certificate, and put it on the list."""
    phone.at(world.now)
    assert phone.show(made.code()) == colour
    put_on(phone)


def put_on(phone: Telephone) -> None:
    """Put the certificate whose verdict is shown on the list."""
    phone.page.get_by_role("button", name="Watch", exact=True).click()
    expect(phone.page.get_by_role("button", name="Stop watching")).to_be_visible()


def look(phone: Telephone, world: World, language: str = "en", *, at: datetime | None = None) -> str:
    """Open the list, and wait until it was checked."""
    phone.at(at or world.now)
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


def of_days(world: World, now: datetime, label: str, first: int, last: int | None) -> Paper:
    """Anchor a certificate that is valid from so many days after a moment to so many."""
    until = None if last is None else day_after(now, last)
    made = world.paper(label, validity=Validity(day_after(now, first), until))
    world.anchor(made)
    # Anchors alone make a checkpoint a minute at most.
    world.anvil.ask("evm_increaseTime", 61)
    world.cut()
    return made


def day_after(now: datetime, days: int) -> date:
    return today(now) + timedelta(days=days)


def in_english(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def in_chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def test_an_end_is_announced_a_month_before_and_told_as_a_change_once_it_has_come(
    phone: Telephone, world: World
) -> None:
    now = world.now
    made, last = of_days(world, now, "watched until it ends", -10, 40), day_after(now, 40)
    watch(phone, world, made)
    state = phone.page.locator(".watched .state")
    for after, colour, english, chinese in (
        (9, "calm", "Nothing was recorded since", "此后没有新记载"),
        (10, "amber", "Expires in 30 days ({})", "30天后到期（{}）"),
        (39, "amber", "Expires tomorrow ({})", "明天到期（{}）"),
        (40, "amber", "Expires today ({})", "今天到期（{}）"),
    ):
        for language, said in (("en", english), ("zh-CN", chinese)):
            look(phone, world, language, at=now + after * DAY)
            day = in_english(last) if language == "en" else in_chinese(last)
            expect(state).to_contain_text(said.format(day))
            expect(phone.page.locator(f".watched.{colour}")).to_be_visible()
            # That an end comes near is no change.
            expect(phone.page.locator("#news")).to_be_hidden()
    assert f"有效期{in_chinese(last - timedelta(days=50))}至{in_chinese(last)}" in phone.text
    look(phone, world, "zh-CN", at=now + 41 * DAY)
    expect(state).to_have_text(f"已于{in_chinese(last)}到期")
    expect(phone.page.locator(".watched .hint")).to_have_text("此后没有新记载")
    expect(phone.page.locator("#progress")).to_have_text("已检查。自您上次查看以来有变化：1份。")
    expect(phone.page.locator("#news a")).to_have_text(short_number(made.leaf))
    expect(phone.page.locator(".watched .new")).to_have_text("有变化")
    axe(phone.page)
    phone.page.locator("#news a").click()
    expect(phone.page.locator(".watched h2")).to_be_focused()
    expect(phone.page.locator("#news a")).to_be_visible()
    look(phone, world, at=now + 42 * DAY)
    expect(state).to_have_text(f"Expired on {in_english(last)}")
    expect(phone.page.locator(".watched .hint")).to_have_text("Nothing was recorded since")
    expect(phone.page.locator("#news")).to_be_hidden()
    expect(phone.page.locator("#progress")).to_have_text("Checked.")


def test_an_end_is_told_where_nobody_answers(phone: Telephone, world: World) -> None:
    now = world.now
    watch(phone, world, of_days(world, now, "watched in the dark", -10, 2))
    world.between.lie = lambda path, body: None if path.startswith("/api/") else body
    phone.at(now + 3 * DAY)
    phone.open("/watch?lang=en")
    expect(phone.page.locator("#news")).to_contain_text("Changed since you were here last: 1")
    expect(phone.page.locator(".watched .state")).to_contain_text("Expired on")


def test_that_it_begins_to_be_valid_is_a_change(phone: Telephone, world: World) -> None:
    now = world.now
    made, first = of_days(world, now, "watched before it begins", 5, None), day_after(now, 5)
    watch(phone, world, made, "red")
    look(phone, world)
    expect(phone.page.locator(".watched.red .state")).to_contain_text(f"Not in force until {in_english(first)}")
    expect(phone.page.locator("#news")).to_be_hidden()
    text = look(phone, world, at=now + 5 * DAY)
    expect(phone.page.locator(".watched.calm .state")).to_have_text(f"Valid since {in_english(first)}")
    expect(phone.page.locator("#news li")).to_have_count(1)
    assert f"Valid from {in_english(first)} without end" in text


def test_silence_about_a_renewal_holds_an_expired_certificate_until_its_day(phone: Telephone, world: World) -> None:
    now = world.now
    made, last = of_days(world, now, "watched while it is renewed", -10, 40), day_after(now, 40)
    watch(phone, world, made)
    office = world.deployed.offices[0]
    until = now + 60 * DAY
    changes = {"until_hour": hour_of(until)}
    set_status(world.deployed, office, made.leaf, Track.RENEWAL_PENDING, now, **changes)
    world.read()
    # What speaks for it counts once a checkpoint has it.
    look(phone, world, at=now + 41 * DAY)
    expect(phone.page.locator(".watched .state")).to_have_text(f"Expired on {in_english(last)}")
    world.cut()
    look(phone, world, at=now + 41 * DAY)
    said = f"Expired on {in_english(last)}; renewal applied for in time, deemed valid until"
    expect(phone.page.locator(".watched.amber .state")).to_contain_text(said)
    look(phone, world, at=until + DAY)
    expect(phone.page.locator(".watched .state")).to_have_text(f"Expired on {in_english(last)}")


def test_what_was_in_force_when_it_was_put_here_is_told_as_long_as_it_is(phone: Telephone, world: World) -> None:
    made = of_days(world, world.now, "watched while suspended", -10, 400)
    world.change(made, Track.SUSPENSION)
    world.cut()
    watch(phone, world, made, "red")
    look(phone, world)
    expect(phone.page.locator(".watched.red .state")).to_have_text("Suspended")
    expect(phone.page.locator("#news")).to_be_hidden()
    set_status(world.deployed, world.deployed.offices[0], made.leaf, Track.SUSPENSION, world.now, from_hour=0)
    world.cut()
    look(phone, world)
    expect(phone.page.locator(".watched.amber .state")).to_have_text("No longer: Suspended")
    expect(phone.page.locator(".watched .hint")).to_contain_text("Something was recorded")
    expect(phone.page.locator("#news li")).to_have_count(1)


def test_a_suspension_that_runs_out_after_it_was_put_here_is_a_change(phone: Telephone, world: World) -> None:
    now = world.now
    made = of_days(world, now, "watched until it is free again", -10, 400)
    office = world.deployed.offices[0]
    changes = {"until_hour": hour_of(now + 3 * DAY)}
    set_status(world.deployed, office, made.leaf, Track.SUSPENSION, now, **changes)
    world.cut()
    watch(phone, world, made, "red")
    look(phone, world)
    expect(phone.page.locator(".watched.red .state")).to_have_text("Suspended")
    look(phone, world, at=now + 4 * DAY)
    expect(phone.page.locator(".watched .state")).to_have_text("No longer: Suspended")
    expect(phone.page.locator("#news li")).to_have_count(1)


def test_without_a_checkpoint_the_page_says_that_keys_and_agencies_were_not_checked(
    phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    world.between.lie = lambda path, body: None if path.startswith("/api/v1/packs") else body
    watch(phone, world, papers["quiet"])
    text = look(phone, world)
    assert "by this site's answer alone" in text
    assert "whether keys and agencies still count was not checked" in text
    assert "Valid from 1 January 2026 to 31 December 2028" in text
    assert "This list does not know" not in text


def test_a_key_that_is_cut_off_is_noticed_without_asking_about_its_certificate(phone: Telephone, world: World) -> None:
    office, public = world.deployed.offices[0], spare_key(world, "cut off while watched")
    made = world.paper("of a key to be cut off", key=document_key("cut off while watched"), kid=public.kid)
    other = world.paper("of a key that stays")
    block = world.deployed.writer().newest().number
    world.anchor(made, other)
    # So that a key's listing is not the newest right that a checkpoint would have to have.
    world.cut()
    watch(phone, world, made)
    watch(phone, world, other)
    look(phone, world)
    expect(phone.page.locator(".watched.calm")).to_have_count(2)
    world.deployed.governing().cut_off_key(office.agency, public.kid, block, by=office.managers[:1])
    world.cut()
    heard = len(world.between.asked)
    text = look(phone, world)
    asked = "".join(each.whole for each in world.between.asked[heard:])
    assert made.leaf.hex()[:4] not in "".join(each.target for each in world.between.asked[heard:])
    for secret in (made.leaf.hex(), public.kid.hex()[:16]):
        assert secret not in asked
    expect(phone.page.locator(".watched.red .state")).to_have_text("Issuer not authorised")
    expect(phone.page.locator(".watched.calm")).to_have_count(1)
    expect(phone.page.locator("#news a")).to_have_text(short_number(made.leaf))
    assert f"Its key does not count from block {block} on" in text
    assert "Keys and agencies as of the checkpoint of" in text
    assert phone.show(made.code()) == "red"
    # The checkpoint on the device says so without a network, too.
    world.between.lie = lambda path, body: None if path == DELTAS else body
    text = look(phone, world, "zh-CN")
    expect(phone.page.locator(".watched.red .state")).to_have_text("机关无权签发")
    assert f"签名密钥自区块{block}起作废" in text
    expect(phone.page.locator("#news")).to_be_hidden()


CHANGED_KEPT = """
(change) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("yinxin");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const table = opening.result.transaction("kept", "readwrite").objectStore("kept");
    const reading = table.get("watch-list");
    reading.onsuccess = () => {
      for (const entry of reading.result) for (const name of change) delete entry[name];
      table.put(reading.result, "watch-list").onsuccess = () => { opening.result.close(); resolve(); };
    };
  };
})
"""
LATER = ["days", "kid", "root", "earlier", "rights", "seen"]
"""What entries have that an earlier version of the page did not keep."""


def test_an_entry_of_an_earlier_version_is_filled_in_when_its_certificate_is_checked_again(
    phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    made = papers["quiet"]
    watch(phone, world, made)
    phone.page.evaluate(CHANGED_KEPT, LATER)
    text = look(phone, world)
    expect(phone.page.locator(".watched.grey .state")).to_have_text("Nothing was recorded since")
    expect(phone.page.locator("#news")).to_be_hidden()
    assert "This list does not know its dates and its key" in text
    assert "本列表不知该证照的有效期和签名密钥" in look(phone, world, "zh-CN")
    assert phone.show(made.code()) == "green"
    expect(phone.page.get_by_role("button", name="Stop watching")).to_be_visible()
    text = look(phone, world)
    assert "This list does not know" not in text
    assert "Valid from 1 January 2026 to 31 December 2028" in text
    expect(phone.page.locator("#news")).to_be_hidden()


def test_what_was_put_here_by_its_short_number_says_what_is_not_noticed(
    phone: Telephone, world: World, papers: dict[str, Paper]
) -> None:
    phone.at(world.now)
    phone.open()
    assert phone.type(short_number(papers["quiet"].leaf)) == "amber"
    put_on(phone)
    assert "This list does not know its dates and its key" in look(phone, world)


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
    assert json.loads(file)["entries"][0]["days"] == {"first": "2026-01-01", "last": "2028-12-31"}
    with telephone(browser, world.server.url, world.now) as other:
        other.open("/watch?lang=zh-CN")
        expect(other.page.locator("#empty")).to_be_visible()
        (entry,) = json.loads(file)["entries"]
        others = [
            {**json.loads(file), "entries": [{**entry, **odd}]}
            for odd in (
                {"verdict": "FINE"},
                {"on": "2026-99-99"},
                {"days": {"first": "2026-01-01", "last": "2026-99-99"}},
                {"days": 3},
                {"kid": "a key"},
                {"root": None},
            )
        ]
        for no_list in ([], *others):
            given = json.dumps(no_list).encode()
            other.page.set_input_files("#import", {"name": "x.json", "mimeType": "application/json", "buffer": given})
            expect(other.page.locator("#progress")).to_have_text("该文件不是关注列表。")
            other.page.evaluate("document.querySelector('#progress').textContent = ''")
        # A file of an earlier version of the page has less in it.
        earlier = {name: value for name, value in entry.items() if name not in {"days", "kid", "root"}}
        given = json.dumps({**json.loads(file), "entries": [earlier]}).encode()
        other.page.set_input_files("#import", {"name": "list.json", "mimeType": "application/json", "buffer": given})
        expect(other.page.locator(".watched .hint")).to_contain_text("本列表不知该证照的有效期和签名密钥")
        other.page.get_by_role("button", name="取消关注").click()
        other.page.set_input_files("#import", {"name": "list.json", "mimeType": "application/json", "buffer": file})
        expect(other.page.locator(".watched .hint")).to_have_count(0)
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
