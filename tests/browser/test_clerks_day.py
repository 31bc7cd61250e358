"""The whole day of a clerk, in a real browser over everything that is real: read this to see what the desk is for.

A chain, its contracts, an issuer with its worker and a verifier run as processes of their own; two people of an agency
and their manager come with an invitation. Chinese over SQLite, English over PostgreSQL. YINXIN_LOOKS names a folder for
pictures of every page that is met; those in docs/screenshots/ are from there.
"""

from __future__ import annotations

import zipfile
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from issuer import wording
from tests import postgres
from tests.browser.clerk import Clerk
from tests.browser.day import Day
from tests.browser.desk import CHROMIUM, window
from tests.browser.permits import SHOP, bad_file, good_numbers, label, mended
from tests.browser.whole import KIND, up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
HERE = "127.0.0.1"
DEEDS = {
    ("operator", "command line"): ["invited"],
    ("wuyun", HERE): [
        *("invitation accepted", "signed in", "signed out", "password confirmed", "spreadsheet uploaded"),
        *("import judged", "import drafted", "draft changed", "rehearsal begun", "prepared", "document taken"),
        *("documents taken", "certificates searched", "certificate opened", "new version drafted"),
        *("status order drafted", "revoke proposed", "holder's link handed out"),
    ],
    ("wuyun", "background"): ["drafts imported"],
    ("qimuge", HERE): [
        *("invitation accepted", "authenticator app added", "recovery codes made", "password accepted", "signed in"),
        *("signed out", "shown again who it is", "returned", "approved", "revoke signed"),
    ],
    ("bayar", HERE): ["invitation accepted", "authenticator app added", "examined"],
    ("holder", "holder's link"): ["holder's page opened", "limited copy made", "limited copy downloaded by its holder"],
}
"""Who does what from where in the course of the day, as the log of actions has it."""


@pytest.fixture(
    params=[("zh-CN", "SQLite"), ("en", "PostgreSQL")], ids=["Chinese over SQLite", "English over PostgreSQL"]
)
def day(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Day]:
    language, kind = request.param
    with ExitStack() as stack:
        database = ""
        if kind == "PostgreSQL":
            cluster = stack.enter_context(postgres.running())
            database = cluster.url(cluster.new())
        whole = stack.enter_context(up(tmp_path, database=database))
        words = wording.of(language)

        def clerk(login: str) -> Clerk:
            page = stack.enter_context(window(browser, whole.stage.pages_url, language=language))
            return Clerk(page, words, login)

        yield Day(
            whole,
            language,
            tmp_path,
            clerk("wuyun"),
            clerk("qimuge"),
            clerk("bayar"),
            stack.enter_context(window(browser, whole.stage.verifier_url, language=language)),
            stack.enter_context(window(browser, whole.stage.pages_url, language=language, view="phone")),
        )


def test_the_whole_day_of_a_clerk(day: Day) -> None:
    everybody_begins(day)
    batch = spreadsheet_becomes_drafts(day)
    draft_is_changed(day, batch)
    rehearsed_and_submitted(day, batch, name="first")
    returned_with_a_comment(day, batch)
    draft_is_changed(day, batch, name="again")
    rehearsed_and_submitted(day, batch, name="second")
    approved_and_followed(day, batch)
    pdf, archive = documents_are_taken(day, batch)
    day.judged(pdf, "VALID", name="verdict")
    corrected = corrected_in_one_go(day, pdf)
    day.judged(pdf, "REPLACED", name="verdict-replaced")
    day.judged(corrected, "VALID")
    revoked = revoked_by_two(day, archive)
    day.judged(revoked, "REVOKED", name="verdict-revoked")
    copy = holder_makes_a_copy(day)
    day.judged(copy, "VALID.copy", name="verdict-copy")
    everything_is_in_order(day)


def everybody_begins(day: Day) -> None:
    """Three people accept their invitations; whoever approves or manages adds an app."""
    for who, name, key, *roles in (
        (day.preparer, "乌云", "market-preparer", "PREPARER", "STATUS_OFFICER"),
        (day.approver, "其木格", "market-approver", "APPROVER", "STATUS_OFFICER"),
        (day.manager, "巴雅尔", "market-manager", "AGENCY_MANAGER"),
    ):
        who.begin(day.whole.invite(who.login, name, *roles, key=key))
        assert (who.app is None) == (who is day.preparer)
    day.preparer.sign_out()
    day.approver.sign_out()
    day.preparer.sign_in()


