"""From a spreadsheet to signed certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chain import certificate, code, merkle
from chain.certificate_types import by_identifier
from chain.events import BatchAnchored
from chain.keys import PublicKey
from issuer import approvals, in_one_go, issuing
from issuer.draft import drafting
from issuer.errors import FileRefused, NotAllowed, NotReady
from issuer.status import statuses
from issuer.status.statuses import Wish
from issuer.tables.models import State
from tests.fake_governing import FakeGoverning
from tests.issuer.offices import permit_number, permits, table

if TYPE_CHECKING:
    from issuer.tables.models import Batch, Certificate
    from tests.issuer.offices import World

PERMIT = by_identifier("food-operation-permit")
LOW = 2
pytestmark = pytest.mark.databases
"""The number of the agency that issues here."""


def drafted(world: World, *serials: int) -> int:
    (batch,) = drafting.draft(world.office, permits(*serials), PERMIT, agency=LOW).batches
    return batch


def approved(world: World, *serials: int) -> int:
    batch = drafted(world, *serials)
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    return batch


def issued(world: World, *serials: int) -> int:
    batch = approved(world, *serials)
    in_one_go.seal(world.office, world.lane(), [batch])
    return batch


def rows_of(world: World, batch_id: int) -> tuple[Batch, list[Certificate]]:
    with world.office.store.reading() as work:
        return work.batch(batch_id), work.certificates(batch_id)


def anchors(world: World) -> list[BatchAnchored]:
    newest = world.registry.newest().number
    return [each.event for each in world.registry.records(1, newest) if isinstance(each.event, BatchAnchored)]


def test_rows_become_certificates_that_verify_with_the_agencys_key(world: World) -> None:
    batch_id = issued(world, 1, 2, 3)
    batch, certificates = rows_of(world, batch_id)
    (key,) = world.office.directory().agency(LOW).keys
    registry_id = world.registry.identity().registry_id
    assert batch.state == State.ISSUED
    for position, row in enumerate(certificates):
        with world.office.store.reading() as work:
            sd_jwt, cose = world.office.records.signed(work, row)
        parsed = certificate.parse(sd_jwt)
        certificate.verify(parsed, PublicKey(key.x, key.y))
        read = code.parse(code.url(world.office.verifying_host, cose))
        code.verify(read, PublicKey(key.x, key.y), registry_id)
        assert parsed.leaf == read.leaf == row.leaf
        assert parsed.claims["number"] == read.facts.number == permit_number(position + 1)
        assert parsed.credential.issuer == "did:web:issuer.example.gov.cn:agencies:2"
        assert read.path is not None
        root = merkle.root_from_path(read.leaf, index=position, size=3, path=read.path.hashes)
        assert root == batch.root == anchors(world)[0].root


def test_empty_authority_is_the_agencys_name(world: World) -> None:
    data = permits(1, issuing_authority="")
    (batch,) = drafting.draft(world.office, data, PERMIT, agency=LOW).batches
    with world.office.store.reading() as work:
        claims = world.office.records.claims(work, work.certificates(batch)[0])
    assert claims["issuing_authority"] == world.office.directory().agency(LOW).name


def test_national_identifier_is_given_where_the_type_has_a_code(world: World) -> None:
    kind = by_identifier("construction-safety-licence")
    (batch,) = drafting.draft(world.office, table(kind.identifier, {}), kind, agency=LOW).batches
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    with world.office.store.reading() as work:
        (row,) = work.certificates(batch)
        claims = world.office.records.claims(work, row)
    identifier = str(claims["certificateIdentifier"])
    assert identifier.startswith(f"1.2.156.3005.2.{kind.type_code}.")
    assert ".2026000001.001." in identifier


def test_nothing_is_signed_before_the_anchor_is_final(world: World) -> None:
    batch = approved(world, 1)
    world.registry.automine = False
    with pytest.raises(NotReady, match="nothing is signed before"):
        issuing.sign(world.office, batch)
    with pytest.raises(Exception, match="not final yet"):
        in_one_go.seal(world.office, world.lane(), [batch])
    _, (row,) = rows_of(world, batch)
    assert row.credential is None
    assert row.code is None
    world.registry.automine = True
    world.registry.mine()
    in_one_go.seal(world.office, world.lane(), [batch])
    _, (row,) = rows_of(world, batch)
    assert row.credential is not None


def test_same_file_twice_is_the_same_batch(world: World) -> None:
    first = drafting.draft(world.office, permits(1, 2), PERMIT, agency=LOW)
    again = drafting.draft(world.office, permits(1, 2), PERMIT, agency=LOW)
    assert again.batches == first.batches
    assert (first.repeated, again.repeated) == (False, True)


def test_number_given_out_before_is_refused_with_its_row(world: World) -> None:
    issued(world, 1)
    with pytest.raises(FileRefused) as refused:
        drafting.draft(world.office, permits(7, 1), PERMIT, agency=LOW)
    (fault,) = refused.value.faults
    assert fault.row == 3
    assert permit_number(1) in fault.got
    with world.office.store.reading() as work:
        assert len(work.batches()) == 1


def test_number_of_a_certificate_that_ended_can_be_given_out_again(world: World) -> None:
    issued(world, 1)
    with world.office.store.reading() as work:
        row = world.office.find(work, permit_number(1))
    officers = [world.officer("low-preparer"), world.officer("low-approver")]
    statuses.request(world.office, row, Wish("cancel", None, None, "申请注销", None), officers)
    world.lane().run()
    drafts = drafting.draft(world.office, permits(1, hotline="12345"), PERMIT, agency=LOW)
    assert not drafts.repeated


def test_number_of_an_expired_certificate_can_be_given_out_again(world: World) -> None:
    (batch,) = drafting.draft(
        world.office, permits(1, issue_date="2020-01-01", valid_until="2024-12-31"), PERMIT, agency=LOW
    ).batches
    with pytest.raises(FileRefused):
        drafting.draft(world.office, permits(1), PERMIT, agency=LOW)
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    approvals.approve(world.office, batch, world.officer("low-approver"))
    in_one_go.seal(world.office, world.lane(), [batch])
    assert not drafting.draft(world.office, permits(1), PERMIT, agency=LOW).repeated


def test_large_file_is_split_into_batches_of_1024(world: World) -> None:
    drafts = drafting.draft(world.office, permits(*range(1, 1027)), PERMIT, agency=LOW)
    with world.office.store.reading() as work:
        assert [work.batch(each).size for each in drafts.batches] == [1024, 2]


def test_preparer_cannot_approve(world: World) -> None:
    top = world.officer("low-preparer")
    batch = drafted(world, 1)
    issuing.prepare(world.office, batch, top)
    with pytest.raises(NotAllowed, match="may not approve"):
        approvals.approve(world.office, batch, top)


def test_preparer_who_may_approve_as_well_cannot_approve_the_same_batch(world: World) -> None:
    both = world.officer("low-manager")
    governing = FakeGoverning(world.registry)
    top = world.officer("top-manager").signer
    governing.set_officer(LOW, both.signer.address, 15, by=[both.signer, top])  # type: ignore[arg-type]
    batch = drafted(world, 1)
    issuing.prepare(world.office, batch, both)
    with pytest.raises(NotAllowed, match="was prepared by low-manager"):
        approvals.approve(world.office, batch, both)


def test_approving_twice_changes_nothing(world: World) -> None:
    batch = approved(world, 1)
    assert approvals.approve(world.office, batch, world.officer("low-approver")) == 0
    with world.office.store.reading() as work:
        assert len(work.signatures(batch)) == 2


def test_officer_of_another_agency_is_refused(world: World) -> None:
    with pytest.raises(NotAllowed, match="other-preparer is of 演示机关3"):
        issuing.prepare(world.office, drafted(world, 1), world.officer("other-preparer"))


def test_officer_without_the_capability_is_told_what_they_may(world: World) -> None:
    with pytest.raises(NotAllowed, match="may not prepare batches"):
        issuing.prepare(world.office, drafted(world, 1), world.officer("low-approver"))


def test_agency_without_the_type_is_refused_before_anything_is_written(world: World) -> None:
    with pytest.raises(NotAllowed, match=r"演示机关3 .* does not hold the type food-operation-permit"):
        drafting.draft(world.office, permits(1), PERMIT, agency=3)
    with world.office.store.reading() as work:
        assert work.batches() == []


def test_agency_below_a_suspended_one_is_refused(world: World) -> None:
    FakeGoverning(world.registry).suspend_agency(1, council=True)
    with pytest.raises(NotAllowed, match=r"演示机关1 .* is suspended"):
        drafting.draft(world.office, permits(1), PERMIT, agency=LOW)


def test_preparing_again_keeps_the_leaves_but_voids_approvals(world: World) -> None:
    batch_id = approved(world, 1)
    before, _ = rows_of(world, batch_id)
    issuing.prepare(world.office, batch_id, world.officer("low-preparer"))
    after, _ = rows_of(world, batch_id)
    assert after.root == before.root
    assert after.state == State.PREPARED


def test_preparing_again_after_the_key_was_cut_off_takes_another_key(world: World) -> None:
    batch_id = approved(world, 1)
    before, _ = rows_of(world, batch_id)
    low, top = world.officer("low-manager").signer, world.officer("top-manager").signer
    governing = FakeGoverning(world.registry)
    governing.cut_off_key(LOW, before.kid or b"", world.registry.newest().number, by=[low])
    with pytest.raises(NotAllowed, match="0 document keys that count"):
        issuing.prepare(world.office, batch_id, world.officer("low-preparer"))
    key = world.office.keystore.new_document_key(LOW)
    governing.add_key(LOW, x=key.public.x, y=key.public.y, valid_from=0, by=[low, top])
    issuing.prepare(world.office, batch_id, world.officer("low-preparer"))
    after, _ = rows_of(world, batch_id)
    assert after.kid == key.public.kid
    assert after.root != before.root


def test_signatures_that_count_no_longer_are_refused_before_sending(world: World) -> None:
    batch = drafted(world, 1)
    issuing.prepare(world.office, batch, world.officer("low-preparer"))
    world.registry.mine(1001)
    with pytest.raises(NotReady, match="prepare and approve it again"):
        approvals.approve(world.office, batch, world.officer("low-approver"))


def test_discarded_batch_frees_its_numbers_and_its_file(world: World) -> None:
    batch = approved(world, 1)
    issuing.discard(world.office, batch, world.officer("low-preparer"))
    again = drafting.draft(world.office, permits(1), PERMIT, agency=LOW)
    assert not again.repeated
    assert again.batches != (batch,)


def test_who_neither_prepares_nor_approves_cannot_discard(world: World) -> None:
    with pytest.raises(NotAllowed, match="may not prepare batches or approve batches"):
        issuing.discard(world.office, drafted(world, 1), world.officer("low-manager"))


def test_batch_on_the_chain_cannot_be_discarded(world: World) -> None:
    batch = issued(world, 1)
    with pytest.raises(NotReady, match="is ISSUED"):
        issuing.discard(world.office, batch, world.officer("low-preparer"))


def test_sealing_what_is_issued_changes_nothing(world: World) -> None:
    batch = issued(world, 1)
    _, before = rows_of(world, batch)
    in_one_go.seal(world.office, world.lane(), [batch])
    _, after = rows_of(world, batch)
    assert [row.credential for row in before] == [row.credential for row in after]
    assert len(anchors(world)) == 1


def test_unapproved_batch_is_not_sealed(world: World) -> None:
    with pytest.raises(NotReady, match="wanted one that is APPROVED"):
        in_one_go.seal(world.office, world.lane(), [drafted(world, 1)])
