"""Who signed a transaction, held against transactions that another library signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from eth_account import Account
from hexbytes import HexBytes

from chain.ethereum.signed import Signed, read

if TYPE_CHECKING:
    from chain.ethereum.wire import Json

_SECRET = b"\x11" * 32
_ACCOUNT = Account.from_key(_SECRET)
_TO = "0x" + "22" * 20
_CALL: dict[str, object] = {"nonce": 7, "gas": 90_000, "value": 0, "data": "0xafd2ad07"}
_FEES: dict[str, object] = {"chainId": 5, "maxFeePerGas": 10, "maxPriorityFeePerGas": 1}
_LIST = [{"address": _TO, "storageKeys": ["0x" + "33" * 32, "0x" + "00" * 32]}]
_BLOBS = {"maxFeePerBlobGas": 9, "blobVersionedHashes": ["0x01" + "44" * 31]}
_AUTHORISED = Account.from_key(b"\x12" * 32).sign_authorization({"chainId": 5, "address": _TO, "nonce": 0})
_SIGNED: dict[str, dict[str, object]] = {
    "legacy": {**_CALL, "gasPrice": 0, "chainId": 5, "to": _TO},
    "before EIP-155": {**_CALL, "gasPrice": 3, "to": _TO},
    "that makes a contract": {**_CALL, "gasPrice": 3, "chainId": 5, "to": ""},
    "EIP-2930": {**_CALL, "type": 1, "gasPrice": 3, "chainId": 5, "to": _TO, "accessList": _LIST},
    "EIP-1559": {**_CALL, **_FEES, "type": 2, "to": _TO, "accessList": []},
    "EIP-4844": {**_CALL, **_FEES, "type": 3, "to": _TO, "accessList": _LIST, **_BLOBS},
    "EIP-7702": {**_CALL, **_FEES, "type": 4, "to": _TO, "accessList": _LIST, "authorizationList": [_AUTHORISED]},
}


def _shown(which: str) -> tuple[dict[str, Json], bytes]:
    """Return a transaction as a node shows it, and its hash."""
    asked = _SIGNED[which]
    made = _ACCOUNT.sign_transaction(asked)
    told: dict[str, Json] = {
        name: hex(value) if isinstance(value, int) else value  # type: ignore[misc] # it is JSON as it stands
        for name, value in asked.items()
    }
    told["input"] = told.pop("data")
    told["to"] = told["to"] or None
    told |= {"r": hex(made.r), "s": hex(made.s), "v": hex(made.v)}
    if "authorizationList" in asked:
        one = {"chainId": 5, "nonce": 0, "yParity": _AUTHORISED.y_parity, "r": _AUTHORISED.r, "s": _AUTHORISED.s}
        told["authorizationList"] = [{"address": _TO, **{name: hex(value) for name, value in one.items()}}]
    return told, bytes(HexBytes(made.hash))


@pytest.mark.parametrize("which", _SIGNED)
def test_every_type_of_transaction_has_its_hash_and_its_signer(which: str) -> None:
    told, made = _shown(which)
    assert read(told) == Signed(made, bytes.fromhex(_ACCOUNT.address[2:]))


def test_parity_is_read_by_either_name() -> None:
    told, _ = _shown("EIP-1559")
    assert read({**told, "yParity": told["v"]}) == read(told)


@pytest.mark.parametrize("name", ["nonce", "gas", "value", "chainId", "input", "to"])
def test_no_member_can_be_altered_under_a_hash_or_a_signer(name: str) -> None:
    told, made = _shown("EIP-1559")
    altered = read({**told, name: {"input": "0x", "to": None}.get(name, "0x9999")})
    assert altered is not None
    assert altered.hash != made
    assert altered.signer != bytes.fromhex(_ACCOUNT.address[2:])


@pytest.mark.parametrize(
    "altered",
    [{"r": "0x0", "s": "0x0"}, {"v": "0x2"}, {"s": "0x" + "ff" * 32}],
    ids=["empty, as of an account that only pretends", "of another form", "of a high s"],
)
def test_signature_of_nobody_names_nobody(altered: dict[str, Json]) -> None:
    told, made = _shown("EIP-1559")
    read_ = read({**told, **altered})
    assert read_ is not None
    assert (read_.signer, read_.hash != made) == (None, True)


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"type": "0x7e"},
        {"type": "legacy"},
        {**_shown("legacy")[0], "v": "27"},
        {**_shown("EIP-2930")[0], "accessList": [{"address": _TO, "storageKeys": ["0x33"]}]},
        {**_shown("EIP-1559")[0], "to": "0x22"},
    ],
    ids=["nothing", "no members", "unknown type", "odd type", "odd signature", "odd list", "odd receiver"],
)
def test_what_is_not_shown_whole_cannot_be_read(told: Json) -> None:
    assert read(told) is None
