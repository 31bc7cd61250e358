"""What the issuer's pages say, in English and Chinese.

English stands where it is said, as the key (msgid) of its translations. Chinese stands in `locales/zh_CN/*.po`, one
file for each topic, which are read as they are and merged. Of what errors say, `locales/en/*.po` has other English for
pages where their own words speak of the command line, or name states as programs do.

A sentence with places for values has them as `%(name)s`, and every sentence is a format: a percent sign that is meant
stands twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Self

from babel.messages.pofile import read_po

from chain.calendar import SHANGHAI
from chain.claims import CHINESE
from chain.errors import ClaimsInvalid, IdentifierInvalid, RegistryRefused
from issuer import refusals
from issuer.errors import FileRefused, NotReady, RoleMissing, RowFault, StatusNotKnown, TooManyAttempts
from issuer.said import by_kind
from issuer.spreadsheet import fault_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from babel.messages.catalog import Catalog

    from chain.errors import YinxinError

ENGLISH = "en"
LANGUAGES = (CHINESE, ENGLISH)
ERROR = "error"
"""The context (msgctxt) of translations of what errors say in English themselves."""
_SHOWN_FAULTS = 5
_FOLDERS = {CHINESE: "zh_CN", ENGLISH: "en"}
_FOR_OPERATORS = re.compile(r"(?<![\w-])--[a-z]|`|\bYINXIN_|\b0x[0-9a-fA-F]{16}")
"""What no page says to people: commands, settings, addresses of accounts."""
_NAME = re.compile(r"\b[A-Z][A-Z_]{3,}\b")
"""A state as programs name it."""
_ENGLISH_SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
_LEFT_IN_ENGLISH = re.compile(r"[A-Za-z]{2,}(?: [a-z]+){2,}")
"""What varies in a translated sentence, and is no name but words that no catalogue has."""
_LONGEST = 2_000
"""In characters: longer than anything that an error says itself, so it says what somebody sent."""
_DEEPEST = 4
"""Words within words within words that are translated, too."""
_WISH = re.compile(r"([^\s;]*)(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?", re.IGNORECASE)
"""A tag and its weight, from 0 to 1 with at most three decimals (RFC 9110, section 12.4.2); 1 if it has none."""
_PLACE = re.compile(r"%\((\w+)\)s")
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 — reads better
)


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: str
    """As `lang` attributes have it: zh-CN or en."""
    sentences: Mapping[str, str | tuple[str, ...]]
    """By msgid; one that is not here is said in English."""

    def raw(self, msgid: str) -> str:
        """Return a sentence with its places still empty."""
        held = self.sentences.get(msgid, msgid)
        return held if isinstance(held, str) else held[0]

    def raw_number(self, one: str, many: str, number: int) -> str:
        """Return a sentence for a number of things, with its places still empty."""
        held = self.sentences.get(one)
        if held is not None:
            # Chinese has one form for every number.
            return held if isinstance(held, str) else held[0]
        return one if number == 1 else many

    def gettext(self, msgid: str, /, **values: object) -> str:
        """Say a sentence."""
        return self.raw(msgid) % values

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Say a sentence about a number of things, which is `%(num)s` in it."""
        return self.raw_number(one, many, number) % {"num": self.number(number), **values}

    def day(self, day: date) -> str:
        """Write a day as people of this language do."""
        if self.language == CHINESE:
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def month(self, day: date) -> str:
        """Write the month in which a day lies."""
        return f"{day.year}年{day.month}月" if self.language == CHINESE else f"{_MONTHS[day.month - 1]} {day.year}"

    def moment(self, moment: datetime) -> str:
        """Write a moment by the clocks of Asia/Shanghai."""
        local = moment.astimezone(SHANGHAI)
        return f"{self.day(local.date())} {local:%H:%M}"

    def number(self, number: int) -> str:
        """Write a whole number with its thousands apart."""
        return f"{number:,}"

    def size(self, count: int) -> str:
        """Write how large a file is."""
        for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
            if count >= unit:
                return f"{count / unit:.1f} {name}"
        return self.gettext("%(count)s bytes", count=count)

    def listed(self, items: list[str] | tuple[str, ...]) -> str:
        """Join several words."""
        return ("、" if self.language == CHINESE else ", ").join(items)

    def explain(self, error: YinxinError) -> str:
        """Say what an error says, in one or a few sentences.

        Its own words are translated where a catalogue has them; otherwise Chinese readers are told what kind of thing
        it is, which is better than English they cannot read.
        """
        match error:
            case TooManyAttempts(until=until):
                return self.gettext(
                    "Too many attempts failed. The next one counts from %(moment)s.", moment=self.moment(until)
                )
            case FileRefused(faults=faults):
                said = [fault_words.said(each, self.language) for each in faults[:_SHOWN_FAULTS]]
                return self._several(said, len(faults))
            case ClaimsInvalid(faults=claims):
                colon = "：" if self.language == CHINESE else ": "
                said = [
                    f"{each.claim}{colon}{fault_words.translated(each.wanted, self.language)}"
                    for each in claims[:_SHOWN_FAULTS]
                ]
                return self._several(said, len(claims))
            case RoleMissing() | StatusNotKnown():
                return self._in_parts(error)
            case IdentifierInvalid(got=got, wanted=wanted):
                return fault_words.said(RowFault(0, "", got, wanted), self.language)
            case RegistryRefused():
                texts: tuple[str, ...] = (refusals.sentence(error),)
            case NotReady(args=(_, *_) as reasons):
                texts = tuple(map(str, reasons))
            case _:
                texts = (str(error),)
        said = [self.sentence_of(error, text) for text in texts]
        return ("" if self.language == CHINESE else " ").join(dict.fromkeys(said))

    def _in_parts(self, error: RoleMissing | StatusNotKnown) -> str:
        """Say what an error holds of words that pages have, each of them in this language."""
        match error:
            case RoleMissing(who=who, held=held, wanted=roles):
                return self.gettext(
                    "This is not for %(who)s, whose roles are: %(held)s. It needs one of these: %(wanted)s.",
                    who=who,
                    held=self.listed([self.gettext(each) for each in held]) or self.gettext("none"),
                    wanted=self.listed([self.gettext(each) for each in roles]),
                )
            case StatusNotKnown(track=track, certificate_type=kind):
                return self.gettext(
                    "There is no status “%(status)s” for this type: %(type)s. It knows these: %(known)s.",
                    status=kind.status_words[track][self.language],
                    type=kind.names[self.language],
                    known=self.listed([kind.status_words[each][self.language] for each in sorted(kind.statuses)]),
                )

    def sentence_of(self, error: YinxinError, text: str) -> str:
        """Return an error's own words as a sentence of this language, or what kind of thing it is.

        Chinese readers are told the kind where no catalogue has the words; both are where they are for operators.
        """
        said = _translated(text, self.language) or (text if self.language != CHINESE else "")
        if self.language == CHINESE and _LEFT_IN_ENGLISH.search(said):
            said = ""
        if not said or _FOR_OPERATORS.search(said):
            return self.gettext(by_kind(error))
        return said if self.language == CHINESE else _sentence(_named(said))

    def noted(self, text: str, otherwise: str = "") -> str:
        """Say what was noted down in English when something happened; `otherwise` where Chinese readers could not."""
        if self.language != CHINESE:
            return _named(_translated(text, self.language) or text)
        return _translated(text, self.language) or (otherwise if _ENGLISH_SENTENCE.search(text) else text)

    def _several(self, said: list[str], count: int) -> str:
        text = ("；" if self.language == CHINESE else "; ").join(said)
        if count > len(said):
            text += " " + self.gettext("(and %(count)s more)", count=count - len(said))
        return text


