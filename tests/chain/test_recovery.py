"""Whose key made a signature."""

from __future__ import annotations

import pytest
from coincurve import PrivateKey

from chain.errors import EvidenceMalformed
from chain.keccak import keccak
from chain.recovery import signer_of, with_low_s
from tests import sealed

DIGEST = keccak(b"message")
SIGNER = sealed.validators(1)[0]
SIGNATURE = SIGNER.seal(DIGEST)


def test_the_signer_is_found() -> None:
    assert signer_of(DIGEST, SIGNATURE) == SIGNER.address


def test_the_address_of_the_key_one_is_the_one_that_everybody_knows() -> None:
    made = PrivateKey((1).to_bytes(32)).sign_recoverable(DIGEST, hasher=None)
    assert signer_of(DIGEST, made) == bytes.fromhex("7e5f4552091a69125d5dfcb7b8c2659029395bdf")


def test_over_another_message_it_is_somebody_else() -> None:
    assert signer_of(keccak(b"other"), SIGNATURE) != SIGNER.address


@pytest.mark.parametrize(
    "signature",
    [
        sealed.high_s(SIGNATURE),
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        SIGNATURE[:-1] + b"\x1b",
        bytes(32) + SIGNATURE[32:],
        SIGNATURE[:32] + bytes(32) + SIGNATURE[64:],
        b"",
    ],
    ids=["high s", "short", "long", "v 27", "r 0", "s 0", "empty"],
)
def test_another_spelling_is_malformed(signature: bytes) -> None:
    with pytest.raises(EvidenceMalformed, match="low s"):
        signer_of(DIGEST, signature)


def test_numbers_that_no_key_makes_are_nobodys() -> None:
    assert signer_of(DIGEST, (5).to_bytes(32) + SIGNATURE[32:]) is None, "5 is no x on the curve"
    assert signer_of(DIGEST, sealed.CURVE_ORDER.to_bytes(32) + SIGNATURE[32:]) is None


def test_high_s_is_turned_and_everything_else_stays() -> None:
    digest = keccak(b"a block")
    key = PrivateKey(bytes(31) + b"\x07")
    low = key.sign_recoverable(digest, hasher=None)
    assert with_low_s(sealed.high_s(low)) == low
    for other in (low, low[:-1], low[:-1] + b"\x1b", low[:32] + b"\xff" * 32 + b"\x00"):
        assert with_low_s(other) == other
