"""Rules of procedure: rights change by the council's vote or by the consent of those who may, and in no other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import steps
from chain.events import (
    AgencyCorrected,
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    ApprovalsDemanded,
    Capability,
    KeyAdded,
    KeyCutOff,
    MemberAdded,
    MemberRemoved,
    OfficerSet,
    OwnApprovalsSet,
    ProposalExecuted,
    ProposalMade,
    SuccessorNamed,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
    VerifyingHostSet,
    VoteCast,
)
from chain.keccak import keccak
from verifier.audit.rules import Where, found, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chain.events import Event
    from verifier.audit.finding import Finding
    from verifier.audit.folded import Folded, Happened

_SELECTOR = 4
_DECIDED: Mapping[type[Event], bytes] = {
    MemberAdded: keccak(b"addMember(address,uint8)")[:_SELECTOR],
    MemberRemoved: keccak(b"removeMember(address,uint8)")[:_SELECTOR],
    VerifyingHostSet: keccak(b"setVerifyingHost(string,bool)")[:_SELECTOR],
    SuccessorNamed: keccak(b"nameSuccessor(address,bytes32)")[:_SELECTOR],
    TypeRegistered: keccak(b"registerType(uint32,uint16,bytes32)")[:_SELECTOR],
    TypeRetired: keccak(b"retireType(uint32,uint16)")[:_SELECTOR],
    AgencyCorrected: keccak(b"correctAgency(uint32,bytes18,string)")[:_SELECTOR],
}
"""What only the council does, by calls whose arguments are the event's own."""
_NAME_MANAGER = keccak(b"nameManager(uint32,address)")[:_SELECTOR]
_REGISTER_TOP = keccak(b"registerTopAgency(bytes18,string,address)")[:_SELECTOR]
_TWO = 2
_COUNCIL_LEVEL = 0


def changed(happened: Happened, was: Folded) -> Iterator[Finding]:  # noqa: C901 (a case each)
    """Hold an event of the list of rights against all that was right just before it."""
    event = happened.event
    match event:
        case ProposalMade(proposer=member) | VoteCast(member=member):
            if member not in was.members:
                yield found(
                    "vote_of_stranger",
                    block=happened.block,
                    log_index=happened.log_index,
                    member=written(member),
                    proposal=event.proposal,
                )
        case ProposalExecuted():
            yield from _executed(event, happened, was)
        case MemberAdded() if was.created_in == happened.transaction_hash:
            pass  # The first members come with the registry itself.
        case (
            MemberAdded()
            | MemberRemoved()
            | VerifyingHostSet()
            | SuccessorNamed()
            | TypeRegistered()
            | TypeRetired()
            | AgencyCorrected()
        ):
            wanted = _DECIDED[type(event)] + steps.arguments(event)
            if _decided(happened, was) != wanted:
                yield _bypassed(happened)
        case AgencyRegistered(parent=0):
            if (_decided(happened, was) or b"")[:_SELECTOR] != _REGISTER_TOP:
                yield _bypassed(happened)
        case AgencyRegistered(agency=agency, parent=parent, level=level, consenters=consenters):
            is_below = parent in was.agencies and level == was.level(parent) + 1
            if not is_below or not _by_two_for(was, parent, consenters, is_council=_is_council(happened, was)):
                yield _outside(happened, agency)
        case OfficerSet():
            yield from _officer(event, happened, was)
        case _:
            yield from _by_consent(event, happened, was)


def _executed(event: ProposalExecuted, happened: Happened, was: Folded) -> Iterator[Finding]:
    proposal = was.proposals.get(event.proposal)
    votes = 0 if proposal is None else len(proposal.votes & was.members)
    is_late = proposal is not None and happened.block > proposal.expires_at_block
    if proposal is None or votes < max(1, was.threshold) or is_late or event.executor not in was.members:
        yield found(
            "proposal_without_votes",
            block=happened.block,
            log_index=happened.log_index,
            proposal=event.proposal,
            votes=votes,
            wanted=was.threshold,
        )


def _officer(event: OfficerSet, happened: Happened, was: Folded) -> Iterator[Finding]:
    if was.registered == (event.agency, happened.transaction_hash, event.consenters):
        # The first manager is named by the registration, which has been judged.
        return
    before = was.capabilities(event.agency, event.officer)
    is_council = _is_council(happened, was)
    if is_council and (_decided(happened, was) or b"").startswith(
        _NAME_MANAGER + event.agency.to_bytes(steps.WORD) + event.officer.rjust(steps.WORD, b"\0")
    ):
        is_allowed = event.capabilities == before | Capability.MANAGE
    elif event.capabilities & ~before:
        is_allowed = _by_two_for(was, event.agency, event.consenters, is_council=is_council)
    else:
        is_allowed = _by_one_of(was, event.agency, event.consenters, is_council=is_council)
    if not is_allowed:
        yield found(
            "officer_outside_procedure",
            block=happened.block,
            log_index=happened.log_index,
            agency=event.agency,
            officer=written(event.officer),
            capabilities=" ".join((each.name or "").lower() for each in event.capabilities) or "-",
            consenters=len(event.consenters),
        )


