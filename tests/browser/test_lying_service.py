"""A verifier that lies to the page: what it tells is held to what the chain itself proves, and it learns nothing.

Behind every lie stands a real verifier of a real registry, and between it and the page somebody who changes answers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chain import code, history, merkle
from chain.calendar import hour_of
from chain.events import StatusChanged, Track
from chain.history import Step
from chain.pack import Pack
from tests import waiting
from tests.browser.counter import VALIDITY
from tests.browser.device import DAY, World, telephone, with_path
from tests.deployed import document_key, signer
from tests.verifier.book import CLAIMS, DECISION, TYPE
from tests.verifier.printed import print_document
from tests.verifier.trust import settings_of, trust_list_of
from verifier.wiring import attester_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, FilePayload

    from tests.browser.between import Lie
    from tests.browser.device import Telephone
    from tests.verifier.book import Paper

LEAVES, PACK, TRUST, VERIFY = "/api/v1/leaves", "/api/v1/packs/latest", "/api/v1/trust-list", "/api/v1/verify"
JSON = dict[str, Any]


@dataclass
class Papers:
    """What is shown to the telephone."""

    valid: Paper
    beside: Paper
    revoked: Paper
    never_anchored: Paper

    @property
    def all(self) -> tuple[Paper, ...]:
        return self.valid, self.beside, self.revoked, self.never_anchored


@dataclass
class Before:
    """What the service handed out before the revocation."""

    pack: bytes
    leaves: dict[str, bytes]


@pytest.fixture(scope="module")
def papers(world: World) -> Papers:
    names = ("valid", "beside", "revoked", "never anchored")
    papers = Papers(*(world.paper(f"{name} beside a lying service") for name in names))
    world.anchor(papers.valid, papers.beside)
    world.anchor(papers.revoked)
    world.cut()
    return papers


@pytest.fixture(scope="module")
def before(browser: Browser, world: World, papers: Papers) -> Before:
    """Write down what is answered before the revocation, and revoke."""
    answers: dict[str, bytes] = {}

    def write_down(path: str, answer: bytes) -> bytes:
        answers[path] = answer
        if path == LEAVES:
            answers[json.loads(answer)["prefix"]] = answer
        return answer

    world.between.lie = write_down
    with telephone(browser, world.server.url, world.now) as phone:
        assert phone.show(papers.revoked.code()) == "green"
    world.between.lie = None
    world.change(papers.revoked, Track.REVOKED)
    world.cut()
    return Before(answers[PACK], answers)


@pytest.fixture(scope="module")
def phone(browser: Browser, world: World, papers: Papers, before: Before) -> Iterator[Telephone]:
    """A telephone that has seen an honest service."""
    with telephone(browser, world.server.url, world.now) as phone:
        assert phone.show(papers.valid.code()) == "green"
        assert phone.show(papers.revoked.code()) == "red"
        yield phone


@pytest.fixture(autouse=True)
def _honest_again(world: World) -> Iterator[None]:
    yield
    world.between.lie = None


def of_leaf(change: Callable[[JSON, JSON], None], leaf: bytes) -> Lie:
    """Change what is answered about a leaf; the change gets the whole answer and the leaf's part, made if need be."""

    def lie(path: str, answer: bytes) -> bytes:
        if path != LEAVES:
            return answer
        told = json.loads(answer)
        found = next((each for each in told["leaves"] if each["leaf"] == leaf.hex()), None)
        if found is None:
            found = {"leaf": leaf.hex(), "batches": [], "statuses": []}
            told["leaves"] = sorted([*told["leaves"], found], key=lambda each: str(each["leaf"]))
        change(told, found)
        return json.dumps(told).encode()

    return lie


def in_place_of(wanted: str, content: bytes) -> Lie:
    """Answer with something else at one address."""
    return lambda path, answer: content if path == wanted else answer


