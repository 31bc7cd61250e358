"""Histories: in columns and back, the replay beside the steps one by one, and columns that are not in the form."""

from __future__ import annotations

import zlib
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import cbor, history, steps
from chain.errors import EvidenceMalformed
from chain.events import (
    AgencyRegistered,
    BatchAnchored,
    CertificateReplaced,
    Record,
    RegistryCreated,
    StatusChanged,
    Track,
    TypeRegistered,
)
from chain.history import NO_HEAD, Heads, History, Step
from chain.steps import KINDS, List
from tests.chain.any_event import FEW, any_event, in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chain.events import Event

ONE, TWO, THREE = FEW[:3]
LEAF, ROOT = sha256(b"leaf").digest(), sha256(b"root").digest()


def status(leaf: bytes, *, agency: int = 1, officers: tuple[bytes, ...] = (ONE, TWO)) -> StatusChanged:
    return StatusChanged(agency, leaf, Track.REVOKED, 490_000, 0, 1, ROOT, 5, officers)


EVENTS: list[Event] = [
    RegistryCreated(b"r" * 32, test=True),
    TypeRegistered(1, 1, b"d" * 32),
    AgencyRegistered(1, 0, 1, "11999999MB0000001X", "演示市", (ONE, TWO)),
    BatchAnchored(1, ROOT, 1, 1, 3, 1, ONE, (TWO, THREE)),
    status(LEAF),
    CertificateReplaced(1, LEAF, ROOT, 490_001, 6),
    BatchAnchored(2, ROOT, 1, 1, 3, 1, ONE, ()),
    status(LEAF, agency=2, officers=()),
    status(LEAF[1:] + b"\0"),
    AgencyRegistered(2, 1, 2, "11999999MB0000002X", "", ()),
    status(LEAF),
]
STEPS = in_blocks(EVENTS)
DATA = history.encode(STEPS)


def naive_heads(steps_: Iterable[Step]) -> Heads:
    heads = dict.fromkeys(List, NO_HEAD)
    for taken in steps_:
        which = steps.list_of(taken.kind)
        heads[which] = steps.step(heads[which], taken.block_number, taken.kind, taken.arguments)
    return Heads(*(heads[which] for which in List))


def of_list(steps_: Iterable[Step], which: List) -> list[Step]:
    return [taken for taken in steps_ if steps.list_of(taken.kind) is which]


@given(st.lists(any_event(), max_size=30), st.integers(1, 4))
def test_a_history_says_what_went_in_and_makes_the_same_heads(events: list[Event], each: int) -> None:
    taken = in_blocks(events, each=each)
    data = history.encode(taken)
    read = History.parse(data)
    assert read.heads() == naive_heads(taken)
    for until in {0, *(one.block_number for one in taken)}:
        assert read.heads(until) == naive_heads(one for one in taken if one.block_number <= until)
    for which in List:
        assert list(read.steps(which)) == of_list(taken, which)
        assert [record.event for record in read.records(which)] == [
            event for event in events if steps.list_of(steps.kind_of(event)) is which
        ]
    assert [len(list(read.steps(which))) for which in List] == [len(of_list(taken, which)) for which in List]
    assert read.last_block == max((one.block_number for one in taken), default=0)
    assert read.last_timestamp == max((one.timestamp for one in taken), default=0)


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=lambda kind: KINDS[kind].__name__)
def test_every_kind_replays(kind: int) -> None:
    @settings(max_examples=15)
    @given(st.lists(any_event([kind]), min_size=1, max_size=5))
    def replay(events: list[Event]) -> None:
        taken = in_blocks(events)
        read = History.parse(history.encode(taken))
        assert list(read.steps(steps.list_of(kind))) == taken
        assert read.heads() == naive_heads(taken)

    replay()


@given(st.lists(any_event(), max_size=20))
def test_heads_are_followed_event_by_event(events: list[Event]) -> None:
    taken = in_blocks(events)
    heads = Heads()
    for one, event in zip(taken, events, strict=True):
        heads = heads.after(event, one.block_number)
    assert heads == naive_heads(taken)


