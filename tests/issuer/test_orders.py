"""Status orders: proposed by one officer, signed by a second one."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from chain.calendar import first_hour
from chain.errors import InvalidInput
from chain.events import Track
from issuer import wording
from issuer.errors import Erased, NotAllowed, NotFound, NotReady, StatusNotKnown, Unconfirmed
from issuer.people.sessions import SignedIn
from issuer.status import order_texts, orders, statuses
from issuer.status.rehearsed_orders import Outcome
from issuer.tables import account_rows, order_rows
from issuer.tables.account_models import Role
from issuer.tables.order_models import OrderState
from tests.issuer.licences import LOW, TOP, by, carried_out, drafted, issue, issue_permits, proposed, states, wanted
from tests.issuer.offices import table

if TYPE_CHECKING:
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World


def tracks(world: World, row: Certificate) -> set[Track]:
    return {each.track for each in statuses.held_now(world.office, row)}


def state(world: World, order: int) -> str:
    with world.office.store.reading() as work:
        return order_rows.order(work, order, LOW).state


def officer(login: str, agency: int = LOW) -> SignedIn:
    roles = frozenset({Role.STATUS_OFFICER})
    return SignedIn(b"", 1, agency, login, login, roles, complete=True, fresh_until=None, csrf="")


def waiting(world: World, login: str, agency: int = LOW) -> list[int | None]:
    with world.office.store.reading() as work:
        return [order.id for order in orders.waiting_for(work, officer(login, agency))]


def test_order_of_two_officers_changes_a_whole_selection(world: World) -> None:
    rows = issue_permits(world, 1, 2, 3)
    number = carried_out(world, rows)
    assert states(world, number) == ["FINAL"]
    assert all(tracks(world, row) == {Track.REVOKED} for row in rows)


def test_one_transaction_carries_a_hundred_certificates(world: World) -> None:
    rows = issue_permits(world, *range(1, 103))
    number = proposed(world, rows)
    with world.office.store.reading() as work:
        changes = order_rows.changes(work, number)
        sizes = [len(work.status_targets(change.id or 0)) for change in changes]
    assert sizes == [100, 2]
    orders.approve(world.office, number, world.officer("low-approver"))
    world.lane().run()
    assert states(world, number) == ["FINAL", "FINAL"]
    assert tracks(world, rows[0]) == tracks(world, rows[-1]) == {Track.REVOKED}


def test_nothing_reaches_the_chain_by_the_first_officer_alone(world: World) -> None:
    rows = issue_permits(world, 1)
    number = proposed(world, rows)
    world.lane().run()
    assert states(world, number) == ["PREPARED"]
    assert tracks(world, rows[0]) == set()


def test_proposer_cannot_be_the_second_officer(world: World) -> None:
    number = proposed(world, issue_permits(world, 1))
    with pytest.raises(NotAllowed, match="wanted a second officer"):
        orders.approve(world.office, number, world.officer("low-preparer"))


def test_only_officers_with_the_capability_sign(world: World) -> None:
    rows = issue_permits(world, 1)
    number = drafted(world, rows)
    with pytest.raises(NotAllowed, match="may not change statuses"):
        orders.propose(world.office, number, world.officer("low-manager"))


def test_another_agencys_order_is_not_found(world: World) -> None:
    number = proposed(world, issue_permits(world, 1))
    with pytest.raises(NotFound):
        orders.approve(world.office, number, world.officer("top-approver"))
    with pytest.raises(NotFound):
        orders.rehearse(world.office, number, TOP)


def test_returned_order_keeps_no_signature_and_is_proposed_again(world: World) -> None:
    rows = issue_permits(world, 1)
    number = proposed(world, rows)
    with pytest.raises(InvalidInput, match="comment: got 0"):
        orders.send_back(world.office, number, " ", by(world, "low-approver"))
    with pytest.raises(NotAllowed, match="take it back"):
        orders.send_back(world.office, number, "自己", by(world))
    orders.send_back(world.office, number, "缺少决定书", by(world, "low-approver"))
    assert (state(world, number), states(world, number)) == (OrderState.RETURNED, [])
    with world.office.store.reading() as work:
        order = order_rows.order(work, number, LOW)
        assert order_texts.comment(world.office, work, order) == "缺少决定书"
    orders.reopen(world.office, number, by(world))
    orders.propose(world.office, number, world.officer("low-approver"))
    orders.approve(world.office, number, world.officer("low-preparer"))
    world.lane().run()
    assert tracks(world, rows[0]) == {Track.REVOKED}


def test_order_whose_status_changed_meanwhile_must_be_proposed_anew(world: World) -> None:
    rows = issue_permits(world, 1, 2)
    number = proposed(world, rows)
    above = [world.officer("top-preparer"), world.officer("top-approver")]
    statuses.request(world.office, rows[1], statuses.Wish("lost", None, None, "声明", None), above)
    world.lane().run()
    assert "1 certificates changed" in orders.outdated(world.office, number, LOW)
    with pytest.raises(NotReady, match="must be proposed anew"):
        orders.approve(world.office, number, world.officer("low-approver"))
    assert (state(world, number), states(world, number)) == (OrderState.OUTDATED, [])
    orders.reopen(world.office, number, by(world))
    orders.propose(world.office, number, world.officer("low-preparer"))
    orders.approve(world.office, number, world.officer("low-approver"))
    world.lane().run()
    assert tracks(world, rows[1]) == {Track.REVOKED, Track.LOSS}


def test_rehearsal_says_what_would_change_and_why_not(world: World) -> None:
    rows = issue_permits(world, 1, 2, 3)
    carried_out(world, rows[:1])
    above = [world.officer("top-preparer"), world.officer("top-approver")]
    statuses.request(world.office, rows[1], statuses.Wish("suspend", None, None, "调查", None), above)
    world.lane().run()
    suspension = wanted("suspend", "under-investigation", last_day=date(2026, 2, 1))
    rehearsal = orders.rehearse(world.office, drafted(world, rows, suspension), LOW)
    assert [each.outcome for each in rehearsal.outlooks] == [Outcome.CHANGES, Outcome.REFUSED, Outcome.CHANGES]
    assert "was set by an agency above" in str(rehearsal.outlooks[1].trouble)
    (then,) = rehearsal.outlooks[2].then
    assert (then.track, then.until_hour) == (Track.SUSPENSION, first_hour(date(2026, 2, 2)))
    assert [each.track for each in rehearsal.outlooks[0].then] == [Track.REVOKED, Track.SUSPENSION]
    again = orders.rehearse(world.office, drafted(world, rows), LOW)
    assert [each.outcome for each in again.outlooks] == [Outcome.IS_SO, Outcome.CHANGES, Outcome.CHANGES]


def test_rehearsal_leaves_out_what_its_type_does_not_know_and_an_order_of_nothing_else_is_refused(world: World) -> None:
    permit = issue_permits(world, 1)
    record = issue(world, table("inspection-record", {"number": "JC-1"}), "inspection-record")
    rehearsal = orders.rehearse(world.office, drafted(world, [*record, *permit]), LOW)
    assert [each.outcome for each in rehearsal.outlooks] == [Outcome.REFUSED, Outcome.CHANGES]
    trouble = rehearsal.outlooks[0].trouble
    assert isinstance(trouble, StatusNotKnown)
    assert wording.of("en").explain(trouble) == (
        "There is no status “Revoked” for this type: Inspection record. It knows these: Record rescinded, Corrected."
    )
    assert wording.of("zh-CN").explain(trouble) == "检查记录没有“已吊销”这种状态；可用的状态有：记录已撤销、已更正。"
    with pytest.raises(StatusNotKnown, match="knows no REVOKED"):
        drafted(world, record)


def test_what_is_final_is_refused_to_who_set_it_and_not_to_an_agency_above(world: World) -> None:
    rows = issue_permits(world, 1)
    carried_out(world, rows)
    lifting = wanted("revoke", "other", lift=True)
    rehearsal = orders.rehearse(world.office, drafted(world, rows, lifting), LOW)
    assert "is final" in str(rehearsal.outlooks[0].trouble)
    number = orders.draft(world.office, [rows[0].id], lifting, by(world, "top-preparer", TOP))
    orders.propose(world.office, number, world.officer("top-preparer"))
    orders.approve(world.office, number, world.officer("top-approver"))
    world.lane().run()
    assert tracks(world, rows[0]) == set()


def test_superior_rescinds_a_subordinates_certificate(world: World) -> None:
    rows = issue_permits(world, 1)
    wish = wanted("rescind", "obtained-by-fraud")
    number = orders.draft(world.office, [rows[0].id], wish, by(world, "top-preparer", TOP))
    orders.propose(world.office, number, world.officer("top-preparer"))
    orders.approve(world.office, number, world.officer("top-approver"))
    world.lane().run()
    (held,) = statuses.held_now(world.office, rows[0])
    assert (held.track, held.level) == (Track.RESCINDED, 1)
    with pytest.raises(NotAllowed, match="nor above it"):
        orders.draft(world.office, [rows[0].id], wish, by(world, "other-preparer", 3))


def test_order_that_undoes_what_is_in_force_must_be_confirmed(world: World) -> None:
    rows = issue_permits(world, 1)
    carried_out(world, rows, wanted("suspend", "under-investigation"))
    later = wanted("suspend", "under-investigation", date(2026, 3, 1))
    number = drafted(world, rows, later)
    assert orders.rehearse(world.office, number, LOW).doubtful
    with pytest.raises(Unconfirmed, match="would take its place"):
        orders.propose(world.office, number, world.officer("low-preparer"))
    assert orders.propose(world.office, number, world.officer("low-preparer"), confirmed=True) == 1


def test_certificate_in_one_order_waits_before_it_is_in_another(world: World) -> None:
    rows = issue_permits(world, 1)
    proposed(world, rows)
    second = drafted(world, rows, wanted("lost", "stolen"))
    (outlook,) = orders.rehearse(world.office, second, LOW).outlooks
    assert "another status order" in str(outlook.trouble)
    with pytest.raises(NotReady, match="would change nothing"):
        orders.propose(world.office, second, world.officer("low-preparer"))


def test_order_may_begin_on_a_later_day(world: World) -> None:
    rows = issue_permits(world, 1)
    carried_out(world, rows, wanted(first=date(2026, 4, 1)))
    (held,) = statuses.held_now(world.office, rows[0])
    assert held.from_hour == first_hour(date(2026, 4, 1))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (wanted("burn"), "verb: got «burn»"),
        (wanted("revoke", "bad-mood"), "reason: got «bad-mood»"),
        (wanted("revoke", "other", text=" "), "wanted what the other reason is"),
        (wanted("revoke", last_day=date(2026, 5, 1)), "has no end"),
        (wanted("renewal-pending", "applied-in-time"), "until: got none"),
        (wanted("suspend", "other", date(2026, 2, 2), last_day=date(2026, 2, 1)), "no day before the first"),
    ],
)
def test_impossible_orders_are_refused_before_anything_is_written(
    world: World, asked: orders.Wanted, words: str
) -> None:
    rows = issue_permits(world, 1)
    with pytest.raises(InvalidInput, match=words):
        drafted(world, rows, asked)


def test_chain_gets_a_salted_digest_of_the_grounds_and_the_file_is_not_kept(world: World) -> None:
    rows = issue_permits(world, 1)
    number = carried_out(world, rows, wanted(decision=b"%PDF decision", basis="第八十条"))
    with world.office.store.reading() as work:
        (change,) = order_rows.changes(work, number)
        target = work.status_target(change.id or 0, rows[0].id)
        grounds = world.office.records.open_grounds(work, rows[0], target.grounds or b"")
    opened = json.loads(grounds)
    assert hashlib.sha256(grounds).digest() == change.decision
    assert (opened["code"], opened["basis"], opened["reason"]) == ("penalty-revoked", "第八十条", "经查属实")
    assert opened["decision"] == hashlib.sha256(b"%PDF decision").hexdigest()
    raw = (world.folder / "issuer.db").read_bytes() + (world.folder / "issuer.db-wal").read_bytes()
    assert "经查属实".encode() not in raw
    assert b"%PDF decision" not in raw


def test_what_waits_for_whom(world: World) -> None:
    number = proposed(world, issue_permits(world, 1))
    assert waiting(world, "low-approver") == [number]
    assert waiting(world, "low-preparer") == []
    assert waiting(world, "top-approver", TOP) == []
    orders.send_back(world.office, number, "再查", by(world, "low-approver"))
    assert waiting(world, "low-approver") == []
    assert waiting(world, "low-preparer") == [number]
    orders.give_up(world.office, number, by(world))
    assert waiting(world, "low-preparer") == []


def test_every_step_is_in_the_log_of_actions_and_in_the_certificates_history(world: World) -> None:
    rows = issue_permits(world, 1)
    number = carried_out(world, rows)
    with world.office.store.reading() as work:
        lines = [(line.who, line.what) for line in account_rows.lines(work) if line.subject == f"status order {number}"]
        history = [line.what for line in work.history(certificate_id=rows[0].id)]
    assert lines == [
        ("low-preparer", "status order drafted"),
        ("low-preparer", "revoke proposed"),
        ("low-approver", "revoke signed"),
    ]
    assert history[:2] == ["revoke proposed", "revoke signed"]


def test_erasing_a_holder_destroys_what_orders_say(world: World) -> None:
    rows = issue_permits(world, 1)
    number = proposed(world, rows)
    with world.office.store.writing() as work:
        orders.forget(world.office, work, order_rows.order(work, number, LOW), world.officer("low-approver"))
    assert (state(world, number), states(world, number)) == (OrderState.GIVEN_UP, [])
    with world.office.store.reading() as work, pytest.raises(Erased):
        order_texts.opened(world.office, work, order_rows.order(work, number, LOW))
