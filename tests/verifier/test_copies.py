"""Limited copies: the genuine one, and beside it what somebody might make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import pikepdf
import pytest

from chain import certificate, copy
from chain.certificate_types import by_identifier, shipped
from chain.errors import CertificateTypeInvalid
from chain.events import Track
from chain.keys import signer
from chain.validity import Validity
from tests.issuer.papers import LONG_AGENCY, longest
from tests.verifier.book import (
    AGENCY,
    KEY,
    NOW,
    OTHER_KEY,
    TODAY,
    TYPE,
    Book,
    Paper,
    anchored,
    kid,
    listed,
    on,
    paper,
)
from tests.verifier.copied import HOST, MADE, TERMS, limited, page
from tests.verifier.printed import examples, issue, print_document
from verifier import answer
from verifier.check.knowledge import AgencyRecord
from verifier.check.moments import moment
from verifier.check.presented import Document, Presented
from verifier.check.report import Check, CheckName, Outcome, Report, Verdict
from verifier.check.verification import verify
from verifier.uploads.reading import read_text, read_upload
from verifier.wording import Language

if TYPE_CHECKING:
    from chain.copy import LimitedCopy, Terms

every_type = pytest.mark.parametrize("known", shipped(), ids=lambda it: it.identifier)
LICENCE = by_identifier("business-licence")


def ask(book: Book, presented: Presented, when: object = TODAY) -> Report:
    return verify(presented, book, when, name="a copy")  # type: ignore[arg-type]


def file(made: LimitedCopy) -> Presented:
    return Presented(copies=(made.encode(),))


def scanned(made: LimitedCopy) -> Presented:
    return Presented(codes=(copy.url(HOST, made.encode()),))


def check(report: Report, name: CheckName) -> Check:
    return next(each for each in report.checks if each.name is name)


def said(report: Report, name: CheckName) -> str:
    return check(report, name).message.key


@cache
def genuine() -> tuple[Paper, LimitedCopy, bytes]:
    _, made = anchored()
    signed = limited(made, chosen=("responsible_person",))
    return made, signed, page(signed)


def world() -> tuple[Book, Paper, LimitedCopy]:
    book, _ = anchored()
    made, signed, _ = genuine()
    return book, made, signed


class TestGenuine:
    def test_a_file_is_valid_and_says_first_that_it_is_a_copy(self) -> None:
        book, _, signed = world()
        report = ask(book, file(signed))
        assert report.verdict is Verdict.VALID
        for language, begins in (
            (
                Language.ENGLISH,
                "Limited copy for 中国演示银行呼和浩特分行 (办理银行授信业务), until 22 December 2026: ",
            ),
            (Language.CHINESE, "加注件（仅供中国演示银行呼和浩特分行，用于办理银行授信业务，有效至2026年12月22日）："),
        ):
            assert answer.heading(report, language).startswith(begins)
        assert "recipient" in answer.next_step(report, Language.ENGLISH)
        assert answer.as_json(report, Language.ENGLISH)["copy"] == {
            "recipient": TERMS.recipient,
            "purpose": TERMS.purpose,
            "made": "2026-11-22",
            "expires": "2026-12-22",
            "shows_claims": True,
            "proven": True,
        }

    def test_it_shows_what_was_chosen_and_nothing_else(self) -> None:
        book, _, signed = world()
        always = {claim.key for claim in TYPE.claims if claim.always}
        shown = {item.key for item in ask(book, file(signed)).subject.items}
        assert shown == (always | {"responsible_person"}) - {"certificateIdentifier"}
        assert b"15012118" not in signed.encode()

    @pytest.mark.parametrize("known", [TYPE, LICENCE], ids=lambda it: it.identifier)
    def test_a_page_with_its_file_is_valid(self, known: object) -> None:
        book, made, _ = issue(known)  # type: ignore[arg-type]
        pdf = page(limited(made, known=known), known=known)  # type: ignore[arg-type]
        report = ask(book, read_upload(pdf))
        assert report.verdict is Verdict.VALID, [(each.name, each.message) for each in report.checks]

    @every_type
    def test_the_fullest_page_is_read_whole(self, known: object) -> None:
        claims = longest(known)  # type: ignore[arg-type]
        book, made, _ = issue(known, claims)  # type: ignore[arg-type]
        terms = replace(TERMS, purpose="用途" * 25, recipient="接收方名称" * 10)
        signed = limited(
            made, known=known, chosen=tuple(set(claims) & certificate.parse(made.sd_jwt).claims.keys()), terms=terms
        )  # type: ignore[arg-type]
        pdf = page(signed, known=known, code_url=copy.url(HOST, signed.short().encode()))  # type: ignore[arg-type]
        report = ask(book, read_upload(pdf))
        assert report.verdict is Verdict.VALID, [(each.name, each.message) for each in report.checks]

    @pytest.mark.parametrize("languages", [("zh-CN",), ("en", "zh-CN"), ("en",)])
    def test_a_page_in_other_languages_is_valid(self, languages: tuple[str, ...]) -> None:
        book, _, signed = world()
        for test in (True, False):
            report = ask(book, read_upload(page(signed, languages=languages, test=test)))
            assert report.verdict is Verdict.VALID, check(report, CheckName.DOCUMENT)

    def test_an_open_ended_certificate_has_copies_too(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), None))
        assert ask(book, read_upload(page(limited(made)))).verdict is Verdict.VALID

    def test_a_copy_may_be_signed_by_a_newer_key_than_its_certificate(self) -> None:
        book, made, _ = world()
        newer = replace(listed(OTHER_KEY), listed_at_block=180)
        book.listed_keys[AGENCY].append(newer)
        assert ask(book, file(limited(made, key=OTHER_KEY))).verdict is Verdict.VALID


class TestCodeAlone:
    def test_a_scanned_copy_is_incomplete_for_the_signature_alone_vouches(self) -> None:
        book, _, signed = world()
        report = ask(book, scanned(signed.closed()))
        assert report.verdict is Verdict.INCOMPLETE
        assert said(report, CheckName.SIGNATURE) == "signature.copy_alone"
        assert "signature alone vouches" in answer.heading(report, Language.ENGLISH)
        assert "PDF" in answer.next_step(report, Language.ENGLISH)
        assert any(item.key == "company_name" for item in report.subject.items)

    def test_about_a_past_day_it_does_not_claim_the_present(self) -> None:
        book, made, _ = world()
        signed = limited(made, terms=replace(TERMS, made=date(2026, 11, 1)))
        for shown, english, chinese in (
            (
                file(signed),
                "what it shows is genuine, and the certificate was in force on 21 November 2026",
                "所列内容真实，证照2026年11月21日有效",
            ),
            (
                scanned(signed.closed()),
                (
                    "the certificate was in force on 21 November 2026; for what the copy shows, "
                    "the agency's signature alone vouches"
                ),
                "证照2026年11月21日有效；所列内容仅由发证机关签名担保",
            ),
            (
                scanned(signed.short()),
                "the certificate was in force on 21 November 2026, but the code does not show whose it is",
                "证照2026年11月21日有效，但此码不显示持证主体",
            ),
        ):
            report = ask(book, shown, on("2026-11-21"))
            assert answer.heading(report, Language.ENGLISH).partition(": ")[2] == english
            assert answer.heading(report, Language.CHINESE).partition("：")[2] == chinese

    def test_a_code_without_claims_says_for_whom_it_is_but_not_whose(self) -> None:
        book, _, signed = world()
        report = ask(book, scanned(signed.short()))
        assert report.verdict is Verdict.INCOMPLETE
        assert "does not show whose it is" in answer.heading(report, Language.ENGLISH)
        assert report.subject.items == ()

    def test_bare_digits_are_as_good_as_the_address(self) -> None:
        book, _, signed = world()
        digits = copy.url(HOST, signed.encode()).partition("#")[2]
        assert ask(book, read_text(digits)).verdict is Verdict.VALID

    def test_a_page_without_its_file_is_incomplete(self) -> None:
        book, _, signed = world()
        for form in (signed.closed(), signed.short()):
            presented = read_upload(page(signed, code_url=copy.url(HOST, form.encode())))
            report = ask(book, replace(presented, copies=()))
            assert report.verdict is Verdict.INCOMPLETE, check(report, CheckName.DOCUMENT)
            short = form.claims is None
            assert said(report, CheckName.DOCUMENT) == ("document.unsigned" if short else "document.good")

    def test_a_stolen_key_makes_no_green_copy_of_claims_that_officers_never_approved(self) -> None:
        book, made, signed = world()
        names = [claim.key for claim in TYPE.claims]
        forged = tuple(
            (place, "假公司" if names[place] == "company_name" else value) for place, value in signed.claims or ()
        )
        closed = _forged(made, forged)
        assert ask(book, scanned(closed.closed())).verdict is Verdict.INCOMPLETE
        assert ask(book, Presented(copies=(closed.closed().encode(),))).verdict is Verdict.INCOMPLETE
        report = ask(book, file(closed))
        assert report.verdict is Verdict.ALTERED
        assert said(report, CheckName.FORM) == "form.copy_opening"


def _forged(made: Paper, claims: copy.Claims, **changes: object) -> LimitedCopy:
    """Sign whatever claims with the agency's key, and carry the genuine opening along."""
    parsed = certificate.parse(made.sd_jwt)
    places = {place for place, _ in claims}
    salts = {claim.key: place for place, claim in enumerate(TYPE.claims)}
    _, opening = copy.excerpt(
        parsed.signing_input,
        parsed.disclosures,
        [claim.key for claim in TYPE.claims],
        [key for key in parsed.claims if salts[key] in places],
    )
    genuine_one = limited(made)
    content = replace(genuine_one.content, **changes)  # type: ignore[arg-type]
    return copy.make(content, claims, opening, registry_id=made.registry_id, sign=signer(KEY))


