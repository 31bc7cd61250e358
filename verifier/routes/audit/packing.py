"""What the pages that hand out evidence share: the subject that was asked for, and what packages are made with."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from anyio import CapacityLimiter, to_thread

from chain.errors import InvalidInput, RegistryError, SigningFailed
from verifier.audit import asked, completeness, package, subject_size
from verifier.audit.completeness import NothingCut, subject_of
from verifier.audit.misasked import Misasked
from verifier.audit.package import Means, NotBelieved
from verifier.audit.package_report import Typesetter
from verifier.indexing.checkpoint_rows import IndexBehind
from verifier.receipt.page import PageUnprintable
from verifier.routes.audit.frame import PageFault
from verifier.routes.turns import Turns
from verifier.wiring import NodesAsked, attester_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from fastapi import Request

    from chain.registry import Block
    from verifier.audit.completeness import Complete, Subject
    from verifier.audit.handed_in import HandedIn
    from verifier.indexing.index import Index
    from verifier.published.trust_file import TrustFile
    from verifier.settings import Settings

ZIP = "application/zip"
FIELDS = ("agency", "type", "first", "last", "root", "leaf")
"""What names a subject in a form."""

MOST_CERTIFICATES = 50_000
"""How many certificates the pages gather at once: all of them are held in memory. The commands have no limit."""


@dataclass(slots=True)
class Packing:
    """Gathers, packs and draws, one at a time: a long history takes seconds, and memory."""

    settings: Settings
    trust: TrustFile | None
    turns: Turns = field(default_factory=lambda: Turns(1))
    """To be held from gathering on until the file is made; of its own, so that no upload waits for a package."""
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    _typesetter: Typesetter | None = None

    async def gathered(self, index: Index, subject: Subject) -> Complete:
        """Return what there is about a subject; raises `PageFault`, and `NotComplete` where that is not all."""
        got = await to_thread.run_sync(subject_size.certificates, index, subject, limiter=self.limiter)
        if got > MOST_CERTIFICATES:
            raise PageFault(
                HTTPStatus.UNPROCESSABLE_ENTITY, "audit.fault.too_many_certificates", got=got, most=MOST_CERTIFICATES
            )
        try:
            return await to_thread.run_sync(completeness.gather, index, subject, limiter=self.limiter)
        except NothingCut as exc:
            raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.no_checkpoint") from exc
        except IndexBehind as exc:
            raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.behind") from exc

    async def packed(
        self, found: Complete, now: datetime, *, documents: Sequence[HandedIn] = (), is_whole: bool = True
    ) -> bytes:
        """Return the package; one that is not whole has no report and no proofs of single batches.

        Raises `PageFault`, and `InvalidInput` for a document of something else.
        """
        try:
            return await to_thread.run_sync(
                lambda: package.make(found, self._means(is_whole=is_whole), now, documents=documents),
                limiter=self.limiter,
            )
        except NotBelieved as exc:
            raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.not_believed", detail=str(exc)) from exc
        except SigningFailed as exc:
            raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.no_key") from exc
        except PageUnprintable as exc:
            raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.unprintable", detail=str(exc)) from exc

    async def block(self, number: int) -> Block:
        """Return a final block; raises `PageFault`, and `InvalidInput` for one to come."""
        try:
            return await to_thread.run_sync(lambda: NodesAsked(self.settings).final_block(number), limiter=self.limiter)
        except InvalidInput as exc:
            raise Misasked("block_to_come", got=str(number)) from exc
        except RegistryError as exc:
            raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.no_block", detail=type(exc).__name__) from exc

    def _means(self, *, is_whole: bool) -> Means:
        data = None if self.trust is None else self.trust.data
        if data is None:
            raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.no_trust")
        if self._typesetter is None and is_whole:
            self._typesetter = Typesetter()
        return Means(
            attester_of(self.settings),
            data,
            NodesAsked(self.settings).evidence if is_whole else None,
            self._typesetter if is_whole else None,
        )


def packing_of(request: Request) -> Packing:
    """Return what the application was started with."""
    return cast("Packing", request.app.state.packing)


def subject_in(fields: Mapping[str, str]) -> Subject | None:
    """Return the subject that a form's fields name; None where they name none. Raises `Misasked`."""
    given = {name: value.strip() for name, value in fields.items() if name in FIELDS and value.strip()}
    if not given:
        return None
    return subject_of(
        agency=number_in(given, "agency"),
        certificate_type=number_in(given, "type"),
        first_day=asked.day("first", given["first"]) if "first" in given else None,
        last_day=asked.day("last", given["last"]) if "last" in given else None,
        root=asked.hash_of("root", given["root"]) if "root" in given else None,
        leaf=asked.hash_of("leaf", given["leaf"]) if "leaf" in given else None,
    )


def number_in(fields: Mapping[str, str], name: str) -> int | None:
    """Return a number that somebody typed; None for none. Raises `Misasked`."""
    text = fields.get(name, "").strip()
    return asked.number(name, text) if text else None
