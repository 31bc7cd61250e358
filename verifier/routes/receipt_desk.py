"""What the routes for receipts share: signing, typesetting, and the host that a receipt's code leads to."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from anyio import CapacityLimiter, to_thread
from fastapi.responses import Response

from chain.errors import SigningFailed
from verifier.check import receipts
from verifier.receipt.page import Typesetter
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import Request

    from verifier.check.report import Report
    from verifier.receipt.desk import ReceiptDesk
    from verifier.receipt.finding import Finding
    from verifier.routes.bodies import Upload
    from verifier.wording import Language

PDF, JWS, JSON_TYPE = "application/pdf", receipts.MEDIA_TYPE, "application/json"


@dataclass(slots=True)
class Receipts:
    """Gives receipts over HTTP."""

    desk: ReceiptDesk
    _typesetter: Typesetter | None = None
    _typesetting: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))

    async def found(self, report: Report, handed_in: bytes) -> Finding | None:
        """Return what can be put on a receipt of this report; None if there is nothing."""
        return await to_thread.run_sync(self.desk.found, report, handed_in)

    async def offer(self, report: Report, handed_in: bytes, now: datetime) -> str:
        """Return what a page holds so that a receipt can be had of it; empty if none can."""
        finding = await self.found(report, handed_in)
        try:
            return "" if finding is None else await to_thread.run_sync(self.desk.seal, finding, now)
        except SigningFailed:
            return ""

    async def sign(self, finding: Finding, *, asked_by: str) -> str:
        """Return the signed receipt; raises `RequestFault` without a key."""
        try:
            return await to_thread.run_sync(lambda: self.desk.sign(finding, asked_by=asked_by))
        except SigningFailed as exc:
            detail = "this verifier cannot sign receipts right now; its operator finds out why"
            raise RequestFault(HTTPStatus.SERVICE_UNAVAILABLE, detail) from exc

    async def typeset(self, finding: Finding, jws: str, *, host: str, language: Language) -> bytes:
        """Return the receipt's PDF; raises `PageUnprintable`."""

        def make() -> bytes:
            if self._typesetter is None:
                self._typesetter = Typesetter()
            return self._typesetter.page(finding, jws, host=host, language=language)

        return await to_thread.run_sync(make, limiter=self._typesetting)

    def host(self, request: Request) -> str:
        """Return the host that a receipt's code leads to: this one if it is official, or the first official one."""
        asked = request.url.netloc
        with self.desk.index.snapshot() as snapshot:
            official = () if snapshot is None else snapshot.hosts_ever()
        return asked if not official or asked in official else official[0]


def receipts_of(request: Request) -> Receipts:
    """Return where the application gives receipts."""
    return cast("Receipts", request.app.state.receipts)


def digest_of(handed_in: Upload | str) -> bytes:
    """Return by what is known what was handed in: SHA-256 of the file, or of the text without space around it."""
    return sha256(handed_in.strip().encode() if isinstance(handed_in, str) else handed_in.data).digest()


def as_file(content: bytes | str, media_type: str, receipt_id: bytes) -> Response:
    """Return a file to be saved."""
    name = f"yinxin-receipt-{receipt_id[:4].hex()}.{'pdf' if media_type == PDF else 'jws'}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
