"""Faults of a spreadsheet's rows in a clerk's language.

The rules that find them, in `chain` and here, say in English what was got and what is wanted. `locales/faults.*.json`
holds the same sentences with places for what varies. One that it does not hold stays English.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from chain.claims import CHINESE

if TYPE_CHECKING:
    from issuer.errors import RowFault

_PLACE = re.compile(r"\{([a-z]+)\}")
_QUOTED = re.compile("«([^«»]*)»")
"""What was got, in the marks that English sentences here have; Chinese has its own."""


def said(fault: RowFault, language: str) -> str:
    """Say what is wrong with one cell, in `zh-CN` or `en`, without its row."""
    column = f"{fault.column}: " if fault.column else ""
    if language != CHINESE:
        return f"{column}got {fault.got}, wanted {fault.wanted}"
    column = f"{fault.column}：" if fault.column else ""
    return f"{column}{translated(fault.got, language)}；应为：{_wanted(fault.wanted, language)}"


@lru_cache(maxsize=4096)
def _wanted(words: str, language: str) -> str:
    """Return what is wanted, which tells of nobody, so it is kept."""
    return translated(words, language)


def translated(words: str, language: str) -> str:
    """Return one half of a fault in another language; as it is where that language does not have it."""
    for pattern, wording in _sentences(language):
        if match := pattern.fullmatch(words):
            said = wording.format(**match.groupdict())
            return _QUOTED.sub("“\\1”", said) if language == CHINESE else said
    return words


@cache
def _sentences(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the sentences of a language, those with the most fixed words first."""
    path = Path(__file__).parents[1] / "locales" / f"faults.{language}.json"
    held: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
    order = sorted(held, key=lambda english: -len(_PLACE.sub("", english)))
    return tuple((re.compile(_pattern(english), re.DOTALL), held[english]) for english in order)


def _pattern(english: str) -> str:
    fixed = _PLACE.split(english)
    return "".join(f"(?P<{part}>.+)" if index % 2 else re.escape(part) for index, part in enumerate(fixed))
