"""What is new in a reconciliation is told once, as alerts are: not again each night, and nothing is left out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from issuer.reconciling import announcing, differences, mailing, rows, running, watching
from issuer.reconciling.differences import Difference, Grade
from issuer.tables.account_models import Role
from issuer.tables.reconciliation_models import Agreement, AlertMail
from issuer.webhook import telling, webhooks
from issuer.working import Worker
from tests.issuer import strangers
from tests.issuer.clerks import pages
from tests.issuer.clients import make
from tests.issuer.licences import LOW, TOP
from tests.issuer.post_office import DUTY, open_post_office, post
from tests.issuer.receiver import receiving, sender
from tests.issuer.tampering import alter
from tests.issuer.test_alerts import deliver
from tests.issuer.test_reconciling import issued, run
from tests.issuer.test_webhooks import hook, manager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuer.reconciling.post import Post
    from tests.issuer.offices import World
    from tests.issuer.post_office import PostOffice

LOSE = "DELETE FROM document WHERE certificate_id = :id"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_post_office() as made:
        yield made


def night(world: World) -> None:
    """Have the clock strike, and the worker do what it asks for."""
    world.registry.now += int(timedelta(days=1).total_seconds())
    world.registry.mine(2)
    assert running.schedule(world.office, 3)
    worker = Worker(world.office)
    while worker.step():
        pass


def tell(world: World, told: Post | None) -> None:
    while announcing.step(world.office, told):
        pass
    if told is not None:
        deliver(world, told)


@pytest.mark.databases
def test_a_nightly_run_tells_what_is_new_in_it_and_not_the_same_again(world: World, office: PostOffice) -> None:
    first, second = issued(world, 1, 2)
    told = post(office.port)
    night(world)
    tell(world, told)
    assert office.came == []
    alter(world.office.store, LOSE, id=first.id)
    for _ in range(3):
        night(world)
        tell(world, told)
    (message,) = office.came
    assert office.addressed == [[DUTY]]
    text = message.get_content()
    assert "1 differences that the one before it had not, 0 of them alarms" in text
    assert "发现 1 项新的不一致" in text
    assert f"Fault: The document of leaf 0x{(first.leaf or b'').hex()}" in text
    assert "故障" in text
    with world.office.store.reading() as work:
        _, _, found, _ = rows.runs(work, LOW, most=4)
    assert (found.who, found.agreement) == ("this service", Agreement.DIFFERS)
    _, transaction = strangers.anchored(world.office, "unknown")
    alter(world.office.store, LOSE, id=second.id)
    for _ in range(2):
        night(world)
        tell(world, told)
    _, message = office.came
    text = message.get_content()
    assert "2 differences that the one before it had not, 1 of them alarms" in text
    assert transaction.hex() in text
    assert "low-approver (0x" in text
    assert text.index("Alarm: ") < text.index("Fault: ")
    assert (first.leaf or b"").hex() not in text
    assert office.came[0]["Message-ID"] != message["Message-ID"]


def test_what_was_mended_and_comes_again_is_told_again(world: World, office: PostOffice) -> None:
    (certificate,) = issued(world, 1)
    told = post(office.port)
    key = "UPDATE certificate SET record_key = :key WHERE id = :id"
    for value in (None, certificate.record_key, None):
        alter(world.office.store, key, key=value, id=certificate.id)
        night(world)
        tell(world, told)
    assert len(office.came) == 2


def test_a_run_that_could_not_ask_tells_nothing_and_takes_nothing_back(world: World, office: PostOffice) -> None:
    (certificate,) = issued(world, 1)
    alter(world.office.store, LOSE, id=certificate.id)
    told = post(office.port)
    night(world)
    tell(world, told)
    assert len(office.came) == 1
    world.registry.silent = True
    assert run(world).agreement == Agreement.NOT_RUN
    world.registry.silent = False
    tell(world, told)
    with world.office.store.reading() as work:
        assert rows.differs(work, LOW)
    with pages(world) as door:
        manager = door.clerk("low-manager", Role.AGENCY_MANAGER)
        assert "The latest reconciliation found differences." in manager.get("/").text
    night(world)
    tell(world, told)
    assert len(office.came) == 1


def test_nothing_is_left_out_while_nobody_tells(world: World, office: PostOffice) -> None:
    issued(world, 1)
    run(world)
    alter(world.office.store, "UPDATE reconciliation SET manifest = NULL")
    # It is seen by one run alone: the next one has a manifest before it again.
    assert run(world).agreement == Agreement.DIFFERS
    assert run(world).agreement == Agreement.AGREES
    tell(world, post(office.port))
    (message,) = office.came
    assert "The manifest that was signed last is not kept here any more" in message.get_content()


def test_agreement_and_remarks_are_nothing_to_tell(world: World, office: PostOffice) -> None:
    issued(world, 1)
    alter(world.office.store, "DELETE FROM document", "UPDATE batch SET documents_at = NULL")
    (difference,) = differences.read(run(world).findings)
    assert difference.grade is Grade.REMARK
    tell(world, post(office.port))
    assert office.came == []
    assert not announcing.step(world.office, None)


@pytest.mark.parametrize(
    ("code", "before", "after", "is_new"),
    [
        ("not_anchored_long", {"batch": 1, "state": "QUEUED", "since": "1"}, {"state": "SENT", "since": "2"}, False),
        ("not_anchored_long", {"batch": 1, "state": "QUEUED", "since": "1"}, {"batch": 2}, True),
        ("anchored_unnoticed", {"batch": 1, "state": "QUEUED"}, {"state": "SENT"}, False),
        ("status_waits", {"change": 1, "state": "QUEUED"}, {"state": "SENT"}, False),
        ("status_failed", {"change": 1, "count": 3, "leaf": "0x01"}, {"count": 2, "leaf": "0x02"}, False),
        ("status_shown_differs", {"leaf": "0x01", "there": "tracks:"}, {"there": "tracks:1,9,0"}, True),
        ("manifest_altered", {"digest": "0x01"}, {"digest": "0x02"}, True),
        # As it stood before it had digests.
        ("and_more", {"count": 3}, {"count": 4}, False),
    ],
)
def test_a_difference_is_the_same_one_if_only_its_circumstances_alter(
    code: str, before: dict[str, str | int], after: dict[str, str | int], *, is_new: bool
) -> None:
    now = Difference(Grade.FAULT, code, {**before, **after})
    assert differences.fresh([now], [Difference(Grade.FAULT, code, before)]) == ([now] if is_new else [])
    assert differences.fresh([now], [now]) == []
    # What becomes graver is told.
    assert differences.fresh([now], [Difference(Grade.REMARK, code, {**before, **after})]) == [now]


def test_a_difference_beyond_those_that_are_listed_is_told_once_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "MOST_KEPT", 2)
    lost = [Difference(Grade.FAULT, "document_missing", {"leaf": f"0x0{place}", "batch": 1}) for place in range(6)]

    def kept(*found: Difference) -> list[Difference]:
        return differences.read(differences.written(differences.ordered(found)))

    night = kept(*lost[:4])
    assert [each.code for each in differences.fresh(night, [])] == ["document_missing"] * 2 + ["and_more"]
    # Clearing up brings to light what was beyond the cut; listing others pushes what was listed beyond it.
    assert differences.fresh(kept(*lost[1:4]), night) == []
    assert differences.fresh(kept(*lost[2:4]), night) == []
    assert differences.fresh(kept(*reversed(lost[:4])), night) == []
    # A new one is told, whether it is listed or not.
    assert [each.code for each in differences.fresh(kept(*lost[:5]), night)] == ["and_more"]
    assert differences.fresh(kept(lost[4], lost[0], lost[1], lost[2]), night) == [lost[4]]
    remarks = [Difference(Grade.REMARK, "documents_waiting", {"batch": batch, "count": 1}) for batch in (1, 2)]
    assert differences.fresh(kept(*lost[:4], *remarks), night) == []


def test_without_addresses_nobody_is_written_to(world: World, office: PostOffice) -> None:
    (certificate,) = issued(world, 1)
    alter(world.office.store, LOSE, id=certificate.id)
    run(world)
    tell(world, post(office.port, recipients={str(TOP): (DUTY,)}))
    assert office.came == []


def test_a_message_to_an_agency_that_has_no_address_any_more_is_closed(world: World, office: PostOffice) -> None:
    (certificate,) = issued(world, 1)
    alter(world.office.store, LOSE, id=certificate.id)
    run(world)
    while announcing.step(world.office, post(office.port)):
        pass
    nobody = post(office.port, recipients={str(TOP): (DUTY,)})
    assert mailing.send_one(world.office, nobody)
    assert not mailing.send_one(world.office, nobody)
    with world.office.store.reading() as work:
        (mail,) = work.session.exec(select(AlertMail)).all()
        assert (mail.last_answer, mail.delivered_at is not None) == ("nobody is to be told", True)
        assert rows.undelivered(work, LOW) == []
    assert office.came == []


def test_a_message_of_many_differences_lists_the_first(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "MOST_LISTED", 1)
    issued(world, 1, 2)
    alter(world.office.store, "DELETE FROM document")
    run(world)
    tell(world, post(office.port))
    text = office.came[0].get_content()
    assert "(and 1 more)" in text
    assert text.count("Fault: ") == 1


@pytest.mark.parametrize("what", ["records", "run"])
def test_what_somebody_deleted_keeps_no_other_message_from_being_sent(
    world: World, office: PostOffice, what: str
) -> None:
    (certificate,) = issued(world, 1)
    watching.step(world.office, None)
    told = post(office.port)
    if what == "records":
        strangers.anchored(world.office, "unknown")
        watching.step(world.office, told)
        alter(world.office.store, "DELETE FROM foreign_record")
    else:
        alter(world.office.store, LOSE, id=certificate.id)
        run(world)
        announcing.step(world.office, told)
        alter(world.office.store, "UPDATE alert_mail SET reconciliation_id = NULL")
    _, transaction = strangers.anchored(world.office, "another")
    watching.step(world.office, told)
    deliver(world, told)
    gone, other = office.came
    assert "is not in this service's database any more" in gone.get_content()
    assert transaction.hex() in other.get_content()


@pytest.mark.databases
def test_systems_that_listen_are_told_once_of_each_run_with_something_new(world: World) -> None:
    with receiving() as receiver:
        (certificate,) = issued(world, 1)
        hook(world, receiver, "reconciliation.differs")
        hook(world, receiver, "record.foreign")
        world.office.records.ensure_data_key(world.office.store, TOP, now=world.office.now())
        above = make(world, agency=TOP).client_id
        webhooks.make(world.office, sender(), above, receiver.url(), events=(), by=manager(world, TOP))
        alter(world.office.store, LOSE, id=certificate.id)
        made = run(world)
        tell(world, None)
        run(world)
        tell(world, None)
        while telling.step(world.office, sender()):
            pass
        (message,) = receiver.messages
    body = json.loads(message.body)
    assert body["type"] == "reconciliation.differs"
    assert body["data"] == {"reconciliation": made.id, "block": made.block_number, "alarms": 0, "faults": 1}
