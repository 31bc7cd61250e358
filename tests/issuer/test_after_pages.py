"""The pages about certificates, status orders, new versions and inspections, without a browser."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from chain.events import Track
from chain.short_number import short_number
from issuer.status import statuses
from issuer.tables import account_rows, order_rows
from issuer.tables.account_models import Role
from tests.issuer.clerks import pages
from tests.issuer.licences import LOW, TOP, issue, issue_permits, proposed
from tests.issuer.offices import permit_number, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


def officer(door: Door, login: str = "low-preparer", **more: str) -> Clerk:
    return door.clerk(login, Role.STATUS_OFFICER, **more)  # type: ignore[arg-type]


def ok(answer: Response, status: int = 200) -> str:
    assert answer.status_code == status, (answer.status_code, answer.headers.get("location"), answer.text[-2000:])
    return answer.text


def went(answer: Response) -> str:
    assert answer.status_code == 303, answer.text[-3000:]
    return answer.headers["location"]


def found_by(clerk: Clerk, words: str) -> str:
    return ok(clerk.get(clerk.search("/certificates", q=words)))


ORDER = {"verb": "revoke", "code": "revoke/penalty-revoked", "text": "经查属实", "first_day": "", "last_day": ""}


def test_order_goes_from_a_certificate_over_two_officers_to_the_chain(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    first, second = officer(door), officer(door, "low-approver")
    ok(first.get(f"/orders/new?certificate={row.id}"))
    where = went(first.post("/orders/new", {**ORDER, "certificate": row.id}))
    assert "Rehearsal: what would change" in ok(first.get(where))
    went(first.post(f"{where}/propose"))
    assert "Take back" in ok(first.get(where))
    assert "Waits for me" in ok(second.get("/orders"))
    page = ok(second.get(where))
    assert "Look at these with care" in page
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    went(second.post(f"{where}/approve", {"seen": seen}))
    assert "On its way to the chain" in ok(first.get(where))
    world.lane().run()
    assert "Changed on the chain" in ok(first.get(f"{where}/progress"))
    assert [held.track for held in statuses.held_now(world.office, row)] == [Track.REVOKED]
    page = ok(first.get(f"/certificates/{row.id}"))
    assert "经查属实" in page
    assert "Revoke: signed" in page


def test_order_is_returned_with_a_comment(world: World, door: Door) -> None:
    number = proposed(world, issue_permits(world, 1))
    second = officer(door, "low-approver")
    assert "what is to be mended" in ok(second.post(f"/orders/{number}/return", {"comment": ""}), 409)
    went(second.post(f"/orders/{number}/return", {"comment": "缺少决定书"}))
    first = officer(door)
    assert "缺少决定书" in ok(first.get(f"/orders/{number}"))
    went(first.post(f"/orders/{number}/reopen"))
    went(first.post(f"/orders/{number}/give-up"))
    with world.office.store.reading() as work:
        assert order_rows.order(work, number, LOW).state == "GIVEN_UP"


def test_numbers_that_name_nothing_are_said_above_the_form(world: World, door: Door) -> None:
    issue_permits(world, 1)
    first = officer(door)
    page = ok(first.post("/orders/new", {**ORDER, "numbers": f"{permit_number(1)}\nJY000"}), 422)
    assert "JY000" in page
    files = {"file": ("numbers.csv", f"证照编号\n{permit_number(1)}\n".encode())}
    where = went(first.post("/orders/new", {**ORDER, "numbers": ""}, files=files))
    assert permit_number(1) in ok(first.get(where))


def test_whole_batch_and_whole_search_are_selected(world: World, door: Door) -> None:
    rows = issue_permits(world, 1, 2)
    first = officer(door)
    for selection in ({"batch": str(rows[0].batch_id)}, {"search": f"q={permit_number(1)}&from=search"}):
        where = went(first.post("/orders/new", {**ORDER, **selection}))
        assert permit_number(1) in ok(first.get(where))


def test_doubtful_order_wants_a_tick(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    statuses.request(world.office, row, statuses.Wish("suspend", None, None, "查", None), officers)
    world.lane().run()
    first = officer(door)
    later = {"verb": "suspend", "code": "suspend/under-investigation", "first_day": "2026-05-01", "text": "x"}
    where = went(first.post("/orders/new", {**ORDER, **later, "certificate": row.id}))
    assert "Undoes something" in ok(first.get(where))
    ok(first.post(f"{where}/propose"), 409)
    went(first.post(f"{where}/propose", {"confirmed": "yes"}))


def test_superior_finds_by_number_orders_and_reads_no_claims(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1, operator_name="塞北食堂有限公司")
    above = officer(door, "top-preparer")
    found = found_by(above, permit_number(1))
    assert short_number(row.leaf or b"") in found
    page = ok(above.get(f"/certificates/{row.id}"))
    assert "塞北食堂" not in page
    assert permit_number(1) not in page
    ok(above.get(f"/certificates/{row.id}/files/document.pdf"), 404)
    ok(above.get(f"/certificates/{row.id}/correct"), 404)
    where = went(above.post("/orders/new", {**ORDER, "certificate": row.id}))
    assert "塞北食堂" not in ok(above.get(where))


def test_agency_beside_finds_nothing(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    number = proposed(world, [row])
    other = officer(door, "other-preparer")
    for path in (f"/certificates/{row.id}", f"/orders/{number}", f"/certificates/{row.id}/files/document.pdf"):
        ok(other.get(path), 404)
    ok(other.post("/orders/new", {**ORDER, "certificate": row.id}), 404)
    assert "No certificate fits" in found_by(other, permit_number(1))


def test_auditor_reads_and_signs_nothing(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    number = proposed(world, [row])
    auditor = door.clerk("auditor", Role.AUDITOR, agency=LOW)
    page = ok(auditor.get(f"/certificates/{row.id}"))
    assert "What can be done" not in page
    assert "Sign and carry out" not in ok(auditor.get(f"/orders/{number}"))
    for path in ("/orders/new", f"/certificates/{row.id}/suspend", f"/certificates/{row.id}/correct"):
        ok(auditor.get(path), 403)
    ok(auditor.post(f"/orders/{number}/approve"), 403)


def test_one_officer_suspends_at_once(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    first = officer(door)
    ok(first.get(f"/certificates/{row.id}/suspend"))
    ok(first.post(f"/certificates/{row.id}/suspend", {"code": "under-investigation", "text": ""}), 422)
    went(first.post(f"/certificates/{row.id}/suspend", {"code": "under-investigation", "text": "群众举报"}))
    world.lane().run()
    (held,) = statuses.held_now(world.office, row)
    assert (held.track, held.until_hour - held.from_hour) == (Track.SUSPENSION, 24)


def test_order_offers_only_what_the_type_knows_and_refuses_the_rest(world: World, door: Door) -> None:
    (record,) = issue(world, table("inspection-record", {"number": "JC-1"}), "inspection-record")
    first = officer(door)
    batch = f"batch={record.batch_id}"
    for selected in (f"certificate={record.id}", batch, "from=search&type=inspection-record"):
        form = ok(first.get(f"/orders/new?{selected}"))
        assert re.findall('name="verb"[^>]* value="([^"]*)"', form) == ["rescind"]
        assert set(re.findall('<option value="([a-z-]+)/', form)) == {"rescind"}
    assert 'value="revoke"' in ok(first.get("/orders/new"))
    refused = ok(first.post("/orders/new", {**ORDER, "certificate": record.id}), 422)
    assert "There is no status “Revoked” for this type: Inspection record." in refused
    chinese = officer(door, "low-approver", language="zh-CN")
    assert "检查记录没有“已吊销”这种状态" in ok(chinese.post("/orders/new", {**ORDER, "certificate": record.id}), 422)
    assert f"/certificates/{record.id}/suspend" not in ok(first.get(f"/certificates/{record.id}"))
    at_once = {"code": "under-investigation", "text": "群众举报"}
    assert "There is no status" in ok(first.post(f"/certificates/{record.id}/suspend", at_once), 422)


def test_correction_is_drafted_from_the_old_values(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    first = officer(door)
    page = ok(first.get(f"/certificates/{row.id}/correct"))
    fields = dict(re.findall(r'name="(claim-[\w]+)"[^>]*? value="([^"]*)"', page))
    areas = dict(re.findall(r'<textarea[^>]*name="(claim-\w+)"[^>]*>([^<]*)</textarea>', page))
    chosen = dict(re.findall(r'name="(claim-\w+)" type="radio" value="([^"]*)" checked', page))
    selects = re.findall(r'<select[^>]*name="(claim-\w+)".*?<option value="([^"]*)" selected', page, re.DOTALL)
    typed = {**fields, **areas, **dict(selects), **chosen, "claim-address": "新址88号"}
    assert typed["claim-number"] == permit_number(1)
    ok(first.post(f"/certificates/{row.id}/correct", {**typed, "reason": ""}), 422)
    where = went(first.post(f"/certificates/{row.id}/correct", {**typed, "reason": "搬迁"}))
    number = int(where.rpartition("/")[2])
    with world.office.store.reading() as work:
        (new,) = work.certificates(number)
        claims = world.office.records.claims(work, new)
    assert (new.replaces_id, claims["address"]) == (row.id, "新址88号")
    assert "A new version takes its place" in ok(first.get(f"/certificates/{row.id}"))


def test_list_of_corrections_names_bad_rows(world: World, door: Door) -> None:
    issue_permits(world, 1)
    first = officer(door)
    data = f"number,address\n{permit_number(1)},新址\nJY000,新址\n".encode()
    form = {"purpose": "correct", "type": "food-operation-permit", "from": "", "reason": "搬迁"}
    page = ok(first.post("/versions/list", form, files={"file": ("list.csv", data)}), 422)
    assert "JY000" in page
    where = went(first.post("/versions/list", {**form, "good_only": "yes"}, files={"file": ("list.csv", data)}))
    assert where.startswith("/batches/")


def test_inspections_are_listed_and_recorded_for_a_selection(world: World, door: Door) -> None:
    data = table(
        "special-operation-certificate",
        {"number": "TZ1501002026000001", "valid_from": "2022-01-15", "valid_until": "2028-01-14"},
        {"number": "TZ1501002026000002", "valid_from": "2022-01-15", "valid_until": "2028-01-14"},
    )
    rows = issue(world, data, "special-operation-certificate")
    first = officer(door)
    assert "TZ1501002026000001" in ok(first.get("/inspections?within=overdue"))
    assert first.get("/inspections.csv?within=overdue").content.count(b"TZ1501002026") == 2
    ok(first.get(f"/inspections/new?certificate={rows[0].id}&certificate={rows[1].id}"))
    form = {"certificate": [row.id for row in rows], "held_on": "2026-01-01", "note": "", "next_due": ""}
    ok(first.post("/inspections/new", {**form, "result": ""}), 422)
    went(first.post("/inspections/new", {**form, "result": "PASSED"}))
    assert "Nothing is due" in ok(first.get("/inspections?within=overdue"))
    failed = {**form, "certificate": rows[0].id, "result": "FAILED"}
    assert "inspection-failed" in went(first.post("/inspections/new", failed))
    assert "Failed the inspection" in ok(first.get(f"/certificates/{rows[0].id}"))


def test_files_of_an_issued_certificate_are_taken(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    first = officer(door)
    assert first.get(f"/certificates/{row.id}/files/document.pdf").content.startswith(b"%PDF")
    assert ok(first.get(f"/certificates/{row.id}/files/code.txt")).startswith("https://verify.example.gov.cn/v#")
    assert ok(first.get(f"/certificates/{row.id}/files/certificate.sd-jwt")).count(".") == 2
    # Others cite it by its leaf.
    assert row.leaf is not None
    assert row.leaf.hex() in ok(first.get(f"/certificates/{row.id}"))
    ok(first.get(f"/certificates/{row.id}/files/secret"), 404)


def test_list_is_shown_although_the_chain_is_silent(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    first = officer(door)
    ok(first.get("/certificates"))
    world.registry.silent = True
    assert "does not answer just now" in ok(first.get("/certificates"))
    assert "does not answer just now" in ok(first.get(f"/certificates/{row.id}"))


def test_what_people_do_is_in_the_log_without_what_they_typed(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    first = officer(door)
    found_by(first, permit_number(1))
    ok(first.get(f"/certificates/{row.id}"))
    ok(first.get("/certificates.csv"))
    with world.office.store.reading() as work:
        lines = [line for line in account_rows.lines(work) if line.who == "low-preparer"]
    what = [line.what for line in lines]
    assert {"certificates searched", "certificate opened", "certificates listed"} <= set(what)
    assert all(permit_number(1) not in f"{line.detail}{line.subject}" for line in lines)


def test_search_goes_on_by_an_address_that_says_the_words_to_nobody_else(world: World, door: Door) -> None:
    issue_permits(world, 1, 2, 3, operator_name="塞北食堂有限公司")
    first = officer(door)
    where = first.search("/certificates", q="塞北食堂有限公司", type="food-operation-permit", batch="")
    by_hand = first.get("/certificates?q=塞北食堂有限公司&type=food-operation-permit")
    assert by_hand.status_code == 303
    assert "q=" not in by_hand.headers["location"]
    assert "3 certificates" in ok(first.get(by_hand.headers["location"]))
    page = ok(first.get(where))
    assert "3 certificates" in page
    assert 'value="塞北食堂有限公司"' in page
    # Loaded again, saved as a spreadsheet and made an order of, it is the same search.
    (csv,) = re.findall(r'href="(/certificates\.csv[^"]*)"', page)
    assert all(permit_number(serial) in ok(first.get(unescape(csv))) for serial in (1, 2, 3))
    (order,) = re.findall(r'href="(/orders/new[^"]*)"', page)
    (sought,) = re.findall(r'name="search" value="([^"]*)"', ok(first.get(unescape(order))))
    assert "3 certificates" in ok(first.get(f"/certificates?{unescape(sought)}"))
    made = went(first.post("/orders/new", {**ORDER, "search": unescape(sought)}))
    assert all(permit_number(serial) in ok(first.get(made)) for serial in (1, 2, 3))
    again = officer(door)
    assert "3 certificates" in ok(again.get(where))
    for login, hours in (("low-approver", 0), ("low-preparer", 13)):
        world.registry.now += hours * 3600
        page = ok(officer(door, login).get(where))
        assert "type it again" in page
        assert "塞北食堂" not in page
        assert "3 certificates" not in page
    refused = officer(door).post("/orders/new", {**ORDER, "search": unescape(sought)})
    assert "type it again" in refused.text


@pytest.mark.parametrize("path", ["/certificates", "/drafts", "/erasures"])
def test_address_that_was_altered_or_is_too_long_looks_for_nothing(world: World, door: Door, path: str) -> None:
    issue_permits(world, 1)
    clerk = officer(door) if path != "/drafts" else door.clerk("low-preparer", Role.PREPARER)
    for sealed in ("x", "AAAA" * 20, "%00", "塞"):
        assert "type it again" in ok(clerk.get(f"{path}?of={sealed}"))
    assert "at most 200" in ok(clerk.post(path, {"q": "塞" * 201, "text": "塞" * 201}))


def test_pages_are_chinese_where_that_is_wanted(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    first = door.clerk("low-approver", Role.STATUS_OFFICER, language="zh-CN")
    for path in (
        "/certificates",
        f"/certificates/{row.id}",
        "/orders",
        "/orders/new",
        "/inspections",
        "/versions/list",
    ):
        assert 'lang="zh-CN"' in ok(first.get(path))
    assert TOP
