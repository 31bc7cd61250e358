"""Asks a verifier while other things go on: `yinxin_client.client` with `await`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from yinxin_client import asking
from yinxin_client.asking import ReceiptKind
from yinxin_client.bulk import BulkState, lines_from, progress_from
from yinxin_client.client import POLL_S, TIMEOUT_S
from yinxin_client.errors import BulkFailed, Problem, TookTooLong

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import date
    from types import TracebackType
    from typing import Self

    from yinxin_client.asking import Brought, Request
    from yinxin_client.bulk import BulkLine, Progress
    from yinxin_client.models import Report


class AsyncVerifier:
    """One verifier's service. To be closed, or used with `async with`."""

    def __init__(
        self,
        url: str,
        *,
        language: str = "en",
        timeout_s: float = TIMEOUT_S,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`url` is the service's, such as https://verify.example.cn; `language`, en or zh-CN, is that of all words."""
        self._sleep = sleep
        self._client = httpx2.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            transport=transport,
            headers={"Accept-Language": asking.known_language(language)},
        )

    async def check(self, what: Brought, *, on: date | None = None) -> Report:
        """Check one certificate, as of a past day if one is given; raises `VerifierError`.

        A `str` is a code, an SD-JWT or a short number; a file is brought as a `Path` or its `bytes`.
        """
        return asking.report_in(await self._answer(asking.to_check(what, on)))

    async def receipt(
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
        return asking.file_in(await self._answer(asking.to_receipt(what, on, asked_by, kind)), kind.value)

    async def bulk(self, what: Iterable[Brought] | Brought, *, on: date | None = None) -> AsyncBulkCheck:
        """Hand in many: files (archives, tables and PDFs of several papers among them), or texts.

        Returns at once; raises `VerifierError`, `Busy` where too many bulk checks are under way.
        """
        answer = await self._answer(asking.to_start_bulk(what, on))
        return AsyncBulkCheck(self, progress_from(asking.json_in(answer)).id)

    def bulk_check(self, bulk_id: str) -> AsyncBulkCheck:
        """Return a bulk check that was handed in before."""
        return AsyncBulkCheck(self, bulk_id)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _answer(self, request: Request) -> httpx2.Response:
        """Put a question, again where that is safe and may help; raises `VerifierError`."""
        attempt = 0
        while True:
            attempt += 1
            try:
                answer: httpx2.Response | httpx2.TransportError = await self._client.request(
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
            await self._sleep(wait)

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)


@dataclass(frozen=True, slots=True)
class AsyncBulkCheck:
    """A bulk check under way, or over. Leaving its `async with` block cancels it, and deletes its results."""

    _verifier: AsyncVerifier
    id: str
    """Whoever knows it reads the results."""

    async def progress(self) -> Progress:
        """Return how far it is; raises `VerifierError`, `Problem` of status 404 once it is deleted."""
        return progress_from(asking.json_in(await self._get("")))

    async def wait(
        self, on_progress: Callable[[Progress], None] = lambda _: None, *, timeout_s: float | None = None
    ) -> Progress:
        """Wait until it is over; raises `BulkFailed`, and `TookTooLong` after `timeout_s`, when it still goes on."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            told = await self.progress()
            on_progress(told)
            match told.state:
                case BulkState.DONE:
                    return told
                case BulkState.FAILED:
                    raise BulkFailed(f"got {told.done} of {told.total} checked, and then the service gave up")
            if until is not None and time.monotonic() >= until:
                raise TookTooLong(f"got {told.done} of {told.total} checked within {timeout_s} seconds")
            await self._verifier._pause(POLL_S)  # noqa: SLF001 (the two are one module's)

    async def lines(self) -> tuple[BulkLine, ...]:
        """Return all verdicts; raises `VerifierError`. They are deleted ten minutes after they were first taken."""
        return lines_from(asking.json_in(await self._get("/results.json")))

    async def download(self, kind: str = "xlsx") -> bytes:
        """Return the verdicts as a file: xlsx, csv or json; raises `VerifierError`."""
        return asking.file_in(await self._get(f"/results.{kind}"), asking.FILE_TYPES[kind])

    async def cancel(self) -> None:
        """Cancel it, and delete everything of it; nothing happens where that is so already."""
        request = asking.Request("DELETE", f"/api/v1/bulk/{self.id}")
        try:
            await self._verifier._answer(request)  # noqa: SLF001 (as above)
        except Problem as exc:
            if exc.status != asking.GONE:
                raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cancel()

    async def _get(self, rest: str) -> httpx2.Response:
        return await self._verifier._answer(asking.Request("GET", f"/api/v1/bulk/{self.id}{rest}"))  # noqa: SLF001 (as above)