def spreadsheet_becomes_drafts(day: Day) -> int:
    """A file with two bad rows among six: the good ones are drafted, the bad ones mended and brought again."""
    clerk, page = day.preparer, day.preparer.page
    clerk.follow("New")
    clerk.look("new")
    page.get_by_role("button", name=clerk.say("Import a spreadsheet")).first.click()
    page.locator("#file").set_input_files(bad_file(day.folder, day.language))
    clerk.press("Upload")
    clerk.reads("What the columns mean")
    expect(page.locator("main")).to_contain_text("GB18030" if day.language == "zh-CN" else "UTF-8")
    clerk.look("import-columns")
    page.get_by_label(clerk.say("Read %(header)s as", header=SHOP[day.language])).select_option("operator_name")
    clerk.press("Check the rows")
    clerk.reads("Mend the bad rows")
    expect(page.locator(".yx-tally__each--good dd")).to_have_text("4")
    expect(page.locator(".yx-tally__each--bad dd")).to_have_text("2")
    # All errors at once: two in row 3 of the file, two in row 5, each with its column and what was got.
    said = page.locator(".yx-table tbody").first.inner_text()
    assert all(text in said for text in (SHOP[day.language], "123", "2030-02-30", label(day.language, "valid_until")))
    assert page.locator(".yx-table tbody").first.locator("tr").count() == 3
    clerk.look("import-errors")
    bad = clerk.take(page.get_by_role("button", name=clerk.say("Bad rows as CSV")), day.folder)
    clerk.press("Make drafts of the good rows")
    clerk.counts("%(num)s row is a draft now", "%(num)s rows are drafts now", 4)
    clerk.look("import-done")
    page.goto(f"/imports?type={KIND}")
    clerk.look("imports")
    page.locator("#file").set_input_files(mended(bad, day.language))
    clerk.press("Upload")
    clerk.press("Check the rows")
    clerk.press("Make drafts of all rows")
    clerk.counts("%(num)s row is a draft now", "%(num)s rows are drafts now", 2)
    clerk.press("Go on to the batch")
    page.goto("/batches")
    clerk.look("batches")
    clerk.follow("Batch %(number)s", number=1)
    clerk.look("batch-draft")
    return 1


def draft_is_changed(day: Day, batch: int, *, name: str = "") -> None:
    """A draft is opened from its list, changed, and looked at as the document it will be."""
    clerk, page = day.preparer, day.preparer.page
    page.goto("/drafts")
    if not name:
        clerk.look("drafts")
    page.get_by_role("link", name=good_numbers()[0], exact=True).click()
    clerk.fill_claim("hotline", "0471-12315" if name else "12315")
    if not name:
        clerk.look("draft")
    clerk.press("Save draft")
    clerk.reads("The draft is saved.")
    page.goto(f"/batches/{batch}")
    page.get_by_role("link", name=good_numbers()[0], exact=True).click()
    expect(page.locator("main")).to_contain_text("0471-12315" if name else "12315")
    assert page.locator("img.yx-preview").evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    if not name:
        clerk.look("preview")


def rehearsed_and_submitted(day: Day, batch: int, *, name: str) -> None:
    """Nothing is submitted that was not rehearsed; submitting asks again who is there."""
    clerk, page = day.preparer, day.preparer.page
    page.goto(f"/batches/{batch}")
    assert clerk.button("Submit for approval").count() == 0
    clerk.press("Rehearse")
    clerk.reads("Passed: every document can be issued.")
    clerk.look(f"rehearsal-{name}")
    page.goto(f"/batches/{batch}")
    clerk.look(f"batch-rehearsed-{name}")
    day.whole.long_after_signing_in(clerk.login)
    clerk.press("Submit for approval")
    clerk.confirm()
    page.wait_for_url("**/submit")
    clerk.look(f"submit-{name}")
    clerk.press("Sign and submit")
    clerk.reads("Submitted. A colleague can approve it now.")
    clerk.look(f"batch-submitted-{name}")


def returned_with_a_comment(day: Day, batch: int) -> None:
    """The approver signs in with both factors, finds the batch at the door, looks at it, and returns it."""
    clerk, page = day.approver, day.approver.page
    clerk.sign_in()
    page.locator(".yx-card__link").first.click()
    page.goto(f"/batches/{batch}")
    clerk.press("Look at it and approve")
    page.locator(".yx-drawn__item").first.wait_for()
    assert page.locator(".yx-drawn__item").count() >= 1
    decoded(page)
    clerk.look("approve")
    clerk.press("Return with a comment")
    clerk.fill("What is to be mended", "投诉举报电话请加区号。")
    clerk.look("return")
    clerk.press("Return")
    clerk.reads("Returned. Whoever prepared it sees your comment.")
    day.preparer.page.goto("/")
    day.preparer.look("work-returned")
    day.preparer.page.goto(f"/batches/{batch}")
    expect(day.preparer.page.locator("main")).to_contain_text("投诉举报电话请加区号。")
    day.preparer.look("batch-returned")


