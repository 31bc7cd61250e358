"""Asks a verifier, one question after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from yinxin_client import asking
from yinxin_client.asking import ReceiptKind
from yinxin_client.bulk import BulkState, lines_from, progress_from
from yinxin_client.errors import BulkFailed, Problem, TookTooLong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from types import TracebackType
    from typing import Self

    from yinxin_client.asking import Brought, Request
    from yinxin_client.bulk import BulkLine, Progress
    from yinxin_client.models import Report

TIMEOUT_S = 30.0
"""How long the service may take to connect, to read and to answer, each; a hostile PDF takes it eight seconds."""
POLL_S = 1.0


class Verifier:
    """One verifier's service. To be closed, or used with `with`; safe to share between threads."""

    def __init__(
        self,
        url: str,
        *,
        language: str = "en",
        timeout_s: float = TIMEOUT_S,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`url` is the service's, such as https://verify.example.cn; `language`, en or zh-CN, is that of all words."""
        self._sleep = sleep
        self._client = httpx2.Client(
            base_url=url,
            timeout=timeout_s,
            transport=transport,
            headers={"Accept-Language": asking.known_language(language)},
        )

    def check(self, what: Brought, *, on: date | None = None) -> Report:
        """Check one certificate, as of a past day if one is given; raises `VerifierError`.

        A `str` is a code, an SD-JWT or a short number; a file is brought as a `Path` or its `bytes`.
        """
        return asking.report_in(self._answer(asking.to_check(what, on)))

    def receipt(
        self,
        what: Brought,
        *,
        on: date | None = None,
        asked_by: str | None = None,
        kind: ReceiptKind = ReceiptKind.PDF,
    ) -> bytes:
        """Check one certificate and return a signed receipt of the answer; raises `VerifierError`.

        `asked_by` stands on it as what you said of yourself.
        """
        return asking.file_in(self._answer(asking.to_receipt(what, on, asked_by, kind)), kind.value)

    def bulk(self, what: Iterable[Brought] | Brought, *, on: date | None = None) -> BulkCheck:
        """Hand in many: files (archives, tables and PDFs of several papers among them), or texts.

        Returns at once; raises `VerifierError`, `Busy` where too many bulk checks are under way.
        """
        answer = self._answer(asking.to_start_bulk(what, on))
        return BulkCheck(self, progress_from(asking.json_in(answer)).id)

    def bulk_check(self, bulk_id: str) -> BulkCheck:
        """Return a bulk check that was handed in before."""
        return BulkCheck(self, bulk_id)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, request: Request) -> httpx2.Response:
        """Put a question, again where that is safe and may help; raises `VerifierError`."""
        attempt = 0
        while True:
            attempt += 1
            try:
                answer: httpx2.Response | httpx2.TransportError = self._client.request(
                    request.method, request.path, **request.carried()
                )
            except httpx2.TransportError as exc:
                answer = exc
            except httpx2.DecodingError as exc:
                raise asking.garbled(exc) from exc
            if isinstance(answer, httpx2.Response) and answer.is_success:
                return answer
            wait = asking.wait_before_another(request, answer, attempt)
            if wait is None:
                raise asking.fault_of(answer)
            self._sleep(wait)

    def _pause(self, seconds: float) -> None:
        self._sleep(seconds)


@dataclass(frozen=True, slots=True)
class BulkCheck:
    """A bulk check under way, or over. Leaving its `with` block cancels it, and deletes its results."""

    _verifier: Verifier
    id: str
    """Whoever knows it reads the results."""

    def progress(self) -> Progress:
        """Return how far it is; raises `VerifierError`, `Problem` of status 404 once it is deleted."""
        return progress_from(asking.json_in(self._get("")))

    def wait(
        self, on_progress: Callable[[Progress], None] = lambda _: None, *, timeout_s: float | None = None
    ) -> Progress:
        """Wait until it is over; raises `BulkFailed`, and `TookTooLong` after `timeout_s`, when it still goes on."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            told = self.progress()
            on_progress(told)
            match told.state:
                case BulkState.DONE:
                    return told
                case BulkState.FAILED:
                    raise BulkFailed(f"got {told.done} of {told.total} checked, and then the service gave up")
            if until is not None and time.monotonic() >= until:
                raise TookTooLong(f"got {told.done} of {told.total} checked within {timeout_s} seconds")
            self._verifier._pause(POLL_S)  # noqa: SLF001 (the two are one module's)

    def lines(self) -> tuple[BulkLine, ...]:
        """Return all verdicts; raises `VerifierError`. They are deleted ten minutes after they were first taken."""
        return lines_from(asking.json_in(self._get("/results.json")))

    def download(self, kind: str = "xlsx") -> bytes:
        """Return the verdicts as a file: xlsx, csv or json; raises `VerifierError`."""
        return asking.file_in(self._get(f"/results.{kind}"), asking.FILE_TYPES[kind])

    def cancel(self) -> None:
        """Cancel it, and delete everything of it; nothing happens where that is so already."""
        request = asking.Request("DELETE", f"/api/v1/bulk/{self.id}")
        try:
            self._verifier._answer(request)  # noqa: SLF001 (as above)
        except Problem as exc:
            if exc.status != asking.GONE:
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()

    def _get(self, rest: str) -> httpx2.Response:
        return self._verifier._answer(asking.Request("GET", f"/api/v1/bulk/{self.id}{rest}"))  # noqa: SLF001 (as above)
