"""An agency is told of what the registry records in its name and nobody here queued: once each, whatever fails."""

from __future__ import annotations

import json
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlmodel import col, select

from chain.errors import InvalidInput, RegistryUnavailable
from chain.events import Capability
from chain.history import Heads
from issuer import rounds, wording
from issuer.draft import replacing
from issuer.draft.replacing import Changes
from issuer.errors import SettingMissing, Unreachable
from issuer.reconciling import foreign_words, mailing, rows, watching
from issuer.reconciling import post as posting
from issuer.reconciling.foreign_words import SENTENCES
from issuer.settings import Settings
from issuer.tables.account_models import AuditLine, Role
from issuer.tables.models import Purpose
from issuer.tables.reconciliation_models import RecordsFollowed
from issuer.webhook import telling
from tests.deployed import signer
from tests.issuer import strangers
from tests.issuer.clerks import pages
from tests.issuer.licences import LOW, TOP, carried_out, issue_permits, seal
from tests.issuer.post_office import DUTY, SENDER, open_post_office, post
from tests.issuer.receiver import certified, receiving, sender
from tests.issuer.test_reconciling import replacement
from tests.issuer.test_webhooks import hook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from issuer.reconciling.post import Post
    from issuer.tables.reconciliation_models import ForeignRecord
    from tests.issuer.clerks import Door
    from tests.issuer.offices import World
    from tests.issuer.post_office import PostOffice


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_post_office() as made:
        yield made


def watch(world: World, told: Post | None = None) -> list[ForeignRecord]:
    """Look through all there is; returns the records that were found, oldest first."""
    while watching.step(world.office, told):
        pass
    with world.office.store.reading() as work:
        return rows.foreign(work, LOW, most=100, acknowledged=False)[::-1]


def begun(world: World) -> World:
    """Issue a permit and begin to watch."""
    issue_permits(world, 1)
    assert watch(world) == []
    return world


def deliver(world: World, told: Post) -> None:
    while mailing.send_one(world.office, told):
        pass


def wait(world: World, **span: float) -> None:
    world.registry.now += int(timedelta(**span).total_seconds())


# What is foreign.


def test_what_the_service_queued_itself_is_nothing_to_tell(world: World) -> None:
    begun(world)
    carried_out(world, issue_permits(world, 2, 3))
    assert watch(world) == []


@pytest.mark.databases
def test_a_batch_anchored_past_the_service_is_told_once(world: World) -> None:
    begun(world)
    root, transaction = strangers.anchored(world.office, "unknown")
    (record,) = watch(world)
    assert (record.kind, record.agency, record.transaction_hash) == ("BatchAnchored", LOW, transaction)
    assert json.loads(record.facts)["root"] == f"0x{root.hex()}"
    assert watch(world) == [record]
    with world.office.store.reading() as work:
        names = rows.names(world.office, work, LOW)
    for language in wording.LANGUAGES:
        assert "low-approver" in foreign_words.said(record, wording.of(language), names)


def test_statuses_and_rights_changed_past_the_service_are_told(world: World) -> None:
    (certificate,) = issue_permits(begun(world), 2)
    strangers.revoked(world.office, certificate.leaf or b"")
    managers = [world.officer("low-manager").signer, world.officer("top-manager").signer]
    world.registry.govern("set_officer", LOW, signer("intruder").address, int(Capability.APPROVE), by=managers)
    status, officer = watch(world)
    assert (status.kind, officer.kind) == ("StatusChanged", "OfficerSet")
    words = wording.of("en")
    assert "revoked" in foreign_words.said(status, words, {})
    assert "approve batches" in foreign_words.said(officer, words, {})


def test_a_replacement_of_another_pair_than_was_ordered_is_told(world: World) -> None:
    first, second = issue_permits(begun(world), 2, 3)
    new = replacement(world, first)
    strangers.replaced(world.office, new, second.leaf or b"", hour=490_000)
    assert "CertificateReplaced" in {record.kind for record in watch(world)}


def test_a_replacement_that_was_ordered_is_nothing_to_tell(world: World) -> None:
    (first,) = issue_permits(begun(world), 2)
    batch = replacing.draft(world.office, first, Changes({"hotline": "12345"}), purpose=Purpose.REPLACE)
    seal(world, batch)
    assert watch(world) == []


