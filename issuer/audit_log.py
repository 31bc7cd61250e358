"""Who did what from where: a log that is only added to, each line bound to all before it.

A line's hash is SHA-256 over the hash of the line before and the line's own content. Whoever alters a line, takes one
out or slips one in must write every later line anew; and whoever has noted down the log's head (its count and last
hash) sees that, and sees too if its end is cut off. The database refuses changes of lines as well (migration 0003),
which stops slips, not somebody with the database's password. Nothing about a holder belongs in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from chain import cbor
from issuer.errors import LogBroken
from issuer.tables import account_rows
from issuer.tables.account_models import AuditLine

if TYPE_CHECKING:
    from issuer.tables.account_models import Person
    from issuer.tables.store import Work

BEFORE_THE_FIRST = hashlib.sha256(b"yinxin audit log").digest()
OPERATOR = "operator"
"""Who acts on the command line, without an account."""
SERVICE = "this service"
"""Who is named where nobody is at work."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Occasion:
    """When something is done, and from where."""

    now: datetime
    """Aware."""
    source: str
    """A network address, or «command line»."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: worth noting down elsewhere."""

    count: int
    hash: bytes


def add(
    work: Work,
    occasion: Occasion,
    what: str,
    *,
    who: Person | str,
    agency: int | None = None,
    subject: str = "",
    detail: str = "",
) -> None:
    """Write a line, within the transaction of what it tells of: one is not stored without the other.

    `agency` is whose business it is; without it, that of a person who acts.
    """
    if not isinstance(who, str):
        agency = who.agency if agency is None else agency
        who = who.login
    last = account_rows.last_line(work)
    line = AuditLine(
        id=last.id + 1 if last else 1,
        at=occasion.now.astimezone(UTC),
        who=who,
        agency=agency,
        what=what,
        subject=subject,
        source=occasion.source,
        detail=detail,
        previous=last.hash if last else BEFORE_THE_FIRST,
        hash=b"",
    )
    line.hash = _hash(line)
    work.add(line)
    work.flush()
    _log.info(what, who=who, agency=agency, subject=subject)


def head(work: Work) -> Head:
    """Return the log's end as it stands, unverified."""
    last = account_rows.last_line(work)
    return Head(last.id, last.hash) if last else Head(0, BEFORE_THE_FIRST)


def verify(work: Work, *, noted: Head | None = None) -> Head:
    """Go through the whole log and return its head; raises `LogBroken`, naming the first line that is wrong.

    `noted` is a head from before: with it the log must go through the very same line, so that an end cut off or a log
    written anew is seen.
    """
    count, previous = 0, BEFORE_THE_FIRST
    held = BEFORE_THE_FIRST if noted and noted.count == 0 else b""
    for line in account_rows.lines(work):
        count += 1
        if line.id != count:
            raise LogBroken(f"audit log: got line {line.id}, wanted line {count}; what lies between was taken out")
        if line.previous != previous:
            raise LogBroken(f"audit log, line {count}: it does not follow the line before")
        if line.hash != _hash(line):
            raise LogBroken(f"audit log, line {count}: its content is not what was written")
        previous = line.hash
        if noted and noted.count == count:
            held = line.hash
    if noted and held != noted.hash:
        raise LogBroken(
            f"audit log: got {count} lines that do not go through the head noted at line {noted.count}; "
            "its end was cut off, or it was written anew"
        )
    return Head(count, previous)


def _hash(line: AuditLine) -> bytes:
    content: cbor.CBOR = [
        line.id,
        int(line.at.timestamp()),
        line.at.microsecond,
        line.who,
        line.agency,
        line.what,
        line.subject,
        line.source,
        line.detail,
    ]
    return hashlib.sha256(line.previous + cbor.encode(content)).digest()
