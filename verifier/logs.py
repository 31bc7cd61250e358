"""Log lines as JSON on standard error; what is logged holds no personal data."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

from chain.errors import InvalidInput

if TYPE_CHECKING:
    from structlog.typing import EventDict


def place_of(exc: BaseException) -> str:
    """Say what failed and where, but not with which values: those may be somebody's."""
    place = exc.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = "" if place is None else f" in {place.tb_frame.f_code.co_qualname}, line {place.tb_lineno}"
    return type(exc).__name__ + where


class _OfServer(logging.Handler):
    """Writes what the HTTP server logs as our lines; of an exception no more than `place_of` tells."""

    def emit(self, record: logging.LogRecord) -> None:
        exc = record.exc_info[1] if record.exc_info else None
        said = {"error": place_of(exc)} if exc is not None else {"message": record.getMessage()}
        structlog.get_logger(record.name).log(record.levelno, "server", **said)


def configure(level: str, *, process: int | None = None) -> None:
    """Log what is at least so severe; each line names the process where there are several. Raises `InvalidInput`."""
    least = logging.getLevelNamesMapping().get(level.upper())
    if least is None:
        raise InvalidInput(f"log level: got {level[:40]!r}, wanted debug, info, warning or error")

    def named(_logger: object, _name: str, line: EventDict) -> EventDict:
        return {**line, "process": process}

    structlog.configure(
        processors=[
            *([] if process is None else [named]),
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        # Looked up for each line, so that whoever redirects standard error gets them.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    server = logging.getLogger("uvicorn.error")
    server.handlers, server.propagate = [_OfServer()], False
