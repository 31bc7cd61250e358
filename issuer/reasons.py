"""Why a status may be changed: the coded reasons of each verb, with the articles of law that they rest on.

They stand in reasons.json, and follow 行政许可法 (articles 8, 50, 69, 70, 80) and 行政处罚法 (article 9). An agency
that needs others adds them there; codes that were used once stay.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from chain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER = "other"
"""The code that says nothing by itself, so that a text is wanted."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for one verb."""

    code: str
    words: Mapping[str, str]
    """By language: zh-CN and en."""
    basis: Mapping[str, str]
    """The articles, by language; empty where the law does not name one."""


def of(verb: str) -> tuple[Reason, ...]:
    """Return a verb's reasons in the order in which they are offered."""
    return _all()[verb]


def find(verb: str, code: str) -> Reason:
    """Return a reason; raises `InvalidInput`, naming those there are."""
    for each in of(verb):
        if each.code == code:
            return each
    known = ", ".join(each.code for each in of(verb))
    raise InvalidInput(f"reason: got «{code}», wanted one of {known}")


def words(verb: str, code: str, language: str) -> str:
    """Return a reason in words; the code itself where it is not in the list any more."""
    return next((each.words[language] for each in _all().get(verb, ()) if each.code == code), code)


def words_of_any(code: str, language: str) -> str:
    """Return a reason in words, whichever verb's it is; empty without a code."""
    return next((each.words[language] for verb in _all().values() for each in verb if each.code == code), code)


@cache
def _all() -> dict[str, tuple[Reason, ...]]:
    held = json.loads(files("issuer").joinpath("reasons.json").read_bytes())
    return {
        verb: tuple(Reason(each["code"], each["words"], each["basis"]) for each in entries)
        for verb, entries in held.items()
    }
