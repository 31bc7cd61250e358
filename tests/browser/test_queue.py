"""The way to the chain in a real browser: it updates by itself, and axe finds nothing on any look of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from chain.certificate_types import by_identifier
from issuer import approvals, carrying, issuing
from issuer.carrying import Carrier
from issuer.delivery.document_making import DocumentMaker
from issuer.draft import drafting
from issuer.sending import lane_conditions
from issuer.sending.outbox import Strikes
from issuer.tables.account_models import Role
from issuer.tables.lane_models import Trouble
from tests.browser.desk import door, enrolled, every_look, world
from tests.issuer.offices import permits
from tests.issuer.papers import renderer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.desk import Served
    from tests.issuer.offices import World

__all__ = ["door", "enrolled", "world"]
PERMIT = by_identifier("food-operation-permit")
LOW = 2


def approved(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    return batch


def carry(world: World) -> None:
    seconds = 0.0
    lane = dataclasses.replace(world.lane(), wait=lambda: False, strikes=Strikes(carrying.MOST_STRIKES))
    carrier = Carrier(world.office, lane, nudge=world.registry.mine, clock=lambda: seconds)
    for _ in range(12):
        seconds += carrying.LONGEST_PAUSE_S + 1
        carrier.step()


def trouble(world: World, which: Trouble) -> None:
    sender = world.office.keystore.sender("issuer").address
    lane_conditions.note(world.office, sender, which, "got nothing, wanted an answer", head=world.registry.newest())


def spoil(world: World, batch: int) -> None:
    stranger = world.officer("other-preparer").signer
    with world.office.store.writing() as work:
        work.signatures(batch)[1].signature = stranger.sign_digest(bytes(32))


def test_state_of_a_batch_updates_by_itself(door: Served, browser: Browser) -> None:
    batch = approved(door.world, 1, 2)
    trouble(door.world, Trouble.NONE)
    with door.signed_in(browser, "low-preparer", Role.PREPARER, language="en") as page:
        page.goto(f"{door.url}/batches/{batch}")
        page.locator(".yx-way__step--current", has_text="Queued").wait_for()
        carry(door.world)
        page.get_by_text("Documents are being made").wait_for()
        assert DocumentMaker(door.world.office, renderer).step()
        page.get_by_role("link", name="Download all documents (ZIP)").wait_for()
        assert page.locator("[hx-trigger='every 2s']").count() == 0


def test_way_of_a_batch_in_every_look(door: Served, browser: Browser) -> None:
    batch = approved(door.world, 1, 2)
    trouble(door.world, Trouble.SILENT)
    every_look(door, browser, f"/batches/{batch}", "batch-under-way", "low-preparer", Role.PREPARER)


def test_queue_in_every_look(door: Served, browser: Browser) -> None:
    bad = approved(door.world, 1)
    spoil(door.world, bad)
    carry(door.world)
    approved(door.world, 2, 3)
    trouble(door.world, Trouble.FOREIGN)
    every_look(door, browser, "/queue", "queue", "low-preparer", Role.PREPARER)
