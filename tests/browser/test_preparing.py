"""A clerk prepares: a form, its faults, drafts, a spreadsheet with errors; every page looked at in all its looks."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from issuer import working
from issuer.tables.account_models import Role
from tests.browser.desk import CHROMIUM, LANGUAGES, axe, door, each_view, enrolled, every_look, world
from tests.issuer.desks import PERMIT, make, permit
from tests.issuer.offices import permit_number, table
from tests.issuer.workbooks import workbook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.desk import Served
    from tests.issuer.offices import World

__all__ = ["door", "enrolled", "world"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
CLERK = "low-preparer"


@contextmanager
def worker(world: World) -> Iterator[None]:
    """Work off what is submitted, meanwhile."""
    over = Event()

    def work() -> None:
        at_work = working.Worker(world.office)
        while not over.is_set():
            if not at_work.step():
                over.wait(0.05)

    thread = Thread(target=work, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


def fill(page: Page, **cells: str) -> None:
    """Type a type's example into its form."""
    example = {claim.key: claim.example for claim in PERMIT.columns}
    for key, value in {**example, **cells}.items():
        field = page.locator(f"[name=claim-{key}]").first
        if field.get_attribute("type") == "radio":
            page.locator(f"[name=claim-{key}]").nth(1).check()
        else:
            field.fill(value)
    # Fields that were left are being judged; a page that is left meanwhile says so on its console.
    page.wait_for_load_state("networkidle")


def spreadsheet(folder: Path) -> Path:
    """Write a file with a bad row, an unknown column and a row that is like another."""
    rows = [{"number": permit_number(n)} for n in (1, 2, 3, 4)]
    rows[1] |= {"credit_code": "123", "valid_until": "2027-02-30"}
    rows[3] |= {"number": "", "operator_name": ""}
    path = folder / "食品经营许可证名单.csv"
    path.write_bytes(
        table(PERMIT.identifier, *rows, encoding="gb18030").replace(b"operator_name", "店名".encode("gb18030"), 1)
    )
    return path


def mend(folder: Path, bad: str) -> Path:
    """Put right what is wrong in the file of bad rows."""
    name = next(claim.example for claim in PERMIT.columns if claim.key == "operator_name")
    headers, *rows = csv.reader(io.StringIO(bad, newline=""))
    for row, number in zip(rows, (2, 4), strict=True):
        right = {"credit_code": "91150102MA0XXXX156", "valid_until": "2027-02-28", "店名": name}
        for key, value in {**right, "number": permit_number(number)}.items():
            row[headers.index(key)] = value
    path = folder / "mended.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([headers, *rows])
    return path


def test_field_is_judged_when_it_is_left_and_the_focus_goes_on(door: Served, browser: Browser) -> None:
    with door.signed_in(browser, CLERK, Role.PREPARER, language="en") as page:
        page.goto(f"{door.url}/new/{PERMIT.identifier}")
        page.locator("#claim-credit_code").fill("123")
        page.locator("#claim-credit_code").press("Tab")
        page.locator("#claim-credit_code-error").wait_for()
        assert page.locator("#claim-credit_code").input_value() == "123"
        assert page.evaluate("document.activeElement.id") == "claim-legal_representative"
        page.locator("#claim-credit_code").fill("91150102MA0XXXX156")
        page.locator("#claim-credit_code").press("Tab")
        page.locator("#claim-credit_code-error").wait_for(state="detached")


@pytest.mark.parametrize("scripts", [True, False], ids=["with a script", "without"])
def test_clerk_fills_in_a_form_mends_it_and_changes_the_draft(
    world: World, door: Served, browser: Browser, *, scripts: bool
) -> None:
    with door.signed_in(browser, CLERK, Role.PREPARER, language="en", scripts=scripts) as page:
        page.goto(f"{door.url}/new")
        page.locator(f"a[href='/new/{PERMIT.identifier}']").click()
        fill(page, number="", hotline="12315")
        page.get_by_role("button", name="Save draft").click()
        page.get_by_role("link", name="Fill in: Permit number").click()
        assert page.locator("#claim-hotline").input_value() == "12315"
        page.locator("#claim-number").fill(permit_number(7))
        page.get_by_role("button", name="Save draft").click()
        page.get_by_text("The draft is saved.").wait_for()
        page.locator("#claim-hotline").fill("12345")
        page.get_by_role("button", name="Save draft").click()
        page.get_by_text("The draft is saved.").wait_for()
        page.goto(f"{door.url}/drafts")
        page.get_by_role("link", name=permit_number(7)).click()
        assert page.locator("#claim-hotline").input_value() == "12345"


