"""The registry in plain Python: what the contracts should do, without a chain.

`Heads` keeps the list of events and the three hash chains over it; `Council` decides by proposals. `Agencies` and
`Certificates` stand in modules of their own. A call that the contracts should refuse raises `Refused` with the name of
the error that they should revert with.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eth_abi import encode
from eth_utils import keccak

ZERO = bytes(32)
NOBODY = "0x" + "00" * 20
MAX_MEMBERS = 32

ANCHORS, STATUSES, RIGHTS = 0, 1, 2
EVENTS = {
    "RegistryCreated": (RIGHTS, "bytes32,bool"),
    "MemberAdded": (RIGHTS, "address,uint8"),
    "MemberRemoved": (RIGHTS, "address,uint8"),
    "ProposalMade": (RIGHTS, "uint256,address,address,bytes,uint64"),
    "VoteCast": (RIGHTS, "uint256,address"),
    "ProposalExecuted": (RIGHTS, "uint256,address"),
    "VerifyingHostSet": (RIGHTS, "string,bool"),
    "SuccessorNamed": (RIGHTS, "address,bytes32"),
    "TypeRegistered": (RIGHTS, "uint32,uint16,bytes32"),
    "TypeRetired": (RIGHTS, "uint32,uint16"),
    "AgencyRegistered": (RIGHTS, "uint32,uint32,uint8,bytes18,string,address[]"),
    "AgencyCorrected": (RIGHTS, "uint32,bytes18,string"),
    "AgencySuspended": (RIGHTS, "uint32,uint8,address[]"),
    "AgencyResumed": (RIGHTS, "uint32,address[]"),
    "TypeGranted": (RIGHTS, "uint32,uint32,address[]"),
    "TypeWithdrawn": (RIGHTS, "uint32,uint32,address[]"),
    "ApprovalsDemanded": (RIGHTS, "uint32,uint8,address[]"),
    "OwnApprovalsSet": (RIGHTS, "uint32,uint8,address[]"),
    "OfficerSet": (RIGHTS, "uint32,address,uint8,address[]"),
    "KeyAdded": (RIGHTS, "uint32,bytes32,uint8,bytes32,bytes32,uint64,uint64,address[]"),
    "KeyCutOff": (RIGHTS, "uint32,bytes32,uint64,address[]"),
    "BatchAnchored": (ANCHORS, "uint32,bytes32,uint32,uint16,uint16,uint32,address,address[]"),
    "CertificateReplaced": (STATUSES, "uint32,bytes32,bytes32,uint24,uint256"),
    "StatusChanged": (STATUSES, "uint32,bytes32,uint8,uint24,uint24,uint32,bytes32,uint256,address[]"),
}
"""Which hash chain each event takes a step of, and its arguments' types. Written out, not read from the artifacts."""


class Refused(Exception):
    """The contracts should revert with the error of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def demand(condition: object, name: str) -> None:
    """Refuse unless a condition holds."""
    if not condition:
        raise Refused(name)


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event and the block it stands in."""

    block: int
    name: str
    arguments: tuple[object, ...]

    def step(self, head: bytes) -> bytes:
        """Absorb this event into its hash chain."""
        types = EVENTS[self.name][1]
        topic = keccak(text=f"{self.name}({types})")
        arguments = keccak(encode(split_types(types), self.arguments))
        return keccak(encode(["bytes32", "uint256", "bytes32", "bytes32"], [head, self.block, topic, arguments]))


def split_types(types: str) -> list[str]:
    """Split a list of types without tuples."""
    return types.split(",")


def replay(events: list[Emitted]) -> list[bytes]:
    """Return the three heads over a list of events."""
    heads = [ZERO, ZERO, ZERO]
    for event in events:
        chain = EVENTS[event.name][0]
        heads[chain] = event.step(heads[chain])
    return heads


class Heads:
    """The list of events, the hash chains over it, and the block in which things happen now."""

    def __init__(self) -> None:
        self.block = 0
        self.time = 0
        self.events: list[Emitted] = []
        self.heads = [ZERO, ZERO, ZERO]

    def emit(self, name: str, *arguments: object) -> None:
        """Record an event."""
        event = Emitted(self.block, name, arguments)
        self.events.append(event)
        chain = EVENTS[name][0]
        self.heads[chain] = event.step(self.heads[chain])


@dataclass(slots=True)
class Proposal:
    """A call the council may make."""

    proposer: str
    target: str
    data: bytes
    call: tuple[str, tuple[object, ...]]
    """What `data` says: function and arguments, for the model to carry out."""
    expires: int
    executed: bool = False
    votes: dict[str, int] = field(default_factory=dict)
    """Who voted, and as the how-manieth member that ever joined."""


