"""Check 7, document: a PDF's attachment, code and text say the same.

The text is compared after folding: widths, spaces and hyphens are how a page is set, not what it says. Not checked:
pictures, and anything else that stands on the page besides what was signed. Whoever looks at a paper compares it with
the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from chain import code
from chain.certificate import Certificate
from chain.claims import Kind
from chain.errors import Malformed, SignatureInvalid
from chain.preparation import IDENTIFIER_CLAIM
from verifier.report import Check, CheckName, Difference, Outcome, Verdict
from verifier.wording import Language, listed, message, show, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date

    from chain.claims import Claim
    from chain.code import Code
    from chain.strict_json import JSON
    from verifier.form import Claimed
    from verifier.presented import Presented
    from verifier.wording import Argument, Words

_LEAST_PIECE = 8
"""A text that goes on on the next page has at least so many characters on each; fewer would be found anywhere."""
_SHOWN = 60
"""How much of the page is quoted where something else was signed."""
_CUT_SHORT = re.compile("(?:…|等[0-9]+[人项]).*$")
"""How a code's list ends that had to be cut short (`Claim.fact_text`)."""


def check(presented: Presented, claimed: Claimed, verify_code: Callable[[Code], None] | None) -> Check:
    """Compare; `verify_code` raises `SignatureInvalid`, and is None where the certificate's key is not known."""
    document = presented.document
    if document is None:
        return _skipped("document.none")
    if document.annotations:
        return _failed("document.annotations", count=document.annotations)
    is_certificate = isinstance(claimed.source, Certificate)
    if is_certificate and (fault := _code_fault(presented, claimed, verify_code)):
        return fault
    pages = tuple(map(fold, document.pages))
    if any(pages):
        return _compare_text(claimed, pages)
    return _failed("document.no_text") if is_certificate else _skipped("document.scan")


def _compare_text(claimed: Claimed, pages: Sequence[str]) -> Check:
    """Look for all that was signed on the pages, which are folded."""
    labels = {fold(claim.labels[language]) for claim in claimed.type.claims for language in Language}
    different = tuple(
        Difference(expected.labels, expected.texts[0], _shown_behind(expected, pages, labels))
        for expected in _expected(claimed)
        if not _stands(expected, pages)
    )
    if different:
        return _failed("document.text", different, what=listed(difference.what for difference in different))
    return Check(CheckName.DOCUMENT, Outcome.PASSED, message("document.good"))


def _code_fault(presented: Presented, claimed: Claimed, verify_code: Callable[[Code], None] | None) -> Check | None:
    """Say what is wrong with the code on the page of a document that has a certificate attached; None if nothing is."""
    if not presented.codes:
        return _failed("document.no_code")
    if len(presented.codes) > 1:
        return _failed("document.several_codes", count=len(presented.codes))
    try:
        on_page = code.parse(presented.codes[0])
    except Malformed as exc:
        return _failed("document.code_malformed", detail=str(exc))
    differences = tuple(_fact_differences(claimed, on_page))
    if on_page.leaf != claimed.leaf or differences:
        return _failed("document.other_code", differences)
    if verify_code is not None:
        try:
            verify_code(on_page)
        except SignatureInvalid:
            return _failed("document.code_signature")
    return None


def _fact_differences(claimed: Claimed, on_page: Code) -> Iterator[Difference]:
    """Yield where the code's facts are not the certificate's claims, as far as these are disclosed."""
    known, claims = claimed.type, claimed.claims
    number = known.claim(known.number_claim)
    rows = [(number, on_page.facts.number), *zip(known.fact_claims, on_page.facts.facts, strict=False)]
    for claim, shown in rows:
        if claim.key in claims and (signed := claim.fact_text(claims[claim.key])) != shown:
            yield Difference(claim.labels, signed, shown or "")
    if on_page.facts.validity != claimed.validity:
        for key in ("first_day", "last_day"):
            signed_day, shown_day = getattr(claimed.validity, key), getattr(on_page.facts.validity, key)
            if signed_day != shown_day:
                yield Difference(words(f"subject.{key}"), str(signed_day or "-"), str(shown_day or "-"))


