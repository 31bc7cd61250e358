"""Documents as they are printed, genuine and altered: all of the text layer must be explained by what was signed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier, shipped
from chain.validity import Validity
from issuer.document import face
from issuer.document.documents import Agency
from tests.issuer.papers import LONG_AGENCY, longest
from tests.verifier.book import AGENCY, NOW, PARENT, TODAY, TYPE
from tests.verifier.printed import ISSUED, examples, issue, print_document
from verifier.check import layout
from verifier.check.folding import fold
from verifier.check.knowledge import AgencyRecord
from verifier.check.matching import MOST, Piece, explain
from verifier.check.report import Check, CheckName, Outcome, Report, Verdict
from verifier.check.verification import verify
from verifier.uploads.reading import read_upload
from verifier.wording import Language, show

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from tests.verifier.book import Book, Paper
    from verifier.check.presented import Presented

LICENCE = by_identifier("business-licence")
OPERATOR = by_identifier("construction-special-operator")
TITLE = by_identifier("real-estate-title")

every_type = pytest.mark.parametrize("known", shipped(), ids=lambda it: it.identifier)


def ask(book: Book, presented: Presented) -> Report:
    return verify(presented, book, TODAY, name="a paper")


def document(report: Report) -> Check:
    return next(check for check in report.checks if check.name is CheckName.DOCUMENT)


def without_attachment(presented: Presented) -> Presented:
    return replace(presented, certificates=())


def days(known: CertificateType, claims: dict[str, JSON]) -> Validity:
    """Return the days as `issue` signs them."""
    signed = known.validity(claims, ISSUED)
    return Validity(min(signed.first_day, NOW.date()), signed.last_day)


@cache
def genuine(known: CertificateType) -> tuple[Book, Paper, bytes]:
    return issue(known)


def printed_with(
    known: CertificateType, *, printed: dict[str, JSON] | None = None, changes: dict[str, object] | None = None
) -> Presented:
    """Print other claims around a genuine certificate and its code, with the issuer's own renderer."""
    _, made, _ = genuine(known)
    claims = {**examples(known), **(printed or {})}
    return read_upload(print_document(made, known, claims, days(known, examples(known)), **(changes or {})))


def with_text(presented: Presented, text: str) -> Presented:
    page = presented.document
    assert page is not None
    return replace(presented, document=replace(page, pages=(*page.pages[:-1], page.pages[-1] + text)))


