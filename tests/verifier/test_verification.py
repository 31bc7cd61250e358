"""The procedure, against a registry in memory: the genuine beside every forgery."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from chain import base64url, cbor, certificate, code, digits, disclosures, merkle
from chain.calendar import first_hour, hour_of, today
from chain.code import InclusionPath
from chain.errors import CertificateTypeInvalid
from chain.events import Track
from chain.validity import Validity
from tests.verifier.book import (
    AGENCY,
    ANCHORED_AT,
    CLAIMS,
    KEY,
    NOW,
    OTHER_KEY,
    PARENT,
    REGISTRY_ID,
    STRANGER,
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
from verifier.check.knowledge import AgencyRecord, Place
from verifier.check.moments import Moment, moment
from verifier.check.presented import Document, Presented
from verifier.check.report import Check, CheckName, Outcome, Report, Verdict
from verifier.check.tracks import VERDICTS
from verifier.check.verification import unforeseen, verify
from verifier.receipt import finding as receipt_finding
from verifier.wording import Message

if TYPE_CHECKING:
    from collections.abc import Callable


def ask(book: Book | None, presented: Presented, when: Moment = TODAY) -> Report:
    return verify(presented, book, when, name="a paper")


def check(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


def expect(report: Report, verdict: Verdict, failed: str, key: str) -> None:
    """Demand the verdict, that the check failed, and what it said."""
    assert report.verdict is verdict, report.checks
    assert (check(report, failed).outcome, check(report, failed).message.key) == (Outcome.FAILED, key)


class TestGenuine:
    def test_a_certificate_is_valid(self) -> None:
        book, made = anchored()
        report = ask(book, made.presented)
        assert report.verdict is Verdict.VALID, report.checks
        assert [check.outcome for check in report.checks] == [Outcome.PASSED] * 6 + [Outcome.SKIPPED]
        assert [check.name for check in report.checks] == list(CheckName)

    def test_a_code_is_valid(self) -> None:
        book, made = anchored()
        report = ask(book, made.presented_code)
        assert report.verdict is Verdict.VALID, report.checks
        assert report.subject.facts is not None
        assert report.subject.facts["company_name"] == CLAIMS["company_name"]

    def test_a_document_is_valid(self) -> None:
        book, made = anchored()
        report = ask(book, made.presented_document())
        assert report.verdict is Verdict.VALID, report.checks
        assert check(report, "document").outcome is Outcome.PASSED

    def test_a_short_number_is_incomplete_at_best(self) -> None:
        book, made = anchored()
        report = ask(book, made.presented_short_number)
        assert report.verdict is Verdict.INCOMPLETE
        assert report.subject.facts is None
        assert report.subject.agency is not None
        assert report.subject.agency.path == ("演示自治区住房和城乡建设厅", "演示市住房和城乡建设局")

    def test_a_report_says_whose_it_is_and_against_what_it_was_checked(self) -> None:
        book, made = anchored()
        report = ask(book, made.presented)
        assert report.subject.number == CLAIMS["number"]
        assert report.subject.leaf == made.leaf
        assert report.subject.anchored is not None
        assert report.subject.anchored.block_number == 100
        assert report.register is not None
        assert (report.register.registry_id, report.register.block_number, report.block_age_s) == (REGISTRY_ID, 200, 2)
        assert report.known_at == NOW - timedelta(seconds=2)
        assert report.register.test

    def test_a_resident_number_stays_masked_in_the_report(self) -> None:
        book, made = anchored()
        shown = {item.key: item.texts["zh-CN"] for item in ask(book, made.presented).subject.items}
        assert "*" in shown["responsible_person_id"]
        assert shown["expiry_date"] == "2028年12月31日"

    def test_a_date_among_a_codes_facts_is_told_as_people_write_it(self) -> None:
        claims = tuple(replace(claim, fact=claim.fact or claim.key == "expiry_date") for claim in TYPE.claims)
        other = replace(TYPE, claims=claims)
        book, made = anchored(certificate_type=other)
        report = verify(made.presented_code, book, TODAY, name="", known_type=lambda _number, _version: other)
        assert report.verdict is Verdict.VALID
        shown = {item.key: item.texts for item in report.subject.items}
        assert shown["expiry_date"] == {"zh-CN": "2028年12月31日", "en": "31 December 2028"}

    def test_an_open_ended_certificate_is_valid_for_ever(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), None))
        report = ask(book, made.presented_code)
        assert report.verdict is Verdict.VALID
        assert check(report, "validity").message.key == "validity.open"

    def test_all_other_claims_may_be_withheld(self) -> None:
        book, made = anchored()
        shown = {claim.key for claim in TYPE.claims if claim.always} & CLAIMS.keys()
        report = ask(book, Presented(certificates=(certificate.present(made.sd_jwt, shown),)))
        assert report.verdict is Verdict.VALID, report.checks
        assert report.subject.facts is not None
        assert report.subject.facts["credit_code"] is None

    def test_the_path_in_a_code_is_proof_enough_where_the_leaves_could_not_be_read(self) -> None:
        book, made = anchored()
        (batch,) = book.batches
        path = InclusionPath(3, 1, merkle.inclusion_path(batch.leaves, 1))
        book.batches = [replace(batch, leaves=())]
        assert ask(book, Presented(codes=(made.code(path=path),))).verdict is Verdict.VALID
        assert ask(book, made.presented_code).verdict is Verdict.NOT_FOUND

    def test_the_earliest_batch_that_qualifies_counts(self) -> None:
        book, made = anchored()
        book.anchor(made.leaf, block=50)
        book.anchor(made.leaf, agency=STRANGER, block=20)
        book.suspended[AGENCY] = range(40, 60)
        report = ask(book, made.presented)
        assert report.verdict is Verdict.VALID
        assert report.subject.anchored is not None
        assert report.subject.anchored.block_number == 100


class TestForm:
    def test_what_could_not_be_read_is_unreadable(self) -> None:
        expect(ask(Book(), Presented(fault=Message("read.empty"))), Verdict.UNREADABLE, "form", "read.empty")
        expect(ask(Book(), Presented()), Verdict.UNREADABLE, "form", "form.nothing")

    def test_a_strangers_code_is_unsupported(self) -> None:
        expect(ask(Book(), Presented(foreign_codes=1)), Verdict.UNSUPPORTED, "form", "form.foreign_code")

    def test_two_attachments_are_altered(self) -> None:
        book, made = anchored()
        presented = Presented(certificates=(made.sd_jwt, paper(salt=b"2").sd_jwt), codes=(made.code(),))
        expect(ask(book, presented), Verdict.ALTERED, "form", "form.several_certificates")

    def test_two_codes_are_to_be_shown_one_by_one(self) -> None:
        book, made = anchored()
        presented = Presented(codes=(made.code(), paper(salt=b"2").code()))
        expect(ask(book, presented), Verdict.UNREADABLE, "form", "form.several_codes")

    @pytest.mark.parametrize("text", ["", "~", "eyJhbGciOiJub25lIn0.e30.~", "a.b.c~", "x" * 300_000])
    def test_a_spoilt_certificate_is_unreadable(self, text: str) -> None:
        expect(ask(Book(), Presented(certificates=(text,))), Verdict.UNREADABLE, "form", "form.malformed")

    @pytest.mark.parametrize(
        ("header", "verdict"),
        [
            ({"alg": "none", "kid": "x", "typ": "vc+sd-jwt"}, Verdict.ALTERED),
            ({"alg": "HS256", "kid": "x", "typ": "vc+sd-jwt"}, Verdict.ALTERED),
            ({"alg": "ES256", "kid": "x", "typ": "JWT"}, Verdict.UNSUPPORTED),
            ([], Verdict.UNREADABLE),
        ],
        ids=["none", "HS256", "JWT", "list"],
    )
    def test_what_says_it_is_ours_but_breaks_our_form_is_altered(self, header: object, verdict: Verdict) -> None:
        _, payload, rest = paper().sd_jwt.split(".")
        forged = f"{base64url.encode(json.dumps(header).encode())}.{payload}.{rest}"
        assert ask(Book(), Presented(certificates=(forged,))).verdict is verdict

    def test_a_header_with_a_member_twice_cannot_be_read(self) -> None:
        _, payload, rest = paper().sd_jwt.split(".")
        header = base64url.encode(b'{"alg":"ES256","alg":"none","kid":"x","typ":"vc+sd-jwt"}')
        presented = Presented(certificates=(f"{header}.{payload}.{rest}",))
        assert ask(Book(), presented).verdict is Verdict.UNREADABLE

    def test_a_whole_code_with_another_digit_is_altered_and_half_of_one_unreadable(self) -> None:
        book, made = anchored()
        url = made.code()
        for place in (len(url) // 2, -3):
            digit = "1" if url[place] == "0" else "0"
            forged = url[:place] + digit + url[place:][1:]
            assert ask(book, Presented(codes=(forged,))).verdict is Verdict.ALTERED
        assert ask(book, Presented(codes=(url[:250],))).verdict is Verdict.UNREADABLE

    @pytest.mark.parametrize("text", ["123", "https://verify.example.cn/v#1", "javascript:alert(1)"])
    def test_a_spoilt_code_is_unreadable(self, text: str) -> None:
        expect(ask(Book(), Presented(codes=(text,))), Verdict.UNREADABLE, "form", "form.malformed")

    @pytest.mark.parametrize("algorithm", ["none", "HS256"])
    def test_a_whole_certificate_that_breaks_the_form_is_altered(self, algorithm: str) -> None:
        book, made = anchored()
        header, _, rest = made.sd_jwt.partition(".")
        other = base64url.encode(base64url.decode(header).replace(b"ES256", algorithm.encode()))
        expect(ask(book, Presented(certificates=(f"{other}.{rest}",))), Verdict.ALTERED, "form", "form.malformed")

    def test_a_certificate_that_lost_its_end_is_unreadable(self) -> None:
        book, made = anchored()
        presented = Presented(certificates=(made.sd_jwt[:-1],))
        expect(ask(book, presented), Verdict.UNREADABLE, "form", "form.malformed")

    def test_a_token_whose_header_is_no_json_is_unreadable(self) -> None:
        presented = Presented(certificates=("AAAA.e30.AAAA~",))
        expect(ask(Book(), presented), Verdict.UNREADABLE, "form", "form.malformed")

    def test_a_whole_code_that_breaks_the_form_is_altered(self) -> None:
        host, _, number = paper().code().partition("#")
        members = cbor.decode(digits.decode(number))
        assert isinstance(members, list)
        forged = f"{host}#{digits.encode(cbor.encode([members[0], {4: b'a key of theirs'}, *members[2:]]))}"
        expect(ask(Book(), Presented(codes=(forged,))), Verdict.ALTERED, "form", "form.malformed")

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda number: number[:-1],
            lambda number: number[:-17],
            lambda number: number[: len(number) // 2],
            lambda number: number + "7",
            lambda number: number + "0" * 17,
            lambda number: number * 20,
            lambda _: "1" * 500,
            lambda _: "9" * 500,
            lambda _: digits.encode(cbor.encode([1, 2, 3])) + "0" * 17,
            lambda _: digits.encode(cbor.encode(7)),
        ],
        ids=[
            *("a digit less", "a group less", "half", "a digit more", "a group more"),
            *("twenty times", "ones", "nines", "left over", "another value"),
        ],
    )
    def test_a_code_that_lost_digits_or_has_too_many_accuses_nobody(self, spoil: Callable[[str], str]) -> None:
        host, _, number = paper().code().partition("#")
        presented = Presented(codes=(f"{host}#{spoil(number)}",))
        expect(ask(Book(), presented), Verdict.UNREADABLE, "form", "form.malformed")

    def test_a_mistyped_short_number_is_unreadable(self) -> None:
        presented = Presented(short_number="0000-0000-0000-01")
        expect(ask(Book(), presented), Verdict.UNREADABLE, "form", "form.short_number_malformed")

    def test_another_kind_of_token_is_unsupported(self) -> None:
        header = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IngifQ"
        presented = Presented(certificates=(f"{header}.e30.AAAA~",))
        expect(ask(Book(), presented), Verdict.UNSUPPORTED, "form", "form.unsupported")

    def test_a_type_that_we_do_not_know_is_unsupported(self) -> None:
        book, made = anchored()

        def nothing_known(number: int, version: int) -> None:
            raise CertificateTypeInvalid(f"got type {number}")

        for presented in (made.presented, made.presented_code):
            report = verify(presented, book, TODAY, name="", known_type=nothing_known)  # type: ignore[arg-type]
            expect(report, Verdict.UNSUPPORTED, "form", "form.unknown_type")
        report = verify(made.presented_short_number, book, TODAY, name="", known_type=nothing_known)  # type: ignore[arg-type]
        expect(report, Verdict.UNSUPPORTED, "inclusion", "form.unknown_type")

    def test_a_type_defined_otherwise_is_unsupported(self) -> None:
        other = replace(TYPE, digest=bytes(32))
        book, made = anchored(certificate_type=other)
        expect(ask(book, made.presented), Verdict.UNSUPPORTED, "form", "form.other_type_file")

    def test_a_claim_that_the_type_does_not_have_is_unsupported(self) -> None:
        book, made = anchored(claims={**CLAIMS, "rank": "甲级"})
        expect(ask(book, made.presented), Verdict.UNSUPPORTED, "form", "form.unknown_claim")

    def test_a_code_with_a_fact_too_many_is_unreadable(self) -> None:
        book, made = anchored(certificate_type=replace(TYPE, claims=TYPE.claims[:2]))
        expect(ask(book, made.presented_code), Verdict.UNREADABLE, "form", "form.facts")

    @pytest.mark.parametrize("claim", [claim.key for claim in TYPE.claims if claim.always and claim.required])
    def test_withholding_what_must_be_shown_is_incomplete(self, claim: str) -> None:
        book, made = anchored()
        presented = Presented(certificates=(certificate.present(made.sd_jwt, CLAIMS.keys() - {claim}),))
        expect(ask(book, presented), Verdict.INCOMPLETE, "form", "form.withheld")

    def test_an_optional_claim_that_was_never_made_is_not_missed(self) -> None:
        book, made = anchored(claims={**CLAIMS, "issuing_authority": "演示局"})
        assert "certificateIdentifier" not in CLAIMS
        presented = Presented(certificates=(certificate.present(made.sd_jwt, CLAIMS.keys()),))
        assert ask(book, presented).verdict is Verdict.VALID

    def test_an_optional_claim_that_must_be_shown_is_missed_even_if_it_says_that_there_is_none(self) -> None:
        book, made = anchored(claims={**CLAIMS, "issuing_authority": "演示局"})
        jws, *shown, _ = made.sd_jwt.split("~")
        kept = [each for each in shown if disclosures.parse(each).name != "certificateIdentifier"]
        assert len(kept) == len(shown) - 1
        presented = Presented(certificates=("~".join((jws, *kept, "")),))
        expect(ask(book, presented), Verdict.INCOMPLETE, "form", "form.withheld")

    @pytest.mark.parametrize("claim", ["company_name", "issuing_authority"])
    def test_only_what_may_be_absent_and_must_be_shown_is_stated_to_be_absent(self, claim: str) -> None:
        book, made = anchored(claims={**CLAIMS, claim: None})
        expect(ask(book, made.presented), Verdict.UNSUPPORTED, "form", "form.absent_claim")

    def test_a_disclosure_changed_foreign_or_twice_is_altered(self) -> None:
        book, made = anchored()
        other = paper(salt=b"2", claims={**CLAIMS, "company_name": "内蒙古演示另一公司"})
        jws, *disclosures, _ = made.sd_jwt.split("~")
        foreign = other.sd_jwt.split("~")[2]
        for forged in (
            [disclosures[0], foreign, *disclosures[2:]],
            [*disclosures, foreign],
            [*disclosures, disclosures[0]],
        ):
            presented = Presented(certificates=("~".join([jws, *forged, ""]),))
            expect(ask(book, presented), Verdict.ALTERED, "form", "form.altered")


class TestSignature:
    def test_a_key_that_the_registry_does_not_list_authorises_nothing(self) -> None:
        book, made = anchored(key=OTHER_KEY)
        for presented in (made.presented, made.presented_code):
            expect(ask(book, presented), Verdict.ISSUER_NOT_AUTHORISED, "signature", "signature.key_not_listed")

    def test_another_agencys_key_authorises_nothing(self) -> None:
        book, made = anchored(key=OTHER_KEY)
        book.listed_keys[STRANGER] = [listed(OTHER_KEY)]
        expect(ask(book, made.presented), Verdict.ISSUER_NOT_AUTHORISED, "signature", "signature.key_not_listed")

    def test_a_signature_that_does_not_fit_is_altered(self) -> None:
        book, made = anchored()
        thief = paper(claims={**CLAIMS, "company_name": "内蒙古演示盗用公司"})
        forged = "~".join(
            [
                made.sd_jwt.rsplit(".", 1)[0] + "." + thief.sd_jwt.split("~")[0].rsplit(".", 1)[1],
                *made.sd_jwt.split("~")[1:],
            ]
        )
        expect(ask(book, Presented(certificates=(forged,))), Verdict.ALTERED, "signature", "signature.bad")
        report = ask(book, Presented(codes=(made.code(key=OTHER_KEY),)))
        expect(report, Verdict.ALTERED, "signature", "signature.bad")

    def test_keys_that_share_their_first_bytes_are_all_tried(self) -> None:
        book, made = anchored()
        namesake = replace(listed(OTHER_KEY), kid=kid(KEY)[:8] + bytes(24))
        book.listed_keys[AGENCY] = [namesake, listed(KEY)]
        assert ask(book, made.presented_code).verdict is Verdict.VALID

    def test_facts_changed_and_signed_with_a_stolen_key_were_never_anchored(self) -> None:
        book, _ = anchored()
        forged = paper(claims={**CLAIMS, "company_name": "内蒙古演示盗用公司"})
        for presented in (forged.presented, forged.presented_code, forged.presented_short_number):
            assert ask(book, presented).verdict is Verdict.NOT_FOUND

    def test_another_registrys_certificate_is_unsupported(self) -> None:
        book, _ = anchored()
        for made in (paper(registry_id=sha256(b"another").digest()), paper(chain_id=1)):
            expect(ask(book, made.presented), Verdict.UNSUPPORTED, "signature", "signature.other_registry")

    def test_another_registrys_code_does_not_verify(self) -> None:
        book, made = anchored(registry_id=sha256(b"another").digest())
        expect(ask(book, made.presented_code), Verdict.ALTERED, "signature", "signature.bad")


class TestInclusion:
    def test_what_nobody_anchored_is_not_found(self) -> None:
        expect(ask(Book(), paper().presented), Verdict.NOT_FOUND, "inclusion", "inclusion.none")
        report = ask(Book(), paper().presented_short_number)
        expect(report, Verdict.NOT_FOUND, "inclusion", "inclusion.short_number_unknown")

    def test_what_another_agency_anchored_is_not_found(self) -> None:
        made = paper()
        book = Book()
        book.anchor(made.leaf, agency=STRANGER)
        expect(ask(book, made.presented), Verdict.NOT_FOUND, "inclusion", "inclusion.other_agency")

    def test_an_inner_node_is_no_leaf(self) -> None:
        book, _made = anchored()
        (batch,) = book.batches
        node = merkle.root(batch.leaves[:2])
        assert not book.batches_with(node)
        path = InclusionPath(2, 0, (batch.leaves[2],))
        report = ask(book, Presented(codes=(paper(salt=b"2").code(path=path),)))
        expect(report, Verdict.NOT_FOUND, "inclusion", "inclusion.none")

    @pytest.mark.parametrize(
        "path",
        [InclusionPath(3, 1, (bytes(32), bytes(32))), InclusionPath(3, 1, ()), InclusionPath(2, 1, (bytes(32),))],
    )
    def test_a_path_that_leads_elsewhere_is_altered(self, path: InclusionPath) -> None:
        book, made = anchored()
        expect(ask(book, Presented(codes=(made.code(path=path),))), Verdict.ALTERED, "inclusion", "inclusion.path")

    def test_the_right_hashes_in_a_tree_of_another_size_are_altered(self) -> None:
        book, made = anchored()
        (batch,) = book.batches
        book.batches = [replace(batch, size=4)]
        path = InclusionPath(3, 1, merkle.inclusion_path(batch.leaves, 1))
        expect(ask(book, Presented(codes=(made.code(path=path),))), Verdict.ALTERED, "inclusion", "inclusion.path")

    def test_an_index_that_contradicts_itself_cannot_check(self) -> None:
        book, made = anchored()
        book.batches = [replace(book.batches[0], root=bytes(32))]
        for presented in (made.presented, made.presented_short_number):
            report = ask(book, presented)
            assert report.verdict is Verdict.CANNOT_CHECK
            assert check(report, "inclusion").message.key == "inclusion.index_contradicts_itself"

    def test_a_short_number_of_two_leaves_cannot_be_checked(self) -> None:
        book, made = anchored()
        twin = made.leaf[:8] + bytes(24)
        book.anchor(twin)
        report = ask(book, made.presented_short_number)
        assert report.verdict is Verdict.CANNOT_CHECK
        assert check(report, "inclusion").message.key == "inclusion.short_number_ambiguous"

    def test_a_short_number_anchored_by_two_agencies_cannot_be_checked(self) -> None:
        book, made = anchored()
        book.anchor(made.leaf, agency=STRANGER, block=20)
        assert ask(book, made.presented_short_number).verdict is Verdict.CANNOT_CHECK
        assert ask(book, made.presented).verdict is Verdict.VALID


class TestAnchoring:
    @pytest.mark.parametrize("agency", [AGENCY, PARENT])
    def test_an_agency_suspended_then_could_not_issue(self, agency: int) -> None:
        book, made = anchored()
        book.suspended[agency] = range(90, 110)
        expect(ask(book, made.presented), Verdict.ISSUER_NOT_AUTHORISED, "anchoring", "anchoring.suspended")

    @pytest.mark.parametrize("agency", [AGENCY, PARENT])
    def test_an_agency_without_the_type_could_not_issue(self, agency: int) -> None:
        book, made = anchored()
        book.without_type[agency] = range(90, 110)
        expect(ask(book, made.presented), Verdict.ISSUER_NOT_AUTHORISED, "anchoring", "anchoring.type_not_held")

    def test_an_agency_suspended_later_could(self) -> None:
        book, made = anchored()
        book.suspended[AGENCY] = range(101, 200)
        assert ask(book, made.presented).verdict is Verdict.VALID

    @pytest.mark.parametrize("changes", [{"version": 2}, {"certificate_type": 4}])
    def test_a_batch_of_another_type_or_version_does_not_count(self, changes: dict[str, int]) -> None:
        made = paper()
        book = Book()
        book.anchor(made.leaf, **changes)
        expect(ask(book, made.presented), Verdict.ISSUER_NOT_AUTHORISED, "anchoring", "anchoring.other_type")

    @pytest.mark.parametrize("digest", [None, bytes(32)])
    def test_a_type_that_the_registry_does_not_know_so_does_not_count(self, digest: bytes | None) -> None:
        book, made = anchored()
        book.digests = {} if digest is None else {(TYPE.number, TYPE.version): digest}
        report = ask(book, made.presented)
        expect(report, Verdict.ISSUER_NOT_AUTHORISED, "anchoring", "anchoring.type_not_registered")

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"cut_off_block": 100}, "anchoring.key_cut_off"),
            ({"cut_off_block": 1}, "anchoring.key_cut_off"),
            ({"listed_at_block": 101}, "anchoring.key_listed_later"),
            ({"valid_from": ANCHORED_AT + 1}, "anchoring.key_out_of_date"),
            ({"valid_until": ANCHORED_AT}, "anchoring.key_out_of_date"),
        ],
    )
    def test_a_key_that_did_not_count_authorises_nothing(self, changes: dict[str, int], key: str) -> None:
        book, made = anchored()
        book.listed_keys[AGENCY] = [replace(listed(KEY), **changes)]
        for presented in (made.presented, made.presented_code):
            expect(ask(book, presented), Verdict.ISSUER_NOT_AUTHORISED, "anchoring", key)

    @pytest.mark.parametrize(
        "changes",
        [
            {"cut_off_block": 101},
            {"listed_at_block": 100},
            {"valid_from": ANCHORED_AT},
            {"valid_until": ANCHORED_AT + 1},
        ],
    )
    def test_a_key_counts_to_the_last_block_and_second(self, changes: dict[str, int]) -> None:
        book, made = anchored()
        book.listed_keys[AGENCY] = [replace(listed(KEY), **changes)]
        assert ask(book, made.presented).verdict is Verdict.VALID

    def test_a_block_that_is_not_final_is_pending(self) -> None:
        made = paper()
        book = Book(confirmations=2)
        book.anchor(made.leaf, block=199)
        report = ask(book, made.presented)
        expect(report, Verdict.PENDING, "anchoring", "anchoring.pending")
        assert check(report, "anchoring").message.arguments["missing"] == 1
        book.confirmations = 1
        assert ask(book, made.presented).verdict is Verdict.VALID

    def test_nothing_is_called_registered_before_its_block_is_final(self) -> None:
        made = paper()
        book = Book(confirmations=2)
        day = today(datetime.fromtimestamp(book.anchor(made.leaf, block=199).timestamp, UTC))
        before = on((day - timedelta(days=1)).isoformat())
        pending = ask(book, made.presented, before)
        assert (pending.verdict, pending.subject.anchored is None) == (Verdict.PENDING, False)
        book.confirmations = 1
        settled = ask(book, made.presented, before)
        assert (pending.registered_later, settled.registered_later) == (None, day)
        for report, registered in ((pending, None), (settled, day)):
            finding = receipt_finding.of_report(report, bytes(32), identity=book.identity, checkpoint=None)
            assert finding is not None
            assert finding.receipt.registered_on == registered
        assert ask(book, made.presented, on(day.isoformat())).registered_later is None

    def test_a_receipt_of_a_clock_behind_the_chains_is_one_all_the_same(self) -> None:
        book, made = anchored()
        day = today(datetime.fromtimestamp(ANCHORED_AT, UTC))
        report = ask(book, made.presented, on((day - timedelta(days=1)).isoformat()))
        behind = replace(report, checked_at=datetime.fromtimestamp(ANCHORED_AT, UTC) - timedelta(days=1))
        finding = receipt_finding.of_report(behind, bytes(32), identity=book.identity, checkpoint=None)
        assert finding is not None
        assert finding.receipt.registered_on is None

    @pytest.mark.parametrize("known", [{}, {AGENCY}, {PARENT}])
    def test_unless_all_above_an_agency_are_known_nobody_knows_whether_it_could_issue(self, known: set[int]) -> None:
        book, made = anchored()
        book.agencies = {number: record for number, record in book.agencies.items() if number in known}
        for presented in (made.presented, made.presented_code, made.presented_short_number):
            report = ask(book, presented)
            assert report.verdict is Verdict.CANNOT_CHECK
            assert check(report, "anchoring").outcome is Outcome.UNKNOWN
            assert report.subject.agency is None

    def test_an_agency_in_a_circle_is_neither_followed_for_ever_nor_believed(self) -> None:
        book, made = anchored()
        book.agencies[PARENT] = AgencyRecord(PARENT, AGENCY, "", "演示")
        report = ask(book, made.presented)
        assert report.verdict is Verdict.CANNOT_CHECK
        assert check(report, "anchoring").message.key == "inclusion.index_contradicts_itself"

    @pytest.mark.parametrize(("levels", "verdict"), [(5, Verdict.VALID), (6, Verdict.CANNOT_CHECK)])
    def test_agencies_have_five_levels_at_most(self, levels: int, verdict: Verdict) -> None:
        book, made = anchored()
        above = [AGENCY, *range(10, 9 + levels), 0]
        for number, parent in pairwise(above):
            book.agencies[number] = AgencyRecord(number, parent, "", "演示")
        assert ask(book, made.presented).verdict is verdict


FINAL = (Track.RESCINDED, Track.REVOKED, Track.WITHDRAWN, Track.CANCELLED, Track.REPLACED)
JUNE = date(2026, 6, 1)


class TestStatus:
    @pytest.mark.parametrize(
        ("track", "verdict"),
        [
            (Track.RESCINDED, Verdict.RESCINDED),
            (Track.REVOKED, Verdict.REVOKED),
            (Track.WITHDRAWN, Verdict.WITHDRAWN),
            (Track.CANCELLED, Verdict.CANCELLED),
            (Track.REPLACED, Verdict.REPLACED),
            (Track.SUSPENSION, Verdict.SUSPENDED),
            (Track.LOSS, Verdict.LOST),
        ],
    )
    def test_each_track_speaks_against_a_certificate(self, track: Track, verdict: Verdict) -> None:
        book, made = anchored()
        book.record(made.leaf, track)
        for presented in (made.presented, made.presented_code, made.presented_short_number):
            expect(ask(book, presented), verdict, "status", "status.against")
        expect(ask(book, made.presented, on("2026-06-01")), verdict, "status", "status.against")
        before = ask(book, made.presented, on("2026-05-31"))
        assert before.verdict is (Verdict.RESCINDED if track is Track.RESCINDED else Verdict.VALID)

    def test_the_gravest_in_force_decides_and_all_are_told(self) -> None:
        book, made = anchored()
        for track in reversed(FINAL):
            book.record(made.leaf, track)
        report = ask(book, made.presented)
        expect(report, Verdict.RESCINDED, "status", "status.against")
        assert check(report, "status").message.arguments["words"] == TYPE.status_words[Track.RESCINDED]
        assert {status.track for status in report.subject.statuses} == set(FINAL)
        assert all(status.in_force for status in report.subject.statuses)

    def test_a_status_from_a_later_hour_does_not_count_yet(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.REVOKED, from_hour=hour_of(NOW) + 1)
        report = ask(book, made.presented)
        assert report.verdict is Verdict.VALID
        assert [status.in_force for status in report.subject.statuses] == [False]
        assert ask(book, made.presented, moment(None, NOW + timedelta(hours=1))).verdict is Verdict.REVOKED

    def test_a_suspension_ends_by_itself_to_the_hour(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.SUSPENSION, until_hour=hour_of(NOW) + 1)
        assert ask(book, made.presented).verdict is Verdict.SUSPENDED
        assert ask(book, made.presented, moment(None, NOW + timedelta(hours=1))).verdict is Verdict.VALID

    def test_any_hour_of_a_past_day_counts(self) -> None:
        book, made = anchored()
        start = first_hour(JUNE) + 23
        book.record(made.leaf, Track.SUSPENSION, from_hour=start, until_hour=start + 2)
        verdicts = [
            ask(book, made.presented, on(day)).verdict
            for day in ("2026-05-31", "2026-06-01", "2026-06-02", "2026-06-03")
        ]
        assert verdicts == [Verdict.VALID, Verdict.SUSPENDED, Verdict.SUSPENDED, Verdict.VALID]

    def test_a_suspension_that_was_lifted_still_answers_for_its_days(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.SUSPENSION)
        lifted = int(datetime(2026, 6, 10, 2, tzinfo=UTC).timestamp())
        book.record(made.leaf, Track.SUSPENSION, from_hour=0, timestamp=lifted)
        assert ask(book, made.presented).verdict is Verdict.VALID
        assert ask(book, made.presented, on("2026-06-05")).verdict is Verdict.SUSPENDED
        assert ask(book, made.presented, on("2026-06-10")).verdict is Verdict.SUSPENDED
        assert ask(book, made.presented, on("2026-06-11")).verdict is Verdict.VALID

    def test_a_rescission_that_was_lifted_counts_for_no_day(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.RESCINDED)
        book.record(made.leaf, Track.RESCINDED, from_hour=0, timestamp=int(NOW.timestamp()) - 9999)
        for when in (TODAY, on("2026-06-05")):
            assert ask(book, made.presented, when).verdict is Verdict.VALID

    def test_a_rescission_counts_before_its_own_date(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.RESCINDED, from_hour=hour_of(NOW) + 1000)
        assert ask(book, made.presented).verdict is Verdict.RESCINDED

    @pytest.mark.parametrize("track", [*FINAL, Track.LOSS, Track.SUSPENSION])
    def test_lifting_an_entry_counts_when_that_is_final(self, track: Track) -> None:
        book, made = anchored()
        book.confirmations = 12
        book.record(made.leaf, track)
        book.record(made.leaf, track, from_hour=0, place=Place(189, 0), timestamp=int(NOW.timestamp()) - 9999)
        for presented in (made.presented, made.presented_short_number):
            expect(ask(book, presented), VERDICTS[track], "status", "status.against")
        statuses = ask(book, made.presented).subject.statuses
        assert [status.in_force for status in statuses] == [True, False]
        book.confirmations = 11
        assert ask(book, made.presented).verdict is Verdict.VALID

    def test_an_entry_made_and_lifted_in_blocks_that_are_not_final_counts_until_then(self) -> None:
        """The chain may go on from the block between the two."""
        book, made = anchored()
        book.confirmations = 12
        book.record(made.leaf, Track.REVOKED, place=Place(195, 0))
        book.record(made.leaf, Track.REVOKED, from_hour=0, place=Place(196, 0), timestamp=int(NOW.timestamp()))
        assert ask(book, made.presented).verdict is Verdict.REVOKED
        book.confirmations = 4
        assert ask(book, made.presented).verdict is Verdict.VALID

    def test_a_shorter_suspension_counts_when_that_is_final_and_a_longer_one_at_once(self) -> None:
        book, made = anchored()
        book.confirmations = 12
        now = int(NOW.timestamp()) - 9999
        book.record(made.leaf, Track.SUSPENSION, until_hour=hour_of(NOW) + 9)
        book.record(made.leaf, Track.SUSPENSION, until_hour=hour_of(NOW), place=Place(199, 0), timestamp=now)
        assert ask(book, made.presented).verdict is Verdict.SUSPENDED
        book.confirmations = 1
        assert ask(book, made.presented).verdict is Verdict.VALID
        book.confirmations = 12
        book.record(made.leaf, Track.SUSPENSION, until_hour=hour_of(NOW) + 99, place=Place(200, 0), timestamp=now)
        assert ask(book, made.presented, moment(None, NOW + timedelta(hours=50))).verdict is Verdict.SUSPENDED

    def test_a_replacement_that_is_being_lifted_is_named_until_that_is_final(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.REPLACED, new_leaf=bytes(32))
        book.record(made.leaf, Track.REPLACED, from_hour=0, place=Place(200, 0))
        assert ask(book, made.presented).subject.replaced_by is not None
        book.confirmations = 0
        assert ask(book, made.presented).subject.replaced_by is None

    def test_another_agencys_entry_does_not_count(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.REVOKED, agency=STRANGER)
        assert ask(book, made.presented).verdict is Verdict.VALID

    def test_a_replaced_certificate_names_its_successor(self) -> None:
        book, made = anchored()
        successor = paper(salt=b"2")
        book.anchor(successor.leaf)
        book.record(made.leaf, Track.REPLACED, new_leaf=successor.leaf)
        replaced_by = ask(book, made.presented).subject.replaced_by
        assert replaced_by is not None
        assert replaced_by.short_number == code.short_number(successor.leaf)

    def test_a_replacement_set_by_hand_names_none(self) -> None:
        book, made = anchored()
        book.record(made.leaf, Track.REPLACED, actor=0)
        report = ask(book, made.presented)
        assert report.subject.replaced_by is None
        assert report.subject.statuses[0].decided_by is None


class TestValidity:
    def test_days_are_days_in_china_and_the_last_one_is_included(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 6, 1), date(2026, 6, 30)))
        expected = {
            "2026-05-31": Verdict.NOT_YET_VALID,
            "2026-06-01": Verdict.VALID,
            "2026-06-30": Verdict.VALID,
            "2026-07-01": Verdict.EXPIRED,
        }
        assert {day: ask(book, made.presented_code, on(day)).verdict for day in expected} == expected

    def test_a_pending_renewal_keeps_an_expired_certificate_alive(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 10, 31)))
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=first_hour(date(2026, 12, 1)))
        report = ask(book, made.presented_code)
        expect(report, Verdict.RENEWAL_PENDING, "validity", "validity.renewal_pending")
        assert check(report, "validity").message.arguments["until"] == date(2026, 11, 30)
        assert ask(book, made.presented_code, on("2026-10-31")).verdict is Verdict.VALID

    def test_a_renewal_that_is_no_longer_pending_does_not(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 10, 31)))
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=first_hour(date(2026, 11, 21)))
        assert ask(book, made.presented_code).verdict is Verdict.EXPIRED
        assert ask(book, made.presented_code, on("2026-11-20")).verdict is Verdict.RENEWAL_PENDING

    @pytest.mark.parametrize(("confirmations", "verdict"), [(4, Verdict.EXPIRED), (3, Verdict.RENEWAL_PENDING)])
    def test_a_renewal_is_pending_when_that_is_final(self, confirmations: int, verdict: Verdict) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 10, 31)))
        book.confirmations = confirmations
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=hour_of(NOW) + 9, place=Place(197, 0))
        report = ask(book, made.presented)
        assert report.verdict is verdict
        assert [status.in_force for status in report.subject.statuses] == [verdict is Verdict.RENEWAL_PENDING]

    def test_a_renewal_that_was_lifted_is_no_longer_pending_at_once(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 10, 31)))
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=hour_of(NOW) + 9)
        lifted = int(NOW.timestamp())
        book.record(made.leaf, Track.RENEWAL_PENDING, from_hour=0, place=Place(200, 0), timestamp=lifted)
        assert ask(book, made.presented).verdict is Verdict.EXPIRED
        assert ask(book, made.presented, on("2026-11-20")).verdict is Verdict.RENEWAL_PENDING

    @pytest.mark.parametrize("hours", [5, 20])
    def test_a_renewal_moved_to_another_end_is_pending_until_the_earlier_of_them(self, hours: int) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 10, 31)))
        now = int(NOW.timestamp())
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=hour_of(NOW) + 10)
        end = hour_of(NOW) + hours
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=end, place=Place(200, 0), timestamp=now)
        assert ask(book, made.presented).verdict is Verdict.RENEWAL_PENDING
        for ahead, verdict in ((min(hours, 10) - 1, Verdict.RENEWAL_PENDING), (min(hours, 10), Verdict.EXPIRED)):
            assert ask(book, made.presented, moment(None, NOW + timedelta(hours=ahead))).verdict is verdict

    def test_a_renewal_that_was_prolonged_for_good_answers_for_all_its_days(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 10, 31)))
        recorded = int(datetime(2026, 11, 10, tzinfo=UTC).timestamp())
        book.record(made.leaf, Track.RENEWAL_PENDING, until_hour=first_hour(date(2026, 11, 20)))
        end = first_hour(date(2026, 12, 1))
        later = first_hour(date(2026, 11, 11))
        book.record(made.leaf, Track.RENEWAL_PENDING, from_hour=later, until_hour=end, timestamp=recorded)
        for day in (on("2026-11-05"), on("2026-11-15"), TODAY):
            assert ask(book, made.presented, day).verdict is Verdict.RENEWAL_PENDING

    def test_revoked_goes_before_expired(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 10, 31)))
        book.record(made.leaf, Track.REVOKED)
        assert ask(book, made.presented_code).verdict is Verdict.REVOKED


class TestRegistry:
    @pytest.mark.parametrize("known", [True, False])
    def test_a_registry_in_doubt_is_unknown_not_failed(self, *, known: bool) -> None:
        book, made = anchored()
        book.why_doubt = Message("registry.behind", {"age": 99, "limit": 30})
        for presented in (made.presented, made.presented_code, made.presented_short_number, made.presented_document()):
            report = ask(book if known else None, presented)
            assert report.verdict is Verdict.CANNOT_CHECK
            unknown = [check.name for check in report.checks if check.outcome is Outcome.UNKNOWN]
            assert unknown == ["signature", "inclusion", "anchoring", "status"]
            assert (report.register is not None) == known

    def test_what_cannot_be_read_stays_unreadable_while_the_registry_is_silent(self) -> None:
        report = ask(None, Presented())
        assert report.verdict is Verdict.UNREADABLE
        assert check(report, "status").outcome is Outcome.UNKNOWN

    def test_altered_is_not_said_while_the_registry_is_silent(self) -> None:
        book, made = anchored()
        book.why_doubt = Message("registry.behind", {"age": 99, "limit": 30})
        assert ask(book, made.presented_document("nothing of it")).verdict is Verdict.CANNOT_CHECK

    def test_the_unforeseen_cannot_be_checked(self) -> None:
        report = unforeseen(TODAY, name="a paper", request_id="7")
        assert report.verdict is Verdict.CANNOT_CHECK
        assert (report.input, report.request_id) == ("a paper", "7")


class TestDocument:
    def document(self, made: Paper, **changes: object) -> Presented:
        presented = made.presented_document()
        return replace(presented, **changes)  # type: ignore[arg-type]

    def test_a_page_that_says_something_else_is_altered(self) -> None:
        book, made = anchored()
        page = made.presented_document().document
        assert page is not None
        forged = page.pages[0].replace("演示长城", "演示盗用")
        report = ask(book, made.presented_document(forged))
        expect(report, Verdict.ALTERED, "document", "document.text")
        (difference,) = report.differences
        assert difference.signed == CLAIMS["company_name"]
        assert difference.shown.startswith("内蒙古演示盗用建筑工程有限责任公司")
        assert difference.what["zh-CN"] == TYPE.claim("company_name").labels["zh-CN"]

    def test_a_missing_label_leaves_nothing_to_quote(self) -> None:
        book, made = anchored()
        report = ask(book, made.presented_document("nothing of it"))
        assert {difference.shown for difference in report.differences} == {""}

    def test_how_a_page_is_set_does_not_matter(self) -> None:
        book, made = anchored()
        page = made.presented_document().document
        assert page is not None
        spaced = "\n".join(page.pages[0]).replace("0", "０")
        assert ask(book, made.presented_document(spaced)).verdict is Verdict.VALID

    def test_a_claim_may_go_on_on_the_next_page(self) -> None:
        book, made = anchored()
        page = made.presented_document().document
        assert page is not None
        for added, verdict in (("", Verdict.VALID), ("控股", Verdict.ALTERED)):
            place = page.pages[0].index("内蒙古演示长城") + 8
            pages = (page.pages[0][:place], added + page.pages[0][place:])
            presented = self.document(made, document=Document(pages=pages, annotations=0))
            assert ask(book, presented).verdict is verdict

    def test_notes_laid_over_the_page_are_altered(self) -> None:
        book, made = anchored()
        page = made.presented_document().document
        assert page is not None
        presented = self.document(made, document=replace(page, annotations=1))
        expect(ask(book, presented), Verdict.ALTERED, "document", "document.annotations")

    @pytest.mark.parametrize("kind", ["active", "attachments"])
    def test_what_was_put_into_a_document_is_altered(self, kind: str) -> None:
        book, made = anchored()
        page = made.presented_document().document
        assert page is not None
        presented = self.document(made, document=replace(page, **{kind: 1}))
        expect(ask(book, presented), Verdict.ALTERED, "document", f"document.{kind}")

    def test_somebody_elses_code_on_a_document_is_altered(self) -> None:
        book, made = anchored()
        presented = self.document(made, foreign_codes=1)
        expect(ask(book, presented), Verdict.ALTERED, "document", "document.foreign_codes")

    def test_somebody_elses_code_on_a_picture_is_remarked(self) -> None:
        book, made = anchored()
        scan = Document(pages=("",), annotations=0)
        for document in (None, scan):
            report = ask(book, Presented(codes=(made.code(),), foreign_codes=1, document=document))
            assert report.verdict is Verdict.VALID
            assert check(report, "document").message.key == "document.other_codes"

    def test_a_document_that_our_typesetter_did_not_make_is_incomplete(self) -> None:
        book, made = anchored()
        page = made.presented_document().document
        assert page is not None
        foreign = replace(page, foreign="fonts")
        report = ask(book, self.document(made, document=foreign))
        assert report.verdict is Verdict.INCOMPLETE
        assert check(report, "document").outcome is Outcome.UNKNOWN
        assert check(report, "document").message.key == "document.foreign"
        other = replace(foreign, pages=(page.pages[0].replace("演示长城", "演示盗用"),))
        assert ask(book, self.document(made, document=other)).verdict is Verdict.ALTERED

    def test_a_document_that_leads_to_a_site_that_is_not_official_is_altered(self) -> None:
        book, made = anchored()
        book.hosts = ["verify.gov.example", "verify.example.org"]
        report = ask(book, made.presented_document())
        expect(report, Verdict.ALTERED, "document", "document.led_elsewhere")
        (difference,) = report.differences
        assert (difference.signed, difference.shown) == ("verify.gov.example, verify.example.org", "verify.example.cn")
        book.hosts.append("Verify.Example.CN")
        assert ask(book, made.presented_document()).verdict is Verdict.VALID

    def test_a_code_that_leads_to_a_site_that_is_not_official_is_incomplete(self) -> None:
        book, made = anchored()
        book.hosts = ["verify.gov.example"]
        scan = Presented(codes=(made.code(),), document=Document(pages=("",), annotations=0))
        for presented in (made.presented_code, scan):
            expect(ask(book, presented), Verdict.INCOMPLETE, "document", "document.led_elsewhere")
        digits_alone = Presented(codes=(made.code().partition("#")[2],))
        assert ask(book, digits_alone).verdict is Verdict.VALID

    def test_a_page_without_a_code_is_altered(self) -> None:
        book, made = anchored()
        expect(ask(book, self.document(made, codes=())), Verdict.ALTERED, "document", "document.no_code")

    def test_a_page_with_two_codes_is_altered(self) -> None:
        book, made = anchored()
        codes = (made.code(), paper(salt=b"2").code())
        expect(ask(book, self.document(made, codes=codes)), Verdict.ALTERED, "document", "document.several_codes")

    def test_a_page_with_a_spoilt_code_is_altered(self) -> None:
        book, made = anchored()
        presented = self.document(made, codes=("https://verify.example.cn/v#123",))
        expect(ask(book, presented), Verdict.ALTERED, "document", "document.code_malformed")

    def test_a_page_with_another_genuine_code_is_altered(self) -> None:
        book, made = anchored()
        other = paper(
            salt=b"2",
            claims={**CLAIMS, "company_name": "内蒙古演示另一公司"},
            validity=Validity(date(2026, 1, 1), None),
        )
        book.anchor(other.leaf)
        report = ask(book, self.document(made, codes=(other.code(),)))
        expect(report, Verdict.ALTERED, "document", "document.other_code")
        assert [(difference.signed, difference.shown) for difference in report.differences] == [
            (CLAIMS["company_name"], "内蒙古演示另一公司"),
            ("2028-12-31", "-"),
        ]

    def test_a_page_whose_code_another_key_signed_is_altered(self) -> None:
        book, made = anchored()
        presented = self.document(made, codes=(made.code(key=OTHER_KEY),))
        expect(ask(book, presented), Verdict.ALTERED, "document", "document.code_signature")

    def test_the_codes_signature_waits_for_a_key(self) -> None:
        book, made = anchored(key=OTHER_KEY)
        report = ask(book, made.presented_document())
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED
        assert check(report, "document").outcome is Outcome.PASSED

    def test_a_page_whose_text_was_taken_away_is_altered(self) -> None:
        book, made = anchored()
        expect(ask(book, made.presented_document(" \n")), Verdict.ALTERED, "document", "document.no_text")

    def test_a_scan_is_compared_by_eye(self) -> None:
        book, made = anchored()
        report = ask(book, self.document(made, certificates=(), document=Document(pages=("",), annotations=0)))
        assert report.verdict is Verdict.VALID
        assert check(report, "document").message.key == "document.scan"

    def test_a_genuine_code_on_an_altered_page_without_attachment_is_altered(self) -> None:
        book, made = anchored()
        assert ask(book, self.document(made, certificates=())).verdict is Verdict.INCOMPLETE
        page = made.presented_document().document
        assert page is not None
        for old, new in (("演示长城", "演示盗用"), ("2028年12月31日", "2029年12月31日"), ("000123", "000124")):
            forged = Document(pages=(page.pages[0].replace(old, new),), annotations=0)
            report = ask(book, self.document(made, certificates=(), document=forged))
            expect(report, Verdict.ALTERED, "document", "document.text")


def test_a_code_of_an_old_place_is_looked_up_by_position() -> None:
    """Places on the chain are ordered by block, then by log."""
    assert Place(1, 9) < Place(2, 0) < Place(2, 1)
