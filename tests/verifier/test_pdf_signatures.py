"""Signatures of a PDF itself: what they add is no change; whatever else was changed is."""

from __future__ import annotations

import io
import re
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from pyhanko.pdf_utils.content import AppearanceContent, RawContent, ResourceType
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, append_signature_field
from pyhanko.stamp import BaseStampStyle, StaticStampStyle, TextStampStyle
from rich.console import Console

from chain.errors import InvalidInput
from demo import tampering
from demo.pdf_signing import FROM, UNTIL, Authority, sign, signed_for_long, time_stamped, turned_afterwards
from tests.verifier.book import TODAY
from tests.verifier.printed import issue
from tests.verifier.test_originals import LICENCE
from verifier.answer import as_json
from verifier.check.report import CheckName, Verdict
from verifier.check.verification import verify
from verifier.pdf import stamps
from verifier.printing import print_report
from verifier.settings import Settings
from verifier.uploads.reading import read_upload
from verifier.wording import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.pdf_utils.writer import BasePdfFileWriter
    from pyhanko.sign import SimpleSigner

    from tests.verifier.book import Book, Paper
    from verifier.check.report import Check, Report


AGENCY_CODE = "11150100X00000027D"
"""Of the agency in the registry of the tests."""
BLANK = (75, 80, 205, 118)
"""A place on the first page where nothing stands."""


@cache
def genuine() -> tuple[Book, Paper, bytes]:
    return issue(LICENCE)


@cache
def authority() -> Authority:
    return Authority.called("Demo root")


@cache
def agency() -> SimpleSigner:
    return authority().signer(AGENCY_CODE)


@cache
def signed() -> bytes:
    return sign(genuine()[2], agency())


def ask(pdf: bytes, roots: Path | None = None) -> Report:
    return verify(read_upload(pdf, pdf_roots=roots), genuine()[0], TODAY, name="a paper")


def document(report: Report) -> Check:
    return next(check for check in report.checks if check.name is CheckName.DOCUMENT)


class TestGenuine:
    def test_a_signed_document_is_valid_and_its_signer_is_shown(self) -> None:
        report = ask(signed())
        assert report.verdict is Verdict.VALID, document(report)
        (shown,) = as_json(report, Language.ENGLISH)["pdf_signatures"]  # type: ignore[union-attr,misc]
        (told,) = report.pdf_signatures
        assert (told.signer, told.issuer, told.serial) == (AGENCY_CODE, "Demo root", "abc")
        assert (told.not_before, told.not_after) == (FROM, UNTIL)
        assert (told.whole_file, told.trusted) == (True, None)
        assert isinstance(shown, dict)
        assert shown["sha256"] == told.sha256.hex()
        assert len(told.sha256) == 32

    def test_a_document_that_is_not_signed_has_no_signatures(self) -> None:
        assert ask(genuine()[2]).pdf_signatures == ()

    @pytest.mark.parametrize("stamp", [None, TextStampStyle(background=None)], ids=["usual", "plain"])
    def test_a_stamp_with_the_agencys_code_in_an_empty_place_is_valid(self, stamp: TextStampStyle | None) -> None:
        report = ask(sign(genuine()[2], agency(), box=BLANK, stamp=stamp))
        assert report.verdict is Verdict.VALID, document(report)

    def test_a_certification_that_allows_no_changes_is_valid(self) -> None:
        assert ask(sign(genuine()[2], agency(), certify=MDPPerm.NO_CHANGES)).verdict is Verdict.VALID

    def test_a_stranger_may_sign_too_and_nobody_says_who_that_is(self) -> None:
        report = ask(sign(genuine()[2], Authority.called("Somebody").signer("Somebody else")))
        assert report.verdict is Verdict.VALID
        assert [each.trusted for each in report.pdf_signatures] == [None]


@cache
def kept(*, archived: bool) -> bytes:
    return signed_for_long(genuine()[2], agency(), authority(), archived=archived)


