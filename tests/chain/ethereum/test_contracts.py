"""The compiled contracts as this software knows them."""

from __future__ import annotations

import pytest

from chain.errors import InvalidInput, RegistryUnavailable
from chain.ethereum import contracts, profiles


@pytest.mark.parametrize("contract", [contracts.agencies(), contracts.certificates()], ids=lambda c: c.name)
def test_code_is_recognised_whatever_its_immutables_hold(contract: contracts.Contract) -> None:
    code = bytearray(contract.deployed_bytecode)
    assert contract.is_code(bytes(code))
    start, length = contract.immutables[0]
    code[start : start + length] = b"\xff" * length
    assert contract.is_code(bytes(code))


@pytest.mark.parametrize("contract", [contracts.agencies(), contracts.certificates()], ids=lambda c: c.name)
def test_code_with_one_other_byte_is_not_recognised(contract: contracts.Contract) -> None:
    code = bytearray(contract.deployed_bytecode)
    code[10] ^= 1
    assert not contract.is_code(bytes(code))
    assert not contract.is_code(contract.deployed_bytecode[:-1])
    assert not contract.is_code(contract.deployed_bytecode + b"\x00")
    assert not contract.is_code(b"")


def test_structs_are_tuples_in_signatures() -> None:
    assert contracts.certificates().functions["anchor"].inputs == (
        "uint32",
        "uint32",
        "uint16",
        "bytes32[]",
        "(uint64,bytes,bytes[])",
    )


def test_what_a_contract_did_not_return_is_unavailable() -> None:
    function = contracts.certificates().functions["status"]
    assert function.returned((5).to_bytes(32)) == (5,)
    for odd in (b"", bytes(31)):
        with pytest.raises(RegistryUnavailable, match="status"):
            function.returned(odd)
    with pytest.raises(RegistryUnavailable):
        contracts.decode(["bytes"], b"\xff" * 64, "wild offset")


def test_profiles_are_found_by_name() -> None:
    assert profiles.by_name("anvil") is profiles.ANVIL
    assert len({profile.name for profile in profiles.PROFILES}) == len(profiles.PROFILES)
    with pytest.raises(InvalidInput, match=r"got 'mainnet' .* besu-qbft"):
        profiles.by_name("mainnet")