def _closed(made: Paper, claims: copy.Claims) -> LimitedCopy:
    """Sign whatever claims with the agency's key, without an opening."""
    opening = copy.Opening(b"a.b", tuple(bytes(16) for _ in claims))
    content = limited(made).content
    return copy.make(content, claims, opening, registry_id=made.registry_id, sign=signer(KEY)).closed()


class TestForgeries:
    @pytest.mark.parametrize(
        "terms",
        [
            replace(TERMS, recipient="别的银行"),
            replace(TERMS, purpose="别的用途"),
            replace(TERMS, expires=TERMS.expires + timedelta(days=30)),
        ],
        ids=["recipient", "purpose", "expiry"],
    )
    def test_changed_terms_do_not_verify(self, terms: Terms) -> None:
        book, _, signed = world()
        payload = replace(signed.content, terms=terms).encode()
        for form in (signed, signed.closed(), signed.short()):
            report = ask(book, Presented(copies=(replace(form, payload=payload).encode(),)))
            assert report.verdict is Verdict.ALTERED
            assert answer.heading(report, Language.ENGLISH) == "Limited copy: This is not what the agency issued"

    def test_another_leaf_does_not_verify_and_if_signed_does_not_open(self) -> None:
        book, made, signed = world()
        other = paper(salt=b"another")
        book.anchor(other.leaf, block=101)
        payload = replace(signed.content, leaf=other.leaf).encode()
        assert (
            ask(book, Presented(copies=(replace(signed.short(), payload=payload).encode(),))).verdict is Verdict.ALTERED
        )
        assert ask(book, file(_forged(made, signed.claims or (), leaf=other.leaf))).verdict is Verdict.ALTERED

    def test_an_added_field_is_none_of_the_signed(self) -> None:
        book, _, signed = world()
        more = (*(signed.claims or ()), (len(TYPE.claims) - 1, "2026-01-01"))
        report = ask(book, Presented(copies=(replace(signed.closed(), claims=more).encode(),)))
        assert report.verdict is Verdict.ALTERED

    def test_a_thiefs_key_is_not_listed(self) -> None:
        book, made, _ = world()
        report = ask(book, file(limited(made, key=OTHER_KEY)))
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED

    def test_a_key_that_says_it_is_the_agencys_does_not_fit(self) -> None:
        book, made, _ = world()
        forged = limited(made, key=OTHER_KEY, kid8=kid(KEY)[:8])
        assert ask(book, file(forged)).verdict is Verdict.ALTERED

    def test_a_key_that_was_cut_off_at_all_vouches_for_no_copy(self) -> None:
        book, _, signed = world()
        book.listed_keys[AGENCY] = [replace(listed(KEY), cut_off_block=10_000)]
        for form in (signed, signed.closed(), signed.short()):
            report = ask(book, Presented(copies=(form.encode(),)))
            assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED
            assert said(report, CheckName.SIGNATURE) == "signature.copy_key_cut_off"

    def test_a_copy_outlives_the_cut_off_of_its_certificates_key_as_the_certificate_does(self) -> None:
        book, made, _ = world()
        for cut_off, verdict in ((10_000, Verdict.VALID), (50, Verdict.ISSUER_NOT_AUTHORISED)):
            book.listed_keys[AGENCY] = [replace(listed(KEY), cut_off_block=cut_off), listed(OTHER_KEY)]
            assert ask(book, file(limited(made, key=OTHER_KEY))).verdict is verdict

    def test_the_key_must_have_been_within_its_dates_when_the_copy_says_it_was_made(self) -> None:
        book, _, signed = world()
        now = int(NOW.timestamp())
        for dates, verdict in (
            ({"valid_until": now + 3600}, Verdict.VALID),
            ({"valid_until": now - 86_400}, Verdict.ISSUER_NOT_AUTHORISED),
            ({"valid_from": now}, Verdict.VALID),
            ({"valid_from": now + 86_400}, Verdict.ISSUER_NOT_AUTHORISED),
        ):
            # The certificate itself is not in question here.
            report = ask(_with_key(book, **dates), Presented(copies=(signed.closed().encode(),)))
            assert check(report, CheckName.SIGNATURE).outcome is (
                Outcome.PASSED if verdict is Verdict.VALID else Outcome.FAILED
            )

    def test_a_certificate_whose_key_is_listed_no_more_has_no_copies(self) -> None:
        book, made, _ = world()
        book.listed_keys[AGENCY] = [listed(OTHER_KEY)]
        report = ask(book, file(limited(made, key=OTHER_KEY)))
        assert said(report, CheckName.SIGNATURE) == "signature.key_not_listed"

    def test_another_registrys_copy_is_unsupported_opened_and_altered_closed(self) -> None:
        book, _, _ = world()
        foreign = paper(registry_id=sha256(b"elsewhere").digest())
        book.anchor(foreign.leaf, block=101)
        signed = limited(foreign)
        assert ask(book, file(signed)).verdict is Verdict.UNSUPPORTED
        assert ask(book, scanned(signed.closed())).verdict is Verdict.ALTERED

    def test_a_copy_of_what_was_never_anchored_is_not_found(self) -> None:
        assert ask(Book(), file(genuine()[1])).verdict is Verdict.NOT_FOUND

    def test_another_type_than_the_certificates_does_not_open(self) -> None:
        book, made, signed = world()
        forged = _forged(made, signed.claims or (), certificate_type=1)
        assert ask(book, file(forged)).verdict is Verdict.ALTERED
        forged = _forged(made, signed.claims or (), validity=Validity(date(2026, 1, 1), None))
        assert ask(book, file(forged)).verdict is Verdict.ALTERED


