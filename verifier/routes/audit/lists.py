"""Lists within a page, each with an address of its own under which it is a file."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

from verifier.audit.exporting import ExportForm
from verifier.routes.audit.frame import PageFault

Kind = TypeVar("Kind", bound=StrEnum)


def named(kinds: type[Kind], text: str, form: ExportForm | None) -> tuple[Kind, ExportForm | None]:
    """Return which list an address ends in, such as `keys` or `keys.csv`, and as which file; raises `PageFault`."""
    name, _, suffix = text.partition(".")
    try:
        return kinds(name), ExportForm(suffix) if suffix else form
    except ValueError:
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.no_page") from None
