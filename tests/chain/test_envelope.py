"""The wrapping of proof, checkpoint and pack, and what is no such thing."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain import cbor, envelope
from chain.errors import EvidenceMalformed, EvidenceUnsupported

MEMBERS: list[cbor.CBOR] = [b"registry", [1, None], "text"]
FILE = envelope.wrap(envelope.PROOF, MEMBERS)


def packed(*value: cbor.CBOR) -> bytes:
    return zlib.compress(cbor.encode(list(value)))


def test_what_was_wrapped_comes_back() -> None:
    assert envelope.unwrap(FILE, envelope.PROOF) == MEMBERS
    assert envelope.kind_of(FILE) == envelope.PROOF


def test_exactly_as_many_bytes_as_allowed_are_taken() -> None:
    spare = envelope.MAX_PROOF - len(zlib.decompress(envelope.wrap(envelope.PROOF, [bytes(1 << 16)]))) + (1 << 16)
    assert envelope.unwrap(envelope.wrap(envelope.PROOF, [bytes(spare)]), envelope.PROOF) == [bytes(spare)]
    with pytest.raises(EvidenceMalformed, match="more than"):
        envelope.unwrap(packed(envelope.PROOF, 1, bytes(spare + 1)), envelope.PROOF)


def test_what_nobody_would_read_is_not_written() -> None:
    with pytest.raises(EvidenceMalformed, match="wanted at most 1048576"):
        envelope.wrap(envelope.PROOF, [bytes(envelope.MAX_PROOF)])


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = zlib.compress(bytes(64 << 20), 9)
    tracemalloc.start()
    with pytest.raises(EvidenceMalformed, match="more than 1048576 bytes"):
        envelope.unwrap(bomb, envelope.PROOF)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cut off"),
        (b"%PDF-1.7", "no zlib stream"),
        (FILE[:-1], "cut off"),
        (FILE[:-1] + bytes([FILE[-1] ^ 1]), "no zlib stream"),
        (FILE + b"\0", "1 bytes behind the stream"),
        (FILE + FILE, "behind the stream"),
        (zlib.compress(b""), "not plain CBOR"),
        (zlib.compress(zlib.decompress(FILE) + b"\0"), "left over"),
        (zlib.compress(b"\x82\x60\xf5"), "truth values"),
        (packed(envelope.PACK, 1, *MEMBERS), "another thing"),
        (packed(envelope.PROOF), "another thing"),
        (packed(envelope.PROOF, 0, *MEMBERS), "another thing"),
        (packed(envelope.PROOF, "1", *MEMBERS), "another thing"),
        (packed(), "another thing"),
        (zlib.compress(cbor.encode(envelope.PROOF)), "another thing"),
    ],
)
def test_what_is_not_in_the_form_is_malformed(data: bytes, why: str) -> None:
    with pytest.raises(EvidenceMalformed, match=why) as caught:
        envelope.unwrap(data, envelope.PROOF)
    assert not isinstance(caught.value, EvidenceUnsupported)


@given(st.integers(2, 2**64 - 1))
def test_a_later_format_is_unsupported_and_not_malformed(form: int) -> None:
    later = packed(envelope.PROOF, form, "whatever it may hold")
    with pytest.raises(EvidenceUnsupported, match=f"format {form}"):
        envelope.unwrap(later, envelope.PROOF)
    assert envelope.kind_of(later) == envelope.PROOF


@given(st.binary(max_size=200))
def test_any_other_bytes_have_no_kind(data: bytes) -> None:
    assert envelope.kind_of(data) is None
    assert envelope.kind_of(zlib.compress(data)) is None


def test_the_kind_is_told_apart_and_the_rest_is_not_read() -> None:
    for kind in (envelope.PROOF, envelope.CHECKPOINT, envelope.PACK):
        assert envelope.kind_of(envelope.wrap(kind, [bytes(100_000)])[:80]) == kind
    assert envelope.kind_of(packed("yinxin-novelty", 1)) is None
    assert envelope.kind_of(zlib.compress(b"")) is None