def _with_key(book: Book, **changes: int) -> Book:
    book.listed_keys[AGENCY] = [replace(listed(KEY), **changes)]  # type: ignore[arg-type]
    return book


class TestDaysAndStatuses:
    def test_a_copy_that_has_run_out_says_that_it_is_the_copy(self) -> None:
        book, made, _ = world()
        old = limited(made, terms=replace(TERMS, made=MADE - timedelta(days=60), expires=MADE - timedelta(days=1)))
        for form in (old, old.closed()):
            report = ask(book, Presented(copies=(form.encode(),)))
            assert report.verdict is Verdict.EXPIRED
            assert said(report, CheckName.VALIDITY) == "validity.copy_expired"
            assert answer.heading(report, Language.ENGLISH).endswith(": the copy has run out")
            assert answer.next_step(report, Language.ENGLISH) == "Ask the holder for a new copy."

    def test_the_last_day_counts(self) -> None:
        book, made, _ = world()
        assert ask(book, file(limited(made, terms=replace(TERMS, expires=MADE)))).verdict is Verdict.VALID

    def test_a_day_before_it_was_made_is_not_its_day(self) -> None:
        book, _, signed = world()
        report = ask(book, file(signed), on("2026-10-01"))
        assert report.verdict is Verdict.NOT_YET_VALID
        assert "does not count until 22 November 2026" in answer.heading(report, Language.ENGLISH)

    def test_of_an_expired_certificate_the_certificate_is_told(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 11, 1)))
        report = ask(book, file(limited(made)))
        assert (report.verdict, said(report, CheckName.VALIDITY)) == (Verdict.EXPIRED, "validity.expired")
        old = limited(made, terms=replace(TERMS, made=MADE - timedelta(days=60), expires=MADE - timedelta(days=1)))
        assert said(ask(book, file(old)), CheckName.VALIDITY) == "validity.expired"

    def test_a_copy_that_ran_out_is_no_better_where_renewal_is_pending(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 11, 1)))
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=600_000)
        old = limited(made, terms=replace(TERMS, made=MADE - timedelta(days=60), expires=MADE - timedelta(days=1)))
        report = ask(book, file(old))
        assert (report.verdict, said(report, CheckName.VALIDITY)) == (Verdict.EXPIRED, "validity.copy_expired")
        assert ask(book, file(limited(made))).verdict is Verdict.RENEWAL_PENDING

    def test_unvouched_times_stay_unknown(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 11, 1)))
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=600_000)
        book.times_vouched = False
        report = ask(book, file(limited(made)), moment("2026-11-10", NOW))
        assert check(report, CheckName.VALIDITY).outcome in {Outcome.UNKNOWN, Outcome.FAILED}

    def test_copies_of_a_revoked_or_suspended_certificate_fail_at_once(self) -> None:
        for track, verdict in ((Track.REVOKED, Verdict.REVOKED), (Track.SUSPENSION, Verdict.SUSPENDED)):
            book, made, signed = world()
            book.record(made.leaf, track)
            report = ask(book, file(signed))
            assert report.verdict is verdict
            assert answer.heading(report, Language.ENGLISH).startswith("Limited copy for ")


