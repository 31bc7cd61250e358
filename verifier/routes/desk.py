"""What all routes share: the index, the clock, and turns at what takes long."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from anyio import to_thread

from verifier import checking
from verifier.check.moments import moment
from verifier.limiting import Limit, Limited, Limits
from verifier.metrics import Metrics
from verifier.routes import clients
from verifier.routes.turns import Coming
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from anyio import CapacityLimiter
    from fastapi import Request

    from verifier.check.moments import Moment
    from verifier.check.presented import GivenFile, Presented
    from verifier.check.receipt_check import Vouchers
    from verifier.check.report import Report
    from verifier.indexing.index import Index
    from verifier.routes.turns import Turns
    from verifier.wording import Message


MISS = "inclusion.short_number_unknown"
"""What a report says of a short number that leads nowhere."""

_QUICK = 16_384
"""Characters; a certificate of fifteen claims has three thousand. Strict parsing takes 0.1 ms for each thousand."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are answered."""

    index: Index
    clock: Callable[[], datetime]
    readers: CapacityLimiter
    """Each upload takes a process and half a gigabyte at most."""
    turns: Turns
    coming: Coming = field(default_factory=Coming)
    vouchers: Callable[[], Vouchers] = checking.nobody
    """Tells whose receipts are believed."""
    limits: Limits = field(default_factory=lambda: Limits({}))
    metrics: Metrics = field(default_factory=Metrics)
    client: str = ""
    """Who asks, as limits count it."""
    noted: dict[str, object] = field(default_factory=dict)
    """What the line of log about this request is to tell besides."""
    pdf_roots: Path | None = None
    """As in `reading.read_upload`."""

    def moment(self, on: str | None) -> Moment:
        """Read the day that is asked about; raises `InvalidInput`."""
        return moment(on, self.clock())

    async def check_upload(
        self, upload: bytes, when: Moment, *, name: str, request: Request, files: tuple[GivenFile, ...] = ()
    ) -> Report:
        """Check a file when it is the client's turn; `files` as in `checking.check_upload`.

        Raises `Crowded` or `Limited`.
        """
        self._require_may_ask(lambda: reading.is_short_number(upload))
        check = partial(
            checking.check_upload,
            upload,
            self.index,
            when,
            name=name,
            files=files,
            request_id=request_id_of(request),
            vouchers=self.vouchers,
            pdf_roots=self.pdf_roots,
        )
        self.metrics.upload_comes()
        try:
            async with self.turns.turn(self.client):
                report = await to_thread.run_sync(check, limiter=self.readers)
        finally:
            self.metrics.upload_goes()
        return self._counted(report, "file")

    async def check_text(
        self, text: str, when: Moment, *, name: str, request_id: str, files: tuple[GivenFile, ...] = ()
    ) -> Report:
        """Check what was typed or scanned; `files` as in `checking.check_upload`. Raises `Limited`."""
        self._require_may_ask(lambda: reading.read_text(text).short_number is not None)
        check = partial(
            checking.check_text,
            text,
            self.index,
            when,
            name=name,
            files=files,
            request_id=request_id,
            vouchers=self.vouchers,
        )
        report = check() if self._is_quick(len(text)) else await to_thread.run_sync(check)
        return self._counted(report, "text")

    async def check_presented(self, presented: Presented, when: Moment, *, name: str, request_id: str) -> Report:
        """Check what was said to be of one kind. Raises `Limited`."""
        self._require_may_ask(lambda: presented.short_number is not None)
        check = partial(
            checking.check_presented,
            presented,
            self.index,
            when,
            name=name,
            request_id=request_id,
            vouchers=self.vouchers,
        )
        is_quick = not presented.receipts and self._is_quick(sum(map(len, presented.certificates + presented.codes)))
        return self._counted(check() if is_quick else await to_thread.run_sync(check), _kind(presented))

    def _is_quick(self, size: int) -> bool:
        """Whether a text of so many characters is checked at once, while nobody else is served.

        Going to a thread and back takes longer than checking a certificate does, and slows the others more.
        """
        return size <= _QUICK and self.index.is_at_hand

    def _require_may_ask(self, is_short_number: Callable[[], bool]) -> None:
        """Refuse a client's short number after too many that lead nowhere, whether this one would lead anywhere or not.

        Raises `Limited`. All else such a client goes on to be answered: many may share its address.
        """
        try:
            self.limits.require(Limit.MISSES, self.client)
        except Limited:
            if is_short_number():
                raise

    def _counted(self, report: Report, kind: str) -> Report:
        """Return a report, having counted it; raises `Limited` if its certificate is asked about too often."""
        self.metrics.verdict(report.verdict, kind)
        self.noted["verdict"] = report.verdict.value
        if report.subject.leaf is not None:
            self.limits.count(Limit.CERTIFICATE, report.subject.leaf.hex())
        elif any(check.message.key == MISS for check in report.checks):
            self.limits.note(Limit.MISSES, self.client)
        return report

    def doubt(self) -> Message | None:
        """Say why nothing can be checked now; None if all is well. Raises nothing."""
        return checking.doubt(self.index, self.clock())


def desk_of(request: Request) -> Desk:
    """Return the application's desk, for whoever asks."""
    desk = cast("Desk", request.app.state.desk)
    noted = request.scope["state"].setdefault("noted", {})
    return replace(desk, client=clients.counted_as(request.client.host) if request.client else "", noted=noted)


def request_id_of(request: Request) -> str:
    """Return the number under which this request is logged."""
    return str(request.state.request_id)


def _kind(presented: Presented) -> str:
    """Return what was brought, in one of a few words."""
    if presented.short_number is not None:
        return "short_number"
    return "certificate" if presented.certificates else "code"
