"""The file that proves a split view: two believed checkpoints of one registry that no one history can have.

Whoever holds it needs nobody: the trust list that made both worth believing is in it, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import base64url, checkpoint, strict_json
from chain.checkpoint import Checkpoint
from chain.errors import EvidenceMalformed, EvidenceUnsupported
from chain.trust_list import TrustList
from verifier.witnessing.consistency import difference, in_order
from verifier.witnessing.errors import NotSplit

if TYPE_CHECKING:
    from chain.checkpoint import Believed
    from chain.strict_json import JSON
    from verifier.witnessing.consistency import Difference

KIND = "yinxin-split-view"
FORMAT = 1
MEDIA_TYPE = "application/vnd.yinxin.split-view+json"
MAX_BYTES = 128 << 20
_ID = 16
"""Bytes by which one is named."""


@dataclass(frozen=True, slots=True)
class SplitView:
    """A split view as read: not to be believed before `check`."""

    found: int
    """By the clock of who found it, in seconds since 1970."""
    trust: bytes
    """The trust list by which both were believed, as the council signed it."""
    older: bytes
    """A checkpoint's file."""
    newer: bytes

    @classmethod
    def made(cls, found: int, trust: bytes, one: Believed, other: Believed) -> SplitView:
        """Put one together."""
        older, newer = in_order(one, other)
        return cls(found, trust, older.checkpoint.encode(), newer.checkpoint.encode())

    @classmethod
    def parse(cls, data: bytes) -> SplitView:
        """Read a file; raises `EvidenceMalformed`, or `EvidenceUnsupported` if of a format to come."""
        if len(data) > MAX_BYTES:
            raise EvidenceMalformed(f"got a split view of {len(data)} bytes, wanted at most {MAX_BYTES}")
        try:
            whole = strict_json.parse(data)
        except ValueError as exc:
            raise EvidenceMalformed(f"got a split view that is not JSON: {exc}") from exc
        match whole:
            case {"kind": "yinxin-split-view", "format": int() as form} if form > FORMAT:
                raise EvidenceUnsupported(f"got {KIND} of format {form}, wanted {FORMAT}")
            case {
                "kind": "yinxin-split-view",
                "format": 1,
                "found": int() as found,
                "trust_list": str() as trust,
                "checkpoints": [str() as older, str() as newer],
                **others,
            } if not others and found >= 0:
                return cls(found, _bytes(trust), _bytes(older), _bytes(newer))
            case _:
                raise EvidenceMalformed(f"got another thing than {KIND} with found, trust_list and two checkpoints")

    def encode(self) -> bytes:
        """Return the file."""
        members: dict[str, JSON] = {
            "kind": KIND,
            "format": FORMAT,
            "found": self.found,
            "trust_list": base64url.encode(self.trust),
            "checkpoints": [base64url.encode(each) for each in (self.older, self.newer)],
        }
        return strict_json.serialise(members)


@dataclass(frozen=True, slots=True)
class Shown:
    """A split view that is one."""

    view: SplitView
    trust: TrustList
    """By which both checkpoints were believed."""
    older: Believed
    newer: Believed
    difference: Difference

    @property
    def name(self) -> str:
        """By what it is called: the same for the same two statements, whoever finds them and when."""
        both = sorted(sha256(each.checkpoint.statement).digest() for each in (self.older, self.newer))
        return sha256(b"".join(both)).digest()[:_ID].hex()


def check(view: SplitView, trust: TrustList | None = None) -> Shown:
    """Check that both checkpoints are to be believed, and that no one history can have both.

    `trust` takes the place of the list in the file; without it, the file shows what those did whom that list names,
    and whoever doubts the list itself must hold it against another. A list that has expired since proves as much as
    it did then.

    Raises:
        EvidenceMalformed: A checkpoint or list that is not in form.
        EvidenceRefused: One that is not to be believed; `NotSplit` if both can be of one history.
    """
    listed = TrustList.parse(view.trust) if trust is None else trust
    one, other = (checkpoint.verify(Checkpoint.parse(each), listed) for each in (view.older, view.newer))
    found = difference(one, other)
    if found is None:
        numbers = one.checkpoint.block_number, other.checkpoint.block_number
        raise NotSplit(f"got checkpoints of the blocks {numbers[0]} and {numbers[1]}, which one history can have")
    older, newer = in_order(one, other)
    return Shown(view, listed, older, newer, found)


def _bytes(value: str) -> bytes:
    try:
        return base64url.decode(value)
    except ValueError as exc:
        raise EvidenceMalformed(f"a split view: {exc}") from exc
