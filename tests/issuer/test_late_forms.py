"""Forms that come too late, or from a second tab: what somebody typed is given back and sent in one step."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from issuer.forms import PREFIX
from issuer.people import sessions
from issuer.tables.account_models import Role
from tests.issuer.clerks import pages
from tests.issuer.desks import LOW, PERMIT, opened
from tests.issuer.licences import issue_permits
from tests.issuer.offices import permit_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World

NAME = "呼和浩特市 D&D's 草原餐饮"


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


def kept(answer: Response) -> list[tuple[str, str]]:
    """Return what a page brings along unseen, but for the value against cross-site requests."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text)
    return [(name, unescape(value)) for name, value in found if name != "csrf"]


def cells() -> dict[str, str]:
    shown = {claim.key: claim.example for claim in PERMIT.columns if claim.derived is None}
    return {PREFIX + key: value for key, value in shown.items()} | {
        PREFIX + "number": permit_number(1),
        PREFIX + "operator_name": NAME,
    }


def drafts_of(clerk: Clerk) -> str:
    return clerk.get("/drafts").text


def test_form_of_a_session_that_is_over_is_sent_after_signing_in_again(world: World, door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    path = f"/new/{PERMIT.identifier}"
    typed, csrf = cells() | {"next": "another"}, clerk.csrf
    world.registry.now += int(sessions.IDLE.total_seconds())
    answer = clerk.post(path, typed, csrf=csrf)
    assert answer.status_code == 401
    assert "What you typed is still here" in answer.text
    assert 'href="/sign-in" target="_blank"' in answer.text
    assert dict(kept(answer)) == typed
    again = door.clerk("low-preparer")
    # The page is still the old tab's, which knows no value of the new session.
    answer = again.post(path, dict(kept(answer)), csrf="")
    assert answer.status_code == 403
    assert "low-preparer (low-preparer)" in answer.text
    assert f'name="csrf" value="{again.csrf}"' in answer.text
    assert permit_number(1) not in drafts_of(again)
    assert again.post(path, dict(kept(answer))).status_code == 303
    assert permit_number(1) in drafts_of(again)


def test_file_that_was_sent_too_late_is_chosen_again(world: World, door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    csrf = clerk.csrf
    world.registry.now += int(sessions.IDLE.total_seconds())
    file = {"certify": ("判决<书>.pdf", b"%PDF-1.7", "application/pdf")}
    answer = clerk.post(f"/new/{PERMIT.identifier}", cells(), files=file, csrf=csrf)
    assert answer.status_code == 401
    assert "Files are chosen again in the next step" in answer.text
    assert "%PDF" not in answer.text
    again = door.clerk("low-preparer")
    answer = again.post(f"/new/{PERMIT.identifier}", dict(kept(answer)), csrf="")
    assert "Choose this file again: 判决&lt;书&gt;.pdf" in answer.text
    assert 'type="file" id="again-1" name="certify"' in answer.text
    assert 'enctype="multipart/form-data"' in answer.text
    assert again.post(f"/new/{PERMIT.identifier}", dict(kept(answer)), files=file).status_code == 303
    with world.office.store.reading() as work:
        (row,) = [each.id for each in work.all_certificates(agency=LOW)]
    assert [each.size for each in opened(world, row).content.files] == [8]


def test_reason_that_took_long_to_write_is_kept_while_the_officer_shows_who_is_there(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    officer = door.clerk("low-preparer", Role.STATUS_OFFICER)
    typed = {"code": "under-investigation", "text": "第一行\r\n第二行"}
    world.registry.now += int(sessions.FRESH.total_seconds())
    answer = officer.post(f"/certificates/{row.id}/suspend", typed)
    assert answer.status_code == 401
    assert 'href="/confirm" target="_blank"' in answer.text
    assert dict(kept(answer)) == typed
    again = door.clerk("low-preparer")
    assert again.post(f"/certificates/{row.id}/suspend", dict(kept(answer))).status_code == 303


def test_form_with_nothing_typed_leads_back_to_its_page(world: World, door: Door) -> None:
    clerk = door.clerk("low-approver", Role.APPROVER)
    csrf = clerk.csrf
    assert clerk.post("/batches/1/approve", {"root": "00", "confirm": "looked"}, csrf="other").status_code == 403
    world.registry.now += int(sessions.IDLE.total_seconds())
    answer = clerk.post("/batches/1/approve", {"root": "00", "confirm": "looked"}, csrf=csrf)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize(
    ("path", "typed"),
    [("/account/password", {"old": "a secret", "new": "another"}), ("/confirm/password", {"password": "a secret"})],
)
def test_password_is_never_given_back(world: World, door: Door, path: str, typed: dict[str, str]) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    csrf = clerk.csrf
    assert "a secret" not in clerk.post(path, typed, csrf="x").text
    world.registry.now += int(sessions.IDLE.total_seconds())
    answer = clerk.post(path, typed, csrf=csrf)
    assert answer.status_code == 303
    assert "a secret" not in answer.text


def test_field_that_is_left_after_the_session_takes_nobody_off_the_page(world: World, door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    csrf = clerk.csrf
    world.registry.now += int(sessions.IDLE.total_seconds())
    clerk.client.headers["HX-Request"] = "true"
    answer = clerk.post(f"/new/{PERMIT.identifier}/field", cells() | {"field": "claim-number"}, csrf=csrf)
    assert answer.status_code == 204
    assert "hx-redirect" not in answer.headers


def test_part_that_loads_itself_leads_back_to_its_whole_page_after_signing_in(door: Door) -> None:
    guest = door.guest()
    headers = {"Accept": "text/html", "HX-Request": "true", "HX-Current-URL": f"{door.site.url}/batches/7?page=2#rows"}
    answer = guest.get("/batches/7/state", headers=headers)
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fbatches%2F7%3Fpage%3D2"
    headers["HX-Current-URL"] = "https://elsewhere.example/batches/7"
    assert guest.get("/batches/7/state", headers=headers).headers["hx-redirect"] == "/sign-in?next=%2F"


def test_cross_site_form_gets_no_page_to_be_sent_from(door: Door) -> None:
    clerk = door.clerk("low-preparer", Role.PREPARER)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        clerk.client.headers.update(headers)
        answer = clerk.post(f"/new/{PERMIT.identifier}", cells(), csrf="x")
        assert answer.status_code == 403
        assert "still here" not in answer.text
