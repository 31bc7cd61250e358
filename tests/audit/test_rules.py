"""The rules of an audit, over histories that our contracts would not have written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import shipped
from chain.events import (
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    ApprovalsDemanded,
    Capability,
    CertificateReplaced,
    KeyAdded,
    KeyCutOff,
    MemberRemoved,
    OfficerSet,
    OwnApprovalsSet,
    ProposalExecuted,
    StatusChanged,
    SuccessorNamed,
    Track,
    TypeGranted,
    TypeRetired,
    TypeWithdrawn,
    VerifyingHostSet,
    VoteCast,
)
from tests.audit.made_up_rights import (
    APPROVER,
    BUSINESS,
    CHILD,
    HOUR,
    KID,
    LEAVES,
    MANAGERS,
    MEMBERS,
    PREPARER,
    TITLE,
    TOP,
    Story,
    person,
)
from verifier.audit import rules, rules_statuses
from verifier.wording import Language, keys, message, say

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_CUT_OFF = 2**64 - 1
_ONE_CHANGE = 1 << 240


@pytest.fixture
def story() -> Iterator[Story]:
    """Return an honest beginning; whatever is found afterwards can be said in both languages."""
    told = Story()
    assert told.codes == []
    yield told
    for finding in told.findings:
        for language in Language:
            assert "{" not in say(message(finding.key, **finding.arguments), language)


def test_every_rule_has_its_words_and_its_grade() -> None:
    for language in Language:
        known = keys(language)
        for code in rules.RULES:
            assert {f"audit.finding.{code}", f"audit.finding.{code}.why"} <= known
        assert {f"audit.family.{family}" for family in rules.Family} <= known


def test_honest_history_has_no_findings(story: Story) -> None:
    top, child = MANAGERS[TOP], MANAGERS[CHILD]
    assert story.issue() == []
    assert story.set_status(Track.SUSPENSION, until_hour=HOUR + 24, officers=(PREPARER,)) == []
    assert story.set_status(Track.SUSPENSION, from_hour=0) == []
    assert story.set_status(Track.REVOKED) == []
    # The council may undo what an agency did for good; it acts in an execution of its own.
    before = len(story.findings)
    story.happen(AgencySuspended(CHILD, 2, top[:1]))
    story.happen(AgencyResumed(CHILD, top))
    story.happen(ApprovalsDemanded(CHILD, 2, top[:1]), ApprovalsDemanded(CHILD, 0, top))
    story.happen(OwnApprovalsSet(CHILD, 2, child[:1]), OwnApprovalsSet(CHILD, 1, child))
    story.happen(TypeWithdrawn(CHILD, BUSINESS, child[:1]), TypeGranted(CHILD, BUSINESS, top))
    story.happen(KeyCutOff(CHILD, KID, 10_000, child[:1]), KeyCutOff(CHILD, KID, NO_CUT_OFF, top))
    story.happen(OfficerSet(CHILD, APPROVER, Capability(0), child[:1]))
    story.decide("setVerifyingHost(string,bool)", VerifyingHostSet("v.example", listed=True))
    story.decide("removeMember(address,uint8)", MemberRemoved(MEMBERS[2], 2))
    assert story.codes[before:] == []


# Anchoring.


def test_leaf_missing_from_calldata_is_named(story: Story) -> None:
    assert story.issue(size=4) == ["withheld_leaf"]


def test_root_that_the_leaves_do_not_make_is_forged(story: Story) -> None:
    assert story.issue(root=b"\x01" * 32) == ["forged_root"]


def test_anchor_in_a_transaction_that_anchors_nothing_is_unknown(story: Story) -> None:
    assert story.issue(call="vote") == ["unknown_anchor"]


def test_missing_number_is_a_gap_and_a_number_twice_is_told(story: Story) -> None:
    assert story.issue() == []
    assert story.issue(leaves=LEAVES[:2], sequence=4) == ["sequence_gap"]
    gap = story.findings[-1]
    assert (gap.arguments["first"], gap.arguments["last"]) == (2, 3)
    assert story.issue(leaves=LEAVES[:1], sequence=4) == ["sequence_repeated"]


def test_batch_twice_is_told(story: Story) -> None:
    story.issue()
    assert story.issue() == ["batch_repeated"]


@pytest.mark.parametrize("suspended", [TOP, CHILD])
def test_issuance_while_the_agency_or_one_above_it_was_suspended_is_told(story: Story, suspended: int) -> None:
    if suspended == CHILD:
        story.happen(AgencySuspended(CHILD, 2, MANAGERS[TOP]))
    else:
        story.decide("suspendAgency(uint32,(uint64,bytes[]))", AgencySuspended(TOP, 1, ()), data=b"")
    assert story.issue() == ["issued_while_suspended"]
    assert story.findings[-1].arguments["suspended"] == suspended


def test_capability_that_never_was_and_one_after_removal_are_told_apart(story: Story) -> None:
    stranger = person("stranger")
    assert story.issue(preparer=stranger) == ["lacks_capability"]
    story.happen(OfficerSet(CHILD, APPROVER, Capability.STATUS, MANAGERS[CHILD]))
    assert story.issue(leaves=LEAVES[:2]) == ["capability_after_removal"]
    assert story.findings[-1].arguments["capability"] == "approve"


def test_too_few_and_repeated_officers_are_told(story: Story) -> None:
    story.happen(ApprovalsDemanded(CHILD, 2, MANAGERS[TOP]))
    assert story.issue() == ["too_few_approvals"]
    assert story.issue(leaves=LEAVES[:2], approvers=(APPROVER, APPROVER)) == ["officer_repeated"]


def test_type_after_the_parent_lost_it_is_told(story: Story) -> None:
    story.happen(TypeWithdrawn(TOP, BUSINESS, MANAGERS[TOP][:1]))
    assert story.issue() == ["type_after_parent_lost"]


def test_type_not_held_retired_or_never_registered_is_told(story: Story) -> None:
    story.happen(TypeWithdrawn(CHILD, BUSINESS, MANAGERS[CHILD]))
    assert story.issue() == ["type_not_held"]
    story.decide("retireType(uint32,uint16)", TypeRetired(TITLE, 1))
    assert story.issue(leaves=LEAVES[:2], certificate_type=TITLE) == ["type_retired"]
    assert story.issue(leaves=LEAVES[:1], certificate_type=TITLE, version=2) == ["type_not_registered"]


def test_key_after_cut_off_and_after_expiry_and_none_at_all_are_told(story: Story) -> None:
    story.happen(KeyCutOff(CHILD, KID, story.block, MANAGERS[CHILD]))
    assert story.issue() == ["key_after_cut_off"]
    key = next(iter(story.examiner.folded.keys[CHILD].values()))
    key.valid_until = HOUR * 3600
    assert story.issue(leaves=LEAVES[:2]) == ["key_expired"]
    story.examiner.folded.keys[CHILD].clear()
    assert story.issue(leaves=LEAVES[:1]) == ["no_key"]


def test_batches_between_a_cut_off_and_its_recording_are_remarked(story: Story) -> None:
    story.issue()
    story.issue(leaves=LEAVES[:2])
    cut_off = KeyCutOff(CHILD, KID, story.block, MANAGERS[CHILD])
    assert story.happen(cut_off) == ["anchored_before_cut_off_was_known"]
    assert story.findings[-1].arguments["batches"] == 1


def test_one_key_in_force_is_enough(story: Story) -> None:
    story.happen(KeyCutOff(CHILD, KID, story.block, MANAGERS[CHILD]))
    story.happen(KeyAdded(CHILD, b"k" * 32, 1, b"x" * 32, b"y" * 32, 0, 0, MANAGERS[CHILD]))
    assert story.issue() == []


def test_anchoring_after_a_successor_was_named_is_told(story: Story) -> None:
    story.decide("nameSuccessor(address,bytes32)", SuccessorNamed(b"n" * 20, b"s" * 32))
    assert story.issue() == ["successor_ignored"]


def test_agency_that_does_not_exist_is_told(story: Story) -> None:
    assert story.issue(agency=99) == ["unknown_agency"]


# Statuses.


def test_status_of_a_leaf_never_anchored_is_told(story: Story) -> None:
    assert story.set_status(Track.REVOKED) == ["status_never_anchored"]


def test_status_that_the_type_does_not_know_is_told(story: Story) -> None:
    story.issue(certificate_type=TITLE)
    assert story.set_status(Track.RENEWAL_PENDING, until_hour=HOUR + 9) == ["status_illegal_for_type"]
    # To take it back is what mends it.
    assert story.set_status(Track.RENEWAL_PENDING, from_hour=0) == []


def test_final_status_lowered_by_its_own_level_is_told_and_by_a_higher_one_is_not(story: Story) -> None:
    story.issue()
    assert story.set_status(Track.REVOKED) == []
    assert story.set_status(Track.REVOKED, from_hour=0) == ["final_status_lowered"]
    story.set_status(Track.RESCINDED)
    for officer in MANAGERS[TOP]:
        story.decide("grant", OfficerSet(TOP, officer, Capability.MANAGE | Capability.STATUS, MANAGERS[TOP]), data=b"")
    assert story.set_status(Track.RESCINDED, from_hour=0, actor=TOP, officers=MANAGERS[TOP]) == []


def test_graver_status_that_another_change_wipes_out_is_told(story: Story) -> None:
    story.issue()
    story.set_status(Track.REVOKED)
    story.set_status(Track.LOSS)
    held = story.examiner.folded.slots[CHILD, LEAVES[0]]
    wiped = StatusChanged(CHILD, LEAVES[0], Track.LOSS, 0, 0, CHILD, b"d" * 32, _ONE_CHANGE * 3, (PREPARER, APPROVER))
    assert story.happen(wiped) == ["final_status_lowered"]
    assert held != wiped.held


def test_slot_that_does_not_follow_is_told(story: Story) -> None:
    story.issue()
    odd = StatusChanged(CHILD, LEAVES[0], Track.LOSS, HOUR, 0, CHILD, b"d" * 32, 5, (PREPARER, APPROVER))
    assert story.happen(odd) == ["status_slot_wrong"]


def test_status_of_a_superior_stands_against_inferiors(story: Story) -> None:
    story.issue()
    for officer in MANAGERS[TOP]:
        story.happen(OfficerSet(TOP, officer, Capability.MANAGE | Capability.STATUS, MANAGERS[TOP]))
    assert story.set_status(Track.LOSS, actor=TOP, officers=MANAGERS[TOP]) == []
    assert story.set_status(Track.LOSS, from_hour=0) == ["status_set_from_above"]


def test_one_officer_alone_may_only_suspend_for_a_day(story: Story) -> None:
    story.issue()
    assert story.set_status(Track.REVOKED, officers=(PREPARER,)) == ["too_few_officers"]
    assert story.set_status(Track.SUSPENSION, LEAVES[1], until_hour=HOUR + 25, officers=(PREPARER,)) == [
        "too_few_officers"
    ]


def test_status_by_a_stranger_a_suspended_agency_or_nobody_is_told(story: Story) -> None:
    story.issue()
    third = AgencyRegistered(3, TOP, 2, "11999999YX0000031X", "演示旗", MANAGERS[TOP])
    story.happen(third, OfficerSet(3, person("third"), Capability.MANAGE, MANAGERS[TOP]))
    assert "status_by_stranger" in story.set_status(Track.REVOKED, actor=3)
    assert story.set_status(Track.CANCELLED, actor=0, officers=()) == ["council_bypassed"]
    story.happen(AgencySuspended(CHILD, 2, MANAGERS[TOP]))
    assert story.set_status(Track.WITHDRAWN, LEAVES[1]).count("status_while_suspended") == 1


def test_replacement_outside_a_batch_and_a_second_one_are_told(story: Story) -> None:
    story.issue()
    slot = (HOUR | 2 << 24) << 27 * Track.REPLACED | _ONE_CHANGE
    first = CertificateReplaced(CHILD, LEAVES[0], b"n" * 32, HOUR, slot)
    assert story.happen(first) == ["replaced_outside_batch"]
    again = replace(first, held=slot + _ONE_CHANGE)
    assert story.happen(again) == ["replaced_outside_batch", "replaced_twice"]


def test_types_list_the_statuses_that_their_law_knows() -> None:
    title = rules_statuses.legal(TITLE, 1)
    assert title is not None
    assert Track.REVOKED in title
    assert Track.WITHDRAWN not in title
    assert rules_statuses.legal(999, 1) is None
    for kind in shipped():
        tracks = rules_statuses.legal(kind.number, kind.version)
        assert tracks == kind.statuses


# Procedure.


def test_officer_added_without_two_managers_is_outside_procedure(story: Story) -> None:
    one = MANAGERS[CHILD][:1]
    assert story.happen(OfficerSet(CHILD, person("new"), Capability.APPROVE, one)) == ["officer_outside_procedure"]
    assert story.happen(OfficerSet(CHILD, person("newer"), Capability.APPROVE, ())) == ["officer_outside_procedure"]


@pytest.mark.parametrize(
    "event",
    [
        AgencySuspended(CHILD, 2, MANAGERS[CHILD]),
        TypeGranted(CHILD, BUSINESS, MANAGERS[CHILD]),
        TypeWithdrawn(CHILD, BUSINESS, (person("stranger"),)),
        KeyAdded(CHILD, b"k" * 32, 1, b"x" * 32, b"y" * 32, 0, 0, MANAGERS[CHILD][:1]),
        KeyCutOff(CHILD, KID, 3, (person("stranger"),)),
        OwnApprovalsSet(CHILD, 2, ()),
        ApprovalsDemanded(CHILD, 2, MANAGERS[CHILD]),
        AgencyResumed(CHILD, MANAGERS[CHILD]),
        AgencyRegistered(9, CHILD, 3, "11999999YX0000031X", "演示旗", MANAGERS[CHILD][:1]),
    ],
    ids=lambda event: type(event).__name__,
)
def test_right_changed_without_the_consent_it_takes_is_told(story: Story, event: AgencySuspended) -> None:
    assert story.happen(event) == ["right_outside_procedure"]


def test_cut_off_moved_later_by_the_agency_itself_is_told(story: Story) -> None:
    story.happen(KeyCutOff(CHILD, KID, 3, MANAGERS[TOP][:1]))
    assert story.happen(KeyCutOff(CHILD, KID, 9, MANAGERS[CHILD])) == ["right_outside_procedure"]


def test_what_the_council_decides_does_not_happen_without_it(story: Story) -> None:
    for event in (
        TypeRetired(BUSINESS, 1),
        VerifyingHostSet("v.example", listed=True),
        SuccessorNamed(b"n" * 20, b"s" * 32),
        MemberRemoved(MEMBERS[0], 1),
        AgencyRegistered(9, 0, 1, "11999999YX0000031X", "演示盟", ()),
    ):
        assert story.happen(event) == ["council_bypassed"]


def test_council_that_decided_something_else_is_told(story: Story) -> None:
    other = VerifyingHostSet("evil.example", listed=True)
    assert story.decide("retireType(uint32,uint16)", other, data=b"") == ["council_bypassed"]


def test_proposal_with_too_few_votes_and_votes_of_strangers_are_told(story: Story) -> None:
    retired = TypeRetired(TITLE, 1)
    assert story.decide("retireType(uint32,uint16)", retired, votes=1) == ["proposal_without_votes"]
    assert story.happen(VoteCast(1, person("stranger"))) == ["vote_of_stranger"]
    assert story.happen(ProposalExecuted(999, MEMBERS[0])) == ["proposal_without_votes"]