def _by_consent(event: Event, happened: Happened, was: Folded) -> Iterator[Finding]:  # noqa: C901 (a case each)
    """Whose consent each change takes, as IAgencies has it."""
    is_council = _is_council(happened, was)
    match event:
        case AgencySuspended(agency=agency, consenters=by):
            allowed = _one_above(was, agency, by, is_council=is_council) is not None
        case AgencyResumed(agency=agency, consenters=by):
            level = _two_above(was, agency, by, is_council=is_council)
            held = was.agencies[agency].suspended_by if agency in was.agencies else 0
            allowed = level is not None and 0 < level + 1 <= held
        case ApprovalsDemanded(agency=agency, approvals=approvals, consenters=by):
            demanded = was.agencies[agency].demanded_approvals if agency in was.agencies else 0
            above = _two_above if approvals < demanded else _one_above
            allowed = above(was, agency, by, is_council=is_council) is not None
        case OwnApprovalsSet(agency=agency, approvals=approvals, consenters=by):
            own = was.agencies[agency].own_approvals if agency in was.agencies else 0
            of = _by_two_for if approvals < own else _by_one_of
            allowed = of(was, agency, by, is_council=is_council)
        case TypeGranted(agency=agency, consenters=by):
            allowed = _two_above(was, agency, by, is_council=is_council) is not None
        case TypeWithdrawn(agency=agency, consenters=by):
            allowed = _one_of_or_above(was, agency, by, is_council=is_council)
        case KeyAdded(agency=agency, consenters=by):
            allowed = _by_two_for(was, agency, by, is_council=is_council)
        case KeyCutOff(agency=agency, kid=kid, cut_off_block=block, consenters=by):
            key = was.keys[agency].get(kid)
            if key is not None and block > key.cut_off_block:
                allowed = _two_above(was, agency, by, is_council=is_council) is not None
            else:
                allowed = key is not None and _one_of_or_above(was, agency, by, is_council=is_council)
        case _:
            return
    if not allowed:
        yield _outside(happened, agency)


# Whose consent suffices (contracts/Consents.sol).


def _by_one_of(was: Folded, agency: int, by: Sequence[bytes], *, is_council: bool) -> bool:
    own = was.level(agency)
    return (is_council and not by) or bool(_levels(was, agency, by, {own}, own))


def _by_two_for(was: Folded, agency: int, by: Sequence[bytes], *, is_council: bool) -> bool:
    own = was.level(agency)
    levels = _levels(was, agency, by, {own, own - 1}, None)
    voices = len(by) + (1 if is_council and own == 1 else 0)
    return levels is not None and voices >= _TWO and any(own in each for each in levels)


def _one_above(was: Folded, agency: int, by: Sequence[bytes], *, is_council: bool) -> int | None:
    if is_council and not by:
        return _COUNCIL_LEVEL
    levels = _levels(was, agency, by, set(range(1, was.level(agency))), None)
    return min(min(each) for each in levels) if levels else None


def _one_of_or_above(was: Folded, agency: int, by: Sequence[bytes], *, is_council: bool) -> bool:
    own = was.level(agency)
    return (is_council and not by) or bool(_levels(was, agency, by, set(range(1, own + 1)), own))


def _two_above(was: Folded, agency: int, by: Sequence[bytes], *, is_council: bool) -> int | None:
    """Return the highest level for which two speak: both of it, or one of it and one of the level above."""
    if is_council and not by:
        return _COUNCIL_LEVEL
    levels = _levels(was, agency, by, set(range(1, was.level(agency))), None) or []
    for level in range(1, was.level(agency)):
        for place, each in enumerate(levels):
            others = [other for at, other in enumerate(levels) if at != place]
            if level in each and any(other & {level, level - 1} for other in others):
                return level
    return None


def _levels(
    was: Folded, agency: int, by: Sequence[bytes], wanted: set[int], exempt: int | None
) -> list[set[int]] | None:
    """Return for which wanted levels each signer speaks; None if one of them speaks for none.

    A suspension silences an agency and all below it, except the level `exempt`.
    """
    spoken: list[set[int]] = [set() for _ in by]
    for each, entry in was.chain_of(agency):
        for place, signer in enumerate(by):
            if Capability.MANAGE in was.capabilities(each, signer):
                spoken[place].add(entry.level)
            if entry.is_suspended:
                spoken[place] &= {exempt} if exempt is not None else set()
    heard = [levels & wanted for levels in spoken]
    return heard if all(heard) and len(set(by)) == len(by) else None


def _is_council(happened: Happened, was: Folded) -> bool:
    """Whether the council acts: whether a proposal was carried out earlier in the same transaction."""
    return was.decided is not None and was.decided.transaction_hash == happened.transaction_hash


def _decided(happened: Happened, was: Folded) -> bytes | None:
    """Return the call that the council carries out in this transaction; None if it carries out none."""
    return was.decided.data if was.decided is not None and _is_council(happened, was) else None


def _bypassed(happened: Happened) -> Finding:
    return found(
        "council_bypassed",
        block=happened.block,
        log_index=happened.log_index,
        agency=getattr(happened.event, "agency", None),
        kind=type(happened.event).__name__,
    )


def _outside(happened: Happened, agency: int) -> Finding:
    return Where(happened.block, happened.log_index, agency).found(
        "right_outside_procedure", kind=type(happened.event).__name__
    )
