"""Who is who on the chain: agencies, officers, document keys, certificate types, as folded from the registry's events.

The fold is remembered in the database up to a block, so that a command reads only what is new. It spares questions and
makes messages clear; the contract alone decides in the end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chain.errors import RegistryMismatch
from chain.events import (
    AgencyCorrected,
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    Capability,
    KeyAdded,
    KeyCutOff,
    OfficerSet,
    SuccessorNamed,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
    VerifyingHostSet,
)
from chain.registry import Block
from issuer.errors import Ambiguous, NotFound
from issuer.tables.models import DirectorySnapshot, RegistryPin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chain.events import Record
    from chain.registry import Identity, Registry
    from issuer.tables.store import Store

WITHOUT_CUT_OFF = 2**64 - 1


@dataclass(slots=True)
class Key:
    """A document key as the registry lists it."""

    kid: bytes
    algorithm: int
    x: bytes
    y: bytes
    valid_from: int
    valid_until: int
    """Seconds since 1970, exclusive; 0 is without end."""
    cut_off_block: int
    listed_at_block: int

    def counts_at(self, block: Block) -> bool:
        """Whether what it signs counts if it is anchored in the block after this one."""
        begun = self.valid_from <= block.timestamp and self.listed_at_block <= block.number
        open_ended = self.valid_until == 0 or block.timestamp < self.valid_until
        return begun and open_ended and block.number + 1 < self.cut_off_block


@dataclass(slots=True)
class Agency:
    """An agency as the registry knows it."""

    id: int
    parent: int
    level: int
    code: str
    name: str
    suspended_by: int = 0
    types: set[int] = field(default_factory=set)
    officers: dict[bytes, Capability] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    """In the order in which they were listed."""

    def __str__(self) -> str:
        """Name it for a message."""
        return f"{self.name} (agency {self.id})"


@dataclass(slots=True)
class Directory:
    """Everybody, at a block."""

    block: Block
    agencies: dict[int, Agency] = field(default_factory=dict)
    types: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """Digest of each registered (type, version)."""
    retired: set[tuple[int, int]] = field(default_factory=set)
    verifying_hosts: set[str] = field(default_factory=set)
    successor: bytes = b""

    def agency(self, number: int) -> Agency:
        """Return an agency; raises `NotFound`."""
        try:
            return self.agencies[number]
        except KeyError as exc:
            msg = f"agency: got {number}, wanted one of the {len(self.agencies)} that the registry lists"
            raise NotFound(msg) from exc

    def find(self, text: str) -> Agency:
        """Return an agency by its number, credit code or name."""
        found = [agency for agency in self.agencies.values() if text in {str(agency.id), agency.code, agency.name}]
        match found:
            case [agency]:
                return agency
            case []:
                msg = f"agency: got {text}, wanted the number, credit code or name of one that the registry lists"
                raise NotFound(msg)
            case _:
                msg = f"agency: got {text}, which fits {', '.join(map(str, found))}; wanted a number"
                raise Ambiguous(msg)

    def line(self, number: int) -> list[Agency]:
        """Return an agency and those above it, itself first."""
        line = [self.agency(number)]
        while line[-1].parent:
            line.append(self.agency(line[-1].parent))
        return line

    def fold(self, records: Iterable[Record]) -> None:
        """Take in events in chain order."""
        for record in records:
            self._take(record)

    def _take(self, record: Record) -> None:  # noqa: C901, PLR0912 — one case for each event that matters here
        match record.event:
            case AgencyRegistered(agency=number, parent=parent, level=level, code=code, name=name):
                self.agencies[number] = Agency(number, parent, level, code, name)
            case AgencyCorrected(agency=number, code=code, name=name):
                self.agencies[number].code = code
                self.agencies[number].name = name
            case AgencySuspended(agency=number, suspended_by=suspended_by):
                self.agencies[number].suspended_by = suspended_by
            case AgencyResumed(agency=number):
                self.agencies[number].suspended_by = 0
            case TypeGranted(agency=number, certificate_type=kind):
                self.agencies[number].types.add(kind)
            case TypeWithdrawn(agency=number, certificate_type=kind):
                self.agencies[number].types.discard(kind)
            case OfficerSet(agency=number, officer=officer, capabilities=capabilities):
                self.agencies[number].officers.pop(officer, None)
                if capabilities:
                    self.agencies[number].officers[officer] = capabilities
            case KeyAdded() as added:
                self.agencies[added.agency].keys.append(
                    Key(
                        kid=added.kid,
                        algorithm=added.algorithm,
                        x=added.x,
                        y=added.y,
                        valid_from=added.valid_from,
                        valid_until=added.valid_until,
                        cut_off_block=WITHOUT_CUT_OFF,
                        listed_at_block=record.block_number,
                    )
                )
            case KeyCutOff(agency=number, kid=kid, cut_off_block=block):
                for key in self.agencies[number].keys:
                    if key.kid == kid:
                        key.cut_off_block = block
            case TypeRegistered(certificate_type=kind, version=version, digest=digest):
                self.types[kind, version] = digest
            case TypeRetired(certificate_type=kind, version=version):
                self.retired.add((kind, version))
            case VerifyingHostSet(host=host, listed=listed):
                (self.verifying_hosts.add if listed else self.verifying_hosts.discard)(host)
            case SuccessorNamed(registry=registry):
                self.successor = registry
            case _:
                pass


def read(registry: Registry, store: Store) -> Directory:
    """Return the present directory; the first time it also binds the database to this registry.

    Raises `RegistryMismatch` if the database belongs to another one, `RegistryUnavailable` if the node is silent.
    """
    store.require_not_writing()
    identity = registry.identity()
    _pin(identity, store)
    newest = registry.newest()
    with store.reading() as work:
        snapshot = work.snapshot()
    directory = Directory(newest)
    first = identity.deployed_at_block
    if snapshot and snapshot.block_number <= newest.number and _still_there(registry, snapshot):
        directory = _loads(snapshot.data, newest)
        first = snapshot.block_number + 1
    if first <= newest.number:
        directory.fold(registry.records(first, newest.number))
        _remember(directory, store)
    return directory


def remembered(store: Store) -> Directory | None:
    """Return the directory as it was last read, without asking the node; None if it never was.

    For naming agencies on pages while the node is silent; not for deciding what may be signed.
    """
    with store.reading() as work:
        snapshot = work.snapshot()
    if snapshot is None:
        return None
    return _loads(snapshot.data, Block(snapshot.block_number, snapshot.block_hash, b"", 0))


def _pin(identity: Identity, store: Store) -> None:
    with store.reading() as work:
        pin = work.pin()
    if pin is None:
        with store.writing() as work:
            work.add(
                RegistryPin(
                    chain_id=identity.chain_id,
                    genesis_hash=identity.genesis_hash,
                    registry_id=identity.registry_id,
                    address=identity.address,
                    agencies_address=identity.agencies_address,
                    test=identity.test,
                    deployed_at_block=identity.deployed_at_block,
                )
            )
        return
    for name in ("chain_id", "genesis_hash", "registry_id", "address"):
        held, got = getattr(pin, name), getattr(identity, name)
        if held != got:
            msg = (
                f"this database belongs to another registry: its {name} is {_shown(held)}, the node's {_shown(got)}; "
                "nothing was done. Set YINXIN_RPC_URLS and YINXIN_REGISTRY to the right one, or use another database"
            )
            raise RegistryMismatch(msg)


def _shown(value: int | bytes) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _still_there(registry: Registry, snapshot: DirectorySnapshot) -> bool:
    return registry.block(snapshot.block_number).hash == snapshot.block_hash


def _remember(directory: Directory, store: Store) -> None:
    with store.writing() as work:
        snapshot = work.snapshot() or DirectorySnapshot(block_number=0, block_hash=b"", data="")
        snapshot.block_number = directory.block.number
        snapshot.block_hash = directory.block.hash
        snapshot.data = _dumps(directory)
        work.add(snapshot)


def _dumps(directory: Directory) -> str:
    return json.dumps(
        {
            "agencies": [
                {
                    "id": agency.id,
                    "parent": agency.parent,
                    "level": agency.level,
                    "code": agency.code,
                    "name": agency.name,
                    "suspended_by": agency.suspended_by,
                    "types": sorted(agency.types),
                    "officers": {officer.hex(): int(held) for officer, held in agency.officers.items()},
                    "keys": [
                        [
                            key.kid.hex(),
                            key.algorithm,
                            key.x.hex(),
                            key.y.hex(),
                            key.valid_from,
                            key.valid_until,
                            key.cut_off_block,
                            key.listed_at_block,
                        ]
                        for key in agency.keys
                    ],
                }
                for agency in directory.agencies.values()
            ],
            "types": [[kind, version, digest.hex()] for (kind, version), digest in directory.types.items()],
            "retired": sorted(directory.retired),
            "verifying_hosts": sorted(directory.verifying_hosts),
            "successor": directory.successor.hex(),
        }
    )


def _loads(data: str, block: Block) -> Directory:
    held: dict[str, Any] = json.loads(data)
    return Directory(
        block=block,
        agencies={
            entry["id"]: Agency(
                id=entry["id"],
                parent=entry["parent"],
                level=entry["level"],
                code=entry["code"],
                name=entry["name"],
                suspended_by=entry["suspended_by"],
                types=set(entry["types"]),
                officers={bytes.fromhex(key): Capability(value) for key, value in entry["officers"].items()},
                keys=[
                    Key(bytes.fromhex(kid), algorithm, bytes.fromhex(x), bytes.fromhex(y), *rest)
                    for kid, algorithm, x, y, *rest in entry["keys"]
                ],
            )
            for entry in held["agencies"]
        },
        types={(kind, version): bytes.fromhex(digest) for kind, version, digest in held["types"]},
        retired={(kind, version) for kind, version in held["retired"]},
        verifying_hosts=set(held["verifying_hosts"]),
        successor=bytes.fromhex(held["successor"]),
    )
