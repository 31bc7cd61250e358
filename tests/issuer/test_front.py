"""The frame of the pages: who gets in, what a form must bring, what an error looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from issuer.people import sessions
from issuer.routes.pages import helping, navigation
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from tests.issuer.clerks import PASSWORD, Door, csrf_in, pages
from tests.issuer.desks import make, permit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.issuer.offices import World

PEOPLE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


def test_a_stranger_is_asked_to_sign_in_and_comes_back(door: Door) -> None:
    answer = door.guest().get("/people?page=2", headers=PEOPLE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fpeople%3Fpage%3D2")


def test_a_script_that_asks_for_a_part_is_sent_to_the_sign_in_as_a_whole(door: Door) -> None:
    answer = door.guest().get("/people", headers={**PEOPLE, "HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"].startswith("/sign-in")


def test_pages_are_strict_about_where_things_come_from(door: Door) -> None:
    answer = door.guest().get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_files_have_addresses_that_change_with_their_content_and_are_kept(door: Door) -> None:
    page = door.guest().get("/sign-in").text
    url = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = door.guest().get(url)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
    other = door.guest().get(url.replace(url.split("/")[2], "0" * 16))
    assert other.headers["cache-control"] == "no-store"
    assert door.guest().get("/static/0/../page.html").status_code == 404


def test_cookies_are_bound_to_the_host_where_it_is_reached_by_https(world: World) -> None:
    with pages(world, url="https://issuer.example.gov.cn") as door:
        answer = door.guest().get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-yinxin-guest=")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie


def test_a_clerk_sees_the_first_page(door: Door) -> None:
    answer = door.clerk("low-preparer", Role.PREPARER).get("/")
    assert answer.status_code == 200
    assert "What waits for me" in answer.text
    assert "演示机关2" in answer.text
    assert "TEST:" in answer.text


def test_password_then_code_signs_in(door: Door, world: World) -> None:
    door.hire("low-approver", Role.APPROVER)
    guest = door.guest()
    page = guest.get("/sign-in?next=/log", headers=PEOPLE)
    typed = {"csrf": csrf_in(page), "login": "low-approver", "password": PASSWORD, "next": "/log"}
    answer = guest.post("/sign-in", data=typed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/second?next=%2Flog")
    page = guest.get(answer.headers["location"])
    # Half signed in is not signed in.
    assert guest.get("/", headers=PEOPLE).headers["location"] == "/sign-in"
    world.registry.now += 30
    code = door.secrets["low-approver"].at(world.office.now())
    answer = guest.post("/sign-in/second", data={"csrf": csrf_in(page), "code": code, "next": "/log"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/log")
    assert guest.get("/").status_code == 200


def test_a_wrong_password_says_nothing_about_which_part_is_wrong(door: Door) -> None:
    door.hire("low-preparer", Role.PREPARER)
    told = []
    for login in ("low-preparer", "nobody-here"):
        guest = door.guest()
        page = guest.get("/sign-in", headers=PEOPLE)
        answer = guest.post("/sign-in", data={"csrf": csrf_in(page), "login": login, "password": "no"}, headers=PEOPLE)
        assert answer.status_code == 401
        told.append(answer.text.partition("There is a problem")[2].partition("</ul>")[0])
    assert told[0] == told[1] != ""


def test_too_many_attempts_are_told_when_the_next_one_counts(door: Door) -> None:
    guest = door.guest()
    csrf = csrf_in(guest.get("/sign-in", headers=PEOPLE))
    for _ in range(7):
        answer = guest.post("/sign-in", data={"csrf": csrf, "login": "x", "password": "no"}, headers=PEOPLE)
    assert answer.status_code == 429
    assert "The next one counts from" in answer.text


def test_a_form_without_its_value_against_cross_site_requests_is_refused(door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    for csrf in ("", "wrong", "é"):
        assert clerk.post("/account/tour", csrf=csrf).status_code == 403
    assert clerk.post("/account/tour").status_code == 303
    guest = door.guest()
    assert guest.post("/sign-in", data={"login": "x", "password": "y"}, headers=PEOPLE).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({}, 303),
    ],
)
def test_another_sites_page_cannot_send_forms(door: Door, headers: dict[str, str], status: int) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    answer = clerk.client.post("/account/tour", data={"csrf": clerk.csrf}, headers={**PEOPLE, **headers})
    assert answer.status_code == status


def test_another_agencys_people_are_not_found_rather_than_refused(door: Door) -> None:
    door.hire("other-preparer", Role.PREPARER)
    with door.world.office.store.reading() as work:
        theirs = account_rows.person_called(work, "other-preparer")
    assert theirs is not None
    manager = door.clerk("low-manager", Role.AGENCY_MANAGER)
    assert manager.get(f"/people/{theirs.id}").status_code == 404
    assert manager.post(f"/people/{theirs.id}/standing", {"standing": "LOCKED"}).status_code == 404
    assert manager.post(f"/people/{theirs.id}/roles", {"roles": "AUDITOR"}).status_code == 404
    assert manager.get("/people/999").status_code == 404


def test_a_role_is_demanded_and_said(door: Door) -> None:
    answer = door.clerk("low-preparer", Role.PREPARER).get("/people")
    assert answer.status_code == 403
    assert "This is not open to you" in answer.text


def test_errors_speak_the_visitors_language(door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER, language="zh-CN")
    answer = clerk.get("/no/such/page")
    assert answer.status_code == 404
    assert "没有此页面" in answer.text
    assert door.guest().get("/people/new?agency=x", headers=PEOPLE).status_code in {303, 422}
    assert door.guest().get("/api/v1/nothing").headers["content-type"] == "application/problem+json"


def test_the_language_is_remembered_with_the_account(door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER, language="en")
    assert clerk.get("/language/zh-CN?next=/account").headers["location"] == "/account"
    assert "我的账户" in clerk.get("/account").text
    elsewhere = door.clerk("low-preparer", language="en")
    assert "我的账户" in elsewhere.get("/account").text
    assert clerk.get("/language/tlh").status_code == 404


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "/a\nb", ""]
)
def test_nobody_is_led_elsewhere(door: Door, wanted: str) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    assert clerk.client.get("/language/en", params={"next": wanted}).headers["location"] == "/"


def test_an_endless_address_is_refused(door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    assert clerk.get("/language/en?next=/" + "a" * 500).status_code == 422


def test_whoever_approves_sets_up_a_second_factor_first(door: Door, world: World) -> None:
    person = door.hire("low-approver", Role.APPROVER)
    with world.office.store.writing() as work:
        account_rows.drop_second_factors(work, account_rows.number(person))
    clerk = door.clerk("low-approver")
    assert clerk.get("/").headers["location"] == "/account/second-factor"
    assert clerk.get("/account/second-factor").status_code == 200
    assert clerk.get("/account").status_code == 200


def test_what_signs_asks_again_after_a_while(door: Door, world: World) -> None:
    clerk = door.clerk("low-manager", Role.AGENCY_MANAGER)
    assert clerk.get("/people/new").status_code == 200
    world.registry.now += int(sessions.FRESH.total_seconds()) + 1
    answer = clerk.get("/people/new")
    assert answer.headers["location"] == "/confirm?next=%2Fpeople%2Fnew"
    assert clerk.get(answer.headers["location"]).status_code == 200
    wrong = clerk.post("/confirm/code", {"code": "000000", "next": "/people/new"})
    assert wrong.status_code == 401
    code = door.secrets["low-manager"].at(world.office.now())
    answer = clerk.post("/confirm/code", {"code": code, "next": "/people/new"})
    assert answer.headers["location"] == "/people/new"
    assert clerk.client.get("/people/new").status_code == 200


def test_signing_out_ends_the_session(door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    other = door.clerk("low-preparer")
    assert clerk.post("/sign-out").headers["location"] == "/signed-out"
    assert clerk.get("/").headers["location"] == "/sign-in"
    assert other.get("/").status_code == 200
    assert other.post("/sign-out/everywhere").status_code == 303
    assert other.get("/").headers["location"] == "/sign-in"


def test_the_first_page_counts_what_waits(door: Door, world: World) -> None:
    make(world, permit(1))
    clerk = door.clerk("low-preparer", Role.PREPARER)
    text = clerk.get("/").text
    card = text.partition("Drafts to go on with")[0].rpartition("yx-card__number")[2]
    assert card.partition("</span>")[0].endswith(">1")
    assert "Welcome to Yinxin" in text
    clerk.post("/account/tour")
    assert "Welcome to Yinxin" not in clerk.get("/").text


def test_help_is_open_to_everybody(door: Door) -> None:
    assert "How Yinxin works" in door.guest().get("/help/start", headers=PEOPLE).text
    assert door.guest().get("/help/no-such", headers=PEOPLE).status_code == 404
    assert 'href="/help/people"' in door.clerk("low-manager", Role.AGENCY_MANAGER).get("/people").text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_has_the_help_that_is_about_it(door: Door, language: str) -> None:
    expected = {
        "/erasures": "erasures",
        "/certificates/0123abcd/erasure": "erasures",
        "/certificates/0123abcd/erasure/carry-out": "erasures",
        "/certificates/0123abcd/suspend": "statuses",
        "/certificates/0123abcd": "certificates",
        "/versions/list": "certificates",
        "/drafts/0123abcd": "preparing",
        "/": "start",
    }
    assert {path: navigation.help_topic(path) for path in expected} == expected
    clerk = door.clerk("low-preparer", Role.PREPARER, language=language)
    pages_of_help = {topic: clerk.get(f"/help/{topic}").text for topic in helping.TOPICS}
    assert all('aria-current="page"' in page and page.count("<h1") == 1 for page in pages_of_help.values())
    assert ("two people" if language == "en" else "两人") in pages_of_help["erasures"]
