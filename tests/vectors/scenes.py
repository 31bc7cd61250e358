"""What happens on the chains whose blocks the vectors are made of.

Two histories of a registry: a small one, told on chains of every number of header fields, and a rich one, in which each
of the registry's events occurs and things are undone again. Fictional throughout; everybody's keys are made from their
names, and the chain's clock is set, so that a second telling differs in nothing that matters.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from chain.certificate_types import shipped
from chain.ethereum.deploy import deploy
from chain.ethereum.governing import Governing
from chain.ethereum.profiles import ANVIL
from chain.ethereum.wire import to_hex
from chain.ethereum.writer import EthereumWriter
from chain.events import Capability, Track
from chain.keys import PublicKey
from chain.registry import BatchToAnchor, StatusToChange
from tests.deployed import (
    KEYS_VALID_FROM,
    Office,
    anchor,
    change_status,
    credit_code,
    document_key,
    leaves_of,
    mined,
    signed_anchor,
    signer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.ethereum.network import Anvil
    from chain.ethereum.signers import KeySigner
    from chain.ethereum.wire import Json
    from chain.registry import Receipt

CERTIFICATES = json.loads((Path(__file__).parent / "certificates.json").read_text(encoding="utf-8"))
CERTIFICATE = CERTIFICATES["certificates"][0]
"""The example of the protocol page; it is anchored in the rich history, so that the vectors make one whole."""
REGISTRY_ID = bytes.fromhex(CERTIFICATE["statement"]["registry_id"])

BEGINNING = 1_769_904_000
"""2026-02-01T00:00:00Z."""
BLOCK_PERIOD_S = 900
"""A quarter of an hour, so that a suspension by the hour passes while the story goes on."""

_MOST = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A registry on a chain, with what one needs to make things happen there."""

    anvil: Anvil
    writer: EthereumWriter
    governing: Governing
    sender: KeySigner
    members: tuple[KeySigner, ...]

    @property
    def hour(self) -> int:
        """The newest block's."""
        return self.writer.newest().timestamp // 3600

    def office(self, parent: Office | None, name: str, *types: int, code: str | None = None) -> Office:
        """Register an agency with two managers, a preparer, an approver, a document key and some types."""
        first, second, preparer, approver = (
            signer(f"{name} {role}") for role in ("manager 1", "manager 2", "preparer", "approver")
        )
        agency = self._register(parent, name, code, first)
        above = parent.managers if parent else ()
        # Where an agency has nobody above, the council stands in.
        self.governing.set_officer(
            agency, second.address, Capability.MANAGE, by=[first, *above[:1]], council=parent is None
        )
        for kind in types:
            self.governing.grant_type(agency, kind, by=above, council=parent is None)
        both = (first, second)
        self.governing.set_officer(agency, preparer.address, Capability.PREPARE | Capability.STATUS, by=both)
        self.governing.set_officer(agency, approver.address, Capability.APPROVE | Capability.STATUS, by=both)
        key = document_key(name)
        level = parent.level + 1 if parent else 1
        office = Office(agency, level, parent.agency if parent else 0, name, code or "", both, preparer, approver, key)
        self.list_key(office, office.public_key)
        return office

    def _register(self, parent: Office | None, name: str, code: str | None, first: KeySigner) -> int:
        serial = 1 + int.from_bytes(sha256(name.encode()).digest()[:2]) % 900_000
        code = code or credit_code(serial)
        if parent is None:
            return self.governing.council.register_top_agency(code=code, name=name, first_manager=first.address)
        return self.governing.register_agency(
            parent.agency, code=code, name=name, first_manager=first.address, by=parent.managers
        )

    def list_key(self, office: Office, key: PublicKey) -> None:
        """List a document key."""
        self.governing.add_key(office.agency, x=key.x, y=key.y, valid_from=KEYS_VALID_FROM, by=office.managers)

    def anchor(self, office: Office, leaves: tuple[bytes, ...], kind: int = 1) -> Receipt:
        """Anchor a batch of version 1 of a type."""
        return anchor(self.writer, self.sender, office, BatchToAnchor(office.agency, kind, 1, leaves))

    def replace(self, office: Office, new: tuple[bytes, ...], old: tuple[bytes, ...], kind: int = 1) -> Receipt:
        """Anchor a batch that takes others' place from a day later on."""
        batch = BatchToAnchor(office.agency, kind, 1, new, old, self.hour + 24)
        return anchor(self.writer, self.sender, office, batch)

    def mark(
        self,
        office: Office,
        leaves: tuple[bytes, ...],
        track: Track,
        *,
        begins: int | None = None,
        until: int = 0,
        by: tuple[KeySigner, ...] | None = None,
        actor: Office | None = None,
    ) -> Receipt:
        """Have two officers change a status; it begins at once if no hour is given, and 0 lifts it."""
        acting = actor or office
        begins = self.hour if begins is None else begins
        change = self._change(office, leaves, track, begins=begins, until=until, actor=acting.agency)
        officers = by or (acting.preparer, acting.approver)
        return change_status(self.writer, self.sender, officers, change)

    def mark_as_council(self, office: Office, leaves: tuple[bytes, ...], track: Track, *, begins: int) -> None:
        """Have the council change a status."""
        self.governing.council.change_status(self._change(office, leaves, track, begins=begins, until=0, actor=0))

    def _change(
        self, office: Office, leaves: tuple[bytes, ...], track: Track, *, begins: int, until: int, actor: int
    ) -> StatusToChange:
        held = tuple(self.writer.status(office.agency, leaf) for leaf in leaves)
        decision = sha256(f"decision {track.name} {leaves[0].hex()}".encode()).digest()
        return StatusToChange(office.agency, actor, leaves, held, track, begins, until, decision)