def approved_and_followed(day: Day, batch: int) -> None:
    """Approved with a fresh code; the page shows each step of the way by itself, without being loaded again."""
    clerk, page = day.approver, day.approver.page
    day.whole.long_after_signing_in(clerk.login)
    page.goto(f"/batches/{batch}")
    clerk.press("Look at it and approve")
    clerk.confirm()
    page.wait_for_url("**/approve")
    page.get_by_label(clerk.say("I have looked at the sample and at the rows with warnings.")).check()
    with day.whole.no_blocks():
        clerk.press("Sign and approve")
        clerk.reads("Approved. It is anchored next.")
        page.evaluate("window.sameLoad = true")
        for step in ("Queued", "Sent to the chain"):
            done(clerk, step)
        clerk.look("way-sent")
        day.whole.chain.mine()
        done(clerk, "In a block")
        clerk.look("way-in-a-block")
    for step in ("Final", "Signed", "Documents ready"):
        done(clerk, step)
    page.get_by_role("link", name=clerk.say("Download all documents (ZIP)")).wait_for()
    assert page.evaluate("window.sameLoad") is True
    clerk.look("way-done")


def documents_are_taken(day: Day, batch: int) -> tuple[Path, Path]:
    """One document from its certificate's page, all of them as a ZIP; they are the same."""
    clerk, page = day.preparer, day.preparer.page
    page.goto(f"/batches/{batch}")
    clerk.look("batch-done")
    archive = clerk.take(page.get_by_role("link", name=clerk.say("Download all documents (ZIP)")), day.folder)
    open_certificate(day, clerk, good_numbers()[0])
    clerk.look("certificate")
    pdf = clerk.take(page.get_by_role("link", name=clerk.say("Document (PDF)")), day.folder)
    with zipfile.ZipFile(archive) as packed:
        documents = {packed.read(name) for name in packed.namelist() if name.endswith(".pdf")}
    assert len(documents) == 4
    assert pdf.read_bytes() in documents
    return pdf, archive


def corrected_in_one_go(day: Day, pdf: Path) -> Path:
    """A new version takes the place of the old one: drafted, rehearsed, submitted, approved; one transaction."""
    clerk, page = day.preparer, day.preparer.page
    clerk.press("Correct or alter")
    clerk.fill("Why there is a new version", "经营场所门牌号变更")
    clerk.fill_claim("premises", "内蒙古自治区赤峰市红山区成吉思汗大街40号一层")
    clerk.look("correct")
    clerk.press("Draft the new version")
    page.wait_for_url("**/batches/*")
    batch = int(page.url.rpartition("/")[2].partition("#")[0])
    clerk.look("batch-of-a-correction")
    rehearsed_and_submitted(day, batch, name="correction")
    approver, theirs = day.approver, day.approver.page
    theirs.goto(f"/batches/{batch}/approve")
    decoded(theirs)
    approver.look("approve-correction")
    theirs.get_by_label(approver.say("I have looked at the sample and at the rows with warnings.")).check()
    approver.press("Sign and approve")
    done(approver, "Documents ready")
    open_certificate(day, clerk, good_numbers()[0])
    page.get_by_role("link", name=clerk.say("Document (PDF)")).wait_for()
    clerk.look("certificate-corrected")
    new = clerk.take(page.get_by_role("link", name=clerk.say("Document (PDF)")), day.folder / "new")
    assert new.read_bytes() != pdf.read_bytes()
    return new


