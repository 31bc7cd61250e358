"""Erasure of records, and of all that is held about one holder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from chain import merkle
from chain.certificate_types import by_identifier
from issuer import approvals, audit_log, holding, in_one_go, issuing, tasks
from issuer.audit_log import Occasion
from issuer.client import admission
from issuer.draft import drafting
from issuer.erasure import erasing, forgetting
from issuer.errors import Erased, NotAllowed, NotFound, NotReady
from issuer.tables import client_rows
from issuer.tables.client_models import Scope
from issuer.tables.document_models import StoredDocument
from issuer.tables.holder_models import HolderLink
from issuer.tables.models import State
from issuer.tables.rehearsal_models import Rehearsal
from issuer.tables.submission_models import BatchComment
from issuer.vault import Place
from tests.issuer import clients
from tests.issuer.offices import permit_number, permits, table
from tests.issuer.tampering import everything

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.models import Certificate
    from tests.issuer.offices import World

pytestmark = pytest.mark.databases
PERMIT = by_identifier("food-operation-permit")
LOW = 2
HOLDER = {"operator_name": "演示白云餐饮有限公司", "credit_code": "91150102MA0YYYYA1A"}
NAME, CODE = HOLDER.values()


def issued(world: World, *serials: int, **cells: str) -> int:
    return _sealed(world, drafting.draft(world.office, permits(*serials, **cells), PERMIT, agency=LOW).batches)


def issued_table(world: World, kind: str, *rows: dict[str, str]) -> int:
    return _sealed(world, drafting.draft(world.office, table(kind, *rows), by_identifier(kind), agency=LOW).batches)


def _sealed(world: World, batches: Sequence[int]) -> int:
    (batch,) = batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    in_one_go.seal(world.office, world.lane(), [batch])
    return batch


def certificates(world: World, batch: int) -> list[Certificate]:
    with world.office.store.reading() as work:
        return work.certificates(batch)


def forget(world: World, holder: str = CODE, *, listed: list[str] | None = None) -> forgetting.Forgotten:
    if listed is None:
        listed = [each.id for each in forgetting.list_(world.office, LOW, holder)]
    first, second = world.officer("low-preparer"), world.officer("low-approver")
    return forgetting.forget(world.office, LOW, holder, listed=listed, first=first, second=second)


def test_everything_about_a_holder_goes_and_the_chain_s_record_stays(world: World) -> None:
    office = world.office
    batch = issued(world, 1, **HOLDER)
    issued(world, 2)
    (gone,) = certificates(world, batch)
    holding.hand_out(office, gone.id, who="uyun", occasion=Occasion(office.now(), "10.0.0.7"))
    with office.store.writing() as work:
        closed = office.records.close(work, gone, "document", b"%PDF")
        work.add(StoredDocument(certificate_id=gone.id, sha256=b"", pdf=closed, made_at=office.now()))
        task = tasks.submit(office, work, "import", agency=LOW, login="uyun", data=NAME.encode())
        tasks.finish(office, work, tasks.find(work, task, LOW), {"said": NAME})
        comment = office.records.data_key(work, LOW).encrypt(b"x", Place("batch_comment", "text", "1"), entropy=bytes)
        work.add(BatchComment(id="1", batch_id=batch, at=office.now(), who="uyun", what="returned", text=comment))
    asked = clients.make(world, agency=LOW)
    caller = admission.admit(office, asked.secret, clients.occasion(world))
    used = admission.use(office, caller, Scope.INFO, clients.occasion(world), cause=NAME)
    admission.answered(office, caller, used, [gone.id], clients.occasion(world))
    before = [record.event for record in world.registry.records(0, world.registry.newest().number)]
    assert [each.id for each in forgetting.list_(office, LOW, NAME)] == [gone.id]
    assert forget(world) == forgetting.Forgotten(certificates=1, drafts=0, left=())
    with office.store.reading() as work:
        held = work.certificate(gone.id)
        assert (held.claims, held.number_index, held.holder_index, held.name_index) == (None, None, None, None)
        assert (held.leaf, work.batch(batch).size) == (gone.leaf, 1)
        assert merkle.root([held.leaf or b""]) == work.batch(batch).root
        with pytest.raises(Erased):
            office.records.claims(work, held)
        for model in (HolderLink, StoredDocument, BatchComment):
            assert work.session.exec(select(model)).first() is None
        assert work.session.get(Rehearsal, batch) is None
        ended = tasks.find(work, task, LOW)
        assert (ended.data, ended.result) == (None, None)
        (use,) = client_rows.uses(work, asked.client_id, most=2)
        assert use.cause is None
        assert office.find_all(work, permit_number(2))
        audit_log.verify(work)
    assert [record.event for record in world.registry.records(0, world.registry.newest().number)] == before
    with pytest.raises(NotFound):
        forgetting.list_(office, LOW, CODE)


def test_drafts_are_taken_out_of_their_batches(world: World) -> None:
    office = world.office
    drafting.draft(office, permits(1, **HOLDER), PERMIT, agency=LOW)
    (mixed,) = drafting.draft(office, permits(2) + permits(3, **HOLDER).split(b"\n", 1)[1], PERMIT, agency=LOW).batches
    assert forget(world) == forgetting.Forgotten(certificates=0, drafts=2, left=())
    with office.store.reading() as work:
        assert [each.position for each in work.certificates(mixed)] == [0]
        assert work.batch(mixed).size == 1
        assert office.find_all(work, permit_number(2))


def test_what_is_on_its_way_is_not_erased_and_nothing_else_is_then(world: World) -> None:
    batch = issued(world, 1, **HOLDER)
    (later,) = drafting.draft(world.office, permits(2, **HOLDER), PERMIT, agency=LOW).batches
    issuing.prepare(world.office, later, world.officer("low-preparer"))
    (line,) = [each for each in forgetting.list_(world.office, LOW, CODE) if each.erased_first]
    assert (line.batch, line.state) == (later, State.PREPARED)
    with pytest.raises(NotReady, match=f"batch {later}: it is PREPARED"):
        forget(world)
    assert certificates(world, batch)[0].record_key is not None


def test_only_what_was_listed_is_erased(world: World) -> None:
    issued(world, 1, **HOLDER)
    listed = [each.id for each in forgetting.list_(world.office, LOW, CODE)]
    issued(world, 2, **HOLDER)
    with pytest.raises(NotReady, match="got 1 certificates to erase, now there are 2"):
        forget(world, listed=listed)


def test_task_that_runs_is_waited_for(world: World) -> None:
    issued(world, 1, **HOLDER)
    with world.office.store.writing() as work:
        tasks.submit(world.office, work, "import", agency=LOW, login="uyun", data=b"x")
    with pytest.raises(NotReady, match=r"task 1 \(import\) is WAITING"):
        forget(world)


def test_two_officers_of_the_agency_are_wanted(world: World) -> None:
    issued(world, 1, **HOLDER)
    listed = [each.id for each in forgetting.list_(world.office, LOW, CODE)]
    for first, second in (("low-preparer", "low-preparer"), ("low-preparer", "top-approver")):
        people = world.officer(first), world.officer(second)
        with pytest.raises(NotAllowed):
            forgetting.forget(world.office, LOW, CODE, listed=listed, first=people[0], second=people[1])


def test_holder_of_another_agency_is_not_found(world: World) -> None:
    issued(world, 1, **HOLDER)
    for agency in (1, 3):
        with pytest.raises(NotFound) as refused:
            forgetting.list_(world.office, agency, CODE)
        assert CODE not in str(refused.value)


def test_one_record_is_erased_with_all_that_hangs_on_it(world: World) -> None:
    batch = issued(world, 1, 2)
    gone, kept = certificates(world, batch)
    erasing.erase(world.office, gone, world.officer("low-preparer"), world.officer("low-approver"))
    after = {each.id: each for each in certificates(world, batch)}
    assert after[gone.id].record_key is None
    assert after[kept.id].record_key == kept.record_key
    held = everything(world.office.store)
    assert gone.claims is not None
    assert gone.claims not in held
    assert kept.claims is not None
    assert kept.claims in held
    (draft,) = drafting.draft(world.office, permits(3), PERMIT, agency=LOW).batches
    (row,) = certificates(world, draft)
    with pytest.raises(NotReady, match="only certificates of issued"):
        erasing.erase(world.office, row, world.officer("low-preparer"), world.officer("low-approver"))
