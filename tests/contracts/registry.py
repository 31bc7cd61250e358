"""A deployed registry to try: calls, consents and approvals, with real signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from eth_abi import decode, encode
from eth_utils import keccak

from tests.contracts.abi import Artifact, artifact
from tests.contracts.model import Emitted
from tests.contracts.node import ANYBODY, Log, Node, Receipt, TransactionFailed
from tests.contracts.people import BATCH, CONSENT, STATUS_CHANGE, Person, digest, domain_separator, person

if TYPE_CHECKING:
    from collections.abc import Sequence

REGISTRY_ID = keccak(text="a registry for tests")
COUNCIL = tuple(person(f"council {i}") for i in range(3))
THRESHOLD = 2
PREPARER, APPROVER = 1, 2
SOON = 1000
"""Blocks until a deadline that does not matter."""


class Reverted(Exception):
    """A contract refused with this error."""

    def __init__(self, name: str, arguments: tuple[object, ...]) -> None:
        super().__init__(f"{name}{arguments}")
        self.name = name
        self.arguments = arguments


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract."""

    artifact: Artifact
    address: str

    def data(self, function: str, *arguments: object) -> bytes:
        """Encode a call."""
        return self.artifact.functions[function].data(*arguments)


def named_error(returned: bytes) -> Reverted:
    """Give what a contract reverted with its name."""
    for name in ("Certificates", "Agencies"):
        known = artifact(name).errors.get(returned[:4])
        if known is not None:
            return Reverted(known.name, decode(known.types, returned[4:]))
    if returned[:4] == keccak(text="Panic(uint256)")[:4]:
        return Reverted("Panic", decode(["uint256"], returned[4:]))
    return Reverted("without a reason" if not returned else "unknown", (returned,))