def test_what_a_node_withholds_is_told_once_it_is_shown(world: World) -> None:
    begun(world)
    _, transaction = strangers.anchored(world.office, "unknown")
    world.registry.withheld = {transaction}
    for _ in range(2):
        with pytest.raises(RegistryUnavailable, match="withholds"):
            watching.step(world.office, None)
        world.registry.mine()
    world.registry.withheld = set()
    assert len(watch(world)) == 1


def test_an_agency_without_certificates_is_watched_if_its_officers_are_here(world: World) -> None:
    begun(world)
    world.registry.govern("suspend_agency", TOP, council=True)
    watch(world)
    with world.office.store.reading() as work:
        assert work.agencies_with_data() == [LOW]
        assert [each.kind for each in rows.foreign(work, TOP, most=9, acknowledged=False)] == ["AgencySuspended"]


def test_agency_of_which_only_a_manager_is_here_keeps_its_books_elsewhere(world: World, door: Door) -> None:
    begun(world)
    for account in world.office.keystore.officers():
        if account.agency == TOP and account.name != "top-manager":
            next(world.office.keystore.folder.glob(f"officers/{account.name}*")).unlink()
    for key in world.office.keystore.folder.glob(f"documents/{TOP}-*"):
        key.unlink()
    with world.office.store.reading() as work:
        assert rows.agencies(world.office, work) >= {LOW, TOP}
    door.hire("top-manager", Role.AGENCY_MANAGER)
    with world.office.store.reading() as work:
        assert TOP not in rows.agencies(world.office, work)
        assert LOW in rows.agencies(world.office, work)
    world.registry.govern("suspend_agency", TOP, council=True)
    watch(world)
    with world.office.store.reading() as work:
        assert rows.foreign(work, TOP, most=9, acknowledged=False) == []
    door.hire("top-clerk", Role.PREPARER, agency=TOP)
    with world.office.store.reading() as work:
        assert TOP in rows.agencies(world.office, work)


def test_other_agencies_records_are_not_told(world: World) -> None:
    begun(world)
    world.registry.govern("suspend_agency", 3, council=True)
    assert watch(world) == []


def test_the_first_look_tells_what_the_database_does_not_know_however_old_and_nothing_else(
    world: World, office: PostOffice
) -> None:
    first, second = issue_permits(world, 1, 2)
    carried_out(world, [first])
    strangers.anchored(world.office, "long ago")
    strangers.revoked(world.office, second.leaf or b"")
    told = post(office.port)
    found = watch(world, told)
    assert [each.kind for each in found] == ["BatchAnchored", "StatusChanged"]
    assert watch(world, told) == found
    deliver(world, told)
    (letter,) = office.came
    text = letter.get_content()
    blocks = [each.block_number for each in found]
    assert f"2 records in the name of agency {LOW}, in 2 transactions (blocks {blocks[0]} to {blocks[1]})" in text
    assert "2 条以机关 2 名义上链" in text
    assert "restored from a backup" in text
    assert "数据库" in text
    for record in found:
        assert foreign_words.said(record, wording.of("en"), {}).partition("0x")[0] in text


def test_what_comes_after_the_first_look_has_a_message_of_its_own_without_what_was_told(
    world: World, office: PostOffice
) -> None:
    strangers.anchored(world.office, "long ago")
    strangers.anchored(world.office, "a year ago")
    told = post(office.port)
    moment = world.registry.now
    watch(world, told)
    root, transaction = strangers.anchored(world.office, "just now")
    # Within the same second, by the clock of this service.
    world.registry.now = moment
    watch(world, told)
    wait(world, minutes=1)
    deliver(world, told)
    first, second = (letter.get_content() for letter in office.came)
    assert "in 2 transactions" in first
    assert root.hex() not in first
    assert f"1 records in the name of agency {LOW}, in transaction 0x{transaction.hex()}" in second
    assert "restored" not in second


def test_a_reorganisation_does_not_make_the_past_rights_foreign(world: World) -> None:
    before = world.registry.snapshot()
    begun(world)
    world.registry.revert(before)
    world.registry.mine(90)
    assert watch(world) == []


def test_a_watch_that_began_before_there_were_heads_looks_at_the_past_once(world: World) -> None:
    _, transaction = strangers.anchored(world.office, "long ago")
    newest = world.registry.newest()
    with world.office.store.writing() as work:
        work.add(RecordsFollowed(since_block=newest.number, block_number=newest.number, block_hash=newest.hash))
    world.registry.mine()
    assert [each.transaction_hash for each in watch(world)] == [transaction]