class TestGenuine:
    @every_type
    def test_an_ordinary_document_is_valid(self, known: CertificateType) -> None:
        book, _, pdf = genuine(known)
        report = ask(book, read_upload(pdf))
        assert report.verdict is Verdict.VALID, document(report)

    @every_type
    def test_the_fullest_document_is_valid(self, known: CertificateType) -> None:
        book, made, _ = issue(known, longest(known))
        claims = longest(known)
        chain = [(AGENCY, LONG_AGENCY.name, LONG_AGENCY.code)]
        chain += [(10 + at, name, "") for at, name in enumerate(reversed(LONG_AGENCY.above))]
        parents = [agency for agency, _, _ in chain[1:]] + [0]
        book.agencies |= {
            agency: AgencyRecord(agency, parent, code, name)
            for (agency, name, code), parent in zip(chain, parents, strict=True)
        }
        pdf = print_document(made, known, claims, days(known, claims), agency=LONG_AGENCY)
        presented = read_upload(pdf)
        assert document(ask(book, presented)).message.key == "document.good"
        assert document(ask(book, without_attachment(presented))).message.key == "document.unsigned"

    @every_type
    def test_without_its_certificate_a_document_is_incomplete_and_says_what_nobody_vouches_for(
        self, known: CertificateType
    ) -> None:
        book, _, pdf = genuine(known)
        report = ask(book, without_attachment(read_upload(pdf)))
        assert report.verdict is Verdict.INCOMPLETE, document(report)
        said = document(report).message
        assert said.key == "document.unsigned"
        text = fold("".join(read_upload(pdf).document.pages))  # type: ignore[union-attr]
        for part in str(said.arguments["text"]).split(" · "):
            assert part.removesuffix("…") in text
            assert not any(fold(each) == part for claim in known.claims for each in claim.labels.values())

    def test_a_claim_that_the_code_does_not_carry_is_never_vouched_for_by_it(self) -> None:
        book, _, _ = genuine(LICENCE)
        forged = printed_with(LICENCE, printed={"business_scope": "证券承销；药品批发；银行业务。"})
        assert ask(book, forged).verdict is Verdict.ALTERED
        report = ask(book, without_attachment(forged))
        assert report.verdict is Verdict.INCOMPLETE
        assert "证券承销" in str(document(report).message.arguments["text"])
        assert not report.differences

    @pytest.mark.parametrize("languages", [("zh-CN",), ("en", "zh-CN"), ("en",)])
    def test_a_document_in_other_languages_is_valid(self, languages: tuple[str, ...]) -> None:
        for known in (LICENCE, TYPE):
            book, _, _ = genuine(known)
            presented = printed_with(known, changes={"languages": languages, "test": False})
            report = ask(book, presented)
            assert report.verdict is Verdict.VALID, document(report)

    def test_a_value_that_goes_on_on_the_next_page_is_valid(self) -> None:
        claims = {**examples(LICENCE), "business_scope": "畜产品收购；食品销售、乳制品生产。" * 500}
        book, _, pdf = issue(LICENCE, claims)
        presented = read_upload(pdf)
        assert presented.document is not None
        assert len(presented.document.pages) > 2
        assert ask(book, presented).verdict is Verdict.VALID

    def test_hyphens_at_the_ends_of_lines_are_the_same_hyphens(self) -> None:
        claims = {**examples(LICENCE), "address": "Yanshi-Road-" * 10, "business_scope": "a-b—c–d－e " * 60}
        book, _, pdf = issue(LICENCE, claims)
        report = ask(book, read_upload(pdf))
        assert report.verdict is Verdict.VALID, document(report)

    def test_signs_that_are_rarely_set_are_read_as_they_were_signed(self) -> None:
        claims = {
            **examples(LICENCE),
            "address": "98.60m²，50㎡，①号，25℃，½，…，A·B",
            "business_scope": "“甲”《乙》\n「丙」",
        }
        book, _, pdf = issue(LICENCE, claims)
        report = ask(book, read_upload(pdf))
        assert report.verdict is Verdict.VALID, document(report)

    def test_the_agencys_earlier_name_is_good_after_a_correction(self) -> None:
        book, _, pdf = issue(LICENCE)
        before = book.agencies[AGENCY]
        book.agencies[AGENCY] = replace(before, name="演示市建设局", code="11150100X00000099A")
        assert ask(book, read_upload(pdf)).verdict is Verdict.ALTERED
        book.earlier_agencies[AGENCY] = [before]
        assert ask(book, read_upload(pdf)).verdict is Verdict.VALID

    def test_an_asterisk_may_stand_in_a_claim(self) -> None:
        claims = {**examples(LICENCE), "name": "演示*星公司"}
        book, made, pdf = issue(LICENCE, claims)
        assert ask(book, read_upload(pdf)).verdict is Verdict.VALID
        other = {**claims, "name": "演示火星公司"}
        forged = read_upload(print_document(made, LICENCE, other, days(LICENCE, claims)))
        assert ask(book, forged).verdict is Verdict.ALTERED
        assert ask(book, without_attachment(forged)).verdict is Verdict.ALTERED


