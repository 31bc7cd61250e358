"""Check 7, document: a PDF's attachment, code and text say the same, and nothing besides.

All of the text layer must be explained by what was signed and by the words that every document has. Where a code
alone is brought, nobody vouches for what it does not carry: then the document is INCOMPLETE at best, and so is one that
our typesetter did not make, whose letters may look like others. Not checked: pictures of pages. Whoever looks at a
paper compares it with the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chain import code, copy
from chain.certificate import Certificate
from chain.errors import Malformed, SignatureInvalid
from verifier.check import copy_page, layout
from verifier.check.folding import fold
from verifier.check.matching import explain
from verifier.check.report import Check, CheckName, Difference, Outcome, Verdict
from verifier.check.shown_instead import shown_instead
from verifier.wording import listed, message, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chain.code import Code
    from chain.copy import LimitedCopy
    from verifier.check.form import Claimed
    from verifier.check.knowledge import AgencyRecord, Snapshot
    from verifier.check.layout import Languages, Said
    from verifier.check.matching import Explained, Piece
    from verifier.check.presented import Document, PdfSignature, Presented
    from verifier.wording import Argument

_SHOWN = 60
"""How much of the page is quoted where something else was signed."""
_QUOTED, _OF_EACH = 12, 40
"""How many of the parts that nobody signed are quoted, and how much of each."""
_SIGNED_WORDS = ("digitallysignedby", "signedby", "电子签名", "签名人")
_STAMP_WORDS = (*_SIGNED_WORDS, "timestamp", "date", "utc", "日期")
"""What software for signing writes on its stamps besides names and times, as it is compared."""
_MOMENT = (
    "[0-9]{4}([./-])[0-9]{2}\\1[0-9]{2}T?[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|UTC|[+-][0-9]{2}[:']?(?:[0-9]{2}'?)?)?"
)
"""When something was signed: a day and its hour, as that software writes them."""
_GENERATIONS = 16
"""More levels of agencies than any registry has."""


def check(
    presented: Presented,
    claimed: Claimed,
    verify_code: Callable[[Code], None] | None,
    snapshot: Snapshot | None,
) -> Check:
    """Compare; `verify_code` raises `SignatureInvalid`, and is None where the certificate's key is not known."""
    document = presented.document
    led_elsewhere = _led_elsewhere(presented, snapshot)
    if document is None:
        return led_elsewhere or _of_picture(presented, "document.picture" if presented.is_picture else "document.none")
    pages = tuple(map(fold, document.pages))
    if fault := _fault(presented, claimed, verify_code, is_scan=not any(pages)):
        return fault
    if not any(pages):
        return led_elsewhere or _of_picture(presented, "document.scan")
    line = [] if snapshot is None else _line(claimed.agency, snapshot)
    compared = _compare_text(claimed, pages, line, _host(presented))
    if compared.outcome is Outcome.FAILED:
        return compared
    if led_elsewhere is not None:
        return replace(led_elsewhere, reasons=(Verdict.ALTERED,))
    return _unvouched(document, claimed, line) or compared


def _unvouched(document: Document, claimed: Claimed, line: layout.Line) -> Check | None:
    """Say what of the file may show other things than its text says; None if nothing."""
    for signature in document.signatures:
        if not _is_plain_stamp(signature, line):
            return _not_vouched_for("document.stamp", signer=signature.signer, text=signature.shown[:_SHOWN])
    foreign = document.foreign or ("" if _has_only_marks_behind(document, claimed) else "content")
    foreign = foreign or ("" if _has_only_labels_in_colour(document, claimed) else "places")
    if foreign:
        return _not_vouched_for("document.foreign", what=words(f"document.foreign.{foreign}"))
    return None


def _has_only_marks_behind(document: Document, claimed: Claimed) -> bool:
    """Whether nothing is hidden where pages have their marks: pale, slantwise, behind all else."""
    texts = tuple(map(fold, document.behind))
    return any(not _joined(texts, claimed, languages) for languages in layout.EVERY)


def _has_only_labels_in_colour(document: Document, claimed: Claimed) -> bool:
    """Whether nothing else stands in the colour of labels, which could stand where its own label does not."""
    text = "".join(map(fold, document.labels))
    return any(explain(text, tuple(_in_colour(claimed, languages))).gap is None for languages in layout.EVERY)


def _in_colour(claimed: Claimed, languages: Languages) -> Iterator[Piece]:
    if claimed.copy is None:
        return layout.in_colour(claimed.type, languages)
    return copy_page.in_colour(claimed, languages)


