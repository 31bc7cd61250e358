"""Documents that an auditor hands in to be put into an evidence package, each with the certificate that it carries.

Each is verified as anybody's document is: a page that shows something else than was signed goes into the package with
its certificate, which is genuine, and only its verdict tells of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chain import certificate
from chain.errors import Malformed
from verifier.audit import papers
from verifier.audit.misasked import Misasked
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from verifier.audit.papers import Paper
    from verifier.check.knowledge import Snapshot
    from verifier.check.moments import Moment
    from verifier.check.presented import Presented

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
    presented: Presented
    """What was read of it, to be verified."""
    paper: Paper | None = None
    """It, verified; None if it was not."""


def read(documents: Iterable[bytes], *, pdf_roots: Path | None = None) -> tuple[HandedIn, ...]:
    """Take the certificates out of documents, in a confined process; raises `InvalidInput` for too many documents.

    What cannot be read is kept as it is: whether it is a certificate at all, a person must tell. `pdf_roots` as in
    `reading.read_upload`.
    """
    given = tuple(documents)
    if len(given) > MOST:
        raise Misasked("documents", got=len(given), most=MOST)
    return tuple(_read(data, pdf_roots) for data in given)


def verified(documents: Iterable[HandedIn], snapshot: Snapshot | None, moment: Moment) -> tuple[HandedIn, ...]:
    """Return documents that were read, each verified as of the moment: its page, too, not its certificate alone."""
    return tuple(replace(each, paper=papers.verified("", each.presented, snapshot, moment)) for each in documents)


def _read(data: bytes, pdf_roots: Path | None) -> HandedIn:
    presented = reading.read_upload(data, pdf_roots=pdf_roots)
    ending = next((name for begin, name in _ENDINGS if data.startswith(begin)), "bin")
    text = presented.certificates[0] if len(presented.certificates) == 1 else None
    leaf = None if text is None else _leaf(text)
    return HandedIn(data, ending, None if leaf is None else text, leaf, presented.proofs, presented)


def _leaf(text: str) -> bytes | None:
    try:
        return certificate.parse(text).leaf
    except Malformed:
        return None
