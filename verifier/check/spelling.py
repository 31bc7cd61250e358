"""Warns of letters in what a report shows that are not what they look like: A of another alphabet, signs unseen.

Nobody issues such a text with our software (`chain.text` refuses most of it), but a key may be used with other
software, and whoever compares a paper with a screen compares what is seen. A warning changes no verdict.

The rules are ranges and sets of characters and nothing else, so that the page's own script can have the same ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from verifier.wording import Language, Message, message, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from verifier.check.report import Report
    from verifier.wording import Words

MOST_TOLD = 5
"""How many different characters a warning names."""

_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_CYRILLIC, _GREEK = "\u0400-\u052f", "\u0370-\u03ff"
_LIKE_LATIN = (
    "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0423\u0425"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04ae\u04af\u04bb\u0501\u051b\u051d"
    "\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf"
)
"""Cyrillic and Greek letters that look like Latin ones."""
_HAN = "\u3007\u3400-\u9fff\U00020000-\U000323af"
_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc\u3105-\u312f"
_LIKE_HAN = (
    "\u30a8\u30aa\u30ab\u30bf\u30c1\u30c8\u30cb\u30cc\u30ce\u30cf\u30d2\u30df\u30e0\u30ed\u30fc"
    "\u3108\u3112\u311a\u3115\u3126"
)
"""Kana and Bopomofo that look like Chinese characters where they stand alone among them."""

_WORD = re.compile(f"[{_LATIN}{_CYRILLIC}{_GREEK}]+")
_OF_LATIN = re.compile(f"[{_LATIN}]")
_OF_OTHERS = re.compile(f"[{_CYRILLIC}{_LIKE_LATIN}]")
_ALPHABETS = (re.compile(f"[{_CYRILLIC}]"), re.compile(f"[{_GREEK}]"))
_SUSPECT = re.compile(f"[^\\n -~\u00b7-\u024f{_HAN}\u3000-\u3020\uff01-\uff5e\u1800-\u180a\u1810-\u18af]")
"""What no rule asks about is left out here."""
_LOOKS_LATIN = re.compile(f"[{_LIKE_LATIN}]")
_LOOKS_HAN = re.compile(f"(?<=[{_HAN}])[{_LIKE_HAN}](?![{_KANA}])|(?<![{_KANA}])[{_LIKE_HAN}](?=[{_HAN}])")
_STYLED = re.compile("[\U0001d400-\U0001d7ff]")
"""Letters and digits of mathematics, bold or slanted by themselves."""
_RADICAL = re.compile("[\u2e80-\u2fdf\u31c0-\u31ef]")
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b-\u200d\u2060-\u2064\u206a-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]|(?<![\u1800-\u18af\u202f])[\u180b-\u180f]"
)
"""Signs that show nothing; Mongolian ones that choose a letter's shape are good behind a Mongolian letter."""
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ODD_SIGN = re.compile(
    "[\u00a0\u02bc\u0589\u16eb\u2000-\u200a\u2024\u2027\u2028\u2029\u2044\u205f\u2215\u2219\u2236\u22c5\ua789\uff61\uff65]"
    "|(?<![\u1800-\u18af])\u202f"
)
"""Spaces, dots, slashes and colons that look like ordinary ones."""


def warnings(report: Report) -> tuple[Message, ...]:
    """Return what to be careful about in what a report shows, one sentence for each kind and place."""
    shown = list(_shown(report))
    # Nearly always there is nothing, and one search says so.
    if not any(_SUSPECT.search(text) for _, text in shown):
        return ()
    return tuple(
        message(key, what=what, characters=_named(found))
        for what, text in shown
        for key, rule in _RULES
        if (found := list(rule(text)))
    )


def oddities(text: str) -> tuple[str, ...]:
    """Return which rules a text breaks, as keys of `locales/*.json`."""
    return tuple(key for key, rule in _RULES if any(True for _ in rule(text)))


def _shown(report: Report) -> Iterator[tuple[Words, str]]:
    """Yield each text that somebody else chose, with what it is called."""
    subject = report.subject
    if subject.agency is not None:
        yield words("page.agency"), "\n".join(subject.agency.path)
    if subject.copy is not None:
        yield words("page.copy_recipient"), subject.copy.recipient
        yield words("page.copy_purpose"), subject.copy.purpose
    for signature in report.pdf_signatures:
        yield words("page.pdf_signatures"), f"{signature.signer} {signature.issuer}"
    for item in subject.items:
        yield item.labels, item.texts[Language.CHINESE]


def _mixed(text: str) -> Iterator[str]:
    """Yield the letters of other alphabets in words that have Latin letters, too."""
    for word in _WORD.findall(text):
        if _OF_LATIN.search(word):
            yield from _OF_OTHERS.findall(word)


def _alike(text: str) -> Iterator[str]:
    """Yield what looks like a letter or character that it is not."""
    for alphabet in _ALPHABETS:
        letters = alphabet.findall(text)
        # Words that have letters of their own are words of that alphabet.
        if letters and all(map(_LOOKS_LATIN.match, letters)):
            yield from letters
    yield from _LOOKS_HAN.findall(text)
    yield from _STYLED.findall(text)


def _named(characters: Iterable[str]) -> str:
    """Name characters by their numbers, each once, in order of appearance."""
    different = list(dict.fromkeys(characters))
    named = ", ".join(f"U+{ord(each):04X}" for each in different[:MOST_TOLD])
    return named + (", …" if len(different) > MOST_TOLD else "")


_RULES: tuple[tuple[str, Callable[[str], Iterable[str]]], ...] = (
    ("spelling.mixed", _mixed),
    ("spelling.alike", _alike),
    ("spelling.radical", _RADICAL.findall),
    ("spelling.unseen", _UNSEEN.findall),
    ("spelling.turning", _TURNING.findall),
    ("spelling.odd_sign", _ODD_SIGN.findall),
)
