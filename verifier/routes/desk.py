"""What all routes share: the index, the clock, and turns at what takes long."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from anyio import to_thread

from verifier import checking
from verifier.moments import moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from anyio import CapacityLimiter
    from fastapi import Request

    from verifier.index import Index
    from verifier.moments import Moment
    from verifier.presented import GivenFile, Presented
    from verifier.report import Report
    from verifier.routes.turns import Turns
    from verifier.wording import Message


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are answered."""

    index: Index
    clock: Callable[[], datetime]
    readers: CapacityLimiter
    """Each upload takes a process and half a gigabyte at most."""
    turns: Turns

    def moment(self, on: str | None) -> Moment:
        """Read the day that is asked about; raises `InvalidInput`."""
        return moment(on, self.clock())

    async def check_upload(
        self, upload: bytes, when: Moment, *, name: str, request: Request, files: tuple[GivenFile, ...] = ()
    ) -> Report:
        """Check a file when it is the client's turn; raises `Crowded`. `files` as in `checking.check_upload`."""
        check = partial(
            checking.check_upload,
            upload,
            self.index,
            when,
            name=name,
            files=files,
            request_id=request_id_of(request),
        )
        async with self.turns.turn(request.client.host if request.client else ""):
            return await to_thread.run_sync(check, limiter=self.readers)

    async def check_text(
        self, text: str, when: Moment, *, name: str, request_id: str, files: tuple[GivenFile, ...] = ()
    ) -> Report:
        """Check what was typed or scanned; `files` as in `checking.check_upload`."""
        check = partial(checking.check_text, text, self.index, when, name=name, files=files, request_id=request_id)
        return await to_thread.run_sync(check)

    async def check_presented(self, presented: Presented, when: Moment, *, name: str, request_id: str) -> Report:
        """Check what was said to be of one kind."""
        check = partial(checking.check_presented, presented, self.index, when, name=name, request_id=request_id)
        return await to_thread.run_sync(check)

    def doubt(self) -> Message | None:
        """Say why nothing can be checked now; None if all is well. Raises nothing."""
        return checking.doubt(self.index, self.clock())


def desk_of(request: Request) -> Desk:
    """Return the application's desk."""
    return cast("Desk", request.app.state.desk)


def request_id_of(request: Request) -> str:
    """Return the number under which this request is logged."""
    return str(request.state.request_id)
