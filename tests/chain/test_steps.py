"""Steps of the hash chains: our encoder beside the library that others trust."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chain import events, steps
from chain.errors import EvidenceMalformed
from chain.events import StatusChanged, Track
from chain.keccak import keccak
from chain.steps import ABI, KINDS, List
from tests.chain.any_event import DECLARED, any_event

if TYPE_CHECKING:
    from chain.events import Event

ARTIFACTS = Path(__file__).parents[2] / "chain" / "ethereum" / "artifacts"
RESUMED = KINDS.index(events.AgencyResumed)
HOST = KINDS.index(events.VerifyingHostSet)
CREATED = KINDS.index(events.RegistryCreated)
CHANGED = StatusChanged(3, b"l" * 32, Track.REVOKED, 490_000, 0, 2, b"d" * 32, 2**255 + 1, (b"o" * 20, b"p" * 20))


def word(number: int) -> bytes:
    return number.to_bytes(32)


def naive(event: Event) -> bytes:
    """Encode as the library does; it takes strings as bytes, since a contract lets through what is no text."""
    kind = steps.kind_of(event)
    values = [getattr(event, field.name) for field in fields(event)]
    return encode(
        [name.replace("string", "bytes") for name in ABI[kind]],
        [
            steps.raw(value)
            if name in steps.TEXT_TYPES
            else [f"0x{address.hex()}" for address in value]
            if name == "address[]"
            else value
            for name, value in zip(ABI[kind], values, strict=True)
        ],
    )


def test_the_kinds_are_all_events_in_the_order_of_the_protocol() -> None:
    assert KINDS == DECLARED
    assert len(KINDS) == 24
    assert (steps.BATCH_ANCHORED, steps.CERTIFICATE_REPLACED, steps.STATUS_CHANGED) == (21, 22, 23)


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=lambda kind: KINDS[kind].__name__)
def test_types_and_topics_are_those_that_the_contracts_declare(kind: int) -> None:
    declared = {
        entry["name"]: [item["type"] for item in entry["inputs"]]
        for name in ("Agencies", "Certificates")
        for entry in json.loads((ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))["abi"]
        if entry["type"] == "event"
    }
    name = KINDS[kind].__name__
    assert list(ABI[kind]) == declared[name]
    assert steps.topic(kind) == keccak(f"{name}({','.join(declared[name])})".encode())
    assert len(fields(KINDS[kind])) == len(ABI[kind])


def test_the_lists_are_those_of_i_heads() -> None:
    lists = [steps.list_of(kind) for kind in range(len(KINDS))]
    assert lists == [List.RIGHTS] * 21 + [List.ANCHORS, List.STATUSES, List.STATUSES]


@given(any_event())
def test_arguments_are_encoded_as_the_library_does(event: Event) -> None:
    assert steps.arguments(event) == naive(event)


@given(any_event())
def test_an_event_comes_back_from_its_arguments(event: Event) -> None:
    assert steps.event_of(steps.kind_of(event), steps.arguments(event)) == event


@given(any_event(), st.binary(min_size=32, max_size=32), st.integers(0, 2**64))
def test_a_step_absorbs_block_topic_and_all_arguments(event: Event, head: bytes, block: int) -> None:
    """As IHeads says, written out once more."""
    kind = steps.kind_of(event)
    wanted = keccak(
        encode(
            ["bytes32", "uint256", "bytes32", "bytes32"],
            [head, block, steps.topic(kind), keccak(naive(event))],
        )
    )
    assert steps.step(head, block, kind, steps.arguments(event)) == wanted


@given(any_event(), st.data())
def test_no_other_bytes_are_the_same_event(event: Event, data: st.DataObject) -> None:
    kind, encoded = steps.kind_of(event), steps.arguments(event)
    place = data.draw(st.integers(0, len(encoded) * 8 - 1))
    other = bytearray(encoded)
    other[place // 8] ^= 1 << place % 8
    try:
        found = steps.event_of(kind, bytes(other))
    except EvidenceMalformed:
        return
    assert found != event
    assert steps.arguments(found) == other


@given(any_event(), st.data())
def test_cut_and_lengthened_arguments_are_refused(event: Event, data: st.DataObject) -> None:
    kind, encoded = steps.kind_of(event), steps.arguments(event)
    with pytest.raises(EvidenceMalformed):
        steps.event_of(kind, encoded[: data.draw(st.integers(0, len(encoded) - 1))])
    with pytest.raises(EvidenceMalformed):
        steps.event_of(kind, encoded + data.draw(st.binary(min_size=1, max_size=64)))


@pytest.mark.parametrize(
    ("kind", "encoded", "why"),
    [
        (RESUMED, word(1 << 32) + word(64) + word(0), "another spelling"),
        (RESUMED, word(1) + word(96) + word(0) + word(0), "another spelling"),
        (RESUMED, word(1) + word(65) + word(0) + b"\0", "another spelling"),
        (RESUMED, word(1) + word(64) + word(2**255), "beyond the end"),
        (RESUMED, word(1) + word(64) + word(1), "beyond the end"),
        (RESUMED, word(1) + word(2**256 - 1) + word(0), "beyond the end"),
        (RESUMED, word(1) + word(64) + word(1) + word(1 << 160), "another spelling"),
        (RESUMED, word(1), "too few"),
        (HOST, word(64) + word(1) + word(1) + b"h" + b"\1" * 31, "another spelling"),
        (HOST, word(64) + word(1) + word(33) + b"h" * 32, "beyond the end"),
        (HOST, word(64) + word(2) + word(1) + b"h".ljust(32, b"\0"), "2 as a truth value"),
        (CREATED, word(7) + word(256), "another spelling"),
        (steps.STATUS_CHANGED, steps.arguments(CHANGED)[:95] + b"\x08" + steps.arguments(CHANGED)[96:], "the track 8"),
    ],
)
def test_an_odd_spelling_is_refused(kind: int, encoded: bytes, why: str) -> None:
    with pytest.raises(EvidenceMalformed, match=why):
        steps.event_of(kind, encoded)


def test_what_is_no_text_still_comes_back() -> None:
    encoded = word(64) + word(1) + word(2) + b"\xff\xfe".ljust(32, b"\0")
    event = steps.event_of(HOST, encoded)
    assert event == events.VerifyingHostSet("0xfffe", listed=True)
    assert steps.arguments(event) == encoded


@pytest.mark.parametrize(
    "event",
    [
        events.TypeRetired(2**32, 1),
        events.TypeRetired(-1, 1),
        events.MemberAdded(b"short", 1),
        events.AgencyCorrected(1, "too short", "name"),
        events.AgencyResumed(1, (bytes(21),)),
    ],
)
def test_a_value_that_is_not_of_its_type_is_not_encoded(event: Event) -> None:
    with pytest.raises(ValueError, match="wanted a value of"):
        steps.arguments(event)


@given(st.binary(max_size=100))
def test_any_bytes_read_as_text_that_a_database_takes_and_come_back(raw: bytes) -> None:
    text = steps.text(raw)
    assert steps.raw(text) == raw
    assert "\x00" not in text
    text.encode()


def test_text_is_shown_as_it_is_and_what_is_none_in_hexadecimal() -> None:
    assert steps.text("演示市".encode()) == "演示市"
    assert steps.text(b"\xff") == "0xff"
    assert steps.text(b"a\x00b") == "0x610062"
    assert steps.text(b"0xff") == "0x30786666"
