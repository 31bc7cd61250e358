"""Registries in memory with a time of their own: what they recorded, as an index, a checkpoint and a pack."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chain import certificate_types, history, merkle
from chain.calendar import first_hour
from chain.checkpoint import Checkpoint
from chain.code import InclusionPath
from chain.errors import RegistryUnavailable
from chain.events import (
    AgencyRegistered,
    BatchAnchored,
    CertificateReplaced,
    KeyAdded,
    Record,
    StatusChanged,
    Track,
    TypeGranted,
    TypeRegistered,
    VerifyingHostSet,
)
from chain.history import Step
from chain.keys import PublicKey, signer
from chain.pack import Pack
from chain.registry import Block
from chain.seals import SealScheme
from tests import sealed
from tests.verifier.book import AGENCY, ANCHORED_AT, IDENTITY, KEY, NOW, PARENT, STRANGER, TYPE
from tests.verifier.chain_in_memory import ListRegistry, index_of
from tests.verifier.offline_evidence import heads_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.events import Event
    from tests.verifier.book import Paper
    from verifier.indexing.index import Index

ATTESTER = sealed.attester()
HEAD_AT = int(NOW.timestamp()) - 2
"""When the newest block is, by which all is asked."""
NAMES = {PARENT: "演示自治区住房和城乡建设厅", AGENCY: "演示市住房和城乡建设局", STRANGER: "演示他市住房和城乡建设局"}
CODES = {PARENT: "11150000X00000001A", AGENCY: "11150100X00000027D", STRANGER: "11150200X00000027D"}


@dataclass
class TimedRegistry(ListRegistry):
    """A chain of one block for each event, or for none, each at its own time."""

    events: list[Event | None] = field(default_factory=list)  # type: ignore[assignment]  # Blocks without events, too.
    times: list[int] = field(default_factory=list)

    def block(self, number: int) -> Block:
        if number > len(self.events):
            raise RegistryUnavailable(f"there is no block {number}")
        return Block(number, sha256(f"block {number}".encode()).digest(), b"", self.times[number - 1] if number else 0)

    def records(self, first: int, last: int) -> Iterator[Record]:
        for number in range(max(1, first), last + 1):
            event, block = self.events[number - 1], self.block(number)
            if event is not None:
                yield Record(
                    event=event,
                    block_number=number,
                    block_hash=block.hash,
                    block_timestamp=block.timestamp,
                    transaction_hash=block.hash,
                    log_index=0,
                    leaves=self.leaves.get(number, ()),
                )


class World:
    """A registry with an agency under another and a stranger, whose history goes on."""

    def __init__(self, *, hosts: tuple[str, ...] = (), keys: tuple[ec.EllipticCurvePrivateKey, ...] = (KEY,)) -> None:
        self.registry = TimedRegistry()
        self.batches = 0
        for known in certificate_types.shipped():
            self.add(TypeRegistered(known.number, known.version, known.digest))
        for agency, parent in ((PARENT, 0), (AGENCY, PARENT), (STRANGER, 0)):
            level = 1 if parent == 0 else 2
            self.add(AgencyRegistered(agency, parent, level, CODES[agency], NAMES[agency], ()))
            self.add(TypeGranted(agency, TYPE.number, ()))
        for host in hosts:
            self.add(VerifyingHostSet(host, listed=True))
        for key in keys:
            self.add_key(key)

    @property
    def height(self) -> int:
        return len(self.registry.events)

    @property
    def now(self) -> datetime:
        """Two seconds after the newest block."""
        return datetime.fromtimestamp(self.registry.times[-1] + 2, UTC)

    def add(self, event: Event | None, *, leaves: tuple[bytes, ...] = (), at: int | None = None) -> int:
        """Have something happen in a block of its own, ten seconds after the one before it, and return the block."""
        times = self.registry.times
        self.registry.events.append(event)
        times.append(at if at is not None else times[-1] + 10 if times else ANCHORED_AT - 5000)
        if leaves:
            self.registry.leaves[self.height] = leaves
        return self.height

    def add_key(
        self, key: ec.EllipticCurvePrivateKey, *, agency: int = AGENCY, valid_from: int = 0, valid_until: int = 0
    ) -> None:
        public = PublicKey.of(key)
        self.add(KeyAdded(agency, public.kid, 1, public.x, public.y, valid_from, valid_until, ()))

    def anchor(self, *leaves: bytes, agency: int = AGENCY, at: int | None = None, **changes: int) -> InclusionPath:
        """Anchor leaves, by default on the first day of 2026, and return the path of the first one."""
        self.batches += 1
        root, sequence = merkle.root(leaves), self.batches
        values = {"certificate_type": TYPE.number, "version": TYPE.version} | changes
        event = BatchAnchored(
            agency=agency, root=root, size=len(leaves), sequence=sequence, preparer=bytes(20), approvers=(), **values
        )
        self.add(event, leaves=leaves, at=max(ANCHORED_AT, self.registry.times[-1] + 1) if at is None else at)
        return InclusionPath(len(leaves), 0, merkle.inclusion_path(leaves, 0))

    def anchor_paper(self, made: Paper, **how: Any) -> InclusionPath:  # noqa: ANN401 - as `anchor` has it
        """Anchor a certificate between two other leaves."""
        return self.anchor(made.leaf, sha256(b"left").digest(), sha256(b"right").digest(), **how)

    def set_status(
        self,
        leaf: bytes,
        track: Track,
        *,
        since: date | None = None,
        until: date | None = None,
        lifts: bool = False,
        agency: int = AGENCY,
        actor: int = AGENCY,
        at: int | None = None,
    ) -> None:
        """Record a status from a day on, and by default at noon of that day."""
        from_hour = first_hour(since) if since else (self.registry.times[-1] + 10) // 3600
        self.add(
            StatusChanged(
                agency=agency,
                leaf=leaf,
                track=track,
                from_hour=0 if lifts else from_hour,
                until_hour=first_hour(until) if until else 0,
                actor=actor,
                decision=b"d" * 32,
                held=0,
                officers=(),
            ),
            at=at if at is not None or since is None else max((from_hour + 12) * 3600, self.registry.times[-1]),
        )

    def replace(self, old: bytes, new: bytes, since: date) -> None:
        hour = first_hour(since)
        self.add(CertificateReplaced(AGENCY, old, new, hour, 0), at=max(hour * 3600, self.registry.times[-1]))

    def settle(self, blocks: int = 3) -> World:
        """Let the present come: blocks without events, the last one two seconds before now."""
        for place in range(blocks):
            self.add(None, at=HEAD_AT - 2 * (blocks - 1 - place))
        return self

    def records(self, until: int | None = None) -> list[Record]:
        return list(self.registry.records(1, self.height if until is None else until))

    def checkpoint(self, until: int | None = None, *, attested: bool = True, **changes: Any) -> Checkpoint:  # noqa: ANN401
        """Cut a checkpoint of a block, on a chain that nobody seals."""
        number = self.height if until is None else until
        records, block = self.records(number), self.registry.block(number)
        cut = Checkpoint(
            registry_id=IDENTITY.registry_id,
            chain_id=IDENTITY.chain_id,
            registry=IDENTITY.address,
            agencies=IDENTITY.agencies_address,
            block_number=number,
            block_hash=block.hash,
            timestamp=block.timestamp,
            heads=heads_of(records),
            state=None,
            history=history.encode(map(Step.of, records)),
        )
        cut = replace(cut, **changes)
        return cut.attested(PublicKey.of(ATTESTER).kid, signer(ATTESTER)) if attested else cut

    def pack(self, until: int | None = None, **how: Any) -> bytes:  # noqa: ANN401 - as `checkpoint` has it
        return Pack(self.checkpoint(until, **how), certificate_types.shipped_files()).encode()

    def index(self, folder: Path, now: datetime | None = None, *, confirmations: int = 1) -> Index:
        """Return an index that has read all of it."""
        index = index_of(self.registry, folder, confirmations=confirmations)
        progress = index.follow(now or self.now)
        assert progress is not None
        assert not progress.trouble
        return index


def trust_file(**changes: Any) -> bytes:  # noqa: ANN401 - what the council signs, by name
    """Return a trust list of these registries."""
    values: dict[str, Any] = {
        "registry_id": IDENTITY.registry_id,
        "registry": IDENTITY.address,
        "agencies": IDENTITY.agencies_address,
        "chain_id": IDENTITY.chain_id,
        "scheme": SealScheme.NONE.value,
        "issued": "2025-12-01T00:00:00Z",
        "expires": "2027-11-01T00:00:00Z",
        "attesters": (ATTESTER,),
    }
    return sealed.trust_list(sealed.signed_part(**(values | changes))).encode()
