"""An event of the registry in words: one sentence, and below it every argument by its name.

Names are those of the event's own time: an agency that was renamed since is called what it was called then.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import steps
from chain.events import (
    BatchAnchored,
    Capability,
    CertificateReplaced,
    MemberAdded,
    MemberRemoved,
    OfficerSet,
    StatusChanged,
    Track,
    VerifyingHostSet,
)
from verifier.audit.type_names import type_names
from verifier.indexing.models import AgencyRow, BlockRow, EventRow, TransactionRow, block_of, log_of
from verifier.wording import Message, listed, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlmodel import Session

    from chain.events import Event
    from verifier.wording import Argument, Words

_HOUR_S = 3_600
_NAMELESS = frozenset({"test", "listed"})


class Look(StrEnum):
    """What an argument is, and so how it is shown and where it leads."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    HEX = "hex"
    ADDRESS = "address"
    ADDRESSES = "addresses"
    AGENCY = "agency"
    TYPE = "type"
    LEAF = "leaf"
    ROOT = "root"
    KEY = "key"
    TRACK = "track"
    HOUR = "hour"
    TIME = "time"
    BLOCK = "block"
    CAPABILITIES = "capabilities"


_LOOKS: Mapping[str, Look] = {
    "actor": Look.AGENCY,
    "agency": Look.AGENCY,
    "approvers": Look.ADDRESSES,
    "capabilities": Look.CAPABILITIES,
    "certificate_type": Look.TYPE,
    "consenters": Look.ADDRESSES,
    "cut_off_block": Look.BLOCK,
    "executor": Look.ADDRESS,
    "expires_at_block": Look.BLOCK,
    "from_hour": Look.HOUR,
    "kid": Look.KEY,
    "leaf": Look.LEAF,
    "listed": Look.FLAG,
    "member": Look.ADDRESS,
    "new_leaf": Look.LEAF,
    "officer": Look.ADDRESS,
    "officers": Look.ADDRESSES,
    "old_leaf": Look.LEAF,
    "parent": Look.AGENCY,
    "preparer": Look.ADDRESS,
    "proposer": Look.ADDRESS,
    "root": Look.ROOT,
    "test": Look.FLAG,
    "track": Look.TRACK,
    "until_hour": Look.HOUR,
    "valid_from": Look.TIME,
    "valid_until": Look.TIME,
}
"""How the fields of events look, where it is not plain from their values."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its place on the chain, and the transaction that it stands in."""

    begins: int
    event: Event
    timestamp: int
    """When it was recorded: its block's time."""
    block_hash: bytes
    transaction_hash: bytes
    sender: bytes | None
    """Who sent the transaction; None if nobody told."""

    @property
    def block(self) -> int:
        """The block's number."""
        return block_of(self.begins)

    @property
    def log_index(self) -> int:
        """Its place within the block."""
        return log_of(self.begins)

    @property
    def kind(self) -> str:
        """What kind of event it is, as the contracts call it."""
        return type(self.event).__name__


@dataclass(frozen=True, slots=True)
class Line:
    """One argument of an event. Its label is `audit.field.<name>` in the locales."""

    name: str
    look: Look
    value: object
    """As the event has it."""
    said: Words | str = ""
    """What it is called in words: of an agency or a type its name, of a track or capabilities theirs."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words."""

    happened: Happened
    sentence: Message
    lines: tuple[Line, ...]

    @property
    def people(self) -> tuple[tuple[str, bytes], ...]:
        """Whose consent the event rests on: each with the role in which it was given."""
        return people(self.happened.event)

    @property
    def effective(self) -> tuple[int, int] | None:
        """From when and until when a status has effect, in seconds since 1970, 0 for no end; None for all else."""
        match self.happened.event:
            case StatusChanged(from_hour=first, until_hour=until) if first:
                return first * _HOUR_S, until * _HOUR_S
            case CertificateReplaced(from_hour=first):
                return first * _HOUR_S, 0
            case _:
                return None

    @property
    def leaf(self) -> bytes | None:
        """The leaf that the event is about, if it is about one."""
        match self.happened.event:
            case StatusChanged(leaf=leaf) | CertificateReplaced(old_leaf=leaf):
                return leaf
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Names:
    """What agencies and types are called."""

    agencies: Mapping[int, Sequence[tuple[int, str]]]
    """Of each agency its names, each with the place from which on it bore it."""
    types: Mapping[int, Words]

    def agency(self, number: int, begins: int) -> str:
        """Return what an agency was called at a place; its number where that is not known."""
        return self._known(number, begins) or f"#{number}"

    def called(self, number: int, begins: int) -> Message:
        """Return what an agency was called at a place, and its number."""
        if name := self._known(number, begins):
            return Message("audit.agency.called", {"name": name, "number": number})
        return Message("audit.agency.unnamed", {"number": number})

    def _known(self, number: int, begins: int) -> str:
        held = [name for since, name in self.agencies.get(number, ()) if since <= begins]
        return held[-1] if held else ""

    def type(self, number: int) -> Words | str:
        """Return what a type is called; its number where this software does not have its data file."""
        return self.types.get(number, f"#{number}")