def test_nothing_is_missed_while_the_worker_was_down_or_the_node_silent(world: World) -> None:
    begun(world)
    strangers.anchored(world.office, "meanwhile")
    world.registry.mine(5)
    world.registry.silent = True
    with pytest.raises(RegistryUnavailable):
        watching.step(world.office, None)
    world.registry.silent = False
    assert len(watch(world)) == 1


def test_a_long_absence_is_looked_through(world: World) -> None:
    begun(world)
    world.registry.mine(3)
    strangers.anchored(world.office, "meanwhile")
    world.registry.mine(3)
    assert len(watch(world)) == 1


def test_a_reorganised_chain_is_looked_through_again_and_nothing_is_told_twice(world: World) -> None:
    begun(world)
    before = world.registry.snapshot()
    _, transaction = strangers.signed(world.office, "twice")
    strangers.sent(world.office, transaction)
    (record,) = watch(world)
    world.registry.revert(before)
    world.registry.mine(2)
    strangers.sent(world.office, transaction)
    strangers.anchored(world.office, "another")
    again = watch(world)
    assert [each.id for each in again[:1]] == [record.id]
    assert len(again) == 2


def test_two_workers_tell_once(world: World) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    end = world.registry.newest()
    found = list(world.registry.records(1, end.number))
    with world.office.store.reading() as work:
        mark = rows.followed(work)
    assert mark is not None
    before = mark.block_number, mark.block_hash
    assert len(watch(world)) == 1
    # The slower of the two had read the same, and the mark is not where it saw it any more.
    watching._move(world.office, before, (end, Heads()), found, None)  # noqa: SLF001 — the very race
    assert len(watch(world)) == 1


def test_every_record_is_said_in_both_languages(world: World) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    (record,) = watch(world)
    names = """size sequence root preparer approvers leaf actor officers old_leaf new_leaf officer consenters kid
        cut_off_block certificate_type approvals"""
    facts = {**dict.fromkeys(names.split(), "0x00"), "track": "REVOKED", "from_hour": 0, "until_hour": 0}
    record.facts = json.dumps({**facts, "capabilities": 0})
    for kind in (*SENTENCES, "SomethingToCome"):
        record.kind = kind
        said = {foreign_words.said(record, wording.of(language), {}) for language in wording.LANGUAGES}
        assert len(said) == 2
        assert all(each and "%(" not in each for each in said)


# Within a minute.


def test_an_alert_is_out_within_a_minute_of_the_block() -> None:
    slowest = watching.EVERY_S + rounds.IDLE_S + posting.TIMEOUT_S + rounds.AFTER_AN_ACCIDENT_S
    assert slowest < 60


# By e-mail.


def test_one_message_for_each_transaction_tells_all_its_records_in_both_languages(
    world: World, office: PostOffice
) -> None:
    begun(world)
    _, transaction = strangers.anchored(world.office, "unknown")
    told = post(office.port)
    watch(world, told)
    deliver(world, told)
    watch(world, told)
    deliver(world, told)
    (message,) = office.came
    assert office.addressed == [[DUTY]]
    assert (message["From"], message["To"], message["Auto-Submitted"]) == (SENDER, DUTY, "auto-generated")
    assert message["Message-ID"] == f"<{LOW}.{transaction.hex()}@example.gov.cn>"
    text = message.get_content()
    assert "以本机关名义上链" in text
    assert "was anchored in this agency's name" in text
    assert f"0x{transaction.hex()}" in text
    assert "low-approver" in text
    assert "/reconciliation" in text


def test_a_message_names_the_agencys_own_officers_and_no_others(world: World, office: PostOffice) -> None:
    (certificate,) = issue_permits(begun(world), 2)
    strangers.revoked(world.office, certificate.leaf or b"", agency="top")
    told = post(office.port)
    watch(world, told)
    deliver(world, told)
    text = office.came[0].get_content()
    assert world.officer("top-preparer").signer.address.hex() in text
    assert "top-preparer" not in text


