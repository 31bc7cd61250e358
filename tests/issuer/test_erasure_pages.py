"""Erasing a holder's data from the desk: a manager asks, a second officer carries it out, and what stays is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from issuer import audit_log, holding, sessions
from issuer.account_models import AuditLine, Role
from issuer.audit_log import Occasion
from issuer.erasure_models import Erasure, ErasureState
from tests.issuer.clerks import pages
from tests.issuer.test_erasing import CODE, HOLDER, NAME, certificates, issued

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuer.models import Certificate
    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World

UNDERSTOOD = ["holder-asked", "cannot-be-undone"]


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


@pytest.fixture
def manager(door: Door) -> Clerk:
    return door.clerk("low-manager", Role.AGENCY_MANAGER)


@pytest.fixture
def second(door: Door, manager: Clerk) -> Clerk:
    assert manager
    return door.clerk("low-approver", Role.STATUS_OFFICER)


@pytest.fixture
def certificate(world: World) -> Certificate:
    (made,) = certificates(world, issued(world, 1, **HOLDER))
    return made


def number_of(world: World, certificate: Certificate) -> str:
    with world.office.store.reading() as work:
        return str(world.office.records.claims(work, certificate)["number"])


def test_a_manager_asks_and_a_second_officer_erases(
    world: World, door: Door, manager: Clerk, second: Clerk, certificate: Certificate
) -> None:
    office, url = world.office, f"/certificates/{certificate.id}/erasure"
    link = holding.hand_out(office, certificate.id, who="uyun", occasion=Occasion(office.now(), "10.0.0.7"))
    guest = door.guest()
    csrf = guest.get("/h", headers={"Accept": "text/html"}).text.partition('name="csrf" value="')[2].partition('"')[0]
    opened = guest.post("/h", data={"csrf": csrf, "link": link.token}, headers={"Accept": "text/html"})
    assert opened.headers["location"] == "/h/certificate"
    sure = {"understood": UNDERSTOOD, "number": number_of(world, certificate)}
    assert url in manager.get(f"/certificates/{certificate.id}").text
    found = manager.get("/erasures?q=" + CODE)
    assert url in found.text
    shown = manager.get(url).text
    assert NAME in shown
    assert "What the chain holds" in shown
    assert manager.post(url, {**sure, "number": "1"}).status_code == 422
    assert manager.post(url, {**sure, "understood": UNDERSTOOD[:1]}).status_code == 422
    assert manager.post(url, sure).headers["location"] == url
    assert "Step 2" not in manager.get(url).text
    assert "two different persons" in manager.post(f"{url}/carry-out", sure).text
    assert "Step 2" in second.get(url).text
    assert url in second.get("/erasures").text
    done = second.post(f"{url}/carry-out", sure)
    assert done.status_code == 200
    assert "The data are erased" in done.text
    with office.store.reading() as work:
        assert work.certificate(certificate.id).claims is None
        row = work.session.get(Erasure, 1)
        assert row is not None
        assert (row.state, row.asked_by, row.ended_by) == (ErasureState.DONE, "low-manager", "low-approver")
        lines = {(line.what, line.who) for line in work.session.exec(select(AuditLine))}
        audit_log.verify(work)
    assert {("erasure asked for", "low-manager"), ("holder erased", "low-approver")} <= lines
    assert "was erased" in manager.get(f"/certificates/{certificate.id}").text
    assert "/erasure" not in manager.get(f"/certificates/{certificate.id}").text
    assert manager.get(url).status_code == 410
    # The holder's open page is over, and the link says why it may not open any more.
    assert guest.get("/h/certificate", headers={"Accept": "text/html"}).headers["location"] == "/h"
    again = guest.post("/h", data={"csrf": csrf, "link": link.token}, headers={"Accept": "text/html"})
    assert again.status_code == 401
    assert "个人信息已删除" in again.text


def test_what_was_asked_can_be_taken_back(
    manager: Clerk, second: Clerk, certificate: Certificate, world: World
) -> None:
    url = f"/certificates/{certificate.id}/erasure"
    sure = {"understood": UNDERSTOOD, "number": number_of(world, certificate)}
    manager.post(url, sure)
    assert manager.post(url, sure).status_code == 422
    assert second.post(f"{url}/withdraw").headers["location"] == url
    assert second.post(f"{url}/carry-out", sure).status_code == 422
    assert number_of(world, certificate)


def test_another_certificate_of_the_holder_meanwhile_stops_it(
    world: World, manager: Clerk, second: Clerk, certificate: Certificate
) -> None:
    url = f"/certificates/{certificate.id}/erasure"
    sure = {"understood": UNDERSTOOD, "number": number_of(world, certificate)}
    manager.post(url, sure)
    issued(world, 2, **HOLDER)
    refused = second.post(f"{url}/carry-out", sure)
    assert "now there are 2" in refused.text
    assert number_of(world, certificate)


def test_only_managers_ask_and_other_agencies_find_nothing(
    door: Door, manager: Clerk, certificate: Certificate
) -> None:
    assert manager
    url = f"/certificates/{certificate.id}/erasure"
    for login, role, got in (
        ("low-preparer", Role.PREPARER, 403),
        ("low-approver", Role.STATUS_OFFICER, 200),
        ("other-manager", Role.AGENCY_MANAGER, 404),
    ):
        clerk = door.clerk(login, role)
        assert clerk.get(url).status_code == got
        assert clerk.post(url, {"understood": UNDERSTOOD}).status_code == (got if got != 200 else 403)


def test_it_is_asked_again_who_is_there(world: World, manager: Clerk, certificate: Certificate) -> None:
    world.registry.now += int(sessions.FRESH.total_seconds()) + 60
    answer = manager.get(f"/certificates/{certificate.id}/erasure")
    assert answer.headers["location"].startswith("/confirm?next=")
