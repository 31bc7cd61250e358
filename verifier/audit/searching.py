"""Where something leads that an auditor holds: a code, a number, a hash, a name, a day.

One handle may mean several things: 12 is a block, an agency and a type. All of them are told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlmodel import col, select

from chain import base64url, certificate_types
from chain.errors import CodeMalformed
from chain.short_number import parse_short_number
from verifier.audit.type_names import type_names
from verifier.check import form
from verifier.check.form import Claimed, ShortNumber
from verifier.indexing.models import (
    AgencyRow,
    BatchRow,
    BlockRow,
    KeyRow,
    LeafRow,
    PartyRow,
    StatusRow,
    TransactionRow,
    TypeRow,
)
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlmodel import Session

    from verifier.register import Tables
    from verifier.wording import Words

MOST = 50
"""How many hits of one kind are told."""
_HASH_DIGITS = 64
_HEX = re.compile(r"(?:0x)?([0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
_NUMBER = re.compile(r"#?([0-9]{1,18})")
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_DAY = re.compile(r"([0-9]{4})(?:-|/|\.|年)([0-9]{1,2})(?:-|/|\.|月)([0-9]{1,2})日?")
_BETWEEN = re.compile(r"\s*(?:\.\.|…|～|~|至|到| to | - |—|–)\s*")
_SHORT_BITS, _LEAF_BITS = 60, 256


class HitKind(StrEnum):
    """What was found; its word is `audit.hit.<value>` in the locales."""

    CERTIFICATE = "certificate"
    BATCH = "batch"
    TRANSACTION = "transaction"
    BLOCK = "block"
    AGENCY = "agency"
    ADDRESS = "address"
    KEY = "key"
    TYPE = "type"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    kind: HitKind
    path: str
    """Of its page."""
    query: tuple[tuple[str, str], ...]
    title: Words | str
    detail: str = ""

    @property
    def filters(self) -> dict[str, str]:
        """The query of its page's address."""
        return dict(self.query)


@dataclass(frozen=True, slots=True)
class Found:
    """What a handle led to."""

    hits: tuple[Hit, ...]
    is_private: bool = False
    """Whether the handle says something about a person, so that it must not stand in an address."""


def search(tables: Tables, handle: str) -> Found:
    """Return everything that a handle may mean; nothing for one that is not understood or leads nowhere."""
    text = normalize("NFKC", handle).strip()
    if not text:
        return Found(())
    session = tables.session
    if (presented := _presented(session, handle.strip())) is not None:
        return presented
    hits: list[Hit] = []
    if match := _HEX.fullmatch(text):
        value = bytes.fromhex(match[1])
        hits += _hash(session, value) if len(match[1]) == _HASH_DIGITS else _address(tables, value)
    if match := _NUMBER.fullmatch(text):
        hits += _number(tables, int(match[1]))
    hits += _short(session, text)
    if _KID.fullmatch(text):
        hits += _kid(session, text)
    if (days := _days(text)) is not None:
        hits.append(days)
    if not _HEX.fullmatch(text):
        hits += [*_agencies(session, text), *_types(session, text)]
    return Found(tuple({(hit.kind, hit.path, hit.query): hit for hit in hits}.values()))


def of_leaf(session: Session, leaf: bytes) -> Hit | None:
    """Return where a leaf leads; None if the register knows nothing of it."""
    for found in (
        select(LeafRow.leaf).where(LeafRow.leaf == leaf),
        select(StatusRow.leaf).where(StatusRow.leaf == leaf),
        select(StatusRow.leaf).where(StatusRow.new_leaf == leaf),
    ):
        if session.exec(found.limit(1)).first() is not None:
            return Hit(HitKind.CERTIFICATE, f"/audit/certificates/0x{leaf.hex()}", (), f"0x{leaf.hex()}")
    return None


def _presented(session: Session, handle: str) -> Found | None:
    """Return where a certificate or a code leads; None if the handle is neither.

    What it says is not believed, nor kept: only the leaf that it comes to is looked up.
    """
    presented = reading.read_text(handle)
    if not (presented.certificates or presented.copies or presented.codes):
        return None
    _, read = form.check(presented, known_type=certificate_types.by_number)
    if isinstance(read, ShortNumber) or not isinstance(read, Claimed):
        return Found((), is_private=True)
    hit = of_leaf(session, read.leaf)
    return Found(() if hit is None else (hit,), is_private=True)


def _hash(session: Session, value: bytes) -> Iterator[Hit]:
    name = f"0x{value.hex()}"
    if (leaf := of_leaf(session, value)) is not None:
        yield leaf
    batches = select(BatchRow.agency, BatchRow.sequence).where(BatchRow.root == value).order_by(col(BatchRow.begins))
    for agency, sequence in session.exec(batches.limit(MOST)):
        detail = f"{_called(session, agency)} / {sequence}"
        yield Hit(HitKind.BATCH, f"/audit/batches/{agency}/{name}", (), name, detail)
    if session.get(TransactionRow, value) is not None:
        yield Hit(HitKind.TRANSACTION, f"/audit/transactions/{name}", (), name)
    for number in session.exec(select(BlockRow.number).where(BlockRow.hash == value).limit(1)):
        yield Hit(HitKind.BLOCK, f"/audit/blocks/{number}", (), str(number), name)
    yield from _keys(session, value)
    digests = select(TypeRow.certificate_type, TypeRow.version).where(TypeRow.digest == value)
    for number, version in session.exec(digests.limit(MOST)):
        yield _type(session, number, f"v{version}")


