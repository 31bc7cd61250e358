"""Putting a registry on a chain, once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.errors import InvalidInput, RegistryMismatch
from chain.ethereum import contracts
from chain.ethereum.client import Expected
from chain.ethereum.node import Node
from chain.ethereum.rpc import Rpc
from chain.ethereum.sending import Sending, created
from chain.ethereum.wire import ADDRESS_BYTES, HASH_BYTES, member, quantity
from chain.ethereum.writer import EthereumWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chain.ethereum.profiles import Profile
    from chain.registry import Signer


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a registry is, so that everybody means the same one."""

    chain_id: int
    genesis_hash: bytes
    registry_id: bytes
    test: bool
    address: bytes
    """Of the Certificates contract: the registry's."""
    agencies_address: bytes
    block_number: int
    """The first block that can hold an event of this registry."""
    profile: str

    @property
    def expected(self) -> Expected:
        """What a client should insist on."""
        return Expected(
            chain_id=self.chain_id,
            registry_id=self.registry_id,
            genesis_hash=self.genesis_hash,
            deployed_at_block=self.block_number,
        )

    def write(self, path: Path) -> None:
        """Keep it in a JSON file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(
                {
                    "chain_id": self.chain_id,
                    "genesis_hash": f"0x{self.genesis_hash.hex()}",
                    "registry_id": f"0x{self.registry_id.hex()}",
                    "test": self.test,
                    "address": f"0x{self.address.hex()}",
                    "agencies_address": f"0x{self.agencies_address.hex()}",
                    "block_number": self.block_number,
                    "profile": self.profile,
                },
                indent=2,
            )
            + "\n",
            encoding="utf-8",
        )

    @classmethod
    def read(cls, path: Path) -> Deployment | None:
        """Read it from a JSON file, None if there is no such file; raises `InvalidInput` if it holds something else."""
        if not path.exists():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                chain_id=int(found["chain_id"]),
                genesis_hash=_bytes(found["genesis_hash"], HASH_BYTES),
                registry_id=_bytes(found["registry_id"], HASH_BYTES),
                test=bool(found["test"]),
                address=_bytes(found["address"], ADDRESS_BYTES),
                agencies_address=_bytes(found["agencies_address"], ADDRESS_BYTES),
                block_number=int(found["block_number"]),
                profile=str(found["profile"]),
            )
        except (ValueError, KeyError, TypeError) as exc:
            raise InvalidInput(f"{path} is not the record of a deployment: {exc!r}") from exc


def deploy(
    url: str,
    deployer: Signer,
    *,
    registry_id: bytes,
    test: bool,
    members: Sequence[bytes],
    threshold: int,
    profile: Profile,
    known: Deployment | None = None,
) -> Deployment:
    """Deploy a registry, or find the one that is there.

    With `known`, nothing is deployed: the node must show exactly that registry.

    Args:
        url: The node's address.
        deployer: Pays; has no rights afterwards. Use a fresh key per network.
        registry_id: 32 random bytes.
        test: Whether the registry is for tests; must be if the profile is.
        members: The council's addresses.
        threshold: How many of them decide.
        profile: The chain's kind.
        known: What an earlier deployment returned.

    Raises:
        RegistryMismatch: Another chain, other code or another registry id than known.
    """
    if known is not None:
        return _found(url, known, registry_id=registry_id, test=test, profile=profile)
    if profile.test_only and not test:
        raise InvalidInput(f"on a chain of profile {profile.name} only a registry for tests may be deployed")
    rpc = Rpc(url, batch_size=profile.batch_size, chain_id=profile.chain_id)
    node = Node(rpc, profile)
    chain_id = node.chain_id()
    sending = Sending(node, chain_id=chain_id)
    agencies_receipt = sending.transact(
        None,
        contracts.agencies().creation(registry_id, test, tuple(members), threshold),
        sender=deployer,
    )
    agencies_address = created(agencies_receipt)
    address = created(sending.transact(None, contracts.certificates().creation(agencies_address), sender=deployer))
    deployment = Deployment(
        chain_id=chain_id,
        genesis_hash=node.block(0).hash,
        registry_id=registry_id,
        test=test,
        address=address,
        agencies_address=agencies_address,
        block_number=quantity(member(agencies_receipt, "blockNumber", "receipt"), "receipt blockNumber"),
        profile=profile.name,
    )
    rpc.close()
    return _found(url, deployment, registry_id=registry_id, test=test, profile=profile)


def _found(url: str, known: Deployment, *, registry_id: bytes, test: bool, profile: Profile) -> Deployment:
    """Return the known deployment if the node shows it and it is the wanted one."""
    if (known.registry_id, known.test, known.profile) != (registry_id, test, profile.name):
        raise RegistryMismatch(
            f"got the record of registry 0x{known.registry_id.hex()} (test: {known.test}, profile {known.profile}),"
            f" wanted 0x{registry_id.hex()} (test: {test}, profile {profile.name})"
        )
    registry = EthereumWriter(url, known.address, profile, expected=known.expected)
    identity = registry.identity()
    registry.close()
    if (identity.agencies_address, identity.test) != (known.agencies_address, known.test):
        raise RegistryMismatch(
            f"got Agencies 0x{identity.agencies_address.hex()} (test: {identity.test}),"
            f" wanted 0x{known.agencies_address.hex()} (test: {known.test})"
        )
    return known


def _bytes(text: str, length: int) -> bytes:
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != length:
        raise ValueError(f"{text} is not {length} bytes")
    return value