class TestAboutACertificate:
    """The telephone knows trust list and pack; what it is told of a leaf does not fit them."""

    def caught(self, phone: Telephone, shown: Paper, said: str) -> None:
        assert phone.show(shown.code()) == "grey"
        assert phone.heading.startswith(("We cannot check", "This site's answer"))
        assert said in phone.reasons

    def test_a_path_that_leads_elsewhere(self, phone: Telephone, world: World, papers: Papers) -> None:
        def bend(_told: JSON, leaf: JSON) -> None:
            leaf["batches"][0]["path"][0] = "ab" * 32

        world.between.lie = of_leaf(bend, papers.valid.leaf)
        self.caught(phone, papers.valid, "The path that this site gives does not lead")

    def test_a_batch_that_was_made_up(self, phone: Telephone, world: World, papers: Papers) -> None:
        forged, agency = papers.never_anchored, world.deployed.offices[0].agency

        def make_up(told: JSON, leaf: JSON) -> None:
            leaf["batches"] = [batch_of(forged, agency, told["checkpoint"]["block_number"], told["block"]["timestamp"])]

        world.between.lie = of_leaf(make_up, forged.leaf)
        self.caught(phone, forged, "does not list")

    def test_a_batch_that_was_made_up_after_the_checkpoint_is_not_proven(
        self, phone: Telephone, world: World, papers: Papers
    ) -> None:
        forged, agency = papers.never_anchored, world.deployed.offices[0].agency

        def make_up(told: JSON, leaf: JSON) -> None:
            told["block"]["number"] += 1
            leaf["batches"] = [batch_of(forged, agency, told["block"]["number"], told["block"]["timestamp"])]

        world.between.lie = of_leaf(make_up, forged.leaf)
        assert phone.show(forged.code()) == "amber"
        assert "nothing proves it yet" in phone.reasons

    def test_another_batch_s_facts(self, phone: Telephone, world: World, papers: Papers) -> None:
        def bend(_told: JSON, leaf: JSON) -> None:
            leaf["batches"][0]["block_number"] -= 1

        world.between.lie = of_leaf(bend, papers.valid.leaf)
        self.caught(phone, papers.valid, "than the signed checkpoint does")

    def test_a_status_that_is_hidden(self, phone: Telephone, world: World, papers: Papers) -> None:
        world.between.lie = of_leaf(lambda _, leaf: leaf["statuses"].clear(), papers.revoked.leaf)
        assert phone.show(papers.revoked.code()) in {"grey", "red"}
        assert "leaves out or changes a status" in phone.reasons

    def test_a_leaf_that_is_hidden(self, phone: Telephone, world: World, papers: Papers) -> None:
        def hide(told: JSON, leaf: JSON) -> None:
            told["leaves"].remove(leaf)

        world.between.lie = of_leaf(hide, papers.revoked.leaf)
        assert phone.show(papers.revoked.code()) in {"grey", "red"}

    def test_a_status_that_was_made_up_before_the_checkpoint(
        self, phone: Telephone, world: World, papers: Papers
    ) -> None:
        office = world.deployed.offices[0]

        def make_up(told: JSON, leaf: JSON) -> None:
            leaf["statuses"] = [
                {
                    "agency": office.agency,
                    "track": "REVOKED",
                    "from_hour": hour_of(world.now),
                    "until_hour": 0,
                    "actor": office.agency,
                    "new_leaf": None,
                    "decision": f"0x{DECISION.hex()}",
                    "block_number": told["checkpoint"]["block_number"],
                    "log_index": 0,
                    "timestamp": told["block"]["timestamp"],
                }
            ]

        world.between.lie = of_leaf(make_up, papers.valid.leaf)
        self.caught(phone, papers.valid, "that the signed checkpoint does not hold")

    def test_a_key_in_place_of_the_agencys(self, phone: Telephone, papers: Papers) -> None:
        assert phone.show(papers.valid.code(key=document_key("a lying service's"))) == "red"


