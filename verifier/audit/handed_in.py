"""Documents that an auditor hands in to be put into an evidence package, each with the certificate that it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import certificate
from chain.errors import InvalidInput, Malformed
from verifier import reading

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST = 500
"""How many documents one package takes."""
_ENDINGS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"), (b"eyJ", "txt"))


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A document as it was handed in. What it was called is not kept: names of files name people."""

    data: bytes
    ending: str
    """Of the name that it gets in the package."""
    certificate: str | None
    """The SD-JWT that it carries; None if it carries none, or several."""
    leaf: bytes | None
    """That certificate's."""
    proofs: tuple[bytes, ...]
    """Files that say they prove it, as it carries them."""


def read(documents: Iterable[bytes]) -> tuple[HandedIn, ...]:
    """Take the certificates out of documents, in a confined process; raises `InvalidInput` for too many documents.

    What cannot be read is kept as it is: whether it is a certificate at all, a person must tell.
    """
    found = tuple(_read(data) for data in documents)
    if len(found) > MOST:
        raise InvalidInput(f"got {len(found)} documents, wanted at most {MOST} in one package")
    return found


def _read(data: bytes) -> HandedIn:
    presented = reading.read_upload(data)
    ending = next((name for begin, name in _ENDINGS if data.startswith(begin)), "bin")
    text = presented.certificates[0] if len(presented.certificates) == 1 else None
    leaf = None if text is None else _leaf(text)
    return HandedIn(data, ending, None if leaf is None else text, leaf, presented.proofs)


def _leaf(text: str) -> bytes | None:
    try:
        return certificate.parse(text).leaf
    except Malformed:
        return None
