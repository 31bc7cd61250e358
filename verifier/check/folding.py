"""What a text says, without how it is set: how a page's text layer is compared with what was signed.

Folded away is only what typesetting and PDF readers change: white space and line breaks, full and half width, the
several hyphens and dashes, and forms of one character that look alike. Superscripts, circled digits and fractions
stay what they are: 10² is not 102.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, decomposition, normalize

_HYPHENS = frozenset({"\x02", "\ufffe"})
"""What PDF readers put in the place of a hyphen at a line's end."""
_LOOKS_DIFFERENT = ("<super>", "<sub>", "<circle>", "<fraction>", "<square>")


def fold(text: str) -> str:
    """Return what a text says."""
    return normalize("NFC", "".join(map(_fold_character, text)))


@lru_cache(maxsize=1 << 16)
def _fold_character(character: str) -> str:
    if decomposition(character).startswith(_LOOKS_DIFFERENT):
        return character
    return "".join(map(_plain, normalize("NFKC", character)))


def _plain(character: str) -> str:
    kind = category(character)
    if character in _HYPHENS or kind == "Pd":
        return "-"
    return "" if character.isspace() or kind in {"Cc", "Cf", "Cn"} else character
