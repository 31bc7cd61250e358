"""A registry on an Ethereum node, for writing: sign, let the caller store, then send."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from chain import merkle
from chain.errors import InvalidInput, RegistryUnavailable
from chain.ethereum import contracts, typed_data
from chain.ethereum.client import EthereumRegistry, record_of
from chain.ethereum.node import read_address, read_hash, read_number
from chain.ethereum.sending import Sending, succeeded
from chain.ethereum.wire import items, member, quantity
from chain.events import Capability
from chain.registry import Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.contracts import Contract
    from chain.ethereum.typed_data import Domain
    from chain.ethereum.wire import Json
    from chain.registry import BatchToAnchor, OfficerToSet, Role, SignedTransaction, Signer, StatusToChange


class EthereumWriter(EthereumRegistry):
    """Implements `chain.registry.RegistryWriter` on one node."""

    def capabilities(self, agency: int, officer: bytes) -> Capability:
        """Return what an officer may do now."""
        return Capability(self._agencies_number("capabilities", agency, officer))

    def required_approvals(self, agency: int) -> int:
        """Return how many approvals a batch of this agency needs now."""
        return self._agencies_number("requiredApprovals", agency)

    def status(self, agency: int, leaf: bytes) -> int:
        """Return what the leaf's slot holds now: all tracks, packed."""
        function = contracts.certificates().functions["status"]
        return read_number(self.node.read(self.address, function, agency, leaf), "status")

    def batch_block(self, agency: int, root: bytes) -> int | None:
        """Return the block in which this batch was anchored, None if it was not."""
        batch = self.node.read(self.address, contracts.certificates().functions["batch"], agency, root)
        if not isinstance(batch, tuple):
            raise RegistryUnavailable(f"batch: got {batch!r}, wanted a batch")
        _, _, size, _, block_number = batch
        return read_number(block_number, "batch blockNumber") if size else None

    def batch_digest(self, batch: BatchToAnchor, *, role: Role, deadline: int) -> bytes:
        """Return the 32 bytes (EIP-712) that the preparer or an approver signs."""
        root = merkle.root(batch.leaves)
        return typed_data.batch_digest(
            self.certificates_domain, self.known().registry_id, batch, root=root, role=role, deadline=deadline
        )

    def status_digest(self, change: StatusToChange, *, deadline: int) -> bytes:
        """Return the 32 bytes (EIP-712) that officers sign."""
        if len(change.held) != len(change.leaves):
            raise InvalidInput(f"got {len(change.held)} held slots for {len(change.leaves)} leaves")
        return typed_data.status_digest(self.certificates_domain, self.known().registry_id, change, deadline=deadline)

    def consent_nonce(self, agency: int) -> int:
        """Return the number that the next consent for an agency must name."""
        return self._agencies_number("nonceOf", agency)

    def officer_digest(self, change: OfficerToSet, *, deadline: int) -> bytes:
        """Return the 32 bytes (EIP-712) that managers sign."""
        function = contracts.agencies().functions["setOfficer"]
        return typed_data.consent_digest(
            self.agencies_domain,
            self.known().registry_id,
            agency=change.agency,
            action=typed_data.action(function, *_officer(change)),
            nonce=change.nonce,
            deadline=deadline,
        )

    def next_nonce(self, sender: bytes) -> int:
        """Return how many transactions of the sender the chain holds."""
        return self.sending.next_nonce(sender)

    def sign_anchor(
        self,
        batch: BatchToAnchor,
        *,
        deadline: int,
        preparer: bytes,
        approvers: Sequence[bytes],
        sender: Signer,
        nonce: int,
    ) -> SignedTransaction:
        """Make the transaction that anchors; tries it first: raises `RegistryRefused` if it would revert.

        `preparer` and `approvers` are signatures of 65 bytes over `batch_digest`.
        """
        functions = contracts.certificates().functions
        kind = (batch.agency, batch.certificate_type, batch.version, batch.leaves)
        signatures = (deadline, preparer, tuple(approvers))
        if batch.replaces:
            payload = functions["replace"].call(*kind, batch.replaces, batch.from_hour, signatures)
        else:
            payload = functions["anchor"].call(*kind, signatures)
        return self.sending.sign(self.address, payload, sender=sender, nonce=nonce)

    def sign_status(
        self, change: StatusToChange, *, deadline: int, signatures: Sequence[bytes], sender: Signer, nonce: int
    ) -> SignedTransaction:
        """Make the transaction that changes a status; tries it first as `sign_anchor` does."""
        payload = (
            contracts.certificates()
            .functions["changeStatus"]
            .call(status_change(change, deadline=deadline, signatures=signatures))
        )
        return self.sending.sign(self.address, payload, sender=sender, nonce=nonce)

    def sign_officer(
        self, change: OfficerToSet, *, deadline: int, signatures: Sequence[bytes], sender: Signer, nonce: int
    ) -> SignedTransaction:
        """Make the transaction that sets an officer's capabilities; tries it first as `sign_anchor` does."""
        payload = contracts.agencies().functions["setOfficer"].call(*_officer(change), (deadline, tuple(signatures)))
        return self.sending.sign(self.known().agencies_address, payload, sender=sender, nonce=nonce)

    def send(self, transaction: SignedTransaction) -> None:
        """Send or send again; a node that knows it already is content. Raises `NonceTaken`, `SenderRefused`."""
        self.sending.send(transaction)

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, None while it waits or is unknown."""
        answer = self.sending.receipt(transaction_hash)
        return None if answer is None else self.receipt_of(answer)

    def knows(self, transaction_hash: bytes) -> bool:
        """Whether the node has the transaction, mined or waiting."""
        return self.sending.knows(transaction_hash)

    # What governing needs as well.

    @cached_property
    def sending(self) -> Sending:
        """Transactions for this registry's chain."""
        return Sending(self.node, chain_id=self.known().chain_id)

    @cached_property
    def certificates_domain(self) -> Domain:
        """The EIP-712 domain of Certificates, as the contract tells it."""
        return self._domain(self.address, contracts.certificates(), typed_data.CERTIFICATES_DOMAIN)

    @cached_property
    def agencies_domain(self) -> Domain:
        """The EIP-712 domain of Agencies, as the contract tells it."""
        return self._domain(self.known().agencies_address, contracts.agencies(), typed_data.AGENCIES_DOMAIN)

    def receipt_of(self, answer: Json) -> Receipt | None:
        """Return a receipt in our words, None if its block is no longer on the chain."""
        what = "eth_getTransactionReceipt"
        number = quantity(member(answer, "blockNumber", what), f"{what} blockNumber")
        block_hash = read_hash(member(answer, "blockHash", what), f"{what} blockHash")
        block = self.block(number)
        if block.hash != block_hash:
            return None
        ours = (self.address, self.known().agencies_address)
        logs = [
            log
            for log in items(member(answer, "logs", what), f"{what} logs")
            if read_address(member(log, "address", what), f"{what} log address") in ours
        ]
        return Receipt(
            transaction_hash=read_hash(member(answer, "transactionHash", what), f"{what} transactionHash"),
            block_number=number,
            block_hash=block_hash,
            succeeded=succeeded(answer),
            records=tuple(record_of(log, {number: block}, ours=ours) for log in logs),
        )

    def _domain(self, address: bytes, contract: Contract, name: str) -> Domain:
        (returned,) = self.node.read_all([(address, contract.functions["eip712Domain"], ())])
        return typed_data.domain_from_contract(returned, name=name, contract=address, chain_id=self.known().chain_id)

    def _agencies_number(self, name: str, *arguments: object) -> int:
        function = contracts.agencies().functions[name]
        return read_number(self.node.read(self.known().agencies_address, function, *arguments), name)


def _officer(change: OfficerToSet) -> tuple[object, ...]:
    return change.agency, change.officer, int(change.capabilities)


def status_change(change: StatusToChange, *, deadline: int, signatures: Sequence[bytes]) -> tuple[object, ...]:
    """Return a change of status as the contract's struct."""
    return (
        change.agency,
        change.actor,
        change.leaves,
        typed_data.held_hash(change),
        int(change.track),
        change.from_hour,
        change.until_hour,
        change.decision,
        deadline,
        tuple(signatures),
    )