class TestAboutTheRegister:
    def changed(self, phone: Telephone, world: World, papers: Papers, **changes: object) -> str:
        def bend(told: JSON, _leaf: JSON) -> None:
            for name, value in changes.items():
                outer, _, inner = name.partition("__")
                told[outer][inner] = value

        world.between.lie = of_leaf(bend, papers.valid.leaf)
        assert phone.show(papers.valid.code()) == "grey"
        return phone.reasons

    def test_another_registry(self, phone: Telephone, world: World, papers: Papers) -> None:
        for member in ("registry_id", "registry", "agencies"):
            said = self.changed(phone, world, papers, **{f"registry__{member}": f"0x{'ab' * _SIZES[member]}"})
            assert "another registry than the trust list names" in said

    def test_a_head_before_the_checkpoint(self, phone: Telephone, world: World, papers: Papers) -> None:
        number = world.deployed.writer().newest().number
        assert "is the newest, but the signed checkpoint" in self.changed(
            phone, world, papers, block__number=number - 2
        )

    def test_an_old_head_that_is_told_as_fresh(self, phone: Telephone, world: World, papers: Papers) -> None:
        phone.at(world.now + timedelta(hours=1))
        try:
            assert phone.show(papers.valid.code()) == "grey"
            assert "seconds old by this device's clock" in phone.reasons
            # More often it is the telephone's clock that is wrong.
            assert "either the device's clock is wrong, or this site is behind" in phone.page.inner_text(
                "section.verdict"
            )
            assert "See whether the date and the time on this device are right" in phone.page.inner_text(".next .first")
        finally:
            phone.at(world.now)

    @pytest.mark.parametrize("wrong", [-3000 * DAY, 400 * DAY])
    def test_a_telephone_s_wrong_date_is_not_laid_at_the_site_s_door(
        self, phone: Telephone, world: World, papers: Papers, wrong: timedelta
    ) -> None:
        phone.at(world.now + wrong)
        try:
            assert phone.show(papers.valid.code()) == "grey"
            told = phone.page.inner_text("section.verdict")
            assert "either the device's clock is wrong, or this site is behind" in told
            assert re.search(rf"This device's clock says .* {(world.now + wrong).year} .*, but the trust list", told)
            assert "See whether the date and the time on this device are right" in phone.page.inner_text(".next .first")
            phone.open()
            assert phone.take().startswith("The date and the time on this device do not go with what this site sent")
        finally:
            phone.at(world.now)
        assert phone.show(papers.valid.code()) == "green"

    def test_all_that_was_so_before_the_revocation(
        self, phone: Telephone, world: World, papers: Papers, before: Before
    ) -> None:
        prefix = papers.revoked.leaf.hex()[:4]
        answers = {PACK: before.pack, LEAVES: before.leaves[prefix]}
        world.between.lie = answers.get
        assert phone.show(papers.revoked.code()) == "grey"
        # The same as of a block that is made to look new.
        told = json.loads(before.leaves[prefix])
        told["block"] = json.loads(json.dumps(told["block"])) | {
            "number": world.deployed.writer().newest().number,
            "timestamp": int(world.now.timestamp()),
        }
        answers[LEAVES] = json.dumps(told).encode()
        assert phone.show(papers.revoked.code()) == "grey"
        assert "leaves out or changes a status" in phone.reasons

    def test_a_connection_that_is_cut_makes_nothing_valid(self, phone: Telephone, world: World, papers: Papers) -> None:
        world.between.lie = lambda path, answer: None if path == LEAVES else answer
        assert phone.show(papers.valid.code()) == "amber"
        assert "not checked against the register" in phone.heading
        assert phone.show(papers.revoked.code()) == "red"
        assert phone.show(papers.never_anchored.code()) == "amber"
        # What bears its own evidence is green as of the pack, which is said.
        assert phone.show(with_path(papers.valid, papers.beside)) == "green"
        assert "Not revoked as of" in phone.heading