class TestKeptForLong:
    """Nobody is accused for having signed as the rules for archives want it (ETSI EN 319 142-1)."""

    @pytest.mark.parametrize("archived", [False, True], ids=["B-LT", "B-LTA"])
    def test_a_signature_with_its_evidence_is_valid(self, tmp_path: Path, *, archived: bool) -> None:
        report = ask(kept(archived=archived), authority().write(tmp_path / "roots.pem"))
        assert report.verdict is Verdict.VALID, document(report)
        assert [each.is_time_stamp for each in report.pdf_signatures] == [False, True][: 1 + archived]
        assert all(each.whole_file and each.trusted for each in report.pdf_signatures)

    def test_a_time_stamp_is_called_one(self) -> None:
        report = ask(time_stamped(genuine()[2], authority()))
        assert report.verdict is Verdict.VALID, document(report)
        assert [(each.signer, each.is_time_stamp) for each in report.pdf_signatures] == [("Time stamps", True)]
        out = io.StringIO()
        print_report(report, Console(file=out, width=200), (Language.CHINESE,))
        assert "PDF 时间戳" in out.getvalue()
        assert "PDF 签名" not in out.getvalue()

    def test_an_archive_adds_time_stamps_for_many_years(self) -> None:
        pdf = kept(archived=True)
        for _ in range(10):
            pdf = time_stamped(pdf, authority())
        assert ask(pdf).verdict is Verdict.VALID

    @pytest.mark.parametrize("certify", [None, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
    def test_two_may_sign_one_after_the_other(self, certify: MDPPerm | None) -> None:
        first = sign(genuine()[2], agency(), certify=certify)
        report = ask(sign(first, authority().signer("Second"), field="Second"))
        assert report.verdict is Verdict.VALID, document(report)
        assert [each.whole_file for each in report.pdf_signatures] == [True, True]

    def test_a_second_stamp_over_words_is_altered(self) -> None:
        report = ask(sign(signed(), agency(), field="Second", box=(340, 350, 500, 380)))
        assert (report.verdict, document(report).message.key) == (Verdict.ALTERED, "document.annotations")


class TestTrust:
    def test_a_signer_of_a_named_authority_is_trusted_and_no_other(self, tmp_path: Path) -> None:
        roots = authority().write(tmp_path / "roots.pem")
        assert [each.trusted for each in ask(signed(), roots).pdf_signatures] == [True]
        strangers = sign(genuine()[2], Authority.called("Demo root").signer(AGENCY_CODE))
        report = ask(strangers, roots)
        assert [each.trusted for each in report.pdf_signatures] == [False]
        assert report.verdict is Verdict.VALID

    def test_a_key_for_signatures_that_commit_alone_is_trusted_too(self, tmp_path: Path) -> None:
        roots = authority().write(tmp_path / "roots.pem")
        committed = sign(genuine()[2], authority().signer("Demo bureau", commits_only=True), box=BLANK)
        report = ask(committed, roots)
        assert [each.trusted for each in report.pdf_signatures] == [True]
        assert report.verdict is Verdict.VALID

    def test_a_trusted_signers_name_may_stand_in_the_stamp(self, tmp_path: Path) -> None:
        roots = authority().write(tmp_path / "roots.pem")
        named = sign(genuine()[2], authority().signer("Demo bureau"), box=BLANK)
        assert ask(named, roots).verdict is Verdict.VALID
        report = ask(named)
        assert (report.verdict, document(report).message.key) == (Verdict.INCOMPLETE, "document.stamp")


def flipped(pdf: bytes) -> bytes:
    """Change one byte of what was signed."""
    at = pdf.index(b"/Lang")
    return pdf[:at] + b"/Lanh" + pdf[at + 5 :]


def with_other_digits(pdf: bytes) -> bytes:
    """Change one byte of the signature's own digits."""
    at = pdf.index(b"/Contents <") + 1500
    return pdf[:at] + (b"0" if pdf[at : at + 1] != b"0" else b"1") + pdf[at + 1 :]


def with_more_in_the_gap(pdf: bytes) -> bytes:
    """End the signature's digits early, and use the rest of its gap."""
    begin = pdf.index(b"/Contents <") + len(b"/Contents ")
    end = pdf.index(b">", begin)
    more = b"> /Reason (approved) "
    room = pdf[begin:end]
    return pdf[:begin] + room[: len(room) - len(more) - 6] + more + b" " * 6 + b" " + pdf[end + 1 :]


def with_a_shorter_range(pdf: bytes) -> bytes:
    """Say that less is covered than the file has."""
    found = re.search(rb"/ByteRange \[0 ([0-9]+) ([0-9]+) ([0-9]+)", pdf)
    assert found is not None
    shorter = b"%d" % (int(found[3]) - 1)
    return pdf[: found.start(3)] + shorter.ljust(len(found[3])) + pdf[found.end(3) :]


CHANGED = {
    "turned afterwards": (turned_afterwards, "document.signature_changed"),
    "a byte changed": (flipped, "document.signature_broken"),
    "the signature changed": (with_other_digits, "document.signature_broken"),
    "more in the gap": (with_more_in_the_gap, "document.signature_"),
    "a shorter range": (with_a_shorter_range, "document.signature_"),
    "bytes behind": (lambda pdf: pdf + b"\n% more\n", "document.signature_changed"),
    "bytes before": (lambda pdf: pdf[:9] + b"% more\n" + pdf[9:], "document.signature_"),
}


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], object]) -> bytes:
    """Write a further part behind, as every program does that keeps signatures."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call] # It has no types.
    return out.getvalue()


def _with_an_empty_field(writer: IncrementalPdfFileWriter) -> None:
    append_signature_field(writer, SigFieldSpec("Empty"))


def _with_a_tooltip(writer: IncrementalPdfFileWriter) -> None:
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/TU"] = TextStringObject("Also licensed for securities")
    writer.update_container(field)


def _with_a_text_field(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    about = {"Type": "Annot", "Subtype": "Widget", "FT": "Tx"}
    field = DictionaryObject({NameObject(f"/{key}"): NameObject(f"/{name}") for key, name in about.items()})
    field.update({NameObject("/T"): TextStringObject("T"), NameObject("/V"): TextStringObject("9,000")})
    field[NameObject("/Rect")] = ArrayObject(map(NumberObject, (9, 9, 99, 30)))
    there = writer.add_object(field)
    for fields in (page["/Annots"], writer.root["/AcroForm"]["/Fields"]):
        fields.append(there)
        writer.update_container(fields)


def _with_other_evidence(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/DSS"] = DictionaryObject({NameObject("/EF"): TextStringObject("x")})
    writer.update_root()


def _in_another_language(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/Lang"] = TextStringObject("xx")
    writer.update_root()


ADDED: dict[str, tuple[Callable[[IncrementalPdfFileWriter], None], Verdict]] = {
    "an empty field": (_with_an_empty_field, Verdict.ALTERED),
    "a tooltip": (_with_a_tooltip, Verdict.ALTERED),
    "a text field": (_with_a_text_field, Verdict.ALTERED),
    "a store of something else": (_with_other_evidence, Verdict.ALTERED),
    "another language": (_in_another_language, Verdict.ALTERED),
}


class TestChanged:
    @pytest.mark.parametrize("name", CHANGED)
    def test_what_was_changed_after_signing_is_altered(self, name: str) -> None:
        change, key = CHANGED[name]
        report = ask(change(signed()))
        assert (report.verdict, name) == (Verdict.ALTERED, name)
        assert document(report).message.key.startswith(key)

    @pytest.mark.parametrize("name", ADDED)
    def test_what_is_added_to_signatures_that_is_none_is_altered(self, name: str) -> None:
        change, verdict = ADDED[name]
        assert ask(updated(signed(), change)).verdict is verdict
        assert ask(time_stamped(updated(signed(), change), authority())).verdict is verdict
        assert ask(updated(kept(archived=False), change)).verdict is verdict

    @pytest.mark.parametrize("archived", [False, True])
    def test_a_page_turned_or_bytes_added_behind_the_evidence_are_never_green(self, *, archived: bool) -> None:
        report = ask(turned_afterwards(kept(archived=archived)))
        assert (report.verdict, document(report).message.key) == (Verdict.ALTERED, "document.signature_changed")
        assert ask(kept(archived=archived) + b"\n% more\n").verdict in {Verdict.ALTERED, Verdict.INCOMPLETE}

    def test_a_time_stamp_of_something_else_is_altered(self) -> None:
        report = ask(flipped(time_stamped(genuine()[2], authority())))
        assert (report.verdict, document(report).message.key) == (Verdict.ALTERED, "document.signature_broken")

    def test_a_file_written_again_by_an_editor_is_altered(self) -> None:
        assert ask(tampering.changed(signed(), lambda _: None)).verdict is Verdict.ALTERED

    def test_a_signature_of_somebody_elses_file_is_altered(self) -> None:
        def hang(pdf: pikepdf.Pdf) -> None:
            value = Dictionary(Type=Name.Sig, ByteRange=Array([0, 9, 99, 9]), Contents=String("0"))
            field = Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("S"), V=value, Rect=Array([0, 0, 0, 0])
            )
            pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]), SigFlags=3)

        report = ask(tampering.changed(genuine()[2], hang))
        assert (report.verdict, document(report).message.key) == (Verdict.ALTERED, "document.signature_unreadable")

    def test_a_document_altered_before_it_was_signed_is_altered(self) -> None:
        altered = tampering.changed(genuine()[2], tampering.covered_by_a_link)
        assert ask(sign(altered, agency())).verdict is Verdict.ALTERED
        scripted = tampering.changed(genuine()[2], tampering.with_a_script)
        assert ask(sign(scripted, agency())).verdict is Verdict.ALTERED
        hidden = tampering.changed(genuine()[2], tampering.with_text_replaced)
        assert ask(sign(hidden, agency())).verdict is Verdict.INCOMPLETE


class _Look(AppearanceContent):
    """A stamp drawn as somebody likes."""

    def __init__(self, drawn: bytes, writer: BasePdfFileWriter, box: BoxConstraints) -> None:
        super().__init__(writer, box)
        self._drawn = drawn

    def render(self) -> bytes:
        names = {"Type": "Font", "Subtype": "Type1", "BaseFont": "Helvetica", "Encoding": "WinAnsiEncoding"}
        font = DictionaryObject({NameObject(f"/{key}"): NameObject(f"/{name}") for key, name in names.items()})
        self.set_resource(ResourceType.FONT, NameObject("/F1"), font)
        return self._drawn


class _Written(BaseStampStyle):  # type: ignore[misc] # It has no types.
    """Has pyHanko draw what somebody likes."""

    def __init__(self, drawn: bytes) -> None:
        object.__setattr__(self, "drawn", drawn)

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: dict[str, str]) -> _Look:
        del text_params
        return _Look(self.drawn, writer, box)


_SIGNED_BY = b"(Digitally signed by " + AGENCY_CODE.encode() + b") Tj"
_AS_USUAL = (
    b"q q 1 0 0 1 0 8 cm 1 0 0 1 10 10 cm /Tx BMC q BT /F1 10 Tf 10 TL 0 10 Td " + _SIGNED_BY + b" T* ET Q EMC Q Q"
)
FORGED = [
    b"BT 1 g /F1 1 Tf 2 2 Td " + _SIGNED_BY + b" ET BT 0 g /F1 14 Tf 600 300 Td (0000) Tj ET",
    _AS_USUAL + b" 600 300 m 600 310 l S 610 300 m 610 310 l S",
    _AS_USUAL.replace(b"ET Q", b"600 300 Td (0000) Tj T* ET Q"),
    _AS_USUAL.replace(b"q 1 0 0 1", b"q 0 1 -1 0"),
    _AS_USUAL.replace(b"BT ", b"1 g BT "),
    _AS_USUAL.replace(b"q 1 0 0 1 0", b"q .1 0 0 .1 0"),
]
"""Digits and strokes in empty places of the page, for which words of a signature are the excuse."""


class TestStamps:
    def test_a_stamp_over_words_is_altered(self) -> None:
        report = ask(sign(genuine()[2], agency(), box=(340, 350, 500, 380)))
        assert (report.verdict, document(report).message.key) == (Verdict.ALTERED, "document.annotations")

    def test_a_stamp_with_other_words_is_never_green(self) -> None:
        style = TextStampStyle(stamp_text="Also licensed for securities", background=None)
        report = ask(sign(genuine()[2], agency(), box=BLANK, stamp=style))
        assert (report.verdict, document(report).message.key) == (Verdict.INCOMPLETE, "document.stamp")

    @pytest.mark.parametrize("text", ["2099-12-31", "Date: 2099-12-31", f"{AGENCY_CODE} 2099-12-31", "Signed by 2099"])
    def test_a_stamp_that_says_a_day_and_not_who_signed_is_never_green(self, text: str) -> None:
        style = TextStampStyle(stamp_text=text, background=None)
        report = ask(sign(genuine()[2], agency(), box=BLANK, stamp=style))
        assert (report.verdict, document(report).message.key) == (Verdict.INCOMPLETE, "document.stamp")

    @pytest.mark.parametrize("drawn", FORGED, ids=["beside", "lines", "spread", "turned", "in white", "tiny"])
    def test_a_stamp_that_writes_digits_beside_a_value_is_never_green(self, drawn: bytes) -> None:
        stamp = _Written(drawn)
        for box in ((0, 0, 842, 595), BLANK):
            report = ask(sign(genuine()[2], agency(), box=box, stamp=stamp))
            assert report.verdict in {Verdict.INCOMPLETE, Verdict.ALTERED}

    @pytest.mark.parametrize("box", [(505, 290, 665, 310), (600, 295, 780, 305)], ids=["in the row", "between lines"])
    def test_a_stamp_with_other_digits_than_a_moments_is_never_green(self, box: tuple[int, int, int, int]) -> None:
        style = TextStampStyle(stamp_text=f"Digitally signed by {AGENCY_CODE}\n9,000", background=None, border_width=0)
        report = ask(sign(genuine()[2], agency(), box=box, stamp=style))
        assert report.verdict in {Verdict.INCOMPLETE, Verdict.ALTERED}

    def test_a_stamp_close_to_words_is_altered(self) -> None:
        style = TextStampStyle(background=None, border_width=0)
        report = ask(sign(genuine()[2], agency(), box=(404, 290, 440, 300), stamp=style))
        assert (report.verdict, document(report).message.key) == (Verdict.ALTERED, "document.annotations")

    @pytest.mark.parametrize("moment", ["2026-11-24 01:53:48 UTC", "2026.11.24 01:53:48 +08'00'", "2026-11-24T01:53Z"])
    def test_a_stamp_says_when_it_was_signed_as_signing_software_writes_it(self, moment: str) -> None:
        style = TextStampStyle(stamp_text=f"Digitally signed by {AGENCY_CODE}\nDate: {moment}", background=None)
        report = ask(sign(genuine()[2], agency(), box=BLANK, stamp=style))
        assert report.verdict is Verdict.VALID, document(report)

    def test_moments_that_can_be_read_in_many_ways_take_no_time(self) -> None:
        presented = read_upload(signed())
        assert presented.document is not None
        for moment in ("2026-01-01 12:00+08:", "2026-01-01 12:00UTC"):
            shown = tuple(replace(each, shown=moment * 24 + "x") for each in presented.document.signatures)
            stamped = replace(presented, document=replace(presented.document, signatures=shown))
            begun = time.process_time()
            report = verify(stamped, genuine()[0], TODAY, name="a paper")
            assert (report.verdict, document(report).message.key) == (Verdict.INCOMPLETE, "document.stamp")
            assert time.process_time() - begun < 3

    def test_a_seal_with_many_blanks_takes_no_time(self) -> None:
        drawn = b"q q /BackgroundGS gs 1 0 0 1 1 1 cm" + b" " * 4_000 + b"x" + _AS_USUAL[1:]
        with pikepdf.open(io.BytesIO(sign(genuine()[2], agency(), box=BLANK, stamp=_Written(drawn)))) as pdf:
            begun = time.process_time()
            (stamp,) = stamps.of_signatures(pdf, ["Signature"]) or ()
            assert time.process_time() - begun < 3
        assert stamp.text is None

    def test_a_strangers_stamp_in_the_agencys_name_is_never_green(self) -> None:
        style = TextStampStyle(stamp_text=f"Digitally signed by {AGENCY_CODE}", background=None)
        stranger = Authority.called("X").signer("Somebody else")
        assert ask(sign(genuine()[2], stranger, box=BLANK, stamp=style)).verdict is Verdict.INCOMPLETE

    def test_a_stamp_whose_signer_is_called_other_words_is_never_green(self) -> None:
        liar = Authority.called("X").signer("Also licensed for securities")
        assert ask(sign(genuine()[2], liar, box=BLANK)).verdict is Verdict.INCOMPLETE

    @pytest.mark.parametrize(
        "drawing",
        [b" ".join([b"0 0 m 9 9 l"] * 60) + b" S", b"BI /W 1 /H 1 /BPC 8 /CS /G ID 0 EI 0 0 9 9 re f"],
        ids=["many lines", "a picture"],
    )
    def test_a_drawn_stamp_is_never_green(self, drawing: bytes) -> None:
        from pyhanko.pdf_utils.layout import BoxConstraints  # noqa: PLC0415 (for this test alone)

        background = RawContent(drawing, box=BoxConstraints(width=100, height=30))
        style = StaticStampStyle(background=background, background_opacity=1.0)
        report = ask(sign(genuine()[2], agency(), box=BLANK, stamp=style))
        assert (report.verdict, document(report).message.key) == (Verdict.INCOMPLETE, "document.foreign")

    def test_a_form_field_beside_the_signature_is_altered(self) -> None:
        def hang(pdf: pikepdf.Pdf) -> None:
            field = Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("T"),
                V=String("X"),
                Rect=Array([9, 9, 99, 30]),
            )
            there = pdf.make_indirect(field)
            pdf.Root.AcroForm = Dictionary(Fields=Array([there]))
            pdf.pages[0].obj.Annots = Array([there])

        report = ask(sign(tampering.changed(genuine()[2], hang), agency()))
        assert (report.verdict, document(report).message.key) == (Verdict.ALTERED, "document.annotations")


@pytest.mark.parametrize(
    "content",
    [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ids=["empty", "text", "spoilt"],
)
def test_a_file_of_authorities_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "authorities.pem"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match="wanted a PEM file of certificates"):
        _ = Settings(pdf_roots=str(file)).pdf_authorities
