"""What a forger starts from, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.certificate_types import CertificateType
    from chain.registry import Identity
    from issuer.document.documents import Document, Renderer
    from issuer.keys import DocumentKey


@dataclass(frozen=True, slots=True)
class Forgery:
    """Something to hand to a verifier."""

    name: str
    """A file name."""
    story: str
    """How it was made, in one sentence."""
    expected: str
    """The verdict it must get."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Genuine:
    """An issued certificate, from which forgers start."""

    certificate_type: CertificateType
    sd_jwt: str
    code_url: str
    pdf: bytes
    document: Document


@dataclass(frozen=True, slots=True)
class Loot:
    """What the forger got hold of."""

    identity: Identity
    host: str
    one: Genuine
    other: Genuine
    """Another certificate of the same agency and type."""
    agency: int
    """The agency that the forger speaks for."""
    agency_code: str
    stolen: DocumentKey
    """That agency's document key."""
    another_key: DocumentKey
    """Another agency's document key."""
    unlisted: DocumentKey
    """A key that no registry lists."""
    entropy: Callable[[int], bytes]
    renderer: Renderer
