"""Drafts one by one: made, changed, taken out, found; each by one agency alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from chain.errors import ClaimsInvalid
from issuer import approvals, audit_log, in_one_go, issuing
from issuer.draft import drafting, drafts
from issuer.errors import NotAllowed, NotFound, NotReady
from issuer.tables import account_rows
from issuer.tables.models import State
from tests.deployed import credit_code
from tests.issuer.desks import LOW, OTHER, PERMIT, change, clerk, make, opened, permit
from tests.issuer.offices import permit_number, permits

if TYPE_CHECKING:
    from issuer.tables.models import Batch
    from tests.issuer.offices import World


def batch(world: World, number: int) -> Batch:
    with world.office.store.reading() as work:
        return work.batch(number)


def numbers(world: World, number: int) -> list[tuple[int, str]]:
    """Return the places and certificate numbers of a batch."""
    with world.office.store.reading() as work:
        held = work.certificates(number)
        return [(each.position, str(world.office.records.claims(work, each)["number"])) for each in held]


def test_certificate_made_alone_is_a_batch_of_one(world: World) -> None:
    draft = opened(world, make(world, permit(1)))
    assert (draft.batch.size, draft.batch.state, draft.number) == (1, State.DRAFT, permit_number(1))
    assert draft.content.claims["issuing_authority"]
    assert draft.changeable


def test_agency_that_is_not_named_is_the_one_that_makes_it(world: World) -> None:
    claims = permit(1)
    del claims["issuing_authority"]
    assert opened(world, make(world, claims)).content.claims["issuing_authority"] == "演示机关2"


def test_certificate_joins_an_open_batch_of_its_type(world: World) -> None:
    first = opened(world, make(world, permit(1)))
    with world.office.store.reading() as work:
        assert [each.id for each in drafts.open_batches(work, LOW, PERMIT)] == [first.batch.id]
    second = opened(world, make(world, permit(2), batch_id=first.batch.id))
    assert (second.batch.id, second.batch.size, second.certificate.position) == (first.batch.id, 2, 1)


def test_batch_of_another_type_or_agency_is_not_open(world: World) -> None:
    number = opened(world, make(world, permit(1))).batch.id
    kind = by_identifier("business-licence")
    claims, _ = kind.from_row({claim.key: claim.example for claim in kind.columns})
    with pytest.raises(NotReady):
        make(world, claims, kind, batch_id=number)
    with pytest.raises(NotFound):
        make(world, claims, kind, batch_id=number, agency=OTHER)


def test_number_that_is_given_out_is_refused_and_nothing_is_made(world: World) -> None:
    make(world, permit(1))
    with pytest.raises(ClaimsInvalid) as refused:
        make(world, permit(1))
    assert [fault.claim for fault in refused.value.faults] == ["number"]
    with world.office.store.reading() as work:
        assert len(work.batches()) == 1


def test_agency_that_may_not_issue_a_type_makes_no_draft_of_it(world: World) -> None:
    with pytest.raises(NotAllowed):
        make(world, permit(1), agency=OTHER)


def test_changed_draft_is_found_under_its_new_number_and_holder_alone(world: World) -> None:
    row = make(world, permit(1))
    change(world, row, permit(2, operator_name="呼和浩特市演示餐饮有限公司", credit_code=credit_code(77)))
    with world.office.store.reading() as work:
        found = {
            text: drafts.listed(world.office, work, LOW, text=text)[1]
            for text in (
                permit_number(1),
                permit_number(2),
                "呼和浩特市演示餐饮有限公司",
                credit_code(77),
                "91150102MA0XXXX156",
            )
        }
    assert list(found.values()) == [0, 1, 1, 1, 0]


def test_draft_keeps_its_number_when_something_else_changes(world: World) -> None:
    row = make(world, permit(1))
    change(world, row, permit(1, hotline="12345"))
    assert opened(world, row).content.claims["hotline"] == "12345"


def test_second_of_two_clerks_who_change_a_draft_is_told(world: World) -> None:
    row = make(world, permit(1))
    seen = opened(world, row).seen
    change(world, row, permit(1, hotline="12345"), seen=seen)
    with pytest.raises(NotReady, match="somebody else"):
        change(world, row, permit(1, hotline="12315"), seen=seen)
    assert opened(world, row).content.claims["hotline"] == "12345"


def test_draft_that_says_the_same_is_not_changed(world: World) -> None:
    row = make(world, permit(1))
    seen = opened(world, row).seen
    change(world, row, opened(world, row).content.claims)
    assert opened(world, row).seen == seen


def test_draft_taken_out_leaves_no_gap(world: World) -> None:
    (number,) = drafting.draft(world.office, permits(1, 2, 3, 4), PERMIT, agency=LOW).batches
    with world.office.store.reading() as work:
        second = work.certificates(number)[1].id
    drafts.drop(world.office, second, clerk(world))
    assert numbers(world, number) == [(0, permit_number(1)), (1, permit_number(3)), (2, permit_number(4))]
    assert batch(world, number).size == 3
    issuing.prepare(world.office, number, world.officer("low-preparer"))


def test_batch_goes_with_its_last_draft(world: World) -> None:
    row = make(world, permit(1))
    number = opened(world, row).batch.id or 0
    drafts.drop(world.office, row, clerk(world))
    assert batch(world, number).state == State.DISCARDED
    with pytest.raises(NotFound):
        opened(world, row)
    make(world, permit(1))


def test_draft_of_another_agency_is_not_there(world: World) -> None:
    row = make(world, permit(1))
    for attempt in (
        lambda: opened(world, row, OTHER),
        lambda: drafts.drop(world.office, row, clerk(world, OTHER)),
        lambda: drafts.change(
            world.office, row, drafts.Content(permit(2)), clerk(world, OTHER), seen=opened(world, row).seen
        ),
    ):
        with pytest.raises(NotFound):
            attempt()
    with world.office.store.reading() as work:
        assert drafts.listed(world.office, work, OTHER) == ([], 0)


def test_list_has_pages_types_and_the_newest_first(world: World) -> None:
    drafting.draft(world.office, permits(*range(1, 31)), PERMIT, agency=LOW)
    newest = make(world, permit(99))
    with world.office.store.reading() as work:
        first, total = drafts.listed(world.office, work, LOW)
        second, _ = drafts.listed(world.office, work, LOW, page=2)
        none, of_none = drafts.listed(world.office, work, LOW, certificate_type="business-licence")
    assert (total, len(first), len(second), none, of_none) == (31, drafts.PAGE, 31 - drafts.PAGE, [], 0)
    assert first[0].certificate.id == newest
    assert [each.number for each in (*first, *second)[1:]] == [permit_number(n) for n in range(1, 31)]


def test_everything_a_clerk_does_is_in_the_log_without_what_it_says(world: World) -> None:
    row = make(world, permit(1))
    change(world, row, permit(1, hotline="12345"))
    drafts.drop(world.office, row, clerk(world))
    with world.office.store.reading() as work:
        audit_log.verify(work)
        lines = [line for line in account_rows.lines(work) if line.who == "uyun"]
    assert [line.what for line in lines] == ["draft made", "draft changed", "draft deleted"]
    assert {line.agency for line in lines} == {LOW}
    assert not any(permit_number(1) in f"{line.subject}{line.detail}" for line in lines)


@pytest.mark.parametrize("approved", [False, True], ids=["submitted", "approved"])
def test_any_edit_of_a_submitted_batch_voids_every_signature(world: World, *, approved: bool) -> None:
    first = make(world, permit(1))
    number = opened(world, first).batch.id or 0
    second = make(world, permit(2), batch_id=number)
    for edit in (
        lambda: change(world, first, permit(1, hotline="12345")),
        lambda: drafts.drop(world.office, second, clerk(world)),
    ):
        issuing.prepare(world.office, number, world.officer("low-preparer"))
        if approved:
            approvals.approve(world.office, number, world.officer("low-approver"))
        root = batch(world, number).root
        edit()
        with world.office.store.reading() as work:
            held = work.batch(number)
            assert (held.state, held.root, work.signatures(number)) == (State.DRAFT, None, [])
        issuing.prepare(world.office, number, world.officer("low-preparer"))
        assert batch(world, number).root not in {None, root}


def test_draft_that_is_on_its_way_to_the_chain_is_not_changed(world: World) -> None:
    row = make(world, permit(1))
    number = opened(world, row).batch.id or 0
    in_one_go.bring_to_approval(world.office, number, world.officer("low-preparer"), [world.officer("low-approver")])
    in_one_go.seal(world.office, world.lane(), [number])
    for attempt in (
        lambda: change(world, row, permit(1, hotline="12345")),
        lambda: drafts.drop(world.office, row, clerk(world)),
    ):
        with pytest.raises(NotReady):
            attempt()
