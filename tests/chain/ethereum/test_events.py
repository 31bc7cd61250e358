"""Logs as events, and the steps they take in the hash chains."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, get_args

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chain import registry
from chain.errors import RegistryMismatch, RegistryUnavailable
from chain.ethereum import contracts, events
from chain.ethereum.client import Head
from chain.ethereum.events import Log
from chain.registry import Capability, Record, Track
from tests.deployed import batch_of

if TYPE_CHECKING:
    from chain.registry import Event
    from tests.deployed import Deployed

KINDS: tuple[type[Event], ...] = get_args(registry.Event)

_BY_TYPE = {
    "bool": st.booleans(),
    "bytes": st.binary(max_size=200),
    "bytes32": st.binary(min_size=32, max_size=32),
    "address": st.binary(min_size=20, max_size=20),
    "address[]": st.lists(st.binary(min_size=20, max_size=20), max_size=4).map(tuple),
    "string": st.binary(max_size=80).map(events.text),
    "bytes18": st.binary(min_size=18, max_size=18).map(events.text),
} | {f"uint{bits}": st.integers(0, 2**bits - 1) for bits in (8, 16, 24, 32, 64, 256)}


@st.composite
def any_event(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(KINDS))
    values = [draw(_BY_TYPE[name]) for name in events.type_of(kind.__name__).inputs]
    if kind is registry.StatusChanged:
        values[2] = draw(st.sampled_from(Track))
    if kind is registry.OfficerSet:
        values[2] = Capability(draw(st.integers(0, 15)))
    return kind(*values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_has_the_arguments_of_its_contract_event(kind: type[Event]) -> None:
    assert len(fields(kind)) == len(events.type_of(kind.__name__).inputs)


def test_the_contracts_write_no_event_that_has_no_name_here() -> None:
    known = {
        kind.name for contract in (contracts.agencies(), contracts.certificates()) for kind in contract.events.values()
    }
    assert known - {kind.__name__ for kind in KINDS} == {"EIP712DomainChanged"}, "OpenZeppelin's is never written"


@given(any_event())
def test_an_event_survives_its_log(event: Event) -> None:
    assert events.decode(events.encode(event)) == event


@given(any_event(), st.binary(min_size=32, max_size=32), st.integers(0, 2**64))
def test_a_step_absorbs_block_topic_and_all_arguments(event: Event, head: bytes, block: int) -> None:
    """As IHeads says, written out once more: the log alone is enough to take the step."""
    log = events.encode(event)
    kind = events.type_of(type(event).__name__)
    in_topics = iter(log.topics[1:])
    plain = iter(
        contracts.decode([n for n, i in zip(kind.inputs, kind.indexed, strict=True) if not i], log.data, "log")
    )
    arguments = [
        contracts.decode([name], next(in_topics), "topic")[0] if indexed else next(plain)
        for name, indexed in zip(kind.inputs, kind.indexed, strict=True)
    ]
    absorbed = keccak(encode([name.replace("string", "bytes") for name in kind.inputs], arguments))
    wanted = keccak(encode(["bytes32", "uint256", "bytes32", "bytes32"], [head, block, log.topics[0], absorbed]))
    record = Record(event, block, bytes(32), 0, bytes(32), 0)
    assert events.step(head, record) == wanted


def test_replaying_all_records_gives_the_heads_of_the_contracts(deployment: Deployed) -> None:
    deployment.anchor(deployment.offices[0], batch_of(deployment.offices[0], "replayed"))
    writer = deployment.writer()
    newest = writer.newest().number
    heads = dict.fromkeys(Head, events.HEAD_BEFORE_ALL)
    for record in writer.records(0, newest):
        match record.event:
            case registry.BatchAnchored():
                which = Head.ANCHORS
            case registry.StatusChanged() | registry.CertificateReplaced():
                which = Head.STATUSES
            case _:
                which = Head.RIGHTS
        heads[which] = events.step(heads[which], record)
    assert heads == {which: writer.head(which, block=newest) for which in Head}


@given(st.binary(max_size=100))
def test_any_bytes_read_as_text_that_a_database_takes_and_come_back(raw: bytes) -> None:
    text = events.text(raw)
    assert events.raw(text) == raw
    assert "\x00" not in text
    text.encode()


def test_text_is_shown_as_it_is_and_what_is_none_in_hexadecimal() -> None:
    assert events.text("演示市".encode()) == "演示市"
    assert events.text(b"\xff") == "0xff"
    assert events.text(b"a\x00b") == "0x610062"
    assert events.text(b"0xff") == "0x30786666"


def test_a_name_that_is_no_text_is_a_finding() -> None:
    odd = registry.AgencyCorrected(agency=1, code="110000000000000000", name=events.text(b"\xff"))
    assert events.finding(odd) == "not plain text: name"
    assert not events.finding(registry.AgencyCorrected(agency=1, code="110000000000000000", name="演示市"))


def test_a_log_of_an_unknown_event_is_a_mismatch() -> None:
    with pytest.raises(RegistryMismatch):
        events.decode(Log((bytes(32),), b""))
    with pytest.raises(RegistryMismatch):
        events.decode(Log((), b""))


def test_a_log_with_a_topic_too_few_is_a_mismatch() -> None:
    log = events.encode(registry.TypeRetired(1, 1))
    with pytest.raises(RegistryMismatch, match="2 topics"):
        events.decode(Log(log.topics[:2], log.data))


def test_a_log_whose_data_is_cut_is_unavailable() -> None:
    log = events.encode(registry.VerifyingHostSet("verify.example.cn", listed=True))
    with pytest.raises(RegistryUnavailable, match="VerifyingHostSet"):
        events.decode(Log(log.topics, log.data[:-32]))
