"""Logs as events, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from chain import events
from chain.errors import RegistryMismatch, RegistryUnavailable
from chain.ethereum import contracts, logs
from chain.ethereum.logs import Log
from chain.steps import text
from tests.chain.any_event import DECLARED, any_event

if TYPE_CHECKING:
    from chain.events import Event


@pytest.mark.parametrize("kind", DECLARED, ids=lambda kind: kind.__name__)
def test_every_event_has_the_arguments_of_its_contract_event(kind: type[Event]) -> None:
    assert len(fields(kind)) == len(logs.type_of(kind.__name__).inputs)


def test_the_contracts_write_no_event_that_has_no_name_here() -> None:
    known = {
        kind.name for contract in (contracts.agencies(), contracts.certificates()) for kind in contract.events.values()
    }
    assert known - {kind.__name__ for kind in DECLARED} == {"EIP712DomainChanged"}, "OpenZeppelin's is never written"


@given(any_event())
def test_an_event_survives_its_log(event: Event) -> None:
    assert logs.decode(logs.encode(event)) == event


def test_a_name_that_is_no_text_is_a_finding() -> None:
    odd = events.AgencyCorrected(agency=1, code="110000000000000000", name=text(b"\xff"))
    assert logs.finding(odd) == "not plain text: name"
    assert not logs.finding(events.AgencyCorrected(agency=1, code="110000000000000000", name="演示市"))


def test_a_log_of_an_unknown_event_is_a_mismatch() -> None:
    with pytest.raises(RegistryMismatch):
        logs.decode(Log((bytes(32),), b""))
    with pytest.raises(RegistryMismatch):
        logs.decode(Log((), b""))


def test_a_log_with_a_topic_too_few_is_a_mismatch() -> None:
    log = logs.encode(events.TypeRetired(1, 1))
    with pytest.raises(RegistryMismatch, match="2 topics"):
        logs.decode(Log(log.topics[:2], log.data))


def test_a_log_whose_data_is_cut_is_unavailable() -> None:
    log = logs.encode(events.VerifyingHostSet("verify.example.cn", listed=True))
    with pytest.raises(RegistryUnavailable, match="VerifyingHostSet"):
        logs.decode(Log(log.topics, log.data[:-32]))