def _address(tables: Tables, value: bytes) -> Iterator[Hit]:
    session, name = tables.session, f"0x{value.hex()}"
    if session.exec(select(PartyRow.begins).where(PartyRow.address == value).limit(1)).first() is not None:
        yield Hit(HitKind.ADDRESS, f"/audit/addresses/{name}", (), name)
    if value in (tables.row.address, tables.row.agencies_address):
        yield Hit(HitKind.ADDRESS, "/audit/registry", (), name)


def _number(tables: Tables, number: int) -> Iterator[Hit]:
    session = tables.session
    if tables.row.deployed_at_block <= number <= tables.row.head_number:
        yield Hit(HitKind.BLOCK, f"/audit/blocks/{number}", (), str(number))
    yield from _agencies_where(session, lambda row: row.agency == number)
    if session.exec(select(TypeRow.begins).where(TypeRow.certificate_type == number).limit(1)).first() is not None:
        yield _type(session, number)


def _short(session: Session, text: str) -> Iterator[Hit]:
    """Find leaves by the short number, of which two might begin alike."""
    try:
        prefix = parse_short_number(text)
    except CodeMalformed:
        return
    first = int.from_bytes(prefix) << (_LEAF_BITS - 64)
    last = first | ((1 << (_LEAF_BITS - _SHORT_BITS)) - 1)
    lowest, highest = (value.to_bytes(_LEAF_BITS // 8) for value in (first, last))
    between = (col(LeafRow.leaf) >= lowest, col(LeafRow.leaf) <= highest)
    for leaf in session.exec(select(LeafRow.leaf).where(*between).distinct().order_by(col(LeafRow.leaf)).limit(MOST)):
        yield Hit(HitKind.CERTIFICATE, f"/audit/certificates/0x{leaf.hex()}", (), f"0x{leaf.hex()}")


def _kid(session: Session, text: str) -> Iterator[Hit]:
    try:
        kid = base64url.decode(text)
    except ValueError:
        return
    yield from _keys(session, kid)


def _keys(session: Session, kid: bytes) -> Iterator[Hit]:
    for agency in session.exec(select(KeyRow.agency).where(KeyRow.kid == kid).distinct().limit(MOST)):
        yield Hit(HitKind.KEY, f"/audit/agencies/{agency}", (), f"0x{kid.hex()}", _called(session, agency))


def _called(session: Session, agency: int) -> str:
    """Return what an agency is called now, and its number."""
    rows = select(AgencyRow.name).where(AgencyRow.agency == agency, col(AgencyRow.ends).is_(None))
    return f"{session.exec(rows).first() or ''} #{agency}".strip()


def _days(text: str) -> Hit | None:
    """Read a day, or two with something between them."""
    parts = _BETWEEN.split(text, maxsplit=1)
    days = [_day(part) for part in parts]
    if any(day is None for day in days):
        return None
    first, last = str(days[0]), str(days[-1])
    title = first if first == last else f"{first} … {last}"
    return Hit(HitKind.DAYS, "/audit/events", (("first", min(first, last)), ("last", max(first, last))), title)


def _day(text: str) -> date | None:
    match = _DAY.fullmatch(text.strip())
    try:
        return None if match is None else date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _agencies(session: Session, text: str) -> Iterator[Hit]:
    """Find agencies by their code, or a part of a name, present or past."""
    folded = text.casefold()
    yield from _agencies_where(session, lambda row: row.code.casefold() == folded or folded in row.name.casefold())


def _agencies_where(session: Session, is_meant: Callable[[AgencyRow], bool]) -> Iterator[Hit]:
    """Yield agencies, called what they are called now; there are thousands at most."""
    names: dict[int, str] = {}
    meant: dict[int, AgencyRow] = {}
    for row in session.exec(select(AgencyRow).order_by(col(AgencyRow.agency), col(AgencyRow.begins))):
        names[row.agency] = row.name
        if is_meant(row):
            meant[row.agency] = row
    for number, row in list(meant.items())[:MOST]:
        yield Hit(HitKind.AGENCY, f"/audit/agencies/{number}", (), names[number], f"#{number} · {row.code}")


def _types(session: Session, text: str) -> Iterator[Hit]:
    """Find types by a part of a name, or their identifier."""
    folded = text.casefold()
    identifiers = {each.number: each.identifier for each in certificate_types.shipped()}
    for number, names in type_names(session).items():
        called = (*names.values(), identifiers.get(number, ""))
        if any(folded in name.casefold() for name in called):
            yield _type(session, number)


def _type(session: Session, number: int, detail: str = "") -> Hit:
    name = type_names(session).get(number, f"#{number}")
    return Hit(HitKind.TYPE, "/audit/events", (("type", str(number)),), name, f"#{number} {detail}".strip())