class TestAltered:
    @every_type
    def test_nothing_may_be_put_before_or_behind_any_value(self, known: CertificateType) -> None:
        book, _, pdf = genuine(known)
        presented = read_upload(pdf)
        assert presented.document is not None
        text = fold("".join(presented.document.pages))
        for claim in known.columns:
            if claim.key not in examples(known) or claim.key == known.number_claim:
                continue
            label = fold(claim.labels["zh-CN"] + claim.labels["en"])
            value = fold(known.display(claim.key, examples(known)[claim.key], "zh-CN"))
            assert label + value in text
            for altered in (value + "和李四", "甲乙" + value, value + "(另有附件)", value + value, value[:-1], "*", ""):
                page = replace(presented.document, pages=(text.replace(label + value, label + altered),))
                report = ask(book, replace(presented, document=page))
                assert (report.verdict, claim.key) == (Verdict.ALTERED, claim.key)

    @pytest.mark.parametrize(
        ("key", "added"),
        [("name", "控股集团"), ("legal_representative", "和李四"), ("business_scope", "；证券承销；药品批发")],
    )
    def test_what_was_added_is_shown_beside_what_was_signed(self, key: str, added: str) -> None:
        book, _, pdf = genuine(LICENCE)
        assert ask(book, read_upload(pdf)).verdict is Verdict.VALID
        signed = str(examples(LICENCE)[key])
        report = ask(book, printed_with(LICENCE, printed={key: signed + added}))
        assert report.verdict is Verdict.ALTERED
        assert [(each.signed, each.shown) for each in report.differences] == [(signed, fold(signed + added))]

    @every_type
    def test_every_altered_claim_is_shown_beside_what_was_signed(self, known: CertificateType) -> None:
        book, _, pdf = genuine(known)
        presented = read_upload(pdf)
        assert presented.document is not None
        text = fold("".join(presented.document.pages))
        for claim in known.columns:
            if claim.key not in examples(known):
                continue
            value = fold(known.display(claim.key, examples(known)[claim.key], "zh-CN"))
            # The number's small label stands behind it, all others before.
            before = fold(claim.labels["zh-CN"] + ("" if claim.key == known.number_claim else claim.labels["en"]))
            other = ("8" if value[0] == "9" else "9") + value[1:]
            assert before + value in text
            pages = (text.replace(before + value, before + other),)
            report = ask(book, replace(presented, document=replace(presented.document, pages=pages)))
            assert report.verdict is Verdict.ALTERED
            shown = [(fold(each.signed), each.shown) for each in document(report).differences]
            assert (value, other) in shown, claim.key

    @pytest.mark.parametrize(("key", "added"), [("name", "控股集团"), ("legal_representative", "和李四")])
    def test_a_code_alone_holds_the_page_to_what_it_carries(self, key: str, added: str) -> None:
        book, _, _ = genuine(LICENCE)
        presented = without_attachment(printed_with(LICENCE, printed={key: f"{examples(LICENCE)[key]}{added}"}))
        assert ask(book, presented).verdict is Verdict.ALTERED

    def test_a_fact_may_not_stand_twice_with_different_values(self) -> None:
        book, _, pdf = genuine(LICENCE)
        presented = with_text(read_upload(pdf), "\n名称\nName\n演示冒名公司")
        assert ask(book, presented).verdict is Verdict.ALTERED
        assert ask(book, without_attachment(presented)).verdict is Verdict.ALTERED
        again = with_text(read_upload(pdf), f"\n名称\nName\n{examples(LICENCE)['name']}")
        assert ask(book, again).verdict is Verdict.VALID

    def test_an_additional_line_is_altered_and_quoted(self) -> None:
        book, _, pdf = genuine(LICENCE)
        for presented in (read_upload(pdf), without_attachment(read_upload(pdf))):
            report = ask(book, with_text(presented, "\n另准予经营：证券承销"))
            assert report.verdict is Verdict.ALTERED
            assert document(report).message.key == "document.added"
            assert document(report).message.arguments == {"text": "另准予经营:证券承销"}

    def test_an_additional_claim_of_the_type_is_altered(self) -> None:
        claims = {key: value for key, value in examples(LICENCE).items() if key != "registered_capital"}
        book, made, pdf = issue(LICENCE, claims)
        assert ask(book, read_upload(pdf)).verdict is Verdict.VALID
        forged = print_document(made, LICENCE, examples(LICENCE), days(LICENCE, claims))
        assert ask(book, read_upload(forged)).verdict is Verdict.ALTERED

    def test_a_claim_left_out_is_altered(self) -> None:
        book, made, _ = genuine(LICENCE)
        claims = {key: value for key, value in examples(LICENCE).items() if key != "registered_capital"}
        forged = print_document(made, LICENCE, claims, days(LICENCE, claims))
        report = ask(book, read_upload(forged))
        assert report.verdict is Verdict.ALTERED
        assert [each.shown for each in report.differences] == [""]

    @pytest.mark.parametrize(
        "changes",
        [
            {"agency": Agency("演示冒名局", "11150100X00000027D", ("演示自治区住房和城乡建设厅",))},
            {"agency": Agency("演示市住房和城乡建设局", "11150100X00000028B", ("演示自治区住房和城乡建设厅",))},
            {"agency": Agency("演示市住房和城乡建设局", "11150100X00000027D", ("另准予经营：证券承销",))},
            {"host": "verify.example.com"},
            {"short_number": "7K3M-9QXT-0H2V-4C"},
            {"number": "91150102MA0XXXX157"},
            {"certificate_type": replace(LICENCE, names={"zh-CN": "药品经营许可证", "en": "Business licence"})},
        ],
    )
    def test_what_is_no_claim_is_held_to_the_registry(self, changes: dict[str, object]) -> None:
        book, _, _ = genuine(LICENCE)
        assert ask(book, printed_with(LICENCE, changes=changes)).verdict is Verdict.ALTERED
        assert ask(book, without_attachment(printed_with(LICENCE, changes=changes))).verdict is Verdict.ALTERED

    def test_other_days_of_validity_are_altered(self) -> None:
        book, made, _ = genuine(LICENCE)
        signed = days(LICENCE, examples(LICENCE))
        forged = print_document(made, LICENCE, examples(LICENCE), Validity(signed.first_day, ISSUED))
        assert ask(book, read_upload(forged)).verdict is Verdict.ALTERED
        assert ask(book, without_attachment(read_upload(forged))).verdict is Verdict.ALTERED

    def test_a_last_day_added_to_an_open_ended_certificate_is_altered(self) -> None:
        known = by_identifier("construction-safety-licence")
        claims = {key: value for key, value in examples(known).items() if key != "expiry_date"}
        book, made, pdf = issue(known, claims)
        forged = print_document(made, known, examples(known), days(known, claims))
        for presented, good in ((read_upload(pdf), True), (read_upload(forged), False)):
            for each in (presented, without_attachment(presented)):
                assert (document(ask(book, each)).outcome is not Outcome.FAILED) is good

    def test_a_masked_spelling_is_no_wildcard(self) -> None:
        book, _, pdf = genuine(OPERATOR)
        assert ask(book, read_upload(pdf)).verdict is Verdict.VALID
        signed = str(examples(OPERATOR)["id_number"])
        forged = printed_with(OPERATOR, printed={"id_number": signed[:10] + "3071234" + signed[17:]})
        assert ask(book, forged).verdict is Verdict.ALTERED
        masked = printed_with(OPERATOR, printed={"id_number": signed[:6] + "********" + signed[14:]})
        assert ask(book, masked).verdict is Verdict.ALTERED

    def test_a_code_alone_hides_only_the_masked_places(self) -> None:
        book, _, _ = genuine(OPERATOR)
        signed = str(examples(OPERATOR)["id_number"])
        head, tail = signed[:6], signed[14:]
        for shown, verdict in (
            (head + "19800307" + tail, Verdict.INCOMPLETE),
            (head + "********" + tail, Verdict.INCOMPLETE),
            (head + "甲乙丙丁戊己庚辛" + tail, Verdict.ALTERED),
            ("999999" + "19800307" + tail, Verdict.ALTERED),
            (head + "19800307" + tail + "1", Verdict.ALTERED),
        ):
            presented = without_attachment(printed_with(OPERATOR, printed={"id_number": shown}))
            assert (ask(book, presented).verdict, shown) == (verdict, shown)

    def test_a_list_that_the_code_cuts_short_is_compared_as_far_as_it_goes(self) -> None:
        names = [f"演示第{n}畜牧业专业合作社联合社" for n in range(12)]
        claims = {**examples(TITLE), "holders": names}
        book, made, pdf = issue(TITLE, claims)
        assert ask(book, without_attachment(read_upload(pdf))).verdict is Verdict.INCOMPLETE
        forged = print_document(made, TITLE, {**claims, "holders": ["冒名者", *names[1:]]}, days(TITLE, claims))
        assert ask(book, without_attachment(read_upload(forged))).verdict is Verdict.ALTERED

    def test_a_small_raised_digit_is_another_number(self) -> None:
        claims = {**examples(LICENCE), "business_scope": "注册资产102万元"}
        book, made, pdf = issue(LICENCE, claims)
        assert ask(book, read_upload(pdf)).verdict is Verdict.VALID
        forged = print_document(made, LICENCE, {**claims, "business_scope": "注册资产10²万元"}, days(LICENCE, claims))
        presented = read_upload(forged)
        assert presented.document is not None
        assert ask(book, presented).verdict is Verdict.ALTERED

    def test_dates_may_be_written_in_their_other_form_only(self) -> None:
        book, made, _ = genuine(TYPE)
        page = made.presented_document("x")
        text = "\n".join(read_upload(genuine(TYPE)[2]).document.pages)  # type: ignore[union-attr]
        signed = str(examples(TYPE)["issue_date"])
        written = TYPE.display("issue_date", signed, "zh-CN")
        for shown, verdict in ((signed, Verdict.VALID), ("2031年1月1日", Verdict.ALTERED)):
            assert page.document is not None
            other = re.sub(rf"(Date of issue\s+){written}", rf"\g<1>{shown}", text)
            assert other != text
            presented = replace(page, document=replace(page.document, pages=(other,)))
            assert ask(book, presented).verdict is verdict

    def test_an_agency_above_that_is_not_known_leaves_names_open(self) -> None:
        book, _, pdf = issue(LICENCE)
        del book.agencies[PARENT]
        assert document(ask(book, read_upload(pdf))).message.key == "document.good"