def stage(anvil: Anvil, types: tuple[tuple[int, int, bytes], ...]) -> Stage:
    """Deploy a registry and register certificate types."""
    members = tuple(signer(f"member {index}") for index in range(3))
    sender = signer("sender")
    for account in (sender, *members, signer("member 3")):
        anvil.fund(account.address)
    addresses = [member.address for member in members]
    record = deploy(
        anvil.url, sender, registry_id=REGISTRY_ID, test=True, members=addresses, threshold=2, profile=ANVIL
    )
    writer = EthereumWriter(anvil.url, record.address, ANVIL, expected=record.expected)
    governing = Governing(writer, sender=sender, members=members)
    governing.council.register_types(types)
    return Stage(anvil, writer, governing, sender, members)


def types_of(*numbers: int) -> tuple[tuple[int, int, bytes], ...]:
    """Return shipped certificate types as the registry lists them."""
    return tuple((kind.number, kind.version, kind.digest) for kind in shipped() if kind.number in numbers)


def small(anvil: Anvil) -> tuple[Stage, dict[str, Receipt]]:
    """Two agencies; one revocation, one key cut off, one agency suspended. Returns the batches by name."""
    here = stage(anvil, types_of(1))
    city = here.office(None, "演示市", 1)
    county = here.office(city, "演示县", 1)
    batches = {
        "one": here.anchor(county, leaves_of("one", 1)),
        "two": here.anchor(county, leaves_of("two", 2)),
        "three": here.anchor(city, leaves_of("three", 3)),
    }
    batches["two again, by another agency"] = here.anchor(city, leaves_of("two", 2))
    here.mark(county, leaves_of("two", 1), Track.REVOKED)
    here.mark(county, leaves_of("one", 1), Track.LOSS)
    here.governing.cut_off_key(
        county.agency, county.public_key.kid, here.writer.newest().number + 1, by=county.managers[:1]
    )
    here.governing.suspend_agency(county.agency, by=city.managers[:1])
    anvil.mine(6)
    return here, batches


def rich(anvil: Anvil) -> tuple[Stage, dict[str, Receipt]]:
    """Everything that can happen, most of it undone again. Returns the batches by name."""
    kind = CERTIFICATE["statement"]["type"]
    example = (kind["number"], kind["version"], bytes.fromhex(kind["digest"]))
    here = stage(anvil, (*types_of(1, 2), example, (9, 1, sha256(b"a type that was given up").digest())))
    region = here.office(None, "演示自治区", 1, 2, 3)
    city = here.office(region, "演示市", 1, 2, 3)
    county = here.office(city, "演示县", 1, 2, 3, code=CERTIFICATE["statement"]["agency_code"])
    other = here.office(city, "另一演示县", 1, 2)
    x, y = (urlsafe_b64decode(CERTIFICATES["keys"][0][name] + "=") for name in ("x", "y"))
    here.list_key(county, PublicKey(x, y))
    batches = _anchored(here, county, city)
    batches["replacing two"] = here.replace(county, leaves_of("replacing", 2), leaves_of("two", 2))
    _statuses(here, county, city)
    _rights(here, region, city, county, other)
    batches["after it all"] = here.anchor(county, leaves_of("after", 4))
    _council(here, other)
    anvil.mine(6)
    return here, batches


def _anchored(here: Stage, county: Office, city: Office) -> dict[str, Receipt]:
    example = bytes.fromhex(CERTIFICATE["leaf"])
    return {
        "the example": here.anchor(county, (example,), CERTIFICATE["statement"]["type"]["number"]),
        "two": here.anchor(county, leaves_of("two", 2)),
        "three, by another agency": here.anchor(city, leaves_of("three", 3), 2),
        "one thousand": here.anchor(county, leaves_of("thousand", 1000)),
        "among twenty transactions": crowded(here, county, leaves_of("crowded", 5)),
        "in a legacy transaction": in_legacy(here, county, leaves_of("legacy", 3)),
    }


def crowded(here: Stage, office: Office, leaves: tuple[bytes, ...], *, before: int = 12, after: int = 7) -> Receipt:
    """Anchor a batch in a block with other transactions, some of each kind."""

    def fill(count: int) -> None:
        for index in range(count):
            own = to_hex(here.anvil.accounts[index % 10].address)
            call: dict[str, Json] = {"from": own, "to": own, "value": to_hex(index)}
            price: dict[str, Json] = {"gasPrice": to_hex(10**10)} if index % 2 else {}
            here.anvil.ask("eth_sendTransaction", {**call, **price})

    transaction = signed_anchor(here.writer, here.sender, office, BatchToAnchor(office.agency, 1, 1, leaves))
    here.anvil.ask("evm_setAutomine", False)  # noqa: FBT003 - the RPC's own argument
    fill(before)
    here.writer.send(transaction)
    fill(after)
    here.anvil.ask("evm_mine")
    here.anvil.mine_instantly()
    return mined(here.writer, transaction.hash)


