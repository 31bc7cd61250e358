"""Signed transactions, as others' software reads them."""

from __future__ import annotations

import pytest
import rlp
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from chain.ethereum.signers import KeySigner
from chain.ethereum.transactions import DynamicFee, Fee, LegacyFee, Transaction

SIGNER = KeySigner(b"\x11" * 32)
TO = b"\x22" * 20

fees = st.one_of(
    st.builds(LegacyFee, price=st.integers(0, 2**64)),
    st.builds(DynamicFee, most=st.integers(0, 2**64), priority=st.integers(0, 2**64)),
)


@given(
    fee=fees,
    nonce=st.integers(0, 2**63),
    chain_id=st.integers(1, 2**40),
    payload=st.binary(max_size=100),
    gas=st.integers(21_000, 30_000_000),
    to=st.sampled_from([TO, None]),
)
def test_others_recover_the_sender_and_the_same_hash(  # noqa: PLR0917 - Hypothesis gives them by name
    fee: Fee, nonce: int, chain_id: int, payload: bytes, gas: int, to: bytes | None
) -> None:
    signed = Transaction(chain_id=chain_id, nonce=nonce, to=to, data=payload, gas=gas, fee=fee).sign(SIGNER)
    assert bytes.fromhex(Account.recover_transaction(signed.raw)[2:]) == SIGNER.address
    assert (signed.sender, signed.nonce) == (SIGNER.address, nonce)
    wanted: dict[str, object] = {"chainId": chain_id, "nonce": nonce, "data": payload, "gas": gas, "value": 0}
    match fee:
        case LegacyFee(price=price):
            wanted |= {"gasPrice": price}
        case DynamicFee(most=most, priority=priority):
            wanted |= {"maxFeePerGas": most, "maxPriorityFeePerGas": priority}
    if to is not None:
        wanted |= {"to": to}
    by_others = Account.sign_transaction(wanted, SIGNER.secret)
    assert (signed.raw, signed.hash) == (bytes(by_others.raw_transaction), bytes(by_others.hash))


@pytest.mark.parametrize("chain_id", [1, 31337, 2**32])
def test_a_legacy_transaction_is_bound_to_its_chain(chain_id: int) -> None:
    """EIP-155: v says the chain."""
    signed = Transaction(chain_id=chain_id, nonce=0, to=TO, data=b"", gas=21_000, fee=LegacyFee(0)).sign(SIGNER)
    v = int.from_bytes(rlp.decode(signed.raw)[6])
    assert v in {2 * chain_id + 35, 2 * chain_id + 36}
