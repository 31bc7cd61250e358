"""What a stranger or a dishonest colleague tried by HTTP, and what answers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from issuer.account_models import Role
from tests.issuer.clerks import pages
from tests.issuer.licences import PERMIT, issue_permits

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
    assert answer.status_code == 200


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
