"""A batch between two people, in a browser: rehearsed, submitted, looked at, returned, approved, recalled."""

# ruff: noqa: F811 — fixtures are asked for by their names

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from issuer import approvals, working
from issuer.draft import submissions
from issuer.tables.account_models import Role
from issuer.tables.models import State
from tests.browser.desk import LANGUAGES, axe, door, each_view, enrolled, every_look, served, world  # noqa: F401
from tests.issuer.rehearsed import drafted, held, passed, person, rehearse, submitted

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.desk import Served
    from tests.issuer.offices import World

WORDS = {
    "zh-CN": {
        "rehearse": "预演",
        "stop": "停止",
        "submit": "提交审核",
        "sign": "签署并提交",
        "approve": "签署并通过",
        "looked": "我已查看抽样及有提示的行。",
        "recall": "撤回",
    },
    "en": {
        "rehearse": "Rehearse",
        "stop": "Stop",
        "submit": "Submit for approval",
        "sign": "Sign and submit",
        "approve": "Sign and approve",
        "looked": "I have looked at the sample and at the rows with warnings.",
        "recall": "Recall",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_people_bring_a_batch_to_approval(world: World, browser: Browser, language: str) -> None:
    world.office = replace(world.office, undo=timedelta(minutes=10))
    batch, say = drafted(world, 1, 2), WORDS[language]
    with served(world) as door:
        with door.signed_in(browser, "low-preparer", Role.PREPARER, language=language) as page:
            page.goto(f"/batches/{batch}")
            page.get_by_role("button", name=say["rehearse"], exact=True).click()
            page.get_by_role("button", name=say["stop"], exact=True).wait_for()
            axe(page)
            work_all(world)
            # The part loads itself anew; nobody has to.
            page.get_by_role("button", name=say["submit"], exact=True).click()
            axe(page)
            page.get_by_role("button", name=say["sign"], exact=True).click()
            page.wait_for_url(f"**/batches/{batch}")
        assert held(world, batch).state == State.PREPARED
        with door.signed_in(browser, "low-approver", Role.APPROVER, language=language) as page:
            page.goto(f"/batches/{batch}/approve")
            loaded(page)
            page.get_by_role("button", name=say["approve"], exact=True).click()
            page.get_by_role("alert").wait_for()
            axe(page)
            page.get_by_label(say["looked"]).check()
            page.get_by_role("button", name=say["approve"], exact=True).click()
            page.wait_for_url(f"**/batches/{batch}")
            assert held(world, batch).state == State.APPROVED
            axe(page)
            page.get_by_role("button", name=say["recall"], exact=True).click()
            axe(page)
            page.get_by_role("button", name=say["recall"], exact=True).click()
            page.wait_for_url(f"**/batches/{batch}")
    assert held(world, batch).state == State.DRAFT


def test_everything_works_without_scripts(world: World, door: Served, browser: Browser) -> None:
    batch = drafted(world, 1)
    with door.signed_in(browser, "low-preparer", Role.PREPARER, language="en", scripts=False) as page:
        page.goto(f"/batches/{batch}")
        page.get_by_role("button", name="Rehearse", exact=True).click()
        work_all(world)
        page.get_by_role("link", name="Look again").click()
        page.get_by_role("button", name="Submit for approval").click()
        page.get_by_role("button", name="Sign and submit").click()
    assert held(world, batch).state == State.PREPARED


def test_the_list_of_batches_looks_right(world: World, door: Served, browser: Browser) -> None:
    submitted(world, 1, 2)
    drafted(world, 3)
    every_look(door, browser, "/batches", "batches", "low-preparer", Role.PREPARER)


def test_the_empty_list_looks_right(door: Served, browser: Browser) -> None:
    every_look(door, browser, "/batches", "batches-none", "low-preparer", Role.PREPARER)


def test_a_rehearsed_batch_looks_right(world: World, door: Served, browser: Browser) -> None:
    batch = drafted(world, *range(1, 4), issue_date="2025-12-01", valid_until="2030-11-30")
    rehearse(world, batch)
    every_look(door, browser, f"/batches/{batch}", "batch", "low-preparer", Role.PREPARER)
    every_look(door, browser, f"/batches/{batch}/rehearsal", "rehearsal-odd", "low-preparer", Role.PREPARER)
    every_look(door, browser, f"/batches/{batch}/submit", "submit", "low-preparer", Role.PREPARER)
    every_look(door, browser, f"/batches/{batch}/discard", "discard", "low-preparer", Role.PREPARER)


def test_bad_rows_look_right(world: World, door: Served, browser: Browser) -> None:
    batch = drafted(world, 1, 2)
    with world.office.store.writing() as work:
        certificate = work.certificates(batch)[1]
        claims = world.office.records.claims(work, certificate)
        world.office.records.put_claims(work, certificate, {**claims, "operator_name": "𠮷野家餐饮有限公司"})
    assert list(rehearse(world, batch).bad) == [1]
    every_look(door, browser, f"/batches/{batch}/rehearsal", "rehearsal-bad", "low-preparer", Role.PREPARER)


def test_what_an_approver_sees_looks_right(world: World, door: Served, browser: Browser) -> None:
    batch = drafted(world, *range(1, 9))
    rehearse(world, batch)
    submissions.submit(world.office, batch, world.officer("low-preparer"))
    submissions.return_(world.office, batch, person(world, "low-approver"), "第 3 行的地址请核对一次。\n其余无误。")
    submissions.submit(world.office, batch, world.officer("low-preparer"))
    for language in LANGUAGES:
        with door.signed_in(browser, "low-approver", Role.APPROVER, language=language) as page:
            page.goto(f"/batches/{batch}/approve")
            loaded(page)
            each_view(page, f"approve-{language}")
    every_look(door, browser, f"/batches/{batch}/return", "return", "low-approver", Role.APPROVER)


def test_a_preview_looks_right(world: World, door: Served, browser: Browser) -> None:
    batch = drafted(world, 1)
    with world.office.store.reading() as work:
        (row,) = work.certificates(batch)
    for language in LANGUAGES:
        with door.signed_in(browser, "low-preparer", Role.PREPARER, language=language) as page:
            page.goto(f"/batches/{batch}/rows/{row.id}")
            loaded(page)
            each_view(page, f"preview-{language}")


def test_an_approved_batch_and_its_recall_look_right(world: World, browser: Browser) -> None:
    world.office = replace(world.office, undo=timedelta(minutes=10))
    batch = drafted(world, 1)
    passed(world, batch)
    submissions.submit(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    with served(world) as door:
        every_look(door, browser, f"/batches/{batch}", "batch-approved", "low-approver", Role.APPROVER)
        every_look(door, browser, f"/batches/{batch}/recall", "recall", "low-approver", Role.APPROVER)


def work_all(world: World) -> None:
    """Do everything that waits."""
    worker = working.Worker(world.office)
    while worker.step():
        pass


def loaded(page: Page) -> None:
    """Wait until every picture of a page is there."""
    page.evaluate(
        "() => Promise.all([...document.images].map((each) => { each.loading = 'eager'; return each.decode() }))"
    )
