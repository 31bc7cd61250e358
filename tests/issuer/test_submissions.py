"""Two people over one batch: submitting, returning, recalling, and what makes signatures void."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chain.errors import InvalidInput
from chain.registry import Role
from issuer import approvals, in_one_go, issuing
from issuer.draft import submissions
from issuer.errors import NotAllowed, NotReady
from issuer.tables.account_models import Role as PageRole
from issuer.tables.models import State
from tests.issuer.clerks import pages
from tests.issuer.rehearsed import drafted, held, passed, person, submitted

if TYPE_CHECKING:
    from tests.issuer.offices import World


def test_batch_that_was_not_rehearsed_is_not_submitted(world: World) -> None:
    batch = drafted(world, 1)
    with pytest.raises(NotReady, match="was not rehearsed"):
        submissions.submit(world.office, batch, world.officer("low-preparer"))
    assert signed_by(world, batch) == []
    assert held(world, batch).state == State.DRAFT


def test_batch_that_was_changed_since_its_rehearsal_is_not_submitted(world: World) -> None:
    batch = drafted(world, 1)
    passed(world, batch)
    with world.office.store.writing() as work:
        submissions.void(world.office, work, work.batch(batch), "a draft was changed")
    with pytest.raises(NotReady, match="was not rehearsed"):
        submissions.submit(world.office, batch, world.officer("low-preparer"))


def test_submitting_signs_the_root_as_preparer(world: World) -> None:
    batch = submitted(world, 1)
    assert held(world, batch).state == State.PREPARED
    assert signed_by(world, batch) == [("low-preparer", Role.PREPARER)]


def test_preparer_cannot_approve(world: World) -> None:
    batch = submitted(world, 1)
    with pytest.raises(NotAllowed):
        approvals.approve(world.office, batch, world.officer("low-preparer"))


def test_root_that_was_shown_is_the_root_that_is_signed_or_none_is(world: World) -> None:
    batch = submitted(world, 1)
    shown = held(world, batch).root
    submissions.recall(world.office, batch, person(world, "low-preparer"))
    with world.office.store.writing() as work:
        submissions.void(world.office, work, work.batch(batch), "a draft was changed")
    passed(world, batch)
    submissions.submit(world.office, batch, world.officer("low-preparer"))
    with pytest.raises(NotReady, match="changed since it was shown"):
        approvals.approve(world.office, batch, world.officer("low-approver"), root=shown)
    assert signed_by(world, batch) == [("low-preparer", Role.PREPARER)]


def test_returned_batch_is_a_draft_without_signatures(world: World) -> None:
    batch = submitted(world, 1)
    submissions.return_(world.office, batch, person(world, "low-approver"), " 请核对地址。 ")
    assert held(world, batch).state == State.DRAFT
    assert signed_by(world, batch) == []
    with world.office.store.reading() as work:
        (comment,) = submissions.comments(world.office, work, work.batch(batch))
    assert (comment.who, comment.what, comment.text) == ("low-approver", "returned", "请核对地址。")


def test_returning_wants_a_comment_of_reasonable_length(world: World) -> None:
    batch = submitted(world, 1)
    for comment in (" ", "x" * (submissions.LONGEST_COMMENT + 1)):
        with pytest.raises(InvalidInput):
            submissions.return_(world.office, batch, person(world, "low-approver"), comment)


def test_returned_batch_can_be_submitted_again_without_another_rehearsal(world: World) -> None:
    batch = submitted(world, 1)
    submissions.return_(world.office, batch, person(world, "low-approver"), "again, please")
    submissions.submit(world.office, batch, world.officer("low-preparer"))
    assert held(world, batch).state == State.PREPARED


def test_what_people_wrote_is_encrypted_and_stands_in_no_log(world: World) -> None:
    batch = submitted(world, 1)
    submissions.return_(world.office, batch, person(world, "low-approver"), "娜仁花的地址")
    data = b"".join(path.read_bytes() for path in world.folder.glob("issuer.db*"))
    assert "娜仁花的地址".encode() not in data


def test_approved_batch_can_be_recalled_until_its_time_is_over(world: World) -> None:
    world.office = replace(world.office, undo=timedelta(minutes=10))
    batch = approved(world)
    with pytest.raises(NotReady, match="recalled until 2026-01-01"):
        world.lane().run([batch])
    assert batch not in in_one_go.ready_to_seal(world.office)
    submissions.recall(world.office, batch, person(world, "low-approver"), "one name is wrong")
    assert held(world, batch).state == State.DRAFT
    assert signed_by(world, batch) == []


def test_approved_batch_cannot_be_recalled_once_its_time_is_over(world: World) -> None:
    world.office = replace(world.office, undo=timedelta(minutes=10))
    batch = approved(world)
    world.registry.now += 600
    with pytest.raises(NotReady, match="could be recalled until"):
        submissions.recall(world.office, batch, person(world, "low-preparer"))
    in_one_go.seal(world.office, world.lane(), [batch])
    assert held(world, batch).state == State.ISSUED


def test_without_a_time_to_recall_an_approved_batch_is_sealed_at_once(world: World) -> None:
    batch = approved(world)
    with pytest.raises(NotReady):
        submissions.recall(world.office, batch, person(world, "low-preparer"))
    in_one_go.seal(world.office, world.lane(), [batch])
    assert held(world, batch).state == State.ISSUED


def test_only_who_signed_recalls(world: World) -> None:
    batch = submitted(world, 1)
    with pytest.raises(NotAllowed, match="wanted one of them"):
        submissions.recall(world.office, batch, person(world, "low-approver"))
    with pytest.raises(NotAllowed, match="wanted somebody of agency"):
        submissions.recall(world.office, batch, person(world, "other-preparer"))
    submissions.recall(world.office, batch, person(world, "low-preparer"))
    assert held(world, batch).state == State.DRAFT


def test_what_was_sent_cannot_be_recalled_or_changed(world: World) -> None:
    batch = approved(world)
    world.registry.automine = False
    with pytest.raises(Exception, match="not final yet"):
        world.lane().run([batch])
    with pytest.raises(NotReady):
        submissions.recall(world.office, batch, person(world, "low-preparer"))
    with world.office.store.writing() as work, pytest.raises(NotReady, match="cannot be changed any more"):
        submissions.void(world.office, work, work.batch(batch), "an edit")


def test_edit_voids_both_signatures(world: World) -> None:
    world.office = replace(world.office, undo=timedelta(minutes=10))
    batch = approved(world)
    assert len(signed_by(world, batch)) == 2
    with world.office.store.writing() as work:
        submissions.void(world.office, work, work.batch(batch), "a draft was changed")
    assert signed_by(world, batch) == []
    assert (held(world, batch).state, held(world, batch).root) == (State.DRAFT, None)


def test_batch_that_changes_between_look_and_signature_is_not_signed(world: World) -> None:
    batch = submitted(world, 1)
    with pages(world) as door:
        approver = door.clerk("low-approver", PageRole.APPROVER)
        page = approver.get(f"/batches/{batch}/approve")
        root = (held(world, batch).root or b"").hex()
        assert root in page.text
        submissions.recall(world.office, batch, person(world, "low-preparer"))
        with world.office.store.writing() as work:
            submissions.void(world.office, work, work.batch(batch), "a draft was changed")
        passed(world, batch)
        submissions.submit(world.office, batch, world.officer("low-preparer"))
        answer = approver.post(f"/batches/{batch}/approve", {"root": root, "confirm": "looked"})
        assert answer.status_code == 409
        assert "nothing was signed" in answer.text
        assert (held(world, batch).root or b"").hex() in answer.text
    assert signed_by(world, batch) == [("low-preparer", Role.PREPARER)]


def test_approving_wants_the_tick_and_a_fresh_sign_in(world: World) -> None:
    batch = submitted(world, 1)
    root = (held(world, batch).root or b"").hex()
    with pages(world) as door:
        approver = door.clerk("low-approver", PageRole.APPROVER)
        assert approver.post(f"/batches/{batch}/approve", {"root": root}).status_code == 409
        world.registry.now += 360
        for answer in (
            approver.get(f"/batches/{batch}/approve"),
            approver.post(f"/batches/{batch}/approve", {"root": root, "confirm": "looked"}),
        ):
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/confirm?next=")
    assert held(world, batch).state == State.PREPARED


def test_every_look_draws_another_sample(world: World) -> None:
    batch = submitted(world, *range(1, 21))
    with pages(world) as door:
        approver = door.clerk("low-approver", PageRole.APPROVER)
        looks = {sample_of(approver.get(f"/batches/{batch}/approve").text) for _ in range(6)}
    assert all(len(each) == 5 for each in looks)
    assert len(looks) > 1


def test_pages_of_another_agencys_batch_are_not_found(world: World) -> None:
    batch = submitted(world, 1)
    with pages(world) as door:
        stranger = door.clerk("other-preparer", PageRole.PREPARER, PageRole.APPROVER)
        for path in ("", "/approve", "/submit", "/return", "/recall", "/discard", "/rehearsal"):
            assert stranger.get(f"/batches/{batch}{path}").status_code == 404, path
        for path in ("/approve", "/submit", "/return", "/recall", "/discard", "/rehearsal", "/rehearsal/cancel"):
            assert stranger.post(f"/batches/{batch}{path}", {"comment": "x", "confirm": "looked"}).status_code == 404
        assert f"/batches/{batch}" not in stranger.get("/batches").text


def test_parent_sees_a_childs_batch_but_nothing_of_its_holders(world: World) -> None:
    batch = submitted(world, 1)
    with pages(world) as door:
        parent = door.clerk("top-preparer", PageRole.PREPARER)
        assert f"/batches/{batch}" in parent.get("/batches").text
        page = parent.get(f"/batches/{batch}")
        assert page.status_code == 200
        assert "呼和浩特市演示草原餐饮有限公司" not in page.text
        assert parent.get(f"/batches/{batch}/rehearsal").status_code == 404
        with world.office.store.reading() as work:
            (row,) = work.certificates(batch)
        for end in ("", "/preview.png", "/preview.pdf"):
            assert parent.get(f"/batches/{batch}/rows/{row.id}{end}").status_code == 404


def test_whole_way_on_the_pages(world: World) -> None:
    batch = drafted(world, 1, 2)
    with pages(world) as door:
        preparer = door.clerk("low-preparer", PageRole.PREPARER)
        approver = door.clerk("low-approver", PageRole.APPROVER)
        passed(world, batch)
        root = (held(world, batch).root or b"").hex()
        assert preparer.get(f"/batches/{batch}/submit").status_code == 200
        assert preparer.post(f"/batches/{batch}/submit", {"root": "00"}).status_code == 409
        assert preparer.post(f"/batches/{batch}/submit", {"root": root}).status_code == 303
        assert approver.post(f"/batches/{batch}/return", {"comment": ""}).status_code == 409
        assert approver.post(f"/batches/{batch}/return", {"comment": "请核对"}).status_code == 303
        assert "请核对" in preparer.get(f"/batches/{batch}").text
        assert preparer.post(f"/batches/{batch}/submit", {"root": root}).status_code == 303
        assert preparer.post(f"/batches/{batch}/recall", {"comment": ""}).status_code == 303
        assert preparer.post(f"/batches/{batch}/submit", {"root": root}).status_code == 303
        assert approver.post(f"/batches/{batch}/approve", {"root": root, "confirm": "looked"}).status_code == 303
        found = preparer.get(preparer.search(f"/batches/{batch}", text="呼和浩特市演示草原餐饮有限公司"))
        assert found.text.count("/rows/") == 2
        assert "fits" in preparer.get(preparer.search(f"/batches/{batch}", text="nobody")).text
    assert held(world, batch).state == State.APPROVED


def test_discarding_asks_first_and_wants_who_prepares(world: World) -> None:
    batch = drafted(world, 1)
    with pages(world) as door:
        preparer = door.clerk("low-preparer", PageRole.PREPARER)
        assert preparer.get(f"/batches/{batch}/discard").status_code == 200
        assert door.clerk("low-approver", PageRole.APPROVER).get(f"/batches/{batch}/discard").status_code == 403
        assert preparer.post(f"/batches/{batch}/discard").headers["location"] == "/batches"
        assert preparer.get(f"/batches/{batch}").status_code == 200
    assert held(world, batch).state == State.DISCARDED


def test_fixing_anew_under_another_key_voids_what_was_signed(world: World) -> None:
    batch = submitted(world, 1)
    before = held(world, batch)
    with world.office.store.writing() as work:
        work.batch(batch).kid = bytes(32)
    issuing.fix(world.office, batch)
    after = held(world, batch)
    assert (after.state, after.kid) == (State.DRAFT, before.kid)
    assert after.root != before.root
    assert signed_by(world, batch) == []


def approved(world: World) -> int:
    """Return a batch that both people have signed."""
    batch = submitted(world, 1)
    assert approvals.approve(world.office, batch, world.officer("low-approver")) == 0
    return batch


def signed_by(world: World, batch: int) -> list[tuple[str, int]]:
    """Return who signed a batch, and as what."""
    with world.office.store.reading() as work:
        return [(each.officer, each.role) for each in work.signatures(batch)]


def sample_of(page: str) -> tuple[str, ...]:
    """Return the rows whose pictures a page shows."""
    return tuple(
        part.partition("/preview.png")[0].rpartition("/")[2] for part in page.split('<img class="yx-preview"')[1:]
    )
