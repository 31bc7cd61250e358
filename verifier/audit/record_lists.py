"""The lists of the record pages, as files."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import IntFlag
from typing import TYPE_CHECKING

from verifier.audit.exporting import Cell, Listing, columns
from verifier.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from verifier.audit.acts import Act
    from verifier.audit.events_told import Told
    from verifier.audit.record_pages import LeafShown
    from verifier.register import Tables
    from verifier.wording import Language

_EVENTS = columns(
    "block",
    "log_index",
    "recorded",
    "event",
    "in_words",
    "agency",
    "leaf",
    "effective_from",
    "effective_until",
    "people",
    "transaction",
    "sender",
    "arguments",
    timed=("recorded", "effective_from", "effective_until"),
)
_LEAVES = columns("position", "leaf", "short_number", "in_force", "entries")
_ACTS = (*_EVENTS, *columns("parts"))


def about(tables: Tables, **filters: Cell) -> Mapping[str, Cell]:
    """Return what every list says of itself: of which registry it is, up to which block, and its filters."""
    row = tables.row
    return {
        "registry_id": row.registry_id,
        "chain_id": row.chain_id,
        "block": row.head_number,
        "block_hash": row.head_hash,
        **{name: value for name, value in filters.items() if value is not None},
    }


def of_events(name: str, events: Iterable[Told], says: Mapping[str, Cell], language: Language) -> Listing:
    """Return a list of events; `in_words` is in that language."""
    return Listing(name, _EVENTS, (_event(each, language) for each in events), says)


def of_leaves(name: str, leaves: Iterable[LeafShown], says: Mapping[str, Cell]) -> Listing:
    """Return a list of a batch's leaves."""
    return Listing(name, _LEAVES, _leaves(leaves), says)


def of_acts(name: str, acts: Iterable[Act], says: Mapping[str, Cell], language: Language) -> Listing:
    """Return a list of events that somebody had a part in."""
    rows = ((*_event(each.told, language), [part.name.lower() for part in each.parts]) for each in acts)
    return Listing(name, _ACTS, rows, says)


def _leaves(leaves: Iterable[LeafShown]) -> Iterator[Sequence[Cell]]:
    for each in leaves:
        in_force = [track.name for track in each.in_force]
        yield each.position, each.leaf, each.short_number, in_force, each.entries


def _event(told: Told, language: Language) -> Sequence[Cell]:
    what, effective = told.happened, told.effective
    return (
        what.block,
        what.log_index,
        what.timestamp,
        what.kind,
        say(told.sentence, language),
        getattr(what.event, "agency", None),
        told.leaf,
        effective[0] if effective else None,
        effective[1] or None if effective else None,
        [address for _, address in told.people],
        what.transaction_hash,
        what.sender,
        _arguments(told),
    )


def _arguments(told: Told) -> str:
    """Return all arguments as JSON; numbers beyond 53 bits as text, as JSON's readers round them."""
    event = told.happened.event
    return json.dumps(
        {field.name: _plain(getattr(event, field.name)) for field in fields(event)},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _plain(value: object) -> object:
    match value:
        case bytes():
            return f"0x{value.hex()}"
        case tuple():
            return [_plain(each) for each in value]
        case bool() | str():
            return value
        case IntFlag():
            return int(value)
        case int():
            return str(value) if value > _MOST else int(value)
        case _:
            return str(value)


_MOST = 2**53