def of(language: str) -> Words:
    """Return the words of a language; Chinese for one that nothing is said in."""
    return Words(ENGLISH, {}) if language == ENGLISH else Words(CHINESE, _sentences())


def wanted_by(accept_language: str) -> str:
    """Choose by an `Accept-Language` header (RFC 9110, section 12.5.4)."""
    wishes: list[tuple[float, str]] = []
    for wish in accept_language.split(","):
        # What is no wish is passed over, so also one whose weight is none.
        if (understood := _WISH.fullmatch(wish.strip())) is None:
            continue
        tag, weight = understood.groups()
        for prefix, language in (("zh", CHINESE), ("en", ENGLISH)):
            if tag.lower().startswith(prefix):
                wishes.append((float(weight or "1"), language))
    # Of equal wishes the first counts; `max` keeps it.
    best = max(wishes, key=lambda wish: wish[0], default=(0.0, CHINESE))
    return best[1] if best[0] > 0 else CHINESE


def catalogues(language: str = CHINESE) -> Iterator[tuple[str, Catalog]]:
    """Yield each topic's file name and content."""
    name = _FOLDERS[language]
    folder = files("issuer").joinpath("locales", name)
    for path in sorted(folder.iterdir(), key=lambda each: each.name):
        if path.name.endswith(".po"):
            with path.open("rb") as stream:
                yield path.name, read_po(stream, locale=name, abort_invalid=True)


