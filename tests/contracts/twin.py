"""The contracts and the model side by side: every call is made in both, and both must agree."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eth_abi import encode
from eth_utils import keccak

from tests.contracts.model import NOBODY, ZERO, Emitted, Refused
from tests.contracts.model_agencies import NEVER
from tests.contracts.model_certificates import Approvals, Certificates, Change, Track, held_hash, root_of
from tests.contracts.model_consents import Consent
from tests.contracts.people import high_s, person
from tests.contracts.registry import APPROVER, COUNCIL, PREPARER, REGISTRY_ID, THRESHOLD, Contract, Registry, Reverted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.contracts.node import Node
    from tests.contracts.people import Person

PEOPLE = tuple(person(f"official {i}") for i in range(8))
MEMBERS = (*COUNCIL, person("council 3"), person("council 4"))
CERTIFICATE_TYPES = (1, 2, 3)
VERSIONS = (1, 2)
UNKNOWN = 99


def snake(name: str) -> str:
    """Turn a function's name into the model's."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, and what is wrong with it.

    Flaws: `expired`; `nonce` and `registry` (signed for another one); `high s` and `length` (of the first signature).
    """

    signers: tuple[Person, ...] = ()
    flaw: str = ""

    def recovered(self) -> tuple[str, ...]:
        """Return the signers as the contracts recover them."""
        if self.flaw in {"nonce", "registry"}:
            return tuple(f"stranger in place of {signer.name}" for signer in self.signers)
        broken = {"high s": "ECDSAInvalidSignatureS", "length": "ECDSAInvalidSignatureLength"}.get(self.flaw)
        found = [signer.address for signer in self.signers]
        return (broken, *found[1:]) if broken and found else tuple(found)

    def spoil(self, signatures: list[bytes]) -> list[bytes]:
        """Put the flaw into the first signature."""
        if not signatures:
            return signatures
        first = signatures[0]
        spoiled = {"high s": high_s(first), "length": first[:64]}.get(self.flaw, first)
        return [spoiled, *signatures[1:]]


@dataclass(slots=True)
class View:
    """A view that both sides must answer alike."""

    to: str
    data: str
    outputs: tuple[str, ...]
    expected: dict[object, str] = field(default_factory=dict)
    """Answers already encoded."""

    def answer(self, value: tuple[object, ...]) -> str:
        """Encode an answer."""
        key = repr(value)
        if key not in self.expected:
            self.expected[key] = "0x" + encode(self.outputs, value).hex()
        return self.expected[key]


class Twin:
    """A registry on a node, its model, and the state to which both go back."""

    def __init__(self, node: Node) -> None:
        self.registry = Registry(node)
        self.node = node
        self.model = Certificates(registry_id=REGISTRY_ID, test=True, address=self.registry.agencies.address)
        self.model.contracts |= {self.registry.certificates.address}
        self.model.block = self.registry.history()[0].block
        self.model.create([member.address for member in COUNCIL], THRESHOLD)
        self._views: dict[object, View] = {}
        self._kept: tuple[str, Certificates] | None = None

    def keep(self) -> None:
        """Remember the present state."""
        self._kept = (self.node.snapshot(), copy.deepcopy(self.model))

    def go_back(self) -> None:
        """Return to the remembered state."""
        assert self._kept is not None
        self.node.revert(self._kept[0])
        self.model = self._kept[1]
        self.keep()

    # Calls.

    def act(self, contract: Contract, data: bytes, carry_out: Callable[[], None], *, sender: str) -> str | None:
        """Make a call on the chain, then in the model; return the name of the error with which both refused."""
        error = None
        events: list[Emitted] = []
        try:
            events = self.registry.events(self.registry.send(contract, data, sender=sender).logs)
        except Reverted as reverted:
            error = reverted.name
        self.model.block, self.model.time = self.node.last_block, self.node.last_time
        known = len(self.model.events)
        expected = None
        try:
            carry_out()
        except Refused as refused:
            expected = refused.name
        assert error == expected, f"the contracts: {error}, the model: {expected}"
        assert [plain(event) for event in events] == [plain(event) for event in self.model.events[known:]]
        return error

    @property
    def next_block(self) -> int:
        """Return the block in which the next transaction stands."""
        return self.node.block_number() + 1

    def council(
        self, contract: Contract, function: str, arguments: Sequence[object], call: tuple[str, tuple[object, ...]]
    ) -> str | None:
        """Let the council propose, vote and execute, each by a member who may."""
        members = list(self.model.members)
        number = self.propose(members[0], contract, function, arguments, call, expires=self.next_block + 1000)
        for member in members[1 : self.model.threshold]:
            self.vote(member, number)
        return self.execute(members[-1], number)

    def propose(
        self,
        sender: str,
        contract: Contract,
        function: str,
        arguments: Sequence[object],
        call: tuple[str, tuple[object, ...]],
        *,
        expires: int,
    ) -> int:
        """Propose a call; return the number that the proposal has, if it was made."""
        inner = contract.data(function, *arguments)
        data = self.registry.agencies.data("propose", contract.address, inner, expires)
        number = len(self.model.proposals) + 1
        self.act(
            self.registry.agencies,
            data,
            lambda: self.model.propose(sender, contract.address, inner, expires, call),
            sender=sender,
        )
        return number

    def vote(self, sender: str, number: int) -> str | None:
        """Vote for a proposal."""
        data = self.registry.agencies.data("vote", number)
        return self.act(self.registry.agencies, data, lambda: self.model.vote(sender, number), sender=sender)

    def execute(self, sender: str, number: int) -> str | None:
        """Execute a proposal."""
        data = self.registry.agencies.data("execute", number)
        return self.act(self.registry.agencies, data, lambda: self.model.execute(sender, number), sender=sender)

    def decide(self, function: str, *arguments: object) -> str | None:
        """Let the council call a function of Agencies' that is its alone."""
        return self.council(self.registry.agencies, function, arguments, (snake(function), arguments))

    def consented(
        self,
        function: str,
        *arguments: object,
        signing: Signing,
        sender: str = MEMBERS[0].address,
        council: bool = False,
    ) -> str | None:
        """Change rights by consent, by any sender or through the council."""
        number = arguments[0]
        nonce = self.model.agencies[number].nonce if number in self.model.agencies else 0
        late = signing.flaw == "expired"
        deadline = self.next_block - 1 if late else self.next_block + 1000
        consent = self.registry.consent(
            number,
            function,
            arguments,
            signing.signers,
            deadline=deadline,
            nonce=nonce + (signing.flaw == "nonce"),
            registry_id=keccak(b"other") if signing.flaw == "registry" else None,
        )
        consent = (consent[0], signing.spoil(consent[1]))
        recovered = Consent(deadline, signing.recovered())
        if council:
            call = (snake(function), (*arguments, recovered))
            return self.council(self.registry.agencies, function, (*arguments, consent), call)
        data = self.registry.agencies.data(function, *arguments, consent)
        method = getattr(self.model, snake(function))
        return self.act(
            self.registry.agencies, data, lambda: method(*arguments, recovered, caller=sender), sender=sender
        )

    def anchor(
        self,
        agency: int,
        certificate_type: int,
        version: int,
        leaves: list[bytes],
        *,
        preparer: Person,
        approvals: Signing,
        old: list[bytes] | None = None,
        start: int = 0,
    ) -> str | None:
        """Anchor a batch, or let it replace others."""
        flaw = approvals.flaw
        deadline = self.next_block - 1 if flaw == "expired" else self.next_block + 1000
        replaces = keccak(b"".join(old)) if old is not None else ZERO
        first, second = (
            self.registry.batch_digest(
                *(agency, certificate_type, version, root_of(leaves) if leaves else ZERO, len(leaves)),
                role=role,
                deadline=deadline,
                replaces=replaces,
                start=start,
                registry_id=keccak(b"other") if flaw in {"registry", "nonce"} else None,
            )
            for role in (PREPARER, APPROVER)
        )
        signatures = approvals.spoil([officer.sign(second) for officer in approvals.signers])
        recovered = Approvals(
            deadline,
            "stranger" if flaw in {"registry", "nonce"} else preparer.address,
            approvals.recovered(),
        )
        entry = (agency, certificate_type, version, leaves, *(() if old is None else (old, start)))
        function = "anchor" if old is None else "replace"
        data = self.registry.certificates.data(function, *entry, (deadline, preparer.sign(first), signatures))
        method = getattr(self.model, function)
        return self.act(self.registry.certificates, data, lambda: method(*entry, recovered), sender=preparer.address)

    def change(  # noqa: PLR0917 - in the contract's order
        self,
        agency: int,
        actor: int,
        leaves: list[bytes],
        track: Track,
        start: int,
        until: int,
        *,
        signing: Signing,
        stale: bool = False,
        decision: bytes = keccak(b"decision"),
    ) -> str | None:
        """Change a status, by officers or (actor 0) through the council."""
        deadline = self.next_block - 1 if signing.flaw == "expired" else self.next_block + 1000
        held = held_hash([self.model.slot(agency, leaf) + stale for leaf in leaves])
        body = (agency, actor, leaves, held, track, start, until, decision, deadline)
        foreign = signing.flaw in {"nonce", "registry"}
        signed = self.registry.status_digest(*body[:-1], deadline + foreign)
        signatures = signing.spoil([officer.sign(signed) for officer in signing.signers])
        change = Change(*body[:2], tuple(leaves), *body[3:], signing.recovered())
        if actor == 0:
            return self.council(
                self.registry.certificates, "changeStatus", [(*body, signatures)], ("change_status", (change,))
            )
        data = self.registry.certificates.data("changeStatus", (*body, signatures))
        return self.act(
            self.registry.certificates,
            data,
            lambda: self.model.change_status(change, caller=NOBODY),
            sender=MEMBERS[0].address,
        )

    # Comparing.

    def compare(self) -> None:
        """Compare every view and the three heads."""
        wanted: list[tuple[View, str]] = []
        for contract, function, arguments, value in self.answers():
            key = (function, arguments)
            view = self._views.get(key)
            if view is None:
                kind = contract.artifact.functions[function]
                view = View(contract.address, "0x" + kind.data(*arguments).hex(), kind.outputs)
                self._views[key] = view
            wanted.append((view, view.answer(value)))
        got = self.node.call_many([(view.to, view.data) for view, _ in wanted])
        for (view, expected), answer in zip(wanted, got, strict=True):
            if expected != answer:
                [call] = [key for key, known in self._views.items() if known is view]
                raise AssertionError(f"{call}: the contracts say {answer}, the model {expected}")

    def answers(self) -> list[tuple[Contract, str, tuple[object, ...], tuple[object, ...]]]:
        """Return what every view should answer: contract, function, arguments, values."""
        model, agencies, certificates = self.model, self.registry.agencies, self.registry.certificates
        answers = [
            (agencies, "head", (2,), (model.heads[2],)),
            (certificates, "head", (0,), (model.heads[0],)),
            (certificates, "head", (1,), (model.heads[1],)),
            (agencies, "threshold", (), (model.threshold,)),
            (agencies, "members", (), (list(model.members),)),
            (agencies, "successor", (), model.successor),
            (agencies, "numberOfAgencies", (), (len(model.agencies),)),
        ]
        answers += [(agencies, "isMember", (member.address,), (member.address in model.members,)) for member in MEMBERS]
        for number, proposal in list(model.proposals.items())[-4:]:
            shown = (proposal.proposer, proposal.target, proposal.data, proposal.expires, proposal.executed)
            answers.append((agencies, "proposal", (number,), (*shown, model.votes_of(number))))
        for certificate_type in CERTIFICATE_TYPES:
            for version in VERSIONS:
                known = model.types.get((certificate_type, version), (ZERO, False))
                answers.append((agencies, "typeDigest", (certificate_type, version), known))
        for code, number in model.codes.items():
            answers.append((agencies, "agencyByCode", (code,), (number,)))
        for number in model.agencies:
            answers += self._answers_about(number)
        for (number, root), batch in list(model.batches.items())[-6:]:
            shown = (batch.certificate_type, batch.version, batch.size, batch.sequence, batch.block)
            answers.append((certificates, "batch", (number, root), (shown,)))
        for number, leaf in list(model.marks)[-12:]:
            answers.append((certificates, "status", (number, leaf), (model.slot(number, leaf),)))
        return answers

    def _answers_about(self, number: int) -> list[tuple[Contract, str, tuple[object, ...], tuple[object, ...]]]:
        model, agencies = self.model, self.registry.agencies
        agency = model.agencies[number]
        shown = (agency.parent, agency.level, agency.suspended_by, agency.own, agency.demanded, agency.demanded_by)
        entry = (*shown, agency.managers, agency.registered, agency.code, agency.name)
        answers = [
            (agencies, "agency", (number,), (entry,)),
            (agencies, "nonceOf", (number,), (agency.nonce,)),
            (agencies, "isSuspended", (number,), (model.is_suspended(number),)),
            (agencies, "requiredApprovals", (number,), (model.required_approvals(number),)),
            (self.registry.certificates, "sequence", (number,), (model.sequences.get(number, 0),)),
        ]
        answers += [
            (agencies, "capabilities", (number, each.address), (model.capabilities(number, each.address),))
            for each in PEOPLE
        ]
        for certificate_type in CERTIFICATE_TYPES:
            held, withdrawn = certificate_type in agency.types, agency.withdrawn.get(certificate_type, 0)
            answers.append((agencies, "holdsType", (number, certificate_type), (held,)))
            answers.append((agencies, "typeWithdrawnBy", (number, certificate_type), (withdrawn,)))
        for kid, key in agency.keys.items():
            times = (key.valid_from, key.valid_until, key.cut_off, key.cut_off_by, key.listed)
            answers.append((agencies, "key", (number, kid), ((key.algorithm, *times, key.x, key.y),)))
        answers += [
            (agencies, "isSelfOrAbove", (other, number), (not other or model.is_self_or_above(other, number),))
            for other in (0, *model.agencies, UNKNOWN)
        ]
        return answers


def plain(event: Emitted) -> Emitted:
    """Return an event with tuples in place of lists, as decoding gives them."""
    arguments = tuple(tuple(each) if isinstance(each, list) else each for each in event.arguments)
    return Emitted(event.block, event.name, arguments)


__all__ = ["CERTIFICATE_TYPES", "MEMBERS", "NEVER", "PEOPLE", "UNKNOWN", "VERSIONS", "Signing", "Twin"]
