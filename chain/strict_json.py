"""JSON with one meaning for one text.

Python's parser takes the last of two equal keys, NaN, a number of any size and half of a surrogate pair; another
parser may decide otherwise, and then two programs read two different certificates out of one signature.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

JSON: TypeAlias = "str | int | bool | Sequence[JSON] | Mapping[str, JSON] | None"
"""What may stand in a certificate. There are no fractions: what would need one (an amount, an area) is text."""

MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259, section 6)."""

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
"""A string, even one without an end, so that the search never turns back; or a bracket."""
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def parse(data: bytes) -> JSON:
    """Parse UTF-8 JSON; raises ValueError, saying what was got and wanted.

    Refused: other encodings and a byte order mark, duplicate keys, fractions, NaN, integers beyond 2**53 - 1, lone
    surrogates, more than `MAX_DEPTH` levels, anything after the value.
    """
    text = data.decode("utf-8")
    _check_depth(text)
    value = _decoded(text)
    if "\\u" in text:
        _check_surrogates(value)
    return value


def serialise(value: JSON) -> bytes:
    """Write compact UTF-8 JSON with sorted keys."""
    return _ENCODER.encode(value).encode("utf-8")


def _decoded(text: str) -> JSON:
    """Decode at once what has no space around it, as nearly all has; `decode` looks for some, or says what is wrong."""
    try:
        value: JSON
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    except json.JSONDecodeError:
        pass
    value = _DECODER.decode(text)
    return value


def _check_depth(text: str) -> None:
    """Count levels before the recursive parser meets them."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEP.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise ValueError(f"got JSON of more than {MAX_DEPTH} levels")


def _check_surrogates(value: JSON) -> None:
    """Refuse text that UTF-8 cannot express; only escapes can bring it in."""
    try:
        serialise(value)
    except UnicodeEncodeError as exc:
        raise ValueError("got half of a surrogate pair, wanted whole characters") from exc


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"got the member {twice!r} twice, wanted it once")
    return members


def _integer(text: str) -> int:
    # The length is looked at first, because Python refuses to convert thousands of digits in words of its own.
    if len(text) > len(str(-MAX_INTEGER)) or abs(value := int(text)) > MAX_INTEGER:
        raise ValueError(f"got the number {text[:24]}, wanted one within ±(2**53 - 1)")
    return value


def _fraction(text: str) -> JSON:
    raise ValueError(f"got the number {text[:24]}, wanted a whole one in plain digits")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_fraction
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