class Council(Heads):
    """M of N members, their proposals, the hosts and the successor."""

    def __init__(self, *, registry_id: bytes, test: bool, address: str) -> None:
        super().__init__()
        self.registry_id = registry_id
        self.test = test
        self.address = address
        self.contracts = {address}
        self.members: dict[str, int] = {}
        self.joined = 0
        self.threshold = 0
        self.proposals: dict[int, Proposal] = {}
        self.hosts: dict[str, bool] = {}
        self.successor: tuple[str, bytes] = (NOBODY, ZERO)

    def create(self, members: list[str], threshold: int) -> None:
        """Begin the registry, as the constructor does."""
        self.emit("RegistryCreated", self.registry_id, self.test)
        for member in members:
            self._join(member)
            self.emit("MemberAdded", member, threshold)
        self.threshold = threshold

    def _join(self, account: str) -> None:
        self.joined += 1
        self.members[account] = self.joined

    def votes_of(self, number: int) -> int:
        """Count the votes of members who have not left since they voted."""
        return sum(self.members.get(member) == since for member, since in self.proposals[number].votes.items())

    def propose(
        self, caller: str, target: str, data: bytes, expires: int, call: tuple[str, tuple[object, ...]]
    ) -> None:
        """Propose a call and vote for it."""
        demand(caller in self.members, "NotAMember")
        demand(target in self.contracts, "TargetHasNoCode")
        demand(expires > self.block, "ExpiryNotInFuture")
        number = len(self.proposals) + 1
        self.proposals[number] = Proposal(caller, target, data, call, expires, votes={caller: self.members[caller]})
        self.emit("ProposalMade", number, caller, target, data, expires)
        self.emit("VoteCast", number, caller)

    def _open(self, caller: str, number: int) -> Proposal:
        demand(caller in self.members, "NotAMember")
        demand(number in self.proposals, "NoSuchProposal")
        proposal = self.proposals[number]
        demand(not proposal.executed, "AlreadyExecuted")
        demand(self.block <= proposal.expires, "ProposalExpired")
        return proposal

    def vote(self, caller: str, number: int) -> None:
        """Vote for a proposal; who left and came back may vote again."""
        proposal = self._open(caller, number)
        demand(proposal.votes.get(caller) != self.members[caller], "AlreadyVoted")
        proposal.votes[caller] = self.members[caller]
        self.emit("VoteCast", number, caller)

    def execute(self, caller: str, number: int) -> None:
        """Carry out a proposal."""
        proposal = self._open(caller, number)
        demand(self.votes_of(number) >= self.threshold, "NotEnoughVotes")
        name, arguments = proposal.call
        events, heads = len(self.events), list(self.heads)
        self.emit("ProposalExecuted", number, caller)
        try:
            getattr(self, name)(*arguments, caller=self.address)
        except Refused:
            del self.events[events:]
            self.heads = heads
            raise
        proposal.executed = True

    def only_council(self, caller: str) -> None:
        """Refuse anybody but the contract itself."""
        demand(caller == self.address, "NotTheCouncil")

    def add_member(self, account: str, threshold: int, *, caller: str) -> None:
        """Take in a member."""
        self.only_council(caller)
        demand(account != NOBODY, "ZeroAddress")
        demand(account != self.address, "CouncilCannotBeMember")
        demand(account not in self.members, "AlreadyAMember")
        demand(len(self.members) < MAX_MEMBERS, "TooManyMembers")
        demand(1 <= threshold <= len(self.members) + 1, "ThresholdOutOfRange")
        self._join(account)
        self.threshold = threshold
        self.emit("MemberAdded", account, threshold)

    def remove_member(self, account: str, threshold: int, *, caller: str) -> None:
        """Lose a member."""
        self.only_council(caller)
        demand(account in self.members, "NotAMember")
        demand(1 <= threshold <= len(self.members) - 1, "ThresholdOutOfRange")
        del self.members[account]
        self.threshold = threshold
        self.emit("MemberRemoved", account, threshold)

    def set_verifying_host(self, host: str, listed: bool, *, caller: str) -> None:  # noqa: FBT001 - the contract's
        """List or unlist a host."""
        self.only_council(caller)
        demand(1 <= len(host.encode()) <= 253, "HostOutOfRange")
        self.hosts[host] = listed
        self.emit("VerifyingHostSet", host, listed)

    def name_successor(self, registry: str, successor_id: bytes, *, caller: str) -> None:
        """Name the successor, once."""
        self.only_council(caller)
        demand(registry != NOBODY, "ZeroAddress")
        demand(successor_id != ZERO, "ZeroRegistryId")
        demand(self.successor[0] == NOBODY, "SuccessorAlreadyNamed")
        self.successor = (registry, successor_id)
        self.emit("SuccessorNamed", registry, successor_id)