@pytest.mark.parametrize("count", [4_095, 4_096, 4_097, 8_192, 10_000])
def test_rows_are_the_same_where_one_chunk_ends_and_the_next_begins(count: int) -> None:
    random = Random(count)
    events: list[Event] = [
        status(random.randbytes(32), officers=tuple(random.sample(FEW, random.randrange(3)))) for _ in range(count)
    ]
    taken = in_blocks(events)
    read = History.parse(history.encode(taken))
    assert list(read.steps(List.STATUSES)) == taken
    assert read.heads() == naive_heads(taken)
    for place in (0, 4_094, count - 1):
        event = events[place]
        assert isinstance(event, StatusChanged)
        assert [record.event for record in read.statuses(1, event.leaf)] == [event]


def test_a_record_becomes_a_step_and_back() -> None:
    record = Record(EVENTS[3], 9, b"block", 1_770_000_005, b"transaction", 1)
    taken = Step.of(record)
    assert taken == STEPS[3]
    read = next(History.parse(DATA).records(List.ANCHORS))
    assert read == Record(EVENTS[3], 9, b"", 1_770_000_005, b"", 1)


def test_what_became_of_a_certificate_is_found_in_the_chains_order() -> None:
    read = History.parse(DATA)
    found = read.statuses(1, LEAF)
    assert [record.event for record in found] == [EVENTS[4], EVENTS[5], EVENTS[10]]
    assert [(record.block_number, record.log_index) for record in found] == [(9, 2), (9, 3), (13, 2)]
    assert [record.event for record in read.statuses(2, LEAF)] == [EVENTS[7]]
    assert read.statuses(3, LEAF) == ()
    assert read.statuses(1, ROOT) == (), "a new leaf is not touched by what it replaces"


def test_a_leaf_that_begins_within_another_is_not_found() -> None:
    straddling = bytes(31) + b"\1"
    read = History.parse(history.encode(in_blocks([status(bytes(32)), status(b"\1" + bytes(31))])))
    assert read.statuses(1, straddling) == ()
    assert len(read.statuses(1, bytes(32))) == 1


def test_batches_are_found_by_agency_and_root() -> None:
    read = History.parse(DATA)
    assert [record.event for record in read.batches(1, ROOT)] == [EVENTS[3]]
    assert [record.event for record in read.batches(2, ROOT)] == [EVENTS[6]]
    assert read.batches(1, LEAF) == ()
    assert History.parse(history.encode([])).batches(1, ROOT) == ()


def test_an_empty_history_makes_the_heads_before_all() -> None:
    assert History.parse(history.encode([])).heads() == Heads()


def test_arguments_that_are_none_are_not_written() -> None:
    with pytest.raises(EvidenceMalformed):
        history.encode([Step(23, b"", 1, 1, 1)])