@pytest.mark.databases
def test_a_message_is_tried_until_it_arrives(world: World, office: PostOffice) -> None:
    begun(world)
    _, transaction = strangers.anchored(world.office, "unknown")
    office.answers = ["451 try later", "550 no", "421 busy"]
    told = post(office.port)
    watch(world, told)
    for attempt in range(1, 4):
        assert mailing.send_one(world.office, told)
        assert not mailing.send_one(world.office, told)
        with world.office.store.reading() as work:
            (waiting,) = rows.undelivered(work, LOW)
        assert (waiting.attempts, waiting.delivered_at) == (attempt, None)
        assert waiting.last_answer.startswith("the mail server answered")
        wait(world, hours=1)
    assert mailing.send_one(world.office, told)
    assert [message["Message-ID"] for message in office.came] == [f"<{LOW}.{transaction.hex()}@example.gov.cn>"]
    wait(world, days=2)
    assert not mailing.send_one(world.office, told)
    with world.office.store.reading() as work:
        assert rows.undelivered(work, LOW) == []


def test_a_mail_server_that_is_away_is_tried_again_after_a_restart(world: World, office: PostOffice) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    nowhere, told = post(1), post(office.port)
    watch(world, nowhere)
    assert mailing.send_one(world.office, nowhere)
    with world.office.store.reading() as work:
        (waiting,) = rows.undelivered(work, LOW)
    assert waiting.last_answer == "the mail server could not be reached: ConnectionRefusedError"
    wait(world, minutes=1)
    deliver(world, told)
    assert len(office.came) == 1


def test_whoever_dies_within_an_attempt_lets_go_of_it(world: World, office: PostOffice) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    told = post(office.port)
    watch(world, told)
    with world.office.store.writing() as work:
        mail = rows.due(work, world.office.now())
        assert mail is not None
        mail.attempts += 1
        mail.next_at = world.office.now() + mailing.LEASE
    assert not mailing.send_one(world.office, told)
    wait(world, minutes=3)
    deliver(world, told)
    assert len(office.came) == 1


def test_an_address_that_the_server_refuses_does_not_keep_the_others_from_being_told(
    world: World, office: PostOffice
) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    told = post(office.port, recipients={"2": (DUTY,), "*": ("gone@example.gov.cn", DUTY)})
    office.refused = {"gone@example.gov.cn"}
    watch(world, told)
    deliver(world, told)
    assert office.addressed == [[DUTY]]
    with world.office.store.reading() as work:
        assert rows.undelivered(work, LOW) == []
    office.refused.add(DUTY)
    with pytest.raises(Unreachable, match="refused all 2 addresses"):
        told.send(office.came[0])


def test_a_message_of_many_records_lists_the_first(
    world: World, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailing, "MOST_LISTED", 0)
    begun(world)
    strangers.anchored(world.office, "unknown")
    told = post(office.port)
    watch(world, told)
    deliver(world, told)
    assert "(and 1 more)" in office.came[0].get_content()


def test_without_addresses_nobody_is_written_to(world: World, office: PostOffice) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    told = post(office.port, recipients={"1": (DUTY,)})
    watch(world, told)
    deliver(world, told)
    assert not mailing.send_one(world.office, None)
    assert office.came == []


def test_messages_go_protected_and_only_to_a_server_that_is_believed(world: World, tmp_path: Path) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    server, client = certified(tmp_path, "localhost")
    with open_post_office(server) as office:
        told = post(office.port, host="localhost", security="starttls", trust=client)
        watch(world, told)
        doubted = post(office.port, host="localhost", security="starttls", trust=ssl.create_default_context())
        assert mailing.send_one(world.office, doubted)
        assert office.came == []
        wait(world, minutes=1)
        deliver(world, told)
        assert len(office.came) == 1


# Settings.


def settings(**values: object) -> Settings:
    given: dict[str, object] = {"alert_mail": f"2={DUTY}", "smtp_host": "127.0.0.1", "smtp_from": SENDER}
    return Settings(**(given | values))  # type: ignore[arg-type]


