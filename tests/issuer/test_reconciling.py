"""Books, registry and archive held against each other, both ways: each planted difference is found and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from chain import keys
from chain.events import BatchAnchored, Record, Track
from chain.manifest import Manifest, RowState, leaves_of
from issuer import approvals, issuing, tasks, wording
from issuer.delivery.document_making import DocumentMaker
from issuer.draft import drafting, replacing
from issuer.draft.replacing import Changes
from issuer.erasure import erasing
from issuer.reconciling import comparing, differences, rows, running
from issuer.reconciling.booked import Books
from issuer.reconciling.difference_words import SENTENCES
from issuer.reconciling.differences import Grade
from issuer.reconciling.registered import Registered
from issuer.status import following, orders
from issuer.tables.account_models import Role
from issuer.tables.document_models import StoredDocument
from issuer.tables.models import Purpose, State
from issuer.tables.reconciliation_models import Agreement
from issuer.working import Worker
from tests.deployed import document_key
from tests.issuer import strangers
from tests.issuer.clerks import pages
from tests.issuer.licences import LOW, PERMIT, TOP, by_identifier, carried_out, issue_permits, proposed, states
from tests.issuer.offices import permits
from tests.issuer.tampering import alter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuer.reconciling.differences import Difference
    from issuer.tables.models import Certificate
    from issuer.tables.reconciliation_models import Reconciliation
    from tests.issuer.clerks import Door
    from tests.issuer.offices import World


class Paper:
    """Makes documents in no time."""

    def __call__(self) -> Paper:
        return self

    def render(self, document: object) -> bytes:
        return b"%PDF " + str(getattr(document, "number", "")).encode()


def issued(world: World, *serials: int) -> list[Certificate]:
    """Issue permits and make their documents."""
    made = issue_permits(world, *serials)
    maker = DocumentMaker(world.office, Paper())  # type: ignore[arg-type]
    while maker.step():
        pass
    world.registry.mine(2)
    return made


def run(world: World, agency: int = LOW) -> Reconciliation:
    (made,) = running.reconcile(world.office, [agency], who="uyun", progress=lambda _done, _total: None)
    return made


def found(world: World) -> list[Difference]:
    return differences.read(run(world).findings)


def codes(world: World) -> set[tuple[Grade, str]]:
    return {(each.grade, each.code) for each in found(world)}


def only(world: World) -> Difference:
    (difference,) = found(world)
    return difference


# Agreement.


@pytest.mark.databases
def test_what_agrees_is_signed_for_and_stored(world: World) -> None:
    certificates = issued(world, 1, 2, 3)
    carried_out(world, certificates[:1])
    world.registry.mine(2)
    made = run(world)
    assert (made.agreement, differences.read(made.findings)) == (Agreement.AGREES, [])
    assert (made.batches, made.certificates, made.statuses, made.documents) == (1, 3, 1, 3)
    with world.office.store.reading() as work:
        assert rows.run(work, made.id or 0, LOW) == made
        latest = rows.latest(work, LOW)
        assert latest is not None
        assert latest.id == made.id
        assert rows.with_manifests(work, LOW) == {made.id}
    assert made.manifest is not None
    manifest = Manifest.parse(made.manifest)
    directory = world.office.directory()
    (key,) = directory.agency(LOW).keys
    assert manifest.kid == key.kid
    manifest.verify(world.office.keystore.document_key(LOW, key.kid).public)
    assert (manifest.agency, manifest.sequences, manifest.block_number) == (LOW, (1, 1), made.block_number)
    listed = leaves_of(manifest)
    assert set(listed) == {each.leaf for each in certificates}
    assert {row.state for _, row in listed.values()} == {RowState.ISSUED}
    assert all(len(row.documents) == 1 for _, row in listed.values())
    assert [held.track for held in listed[certificates[0].leaf or b""][1].tracks] == [Track.REVOKED]


def test_an_agency_without_anything_agrees(world: World) -> None:
    world.office.records.ensure_data_key(world.office.store, TOP, now=world.office.now())
    made = run(world, TOP)
    assert made.agreement == Agreement.AGREES
    assert Manifest.parse(made.manifest or b"").batches == ()


def test_what_is_on_its_way_is_a_remark(world: World) -> None:
    (batch,) = drafting.draft(world.office, permits(1), by_identifier(PERMIT), agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    made = run(world)
    assert made.agreement == Agreement.AGREES
    (difference,) = differences.read(made.findings)
    assert (difference.grade, difference.code) == (Grade.REMARK, "not_anchored_yet")
    (row,) = [row for _, row in leaves_of(Manifest.parse(made.manifest or b"")).values()]
    assert row.state is RowState.APPROVED
    world.registry.now += int(timedelta(hours=2).total_seconds())
    world.registry.mine()
    assert codes(world) == {(Grade.FAULT, "not_anchored_long")}


def test_erased_certificates_have_no_document_and_agree(world: World) -> None:
    first, _ = issued(world, 1, 2)
    erasing.erase(world.office, first, world.officer("low-preparer"), world.officer("low-approver"))
    made = run(world)
    assert made.agreement == Agreement.AGREES
    row = leaves_of(Manifest.parse(made.manifest or b""))[first.leaf or b""][1]
    assert (row.state, row.documents) == (RowState.ERASED, ())


# Differences with the registry.


@pytest.mark.databases
def test_a_batch_anchored_past_the_service_is_the_alarm_and_names_who_signed(world: World) -> None:
    issued(world, 1)
    root, transaction = strangers.anchored(world.office, "unknown")
    world.registry.mine(2)
    made = run(world)
    assert made.agreement == Agreement.DIFFERS
    (difference,) = differences.read(made.findings)
    assert (difference.grade, difference.code) == (Grade.ALARM, "anchored_unknown")
    assert difference.arguments["root"] == f"0x{root.hex()}"
    assert difference.arguments["transaction"] == f"0x{transaction.hex()}"
    assert (difference.arguments["sequence"], difference.arguments["size"]) == (2, 2)
    with world.office.store.reading() as work:
        names = rows.names(world.office, work, LOW)
    for language in wording.LANGUAGES:
        said, todo = difference.said(wording.of(language), names)
        assert "low-preparer (0x" in said
        assert "low-approver (0x" in said
        assert todo
    # The issuer vouches for what it knows: the auditor sees from the chain that number 2 is not in the manifest.
    manifest = Manifest.parse(made.manifest or b"")
    assert (manifest.sequences, [batch.sequence for batch in manifest.batches]) == ((1, 2), [1])


def test_a_gap_is_one_difference_however_great_the_number_that_the_node_tells(world: World) -> None:
    books = Books(LOW, (), (), frozenset())
    block = world.registry.newest()
    registered = Registered(block, block.number)
    for sequence in (1, 3, 2**32 - 1):
        event = BatchAnchored(LOW, sequence.to_bytes(32), 1, 1, 1, sequence, bytes(20), ())
        registered.take(Record(event, 1, bytes(32), 0, bytes(32), 0))
    told = islice(comparing.compare(books, registered, world.office.now()), 10)
    gaps = [(each.code, each.arguments) for each in told if each.code.startswith("sequence")]
    assert gaps == [
        ("sequence_gap", {"sequence": 2, "next": 3}),
        ("sequence_gaps", {"first": 4, "last": 2**32 - 2, "next": 2**32 - 1}),
    ]


def test_a_batch_that_the_registry_does_not_have_is_an_alarm(world: World) -> None:
    issued(world, 1)
    alter(world.office.store, "UPDATE batch SET root = :root", root=b"\5" * 32)
    assert codes(world) == {(Grade.ALARM, "batch_not_on_chain"), (Grade.ALARM, "anchored_unknown")}


def test_a_batch_brought_to_the_chain_though_it_was_never_queued_is_an_alarm(world: World) -> None:
    issued(world, 1)
    alter(world.office.store, "UPDATE batch SET state = :state", state=str(State.PREPARED))
    assert (only(world).grade, only(world).code) == (Grade.ALARM, "anchored_not_queued")


def test_a_batch_that_is_other_than_anchored_is_an_alarm(world: World) -> None:
    issued(world, 1, 2)
    alter(world.office.store, "UPDATE batch SET block_number = block_number - 1")
    difference = only(world)
    assert (difference.grade, difference.code, difference.arguments["what"]) == (Grade.ALARM, "batch_differs", "block")


def test_another_leaf_than_was_anchored_is_an_alarm(world: World) -> None:
    _, second = issued(world, 1, 2)
    alter(world.office.store, "UPDATE certificate SET leaf = :leaf WHERE id = :id", leaf=b"\6" * 32, id=second.id)
    difference = only(world)
    assert (difference.code, difference.arguments["count"], difference.arguments["position"]) == ("leaves_differ", 1, 2)


@pytest.mark.parametrize(("block", "grade", "code"), [(0, "REMARK", "batch_later"), (1, "ALARM", "batch_not_on_chain")])
def test_a_block_to_come_excuses_a_batch_only_if_the_chain_has_it(
    world: World, block: int, grade: str, code: str
) -> None:
    issued(world, 1)
    number = world.registry.newest().number + block
    alter(world.office.store, "UPDATE batch SET root = :root, block_number = :number", root=b"\5" * 32, number=number)
    assert (grade, code) in codes(world)


def replacement(world: World, old: Certificate) -> Certificate:
    """Have the officers sign a new version of a certificate; it is not on its way yet."""
    batch = replacing.draft(world.office, old, Changes({"hotline": "12345"}), purpose=Purpose.REPLACE)
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    with world.office.store.reading() as work:
        (new,) = work.certificates(batch)
        return new


@pytest.mark.parametrize("other", ["leaf", "hour", "nothing"])
def test_a_known_leaf_in_the_place_of_another_than_was_ordered_is_an_alarm(world: World, other: str) -> None:
    first, second = issued(world, 1, 2)
    new = replacement(world, first)
    with world.office.store.reading() as work:
        hour = work.batch(new.batch_id).from_hour
    leaf = (second if other == "leaf" else first).leaf or b""
    transaction = strangers.replaced(world.office, new, leaf, hour=hour + 24 * (other == "hour"))
    world.registry.mine(2)
    differing = [each for each in found(world) if each.code == "replaced_differs"]
    if other == "nothing":
        assert differing == []
        return
    (difference,) = differing
    assert difference.grade is Grade.ALARM
    assert difference.arguments["transaction"] == f"0x{transaction.hex()}"
    said, _ = difference.said(wording.of("en"), {})
    assert (first.leaf or b"").hex() in said


def test_a_leaf_that_was_to_replace_nothing_and_does_is_an_alarm(world: World) -> None:
    first, second = issued(world, 1, 2)
    new = replacement(world, first)
    strangers.replaced(world.office, new, second.leaf or b"", hour=490_000)
    world.registry.mine(2)
    alter(world.office.store, "UPDATE certificate SET replaces_id = NULL")
    (difference,) = [each for each in found(world) if each.code == "replaced_differs"]
    said, _ = difference.said(wording.of("en"), {})
    assert "takes the place of nothing: nothing" in said


# Statuses.


def test_a_signed_change_that_failed_is_a_fault_until_a_later_one_holds(world: World) -> None:
    certificates = issued(world, 1)
    leaf = certificates[0].leaf or b""
    proposal = proposed(world, certificates)
    orders.approve(world.office, proposal, world.officer("low-approver"))
    # The status is another one meanwhile than the officers signed for.
    strangers.revoked(world.office, leaf, agency="top", track=Track.LOSS)
    world.lane().run()
    assert states(world, proposal) == [State.FAILED]
    world.registry.mine(2)
    (failed,) = [each for each in found(world) if each.code == "status_failed"]
    assert (failed.grade, failed.arguments["count"]) == (Grade.FAULT, 1)
    assert failed.arguments["leaf"] == f"0x{leaf.hex()}"
    following.catch_up(world.office)
    again = carried_out(world, certificates)
    world.lane().run()
    world.registry.mine(2)
    assert set(states(world, again)) <= {State.IN_BLOCK, State.FINAL}
    assert "status_failed" not in {code for _, code in codes(world)}


def test_a_change_in_a_block_to_come_is_no_excuse_if_the_chain_has_no_such_block(world: World) -> None:
    carried_out(world, issued(world, 1))
    world.registry.mine(2)
    newest = world.registry.newest().number
    hide = "UPDATE status_change SET decision = :decision, block_number = :number"
    alter(world.office.store, hide, decision=b"\4" * 32, number=newest)
    assert (Grade.REMARK, "status_later") in codes(world)
    alter(world.office.store, hide, decision=b"\4" * 32, number=10**6)
    assert (Grade.ALARM, "status_not_on_chain") in codes(world)


def test_a_status_that_the_agency_did_not_order_is_an_alarm(world: World) -> None:
    (certificate,) = issued(world, 1)
    strangers.revoked(world.office, certificate.leaf or b"")
    world.registry.mine(2)
    difference = only(world)
    assert (difference.grade, difference.code) == (Grade.ALARM, "status_unknown")
    said, _ = difference.said(wording.of("en"), {})
    assert "revoked 2025-11-2" in said
    said, _ = difference.said(wording.of("zh-CN"), {})
    assert "吊销" in said


def test_a_status_set_by_the_agency_above_is_a_remark(world: World) -> None:
    (certificate,) = issued(world, 1)
    strangers.revoked(world.office, certificate.leaf or b"", agency="top")
    world.registry.mine(2)
    made = run(world)
    assert made.agreement == Agreement.AGREES
    assert [each.code for each in differences.read(made.findings)] == ["status_by_other"]


def test_a_status_that_is_shown_other_than_the_registry_has_it_is_an_alarm(world: World) -> None:
    first, second = issued(world, 1, 2)
    carried_out(world, [first])
    world.registry.mine(2)
    assert run(world).agreement == Agreement.AGREES
    alter(world.office.store, "UPDATE known_track SET from_hour = from_hour + 24")
    difference = only(world)
    assert (difference.grade, difference.code) == (Grade.ALARM, "status_shown_differs")
    assert difference.arguments["leaf"] == f"0x{(first.leaf or b'').hex()}"
    alter(world.office.store, "UPDATE known_track SET certificate_id = :id", id=second.id)
    assert [each.code for each in found(world)] == ["status_shown_differs", "status_shown_differs"]


def test_a_change_that_the_registry_never_had_is_an_alarm(world: World) -> None:
    certificates = issued(world, 1)
    carried_out(world, certificates)
    world.registry.mine(2)
    alter(world.office.store, "UPDATE status_change SET decision = :decision", decision=b"\4" * 32)
    assert codes(world) == {(Grade.ALARM, "status_not_on_chain"), (Grade.ALARM, "status_unknown")}


def test_a_change_that_says_something_else_here_is_an_alarm(world: World) -> None:
    carried_out(world, issued(world, 1))
    world.registry.mine(2)
    alter(world.office.store, "UPDATE status_change SET track = :track", track=int(Track.CANCELLED))
    assert codes(world) == {(Grade.ALARM, "status_change_differs")}


# Documents.


def test_a_document_of_other_bytes_is_an_alarm(world: World) -> None:
    certificates = issued(world, 1, 2)
    first, second = (each.id for each in certificates)
    with world.office.store.reading() as work:
        other = world.office.records.close(work, certificates[0], "document", b"%PDF of somebody else")
    alter(world.office.store, "UPDATE document SET pdf = :pdf WHERE certificate_id = :id", pdf=other, id=first)
    alter(world.office.store, "UPDATE document SET pdf = :pdf WHERE certificate_id = :id", pdf=b"x" * 64, id=second)
    assert codes(world) == {(Grade.ALARM, "document_altered")}
    assert len(found(world)) == 2


def test_a_document_put_in_the_place_of_another_with_its_digest_is_told_by_the_earlier_manifest(world: World) -> None:
    (certificate,) = issued(world, 1)
    assert run(world).agreement == Agreement.AGREES
    with world.office.store.writing() as work:
        row = work.session.get_one(StoredDocument, certificate.id)
        row.pdf = world.office.records.close(work, certificate, "document", b"%PDF, and another")
        row.sha256 = sha256(b"%PDF, and another").digest()
    # As often as it is asked: the new digest is never signed for.
    for _ in range(2):
        difference = only(world)
        assert (difference.grade, difference.code) == (Grade.ALARM, "document_changed")


def test_a_document_that_is_gone_is_a_fault_and_one_to_be_made_is_none(world: World) -> None:
    issue_permits(world, 1)
    world.registry.mine(2)
    assert codes(world) == {(Grade.REMARK, "documents_waiting")}
    issued(world, 2)
    alter(world.office.store, "DELETE FROM document")
    assert codes(world) == {(Grade.FAULT, "document_missing")}


def test_documents_that_were_signed_for_do_not_become_documents_to_be_made(world: World) -> None:
    issued(world, 1, 2)
    run(world)
    alter(world.office.store, "DELETE FROM document", "UPDATE batch SET documents_at = NULL")
    for _ in range(2):
        assert codes(world) == {(Grade.FAULT, "document_missing")}


def test_the_state_of_a_batch_does_not_hide_what_becomes_of_its_documents(world: World) -> None:
    first, second = issued(world, 1, 2)
    run(world)
    alter(
        world.office.store,
        "UPDATE batch SET state = 'FINAL', documents_at = NULL",
        "DELETE FROM document WHERE certificate_id = :gone",
        "UPDATE document SET pdf = :other, sha256 = :other WHERE certificate_id = :altered",
        gone=first.id,
        altered=second.id,
        other=bytes(32),
    )
    for _ in range(2):
        assert {(Grade.FAULT, "document_missing"), (Grade.ALARM, "document_changed")} <= codes(world)


def test_a_record_without_its_key_was_erased_only_if_the_log_says_so(world: World) -> None:
    first, _ = issued(world, 1, 2)
    run(world)
    alter(
        world.office.store,
        "DELETE FROM document WHERE certificate_id = :id",
        "UPDATE certificate SET record_key = NULL WHERE id = :id",
        id=first.id,
    )
    for _ in range(2):
        assert codes(world) == {(Grade.FAULT, "erased_unnoted")}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reconciliation WHERE id = (SELECT max(id) FROM reconciliation)",
        "DELETE FROM reconciliation",
        "UPDATE reconciliation SET manifest = NULL",
    ],
)
def test_a_newest_manifest_that_is_gone_is_an_alarm(world: World, statement: str) -> None:
    issued(world, 1)
    run(world)
    world.registry.mine()
    last = run(world).manifest or b""
    alter(world.office.store, statement)
    difference = only(world)
    assert (difference.grade, difference.code) == (Grade.ALARM, "manifest_missing")
    assert difference.arguments["digest"] == f"0x{sha256(last).hexdigest()}"


# Not run.


@pytest.mark.parametrize("what", ["batch", "status"])
def test_a_node_that_withholds_the_last_record_is_not_believed(world: World, what: str) -> None:
    (certificate,) = issued(world, 1)
    if what == "batch":
        _, transaction = strangers.anchored(world.office, "unknown")
    else:
        transaction = strangers.revoked(world.office, certificate.leaf or b"")
    world.registry.mine(2)
    world.registry.withheld = {transaction}
    made = run(world)
    assert (made.agreement, made.manifest) == (Agreement.NOT_RUN, None)
    assert "the node withholds some" in made.reason
    world.registry.withheld = set()
    assert run(world).agreement == Agreement.DIFFERS


def test_a_silent_node_is_not_run_and_never_an_agreement(world: World) -> None:
    issued(world, 1)
    world.registry.silent = True
    made = run(world)
    assert (made.agreement, made.reason, made.manifest) == (Agreement.NOT_RUN, "the node is silent", None)


def test_a_chain_that_changes_while_it_is_read_is_not_run(world: World) -> None:
    issued(world, 1)
    before = world.registry.snapshot()
    world.registry.mine(3)
    run(world)

    def reorganise(done: int, _total: int) -> None:
        world.registry.revert(before)
        world.registry.mine(90)

    issued(world, 2)
    (made,) = running.reconcile(world.office, [LOW], who="uyun", progress=reorganise)
    assert made.agreement == Agreement.NOT_RUN
    assert "reorganised" in made.reason


def test_without_a_key_of_the_agency_nothing_is_signed_and_it_says_why(world: World) -> None:
    issued(world, 1)
    for path in (world.folder / "keystore" / "documents").glob(f"{LOW}-*.pem"):
        path.unlink()
    made = run(world)
    assert (made.agreement, made.manifest) == (Agreement.AGREES, None)
    assert "document keys" in made.unsigned_because


# By the clock, as a task.


@pytest.mark.databases
def test_the_worker_reconciles_each_agency_once_a_day(world: World) -> None:
    issued(world, 1)
    office = world.office
    worker = Worker(office)
    assert not running.schedule(office, None)
    assert running.schedule(office, 3)
    assert not running.schedule(office, 3)
    while worker.step():
        pass
    with office.store.reading() as work:
        last = rows.latest(work, LOW)
        # Its officers' keys are here, and not one certificate.
        assert rows.latest(work, TOP) is not None
    assert last is not None
    assert (last.agreement, last.who) == (Agreement.AGREES, "this service")
    assert not running.schedule(office, 3)
    world.registry.now += int(timedelta(days=1).total_seconds())
    assert running.schedule(office, 3)
    assert not running.schedule(office, 3)


def test_one_that_could_not_ask_is_tried_again_after_half_an_hour(world: World) -> None:
    issued(world, 1)
    world.registry.silent = True
    with world.office.store.reading() as work:
        here = sorted(rows.agencies(world.office, work))
    made = running.reconcile(world.office, here, who="uyun", progress=lambda _done, _total: None)
    assert {each.agreement for each in made} == {Agreement.NOT_RUN}
    assert not running.schedule(world.office, 3)
    world.registry.now += int(timedelta(minutes=31).total_seconds())
    assert running.schedule(world.office, 3)


def test_who_asks_while_one_waits_gets_that_one(world: World) -> None:
    issued(world, 1)
    with world.office.store.writing() as work:
        number = running.submit(world.office, work, LOW, who="uyun")
        assert running.submit(world.office, work, LOW, who="naran") == number
        assert tasks.find(work, number, LOW).login == "uyun"


def test_only_the_newest_manifests_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "KEPT_MANIFESTS", 2)
    issued(world, 1)
    for _ in range(4):
        run(world)
    with world.office.store.reading() as work:
        numbers = [each.id for each in rows.runs(work, LOW, most=9)]
        assert rows.with_manifests(work, LOW) == set(numbers[:2])
    assert len(numbers) == 4


@pytest.mark.parametrize("altered", ["cut off", "another key's", "other content"])
def test_an_earlier_manifest_that_was_altered_is_an_alarm(world: World, altered: str) -> None:
    issued(world, 1)
    whole = Manifest.parse(run(world).manifest or b"")
    stranger = document_key("a stranger")
    other = {
        "cut off": whole.encode()[:-1],
        "another key's": whole.signed(keys.PublicKey.of(stranger).kid, keys.signer(stranger)).encode(),
        "other content": replace(whole, made_at=1).encode(),
    }[altered]
    alter(world.office.store, "UPDATE reconciliation SET manifest = :manifest", manifest=other)
    assert codes(world) == {(Grade.ALARM, "manifest_altered")}


# Words.


@pytest.mark.parametrize("code", SENTENCES)
def test_every_difference_is_said_in_both_languages(code: str) -> None:
    for language in wording.LANGUAGES:
        words = wording.of(language)
        for sentence in SENTENCES[code]:
            assert words.raw(sentence)


def test_of_many_differences_the_gravest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "MOST_KEPT", 2)
    several = [differences.Difference(grade, "leaves_unreadable", {}) for grade in (*Grade, *Grade)]
    kept = differences.ordered(several)
    assert [each.grade for each in kept] == [Grade.ALARM, Grade.ALARM, Grade.FAULT]
    assert (kept[-1].code, kept[-1].arguments["count"]) == ("and_more", 4)


# On the pages.


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as made:
        yield made


def test_managers_and_auditors_read_the_page_and_nobody_else(world: World, door: Door) -> None:
    issued(world, 1)
    manager = door.clerk("low-manager", Role.AGENCY_MANAGER)
    auditor = door.clerk("auditor", Role.AUDITOR, agency=LOW, language="zh-CN")
    preparer = door.clerk("low-preparer", Role.PREPARER)
    assert "It was not run yet." in manager.get("/reconciliation").text
    assert "尚未执行过对账" in auditor.get("/reconciliation").text
    assert preparer.get("/reconciliation").status_code == 403
    assert 'href="/reconciliation"' in manager.get("/").text
    assert 'href="/reconciliation"' not in preparer.get("/").text


def test_a_run_is_asked_for_watched_and_its_manifest_downloaded(world: World, door: Door) -> None:
    issued(world, 1)
    strangers.anchored(world.office, "unknown")
    world.registry.mine(2)
    auditor = door.clerk("auditor", Role.AUDITOR, agency=LOW)
    assert auditor.post("/reconciliation/run").status_code == 303
    waiting = auditor.get("/reconciliation").text
    assert "Under way." in waiting
    assert "Run it now" not in waiting
    assert "Under way." in auditor.get("/reconciliation/progress").text
    assert Worker(world.office).step()
    assert "Show the newest result" in auditor.get("/reconciliation/progress").text
    shown = auditor.get("/reconciliation").text
    for words in ("do not agree", "Alarm", "low-approver (0x", "Download the signed manifest", "Run it now"):
        assert words in shown
    with world.office.store.reading() as work:
        last = rows.latest(work, LOW)
    assert last is not None
    assert "low-approver (0x" in auditor.get(f"/reconciliation/{last.id}").text
    file = auditor.get(f"/reconciliation/{last.id}/manifest")
    assert file.status_code == 200
    assert Manifest.parse(file.content).agency == LOW
    assert "The latest reconciliation found differences." in auditor.get("/batches").text
    assert "The latest reconciliation" not in door.clerk("low-preparer", Role.PREPARER).get("/batches").text
    assert "attachment" in file.headers["content-disposition"]
    above = door.clerk("top-manager", Role.AGENCY_MANAGER)
    for path in (f"/reconciliation/{last.id}", f"/reconciliation/{last.id}/manifest", "/reconciliation/99"):
        assert above.get(path).status_code == 404


def test_a_run_that_could_not_ask_is_said_to_be_none(world: World, door: Door) -> None:
    issued(world, 1)
    manager = door.clerk("low-manager", Role.AGENCY_MANAGER)
    manager.get("/")
    world.registry.silent = True
    number = run(world).id
    shown = manager.get("/reconciliation").text
    assert "Something could not be asked" in shown
    assert "Not run" in shown
    assert manager.get(f"/reconciliation/{number}/manifest").status_code == 404
