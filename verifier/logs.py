"""Log lines as JSON on standard error; what is logged holds no personal data."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict


def configure(level: str, *, process: int | None = None) -> None:
    """Log what is at least so severe; each line names the process where there are several."""

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
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        ),
        # Looked up for each line, so that whoever redirects standard error gets them.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
