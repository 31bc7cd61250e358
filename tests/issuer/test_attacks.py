"""What a stranger or a dishonest colleague tried by HTTP, and what answers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from issuer import rights
from issuer.draft import drafting, submissions
from issuer.errors import NotReady
from issuer.people import accounts
from issuer.status import orders
from issuer.status.rehearsed_orders import Outcome
from issuer.tables.account_models import Role
from issuer.tables.models import State
from tests.issuer import licences, offices, rehearsed
from tests.issuer.clerks import PASSWORD, pages
from tests.issuer.licences import LOW, PERMIT, issue_permits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World

ENDLESS = "9" * 5000
"""More digits than Python reads as a number."""
HTML = {"Accept": "text/html"}


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


def clerk(door: Door, login: str = "low-preparer") -> Clerk:
    return door.clerk(login, Role.PREPARER, Role.STATUS_OFFICER, Role.AGENCY_MANAGER)


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "http://localhost///evil"]
)
def test_no_link_to_a_page_of_ours_leads_elsewhere(door: Door, wanted: str) -> None:
    answer = door.guest().get(f"/language/en?next={quote(wanted, safe='')}", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("wanted", ["//[", "http://[", "//[::1"])
def test_next_page_that_is_no_address_is_the_first_page(door: Door, wanted: str) -> None:
    answer = door.guest().get(f"/sign-in?next={quote(wanted, safe='')}", headers=HTML)
    assert answer.status_code == 200
    assert 'name="next" value="/"' in answer.text


def test_origin_that_is_no_address_comes_from_elsewhere(door: Door) -> None:
    answer = door.guest().post("/sign-in", headers={**HTML, "Origin": "http://["})
    assert answer.status_code == 403
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("charset", ["unicode_escape", "undefined", "utf-7", "raw_unicode_escape"])
@pytest.mark.parametrize("path", ["/sign-in", "/drafts", "/api/v1/services/verify-file"])
def test_form_in_another_encoding_than_utf8_is_refused(door: Door, path: str, charset: str) -> None:
    part = 'Content-Disposition: form-data; name="text"\r\n\r\n\\ud800\r\n'
    body = f"--x\r\n{part}--x--\r\n".encode()
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    answer = clerk(door).client.post(path, content=body, headers={**HTML, "Content-Type": kind})
    assert answer.status_code == 415


def test_form_that_says_it_is_utf8_is_read(door: Door) -> None:
    someone = clerk(door)
    fields = {"csrf": someone.csrf, "text": "草原"}
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    kind = 'multipart/form-data; boundary=x; charset="UTF-8"'
    answer = someone.client.post(
        "/drafts", content=f"{parts}--x--\r\n".encode(), headers={**HTML, "Content-Type": kind}
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/people/{}", "/clients/{}", "/clients/webhooks/{}", "/batches/{}", "/orders/{}"])
def test_endless_number_in_an_address_is_not_found(door: Door, path: str) -> None:
    someone = clerk(door)
    assert someone.get(path.format(ENDLESS)).status_code == 404
    assert someone.post(f"{path.format(ENDLESS)}/revoke").status_code in {404, 405}


@pytest.mark.parametrize("path", ["/orders/new?batch={}", "/new/food-operation-permit?batch={}"])
def test_endless_number_in_a_query_is_refused(door: Door, path: str) -> None:
    assert clerk(door).get(path.format(ENDLESS)).status_code in {404, 422}


def test_endless_number_in_a_form_is_none(door: Door, world: World) -> None:
    someone = clerk(door)
    (row,) = issue_permits(world, 1)

    def sent(path: str, **data: str) -> Response:
        return someone.post(path, data)

    assert sent("/people/new", agency=ENDLESS, login="new", name="新人", roles="PREPARER").status_code == 200
    assert sent("/people/rights/consent", appointment=ENDLESS).status_code == 422
    assert sent(f"/new/{PERMIT}", batch=ENDLESS).status_code == 422
    assert sent(f"/certificates/{row.id}/holder", days=ENDLESS).status_code == 422
    assert sent("/orders/new", batch=ENDLESS, verb="revoke", code="revoke/penalty-revoked").status_code == 404


@pytest.mark.databases
@pytest.mark.parametrize("query", ["page=0", "issued_from=0001-01-01", "issued_until=9999-12-31", "page=999999999"])
def test_search_beyond_all_days_and_pages_is_answered(door: Door, query: str) -> None:
    assert clerk(door).get(f"/certificates?{query}").status_code == 200


def hidden(answer: Response, name: str) -> str:
    """Return what a page's form brings along unseen."""
    return answer.text.partition(f'name="{name}" value="')[2].partition('"')[0]


