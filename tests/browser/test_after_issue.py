"""After issue, in a browser: finding, one certificate, status orders by two officers, corrections, inspections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from issuer.draft import replacing
from issuer.draft.replacing import Changes
from issuer.tables.account_models import Role
from issuer.tables.models import Purpose
from tests.browser.desk import LANGUAGES, axe, door, each_view, enrolled, world  # noqa: F401 — fixtures
from tests.issuer.licences import carried_out, drafted, issue, issue_permits, proposed, seal, wanted
from tests.issuer.offices import permit_number, table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.desk import Served

OFFICER = Role.STATUS_OFFICER
ROLES = (Role.STATUS_OFFICER, Role.PREPARER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_looks_right(door: Served, browser: Browser, language: str) -> None:  # noqa: F811 — fixtures
    world = door.world  # noqa: F811 — as above
    rows = issue_permits(world, 1, 2, 3, 4, operator_name="呼和浩特市塞北食堂有限公司")
    carried_out(world, rows[:1], wanted(text="伪造进货台账，情节严重", decision=b"decision"))
    old = rows[3]
    seal(
        world, replacing.draft(world.office, old, Changes({"address": "新址"}), purpose=Purpose.REPLACE, reason="搬迁")
    )
    world.registry.mine(2)
    special = issue(
        world,
        table(
            "special-operation-certificate",
            {"number": "TZ1501002026000001", "valid_from": "2022-01-15", "valid_until": "2028-01-14"},
        ),
        "special-operation-certificate",
    )
    suspension = wanted("suspend", "under-investigation", text="接群众举报，正在调查")
    draft, open_order = drafted(world, rows[:2], suspension), proposed(world, rows[1:3], suspension)
    with door.signed_in(browser, "low-approver", *ROLES, language=language) as page:
        for path, name in (
            ("/certificates", "certificates"),
            ("/certificates?batch=99999", "certificates-none"),
            (f"/certificates/{rows[0].id}", "certificate-revoked"),
            (f"/certificates/{old.id}", "certificate-replaced"),
            (f"/certificates/{special[0].id}", "certificate-inspected"),
            (f"/certificates/{rows[2].id}/correct", "certificate-correct"),
            (f"/certificates/{rows[1].id}/suspend", "order-emergency"),
            ("/versions/list", "certificate-list"),
            ("/orders", "orders"),
            ("/orders/new", "order-new"),
            (f"/orders/{draft}", "order-draft"),
            (f"/orders/{open_order}", "order-proposed"),
            ("/inspections", "inspections"),
            (f"/inspections/new?certificate={special[0].id}", "inspection-new"),
        ):
            answer = page.goto(f"{door.url}{path}")
            assert answer is not None
            assert answer.status == 200, path
            each_view(page, f"{name}-{language}")


@pytest.mark.parametrize("scripts", [True, False])
def test_two_officers_revoke_a_certificate(door: Served, browser: Browser, scripts: bool) -> None:  # noqa: F811, FBT001 — fixtures
    (row,) = issue_permits(door.world, 1)
    with door.signed_in(browser, "low-preparer", OFFICER, language="en", scripts=scripts) as page:
        page.goto(f"{door.url}/certificates")
        page.get_by_label("Number or holder").fill(permit_number(1))
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name=permit_number(1)).click()
        page.get_by_role("button", name="Propose a status order").or_(
            page.get_by_role("link", name="Propose a status order")
        ).click()
        page.get_by_label("Revoke", exact=True).check()
        page.get_by_label("Reason").select_option("revoke/penalty-revoked")
        page.get_by_label("In words").fill("无证经营")
        page.get_by_role("button", name="Rehearse").click()
        page.get_by_role("button", name="Sign and propose").click()
        page.get_by_text("It waits for a second officer").wait_for()
        address = page.url
    with door.signed_in(browser, "low-approver", OFFICER, language="en", scripts=scripts) as page:
        page.goto(address)
        page.get_by_role("button", name="Sign and carry out").click()
        page.get_by_text("signed by two officers").wait_for()
        door.world.lane().run()
        if not scripts:
            page.reload()
        page.get_by_text("Changed on the chain").first.wait_for()
        page.get_by_text("1 certificate is changed for good").wait_for()
        page.goto(f"{door.url}/certificates/{row.id}")
        page.get_by_text("Revoked").first.wait_for()


def test_wrong_form_is_shown_again_with_what_was_typed(door: Served, browser: Browser) -> None:  # noqa: F811 — fixtures
    (row,) = issue_permits(door.world, 1)
    with door.signed_in(browser, "low-preparer", OFFICER, language="zh-CN") as page:
        page.goto(f"{door.url}/orders/new?certificate={row.id}")
        page.get_by_label("情况说明").fill("无证经营")
        page.get_by_role("button", name="预演").click()
        page.get_by_role("alert").get_by_role("link", name="请选择变更事项").click()
        assert page.evaluate("document.activeElement.name") == "verb"
        assert page.get_by_label("情况说明").input_value() == "无证经营"
        axe(page)


def test_correction_is_drafted_in_the_form(door: Served, browser: Browser) -> None:  # noqa: F811 — fixtures
    (row,) = issue_permits(door.world, 1)
    with door.signed_in(browser, "low-preparer", *ROLES, language="zh-CN") as page:
        page.goto(f"{door.url}/certificates/{row.id}")
        page.get_by_text("更正或变更").click()
        page.get_by_label("换发新版本的原因").fill("住所搬迁")
        page.locator("[name=claim-address]").fill("呼和浩特市新城区新华大街 88 号")
        page.get_by_role("button", name="生成新版本草稿").click()
        page.wait_for_url("**/batches/*")


def test_ticked_certificates_are_inspected_together(door: Served, browser: Browser) -> None:  # noqa: F811 — fixtures
    data = table(
        "special-operation-certificate",
        {"number": "TZ1501002026000001", "valid_from": "2022-01-15", "valid_until": "2028-01-14"},
        {"number": "TZ1501002026000002", "valid_from": "2022-01-15", "valid_until": "2028-01-14"},
    )
    issue(door.world, data, "special-operation-certificate")
    with door.signed_in(browser, "low-preparer", *ROLES, language="en") as page:
        page.goto(f"{door.url}/inspections?within=overdue")
        for serial in (1, 2):
            page.get_by_label(f"Select TZ150100202600000{serial}").check()
        page.get_by_role("button", name="Record an inspection").click()
        page.get_by_label("Passed the inspection", exact=True).check()
        page.get_by_role("button", name="Record it").click()
        page.get_by_text("The inspection of 2 certificates is recorded.").wait_for()
        page.goto(f"{door.url}/inspections?within=overdue")
        page.get_by_text("Nothing is due").wait_for()