class TestForm:
    def test_what_is_always_shown_may_not_be_left_out(self) -> None:
        book, made, signed = world()
        fewer = tuple(
            (place, value) for place, value in signed.claims or () if TYPE.claims[place].key != "company_name"
        )
        report = ask(book, file(_forged(made, fewer)))
        assert report.verdict is Verdict.INCOMPLETE
        assert said(report, CheckName.FORM) == "form.withheld"

    def test_what_the_type_does_not_let_be_absent_is_refused(self) -> None:
        book, made, _ = world()
        closed = _closed(made, ((2, None),))
        report = ask(book, Presented(copies=(closed.encode(),)))
        assert said(report, CheckName.FORM) == "form.absent_claim"

    def test_a_claim_beyond_the_type_is_refused(self) -> None:
        book, made, _ = world()
        closed = _closed(made, ((99, "x"),))
        assert said(ask(book, Presented(copies=(closed.encode(),))), CheckName.FORM) == "form.unknown_claim"

    def test_an_unknown_type_is_unsupported(self) -> None:
        def unknown(number: int, version: int) -> object:
            raise CertificateTypeInvalid(f"{number} {version}")

        report = verify(file(genuine()[1]), Book(), TODAY, name="x", known_type=unknown)  # type: ignore[arg-type]
        assert report.verdict is Verdict.UNSUPPORTED

    def test_another_file_of_the_same_type_is_unsupported(self) -> None:
        other = replace(TYPE, digest=sha256(b"other").digest())
        report = verify(file(genuine()[1]), Book(), TODAY, name="x", known_type=lambda *_: other)
        assert said(report, CheckName.FORM) == "form.other_type_file"

    def test_damaged_ones_are_unreadable_or_altered_and_later_ones_unsupported(self) -> None:
        book, _, signed = world()
        url = copy.url(HOST, signed.closed().encode())
        assert ask(book, Presented(codes=(url[:-20],))).verdict is Verdict.UNREADABLE
        assert ask(book, Presented(codes=(url.replace("/c#", "/v#"),))).verdict is not Verdict.VALID
        assert ask(book, read_text(url.partition("#")[2][:-20])).verdict is Verdict.UNREADABLE
        later = replace(signed.short(), payload=b"\x82\x02\x00")
        assert ask(book, Presented(copies=(later.encode(),))).verdict is Verdict.UNSUPPORTED

    def test_bare_digits_that_write_no_bytes_are_unreadable(self) -> None:
        book, _, _ = world()
        # Seventeen digits write seven bytes; these would be more than that.
        assert ask(book, Presented(codes=("9" * 17,))).verdict is Verdict.UNREADABLE

    def test_two_of_them_or_a_certificate_beside_are_refused(self) -> None:
        book, made, signed = world()
        one = signed.encode()
        assert said(ask(book, Presented(copies=(one, one + b"x"))), CheckName.FORM) == "form.several_copies"
        both = Presented(copies=(one,), certificates=(made.sd_jwt,))
        assert said(ask(book, both), CheckName.FORM) == "form.certificate_and_copy"