def happened(session: Session, rows: Sequence[EventRow]) -> list[Happened]:
    """Return the events of rows, with their blocks and transactions."""
    numbers = {block_of(row.begins) for row in rows}
    hashes = {row.transaction_hash for row in rows}
    blocks = session.exec(select(BlockRow).where(col(BlockRow.number).in_(numbers))) if rows else ()
    sent = session.exec(select(TransactionRow).where(col(TransactionRow.hash).in_(hashes))) if rows else ()
    block, sender = {each.number: each for each in blocks}, {each.hash: each.sender for each in sent}
    return [
        Happened(
            begins=row.begins,
            event=steps.event_of(row.kind, row.arguments),
            timestamp=block[block_of(row.begins)].timestamp,
            block_hash=block[block_of(row.begins)].hash,
            transaction_hash=row.transaction_hash,
            sender=sender.get(row.transaction_hash),
        )
        for row in rows
    ]


def told(session: Session, rows: Sequence[EventRow]) -> list[Told]:
    """Put the events of rows into words, in the same order."""
    events = happened(session, rows)
    names = names_of(session, (each.event for each in events))
    return [in_words(each, names) for each in events]


def names_of(session: Session, events: Iterable[Event]) -> Names:
    """Return the names of all agencies that events mention, and of all types."""
    return names(
        session,
        {getattr(event, name) for event in events for name in ("agency", "parent", "actor") if hasattr(event, name)},
    )


def names(session: Session, numbers: Collection[int]) -> Names:
    """Return the names of these agencies, and of all types."""
    found: dict[int, list[tuple[int, str]]] = {}
    rows = select(AgencyRow.agency, AgencyRow.begins, AgencyRow.name).where(col(AgencyRow.agency).in_(numbers))
    for number, begins, name in session.exec(rows.order_by(col(AgencyRow.begins))) if numbers else ():
        found.setdefault(number, []).append((begins, name))
    return Names(found, type_names(session))


def in_words(what: Happened, names: Names) -> Told:
    """Put an event into words."""
    event = what.event
    lines = tuple(_line(field.name, getattr(event, field.name), what, names) for field in fields(event))
    arguments: dict[str, Argument] = {line.name: _argument(line) for line in lines if line.name not in _NAMELESS}
    return Told(what, Message(f"audit.event.{_case(event)}", arguments), lines)


def _case(event: Event) -> str:
    """Return which sentence an event has: some kinds say two things."""
    kind = type(event).__name__
    match event:
        case StatusChanged(from_hour=0):
            return f"{kind}.lifted"
        case OfficerSet() if not event.capabilities:
            return f"{kind}.removed"
        case VerifyingHostSet(listed=False):
            return f"{kind}.unlisted"
        case _:
            return kind


def people(event: Event) -> tuple[tuple[str, bytes], ...]:
    """Return whose consent an event rests on: each with the role in which it was given."""
    match event:
        case BatchAnchored():
            return (("preparer", event.preparer), *(("approver", each) for each in event.approvers))
        case StatusChanged():
            return tuple(("officer", each) for each in event.officers)
        case CertificateReplaced() | MemberAdded() | MemberRemoved():
            return ()
        case _:
            return tuple(("consenter", each) for each in getattr(event, "consenters", ()))


def _line(name: str, value: object, what: Happened, names: Names) -> Line:
    look = _look(name, value)
    said: Words | str = ""
    if isinstance(value, int):
        match look:
            case Look.AGENCY:
                said = names.agency(value, what.begins) if value else words(f"audit.nobody.{name}")
            case Look.TYPE:
                said = names.type(value)
            case Look.TRACK:
                said = track_words(value)
            case Look.CAPABILITIES:
                said = capability_words(value)
            case _:
                pass
    return Line(name, look, value, said)


def _look(name: str, value: object) -> Look:
    if name in _LOOKS:
        return _LOOKS[name]
    if isinstance(value, bytes) or name == "held":
        return Look.HEX
    return Look.NUMBER if isinstance(value, int) else Look.TEXT


def track_words(track: int) -> Words:
    """Return what a track of a status is called."""
    return words(f"audit.track.{Track(track).name}")


def capability_words(held: int) -> Words:
    """Return what an officer may do."""
    found = [words(f"audit.capability.{each.name}") for each in Capability if each & held]
    return listed(found) if found else words("audit.capability.none")


def _argument(line: Line) -> Argument:
    """Return an argument as a sentence has it."""
    match line.value:
        case _ if line.said:
            return line.said
        case bytes():
            return f"0x{line.value.hex()}"
        case tuple():
            return len(line.value)
        case int() | str():
            return line.value
        case _:
            return ""
