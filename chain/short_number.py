"""The short number: what can be typed when a code cannot be scanned."""

from __future__ import annotations

import re
from unicodedata import normalize

from chain.errors import CodeMalformed

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""
_VALUE = {character: value for value, character in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
"""How ten bits are written."""
_CHECK_MODULUS = 1021
_CHARACTERS, _CHECK_CHARACTERS = 12, 2
_IGNORED = re.compile(r"[\s\u002d\u2010-\u2015\u2212]")
"""Spaces, and whatever a keyboard puts for a hyphen."""


def short_number(leaf: bytes) -> str:
    """Write the leaf's first 60 bits as `XXXX-XXXX-XXXX-XX`; the last two are check characters.

    The check is the value mod 1021, a prime just below two characters' worth: it finds every single wrong character
    and every swap of two neighbours.
    """
    value = int.from_bytes(leaf[:8]) >> 4
    a, b, c = _PAIRS[value >> 50], _PAIRS[value >> 40 & 1023], _PAIRS[value >> 30 & 1023]
    d, e, f = _PAIRS[value >> 20 & 1023], _PAIRS[value >> 10 & 1023], _PAIRS[value & 1023]
    return f"{a}{b}-{c}{d}-{e}{f}-{_PAIRS[value % _CHECK_MODULUS]}"


def parse_short_number(text: str) -> bytes:
    """Return the first 60 bits of the leaf as 8 bytes, the low 4 bits zero; raises `CodeMalformed`.

    Takes small letters, full-width characters, O for 0, I and L for 1, and hyphens and spaces anywhere or nowhere.
    """
    characters = _IGNORED.sub("", normalize("NFKC", text)).upper()
    if len(characters) != _CHARACTERS + _CHECK_CHARACTERS:
        raise CodeMalformed(f"got {len(characters)} characters, wanted the 14 of a short number")
    if foreign := [character for character in characters if character not in _VALUE]:
        raise CodeMalformed(f"got {foreign[0]!r}, wanted digits and letters other than U")
    value, check = _value(characters[:_CHARACTERS]), _value(characters[_CHARACTERS:])
    if value % _CHECK_MODULUS != check:
        raise CodeMalformed("got a short number whose check characters do not fit: some character is mistyped")
    return (value << 4).to_bytes(8)


def _value(characters: str) -> int:
    value = 0
    for character in characters:
        value = value << 5 | _VALUE[character]
    return value