@dataclass(frozen=True, slots=True)
class _Expected:
    """Something that was signed and must stand on the page, in one of several spellings."""

    labels: Words
    texts: tuple[str, ...]


def _expected(claimed: Claimed) -> Iterator[_Expected]:
    """Yield all that the document of this certificate must show."""
    known = claimed.type
    if isinstance(claimed.source, Certificate):
        for claim in known.claims:
            printed = not claim.assigned or claim.key in {known.number_claim, IDENTIFIER_CLAIM}
            if printed and claim.key in claimed.claims:
                yield _Expected(claim.labels, _spellings(claim, claimed.claims[claim.key]))
    else:
        facts = claimed.source.facts
        yield _Expected(known.claim(known.number_claim).labels, (facts.number,))
        for claim, fact in zip(known.fact_claims, facts.facts, strict=True):
            if fact is not None:
                yield _Expected(claim.labels, _fact_spellings(claim, fact))
    yield _Expected(words("subject.first_day"), _day_spellings(claimed.validity.first_day))
    if claimed.validity.last_day is not None:
        yield _Expected(words("subject.last_day"), _day_spellings(claimed.validity.last_day))


def _spellings(claim: Claim, value: JSON) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(claim.display(value, language) for language in Language), claim.fact_text(value))))


def _fact_spellings(claim: Claim, fact: str) -> tuple[str, ...]:
    """Return how a document may show what a code carries more tersely."""
    if claim.kind is Kind.DATE:
        return (fact, *(claim.display(fact, language) for language in Language))
    if claim.kind is Kind.LIST:
        return tuple(_CUT_SHORT.sub("", fact).split("、")[:1])
    return (fact,)


def _day_spellings(day: date) -> tuple[str, ...]:
    return (show(day, Language.CHINESE), show(day, Language.ENGLISH), day.isoformat())


def fold(text: str) -> str:
    """Return what a text says, without how it is set."""
    return "".join(character for character in normalize("NFKC", text) if not _is_setting(character))


def _is_setting(character: str) -> bool:
    """Whether a character is a space, a hyphen, or what PDF readers put in a hyphen's place (U+0002, U+FFFE)."""
    return character.isspace() or category(character) in {"Cc", "Cf", "Cn", "Pd"}


def _stands(expected: _Expected, pages: Sequence[str]) -> bool:
    """Whether a value stands on the page; behind its label, where both languages' labels stand together."""
    main, small = (fold(expected.labels[language]) for language in Language)
    labels = {label for label in (main + small, small + main) if any(label in page for page in pages)}
    return any(_appears(label + fold(text), pages) for text in expected.texts for label in labels or {""})


def _appears(wanted: str, pages: Sequence[str]) -> bool:
    """Whether a folded text stands on a page, at the end of one and the beginning of the next, or behind a mask."""
    if any(wanted in page for page in pages):
        return True
    if "*" in wanted:
        unmasked = re.compile(re.escape(wanted).replace(r"\*", "."))
        return any(unmasked.search(page) for page in pages)
    return any(
        wanted[:cut] in page and wanted[cut:] in following
        for page, following in pairwise(pages)
        for cut in range(_LEAST_PIECE, len(wanted) - _LEAST_PIECE + 1)
    )


def _shown_behind(expected: _Expected, pages: Sequence[str], labels: Collection[str]) -> str:
    """Quote what the page shows behind the label of what was signed, up to the next label; empty if it is not there."""
    main, small = (fold(expected.labels[language]) for language in Language)
    for page in pages:
        for label in (main + small, main):
            _, found, rest = page.partition(label)
            if found:
                ends = (place for other in labels if (place := rest.find(other, 1)) > 0)
                return rest[: min(ends, default=_SHOWN)][:_SHOWN]
    return ""


def _skipped(key: str) -> Check:
    return Check(CheckName.DOCUMENT, Outcome.SKIPPED, message(key))


def _failed(key: str, differences: tuple[Difference, ...] = (), **arguments: Argument) -> Check:
    return Check(CheckName.DOCUMENT, Outcome.FAILED, message(key, **arguments), (Verdict.ALTERED,), differences)
