"""Base64url: one text for one value."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import base64url


@given(st.binary(max_size=100))
def test_what_is_encoded_is_what_the_standard_library_encodes_without_padding(data: bytes) -> None:
    assert base64url.encode(data) == urlsafe_b64encode(data).rstrip(b"=").decode()
    assert base64url.decode(base64url.encode(data)) == data


@pytest.mark.parametrize("text", ["QQ==", "QQ=", "QR", "Q", "Q Q", "QQ\n", "Q+", "Q/", "字", "\ud800", "A" * 5])
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="wanted base64url"):
        base64url.decode(text)


@given(st.text(alphabet="AQgw-_+/= \n", max_size=8))
def test_no_two_texts_are_read_as_the_same_bytes(text: str) -> None:
    try:
        data = base64url.decode(text)
    except ValueError:
        return
    assert base64url.encode(data) == text
