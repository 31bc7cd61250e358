"""People on the pages: invited, changed, locked; the own account; the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
import pytest

from issuer.people import accounts
from issuer.tables import account_rows
from issuer.tables.account_models import Person, Role, Standing
from tests.issuer.clerks import PASSWORD, Clerk, Door, csrf_in, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient
    from httpx2 import Response

    from tests.issuer.offices import World

BETTER = "two grey cranes by the lake"
PEOPLE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


@pytest.fixture
def manager(door: Door) -> Clerk:
    return door.clerk("low-manager", Role.AGENCY_MANAGER)


def person(door: Door, login: str) -> Person:
    with door.world.office.store.reading() as work:
        found = account_rows.person_called(work, login)
    assert found is not None
    return found


def link_in(answer: Response) -> str:
    assert answer.status_code == 200, answer.text
    return "/invitation/" + answer.text.partition("/invitation/")[2].partition("<")[0]


def accept(guest: TestClient, link: str, password: str = PASSWORD, again: str = "") -> Response:
    page = guest.get(link, headers=PEOPLE)
    typed = {"csrf": csrf_in(page), "name": "Uyun", "password": password, "again": again or password}
    return guest.post(link, data=typed, headers=PEOPLE)


def test_a_manager_invites_and_the_person_begins(door: Door, manager: Clerk) -> None:
    answer = manager.post("/people/new", {"name": "Uyun", "login": "uyun", "roles": ["PREPARER", "STATUS_OFFICER"]})
    link = link_in(answer)
    guest = door.guest()
    assert accept(guest, link, "short").status_code == 422
    assert accept(guest, link, PASSWORD, "something else").status_code == 422
    assert accept(guest, link).headers["location"] == "/"
    assert "What waits for me" in guest.get("/", headers=PEOPLE).text
    made = person(door, "uyun")
    assert (made.standing, made.agency, made.key_address is not None) == (Standing.ACTIVE, 2, True)
    assert guest.get(link, headers=PEOPLE).status_code == 404


def test_an_approver_who_begins_must_set_up_an_app(door: Door, manager: Clerk) -> None:
    link = link_in(manager.post("/people/new", {"name": "Uyun", "login": "uyun", "roles": ["APPROVER"]}))
    guest = door.guest()
    accept(guest, link)
    assert guest.get("/", headers=PEOPLE).headers["location"] == "/account/second-factor"
    page = guest.get("/account/second-factor", headers=PEOPLE)
    assert guest.post("/account/app", data={"csrf": csrf_in(page)}).headers["location"] == "/account/app"
    page = guest.get("/account/app", headers=PEOPLE)
    secret = page.text.partition('Key: <span class="yx-mono">')[2].partition("<")[0].replace(" ", "")
    assert guest.post("/account/app/confirm", data={"csrf": csrf_in(page), "code": "1"}).status_code == 422
    code = pyotp.TOTP(secret).at(door.world.office.now())
    page = guest.post("/account/app/confirm", data={"csrf": csrf_in(page), "code": code}, headers=PEOPLE)
    assert page.text.count("<li>") >= 10
    assert "Your recovery codes" in page.text
    assert guest.get("/", headers=PEOPLE).status_code == 200
    gone = guest.post("/account/app/remove", data={"csrf": csrf_in(page)}, headers=PEOPLE)
    assert gone.status_code == 303
    assert "Nothing was removed" in guest.get("/account", headers=PEOPLE).text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": "", "login": "a1", "roles": ["PREPARER"]}, "Type the person&#39;s name"),
        ({"name": "A", "login": "Ä", "roles": ["PREPARER"]}, "Login name"),
        ({"name": "A", "login": "a1"}, "Choose at least one role"),
        ({"name": "A", "login": "a1", "roles": ["AUDITOR", "PREPARER"]}, "An auditor only reads"),
        ({"name": "A", "login": "low-manager", "roles": ["PREPARER"]}, "which somebody has"),
        ({"name": "A", "login": "a1", "roles": ["COUNCIL_MEMBER"]}, "does not have"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_at_the_form(
    manager: Clerk, typed: dict[str, object], told: str
) -> None:
    answer = manager.post("/people/new", typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert "<title>Error:" in answer.text


def test_an_agencys_manager_invites_for_no_other_agency(manager: Clerk) -> None:
    assert manager.get("/people/new?agency=1").status_code == 404
    answer = manager.post("/people/new", {"name": "A", "login": "a1", "roles": ["PREPARER"], "agency": "1"})
    assert answer.status_code == 404


def test_the_council_invites_an_agencys_first_manager(door: Door) -> None:
    council = door.clerk("chair", Role.COUNCIL_MEMBER, agency=accounts.COUNCIL)
    assert "演示机关1" in council.get("/people").text
    answer = council.post("/people/new", {"name": "B", "login": "boss", "roles": ["AGENCY_MANAGER"], "agency": "1"})
    assert link_in(answer)
    assert person(door, "boss").agency == 1
    answer = council.post("/people/new", {"name": "C", "login": "clerk", "roles": ["PREPARER"], "agency": "1"})
    assert answer.status_code == 422


def test_roles_and_standing_are_changed_and_logged(door: Door, manager: Clerk) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    number = person(door, "low-preparer").id
    assert manager.get(f"/people/{number}").status_code == 200
    answer = manager.post(f"/people/{number}/roles", {"roles": ["PREPARER", "STATUS_OFFICER"]})
    assert answer.status_code == 303
    assert "The roles were changed" in manager.get(answer.headers["location"]).text
    # The sentence is said once.
    assert "The roles were changed" not in manager.get(answer.headers["location"]).text
    assert manager.post(f"/people/{number}/standing", {"standing": "LOCKED"}).status_code == 303
    assert clerk.get("/").headers["location"] == "/sign-in"
    assert manager.post(f"/people/{number}/standing", {"standing": "NONSENSE"}).status_code == 422
    log = manager.get("/log?who=low-preparer").text
    assert "account locked" in log
    assert "PREPARER → PREPARER,STATUS_OFFICER" in log


def test_nobody_changes_the_own_account(door: Door, manager: Clerk) -> None:
    number = person(door, "low-manager").id
    assert "This is you" in manager.get(f"/people/{number}").text
    assert manager.post(f"/people/{number}/roles", {"roles": ["PREPARER"]}).status_code == 422


def test_a_new_invitation_voids_password_and_sessions(door: Door, manager: Clerk) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    number = person(door, "low-preparer").id
    link = link_in(manager.post(f"/people/{number}/invitation"))
    assert clerk.get("/").headers["location"] == "/sign-in"
    assert accept(door.guest(), link, BETTER).status_code == 303


def test_the_password_is_changed_and_others_are_signed_out(door: Door) -> None:
    clerk, other = door.clerk("low-preparer", Role.PREPARER), door.clerk("low-preparer")
    wrong = {"old": "no", "new": BETTER, "again": BETTER}
    assert clerk.post("/account/password", wrong).status_code == 401
    assert clerk.post("/account/password", {"old": PASSWORD, "new": BETTER, "again": "x"}).status_code == 422
    assert clerk.post("/account/password", {"old": PASSWORD, "new": "x", "again": "x"}).status_code == 422
    assert clerk.post("/account/password", {"old": PASSWORD, "new": BETTER, "again": BETTER}).status_code == 303
    assert clerk.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_recovery_codes_want_a_fresh_sign_in_and_open_once(door: Door, manager: Clerk, world: World) -> None:
    page = manager.post("/account/recovery-codes")
    codes = page.text.partition("yx-codes")[2].partition("</ul>")[0].replace("<li>", "").split("</li>")
    code = codes[0].rpartition(">")[2].strip()
    world.registry.now += 301
    assert manager.post("/account/recovery-codes").headers["location"] == "/confirm?next=%2Faccount"
    assert manager.post("/confirm/code", {"code": code, "next": "/"}).status_code == 303
    again = door.clerk("low-manager")
    world.registry.now += 301
    assert again.post("/confirm/code", {"code": code, "next": "/"}).status_code == 401


def test_other_sessions_are_listed_and_ended(door: Door) -> None:
    clerk, other = door.clerk("low-preparer", Role.PREPARER), door.clerk("low-preparer")
    assert clerk.get("/account").text.count("testclient") == 2
    clerk.post("/account/sessions/end-others")
    assert "Signed out in 1 other browser." in clerk.get("/account").text
    assert other.get("/account").status_code == 303


def test_the_log_shows_the_own_agency_only_page_by_page(door: Door, manager: Clerk) -> None:
    door.hire("other-preparer", Role.PREPARER)
    door.hire("low-preparer", Role.PREPARER)
    for _ in range(60):
        manager.post("/account/sessions/end-others")
    text = manager.get("/log").text
    assert "signed out elsewhere" in text
    assert "other-preparer" not in text
    older = text.partition('href="/log?before=')[2].partition('"')[0]
    page = manager.get(f"/log?before={older}").text
    assert "Newest lines" in page
    assert "invited" in page
    assert "No line fits" in manager.get("/log?what=nothing+such").text
    assert door.clerk("low-preparer").get("/log").status_code == 403


def test_an_auditor_reads_the_log_and_changes_nothing(door: Door, manager: Clerk) -> None:
    auditor = door.clerk("reader", Role.AUDITOR, agency=2)
    assert auditor.get("/log").status_code == 200
    assert auditor.get("/people").status_code == 403
    assert "you read, and change nothing" in auditor.get("/").text


def test_an_operator_hands_over_a_key_though_there_is_a_manager(door: Door, manager: Clerk) -> None:
    made = door.hire("low-preparer", Role.PREPARER)
    assert made.key_name == "low-preparer"
