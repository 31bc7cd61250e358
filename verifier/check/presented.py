"""What somebody brought, taken out of its wrapping but not yet believed or even parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from verifier.wording import Message


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """A signature or time stamp of the PDF itself (PAdES), and by whom; the agency's own stands in the certificate."""

    signer: str
    """Whose certificate it is: its common name, or all of its name where it has none."""
    issuer: str
    """Who issued that certificate."""
    serial: str
    """The certificate's number, in hexadecimal digits."""
    not_before: datetime
    not_after: datetime
    sha256: bytes
    """Of the certificate."""
    fault: str = ""
    """`broken`, `partial` or `changed`; empty where the signature covers the whole file and matches it, or all but
    later signatures and what belongs to them."""
    trusted: bool | None = None
    """Whether the certificate comes from an authority that the operator named; None if none was named."""
    shown: str = ""
    """What the signature's field shows on the page, as text; empty if it does not show."""
    is_time_stamp: bool = False
    """Whether it vouches for a moment only, as a service for time stamps does."""

    @property
    def whole_file(self) -> bool:
        """Whether the file is as it was signed, but for later signatures."""
        return not self.fault


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
    """What about its making is not our typesetter's (`verifier.pdf.originals`); empty if it may be an original file."""
    behind: tuple[str, ...] = ()
    """What is written behind each page of an original file, which people do not read as a part of it."""
    labels: tuple[str, ...] = ()
    """What stands on each page of an original file in the colour of labels."""
    signatures: tuple[PdfSignature, ...] = ()
    """Signatures of the file, intact or not."""
    unread_signatures: int = 0
    """How many more there are, of which nothing can be told."""


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
    foreign_hosts: tuple[str, ...] = ()
    """To which hosts those lead, as far as they are addresses."""
    short_number: str | None = None
    receipts: tuple[str, ...] = ()
    """Receipts of a verifier's answer, which are another kind of paper."""
    proofs: tuple[bytes, ...] = ()
    """Files that say they prove it, as they came; nobody has read them yet."""
    document: Document | None = None
    """None for anything but a PDF."""
    is_picture: bool = False
    """Whether it was read off a photograph or scan."""
    files: tuple[GivenFile, ...] = ()
    fault: Message | None = None
    """Why nothing could be read."""
