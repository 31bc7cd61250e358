"""A checkpoint before it is packed, so that one can do to it what one likes."""

from __future__ import annotations

import zlib
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from chain import cbor
from chain.keccak import keccak
from chain.keys import PublicKey
from tests.chain.specimens import sign_with
from tests.sealed import TIMESTAMP, attester, ibft2, items_of, qbft, validators
from tests.vectors.making.history import Told, columns, heads, told
from tests.vectors.making.material import Material, material
from tests.vectors.making.parts import sealed_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec


Vector = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """A checkpoint before it is packed."""

    name: str
    trust_list: str
    kept: Material
    scheme: str
    told: list[Told]
    block: list[Any]
    """Number, hash, timestamp."""
    heads: list[bytes]
    headers: list[bytes]
    state: list[list[bytes]]
    history: Any
    """The columns; None until they are made of what is told."""
    attesters: tuple[ec.EllipticCurvePrivateKey, ...] = ()
    kind: str = "yinxin-checkpoint"
    form: int = 1
    registry: list[Any] = field(default_factory=list)
    """Registry id, chain id, addresses."""
    type_files: list[bytes] = field(default_factory=list)
    attestations: list[list[bytes]] | None = None
    """In the attesters' place."""
    behind: bytes = b""

    @property
    def packed_history(self) -> bytes:
        """The history's bytes."""
        return cbor.encode(columns(self.told) if self.history is None else self.history)

    @property
    def statement(self) -> bytes:
        """What attesters sign."""
        registry_id, chain_id, _ = self.registry
        digest = sha256(self.packed_history).digest()
        return cbor.encode(["yinxin-checkpoint", 1, registry_id, chain_id, *self.block, *self.heads, digest])

    def packed(self) -> bytes:
        """Return the file."""
        body = cbor.encode(
            [*self.registry, self.block, self.heads, self.headers, self.state, self.packed_history]  # type: ignore[list-item]
        )
        signed = self.attestations
        if signed is None:
            signed = [[PublicKey.of(key).kid, sign_with(key)(self.statement)] for key in self.attesters]
        members: list[Any] = [self.kind, self.form, body, signed]
        if self.kind == "yinxin-pack":
            members.append(self.type_files)
        return zlib.compress(cbor.encode(members), 9) + self.behind

    def given(self) -> Vector:
        """Return what a verifier is given."""
        return {
            "name": self.name,
            "kind": self.kind.removeprefix("yinxin-"),
            "trust_list": self.trust_list,
            "file": self.packed().hex(),
        }


def draft(name: str, chain: str, scheme: str = "qbft", count: int = 4, **changed: Any) -> Draft:  # noqa: ANN401
    """Return a sound checkpoint."""
    kept = material(chain)
    headers = sealed_run(kept, kept.checkpoint, scheme, count)
    header = items_of(headers[0])
    how = {"qbft": qbft, "ibft2": ibft2}.get(scheme)
    block_hash = how(validators(count)).block_hash(header) if how else keccak(headers[0])
    history = [told(log) for log in kept.logs]
    made = Draft(
        name=name,
        trust_list=f"{chain}, {scheme}, {count}",
        kept=kept,
        scheme=scheme,
        told=history,
        block=[kept.checkpoint, block_hash, int.from_bytes(header[TIMESTAMP])],
        heads=heads(history),
        headers=headers,
        state=kept.state,
        history=None,
        registry=[kept.registry_id, kept.chain_id, [kept.registry, kept.agencies]],
        attesters=(attester(),) if scheme == "none" else (),
    )
    for member, value in changed.items():
        setattr(made, member, value)
    return made


def without(name: str, *, nth: int = 0, keep_heads: bool = True) -> Callable[[Draft], object]:
    """Leave out one event of a name."""

    def change(each: Draft) -> None:
        place = [place for place, one in enumerate(each.told) if one.name == name][nth]
        del each.told[place]
        if not keep_heads:
            each.heads = heads(each.told)

    return change


def done(name: str, base: Draft, change: Callable[[Draft], object], reason: str) -> tuple[Draft, str]:
    # Keys are not copied, nor need they be.
    kept, attesters = base.kept, base.attesters
    base.kept, base.attesters = None, ()  # type: ignore[assignment]
    copied = deepcopy(base)
    base.kept = copied.kept = kept
    base.attesters = copied.attesters = attesters
    copied.name = name
    change(copied)
    return copied, reason


def having(**members: object) -> Callable[[Draft], object]:
    def change(each: Draft) -> None:
        for name, value in members.items():
            setattr(each, name, value)

    return change
