"""ES256 keys."""

from __future__ import annotations

from typing import NoReturn, cast

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import base64url
from chain.errors import InvalidInput, SignatureInvalid, SigningFailed
from chain.keys import ORDER, PublicKey, fault_of, low_s, sign, signer
from tests.chain.specimens import KEY, OTHER_KEY, PRIVATE_KEY, sign_with

# RFC 6979, appendix A.2.5: a P-256 key, and its signature of «sample» with SHA-256.
_RFC_6979_KEY = PublicKey(
    x=bytes.fromhex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
    y=bytes.fromhex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
)
_RFC_6979_SIGNATURE = bytes.fromhex(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)


def test_the_signature_of_rfc_6979_verifies() -> None:
    _RFC_6979_KEY.verify(_RFC_6979_SIGNATURE, b"sample")


def test_the_signature_of_rfc_7515_verifies() -> None:
    key = PublicKey(
        x=base64url.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        y=base64url.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    )
    key.verify(
        base64url.decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
        b"eyJhbGciOiJFUzI1NiJ9."
        b"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    )


def test_the_thumbprint_is_that_of_rfc_9449() -> None:
    key = PublicKey(
        x=base64url.decode("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"),
        y=base64url.decode("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"),
    )
    assert base64url.encode(key.kid) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_a_key_is_shown_to_other_libraries_as_a_jwk() -> None:
    assert KEY.jwk() == {
        "crv": "P-256",
        "kty": "EC",
        "x": base64url.encode(KEY.x),
        "y": base64url.encode(KEY.y),
    }


def test_both_signatures_of_a_pair_verify_so_no_signature_is_ever_an_id() -> None:
    low = low_s(_RFC_6979_SIGNATURE)
    assert low != _RFC_6979_SIGNATURE
    _RFC_6979_KEY.verify(low, b"sample")


def test_the_high_one_of_a_pair_is_called_a_fault() -> None:
    assert "high s" in fault_of(_RFC_6979_SIGNATURE)
    assert fault_of(low_s(_RFC_6979_SIGNATURE)) == ""
    assert low_s(low_s(_RFC_6979_SIGNATURE)) == low_s(_RFC_6979_SIGNATURE)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=100))
def test_what_is_signed_verifies_and_has_low_s(message: bytes) -> None:
    signature = sign(PRIVATE_KEY, message)
    KEY.verify(signature, message)
    assert fault_of(signature) == ""
    for other_message, key in ((message + b".", KEY), (message, OTHER_KEY)):
        with pytest.raises(SignatureInvalid, match="did not make"):
            key.verify(signature, other_message)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 511))
def test_no_bit_of_a_signature_can_be_flipped(bit: int) -> None:
    signature = bytearray(signer(PRIVATE_KEY)(b"message"))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureInvalid):
        KEY.verify(bytes(signature), b"message")


@pytest.mark.parametrize(
    ("r", "s"), [(0, 1), (1, 0), (0, 0), (ORDER, 1), (1, ORDER), (2**256 - 1, 2**256 - 1), (ORDER + 1, 1)]
)
def test_numbers_outside_the_group_are_no_signature(r: int, s: int) -> None:
    signature = r.to_bytes(32) + s.to_bytes(32)
    assert "order of P-256" in fault_of(signature)
    with pytest.raises(SigningFailed):
        low_s(signature)
    with pytest.raises(SignatureInvalid):
        KEY.verify(signature, b"")


@pytest.mark.parametrize("size", [0, 63, 65, 70])
def test_a_signature_has_sixty_four_bytes(size: int) -> None:
    signature = b"\x01" * size
    assert f"{size} bytes" in fault_of(signature)
    with pytest.raises(SigningFailed, match=f"{size} bytes"):
        low_s(signature)
    with pytest.raises(SignatureInvalid, match=f"{size} bytes"):
        KEY.verify(signature, b"")


def test_a_point_has_one_spelling() -> None:
    """Coordinates are numbers below p; the library takes others modulo p, and the key would have a second kid."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    x, y = 5, 0x459243B9AA581806FE913BCE99817ADE11CA503C64D9A3C533415C083248FBCC
    PublicKey(x.to_bytes(32), y.to_bytes(32))
    with pytest.raises(InvalidInput, match="its numbers below p"):
        PublicKey((x + prime).to_bytes(32), y.to_bytes(32))


def test_a_point_beside_the_curve_is_no_key() -> None:
    with pytest.raises(InvalidInput, match="wanted a point on P-256"):
        PublicKey(x=KEY.x, y=OTHER_KEY.y)
    with pytest.raises(InvalidInput, match="wanted a point on P-256"):
        PublicKey(x=bytes(32), y=bytes(32))
    with pytest.raises(InvalidInput, match="wanted a point on P-256"):
        PublicKey(x=b"\xff" * 32, y=KEY.y)


def test_coordinates_have_thirty_two_bytes() -> None:
    with pytest.raises(InvalidInput, match="33 and 32 bytes"):
        PublicKey(x=b"\x00" + KEY.x, y=KEY.y)
    with pytest.raises(InvalidInput, match="32 and 31 bytes"):
        PublicKey(x=KEY.x, y=KEY.y[1:])


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.SECP384R1(), ec.BrainpoolP256R1()])
def test_a_key_of_another_curve_is_refused(curve: ec.EllipticCurve) -> None:
    with pytest.raises(InvalidInput, match=f"{curve.name}, wanted one on P-256"):
        signer(ec.generate_private_key(curve))


def test_a_key_that_cannot_sign_says_so() -> None:
    class Locked:
        def sign(self, *_: object) -> NoReturn:
            raise UnsupportedAlgorithm("locked")

    with pytest.raises(SigningFailed, match="locked"):
        sign(cast("ec.EllipticCurvePrivateKey", Locked()), b"")


def test_the_specimens_signatures_need_no_randomness() -> None:
    assert sign_with(PRIVATE_KEY)(b"a") == sign_with(PRIVATE_KEY)(b"a")
