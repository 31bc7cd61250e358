"""What may stand on the pages of a document: what was signed, and the words that every document has.

The issuer sets labels in one language, mostly with the same in another small beside it; values in the first of them.
`printed_words.json` has the words that belong to no type; a test holds that they are the issuer's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias, cast

from chain import code
from chain.certificate import Certificate
from chain.claims import Kind, Mask
from chain.code import Code
from chain.preparation import IDENTIFIER_CLAIM
from verifier.check.folding import fold
from verifier.check.matching import Piece
from verifier.wording import Language, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from chain.certificate_types import CertificateType
    from chain.claims import Claim
    from verifier.check.form import Claimed
    from verifier.check.knowledge import AgencyRecord
    from verifier.wording import Words

Line: TypeAlias = "Sequence[Sequence[AgencyRecord]]"
"""An agency and those above it, each as it is and as it ever was."""

VALIDITY = "validity"
"""What the row says that some types have in place of claims for the first and last day."""
CERTIFIED = "certified-file"
"""What the rows say of existing files that the certificate vouches for."""
_ANY_FILE = "[A-Za-z0-9!#$&^_.+/-]{3,254}SHA-256[0-9a-f]{64}"
AUTHORITY_CLAIM = "issuing_authority"
DATE_CLAIMS = ("issue_date", "approved", "registered")
"""Claims that stand at the foot in place of what the registry and the clerk know."""
_CUT_SHORT = re.compile("(?:…|等[0-9]+[人项]).*$")
"""How a code's list ends that had to be cut short (`Claim.fact_text`)."""
_DAYS = {
    Language.CHINESE: re.compile("[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日"),
    Language.ENGLISH: re.compile("[0-9]{1,2}[A-Z][a-z]+[0-9]{4}"),
}


@dataclass(frozen=True, slots=True)
class Languages:
    """Of labels and fixed words: the main one, and the one that stands small beside it."""

    main: Language
    small: Language | None

    def label(self, words: Words) -> str:
        """Return a folded label as it stands on the page."""
        return fold(words[self.main]) + (fold(words[self.small]) if self.small else "")