def revoked_by_two(day: Day, archive: Path) -> Path:
    """One officer proposes, a second one signs; the page shows by itself when the chain has it."""
    clerk, page, number = day.preparer, day.preparer.page, good_numbers()[1]
    open_certificate(day, clerk, number)
    clerk.press_on_to("**/orders/new?*", "Propose a status order")
    clerk.look("order-new")
    page.get_by_label(clerk.say("Revoke"), exact=True).check()
    page.get_by_label(clerk.say("Reason")).select_option("revoke/penalty-revoked")
    clerk.page.locator("#text").fill("伪造进货台账，情节严重。")
    clerk.press("Rehearse")
    clerk.button("Sign and propose").wait_for()
    order = page.url
    clerk.look("order")
    clerk.press("Sign and propose")
    clerk.counts(
        "You have proposed a change of %(num)s certificate. It waits for a second officer.",
        "You have proposed a change of %(num)s certificates. It waits for a second officer.",
        1,
    )
    clerk.look("order-proposed")
    approver, theirs = day.approver, day.approver.page
    theirs.goto("/orders")
    approver.look("orders")
    theirs.goto(order)
    approver.look("order-second")
    approver.press("Sign and carry out")
    approver.counts("%(num)s certificate is changed for good.", "%(num)s certificates are changed for good.", 1)
    approver.look("order-done")
    open_certificate(day, clerk, number)
    clerk.look("certificate-revoked")
    with zipfile.ZipFile(archive) as packed:
        (name,) = (each for each in packed.namelist() if number in each and each.endswith(".pdf"))
        return Path(packed.extract(name, day.folder / "unpacked"))


def holder_makes_a_copy(day: Day) -> Path:
    """The preparer hands a link out; the holder opens it on a telephone and makes a limited copy."""
    clerk, page = day.preparer, day.preparer.page
    open_certificate(day, clerk, good_numbers()[0])
    clerk.press_on_to("**/holder", "Links for the holder")
    clerk.look("holder-links")
    clerk.press("Hand out a link")
    page.locator("svg[data-modules]").wait_for()
    clerk.look("holder-slip")
    link = page.locator("details p").first.text_content() or ""
    holder = Clerk(day.holder, clerk.words)
    holder.page.goto(link.strip())
    holder.page.wait_for_url("**/h/certificate")
    holder.look("holder")
    holder.press("Make a limited copy")
    holder.fill("Recipient", "演示银行赤峰分行")
    holder.fill("Purpose", "办理贷款")
    last_day = date.fromisoformat(holder.page.locator("#last_day").get_attribute("min") or "") + timedelta(days=10)
    holder.fill("Last day", last_day.isoformat())
    holder.look("copy-form")
    holder.press("Go on")
    holder.button("Make the copy").wait_for()
    holder.look("copy-review")
    holder.press("Make the copy")
    holder.page.wait_for_url("**/h/certificate")
    holder.look("holder-copies")
    return holder.take(holder.page.locator("a[href^='/h/copies/']"), day.folder / "copies")


def everything_is_in_order(day: Day) -> None:
    """The doctor finds no trouble; the log of actions is whole, and says who did what from where."""
    manager = day.manager
    manager.page.goto("/doctor")
    manager.press("Examine now")
    manager.page.locator(".yx-findings__item").first.wait_for()
    manager.look("doctor")
    manager.page.goto("/log")
    manager.look("log")
    manager.page.goto("/people")
    manager.look("people")
    manager.page.goto("/queue")
    manager.look("queue")
    examined = day.whole.say("doctor")
    assert isinstance(examined, dict)
    # All there is to say is that this registry is one for tests.
    others = [each for each in examined["findings"] if each["outcome"] != "WELL"]
    assert [(each["about"], each["outcome"]) for each in others] == [("Registry", "WARNING")], others
    assert "test registry" in others[0]["mend"]
    day.whole.say("log", "verify")
    lines = day.whole.say("log", "show", "--limit", "1000")
    assert isinstance(lines, list)
    told = {(each["who"], each["what"], each["source"]) for each in lines}
    missing = {(who, what, source) for (who, source), deeds in DEEDS.items() for what in deeds} - told
    assert not missing, missing
    words = wording.of("zh-CN")
    assert not [what for _, what, _ in told if words.raw(what) == what], "a deed has no Chinese words"


def open_certificate(day: Day, clerk: Clerk, number: str) -> None:
    """Find a certificate by its number, the newest version first."""
    clerk.page.goto("/certificates")
    clerk.fill("Number or holder", number)
    clerk.press("Find")
    clerk.page.get_by_role("link", name=number, exact=True).first.click()


def done(clerk: Clerk, step: str) -> None:
    """Wait until a step of a batch's way is done."""
    clerk.page.locator(".yx-way__step--done", has_text=clerk.say(step)).wait_for()


def decoded(page: Page) -> None:
    """Wait until every picture of a page is there."""
    page.evaluate(
        "() => Promise.all([...document.images].map((each) => { each.loading = 'eager'; return each.decode() }))"
    )