class TestPages:
    def test_a_certificates_code_on_a_copys_page_is_altered(self) -> None:
        book, made, signed = world()
        report = ask(book, read_upload(page(signed, code_url=made.code())))
        assert report.verdict is Verdict.ALTERED
        without = replace(read_upload(page(signed, code_url=made.code())), copies=())
        assert ask(book, without).verdict is Verdict.ALTERED

    def test_a_copys_code_on_the_certificates_page_is_altered(self) -> None:
        book, made, pdf = issue(TYPE)
        code_url = copy.url(HOST, limited(made).closed().encode())
        days = certificate.parse(made.sd_jwt).credential.validity
        forged = read_upload(print_document(made, TYPE, examples(TYPE), days, code_url=code_url))
        assert ask(book, read_upload(pdf)).verdict is Verdict.VALID
        assert ask(book, forged).verdict is Verdict.ALTERED
        assert ask(book, replace(forged, certificates=())).verdict is Verdict.ALTERED

    def test_another_copys_code_is_altered(self) -> None:
        book, made, signed = world()
        other = limited(made, terms=replace(TERMS, recipient="别的银行"))
        report = ask(book, read_upload(page(signed, code_url=copy.url(HOST, other.closed().encode()))))
        assert said(report, CheckName.DOCUMENT) == "document.other_copy"

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"terms": replace(TERMS, recipient="别的银行")}, "copy-recipient"),
            ({"terms": replace(TERMS, purpose="别的用途")}, "copy-purpose"),
            ({"terms": replace(TERMS, expires=TERMS.expires + timedelta(days=30))}, "copy-days"),
            ({"claims": {"company_name": "假公司"}}, "company_name"),
        ],
        ids=["recipient", "purpose", "expiry", "claim"],
    )
    def test_what_the_page_says_otherwise_is_altered(self, changed: dict[str, object], what: str) -> None:
        book, _, signed = world()
        report = ask(book, read_upload(page(signed, **changed)))
        assert report.verdict is Verdict.ALTERED
        assert report.differences, what
        assert said(report, CheckName.DOCUMENT) == "document.text"

    def test_a_field_that_was_not_signed_is_altered(self) -> None:
        book, _, signed = world()
        keys = {TYPE.claims[place].key: value for place, value in signed.claims or () if value}
        report = ask(book, read_upload(page(signed, claims={**keys, "address": "北京"})))
        assert said(report, CheckName.DOCUMENT) == "document.added"

    def test_the_page_without_code_text_or_with_two_is_altered(self) -> None:
        book, _, signed = world()
        presented = read_upload(genuine()[2])
        for changed in (
            replace(presented, codes=()),
            replace(presented, codes=(*presented.codes, "https://verify.example.cn/c#1")),
            replace(presented, codes=("https://verify.example.cn/c#12345",)),
            replace(presented, document=Document(pages=("",), annotations=0)),
            replace(presented, document=replace(presented.document, annotations=1)),  # type: ignore[type-var]
        ):
            assert ask(book, changed).verdict is Verdict.ALTERED
        assert signed

    def test_a_picture_of_it_is_what_its_code_is(self) -> None:
        book, _, signed = world()
        picture = Presented(
            codes=(copy.url(HOST, signed.closed().encode()),), document=Document(pages=("",), annotations=0)
        )
        report = ask(book, picture)
        assert (report.verdict, said(report, CheckName.DOCUMENT)) == (Verdict.INCOMPLETE, "document.scan")

    def test_another_site_in_the_code_is_told(self) -> None:
        book, _, signed = world()
        book.hosts = ["verify.gov.cn"]
        report = ask(book, read_upload(genuine()[2]))
        assert said(report, CheckName.DOCUMENT) == "document.led_elsewhere"
        assert signed

    def test_a_file_saved_by_other_software_is_not_the_original(self) -> None:
        book, _, _ = world()
        with pikepdf.open(BytesIO(genuine()[2])) as pdf:
            pdf.pages[0].obj["/Rotate"] = 0
            saved = BytesIO()
            pdf.save(saved)
        report = ask(book, read_upload(saved.getvalue()))
        assert (report.verdict, said(report, CheckName.DOCUMENT)) == (Verdict.INCOMPLETE, "document.foreign")

    def test_an_agency_that_nobody_knows_any_more_leaves_its_name_open(self) -> None:
        book, _, _ = world()
        book.agencies = {AGENCY: AgencyRecord(AGENCY, 99, "11150100X00000027D", LONG_AGENCY.name)}
        report = ask(book, read_upload(genuine()[2]))
        assert report.verdict is not Verdict.VALID