@settings(max_examples=200)
@given(st.data())
def test_no_other_bytes_are_the_same_history(data: st.DataObject) -> None:
    """Times and log indices are the only things that the heads do not hold."""
    place = data.draw(st.integers(0, len(DATA) * 8 - 1))
    other = bytearray(DATA)
    other[place // 8] ^= 1 << place % 8
    try:
        read = History.parse(bytes(other))
    except EvidenceMalformed:
        return
    assert [len(list(read.records(which))) for which in List] == [len(list(read.steps(which))) for which in List]
    timeless = [[(one.block_number, one.kind, one.arguments) for one in read.steps(which)] for which in List]
    genuine = [
        [(one.block_number, one.kind, one.arguments) for one in History.parse(DATA).steps(which)] for which in List
    ]
    assert (timeless == genuine) == (read.heads() == naive_heads(STEPS))


# What is not in the form. The paths below lead into [[numbers, timestamps], addresses, anchors, statuses, rights],
# each list being [kinds, blocks, log indices, [[kind, [column, …]], …]].

NUMBERS, TIMES, ADDRESSES = (0, 0), (0, 1), (1,)
ANCHORS, STATUSES, RIGHTS = 2, 3, 4
LOGS = 2
AGENCY_COLUMNS = (4, 3, 2, 1)
"""Of AgencyRegistered: number, parent, level, code, name (two), consenters (two)."""
STATUS_COLUMNS = (3, 3, 1, 1)


def altered(path: tuple[int, ...], change: Callable[[Any], Any]) -> bytes:
    whole: Any = cbor.decode(DATA)
    inner = whole
    for place in path[:-1]:
        inner = inner[place]
    inner[path[-1]] = change(inner[path[-1]])
    return cbor.encode(whole)


def at(place: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda column: column[:place] + value + column[place + len(value) :]


def shorter(column: Any) -> Any:  # noqa: ANN401 - bytes or a list
    return column[:-1]


def longer(column: bytes) -> bytes:
    return column + b"\0"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not plain CBOR"),
        (cbor.encode(None), "another form"),
        (altered((RIGHTS,), lambda _: None), "another form than columns"),
        (cbor.encode(cbor.decode(DATA)[:4]), "another form"),  # type: ignore[index]
        (cbor.encode([*cbor.decode(DATA), []]), "another form"),  # type: ignore[misc]
        (altered(NUMBERS, shorter), "as blocks"),
        (altered(TIMES, shorter), "as times of 4 blocks"),
        (altered((0,), lambda blocks: [blocks[0] * 100, blocks[1] * 100]), "got 400 blocks and"),
        (altered((0,), lambda blocks: [blocks[0] + bytes([255] * 8), blocks[1] + bytes([255] * 8)]), "5 blocks, of"),
        (altered((0,), lambda blocks: [blocks[0][:-8], blocks[1][:-8]]), "got 3 blocks"),
        (altered(NUMBERS, at(15, b"\x07")), "numbers do not rise"),
        (altered(NUMBERS, at(8, b"\xff")), "numbers do not rise"),
        (altered(TIMES, at(15, b"\x00")), "times fall"),
        (altered(ADDRESSES, shorter), "as addresses"),
        (altered(ADDRESSES, lambda column: column[20:40] + column[:20] + column[40:]), "order than ascending"),
        (altered(ADDRESSES, lambda column: column[:20] * 2 + column[40:]), "order than ascending"),
        (altered(ADDRESSES, lambda column: column + b"\xff" * 20), "4 addresses, of which 3 occur"),
        (altered(ADDRESSES, lambda column: column[:-20]), "the place 2 among 2 addresses"),
        (altered((STATUSES,), lambda _: [b"", b"", b""]), "another form than columns"),
        (altered((STATUSES, 0), lambda kinds: [kinds]), "another form than columns"),
        (altered((STATUSES, 0), shorter), "of 4 events"),
        (altered((STATUSES, 1), shorter), "of 5 events"),
        (altered((STATUSES, LOGS), longer), "of 5 events"),
        (altered((STATUSES, 0), at(0, b"\x15")), "only those of this list"),
        (altered((RIGHTS, 0), at(0, b"\x17")), "only those of this list"),
        (altered((RIGHTS, 0), at(0, b"\x18")), "only those of this list"),
        (altered((STATUSES, 1), at(4, b"\0\0\0\0")), "not in the chain's order"),
        (altered((STATUSES, LOGS), at(4, b"\0\0\0\2")), "not in the chain's order"),
        (altered((STATUSES, LOGS), at(0, b"\0\0\0\1")), "a log that stands in two lists"),
        (altered((STATUSES, 1), at(16, b"\0\0\0\4")), "of which events name 5"),
        (altered((STATUSES, 3), shorter), "tables of"),
        (altered((STATUSES, 3), lambda tables: tables[::-1]), "tables of"),
        (altered((STATUSES, 3), lambda tables: [*tables, [24, []]]), "tables of"),
        (altered((ANCHORS, 3), lambda tables: [[20, []], *tables]), "tables of"),
        (altered((ANCHORS, 3), lambda tables: [*tables, tables[0]]), "tables of"),
        (altered((ANCHORS, 3, 0), lambda table: [*table, None]), "tables of"),
        (altered((ANCHORS, 3, 0), lambda _: None), "tables of"),
        (altered((ANCHORS, 3, 0, 0), lambda _: None), "tables of"),
        (altered((ANCHORS, 3, 0, 1), lambda _: None), "something else than byte strings"),
        (altered((ANCHORS, 3, 0, 1), shorter), "8 columns"),
        (altered((ANCHORS, 3, 0, 1), lambda columns: [*columns, b""]), "10 columns"),
        (altered((ANCHORS, 3, 0, 1, 0), lambda _: 1), "something else than byte strings"),
        (altered((*STATUS_COLUMNS, 0), shorter), "bytes of uint32"),
        (altered((*STATUS_COLUMNS, 1), longer), "bytes of bytes32"),
        (altered((*STATUS_COLUMNS, 2), at(0, b"\x08")), "the track 8"),
        (altered((*STATUS_COLUMNS, 8), longer), r"bytes of address\[\]"),
        (altered((*STATUS_COLUMNS, 8), at(0, b"\x03")), r"behind a column of address\[\]"),
        (altered((*STATUS_COLUMNS, 9), shorter), r"behind a column of address\[\]"),
        (altered((*STATUS_COLUMNS, 9), at(0, b"\0\0\0\3")), "the place 3 among 3"),
        (altered((ANCHORS, 3, 0, 1, 6), at(0, b"\1")), "the place 16777216 among 3"),
        (altered((ANCHORS, 3, 0, 1, 6), shorter), "bytes of address"),
        (altered((*AGENCY_COLUMNS, 4), longer), "bytes of string"),
        (altered((*AGENCY_COLUMNS, 4), at(0, b"\1")), "behind a column of string"),
        (altered((*AGENCY_COLUMNS, 5), longer), "behind a column of string"),
        (altered((RIGHTS, 3, 0, 1, 1), lambda _: b"\2"), "2 as a truth value"),
    ],
)
def test_what_is_not_in_the_form_is_malformed(data: bytes, why: str) -> None:
    with pytest.raises(EvidenceMalformed, match=why):
        History.parse(data)


