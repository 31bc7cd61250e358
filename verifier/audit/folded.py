"""Who might do what just before the next event, folded from all events before it.

It believes no contract: every right is folded from the event that gave it, so that the rules can hold each event
against what was right then, be it one that our contracts would not have written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chain.events import (
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    ApprovalsDemanded,
    BatchAnchored,
    Capability,
    CertificateReplaced,
    KeyAdded,
    KeyCutOff,
    MemberAdded,
    MemberRemoved,
    OfficerSet,
    OwnApprovalsSet,
    ProposalExecuted,
    ProposalMade,
    RegistryCreated,
    StatusChanged,
    SuccessorNamed,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
    VoteCast,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.events import Event

NO_CUT_OFF = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its place on the chain and the transaction that wrote it."""

    event: Event
    block: int
    time: int
    """The block's, in seconds since 1970."""
    log_index: int
    transaction_hash: bytes


@dataclass(slots=True)
class Agency:
    """An agency as it is."""

    parent: int
    level: int
    is_suspended: bool = False
    suspended_by: int = 0
    own_approvals: int = 1
    demanded_approvals: int = 0
    last_sequence: int = 0

    @property
    def approvals(self) -> int:
        """How many approvals a batch of it takes."""
        return max(self.own_approvals, self.demanded_approvals)


@dataclass(slots=True)
class Key:
    """A document key as it is."""

    valid_from: int
    valid_until: int
    cut_off_block: int = NO_CUT_OFF


@dataclass(slots=True)
class Proposal:
    """A proposal of the council."""

    target: bytes
    data: bytes
    expires_at_block: int
    votes: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Decided:
    """What the council carries out in the present transaction."""

    transaction_hash: bytes
    data: bytes