class Registry:
    """Both contracts on a node, and how to use them."""

    def __init__(
        self,
        node: Node,
        *,
        registry_id: bytes = REGISTRY_ID,
        test: bool = True,
        members: Sequence[str] = tuple(member.address for member in COUNCIL),
        threshold: int = THRESHOLD,
    ) -> None:
        self.node = node
        self.registry_id = registry_id
        self.agencies = self.deploy("Agencies", registry_id, test, list(members), threshold)
        self.certificates = self.deploy("Certificates", self.agencies.address)

    def deploy(self, name: str, *arguments: object) -> Contract:
        """Deploy a contract."""
        built = artifact(name)
        try:
            receipt = self.node.send(None, built.bytecode + encode(built.constructor, arguments))
        except TransactionFailed as failed:
            raise named_error(failed.returned) from failed
        assert receipt.created is not None
        self.deployed_for = receipt.gas
        return Contract(built, receipt.created.lower())

    # Reading.

    def see(self, contract: Contract, function: str, *arguments: object, sender: str = ANYBODY) -> object:
        """Call a view; several return values come as a tuple."""
        try:
            answer = self.node.call(contract.address, contract.data(function, *arguments), sender=sender)
        except TransactionFailed as failed:
            raise named_error(failed.returned) from failed
        values = decode(contract.artifact.functions[function].outputs, answer)
        return values[0] if len(values) == 1 else values

    def heads(self) -> list[bytes]:
        """Return the three heads."""
        owners = (self.certificates, self.certificates, self.agencies)
        return [self.see(owner, "head", which) for which, owner in enumerate(owners)]

    def events(self, logs: Sequence[Log]) -> list[Emitted]:
        """Read logs as the model writes its events."""
        known = {contract.address: contract.artifact for contract in (self.agencies, self.certificates)}
        read = [(log, known[log.address].events[log.topics[0]]) for log in logs if log.address in known]
        return [Emitted(log.block, event.name, event.read(log)) for log, event in read]

    def history(self) -> list[Emitted]:
        """Return all events from the beginning."""
        wanted = {
            "fromBlock": "0x0",
            "toBlock": "latest",
            "address": [self.agencies.address, self.certificates.address],
        }
        return self.events(
            [
                Log(
                    address=log["address"].lower(),
                    topics=tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
                    data=bytes.fromhex(log["data"][2:]),
                    block=int(log["blockNumber"], 16),
                )
                for log in self.node.ask("eth_getLogs", wanted)
            ]
        )

    # Writing.

    def send(self, contract: Contract, data: bytes, *, sender: str = ANYBODY, **fields: object) -> Receipt:
        """Send calldata; a failure comes as `Reverted`."""
        try:
            return self.node.send(contract.address, data, sender=sender, **fields)
        except TransactionFailed as failed:
            raise named_error(failed.returned) from failed

    def act(self, contract: Contract, function: str, *arguments: object, sender: str = ANYBODY) -> list[Emitted]:
        """Send a call; return the events it made."""
        return self.events(self.send(contract, contract.data(function, *arguments), sender=sender).logs)

    def act_through(self, address: str | None, data: bytes) -> list[Emitted]:
        """Send calldata to another contract that passes it on, or deploy one that does (None)."""
        try:
            return self.events(self.node.send(address, data).logs)
        except TransactionFailed as failed:
            raise named_error(failed.returned) from failed

    def soon(self) -> int:
        """Return a deadline that does not matter."""
        return self.node.block_number() + SOON

    # The council.

    def propose(self, target: Contract, function: str, *arguments: object, expires: int | None = None) -> int:
        """Let the first member propose a call; return the proposal's number."""
        expires = self.soon() if expires is None else expires
        data = target.data(function, *arguments)
        made = self.act(self.agencies, "propose", target.address, data, expires, sender=COUNCIL[0].address)
        return made[0].arguments[0]

    def decide(self, target: Contract, function: str, *arguments: object) -> list[Emitted]:
        """Propose, vote and execute; return the events of the execution but the council's own."""
        number = self.propose(target, function, *arguments)
        self.act(self.agencies, "vote", number, sender=COUNCIL[1].address)
        made = self.act(self.agencies, "execute", number, sender=COUNCIL[1].address)
        return [event for event in made if event.name != "ProposalExecuted"]

    # Consent.

    def consent(
        self,
        agency: int,
        function: str,
        arguments: Sequence[object],
        signers: Sequence[Person],
        *,
        deadline: int | None = None,
        nonce: int | None = None,
        registry_id: bytes | None = None,
    ) -> tuple[int, list[bytes]]:
        """Sign a change of rights."""
        deadline = self.soon() if deadline is None else deadline
        nonce = self.see(self.agencies, "nonceOf", agency) if nonce is None else nonce
        action = self.agencies.artifact.functions[function].action(*arguments)
        values = [registry_id or self.registry_id, agency, action, nonce, deadline]
        separator = domain_separator("Yinxin Agencies", self.node.chain_id, self.agencies.address)
        return deadline, [signer.sign(digest(CONSENT, values, separator=separator)) for signer in signers]

    def by(self, signers: Sequence[Person], function: str, *arguments: object) -> list[Emitted]:
        """Change rights by consent; the first argument is the agency whose nonce counts."""
        consent = self.consent(arguments[0], function, arguments, signers)
        return self.act(self.agencies, function, *arguments, consent)

    # Batches and statuses.

    def batch_digest(
        self,
        agency: int,
        certificate_type: int,
        version: int,
        root: bytes,
        size: int,
        *,
        role: int,
        deadline: int,
        replaces: bytes = bytes(32),
        start: int = 0,
        registry_id: bytes | None = None,
    ) -> bytes:
        """Return what a preparer or approver signs."""
        batch = [agency, certificate_type, version, root, size, replaces, start, role, deadline]
        separator = domain_separator("Yinxin Certificates", self.node.chain_id, self.certificates.address)
        return digest(BATCH, [registry_id or self.registry_id, *batch], separator=separator)

    def status_digest(  # noqa: PLR0917 - in the contract's order
        self,
        agency: int,
        actor: int,
        leaves: Sequence[bytes],
        held: bytes,
        track: int,
        start: int,
        until: int,
        decision: bytes,
        deadline: int,
    ) -> bytes:
        """Return what officers sign for a change of status."""
        change = [agency, actor, keccak(b"".join(leaves)), held, track, start, until, decision, deadline]
        separator = domain_separator("Yinxin Certificates", self.node.chain_id, self.certificates.address)
        return digest(STATUS_CHANGE, [self.registry_id, *change], separator=separator)
