"""The council at work: members propose, vote and execute."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chain.errors import RegistryUnavailable, SigningFailed
from chain.ethereum import contracts
from chain.ethereum.node import read_bytes, read_number
from chain.ethereum.wire import shown
from chain.ethereum.writer import status_change
from chain.events import AgencyRegistered, ProposalMade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.client import EthereumRegistry
    from chain.ethereum.wire import Json
    from chain.ethereum.writer import EthereumWriter
    from chain.events import Event
    from chain.registry import Receipt, Signer, StatusToChange

E = TypeVar("E", bound="Event")

_LASTS_BLOCKS = 1_000
"""A proposal made here is voted for at once; what nobody finished should not lie about for long."""


class Council:
    """Decides with the keys of enough members, each of whom pays for their own transactions."""

    def __init__(self, registry: EthereumWriter, members: Sequence[Signer]) -> None:
        """The first member proposes and executes, the next ones vote as far as votes are needed."""
        self._registry = registry
        self._members = tuple(members)

    def decide(self, *calls: tuple[bytes, bytes]) -> list[Receipt]:
        """Have the Agencies contract make calls (target, data), in this order; returns each execution's receipt.

        Proposals and votes of all calls travel together. Raises `RegistryRefused` with what a call reverted with.
        """
        voters = self._voters()
        agencies = self._registry.known().agencies_address
        functions = contracts.agencies().functions
        expires = self._registry.newest().number + _LASTS_BLOCKS
        proposals = [
            event_of(receipt, ProposalMade).proposal
            for receipt in self._transact(
                voters[0], [functions["propose"].call(target, payload, expires) for target, payload in calls]
            )
        ]
        votes = [functions["vote"].call(proposal) for proposal in proposals]
        for voter in voters[1:]:
            self._registry.sending.transact_all([(agencies, vote) for vote in votes], sender=voter)
        # One after the other, since each may need what the one before it did.
        executions = [functions["execute"].call(proposal) for proposal in proposals]
        return [self._transact(voters[0], [execution])[0] for execution in executions]

    # What the council decides, one by one.

    def add_member(self, account: bytes, *, threshold: int) -> Receipt:
        """Take in a member."""
        return self._decide_own("addMember", account, threshold)

    def remove_member(self, account: bytes, *, threshold: int) -> Receipt:
        """Lose a member."""
        return self._decide_own("removeMember", account, threshold)

    def set_verifying_host(self, host: str, *, listed: bool) -> Receipt:
        """List or unlist an official verifying host."""
        return self._decide_own("setVerifyingHost", host, listed)

    def name_successor(self, registry: bytes, successor_id: bytes) -> Receipt:
        """Name the registry that takes this one's place, once."""
        return self._decide_own("nameSuccessor", registry, successor_id)

    def register_types(self, types: Sequence[tuple[int, int, bytes]]) -> list[Receipt]:
        """Register certificate types: number, version and the data file's digest of each."""
        return self.decide(*(self._own("registerType", number, version, digest) for number, version, digest in types))

    def retire_type(self, certificate_type: int, version: int) -> Receipt:
        """Close a type's version for new batches, for ever."""
        return self._decide_own("retireType", certificate_type, version)

    def register_top_agency(self, *, code: str, name: str, first_manager: bytes) -> int:
        """Register a top-level agency; returns its id."""
        receipt = self._decide_own("registerTopAgency", code, name, first_manager)
        return event_of(receipt, AgencyRegistered).agency

    def correct_agency(self, agency: int, *, code: str, name: str) -> Receipt:
        """Correct an agency's code or name."""
        return self._decide_own("correctAgency", agency, code, name)

    def name_manager(self, agency: int, manager: bytes) -> Receipt:
        """Name a manager for an agency that lost its managers' keys."""
        return self._decide_own("nameManager", agency, manager)

    def change_status(self, change: StatusToChange) -> Receipt:
        """Change a status as the council, which may lift what any agency set."""
        deadline = self._registry.newest().number + _LASTS_BLOCKS
        payload = (
            contracts.certificates()
            .functions["changeStatus"]
            .call(status_change(change, deadline=deadline, signatures=()))
        )
        return self.decide((self._registry.address, payload))[0]

    def _own(self, function: str, *arguments: object) -> tuple[bytes, bytes]:
        payload = contracts.agencies().functions[function].call(*arguments)
        return self._registry.known().agencies_address, payload

    def _decide_own(self, function: str, *arguments: object) -> Receipt:
        return self.decide(self._own(function, *arguments))[0]

    def _voters(self) -> tuple[Signer, ...]:
        agencies = self._registry.known().agencies_address
        threshold = read_number(
            self._registry.node.read(agencies, contracts.agencies().functions["threshold"]), "threshold"
        )
        if len(self._members) < threshold:
            raise SigningFailed(f"got the keys of {len(self._members)} council members, wanted {threshold}")
        return self._members[:threshold]

    def _transact(self, sender: Signer, payloads: Sequence[bytes]) -> list[Receipt]:
        agencies = self._registry.known().agencies_address
        answers = self._registry.sending.transact_all([(agencies, payload) for payload in payloads], sender=sender)
        return [receipt_of(self._registry, answer) for answer in answers]


def members_of(registry: EthereumRegistry) -> tuple[tuple[bytes, ...], int]:
    """Return the council's members now, and how many of them decide."""
    agencies, functions = registry.known().agencies_address, contracts.agencies().functions
    (members,), (threshold,) = registry.node.read_all(
        [(agencies, functions["members"], ()), (agencies, functions["threshold"], ())]
    )
    if not isinstance(members, tuple):
        raise RegistryUnavailable(f"members: got {shown(members)}, wanted addresses")
    return tuple(read_bytes(member, "members") for member in members), read_number(threshold, "threshold")


def receipt_of(registry: EthereumWriter, answer: Json) -> Receipt:
    """Return a receipt in our words; raises `RegistryUnavailable` if its block is gone already."""
    receipt = registry.receipt_of(answer)
    if receipt is None:
        raise RegistryUnavailable("a block just mined is no longer on the chain; look again before repeating")
    return receipt


def event_of(receipt: Receipt, kind: type[E]) -> E:
    """Return the first event of a kind in a receipt."""
    for record in receipt.records:
        if isinstance(record.event, kind):
            return record.event
    raise RegistryUnavailable(f"0x{receipt.transaction_hash.hex()} shows no {kind.__name__}")
