"""Erasing a holder's data from the desk: a manager asks, a second officer carries it out, and what stays is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlmodel import col, select

from issuer import audit_log, holding, issuing
from issuer.audit_log import Occasion
from issuer.draft import drafting, drafts
from issuer.draft.drafts import Clerk as DraftsClerk
from issuer.erasure import erasing, erasures, forgetting
from issuer.errors import NotAllowed, NotReady
from issuer.people import sessions
from issuer.tables import account_rows, erasure_rows
from issuer.tables.account_models import AuditLine, Role, Standing
from issuer.tables.erasure_models import Erasure, ErasureState
from tests.issuer.clerks import pages
from tests.issuer.offices import permits
from tests.issuer.test_erasing import CODE, HOLDER, NAME, PERMIT, certificates, issued, issued_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuer.erasure.forgetting import Forgotten
    from issuer.tables.models import Certificate
    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World

LOW = 2
TITLE = "蒙（2026）演示区不动产权第0000124号"
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


def states(world: World) -> list[str]:
    with world.office.store.reading() as work:
        return list(work.session.exec(select(Erasure.state).order_by(col(Erasure.id))))


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
    where = manager.search("/erasures", q=CODE)
    assert url in manager.get(where).text
    assert url not in second.get(where).text
    assert manager.post("/erasures", {"q": CODE}, csrf="x").status_code == 403
    assert 'href="/erasures"' in manager.get("/certificates").text
    shown = manager.get(url).text
    assert NAME in shown
    # In the sentence that says what goes, and beside each certificate.
    assert shown.count(CODE) == 2
    assert "What the chain holds" in shown
    assert manager.post(url, {**sure, "number": "1"}).status_code == 422
    assert manager.post(url, {**sure, "understood": UNDERSTOOD[:1]}).status_code == 422
    assert manager.post(url, sure).headers["location"] == url
    assert "Step 2" not in manager.get(url).text
    assert "two different persons" in manager.post(f"{url}/carry-out", sure).text
    assert "Erasures to carry out" not in manager.get("/").text
    assert "Erasures to carry out" in second.get("/").text
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
        lines = {(line.what, line.who, line.detail) for line in work.session.exec(select(AuditLine))}
        audit_log.verify(work)
    # What was done is the doing of whoever was there; who asked need not have been.
    assert {each for each in lines if "erase" in each[0] or "erasure" in each[0]} == {
        ("erasure asked for", "low-manager", "1 certificates"),
        ("holder erased", "low-approver", "1 certificates; asked for by low-manager"),
        ("erased", "low-approver", "asked for by low-manager"),
    }
    assert "Erasures to carry out" not in second.get("/").text
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
    assert "/erasures/1/withdraw" in second.get("/erasures").text
    assert second.post("/erasures/1/withdraw").headers["location"] == "/erasures"
    assert second.post("/erasures/1/withdraw").status_code == 409
    assert second.post("/erasures/2/withdraw").status_code == 404
    assert second.post(f"{url}/carry-out", sure).status_code == 422
    assert number_of(world, certificate)


def test_who_is_only_called_the_same_keeps_their_data(
    world: World, manager: Clerk, second: Clerk, certificate: Certificate
) -> None:
    (title,) = certificates(world, issued_table(world, "real-estate-title", {"holders": NAME}))
    (other,) = certificates(world, issued_table(world, "real-estate-title", {"holders": NAME, "number": TITLE}))
    url = f"/certificates/{title.id}/erasure"
    shown = manager.get(url).text
    assert "others may be called" in shown
    assert other.id not in shown
    assert certificate.id not in shown
    sure = {"understood": UNDERSTOOD, "number": number_of(world, title)}
    manager.post(url, sure)
    assert second.post(f"{url}/carry-out", sure).status_code == 200
    with world.office.store.reading() as work:
        left = {each.id: each.record_key is not None for each in work.all_certificates(agency=LOW)}
    assert left == {title.id: False, other.id: True, certificate.id: True}


def test_what_is_taken_back_at_the_last_moment_is_not_erased(
    world: World, manager: Clerk, second: Clerk, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, forget = world.office, forgetting.forget
    first, other = world.officer(manager.login), world.officer(second.login)

    def meanwhile(*args: Any, **options: Any) -> Forgotten:  # noqa: ANN401 — whatever it is called with
        erasures.withdraw(office, 1, first)
        return forget(*args, **options)

    erasures.ask(office, certificate, first)
    monkeypatch.setattr(forgetting, "forget", meanwhile)
    with pytest.raises(NotReady, match="not asked for any more"):
        erasures.carry_out(office, certificate, other)
    assert number_of(world, certificate)
    assert states(world) == [ErasureState.WITHDRAWN]


def test_of_two_officers_at_once_only_one_erases(
    world: World, manager: Clerk, second: Clerk, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, forget = world.office, forgetting.forget
    done: list[Forgotten] = []

    def both(*args: Any, **options: Any) -> Forgotten:  # noqa: ANN401 — whatever it is called with
        third = world.officer("low-preparer")
        done.append(forget(*args, **{**options, "second": third}))
        return forget(*args, **options)

    erasures.ask(office, certificate, world.officer(manager.login))
    monkeypatch.setattr(forgetting, "forget", both)
    with pytest.raises(NotReady, match="not asked for any more"):
        erasures.carry_out(office, certificate, world.officer(second.login))
    assert len(done) == 1
    with office.store.reading() as work:
        (row,) = work.session.exec(select(Erasure))
    assert (row.state, row.ended_by) == (ErasureState.DONE, "low-preparer")


def test_what_was_asked_for_a_draft_ends_when_the_draft_is_deleted(world: World, manager: Clerk) -> None:
    (batch,) = drafting.draft(world.office, permits(1, 2, **HOLDER), PERMIT, agency=LOW).batches
    one, two = certificates(world, batch)
    erasures.ask(world.office, one, world.officer(manager.login))
    drafts.drop(world.office, one.id, DraftsClerk(LOW, "low-preparer", manager.door.occasion))
    assert states(world) == [ErasureState.LAPSED]
    assert "No erasure waits" in manager.get("/erasures").text
    erasures.ask(world.office, two, world.officer(manager.login))
    issuing.discard(world.office, batch, world.officer("low-preparer"))
    assert "No erasure waits" in manager.get("/erasures").text


def test_erasing_by_command_ends_what_was_asked_for(world: World, manager: Clerk, certificate: Certificate) -> None:
    office = world.office
    erasures.ask(office, certificate, world.officer(manager.login))
    forgetting.forget(
        office,
        LOW,
        CODE,
        listed=[certificate.id],
        first=world.officer("low-preparer"),
        second=world.officer("low-approver"),
    )
    assert states(world) == [ErasureState.DONE]
    (other,) = certificates(world, issued(world, 2, **HOLDER))
    erasures.ask(office, other, world.officer(manager.login))
    erasing.erase(office, other, world.officer("low-preparer"), world.officer("low-approver"))
    assert states(world) == [ErasureState.DONE, ErasureState.LAPSED]


def test_what_was_asked_counts_for_thirty_days_and_while_its_asker_is_at_work(
    world: World, manager: Clerk, second: Clerk, certificate: Certificate
) -> None:
    office, other = world.office, world.officer(second.login)
    erasures.ask(office, certificate, world.officer(manager.login))
    with office.store.writing() as work:
        account_rows.person(work, manager.person_id).standing = Standing.LOCKED
    with pytest.raises(NotReady, match="the account of low-manager, who asked for it, is not active"):
        erasures.carry_out(office, certificate, other)
    with office.store.writing() as work:
        account_rows.person(work, manager.person_id).standing = Standing.ACTIVE
    world.registry.now += int(erasure_rows.OPEN_FOR.total_seconds())
    with pytest.raises(NotReady, match="not asked for any more"):
        erasures.carry_out(office, certificate, other)
    erasures.ask(office, certificate, world.officer(manager.login))
    assert states(world) == [ErasureState.LAPSED, ErasureState.ASKED]
    assert erasures.carry_out(office, certificate, other).certificates == 1


def test_one_person_with_two_keys_is_one_person(world: World, certificate: Certificate) -> None:
    first, second = (replace(world.officer(each), login="uyun") for each in ("low-manager", "low-approver"))
    with pytest.raises(NotAllowed, match="officer uyun was named twice"):
        erasing.erase(world.office, certificate, first, second)


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


def test_more_certificates_than_are_listed_are_counted(world: World, manager: Clerk) -> None:
    issued(world, *range(1, 24), **HOLDER)
    page = manager.get(manager.search("/erasures", q=CODE)).text
    assert page.count('/erasure">') == 20
    assert "and 3 more" in page
