"""What may stand on the pages of a limited copy: whom and what it is for, the claims that it shows, and fixed words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from chain.claims import Kind
from chain.short_number import short_number
from verifier.check import layout
from verifier.check.folding import fold
from verifier.check.layout import WORDS, Said
from verifier.check.matching import Piece
from verifier.wording import Language, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chain.copy import LimitedCopy
    from chain.validity import Validity
    from verifier.check.form import Claimed
    from verifier.check.layout import Languages, Line
    from verifier.wording import Words

_TERMS = ("copy-recipient", "copy-purpose", "copy-days")


def must_say(claimed: Claimed, copy: LimitedCopy, languages: Languages) -> tuple[Said, ...]:
    """Return all that the page of this copy must say somewhere."""
    said = [_said(key, text) for key, text in zip(_TERMS, _terms(copy, languages.main), strict=True)]
    said += [Said(claim, labels, tuple(map(fold, texts)), texts[0]) for claim, labels, texts in _claims(claimed)]
    return (*said, _said("copy-validity", _validity(copy.content.validity, languages.main)))


def pieces(claimed: Claimed, copy: LimitedCopy, languages: Languages, line: Line, host: str | None) -> Iterator[Piece]:
    """Yield all that may stand on the pages; without a line, agencies may have any names; without a host, it any."""
    for said in must_say(claimed, copy, languages):
        label = languages.label(said.labels)
        yield from (Piece(label + text, said.name) for text in said.texts)
    if copy.claims is None:
        yield from (Piece(languages.label(claim.labels), free=True) for claim in claimed.type.claims)
    yield Piece(languages.label(layout.words("copy")))
    yield Piece(languages.label(claimed.type.names))
    for language in (languages.main, languages.small):
        if language is not None:
            yield Piece(fold(WORDS[language]["copy-notice"]))
    yield Piece(languages.label(layout.words("short-number")) + fold(short_number(copy.content.leaf)))
    yield from layout.whereabouts(languages, host)
    yield from _agencies(languages, line)


def labels(claimed: Claimed, languages: Languages) -> tuple[str, ...]:
    """Return all labels."""
    own = (claim.labels for claim in claimed.type.claims)
    keys = (*_TERMS, "copy-validity", "copy", "copy-notice", "short-number", "issuer")
    return tuple(languages.label(words) for words in (*own, *map(layout.words, keys)))


def in_colour(claimed: Claimed, languages: Languages) -> Iterator[Piece]:
    """Yield all that stands in the colour of labels or of warnings, or is read out for the code."""
    main = WORDS[languages.main]
    yield from (Piece(fold(claim.labels[languages.main])) for claim in claimed.type.claims)
    yield from (Piece(fold(main[key])) for key in (*_TERMS, "copy-validity", "short-number", "issuer", "code", "copy"))
    yield Piece(languages.label(layout.words("copy")))
    yield Piece(fold(claimed.type.names[languages.main]))


def joined(pages: Iterable[str], copy: LimitedCopy, languages: Languages) -> str:
    """Return folded pages as one text, without the marks with which every page begins."""
    main, terms = WORDS[languages.main], copy.content.terms
    across = main["copy-across"].format(
        recipient=terms.recipient, purpose=terms.purpose, last=show(terms.expires, languages.main)
    )
    begins = (fold(across), fold(main["test-notice"]), languages.label(layout.words("test")))
    marks = re.compile(f"(?:{'|'.join(map(re.escape, begins))})*")
    return "".join(page[cast("re.Match[str]", marks.match(page)).end() :] for page in pages)


def _said(key: str, text: str) -> Said:
    return Said(key, layout.words(key), (fold(text),), text)


def _terms(copy: LimitedCopy, language: Language) -> tuple[str, str, str]:
    terms = copy.content.terms
    days = WORDS[language]["span"].format(first=show(terms.made, language), last=show(terms.expires, language))
    return terms.recipient, terms.purpose, days


def _validity(validity: Validity, language: Language) -> str:
    first = show(validity.first_day, language)
    if validity.last_day is None:
        return WORDS[language]["open-span"].format(first=first)
    return WORDS[language]["span"].format(first=first, last=show(validity.last_day, language))


def _claims(claimed: Claimed) -> Iterator[tuple[str, Words, tuple[str, ...]]]:
    """Yield the claims that are shown, with their spellings."""
    for claim in claimed.type.claims:
        value = claimed.claims.get(claim.key)
        if value is not None:
            texts = [claim.display(value, language) for language in Language]
            yield (
                claim.key,
                claim.labels,
                tuple(dict.fromkeys([*texts, str(value)] if claim.kind is Kind.DATE else texts)),
            )


def _agencies(languages: Languages, line: Line) -> Iterator[Piece]:
    issuer, code = languages.label(layout.words("issuer")), fold(WORDS[languages.main]["issuer-code"])
    if not line:
        yield Piece(re.compile(re.escape(code) + "[0-9A-Z]{18}"))
        yield Piece(issuer, free=True)
    for position, ever in enumerate(line):
        for agency in ever:
            name = fold(agency.name)
            yield from (Piece(name), Piece(name + "›"))
            if not position:
                yield from (Piece(issuer + name), Piece(code + fold(agency.code)))
