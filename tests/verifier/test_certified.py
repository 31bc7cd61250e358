"""«Is this the very file?»: an existing file beside the certificate that vouches for it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chain.calendar import today
from chain.certificate_types import by_identifier
from chain.credential import RelatedResource
from chain.validity import Validity
from tests.verifier.book import AGENCY, NOW, TODAY, Book, paper
from tests.verifier.printed import ISSUED, examples, print_document
from verifier import answer
from verifier.check.folding import fold
from verifier.check.report import Check, CheckName, Outcome, Report, Verdict
from verifier.check.verification import verify
from verifier.uploads.reading import given_file, read_upload
from verifier.wording import Language

if TYPE_CHECKING:
    from tests.verifier.book import Paper
    from verifier.check.presented import Presented

LICENCE = by_identifier("business-licence")
FILE, OTHER = b"%PDF-1.7 an existing file", b"OFD, another existing file"


def resource(data: bytes, media_type: str = "application/pdf") -> RelatedResource:
    digest = hashlib.sha256(data).digest()
    return RelatedResource(f"urn:yinxin:file:{digest.hex()}", digest, media_type)


def certified(*files: bytes) -> tuple[Book, Paper, bytes]:
    """Return a registry, a certificate that vouches for these files, and its document."""
    claims = examples(LICENCE)
    days = LICENCE.validity(claims, ISSUED)
    validity = Validity(min(days.first_day, today(NOW)), days.last_day)
    related = tuple(map(resource, files))
    made = paper(certificate_type=LICENCE, claims=claims, validity=validity, related_resources=related)
    book = Book(digests={(LICENCE.number, LICENCE.version): LICENCE.digest})
    book.anchor(made.leaf, certificate_type=LICENCE.number, version=LICENCE.version, agency=AGENCY)
    return book, made, print_document(made, LICENCE, claims, validity, related=related)


def ask(book: Book, presented: Presented, *files: bytes) -> Report:
    given = tuple(given_file(data, name=f"{place}.pdf") for place, data in enumerate(files))
    return verify(replace(presented, files=given), book, TODAY, name="a paper")


def document(report: Report) -> Check:
    return next(check for check in report.checks if check.name is CheckName.DOCUMENT)


def test_very_file_beside_its_certificate_is_valid_and_said_to_be_it() -> None:
    book, made, pdf = certified(FILE)
    for presented in (read_upload(pdf), made.presented):
        report = ask(book, presented, FILE)
        assert report.verdict is Verdict.VALID, document(report)
        assert document(report).message.key == "document.file_good"
        assert [each.is_given for each in report.subject.certified_files] == [True]


@pytest.mark.parametrize("change", [FILE + b"\n", FILE[:-1], b"", OTHER], ids=["more", "less", "nothing", "another"])
def test_file_of_which_a_byte_differs_is_altered_and_both_digests_are_shown(change: bytes) -> None:
    book, _, pdf = certified(FILE)
    report = ask(book, read_upload(pdf), change)
    assert report.verdict is Verdict.ALTERED
    (difference,) = report.differences
    assert difference.signed == hashlib.sha256(FILE).hexdigest()
    assert difference.shown == hashlib.sha256(change).hexdigest()


def test_one_wrong_file_among_right_ones_is_altered() -> None:
    book, made, _ = certified(FILE)
    assert ask(book, made.presented, FILE, OTHER).verdict is Verdict.ALTERED


def test_without_the_file_the_certificate_is_valid_and_says_what_was_not_compared() -> None:
    book, _, pdf = certified(FILE)
    report = ask(book, read_upload(pdf))
    assert report.verdict is Verdict.VALID, document(report)
    assert [each.is_given for each in report.subject.certified_files] == [False]
    (said,) = answer.as_json(report, Language.ENGLISH)["certified_files"]  # type: ignore[index, misc]
    assert said == {"sha256": hashlib.sha256(FILE).hexdigest(), "media_type": "application/pdf", "given": False}


def test_one_of_two_files_is_good_and_the_other_is_told_to_be_missing() -> None:
    book, made, _ = certified(FILE, OTHER)
    report = ask(book, made.presented, OTHER)
    assert report.verdict is Verdict.VALID
    assert document(report).message.arguments == {"missing": 1}
    assert sorted(each.is_given for each in report.subject.certified_files) == [False, True]


def test_certificate_that_vouches_for_no_file_vouches_for_none_that_is_brought() -> None:
    book, made, _ = certified()
    assert ask(book, made.presented, FILE).verdict is Verdict.ALTERED


def test_code_alone_cannot_tell_which_file_is_certified() -> None:
    book, made, pdf = certified(FILE)
    report = ask(book, made.presented_code, FILE)
    assert report.verdict is Verdict.INCOMPLETE
    assert document(report).message.key == "document.file_not_told"
    on_page = document(ask(book, replace(read_upload(pdf), certificates=()), FILE))
    assert on_page.outcome is Outcome.UNKNOWN


def test_page_that_names_another_file_than_was_signed_is_altered() -> None:
    book, made, _ = certified(FILE)
    claims = examples(LICENCE)
    days = LICENCE.validity(claims, ISSUED)
    validity = Validity(min(days.first_day, today(NOW)), days.last_day)
    for related in ((resource(OTHER),), (resource(FILE), resource(OTHER)), ()):
        forged = read_upload(print_document(made, LICENCE, claims, validity, related=related))
        assert ask(book, forged).verdict is Verdict.ALTERED


def test_digest_stands_whole_on_the_page() -> None:
    _, _, pdf = certified(FILE)
    page = read_upload(pdf).document
    assert page is not None
    assert fold(f"SHA-256 {hashlib.sha256(FILE).hexdigest()}") in fold("".join(page.pages))