def _of_picture(presented: Presented, key: str) -> Check:
    """Say that the paper itself was not compared, and whether it shows somebody else's code, too."""
    return Check(
        CheckName.DOCUMENT, Outcome.SKIPPED, message("document.other_codes" if presented.foreign_codes else key)
    )


def _fault(
    presented: Presented, claimed: Claimed, verify_code: Callable[[Code], None] | None, *, is_scan: bool
) -> Check | None:
    """Say what is wrong with a document before its text is read; None if nothing is."""
    document, is_attached = presented.document, bool(presented.certificates or presented.copies)
    if document is not None and (broken := _broken_signature(document)):
        return broken
    if document is not None and (added := _added(document, 0 if is_scan else presented.foreign_codes)):
        return added
    if is_attached and (fault := _code_fault(presented, claimed, verify_code)):
        return fault
    return _failed("document.no_text") if is_scan and is_attached else None


def _broken_signature(document: Document) -> Check | None:
    """Say that a signature of the file does not hold, or not for all of it; whose it is, makes no difference."""
    for signature in document.signatures:
        if not signature.whole_file:
            return _failed(f"document.signature_{signature.fault}", signer=signature.signer)
    if document.unread_signatures:
        return _failed("document.signature_unreadable", count=document.unread_signatures)
    return None


def _is_plain_stamp(signature: PdfSignature, line: layout.Line) -> bool:
    """Whether what a signature's field shows, if anything, is who signed and when; whose name is no stranger's words.

    A day without an hour could be read as one of the certificate's.
    """
    shown, signer = fold(signature.shown), fold(signature.signer)
    names = {fold(each) for ever in line for agency in ever for each in (agency.name, agency.code)}
    if signature.trusted:
        names.add(signer)
    allowed = set(filter(None, names))
    # The longest first and nothing taken back: a stranger chooses the text, and could make the ways to read it endless.
    words = "|".join([_MOMENT, *map(re.escape, sorted(allowed.union(_STAMP_WORDS), key=len, reverse=True))])
    if re.fullmatch(f"(?:{words}|[:.,;])*+", shown, re.IGNORECASE) is None:
        return False
    if any(word in shown.lower() for word in _SIGNED_WORDS):
        return bool(signer) and signer in shown
    return not shown or (re.search(_MOMENT, shown) is not None and not any(name in shown for name in allowed))


def _added(document: Document, foreign_codes: int) -> Check | None:
    """Say what was laid over a document or hung on it; ours have none of these."""
    for key, count in (
        ("document.annotations", document.annotations),
        ("document.active", document.active),
        ("document.attachments", document.attachments),
        ("document.foreign_codes", foreign_codes),
    ):
        if count:
            return _failed(key, count=count)
    return None


def _led_elsewhere(presented: Presented, snapshot: Snapshot | None) -> Check | None:
    """Say that the code leads telephones to a site that the council never listed; None if it listed none at all."""
    host, official = _host(presented), () if snapshot is None else snapshot.hosts_ever()
    if host is None or not official or host.lower() in {each.lower() for each in official}:
        return None
    difference = Difference(words("document.host"), ", ".join(official), host)
    said = message("document.led_elsewhere", host=host, official=", ".join(official))
    return Check(CheckName.DOCUMENT, Outcome.FAILED, said, (Verdict.INCOMPLETE,), (difference,))


def _compare_text(claimed: Claimed, pages: Sequence[str], line: layout.Line, host: str | None) -> Check:
    """Explain all of the text, in the languages in which it is explained best."""
    attempts = []
    for languages in layout.EVERY:
        text, known, explained, wanted = _explained(claimed, pages, languages, line, host)
        missing = tuple(said for said in wanted if said.name not in explained.said)
        if explained.gap is None and not missing:
            return _agreed(claimed, [text[begin:end] for begin, end in explained.unsigned])
        fixed = [piece.wanted for piece in known if isinstance(piece.wanted, str) and not piece.says]
        attempts.append(_Attempt(languages, text, fixed, explained, missing))
    best = min(attempts, key=lambda attempt: (len(attempt.missing), -attempt.explained.reached))
    return _difference(claimed, best)


def _explained(
    claimed: Claimed, pages: Sequence[str], languages: Languages, line: layout.Line, host: str | None
) -> tuple[str, tuple[Piece, ...], Explained, tuple[Said, ...]]:
    """Return the text, what may stand in it, what of that does, and what must: of a document, or a limited copy."""
    known: Iterable[Piece]
    text = _joined(pages, claimed, languages)
    if claimed.copy is None:
        known, stops = layout.pieces(claimed, languages, line, host), layout.stops(claimed.type, languages)
        wanted = layout.must_say(claimed, languages)
    else:
        known, stops = (
            copy_page.pieces(claimed, claimed.copy, languages, line, host),
            copy_page.labels(claimed, languages),
        )
        wanted = copy_page.must_say(claimed, claimed.copy, languages)
    known = tuple(known)
    return text, known, explain(text, known, stops=stops, free_start=not line), wanted


