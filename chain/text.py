"""Which characters a claim may hold, so that what is read is what is stored.

Refused is what cannot be seen, turns the direction of writing, or only looks like another character. Text is stored in
Unicode normalisation form C and hashed as stored; nothing is ever normalised when it is verified.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CATEGORIES = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Co": "a private character, which other computers show differently or not at all",
    "Cn": "a character that Unicode does not know",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
_ORDINARY_SPACES = " \u3000"
_MONGOLIAN = range(0x1800, 0x18B0)
# Free variation selectors, vowel separator and narrow space: they choose a letter's shape, and stand after one.
_MONGOLIAN_SHAPERS = frozenset("\u180b\u180c\u180d\u180e\u180f\u202f")
_RADICALS = range(0x2E80, 0x2FE0)
# Letters and marks that show nothing: a joiner, fillers, an empty Braille cell, variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)

_DOT = "·"
_OTHER_DOTS = frozenset("•‧∙⋅・･᛫")
_NAME_PUNCTUATION = frozenset(" ·（）()〔〕【】《》“”、，.,-&'’/+#—：")
_LATIN_LETTERS = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]")

_RESIDENT_NUMBER = re.compile(r"([0-9]{6})[ -]?(?:1[89]|20)[0-9]{2}[01][0-9][0-3][0-9][ -]?([0-9]{3}[0-9Xx])")
_SHOWN = 60


def normalise(text: str) -> str:
    """Return the form in which text is stored."""
    return unicodedata.normalize("NFC", text)


def faults(text: str, *, multiline: bool = False, name: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (got, wanted) for each kind of character that may not be there, in order of appearance, once each."""
    seen = set()
    previous = ""
    for place, character in enumerate(text, 1):
        fault = _fault(character, previous, multiline=multiline) or (_name_fault(character) if name else None)
        previous = character
        if fault and character not in seen:
            seen.add(character)
            what, wanted = fault
            yield f"{what}, {named(character)}, at character {place} of {quoted(text)}", wanted
    if text != text.strip():
        yield f"{quoted(text)} with space around it", "no space at the beginning or end"


def quoted(text: str) -> str:
    """Show what was got: shortened, invisible characters spelled out, resident numbers masked."""
    shown = _RESIDENT_NUMBER.sub(r"\1********\2", text)
    shown = "".join(c if c.isprintable() and c not in _UNSEEN else f"<{ord(c):04X}>" for c in shown[: _SHOWN + 1])
    return f"«{shown}»" if len(text) <= _SHOWN else f"«{shown[:_SHOWN]}…»"


def named(character: str) -> str:
    """Name a character by number and name: `U+200B ZERO WIDTH SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def _fault(character: str, previous: str, *, multiline: bool) -> tuple[str, str] | None:
    """Say what is wrong with a character in any text, and what is wanted instead."""
    fault = None
    category = unicodedata.category(character)
    if character in _MONGOLIAN_SHAPERS:
        if not previous or ord(previous) not in _MONGOLIAN:
            fault = "a Mongolian sign without a letter before it", "it after a Mongolian letter only"
    elif category in _CATEGORIES:
        if not (multiline and character == "\n"):
            fault = _CATEGORIES[category], "text without it"
    elif character in _UNSEEN:
        fault = "an invisible character", "text without it"
    elif category == "Zs" and character not in _ORDINARY_SPACES:
        fault = "an unusual space", "an ordinary space"
    elif ord(character) in _RADICALS:
        likely = unicodedata.normalize("NFKC", character)
        fault = "a part of a character", f"the character {likely}" if likely != character else "the whole character"
    return fault


def _name_fault(character: str) -> tuple[str, str] | None:
    """Say what is wrong with a character in a name."""
    if character in _OTHER_DOTS:
        return "another dot", f"the dot of names, {_DOT} (U+00B7)"
    if character in _NAME_PUNCTUATION or character in _MONGOLIAN_SHAPERS:
        return None
    if unicodedata.category(character)[0] in "LNM" and _is_letter_of_names(character):
        return None
    likely = unicodedata.normalize("NFKC", character)
    wanted = likely if likely != character and likely.isascii() else "Chinese, Mongolian or Latin letters, digits and ·"
    return "a character that names do not have", wanted


def _is_letter_of_names(character: str) -> bool:
    """Tell Han, Mongolian and common Latin letters and European digits from those that resemble them."""
    number = ord(character)
    return (
        number in _MONGOLIAN
        or character in "0123456789〇々"
        or _LATIN_LETTERS.match(character) is not None
        or unicodedata.name(character, "").startswith("CJK UNIFIED IDEOGRAPH")
    )
