"""What somebody brought, taken out of its wrapping but not yet believed or even parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.wording import Message


@dataclass(frozen=True, slots=True)
class Document:
    """What a PDF shows apart from its attachment and codes."""

    pages: tuple[str, ...]
    """The text layer of each page; empty texts for a scan."""
    annotations: int
    """Notes, stamps, form fields and links laid over the pages; links that do not show do not count."""
    active: int = 0
    """Scripts, actions and forms in it."""
    attachments: int = 0
    """Attached files that our documents do not have."""
    foreign: str = ""
    """What about its making is not our typesetter's (`verifier.originals`); empty if it may be an original file."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """An existing file, handed in beside a certificate to be compared with what it vouches for."""

    name: str
    digest: bytes
    """SHA-256 of its bytes."""


@dataclass(frozen=True, slots=True)
class Presented:
    """The different texts that were found in one input; all of them are a stranger's."""

    certificates: tuple[str, ...] = ()
    """SD-JWTs."""
    copies: tuple[bytes, ...] = ()
    """Files of limited copies; what a code says of one is among the codes."""
    codes: tuple[str, ...] = ()
    """Texts of QR codes that look like ours, or a code's text as it was handed in."""
    foreign_codes: int = 0
    """How many other QR codes there are."""
    short_number: str | None = None
    proofs: tuple[bytes, ...] = ()
    """Files that say they prove it, as they came; nobody has read them yet."""
    document: Document | None = None
    """None for anything but a PDF."""
    files: tuple[GivenFile, ...] = ()
    fault: Message | None = None
    """Why nothing could be read."""
