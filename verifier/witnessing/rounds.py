"""A witness's rounds: it fetches the newest checkpoint of each verifier that it was told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog

from chain.envelope import MAX_HISTORY
from chain.errors import SigningFailed
from verifier.witnessing import asking
from verifier.witnessing.errors import FolderUnusable, Unanswered
from verifier.witnessing.witness import Outcome

if TYPE_CHECKING:
    from verifier.witnessing.witness import Answer, Witness

LATEST = "/api/v1/checkpoints/latest"
_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of asking one verifier."""

    source: str
    answer: Answer | None
    """None if it has not answered, or shows what it showed before."""
    trouble: str = ""
    """Why it could not be asked; empty if it was."""
    is_alarm: bool = False
    """Whether what it showed is for somebody to look at."""


@dataclass(slots=True)
class Rounds:
    """The rounds of one witness."""

    witness: Witness
    sources: tuple[str, ...]
    """The verifiers' addresses, as `asking.checked_url` returns them."""
    _tags: dict[str, str] = field(default_factory=dict)

    def once(self) -> list[Seen]:
        """Ask all of them; raises `FolderUnusable` and `SigningFailed`, with which nothing can go on."""
        return [self._asked(source) for source in self.sources]

    def turn(self, every_s: float) -> float:
        """Ask all of them, as a loop does; returns when to do it again. Raises nothing that is foreseen."""
        try:
            for seen in self.once():
                if seen.trouble:
                    _LOG.warning("witness.unanswered", source=seen.source, detail=seen.trouble)
        except (FolderUnusable, SigningFailed) as exc:
            _LOG.error("witness.cannot_go_on", error=type(exc).__name__, detail=str(exc))
        return every_s

    def _asked(self, source: str) -> Seen:
        try:
            reply = asking.get(source + LATEST, most=MAX_HISTORY, etag=self._tags.get(source, ""))
        except Unanswered as exc:
            return Seen(source, None, str(exc))
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return Seen(source, None)
        if reply.status != HTTPStatus.OK:
            return Seen(source, None, f"{source}{LATEST}: got status {reply.status}, wanted 200")
        known = self.witness.folder.seen_from(source)
        answer = self.witness.consider(reply.body, source=source)
        if answer.outcome in {Outcome.COSIGNED, Outcome.OLDER, Outcome.SPLIT}:
            # What is not believed now may be with the next trust list, so it is asked for again.
            self._tags[source] = reply.etag
        went_back = known is not None and answer.number is not None and answer.number < known
        return Seen(source, answer, is_alarm=went_back or answer.outcome not in {Outcome.COSIGNED, Outcome.OLDER})
