"""What the verifier says, in Chinese and English.

The procedure speaks in messages: a key and its arguments. The sentences stand in `locales/*.json`, so that one report
can be read in either language. A test holds that both files have the same keys and placeholders.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias, cast

from chain.calendar import SHANGHAI
from chain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable


class Language(StrEnum):
    """The languages that reports and pages come in, as `lang` attributes write them."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


Words: TypeAlias = Mapping[str, str]
"""One text in each language, by `Language`."""
Argument: TypeAlias = str | int | date | Words
"""What a message may carry. `datetime` is a date; `Words` are said in the language of the message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence, not yet in any language."""

    key: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


def message(key: str, /, **arguments: Argument) -> Message:
    """Make a message; the key must stand in `locales/*.json`."""
    return Message(key, arguments)


def say(what: Message, language: Language) -> str:
    """Put a message into words."""
    said = sentence(what.key, language)
    if "{" not in said:
        return said
    return said.format_map({name: show(value, language) for name, value in what.arguments.items()})


def words(key: str) -> Words:
    """Return a sentence without placeholders in every language."""
    return {language: sentence(key, language) for language in Language}


def listed(items: Iterable[Words]) -> Words:
    """Return several words as one, in every language."""
    items = tuple(items)
    return {language: _BETWEEN[language].join(item[language] for item in items) for language in Language}


def sentence(key: str, language: Language) -> str:
    """Return a sentence as the locale has it, with its placeholders."""
    return _SENTENCES[language][key]


def ago(seconds: int, language: Language) -> str:
    """Write an age in whole seconds, minutes, hours or days, of at least two each."""
    for key, size in _AGES:
        if seconds >= _AT_LEAST * size:
            return sentence(key, language).format(count=seconds // size)
    return sentence("page.ago_seconds", language).format(count=seconds)


_AGES = (("page.ago_days", 86_400), ("page.ago_hours", 3_600), ("page.ago_minutes", 60))
_AT_LEAST = 2


def keys(language: Language) -> frozenset[str]:
    """Return all keys of a locale."""
    return frozenset(_SENTENCES[language])


def show(value: Argument, language: Language) -> str:
    """Write a value as people of this language do: dates in Shanghai, words in their own language."""
    match value:
        case datetime():
            local = value.astimezone(SHANGHAI)
            return f"{_day(local.date(), language)} {local:%H:%M}"
        case date():
            return _day(value, language)
        case str() | int():
            return str(value)
        case _:
            return value[language]


def keys_for_browsers(language: Language) -> frozenset[str]:
    """Return the keys of what a browser may have to say itself; the auditor's pages come with all their words."""
    return frozenset(key for key in _SENTENCES[language] if not key.startswith("audit."))


def language_of(accept_language: str, *, fallback: Language = Language.CHINESE) -> Language:
    """Choose by an `Accept-Language` header (RFC 9110, section 12.5.4) or a POSIX `LANG`."""
    wishes: list[tuple[float, Language]] = []
    for wish in accept_language.split(","):
        # What is no wish is passed over, so also one whose weight is none.
        if (understood := _WISH.fullmatch(wish.strip())) is None:
            continue
        tag, weight = understood.groups()
        for prefix, language in (("zh", Language.CHINESE), ("en", Language.ENGLISH)):
            if tag.lower().startswith(prefix):
                wishes.append((float(weight or "1"), language))
    # Of equal wishes the first counts; `max` keeps it.
    best = max(wishes, key=lambda wish: wish[0], default=(0.0, fallback))
    return best[1] if best[0] > 0 else fallback


def language_named(tag: str) -> Language:
    """Return the language of a tag such as zh or en-GB; raises `InvalidInput` for one that nothing is said in."""
    for language in Language:
        if tag.lower().partition("-")[0] == language.partition("-")[0]:
            return language
    raise InvalidInput(f"--lang: got {tag!r}, wanted {' or '.join(Language)}")


_WISH = re.compile(r"([^\s;]*)(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?", re.IGNORECASE)
"""A tag and its weight, from 0 to 1 with at most three decimals (RFC 9110, section 12.4.2); 1 if it has none."""
_BETWEEN = {Language.CHINESE: "、", Language.ENGLISH: ", "}
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 (reads better)
)


def _day(day: date, language: Language) -> str:
    match language:
        case Language.CHINESE:
            return f"{day.year}年{day.month}月{day.day}日"
        case Language.ENGLISH:
            return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _load(language: Language) -> Mapping[str, str]:
    text = files("verifier").joinpath("locales", f"{language}.json").read_text(encoding="utf-8")
    return cast("dict[str, str]", json.loads(text))


_SENTENCES: Mapping[Language, Mapping[str, str]] = {language: _load(language) for language in Language}