class TestWords:
    def test_the_verifier_knows_the_words_that_the_issuer_prints(self) -> None:
        issued = json.loads((Path(face.__file__).parents[1] / "layouts" / "words.json").read_text(encoding="utf-8"))
        own = {
            "issuer": face._ISSUER,  # noqa: SLF001 (the words that are not in the file)
            "issued": face._ISSUED,  # noqa: SLF001 (the words that are not in the file)
            "certified-file": face._CERTIFIED,  # noqa: SLF001 (the words that are not in the file)
            "validity": face._VALIDITY,  # noqa: SLF001 (the words that are not in the file)
            "span": face._SPANS,  # noqa: SLF001 (the words that are not in the file)
            "open-span": face._OPEN_SPANS,  # noqa: SLF001 (the words that are not in the file)
        }
        for language in Language:
            unprinted = {"preview", "preview-notice"}
            wanted = {key: text for key, text in issued[language].items() if key not in unprinted}
            assert layout.WORDS[language] == wanted | {key: text[language] for key, text in own.items()}

    def test_days_are_said_alike(self) -> None:
        for language in Language:
            assert show(ISSUED, language) == face.day_in_words(ISSUED, language)

    def test_the_same_claims_stand_at_the_foot(self) -> None:
        assert layout.AUTHORITY_CLAIM == face.AUTHORITY_CLAIM
        assert layout.DATE_CLAIMS == face.DATE_CLAIMS


