"""Events of every kind with any arguments, and histories of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from hypothesis import strategies as st

from chain import events
from chain.events import Capability, Track
from chain.history import Step
from chain.steps import ABI, KINDS, arguments, kind_of, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.events import Event

DECLARED: tuple[type[Event], ...] = get_args(events.Event)
FEW = [bytes([number]) * 20 for number in range(1, 6)]
"""Addresses that occur again and again, as officers' do."""

_ADDRESS = st.sampled_from(FEW) | st.binary(min_size=20, max_size=20)
_BY_TYPE = {
    "bool": st.booleans(),
    "bytes": st.binary(max_size=200),
    "bytes32": st.binary(min_size=32, max_size=32),
    "address": _ADDRESS,
    "address[]": st.lists(_ADDRESS, max_size=4).map(tuple),
    "string": st.binary(max_size=80).map(text),
    "bytes18": st.binary(min_size=18, max_size=18).map(text),
} | {f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (8, 16, 24, 32, 64, 256)}


@st.composite
def any_event(draw: st.DrawFn, kinds: Sequence[int] = range(len(KINDS))) -> Event:
    """Draw an event of one of these kinds."""
    kind = draw(st.sampled_from(kinds))
    values = [draw(_BY_TYPE[name]) for name in ABI[kind]]
    if KINDS[kind] is events.StatusChanged:
        values[2] = draw(st.sampled_from(Track))
    if KINDS[kind] is events.OfficerSet:
        values[2] = Capability(draw(st.integers(0, 15)))
    return KINDS[kind](*values)


def in_blocks(events: Sequence[Event], *, first: int = 7, each: int = 3) -> list[Step]:
    """Put events into blocks with a gap between them, so many in each."""
    return [
        Step(
            kind=kind_of(event),
            arguments=arguments(event),
            block_number=first + 2 * (place // each),
            timestamp=1_770_000_000 + 5 * (place // each),
            log_index=1 + place % each,
        )
        for place, event in enumerate(events)
    ]