class Folded:
    """All rights and statuses as they are after the events applied so far."""

    def __init__(self) -> None:
        self.members: set[bytes] = set()
        self.threshold = 0
        self.proposals: dict[int, Proposal] = {}
        self.decided: Decided | None = None
        """The proposal last executed; it is what the same transaction may do."""
        self.created_in: bytes | None = None
        """The transaction that made the registry, in which the first members join without a vote."""
        self.registered: tuple[int, bytes, tuple[bytes, ...]] | None = None
        """Agency, transaction and consenters of a registration whose first manager is still to be told."""
        self.agencies: dict[int, Agency] = {}
        self.officers: dict[tuple[int, bytes], Capability] = {}
        self.former: dict[tuple[int, bytes], Capability] = {}
        """All that an officer ever might do."""
        self.held: dict[tuple[int, int], bool] = {}
        """By agency and type: whether it holds it; missing where it never did."""
        self.types: dict[tuple[int, int], bool] = {}
        """By type and version: whether it is open for new batches."""
        self.keys: defaultdict[int, dict[bytes, Key]] = defaultdict(dict)
        self.roots: set[tuple[int, bytes]] = set()
        self.anchored_at: defaultdict[int, list[int]] = defaultdict(list)
        """For each agency the blocks of its batches, ascending."""
        self.slots: dict[tuple[int, bytes], int] = {}
        """By agency and leaf, what the slot of its status holds."""
        self.is_succeeded = False
        """Whether a successor was named; then nothing is anchored any more."""
        self.anchored_in: tuple[bytes, int] | None = None
        """Transaction and agency of the last batch, whose replacements follow it."""

    def chain_of(self, agency: int) -> Iterator[tuple[int, Agency]]:
        """Yield an agency and all above it, as far as they are known."""
        seen: set[int] = set()
        while agency and agency in self.agencies and agency not in seen:
            seen.add(agency)
            yield agency, self.agencies[agency]
            agency = self.agencies[agency].parent

    def suspended(self, agency: int) -> int | None:
        """Return which of an agency and those above it is suspended; None if none is."""
        return next((each for each, entry in self.chain_of(agency) if entry.is_suspended), None)

    def is_self_or_above(self, ancestor: int, agency: int) -> bool:
        """Whether one is the other or stands above it; the council, 0, stands above all."""
        return ancestor == 0 or any(each == ancestor for each, _ in self.chain_of(agency))

    def level(self, agency: int) -> int:
        """Return an agency's level; 0 for the council."""
        return self.agencies[agency].level if agency in self.agencies else 0

    def capabilities(self, agency: int, officer: bytes) -> Capability:
        """Return what an officer may do now."""
        return self.officers.get((agency, officer), Capability(0))

    def apply(self, happened: Happened) -> None:  # noqa: C901, PLR0912, PLR0915 (one case for each kind)
        """Take an event as true."""
        event, block, transaction_hash = happened.event, happened.block, happened.transaction_hash
        match event:
            case MemberAdded(member=member, threshold=threshold):
                self.members.add(member)
                self.threshold = threshold
            case MemberRemoved(member=member, threshold=threshold):
                self.members.discard(member)
                self.threshold = threshold
                # Votes do not outlive membership, even if it is taken up again.
                for proposal in self.proposals.values():
                    proposal.votes.discard(member)
            case ProposalMade(proposal=number, target=target, data=data, expires_at_block=until):
                self.proposals[number] = Proposal(target, data, until)
            case VoteCast(proposal=number, member=member) if number in self.proposals:
                self.proposals[number].votes.add(member)
            case ProposalExecuted(proposal=number):
                done = self.proposals.pop(number, None)
                self.decided = Decided(transaction_hash, b"" if done is None else done.data)
            case SuccessorNamed():
                self.is_succeeded = True
            case TypeRegistered(certificate_type=number, version=version):
                self.types[number, version] = True
            case TypeRetired(certificate_type=number, version=version):
                self.types[number, version] = False
            case AgencyRegistered(agency=agency, parent=parent, level=level, consenters=consenters):
                self.agencies[agency] = Agency(parent, level)
                self.registered = agency, transaction_hash, consenters
            case AgencySuspended(agency=agency, suspended_by=by) if agency in self.agencies:
                self.agencies[agency].is_suspended = True
                self.agencies[agency].suspended_by = by
            case AgencyResumed(agency=agency) if agency in self.agencies:
                self.agencies[agency].is_suspended = False
                self.agencies[agency].suspended_by = 0
            case TypeGranted(agency=agency, certificate_type=number):
                self.held[agency, number] = True
            case TypeWithdrawn(agency=agency, certificate_type=number):
                self.held[agency, number] = False
            case ApprovalsDemanded(agency=agency, approvals=approvals) if agency in self.agencies:
                self.agencies[agency].demanded_approvals = approvals
            case OwnApprovalsSet(agency=agency, approvals=approvals) if agency in self.agencies:
                self.agencies[agency].own_approvals = approvals
            case OfficerSet(agency=agency, officer=officer, capabilities=capabilities):
                self.registered = None
                self.officers[agency, officer] = capabilities
                self.former[agency, officer] = self.former.get((agency, officer), Capability(0)) | capabilities
            case KeyAdded(agency=agency, kid=kid, valid_from=first, valid_until=until):
                self.keys[agency][kid] = Key(first, until)
            case KeyCutOff(agency=agency, kid=kid, cut_off_block=cut_off) if kid in self.keys[agency]:
                self.keys[agency][kid].cut_off_block = cut_off
            case BatchAnchored(agency=agency, root=root, sequence=sequence):
                self.roots.add((agency, root))
                self.anchored_at[agency].append(block)
                self.anchored_in = transaction_hash, agency
                if agency in self.agencies:
                    self.agencies[agency].last_sequence = sequence
            case CertificateReplaced(agency=agency, old_leaf=leaf, held=slot):
                self.slots[agency, leaf] = slot
            case StatusChanged(agency=agency, leaf=leaf, held=slot):
                self.slots[agency, leaf] = slot
            case RegistryCreated():
                self.created_in = transaction_hash
            case _:
                pass  # What an agency is called, and where the official hosts are, decides nothing here.
