"""What a clerk sees of the way to the chain: every step with its time, what was set aside and why, how the chain is."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from issuer import approvals, carrying, issuing
from issuer.carrying import Carrier
from issuer.delivery.document_making import DocumentMaker
from issuer.draft import drafting
from issuer.sending import lane_conditions
from issuer.sending.outbox import Strikes
from issuer.tables.account_models import Role
from issuer.tables.lane_models import Trouble
from issuer.tables.models import State
from tests.issuer.clerks import pages
from tests.issuer.offices import permits
from tests.issuer.papers import renderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuer.tables.models import Batch
    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW, OTHER = 2, 3
PART = {"hx-request": "true"}


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


@pytest.fixture
def clerk(door: Door) -> Clerk:
    return door.clerk("low-preparer", Role.PREPARER)


def approved(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    return batch


def batch_of(world: World, number: int) -> Batch:
    with world.office.store.reading() as work:
        return work.batch(number)


def carry(world: World, steps: int = 12) -> None:
    seconds = 0.0
    lane = dataclasses.replace(world.lane(), wait=lambda: False, strikes=Strikes(carrying.MOST_STRIKES))
    carrier = Carrier(world.office, lane, nudge=world.registry.mine, clock=lambda: seconds)
    for _ in range(steps):
        seconds += carrying.LONGEST_PAUSE_S + 1
        carrier.step()


def trouble(world: World, which: Trouble) -> None:
    sender = world.office.keystore.sender("issuer").address
    lane_conditions.note(world.office, sender, which, "the technical detail", head=world.registry.newest())


def test_state_of_a_batch_goes_from_approved_to_documents_ready(world: World, clerk: Clerk) -> None:
    batch = approved(world, 1)
    trouble(world, Trouble.NONE)
    page = clerk.get(f"/batches/{batch}/state", **PART).text
    assert 'hx-trigger="every 2s"' in page
    assert page.count("yx-way__step--done") == 3
    assert "low-approver" in page
    carry(world)
    assert "Documents are being made" in clerk.get(f"/batches/{batch}/state", **PART).text
    assert DocumentMaker(world.office, renderer).step()
    page = clerk.get(f"/batches/{batch}/state", **PART).text
    assert "hx-trigger" not in page
    assert page.count("yx-way__step--done") == 9
    assert f"/batches/{batch}/documents.zip" in page
    assert f"{batch_of(world, batch).block_number}" in page


def test_batchs_page_holds_its_state_from_the_start(world: World, clerk: Clerk) -> None:
    batch = approved(world, 1)
    page = clerk.get(f"/batches/{batch}").text
    assert 'id="batch-state"' in page
    assert "yx-way__step--current" in page


def test_state_without_a_script_is_the_batchs_page(world: World, clerk: Clerk) -> None:
    batch = approved(world, 1)
    answer = clerk.get(f"/batches/{batch}/state")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/batches/{batch}")


def test_another_agencys_batch_is_as_if_there_were_none(world: World, door: Door) -> None:
    batch = approved(world, 1)
    stranger = door.clerk("other-preparer", Role.PREPARER)
    for path in (f"/batches/{batch}/state", f"/batches/{batch}/documents.zip"):
        assert stranger.get(path, **PART).status_code == 404
    assert stranger.post(f"/queue/batches/{batch}/release").status_code == 404
    assert f"/batches/{batch}" not in stranger.get("/queue").text


def test_superior_sees_that_a_batch_is_on_its_way_and_gets_no_documents(world: World, door: Door) -> None:
    batch = approved(world, 1)
    above = door.clerk("top-preparer", Role.PREPARER)
    assert f"/batches/{batch}" in above.get("/queue").text
    carry(world)
    DocumentMaker(world.office, renderer).step()
    assert "documents.zip" not in above.get(f"/batches/{batch}/state", **PART).text
    assert above.get(f"/batches/{batch}/documents.zip").status_code == 404


def test_submitted_batch_is_shown_although_the_chain_is_silent(world: World, door: Door) -> None:
    (batch,) = drafting.draft(world.office, permits(1), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approver = door.clerk("low-approver", Role.APPROVER)
    assert "It needs 1 more approval." in approver.get(f"/batches/{batch}").text
    world.registry.silent = True
    shown = approver.get(f"/batches/{batch}")
    assert shown.status_code == 200
    assert "It needs" not in shown.text


def test_documents_of_a_batch_come_as_one_file(world: World, clerk: Clerk) -> None:
    batch = approved(world, 1, 2)
    assert clerk.get(f"/batches/{batch}/documents.zip").status_code == 409
    carry(world)
    DocumentMaker(world.office, renderer).step()
    answer = clerk.get(f"/batches/{batch}/documents.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sum(name.endswith(".pdf") for name in archive.namelist()) == 2
    assert clerk.get(f"/batches/{batch}/documents.zip").content == answer.content


@pytest.mark.parametrize(
    ("which", "words"),
    [
        (Trouble.SILENT, "The chain has not answered since"),
        (Trouble.OTHER_CHAIN, "as if it were another one"),
        (Trouble.FOREIGN, "Somebody else uses the account"),
        (Trouble.SENDER, "has not taken what this service sends"),
        (Trouble.NONE, "The chain answers"),
    ],
)
def test_how_the_chain_is_stands_there_in_a_clerks_words(
    world: World, clerk: Clerk, which: Trouble, words: str
) -> None:
    trouble(world, which)
    page = clerk.get("/queue").text
    assert words in page
    assert ("--accept-foreign" in page) is (which is Trouble.FOREIGN)


def test_missing_worker_is_noticed(world: World, clerk: Clerk) -> None:
    assert "is not running" in clerk.get("/queue").text
    trouble(world, Trouble.NONE)
    assert "is not running" not in clerk.get("/queue").text
    world.registry.now += 121
    assert "is not running" in clerk.get("/queue").text


def test_batch_set_aside_is_shown_with_its_reason_and_taken_up_again(world: World, clerk: Clerk) -> None:
    batch = approved(world, 1)
    with world.office.store.writing() as work:
        signature = work.signatures(batch)[1]
        right = signature.signature
        signature.signature = world.officer("other-preparer").signer.sign_digest(bytes(32))
    carry(world)
    page = clerk.get("/queue").text
    assert 'id="parked"' in page
    assert "set aside" in clerk.get(f"/batches/{batch}/state", **PART).text
    with world.office.store.writing() as work:
        work.signatures(batch)[1].signature = right
    assert clerk.post(f"/queue/batches/{batch}/release").headers["location"] == "/queue"
    carry(world)
    assert batch_of(world, batch).state == State.ISSUED
    assert clerk.post(f"/queue/batches/{batch}/release").status_code == 409


def test_who_may_not_release_is_refused(world: World, door: Door) -> None:
    batch = approved(world, 1)
    auditor = door.clerk("auditor", Role.AUDITOR, agency=LOW)
    assert auditor.post(f"/queue/batches/{batch}/release").status_code == 403


def test_pages_are_chinese_too(world: World, door: Door) -> None:
    batch = approved(world, 1)
    clerk = door.clerk("low-preparer", Role.PREPARER, language="zh-CN")
    assert "批次办理进度" in clerk.get(f"/batches/{batch}/state", **PART).text
    assert "正在办理的批次" in clerk.get("/queue").text