def in_legacy(here: Stage, office: Office, leaves: tuple[bytes, ...]) -> Receipt:
    """Anchor a batch by a transaction without a type, as old software sends it."""
    transaction = signed_anchor(here.writer, here.sender, office, BatchToAnchor(office.agency, 1, 1, leaves))
    payload = _payload(here, transaction.raw)
    call: dict[str, Json] = {
        "from": to_hex(here.anvil.accounts[0].address),
        "to": to_hex(here.writer.address),
        "data": to_hex(payload),
        "gasPrice": to_hex(10**10),
    }
    told = here.anvil.ask("eth_sendTransaction", call)
    assert isinstance(told, str)
    return mined(here.writer, bytes.fromhex(told[2:]))


def _payload(here: Stage, raw: bytes) -> bytes:
    """Return what a signed transaction calls, as the node decodes it: it is tried on the node and taken back."""
    snapshot = here.anvil.ask("evm_snapshot")
    told = here.anvil.ask("eth_sendRawTransaction", to_hex(raw))
    sent = here.anvil.ask("eth_getTransactionByHash", told)
    here.anvil.ask("evm_revert", snapshot)
    assert isinstance(sent, dict)
    return bytes.fromhex(str(sent["input"])[2:])


def _statuses(here: Stage, county: Office, city: Office) -> None:
    thousand = leaves_of("thousand", 1000)
    here.mark(county, thousand[:3], Track.REVOKED)
    here.mark(county, thousand[3:4], Track.SUSPENSION, until=here.hour + 24 * 30)
    here.mark(county, thousand[4:6], Track.SUSPENSION, until=here.hour + 12, by=(county.preparer,))
    here.mark(county, thousand[5:6], Track.SUSPENSION, begins=0)
    here.mark(county, thousand[6:8], Track.LOSS)
    here.mark(county, thousand[6:7], Track.LOSS, begins=0)
    here.mark(county, thousand[8:9], Track.RENEWAL_PENDING, until=here.hour + 24 * 60)
    here.mark(county, thousand[9:10], Track.CANCELLED)
    here.mark(county, thousand[10:11], Track.WITHDRAWN)
    here.mark(county, thousand[11:12], Track.RESCINDED, actor=city)
    here.mark(county, thousand[2:3], Track.LOSS)
    here.mark_as_council(county, thousand[1:2], Track.REVOKED, begins=0)
    here.mark(city, leaves_of("three", 1), Track.SUSPENSION)


def _rights(here: Stage, region: Office, city: Office, county: Office, other: Office) -> None:
    governing = here.governing
    governing.suspend_agency(other.agency, by=city.managers[:1])
    governing.resume_agency(other.agency, by=city.managers)
    governing.withdraw_type(other.agency, 2, by=other.managers[:1])
    governing.grant_type(other.agency, 2, by=city.managers)
    governing.withdraw_type(other.agency, 1, by=region.managers[:1])
    governing.demand_approvals(other.agency, 2, by=city.managers[:1])
    governing.set_own_approvals(other.agency, 3, by=other.managers[:1])
    governing.set_own_approvals(other.agency, 1, by=other.managers)
    governing.set_officer(other.agency, other.approver.address, Capability(0), by=other.managers[:1])
    cut_off = here.writer.newest().number + 1
    governing.cut_off_key(other.agency, other.public_key.kid, cut_off, by=other.managers[:1])
    governing.cut_off_key(county.agency, county.public_key.kid, cut_off, by=county.managers[:1])
    governing.cut_off_key(county.agency, county.public_key.kid, _MOST, by=city.managers)
    governing.suspend_agency(other.agency, by=region.managers[:1])


def _council(here: Stage, other: Office) -> None:
    council = here.governing.council
    council.add_member(signer("member 3").address, threshold=2)
    council.remove_member(here.members[2].address, threshold=2)
    council.set_verifying_host("verify.example.cn", listed=True)
    council.set_verifying_host("old.example.cn", listed=True)
    council.set_verifying_host("old.example.cn", listed=False)
    council.retire_type(9, 1)
    council.correct_agency(other.agency, code=credit_code(77), name="更正后的演示县")
    council.name_successor(sha256(b"successor").digest()[:20], sha256(b"successor's id").digest())


SCENES: dict[str, tuple[str, Callable[[Anvil], tuple[Stage, dict[str, Receipt]]]]] = {
    "istanbul": ("istanbul", small),
    "london": ("london", small),
    "cancun": ("cancun", small),
    "osaka": ("osaka", rich),
}
"""By the chain's name: its hard fork, with 15, 16, 20 and 21 fields in a header, and its story."""