EVERY = tuple(
    Languages(main, small)
    for main, other in ((Language.CHINESE, Language.ENGLISH), (Language.ENGLISH, Language.CHINESE))
    for small in (other, None)
)


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a document must say."""

    name: str
    labels: Words
    texts: tuple[str, ...]
    """Folded; in any of these spellings, of which the first is `shown`."""
    shown: str


def words(key: str) -> Words:
    """Return one of the fixed words in every language."""
    return {language: WORDS[language][key] for language in Language}


def must_say(claimed: Claimed, languages: Languages) -> tuple[Said, ...]:
    """Return all that the document of this certificate must say somewhere."""
    rule = claimed.type.validity_rule
    said = [_said(claim, texts) for claim, texts in _exact(claimed, languages) if _is_required(claim, claimed)]
    keys = (rule.first, rule.last)
    is_certificate = not isinstance(claimed.source, Code)
    if any(key is None or (is_certificate and claimed.claims.get(key) is None) for key in keys):
        span = _span(claimed, languages.main)
        said.append(Said(VALIDITY, words(VALIDITY), (fold(span),), span))
    said += [Said(text, words(CERTIFIED), (fold(text),), text) for text in _certified_texts(claimed)]
    return tuple(said)


def pieces(claimed: Claimed, languages: Languages, line: Line, host: str | None) -> Iterator[Piece]:
    """Yield all that may stand on the pages; without a line, agencies may have any names; without a host, it any."""
    yield from _fixed(claimed.type, languages)
    yield from whereabouts(languages, host)
    yield from _agencies(claimed, languages, line)
    yield from _claims(claimed, languages)
    yield from _dates(claimed, languages)
    yield from _certified(claimed, languages)
    label = _both("short-number", languages)
    yield Piece(label + fold(code.short_number(claimed.leaf)))


def labels(known: CertificateType, languages: Languages) -> tuple[str, ...]:
    """Return all labels, in one order of languages or the other."""
    everywhere = [each for each in EVERY if each.small] if languages.small else EVERY
    own = (claim.labels for claim in known.claims)
    others = (words(key) for key in ("validity", "issuer", "issued", "short-number", CERTIFIED))
    return tuple(each.label(words_of) for words_of in (*own, *others) for each in everywhere)


def in_colour(known: CertificateType, languages: Languages) -> Iterator[Piece]:
    """Yield all that stands in the colour of labels (they themselves, titles, notices), or is read out for the code."""
    main = WORDS[languages.main]
    yield from (Piece(fold(claim.labels[languages.main])) for claim in known.claims)
    keys = (VALIDITY, "issuer", "issued", "short-number", "identifier", CERTIFIED, "notice", "code")
    yield from (Piece(fold(main[key])) for key in keys)
    name = known.names[languages.main]
    yield from (Piece(fold(name)), Piece(fold(f"{name}（{main['continued']}）")))


def stops(known: CertificateType, languages: Languages) -> tuple[str | re.Pattern[str], ...]:
    """Return what no text may hold that was not signed."""
    issuer_code = re.compile(re.escape(fold(WORDS[languages.main]["issuer-code"])) + "[0-9A-Z]{18}")
    return (*labels(known, languages), issuer_code)


def joined(pages: Iterable[str], languages: Languages) -> str:
    """Return folded pages as one text, for what is too long for a page goes on on the next.

    Without the marks of a test registry, with which every page begins.
    """
    notice = fold(WORDS[languages.main]["test-notice"])
    marks = re.compile(f"(?:{re.escape(notice)}|{re.escape(_both('test', languages))})*")
    return "".join(page[cast("re.Match[str]", marks.match(page)).end() :] for page in pages)


def _said(claim: Claim, texts: tuple[str, ...]) -> Said:
    return Said(claim.key, claim.labels, tuple(map(fold, texts)), texts[0])


def _is_required(claim: Claim, claimed: Claimed) -> bool:
    return not claim.assigned or claim.key in {claimed.type.number_claim, IDENTIFIER_CLAIM}


def _exact(claimed: Claimed, languages: Languages) -> Iterator[tuple[Claim, tuple[str, ...]]]:
    """Yield the claims whose value is signed whole and known, with its spellings."""
    known = claimed.type
    if not isinstance(claimed.source, Code):
        for claim in known.claims:
            value = claimed.claims.get(claim.key)
            if value is not None:
                ordered = (languages.main, *(each for each in Language if each is not languages.main))
                texts = [claim.display(value, language) for language in ordered]
                # An ISO date is a date's other known form.
                yield claim, tuple(dict.fromkeys([*texts, str(value)] if claim.kind is Kind.DATE else texts))
        return
    facts = claimed.source.facts
    yield known.claim(known.number_claim), (facts.number,)
    for claim, fact in zip(known.fact_claims, facts.facts, strict=True):
        if fact is not None:
            yield claim, tuple(_fact_spellings(claim, fact))
    rule, days = known.validity_rule, claimed.validity
    carried = {claim.key for claim in known.fact_claims}
    for key, day in ((rule.first, days.first_day), (rule.last, days.last_day)):
        if key is not None and day is not None and key not in carried and (key == rule.first or rule.years is None):
            yield known.claim(key), _day_spellings(day)


def _fact_spellings(claim: Claim, fact: str) -> Iterator[str]:
    """Yield how a document may show what a code carries more tersely."""
    yield fact
    if claim.kind is Kind.DATE:
        yield from (claim.display(fact, language) for language in Language)
    if claim.kind is Kind.ENUM:
        yield from (each.labels[Language.ENGLISH] for each in claim.choices if each.labels[Language.CHINESE] == fact)
    if claim.kind is Kind.LIST:
        yield fact.replace("、", "; ")


def _day_spellings(day: date) -> tuple[str, ...]:
    return (show(day, Language.CHINESE), show(day, Language.ENGLISH), day.isoformat())


def _claims(claimed: Claimed, languages: Languages) -> Iterator[Piece]:
    known, is_code = claimed.type, isinstance(claimed.source, Code)
    continues = fold(WORDS[languages.main]["continues"])
    exact = set()
    for claim, texts in _exact(claimed, languages):
        exact.add(claim.key)
        label = languages.label(claim.labels)
        yield Piece(label + continues)
        for spelling in texts:
            text = fold(spelling)
            yield Piece(label + text, claim.key)
            if claim.key == known.number_claim:
                small = fold(claim.labels[languages.small]) if languages.small else ""
                yield Piece(fold(claim.labels[languages.main]) + text + small, claim.key)
            if claim.key == IDENTIFIER_CLAIM:
                yield Piece(fold(WORDS[languages.main]["identifier"]) + text, claim.key)
            if is_code:
                yield from _hidden(claim, label, spelling)
    if is_code:
        yield from _unknown(claimed, languages, exact)


def _hidden(claim: Claim, label: str, fact: str) -> Iterator[Piece]:
    """Yield how the whole stands on the page of which a code carries a part."""
    if claim.mask is Mask.RESIDENT_NUMBER and "*" in fact:
        whole = re.escape(fold(fact)).replace(r"\*", "[0-9X*]")
        yield Piece(re.compile(re.escape(label) + whole), claim.key, unsigned=True)
    if claim.kind is Kind.LIST and (begins := _CUT_SHORT.sub("", fact)) != fact:
        yield Piece(label + fold(begins), claim.key, free=True)


def _unknown(claimed: Claimed, languages: Languages, exact: set[str]) -> Iterator[Piece]:
    """Yield the claims that a code does not carry: their labels, with any text behind."""
    absent = {claim.key for claim in claimed.type.fact_claims}
    if claimed.validity.last_day is None:
        absent.add(claimed.type.validity_rule.last or "")
    for claim in claimed.type.claims:
        if claim.key == IDENTIFIER_CLAIM:
            label = fold(WORDS[languages.main]["identifier"])
            yield Piece(re.compile(f"{re.escape(label)}[0-9A-Z.-]{{1,128}}"), unsigned=True)
        elif claim.key not in exact | absent:
            yield Piece(languages.label(claim.labels), free=True)


def _dates(claimed: Claimed, languages: Languages) -> Iterator[Piece]:
    main = languages.main
    yield Piece(_both(VALIDITY, languages) + fold(_span(claimed, main)), VALIDITY)
    # The day of issue, where it is no claim, is the clerk's: nobody signed it.
    if not any(key in claimed.claims for key in DATE_CLAIMS):
        yield Piece(re.compile(re.escape(_both("issued", languages)) + _DAYS[main].pattern), unsigned=True)


def _certified(claimed: Claimed, languages: Languages) -> Iterator[Piece]:
    """Yield the files that it vouches for; of a code, which does not carry them, any."""
    label = _both(CERTIFIED, languages)
    for text in _certified_texts(claimed):
        yield Piece(label + fold(text), text)
        yield Piece(label + fold(WORDS[languages.main]["continues"]))
    if isinstance(claimed.source, Code):
        yield Piece(re.compile(re.escape(label) + _ANY_FILE), unsigned=True)


def _certified_texts(claimed: Claimed) -> tuple[str, ...]:
    if not isinstance(claimed.source, Certificate):
        return ()
    resources = claimed.source.credential.related_resources
    return tuple(f"{each.media_type} SHA-256 {each.digest.hex()}" for each in resources)


def _span(claimed: Claimed, language: Language) -> str:
    first, last = claimed.validity.first_day, claimed.validity.last_day
    if last is None:
        return WORDS[language]["open-span"].format(first=show(first, language))
    return WORDS[language]["span"].format(first=show(first, language), last=show(last, language))


def _agencies(claimed: Claimed, languages: Languages, line: Line) -> Iterator[Piece]:
    issuer = _both("issuer", languages)
    has_claim = claimed.claims.get(AUTHORITY_CLAIM) is not None
    code_label = fold(WORDS[languages.main]["issuer-code"])
    if not line:
        yield Piece(re.compile(re.escape(code_label) + "[0-9A-Z]{18}"))
        if not has_claim:
            yield Piece(issuer, free=True)
    for position, ever in enumerate(line):
        for agency in ever:
            name = fold(agency.name)
            yield Piece(name)
            if position:
                yield Piece(name + "›")
                continue
            yield Piece(code_label + fold(agency.code))
            if not has_claim:
                yield Piece(issuer + name)


def _fixed(known: CertificateType, languages: Languages) -> Iterator[Piece]:
    main = WORDS[languages.main]
    yield Piece(languages.label(known.names))
    yield Piece(fold(f"{known.names[languages.main]}（{main['continued']}）"))
    yield Piece(fold(main["notice"]))
    number = "[0-9]{1,2}"
    page = re.escape(fold(main["page"]))
    yield Piece(re.compile(page.replace(re.escape("{page}"), number).replace(re.escape("{pages}"), number)))
    if known.layout.photo:
        yield Piece(_both("photo", languages))


def whereabouts(languages: Languages, host: str | None) -> Iterator[Piece]:
    """Yield where the page says it can be checked; without a host, anywhere."""
    for language in (languages.main, languages.small):
        if language is not None:
            before, after = map(fold, WORDS[language]["verify-how"].split("{host}"))
            where = "[A-Za-z0-9.:-]{1,259}" if host is None else re.escape(fold(host))
            yield Piece(re.compile(re.escape(before) + where + re.escape(after)))


def _both(key: str, languages: Languages) -> str:
    return languages.label(words(key))


def _load() -> Mapping[Language, Mapping[str, str]]:
    text = files("verifier.check").joinpath("printed_words.json").read_text(encoding="utf-8")
    loaded = cast("dict[str, dict[str, str]]", json.loads(text))
    return {language: loaded[language] for language in Language}


WORDS = _load()
"""The words that belong to no type."""