class TestMatching:
    def test_a_text_is_explained_whole_or_says_where_it_is_not(self) -> None:
        pieces = (Piece("ab", "first"), Piece("abc", "second"), Piece("d"))
        assert explain("abcd", pieces).said == {"second"}
        assert explain("abcd", pieces).gap is None
        assert explain("abxd", pieces).gap == (2, 3)
        assert explain("", pieces).gap is None

    def test_free_text_ends_at_a_stop(self) -> None:
        pieces = (Piece("a:", free=True), Piece("b:1", "b"))
        assert explain("a:some textb:1", pieces, stops=("b:",)).said == {"b"}
        assert explain("a:some textb:2b:1", pieces, stops=("b:",)).gap is not None

    def test_what_was_not_signed_is_told_with_its_label(self) -> None:
        pieces = (Piece("a:", free=True), Piece("b:1", "b"), Piece("c", unsigned=True))
        assert explain("b:1a:some textb:1c", pieces, stops=("b:",)).unsigned == ((3, 14), (17, 18))
        assert explain("a:b:1", pieces, stops=("b:",)).unsigned == ()
        assert explain("some textb:1", pieces, stops=("b:",), free_start=True).unsigned == ((0, 9),)
        assert explain("c", (Piece("c", unsigned=True), Piece("c"))).unsigned == ()

    def test_a_text_beyond_all_measure_is_not_explained(self) -> None:
        assert explain("a" * MOST, (Piece("a"),)).gap is None
        assert explain("a" * (MOST + 1), (Piece("a"),)).gap is not None
