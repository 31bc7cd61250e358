"""Receipts: what they say, whose are believed, and that none is ever taken for a certificate."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from chain import base64url, keys, strict_json
from chain.errors import InvalidInput
from chain.events import Track
from tests import sealed
from tests.verifier.book import IDENTITY, KEY, NOW, OTHER_KEY, TODAY, anchored, paper
from verifier import offline
from verifier.answer import as_json
from verifier.attesting import Attester
from verifier.check import receipt_check, receipts, verification
from verifier.check.knowledge import Head, Place, StatusRecord
from verifier.check.moments import moment
from verifier.check.presented import Presented
from verifier.check.receipts import BlockNamed, Receipt, ReceiptMalformed, ReceiptUnsupported
from verifier.check.report import CheckName, Outcome, Verdict
from verifier.receipt import finding as receipt_finding
from verifier.receipt.finding import LIFETIME_S, SealBroken
from verifier.uploads import reading
from verifier.wording import Language

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verifier.book import Book
    from verifier.check.receipt_check import ReceiptReport
    from verifier.check.report import Report
    from verifier.receipt.finding import Finding

ATTESTER = Attester(keys.PublicKey.of(KEY), keys.signer(KEY))
STRANGER = Attester(keys.PublicKey.of(OTHER_KEY), keys.signer(OTHER_KEY))
HANDED_IN = sha256(b"what was handed in").digest()
CHECKPOINT = BlockNamed(190, sha256(b"block 190").digest())
KNOWN = receipt_check.vouchers(identity=IDENTITY, own=ATTESTER.public)


def book_and_report() -> tuple[Book, Report]:
    book, made = anchored()
    book.head = Head(200, int(NOW.timestamp()) - 2, sha256(b"block 200").digest())
    return book, verification.verify(Presented(certificates=(made.sd_jwt,)), book, TODAY, name="a file")


def found(report: Report) -> Finding:
    finding = receipt_finding.of_report(report, HANDED_IN, identity=None, checkpoint=CHECKPOINT)
    assert finding is not None
    return finding


def receipt(**changes: Any) -> Receipt:  # noqa: ANN401 (fields)
    _, report = book_and_report()
    return replace(found(report).receipt, **{"id": bytes(range(16)), **changes})


def checked(text: str, *, now: datetime = NOW, known: receipt_check.Vouchers = KNOWN) -> ReceiptReport:
    return receipt_check.report(reading.read_text(text), known, moment(None, now), name="a receipt")


def said(report: Report, name: CheckName) -> tuple[Outcome, str]:
    check = next(check for check in report.checks if check.name is name)
    return check.outcome, check.message.key


def resigned(jws: str, *, header: dict[str, Any] | None = None, **changes: Any) -> str:  # noqa: ANN401 (members)
    """Return a receipt with other members, signed well; None leaves one out."""
    parts = [json.loads(base64url.decode(part)) for part in jws.split(".")[:2]]
    payload = {name: value for name, value in {**parts[1], **changes}.items() if value is not None}
    signing_input = ".".join(
        base64url.encode(strict_json.serialise(part)) for part in ({**parts[0], **(header or {})}, payload)
    )
    return f"{signing_input}.{base64url.encode(ATTESTER.sign(signing_input.encode()))}"


class TestWhatItSays:
    def test_all_of_it_comes_back(self) -> None:
        made = receipt(asked_by="呼和浩特演示建材有限公司")
        signed = receipts.parse(receipts.sign(made, ATTESTER))
        assert signed.receipt == made
        assert (made.verdict, made.block, made.checkpoint) == (
            Verdict.VALID,
            BlockNamed(200, sha256(b"block 200").digest()),
            CHECKPOINT,
        )
        signed.verify(ATTESTER.public)

    def test_it_holds_nothing_of_the_holder_but_the_leaf(self) -> None:
        _, report = book_and_report()
        payload = base64url.decode(receipts.sign(receipt(), ATTESTER).split(".")[1]).decode()
        assert report.subject.leaf is not None
        assert report.subject.leaf.hex() in payload
        for item in report.subject.items:
            for text in item.texts.values():
                assert text not in payload

    def test_any_jose_library_verifies_it(self) -> None:
        from jwcrypto import jwk, jws  # noqa: PLC0415 (only here)

        token = jws.JWS()
        token.deserialize(receipts.sign(receipt(), ATTESTER))
        token.verify(jwk.JWK(**ATTESTER.public.jwk()))
        assert json.loads(token.payload)["verdict"] == "VALID"

    @pytest.mark.parametrize("name", ["x" * 121, " x", "a\nb", "a\u202eb", "a\u200bb", "\ud800"])
    def test_a_name_that_cannot_be_shown_is_refused(self, name: str) -> None:
        with pytest.raises(InvalidInput, match="asked_by"):
            receipt(asked_by=name)

    def test_there_is_none_for_what_could_not_be_read(self) -> None:
        with pytest.raises(InvalidInput, match="could be read"):
            receipt(verdict=Verdict.UNREADABLE)
        report = verification.verify(Presented(), anchored()[0], TODAY, name="")
        assert receipt_finding.of_report(report, HANDED_IN, identity=IDENTITY, checkpoint=None) is None

    def test_where_the_register_is_unknown_it_says_so(self) -> None:
        report = verification.unforeseen(TODAY, name="")
        assert receipt_finding.of_report(report, HANDED_IN, identity=None, checkpoint=None) is None
        finding = receipt_finding.of_report(report, HANDED_IN, identity=IDENTITY, checkpoint=None)
        assert finding is not None
        assert (finding.receipt.verdict, finding.receipt.block) == (Verdict.CANNOT_CHECK, None)
        assert "block" not in finding.receipt.payload()


class TestForm:
    @pytest.mark.parametrize(
        "changes",
        [
            {"verdict": "FINE"},
            {"verdict": "UNREADABLE"},
            {"on": "22.11.2026"},
            {"checked_at": "2026-11-22T12:30:00Z"},
            {"checked_at": "2026-13-22T12:30:00+08:00"},
            {"leaf": "AB" * 32},
            {"short_number": "0000-0000-0000-00"},
            {"short_number": None},
            {"leaf": None},
            {"chain_id": True},
            {"chain_id": -1},
            {"test": 1},
            {"registry": "c0" * 20},
            {"block": {"number": 1}},
            {"block": None},
            {"known_at": None},
            {"id": "00"},
            {"handed_in": None},
            {"holder": "somebody"},
            {"asked_by": ""},
            {"asked_by": "a\u202eb"},
            {"format": "1"},
            {"format": 0},
        ],
        ids=str,
    )
    def test_what_is_not_in_the_form_is_unreadable(self, changes: dict[str, Any]) -> None:
        text = resigned(receipts.sign(receipt(), ATTESTER), **changes)
        with pytest.raises(ReceiptMalformed):
            receipts.parse(text)
        assert checked(text).verdict is Verdict.UNREADABLE

    def test_the_first_hours_of_the_calendar_are_told_as_they_stand(self) -> None:
        text = resigned(receipts.sign(receipt(), ATTESTER), checked_at="0001-01-01T00:00:00+08:00")
        assert receipts.parse(text).receipt.payload()["checked_at"] == "0001-01-01T00:00:00+08:00"

    def test_a_format_to_come_is_unsupported(self) -> None:
        text = resigned(receipts.sign(receipt(), ATTESTER), format=2, more="of it")
        with pytest.raises(ReceiptUnsupported):
            receipts.parse(text)
        assert checked(text).verdict is Verdict.UNSUPPORTED

    @pytest.mark.parametrize("header", [{"alg": "none"}, {"kid": "AAAA"}, {"crit": ["x"]}], ids=str)
    def test_another_header_is_unreadable(self, header: dict[str, Any]) -> None:
        assert checked(resigned(receipts.sign(receipt(), ATTESTER), header=header)).verdict is Verdict.UNREADABLE

    def test_another_spelling_of_the_same_json_is_unreadable(self) -> None:
        header, payload, _ = receipts.sign(receipt(), ATTESTER).split(".")
        spaced = base64url.encode(base64url.decode(payload).replace(b",", b", "))
        signing_input = f"{header}.{spaced}"
        signature = base64url.encode(ATTESTER.sign(signing_input.encode()))
        assert checked(f"{signing_input}.{signature}").verdict is Verdict.UNREADABLE

    def test_a_certificate_is_no_receipt(self) -> None:
        assert not receipts.looks_like_one(paper().sd_jwt)
        assert reading.read_text(paper().sd_jwt).receipts == ()


class TestWhoseAreBelieved:
    def test_a_good_one_is_incomplete_and_never_valid(self) -> None:
        report = checked(receipts.sign(receipt(), ATTESTER))
        assert report.verdict is Verdict.INCOMPLETE
        assert said(report, CheckName.FORM) == (Outcome.PASSED, "receipt.form")
        assert said(report, CheckName.SIGNATURE) == (Outcome.PASSED, "receipt.signed")
        assert [said(report, name) for name in list(CheckName)[2:]] == [(Outcome.SKIPPED, "receipt.not_asked")] * 5
        assert report.is_test is True

    def test_its_words_tell_when_and_what(self) -> None:
        answer = as_json(checked(receipts.sign(receipt(), ATTESTER)), Language.ENGLISH)
        assert (
            answer["heading"]
            == "A receipt, not a certificate. On 22 November 2026 12:30 the finding was: genuine and in force"
        )
        told = answer["receipt"]
        assert isinstance(told, dict)
        assert told["believed"] is True
        day = date(2026, 11, 21)
        past = checked(receipts.sign(receipt(on=day), ATTESTER))
        assert [as_json(past, language)["heading"] for language in Language] == [
            "这是核验回执，不是证照。2026年11月22日 12:30核验2026年11月21日的情况，结果为：真实有效",
            (
                "A receipt, not a certificate. On 22 November 2026 12:30 the finding for 21 November 2026 was: "
                "genuine and in force"
            ),
        ]
        assert answer["facts"] is None
        assert answer["colour"] == "amber"

    @pytest.mark.parametrize("verdict", [each for each in Verdict if each is not Verdict.UNREADABLE])
    def test_whatever_it_says_it_is_not_valid(self, verdict: Verdict) -> None:
        report = checked(receipts.sign(receipt(verdict=verdict), ATTESTER))
        assert report.verdict is Verdict.INCOMPLETE
        assert all(as_json(report, language)["heading"] for language in Language)

    def test_one_changed_bit_is_altered_or_unreadable(self) -> None:
        text = receipts.sign(receipt(), ATTESTER)
        header, payload, signature = text.split(".")
        data = bytearray(base64url.decode(payload))
        for at in range(len(data)):
            data[at] ^= 1
            report = checked(f"{header}.{base64url.encode(bytes(data))}.{signature}")
            assert report.verdict in {Verdict.ALTERED, Verdict.UNREADABLE, Verdict.UNSUPPORTED}, at
            assert not report.is_vouched_for
            data[at] ^= 1

    def test_another_verdict_in_it_is_altered(self) -> None:
        text = receipts.sign(receipt(verdict=Verdict.REVOKED), ATTESTER)
        header, payload, signature = text.split(".")
        forged = base64url.encode(base64url.decode(payload).replace(b"REVOKED", b"VALID"))
        assert checked(f"{header}.{forged}.{signature}").verdict is Verdict.ALTERED

    def test_a_stranger_s_is_not_authorised(self) -> None:
        report = checked(receipts.sign(receipt(), STRANGER))
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED
        assert report.is_vouched_for is False

    @pytest.mark.parametrize(
        "changes",
        [{"registry_id": bytes(32)}, {"registry": bytes(20)}, {"chain_id": 1}, {"test": False}],
        ids=str,
    )
    def test_another_registry_s_is_unsupported(self, changes: dict[str, Any]) -> None:
        assert checked(receipts.sign(receipt(**changes), ATTESTER)).verdict is Verdict.UNSUPPORTED

    def test_where_the_registry_is_unknown_it_cannot_be_checked(self) -> None:
        report = checked(receipts.sign(receipt(), ATTESTER), known=receipt_check.vouchers())
        assert report.verdict is Verdict.CANNOT_CHECK

    def test_one_from_the_future_cannot_be_checked(self) -> None:
        text = receipts.sign(receipt(), ATTESTER)
        assert checked(text, now=NOW - timedelta(minutes=6)).verdict is Verdict.CANNOT_CHECK
        assert checked(text, now=NOW - timedelta(minutes=4)).verdict is Verdict.INCOMPLETE

    def test_two_at_once_or_one_beside_a_certificate_are_altered(self) -> None:
        first, second = (receipts.sign(receipt(id=bytes([each]) * 16), ATTESTER) for each in (1, 2))
        for presented in (
            Presented(receipts=(first, second)),
            Presented(receipts=(first,), certificates=(paper().sd_jwt,)),
            Presented(receipts=(first,), codes=("https://verify.example.cn/v#1",)),
        ):
            assert receipt_check.report(presented, KNOWN, TODAY, name="").verdict is Verdict.ALTERED

    def test_its_address_and_its_file_are_read_alike(self) -> None:
        text = receipts.sign(receipt(), ATTESTER)
        for brought in (text, f" {text}\n", f"https://verify.example.cn/r#{text}"):
            assert reading.read_text(brought).receipts == (text,)
        assert reading.read_upload(text.encode()).receipts == (text,)
        assert reading.read_code(text).receipts == (text,)

    def test_the_procedure_for_certificates_never_takes_one_for_good(self) -> None:
        book, _ = anchored()
        presented = reading.read_text(receipts.sign(receipt(), ATTESTER))
        assert verification.verify(presented, book, TODAY, name="").verdict is Verdict.UNREADABLE


class TestSealed:
    KEY = Fernet.generate_key()

    def test_a_finding_comes_back_within_a_quarter_of_an_hour(self) -> None:
        _, report = book_and_report()
        finding = found(report)
        sealed = receipt_finding.seal(finding, self.KEY, NOW)
        assert receipt_finding.unseal(sealed, self.KEY, NOW + timedelta(seconds=LIFETIME_S)) == finding
        with pytest.raises(SealBroken):
            receipt_finding.unseal(sealed, self.KEY, NOW + timedelta(seconds=LIFETIME_S + 1))

    def test_what_is_changed_or_another_s_is_refused(self) -> None:
        sealed = receipt_finding.seal(found(book_and_report()[1]), self.KEY, NOW)
        middle = len(sealed) // 2
        changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
        for text in (changed, "", "x", sealed * 50, "é"):
            with pytest.raises(SealBroken):
                receipt_finding.unseal(text, self.KEY, NOW)
        with pytest.raises(SealBroken):
            receipt_finding.unseal(sealed, Fernet.generate_key(), NOW)

    def test_nobody_reads_in_it(self) -> None:
        sealed = receipt_finding.seal(found(book_and_report()[1]), self.KEY, NOW)
        assert "VALID" not in base64url.decode(sealed.rstrip("=")).decode("latin-1")


class TestItsPage:
    def test_the_facts_are_shown_unless_others_are_chosen(self) -> None:
        finding = found(book_and_report()[1])
        assert [each.key for each in finding.keeping(None).shown] == [
            "certificate_type",
            "number",
            "company_name",
            "credit_code",
            "licence_scope",
            "agency",
        ]
        assert [each.key for each in finding.keeping({"address"}).shown] == ["address"]
        assert finding.keeping(set()).shown == ()

    def test_a_revoked_one_still_shows_them_and_a_forged_one_does_not(self) -> None:
        book, made = anchored()
        agency = next(iter(book.batches)).agency
        at = int(NOW.timestamp()) - 7200
        entry = StatusRecord(Track.REVOKED, at // 3600, 0, agency, None, None, Place(150, 0), at)
        book.entries[agency, made.leaf] = [entry]
        revoked = verification.verify(Presented(certificates=(made.sd_jwt,)), book, TODAY, name="")
        assert revoked.verdict is Verdict.REVOKED
        assert found(revoked).shown
        never = verification.verify(Presented(certificates=(paper(salt=b"never").sd_jwt,)), book, TODAY, name="")
        assert never.verdict is Verdict.NOT_FOUND
        assert found(never).shown == ()


def test_years_later_it_still_verifies() -> None:
    report = checked(receipts.sign(receipt(), ATTESTER), now=datetime(2036, 1, 1, tzinfo=UTC))
    assert report.verdict is Verdict.INCOMPLETE


def _trust_file() -> bytes:
    """Return a trust list of the book's registry, which names our attester."""
    signed = sealed.signed_part(
        registry_id=IDENTITY.registry_id,
        registry=IDENTITY.address,
        agencies=IDENTITY.agencies_address,
        chain_id=IDENTITY.chain_id,
        scheme="none",
        attesters=(KEY,),
    )
    return sealed.trust_list(signed).encode()


class TestOffline:
    """From a trust list alone."""

    def test_an_attesters_receipt_is_believed_and_a_strangers_is_not(self, tmp_path: Path) -> None:
        trust = _trust_file()
        for attester, verdict in ((ATTESTER, Verdict.INCOMPLETE), (STRANGER, Verdict.ISSUER_NOT_AUTHORISED)):
            basis = offline.basis(trust, None, NOW, state=tmp_path)
            text = receipts.sign(receipt(), attester)
            (report,) = offline.check([("a receipt", partial(reading.read_text, text))], basis, moment(None, NOW))
            assert report.verdict is verdict

    def test_without_a_trust_list_nobodys_is_checked(self, tmp_path: Path) -> None:
        basis = offline.basis(b"{}", None, NOW, state=tmp_path)
        text = receipts.sign(receipt(), ATTESTER)
        (report,) = offline.check([("a receipt", partial(reading.read_text, text))], basis, moment(None, NOW))
        assert report.verdict is Verdict.CANNOT_CHECK
        assert said(report, CheckName.SIGNATURE)[1] == "offline.trust_list_refused"