@given(st.integers(0, len(DATA) - 1))
def test_a_history_cut_off_is_malformed(length: int) -> None:
    with pytest.raises(EvidenceMalformed):
        History.parse(DATA[:length])


# How much, and how fast.


def many_statuses(count: int, random: Random, *, first: int) -> list[Step]:
    officers = [random.randbytes(20) for _ in range(40)]
    events = []
    for place in range(count):
        hour = 490_000 + place // 50
        held = 1 << 240 | 2 << 51 | hour << 27
        leaf, decision = random.randbytes(32), random.randbytes(32)
        agency = random.randrange(1, 60)
        by = tuple(random.sample(officers, 2))
        events.append(StatusChanged(agency, leaf, Track.REVOKED, hour, 0, agency, decision, held, by))
    return [
        Step(steps.STATUS_CHANGED, steps.arguments(event), first + place, 1_770_000_000 + 5 * place, 2)
        for place, event in enumerate(events)
    ]


def test_a_pack_for_a_million_certificates_stays_under_a_megabyte() -> None:
    """1,000 batches of 1,000, and 1 % of statuses."""
    random = Random(1)
    officers = [random.randbytes(20) for _ in range(40)]
    batches = [
        Step(
            steps.BATCH_ANCHORED,
            steps.arguments(
                BatchAnchored(
                    random.randrange(1, 60),
                    random.randbytes(32),
                    random.randrange(1, 4),
                    1,
                    1_000,
                    1 + place // 60,
                    random.choice(officers),
                    (random.choice(officers),),
                )
            ),
            1_000 + 17 * place,
            1_760_000_000 + 85 * place,
            1,
        )
        for place in range(1_000)
    ]
    data = history.encode([*batches, *many_statuses(10_000, random, first=100_000)])
    assert len(zlib.compress(data, 9)) < 1_000_000


def test_the_replay_of_many_statuses_makes_the_heads_that_hashing_each_step_makes() -> None:
    taken = many_statuses(20_000, Random(2), first=1)
    assert History.parse(history.encode(taken)).heads() == naive_heads(taken)
