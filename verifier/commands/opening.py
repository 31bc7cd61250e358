"""The index, as commands of the audit's areas open it: brought up to date, and whether that could be done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from verifier.settings import open_settings

if TYPE_CHECKING:
    from verifier.indexing.index import Index

NOT_RUN = 3
"""The exit code where the register could not be asked, so that nothing may be said."""


def opened_index() -> tuple[Index, str]:
    """Open it and read what is new; with why that could not be done, empty if it was."""
    from verifier.wiring import open_index  # noqa: PLC0415 (not everybody who comes here needs a database)

    index = open_index(open_settings())
    progress = index.follow(datetime.now(UTC))
    if progress is None:
        return index, f"the registry was never reached: {index.trouble}"
    return index, progress.trouble