@pytest.mark.parametrize("scripts", [True, False], ids=["with a script", "without"])
def test_clerk_imports_a_spreadsheet_with_errors_and_mends_it(
    world: World, door: Served, browser: Browser, tmp_path: Path, *, scripts: bool
) -> None:
    def settle(page: Page, text: str) -> None:
        if not scripts:
            for _ in range(100):
                if page.get_by_text(text).count():
                    break
                page.wait_for_timeout(100)
                page.reload()
        page.get_by_text(text).first.wait_for()

    with worker(world), door.signed_in(browser, CLERK, Role.PREPARER, language="en", scripts=scripts) as page:
        page.goto(f"{door.url}/imports?type={PERMIT.identifier}")
        page.locator("#file").set_input_files(spreadsheet(tmp_path))
        page.get_by_role("button", name="Upload").click()
        page.get_by_text("GB18030").first.wait_for()
        page.get_by_role("button", name="Check the rows").click()
        page.get_by_text("Say which column holds: Operator").first.wait_for()
        page.get_by_label("Read 店名 as").select_option("operator_name")
        page.get_by_role("button", name="Check the rows").click()
        settle(page, "Mend the bad rows")
        assert page.locator(".yx-tally__each--bad dd").inner_text() == "2"
        with page.expect_download() as taken:
            page.get_by_text("Bad rows as CSV").click()
        bad = taken.value.path().read_text(encoding="utf-8-sig")
        page.get_by_role("button", name="Make drafts of the good rows").click()
        settle(page, "2 rows are drafts now")
        mended = mend(tmp_path, bad)
        page.goto(f"{door.url}/imports?type={PERMIT.identifier}")
        page.locator("#file").set_input_files(mended)
        page.get_by_role("button", name="Upload").click()
        page.get_by_role("button", name="Check the rows").click()
        settle(page, "Make drafts of all rows")
        page.get_by_role("button", name="Make drafts of all rows").click()
        settle(page, "2 rows are drafts now")


def test_every_page_of_drafts_in_every_look(world: World, door: Served, browser: Browser) -> None:
    make(world, permit(1))
    row = make(world, permit(2))
    for path, name in (
        ("/new", "new"),
        (f"/new/{PERMIT.identifier}", "draft-new"),
        ("/drafts", "drafts"),
        (f"/drafts/{row}", "draft"),
        (f"/drafts/{row}/delete", "draft-delete"),
        ("/drafts?type=business-licence", "drafts-none"),
    ):
        every_look(door, browser, path, name, CLERK, Role.PREPARER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_form_with_faults_and_with_a_warning_in_every_look(
    world: World, door: Served, browser: Browser, language: str
) -> None:
    make(world, permit(1))
    with door.signed_in(browser, CLERK, Role.PREPARER, language=language) as page:
        page.goto(f"{door.url}/new/{PERMIT.identifier}")
        fill(page, number="", credit_code="123", valid_until="2020-01-01")
        page.locator("form[action^='/new'] button").first.click()
        page.locator(".govuk-error-summary").wait_for()
        each_view(page, f"draft-faults-{language}")
        fill(page, number=permit_number(2))
        page.locator("form[action^='/new'] button").first.click()
        page.locator(".yx-caution").wait_for()
        each_view(page, f"draft-warned-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_an_import_in_every_look(
    world: World, door: Served, browser: Browser, tmp_path: Path, language: str
) -> None:
    with door.signed_in(browser, CLERK, Role.PREPARER, language=language) as page:
        page.goto(f"{door.url}/imports")
        each_view(page, f"imports-empty-{language}")
        page.locator("#type").select_option(PERMIT.identifier)
        page.locator("#file").set_input_files(spreadsheet(tmp_path))
        page.locator("main form[action='/imports'] button").click()
        page.locator(".yx-columns").wait_for()
        each_view(page, f"import-columns-{language}")
        here = page.url
        page.locator("select").nth(1).select_option("operator_name")
        page.locator("form[action$='/columns'] button").click()
        page.locator("progress").wait_for()
        each_view(page, f"import-working-{language}")
        while working.Worker(world.office).step():
            pass
        page.locator(".yx-tally").wait_for()
        each_view(page, f"import-judged-{language}")
        page.locator("form[action$='/drafts'] button").click()
        while working.Worker(world.office).step():
            pass
        page.goto(here)
        each_view(page, f"import-done-{language}")
        page.goto(f"{door.url}/imports")
        axe(page)
        each_view(page, f"imports-{language}")


def test_workbook_with_several_sheets_asks_which(door: Served, browser: Browser, tmp_path: Path) -> None:
    def more(book) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        book.create_sheet("名单").append(["number"])

    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(["number"], ["1"], change=more))
    with door.signed_in(browser, CLERK, Role.PREPARER) as page:
        page.goto(f"{door.url}/imports?type={PERMIT.identifier}")
        page.locator("#file").set_input_files(path)
        page.locator("main form[action='/imports'] button").click()
        page.locator("#sheet").select_option("名单")
        page.locator("form[action$='/sheet'] button").click()
        page.locator(".govuk-summary-list").wait_for()
        assert "名单" in page.locator(".govuk-summary-list").first.inner_text()
        axe(page)