def test_settings_name_the_server_and_who_is_told(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n", encoding="utf-8")
    made = posting.of(
        settings(
            alert_mail="2=a@x.cn, 2=b@x.cn,*=c@x.cn,",
            smtp_user="yinxin",
            smtp_password_file=tmp_path / "password",
        )
    )
    assert made is not None
    assert made.addresses(2) == ("a@x.cn", "b@x.cn", "c@x.cn")
    assert made.addresses(7) == ("c@x.cn",)
    assert (made.user, made.password, made.security) == ("yinxin", "secret", "starttls")
    assert "secret" not in repr(made)
    assert posting.of(Settings()) is None  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"smtp_host": ""}, SettingMissing),
        ({"smtp_from": ""}, SettingMissing),
        ({"smtp_from": "yinxin@x.cn\nBcc: somebody@x.cn"}, InvalidInput),
        ({"smtp_from": "yinxin"}, InvalidInput),
        ({"smtp_from": "Yinxin <yinxin@x.cn>"}, InvalidInput),
        ({"smtp_from": "yinxin@x.cn@y.cn"}, InvalidInput),
        ({"smtp_user": "yinxin"}, SettingMissing),
        ({"smtp_user": "yinxin", "smtp_password_file": "/nowhere/at/all"}, SettingMissing),
        ({"smtp_host": "mail.example.gov.cn", "smtp_security": "none"}, InvalidInput),
        ({"smtp_host": "10.0.0.1", "smtp_security": "none"}, InvalidInput),
        ({"alert_mail": "duty@example.gov.cn"}, InvalidInput),
        ({"alert_mail": "2=duty"}, InvalidInput),
        ({"alert_mail": "two=duty@x.cn"}, InvalidInput),
        ({"alert_mail": "2=a b@x.cn"}, InvalidInput),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match="YINXIN_"):
        posting.of(settings(**wrong))


def test_in_the_clear_only_this_machines_own_server_is_spoken_to() -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        assert posting.of(settings(smtp_host=host, smtp_security="none")) is not None


# To systems that listen.


@pytest.mark.databases
def test_systems_that_listen_are_told_once_in_a_signed_message(world: World) -> None:
    with receiving() as receiver:
        begun(world)
        _, secret = hook(world, receiver, "record.foreign")
        hook(world, receiver, "batch.final")
        _, transaction = strangers.anchored(world.office, "unknown")
        (record,) = watch(world)
        watch(world)
        while telling.step(world.office, sender()):
            pass
        (message,) = receiver.messages
    assert message.is_signed_with(secret)
    body = json.loads(message.body)
    assert body["type"] == "record.foreign"
    assert body["data"] == {
        "record": record.id,
        "event": "BatchAnchored",
        "block": record.block_number,
        "transaction": f"0x{transaction.hex()}",
    }


# On the pages.


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as made:
        yield made


BANNER = "The registry holds 1 record in your agency's name that was not queued here."


def test_every_page_of_the_agencys_people_says_it_until_a_manager_takes_note(world: World, door: Door) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    (record,) = watch(world)
    preparer = door.clerk("low-preparer", Role.PREPARER)
    manager = door.clerk("low-manager", Role.AGENCY_MANAGER)
    above = door.clerk("top-preparer", Role.PREPARER)
    for path in ("/", "/batches", "/certificates"):
        assert BANNER in preparer.get(path).text
        assert BANNER not in above.get(path).text
    assert "/reconciliation" not in preparer.get("/").text
    shown = manager.get("/reconciliation").text
    assert BANNER in shown
    assert "low-approver (0x" in shown
    assert preparer.post("/reconciliation/acknowledge", {"record": record.id}).status_code == 403
    assert manager.post("/reconciliation/acknowledge", {"record": record.id}).status_code == 303
    assert BANNER not in preparer.get("/").text
    after = manager.get("/reconciliation").text
    assert "1 record is acknowledged." in after
    assert "acknowledged by low-manager" in after
    with world.office.store.reading() as work:
        assert rows.waiting(work, LOW) == 0


def test_the_log_names_the_records_that_were_acknowledged_and_no_others(world: World, door: Door) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    strangers.anchored(world.office, "another")
    first, second = watch(world)
    manager = door.clerk("low-manager", Role.AGENCY_MANAGER)
    manager.post("/reconciliation/acknowledge", {"record": first.id})
    manager.post("/reconciliation/acknowledge", {"record": [first.id, second.id, 999]})
    with world.office.store.reading() as work:
        noted = select(AuditLine.detail).where(AuditLine.what == "foreign records noted").order_by(col(AuditLine.id))
        assert work.session.exec(noted).all() == [str(first.id), str(second.id)]


def test_another_agencys_manager_acknowledges_nothing_of_it(world: World, door: Door) -> None:
    begun(world)
    strangers.anchored(world.office, "unknown")
    (record,) = watch(world)
    stranger = door.clerk("top-manager", Role.AGENCY_MANAGER)
    stranger.post("/reconciliation/acknowledge", {"record": record.id})
    with world.office.store.reading() as work:
        assert (rows.waiting(work, LOW), rows.waiting(work, TOP)) == (1, 0)