class TestAboutTheEvidence:
    def test_an_older_pack_is_not_taken_along(self, phone: Telephone, world: World, before: Before) -> None:
        world.between.lie = in_place_of(PACK, before.pack)
        phone.open()
        assert phone.take().startswith("What this site sent cannot be relied on")

    @pytest.mark.parametrize("is_first_visit", [True, False])
    def test_a_pack_with_something_left_out(
        self, browser: Browser, world: World, papers: Papers, phone: Telephone, *, is_first_visit: bool
    ) -> None:
        tampered = without_the_revocation(world)
        world.between.lie = in_place_of(PACK, tampered)
        if is_first_visit:
            with telephone(browser, world.server.url, world.now) as fresh:
                assert fresh.show(papers.revoked.code()) == "grey"
                assert "The checkpoint cannot be relied on" in fresh.reasons
                assert fresh.show(papers.valid.code()) == "grey"
        else:
            phone.open()
            assert phone.take().startswith("What this site sent cannot be relied on")

    def test_the_word_of_a_site_that_was_caught_counts_for_no_file_either(
        self, browser: Browser, world: World, papers: Papers
    ) -> None:
        """A PDF only the site can read: what it says of it is worth as much as its evidence."""
        document = print_document(papers.valid, TYPE, dict(CLAIMS), VALIDITY)
        brought: FilePayload = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": document}
        heard = len(world.between.asked)
        with telephone(browser, world.server.url, world.now) as fresh:
            fresh.open()
            fresh.page.set_input_files("#file", brought)
            assert fresh.colour()
        world.between.lie = in_place_of(PACK, without_the_revocation(world))
        with telephone(browser, world.server.url, world.now) as fresh:
            assert fresh.show(papers.revoked.code()) == "grey"
            fresh.open()
            fresh.page.set_input_files("#file", brought)
            fresh.page.wait_for_selector("#summary .summary")
            assert "What this site sent before cannot be relied on" in fresh.page.inner_text("#summary")
            assert fresh.page.locator("section.verdict").count() == 0
        del world.between.asked[heard:]

    def test_a_pack_that_went_bad_on_the_device_is_asked_for_again(
        self, browser: Browser, world: World, papers: Papers
    ) -> None:
        with telephone(browser, world.server.url, world.now) as fresh:
            assert fresh.show(papers.valid.code()) == "green"
            fresh.page.evaluate(SPOIL)
            assert fresh.show(papers.valid.code()) == "green"

    def test_another_councils_trust_list(self, world: World, papers: Papers, phone: Telephone) -> None:
        others = replace(world.deployed, members=tuple(signer(f"usurper {index}") for index in range(3)))
        attester = attester_of(settings_of(world.deployed, world.folder)).public
        forged = trust_list_of(others, now=world.now, attesters=[attester], version=2)
        world.between.lie = in_place_of(TRUST, forged)
        phone.open()
        assert phone.take().startswith("What this site sent cannot be relied on")
        # It was pinned: no list of another council takes its place, and nothing is said from it.
        assert phone.page.locator("#typed").count() == 1
        assert phone.type(papers.valid.sd_jwt) == "grey"
        assert "An older or different history than the one seen here before" in phone.reasons
        world.between.lie = None
        assert phone.show(papers.valid.code()) == "green"

    def test_a_trust_list_without_enough_signatures_begins_nothing(
        self, browser: Browser, world: World, papers: Papers
    ) -> None:
        listed = json.loads((world.folder / "trust.json").read_bytes())
        listed["signatures"] = listed["signatures"][:1]
        world.between.lie = in_place_of(TRUST, json.dumps(listed).encode())
        with telephone(browser, world.server.url, world.now) as fresh:
            assert fresh.show(papers.valid.code()) == "grey"
            assert "The trust list cannot be relied on" in fresh.reasons

    def test_where_the_pack_is_withheld_it_is_the_site_s_word_and_said_to_be(
        self, browser: Browser, world: World, papers: Papers
    ) -> None:
        world.between.lie = lambda path, answer: None if path == PACK else answer
        # It gets to see the code then, which is not among what the last test reads.
        heard = len(world.between.asked)
        with telephone(browser, world.server.url, world.now) as fresh:
            assert fresh.show(papers.valid.code()) == "green"
            assert "Checked by\nThis site" in fresh.text
        assert [each for each in world.between.asked[heard:] if each.target.startswith(VERIFY)]
        del world.between.asked[heard:]

    def test_where_the_trust_list_is_withheld_nobody_was_caught_and_no_code_is_green(
        self, browser: Browser, world: World, papers: Papers
    ) -> None:
        document = print_document(papers.valid, TYPE, dict(CLAIMS), VALIDITY)
        heard = len(world.between.asked)
        with telephone(browser, world.server.url, world.now) as fresh:
            fresh.page.route(f"**{TRUST}", lambda route: route.fulfill(status=404))
            assert fresh.show(papers.valid.code()) == "grey"
            assert "got no trust list" in fresh.reasons
            fresh.open()
            fresh.page.set_input_files(
                "#file", {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": document}
            )
            assert fresh.colour()
            assert "Checked by\nThis site" in fresh.text
        del world.between.asked[heard:]

    def test_a_pack_of_days_ago_makes_nothing_green_again(
        self, browser: Browser, world: World, papers: Papers, before: Before
    ) -> None:
        told = json.loads(before.leaves[papers.revoked.leaf.hex()[:4]])
        later = world.now + 2 * DAY
        told["block"] |= {"number": told["block"]["number"] + 1000, "timestamp": int(later.timestamp())}
        told["polled_at"] = int(later.timestamp())
        answers = {PACK: before.pack, LEAVES: json.dumps(told).encode()}
        world.between.lie = answers.get
        with telephone(browser, world.server.url, later) as fresh:
            assert fresh.show(papers.revoked.code()) != "green"


def test_the_service_learns_sixteen_bits_and_nothing_else(phone: Telephone, world: World, papers: Papers) -> None:
    """Of all that was asked in this file: no code, leaf, number or name; and nobody asked for a verdict."""
    phone.open()
    assert phone.type(papers.valid.sd_jwt) == "green"
    phone.open()
    assert phone.type(code.short_number(papers.beside.leaf)) == "amber"
    asked = world.between.asked
    prefixes = {made.leaf.hex()[:4] for made in papers.all}
    questions = [each.target for each in asked if each.target.startswith(LEAVES)]
    assert len(questions) >= len(papers.all)
    assert {target.removeprefix(f"{LEAVES}?prefix=") for target in questions} <= prefixes
    assert not [each for each in asked if each.method == "POST" or each.target.startswith(VERIFY)]
    heard = "\n".join(each.whole for each in asked)
    for made in papers.all:
        digits = made.code().partition("#")[2]
        for secret in (digits[:40], digits[-40:], made.leaf.hex()[:8], made.sd_jwt[:60], made.sd_jwt[-60:]):
            assert secret not in heard
        assert code.short_number(made.leaf)[:6] not in heard
    assert not re.search(r"[0-9]{40,}", heard)
    assert "000123" not in heard


SPOIL = """async () => {
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  const database = await done(indexedDB.open("yinxin"));
  const table = database.transaction("kept", "readwrite").objectStore("kept");
  const pack = await done(table.get("pack"));
  pack.data[pack.data.length >> 1] ^= 1;
  await done(table.put(pack, "pack"));
  database.close();
}"""
"""Turns a bit of the pack that is kept."""
_SIZES = {"registry_id": 32, "registry": 20, "agencies": 20}


def batch_of(made: Paper, agency: int, block: int, timestamp: int) -> JSON:
    """Make up a batch of one, as a service would tell it."""
    return {
        "agency": agency,
        "root": merkle.root([made.leaf]).hex(),
        "type": TYPE.number,
        "version": TYPE.version,
        "size": 1,
        "sequence": 9,
        "block_number": block,
        "log_index": 0,
        "timestamp": timestamp,
        "index": 0,
        "path": [],
    }


def without_the_revocation(world: World) -> bytes:
    """Return the newest pack with the revocation left out of its list, and all else as it was."""
    whole = Pack.parse(waiting.get(f"{world.server.url}{PACK}").content)
    writer = world.deployed.writer()
    records = list(writer.records(0, whole.checkpoint.block_number))
    kept = [record for record in records if not isinstance(record.event, StatusChanged)]
    assert len(kept) < len(records)
    altered = history.encode(map(Step.of, kept))
    return replace(whole, checkpoint=replace(whole.checkpoint, history=altered)).encode()