@cache
def _sentences() -> dict[str, str | tuple[str, ...]]:
    held: dict[str, str | tuple[str, ...]] = {}
    for _, catalogue in catalogues():
        for message in catalogue:
            if not message.id or message.context == ERROR or not message.string:
                continue
            msgid = message.id if isinstance(message.id, str) else message.id[0]
            held[msgid] = message.string if isinstance(message.string, str) else tuple(message.string)
    return held


@dataclass(frozen=True, slots=True)
class Pattern:
    """An error's own words, with places for what varies."""

    fixed: tuple[str, ...]
    """The words before, between and after the places."""
    places: tuple[str, ...]

    @classmethod
    def of(cls, english: str) -> Self:
        """Read a msgid."""
        parts = _PLACE.split(english)
        return cls(tuple(parts[::2]), tuple(parts[1::2]))

    def match(self, text: str) -> dict[str, str] | None:
        """Return what stands in each place, at least one character, the first one as long as can be.

        From the end, in time that grows with the text and not with a power of it: a text may be what somebody sent.
        """
        if not self.places:
            return {} if text == self.fixed[0] else None
        first, *between, last = self.fixed
        if not (text.startswith(first) and text.endswith(last)):
            return None
        found: dict[str, str] = {}
        end = len(text) - len(last)
        for words, place in zip(reversed(between), reversed(self.places), strict=False):
            at = text.rfind(words, len(first) + 1, max(end - 1, 0))
            if at < 0:
                return None
            found[place] = text[at + len(words) : end]
            end = at
        if end <= len(first):
            return None
        found[self.places[0]] = text[len(first) : end]
        return found


@cache
def _errors(language: str) -> tuple[tuple[Pattern, str], ...]:
    """Return what errors say, those with the most fixed words first."""
    held: dict[str, str] = {}
    for _, catalogue in catalogues(language):
        for message in catalogue:
            if message.context == ERROR and isinstance(message.id, str) and isinstance(message.string, str):
                held[message.id] = message.string
    order = sorted(held, key=lambda english: -len(_PLACE.sub("", english)))
    return tuple((Pattern.of(english), held[english]) for english in order if english)


def _translated(text: str, language: str, depth: int = 0) -> str:
    """Return what an error says in a language; what varies in it may be such words, too. Empty without them.

    Nothing of it is kept: it may tell of people.
    """
    if len(text) > _LONGEST or depth > _DEEPEST:
        return ""
    for pattern, wording in _errors(language):
        if (found := pattern.match(text)) is not None:
            return wording % {key: _translated(value, language, depth + 1) or value for key, value in found.items()}
    return ""


def _named(text: str) -> str:
    """Name states in English as pages do."""
    return _NAME.sub(lambda match: _translated(match[0], ENGLISH) or match[0], text)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?" else f"{text}."