def _joined(pages: Sequence[str], claimed: Claimed, languages: Languages) -> str:
    """Return the pages as one text, without the marks with which they begin."""
    if claimed.copy is None:
        return layout.joined(pages, languages)
    return copy_page.joined(pages, claimed.copy, languages)


def _agreed(claimed: Claimed, unsigned: Sequence[str]) -> Check:
    """Say that the text agrees; of a code, what the page says besides, for which nobody vouches."""
    if unsigned and not isinstance(claimed.source, Certificate):
        parts = [part if len(part) <= _OF_EACH else part[:_OF_EACH] + "…" for part in unsigned]
        return _not_vouched_for("document.unsigned", count=len(parts), text=" · ".join(parts[:_QUOTED]))
    return Check(CheckName.DOCUMENT, Outcome.PASSED, message("document.good"))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How far a text was explained in some languages."""

    languages: Languages
    text: str
    fixed: Sequence[str]
    """Words that say nothing of this certificate."""
    explained: Explained
    missing: tuple[Said, ...]


def _difference(claimed: Claimed, attempt: _Attempt) -> Check:
    """Say what was signed and is not there, or else what is there and was not signed."""
    text, gap = attempt.text, attempt.explained.gap
    if not attempt.missing and gap is not None:
        begin, end = gap
        return _failed("document.added", text=text[begin : max(end, begin + 1)][:_SHOWN])
    labels = layout.labels(claimed.type, attempt.languages)
    if claimed.copy is not None:
        labels = copy_page.labels(claimed, attempt.languages)
    ends = (*labels, *attempt.fixed)
    different = tuple(
        Difference(said.labels, said.shown, shown_instead(said, attempt.languages, text, ends))
        for said in attempt.missing
    )
    return _failed("document.text", different, what=listed(difference.what for difference in different))


def _line(agency: int, snapshot: Snapshot) -> list[list[AgencyRecord]]:
    """Return the agency and those above it; nothing where the registry does not know them all."""
    line: list[list[AgencyRecord]] = []
    while agency and len(line) < _GENERATIONS:
        ever = list(snapshot.agency_ever(agency))
        if not ever:
            return []
        line.append(ever)
        agency = ever[0].parent
    return line


def _host(presented: Presented) -> str | None:
    """Return the host that the code on the page names; a code that is nothing but digits names none."""
    url = presented.codes[0] if presented.codes else ""
    scheme, found, rest = url.partition("://")
    return rest.partition("/")[0] if scheme and found else None


def _code_fault(presented: Presented, claimed: Claimed, verify_code: Callable[[Code], None] | None) -> Check | None:
    """Say what is wrong with the code on the page of a document that has something attached; None if nothing is."""
    if not presented.codes:
        return _failed("document.no_code")
    if len(presented.codes) > 1:
        return _failed("document.several_codes", count=len(presented.codes))
    if claimed.copy is not None:
        return _copy_code_fault(presented.codes[0], claimed.copy)
    return _certificate_code_fault(presented.codes[0], claimed, verify_code)


def _certificate_code_fault(text: str, claimed: Claimed, verify_code: Callable[[Code], None] | None) -> Check | None:
    try:
        on_page = code.parse(text)
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


def _copy_code_fault(text: str, attached: LimitedCopy) -> Check | None:
    """Hold the code on a limited copy's page to the attached file: one copy is signed once."""
    try:
        on_page = copy.parse(text)
    except Malformed as exc:
        return _failed("document.code_malformed", detail=str(exc))
    same = (on_page.payload, on_page.signature) == (attached.payload, attached.signature)
    return None if same else _failed("document.other_copy")


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


def _not_vouched_for(key: str, **arguments: Argument) -> Check:
    """Nothing speaks against it, and it is not known to be right."""
    return Check(CheckName.DOCUMENT, Outcome.UNKNOWN, message(key, **arguments), (Verdict.INCOMPLETE,))


def _failed(key: str, differences: tuple[Difference, ...] = (), **arguments: Argument) -> Check:
    return Check(CheckName.DOCUMENT, Outcome.FAILED, message(key, **arguments), (Verdict.ALTERED,), differences)
