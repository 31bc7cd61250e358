"""Every refusal of the contracts has a sentence for people."""

from __future__ import annotations

import string

import pytest

from chain.errors import RegistryRefused
from chain.ethereum import contracts
from issuer import refusals

KNOWN = {error.name: set(error.names) for error in contracts.errors().values()}
NOT_FOR_PEOPLE = {
    # Of libraries, or of what only developers and deployers meet.
    *(name for name in KNOWN if name.startswith(("ECDSA", "InvalidShortString", "StringTooLong", "Panic"))),
    *("ZeroAddress", "ZeroRegistryId", "ThresholdOutOfRange", "TooManyMembers", "CouncilCannotBeMember"),
    *("TypeNumberOutOfRange", "ZeroDigest", "NoSuchProposal", "ExpiryNotInFuture", "HostOutOfRange"),
    *("SuccessorAlreadyNamed", "TargetHasNoCode", "HashingFailed"),
}


def test_every_error_of_the_contracts_has_a_sentence() -> None:
    assert KNOWN.keys() - NOT_FOR_PEOPLE - refusals.SENTENCES.keys() == set()


def test_no_sentence_is_for_an_error_that_does_not_exist() -> None:
    assert refusals.SENTENCES.keys() - KNOWN.keys() == set()


@pytest.mark.parametrize("name", sorted(refusals.SENTENCES))
def test_sentence_uses_only_what_the_error_says(name: str) -> None:
    used = {field for _, field, _, _ in string.Formatter().parse(refusals.SENTENCES[name]) if field}
    assert used <= KNOWN.get(name, used)


def test_capabilities_and_tracks_are_named() -> None:
    lacks = RegistryRefused("LacksCapability", {"agency": 3, "officer": "0xab", "capability": 2})
    assert "may not approve batches for agency 3" in refusals.sentence(lacks)
    final = RegistryRefused("FinalStands", {"leaf": "0x00", "track": 1})
    assert "REVOKED is final" in refusals.sentence(final)


def test_unknown_refusal_is_told_in_the_contracts_words() -> None:
    assert "Strange(a=1)" in refusals.sentence(RegistryRefused("Strange", {"a": 1}))
    assert "NoSuchAgency" in refusals.sentence(RegistryRefused("NoSuchAgency", {}))
