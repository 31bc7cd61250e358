"""One question, one report: what was brought is read, and verified against the index as it is now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import structlog

from verifier.check import receipt_check, verification
from verifier.check.receipt_check import Vouchers
from verifier.logs import place_of
from verifier.uploads import reading
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from verifier.check.moments import Moment
    from verifier.check.presented import GivenFile, Presented
    from verifier.check.report import Report
    from verifier.indexing.index import Index
    from verifier.wording import Message

_LOG = structlog.get_logger(__name__)

Result = TypeVar("Result")


def nobody() -> Vouchers:
    """Return that nobody's receipts are believed: those of whom are, was not said."""
    return Vouchers(None, silence=message("receipt.no_vouchers"))


def check_upload(
    upload: bytes,
    index: Index,
    moment: Moment,
    *,
    name: str,
    files: tuple[GivenFile, ...] = (),
    request_id: str = "",
    vouchers: Callable[[], Vouchers] = nobody,
    pdf_roots: Path | None = None,
) -> Report:
    """Check a file's bytes; `files` are to be compared with those that the certificate vouches for.

    `vouchers` tells whose receipts are believed, should it be one; `pdf_roots` as in `reading.read_upload`.
    """

    def read() -> Presented:
        return replace(reading.read_upload(upload, pdf_roots=pdf_roots), files=files)

    return _check(read, index, moment, name=name, request_id=request_id, vouchers=vouchers)


def check_text(
    text: str,
    index: Index,
    moment: Moment,
    *,
    name: str,
    files: tuple[GivenFile, ...] = (),
    request_id: str = "",
    vouchers: Callable[[], Vouchers] = nobody,
) -> Report:
    """Check what was typed or scanned; `files` and `vouchers` as in `check_upload`."""

    def read() -> Presented:
        return replace(reading.read_text(text), files=files)

    return _check(read, index, moment, name=name, request_id=request_id, vouchers=vouchers)


def check_presented(
    presented: Presented,
    index: Index,
    moment: Moment,
    *,
    name: str,
    request_id: str = "",
    vouchers: Callable[[], Vouchers] = nobody,
) -> Report:
    """Check what was said to be a certificate, a code or a short number; `vouchers` as in `check_upload`."""
    return _check(lambda: presented, index, moment, name=name, request_id=request_id, vouchers=vouchers)


def _check(
    read: Callable[[], Presented],
    index: Index,
    moment: Moment,
    *,
    name: str,
    request_id: str,
    vouchers: Callable[[], Vouchers],
) -> Report:
    def answer() -> Report:
        presented = read()
        if presented.receipts:
            return receipt_check.report(presented, vouchers(), moment, name=name, request_id=request_id)
        with index.snapshot() as snapshot:
            return verification.verify(presented, snapshot, moment, name=name, request_id=request_id)

    report = attempted(answer, request_id=request_id)
    return verification.unforeseen(moment, name=name, request_id=request_id) if report is None else report


def attempted(what: Callable[[], Result], *, request_id: str = "") -> Result | None:
    """Do something on the way to an answer; None if that failed, whatever the reason.

    Neither the question nor its subject goes into the log.
    """
    try:
        return what()
    except Exception as exc:  # noqa: BLE001 (whoever asks about a certificate gets a report: CANNOT_CHECK, never VALID)
        _LOG.error("check.unforeseen", error=place_of(exc), request_id=request_id)
        return None


def unforeseen(moment: Moment, *, name: str) -> Report:
    """Report that nothing could be checked, where there is no index to ask."""
    return verification.unforeseen(moment, name=name)


def doubt(index: Index, now: datetime) -> Message | None:
    """Say why nothing can be checked now; None if all is well."""
    with index.snapshot() as snapshot:
        return message("registry.never_reached") if snapshot is None else snapshot.doubt(now)
