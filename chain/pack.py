"""What a phone takes along: a checkpoint with the data files of the certificate types."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from chain import checkpoint as checkpoints
from chain import envelope
from chain.checkpoint import Believed, Checkpoint
from chain.errors import EvidenceMalformed, NotProven
from chain.events import TypeRegistered
from chain.steps import List

if TYPE_CHECKING:
    from chain.cbor import CBOR
    from chain.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as read: not to be believed before `verify`."""

    checkpoint: Checkpoint
    types: tuple[bytes, ...]
    """The types' data files as they are, none twice."""

    def encode(self) -> bytes:
        """Return the file."""
        return envelope.wrap(envelope.PACK, [*self.checkpoint.members, list(self.types)])

    @classmethod
    def parse(cls, data: bytes) -> Pack:
        """Read a file; raises `EvidenceMalformed`, or `EvidenceUnsupported` if it is of a format to come."""
        match envelope.unwrap(data, envelope.PACK):
            case [body, attestations, [*types]] if all(isinstance(file, bytes) for file in types):
                files = tuple(cast("list[bytes]", types))
            case _:
                raise EvidenceMalformed("got a pack other than body, attestations and type files")
        if len(set(files)) != len(files):
            raise EvidenceMalformed("got a type file twice, wanted each once")
        members: list[CBOR] = [body, attestations]
        return cls(Checkpoint.of(members), files)


def read(data: bytes) -> tuple[Checkpoint, tuple[bytes, ...]]:
    """Read a checkpoint or a pack, whichever it is; returns the checkpoint, and the pack's type files.

    Raises:
        EvidenceMalformed: Neither of them; `EvidenceUnsupported` if of a format to come.
    """
    if envelope.kind_of(data) == envelope.PACK:
        pack = Pack.parse(data)
        return pack.checkpoint, pack.types
    return Checkpoint.parse(data), ()


def verify(pack: Pack, trust: TrustList) -> Believed:
    """Check a pack's checkpoint, and that its type files are those that the registry lists.

    Raises:
        EvidenceRefused: As `chain.checkpoint.verify` does, and `NotProven` for a file that the registry does not list.
        EvidenceMalformed: What is not in form.
    """
    believed = checkpoints.verify(pack.checkpoint, trust)
    listed = {
        record.event.digest
        for record in believed.history.records(List.RIGHTS)
        if isinstance(record.event, TypeRegistered)
    }
    for file in pack.types:
        if sha256(file).digest() not in listed:
            raise NotProven(f"got a type file of SHA-256 {sha256(file).hexdigest()}, which the registry does not list")
    return believed