def test_second_officer_signs_the_proposal_that_was_shown_or_none(world: World, door: Door) -> None:
    (row,) = issue_permits(world, 1)
    number = licences.proposed(world, [row])
    second = clerk(door, "low-approver")
    seen = hidden(second.get(f"/orders/{number}"), "seen")
    orders.reopen(world.office, number, licences.by(world))
    world.registry.mine()
    orders.propose(world.office, number, world.officer("low-preparer"))
    for brought in (seen, "", "0" * 64):
        answer = second.post(f"/orders/{number}/approve", {"seen": brought})
        assert (answer.status_code, licences.states(world, number)) == (409, [State.PREPARED])
    assert second.post(f"/orders/{number}/approve", {"seen": hidden(answer, "seen")}).status_code == 303
    assert licences.states(world, number) == [State.QUEUED]


def test_second_officer_is_shown_what_the_first_one_signed_and_no_more(world: World, door: Door) -> None:
    rows = issue_permits(world, 1, 2)
    in_the_way = licences.proposed(world, rows[1:])
    number = licences.proposed(world, rows)
    # Whatever kept it from the order is gone, but the first officer has not signed it.
    orders.give_up(world.office, in_the_way, licences.by(world))
    found = orders.rehearse(world.office, number, LOW)
    assert [each.certificate.id for each in found.of(Outcome.CHANGES)] == [rows[0].id]
    page = clerk(door, "low-approver").get(f"/orders/{number}").text
    assert "left out when the order was proposed" in page


def test_root_that_was_not_shown_is_not_submitted(world: World) -> None:
    batch = rehearsed.drafted(world, 1)
    rehearsed.passed(world, batch)
    with pytest.raises(NotReady, match="changed since this page was opened"):
        submissions.submit(world.office, batch, world.officer("low-preparer"), root=bytes(32))
    assert rehearsed.held(world, batch).state == State.DRAFT


@pytest.mark.parametrize("accepted", [True, False])
def test_manager_who_invites_an_officer_again_gets_no_key_that_signs(world: World, door: Door, accepted: bool) -> None:  # noqa: FBT001 — a parameter of the test
    office, login = world.office, "low-approver"
    manager = clerk(door, "low-manager")
    if accepted:
        victim = door.clerk(login, Role.APPROVER).person_id
    else:
        victim = accounts.invite(
            office.store,
            office.keystore,
            by=None,
            agency=LOW,
            login=login,
            display_name=login,
            roles=[Role.APPROVER],
            occasion=door.occasion,
            entropy=office.entropy,
            key=login,
        ).person_id
    page = manager.post(f"/people/{victim}/invitation").text
    token = page.partition("/invitation/")[2].partition("<")[0].partition('"')[0].strip()
    person = accounts.accept(
        office.store,
        office.keystore,
        door.site.passwords,
        token=token,
        password=PASSWORD,
        occasion=door.occasion,
        entropy=office.entropy,
    )
    assert person.key_address not in office.directory().agency(LOW).officers


def test_interface_approves_the_root_that_was_looked_at_or_none(world: World, door: Door) -> None:
    batch = rehearsed.submitted(world, 1)
    root = (rehearsed.held(world, batch).root or b"").hex()
    http, url = door.guest(), f"/api/v1/batches/{batch}/approve"

    def sent(shown: str) -> int:
        return http.post(f"{url}?root={shown}", auth=("low-approver", offices.PASSWORD)).status_code

    assert [sent("00" * 32), sent("nothing")] == [409, 422]
    assert rehearsed.held(world, batch).state == State.PREPARED
    assert sent(root) == 200
    assert rehearsed.held(world, batch).state == State.APPROVED


def test_same_rows_sent_twice_at_the_same_moment_are_the_same_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, data, made = world.office.type(PERMIT), offices.permits(1), list[drafting.Drafts]()
    require_may_issue = rights.require_may_issue

    def another_one_is_quicker(*given: object) -> None:
        monkeypatch.setattr(rights, "require_may_issue", require_may_issue)
        made.append(drafting.draft(world.office, data, kind, agency=LOW))
        require_may_issue(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rights, "require_may_issue", another_one_is_quicker)
    second = drafting.draft(world.office, data, kind, agency=LOW)
    assert (second.batches, second.repeated) == (made[0].batches, True)
