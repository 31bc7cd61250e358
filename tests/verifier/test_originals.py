"""Documents that show something else than they say: what our typesetter did not make is never green."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from chain.certificate_types import by_identifier, shipped
from chain.validity import Validity
from demo import tampering
from tests.issuer.papers import LONG_AGENCY, longest
from tests.verifier.book import NOW, TODAY, paper
from tests.verifier.printed import ISSUED, examples, issue, print_document
from verifier.check.report import CheckName, Verdict
from verifier.check.verification import verify
from verifier.pdf import marked, originals
from verifier.uploads.reading import read_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.certificate_types import CertificateType
    from tests.verifier.book import Book, Paper

    Change = Callable[[pikepdf.Pdf], None]

LICENCE = by_identifier("business-licence")


@cache
def genuine() -> tuple[Book, Paper, bytes]:
    return issue(LICENCE)


def ask(change: Change) -> tuple[Verdict, str]:
    """Return the verdict about a genuine document that was changed, and what the check of the document says."""
    book, _, pdf = genuine()
    report = verify(read_upload(tampering.changed(pdf, change)), book, TODAY, name="a paper")
    document = next(check for check in report.checks if check.name is CheckName.DOCUMENT)
    return report.verdict, document.message.key


def foreign(pdf: bytes) -> str:
    """Return what of a document is not our typesetter's."""
    presented = read_upload(pdf)
    assert presented.document is not None
    return presented.document.foreign


def nothing(_: pikepdf.Pdf) -> None:
    """Change nothing: the file is only written again."""


class TestGenuine:
    @pytest.mark.parametrize("known", shipped(), ids=lambda it: it.identifier)
    def test_every_document_of_ours_is_an_original(self, known: CertificateType) -> None:
        claims = longest(known)
        _, made, pdf = issue(known, claims)
        assert foreign(pdf) == ""
        days = known.validity(claims, ISSUED)
        validity = Validity(min(days.first_day, NOW.date()), days.last_day)
        for languages in (("zh-CN",), ("en", "zh-CN"), ("en",)):
            other = print_document(made, known, claims, validity, languages=languages, test=False, agency=LONG_AGENCY)
            assert foreign(other) == ""

    def test_a_value_over_many_pages_is_an_original(self) -> None:
        scope = "“甲”《乙》「丙」98.60m²，50㎡，①号，25℃，½，…，A·B a-b—c–d－e 𠮷" * 150
        _, _, pdf = issue(LICENCE, {**examples(LICENCE), "business_scope": scope.replace("𠮷", "")})
        assert foreign(pdf) == ""

    def test_a_file_written_again_is_still_valid(self) -> None:
        assert ask(nothing) == (Verdict.VALID, "document.good")


LINK = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]))
URI = Dictionary(S=Name.URI, URI=String("https://example.org"))


def with_annotation(**more: object) -> Change:
    def annotate(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(Dictionary({**dict(LINK.items()), **more}))])

    return annotate


def with_root(key: str, value: object) -> Change:
    def put(pdf: pikepdf.Pdf) -> None:
        pdf.Root[Name(key)] = value

    return put


class TestAdded:
    @pytest.mark.parametrize(
        "change",
        [
            tampering.covered_by_a_link,
            with_annotation(),
            with_annotation(**{"/Border": Array([0, 0, 1])}),
            with_annotation(**{"/Border": Array([0, 0, 0]), "/BS": Dictionary(W=2)}),
            with_annotation(**{"/Subtype": Name.Stamp}),
        ],
        ids=["look", "usual border", "border", "style", "stamp"],
    )
    def test_what_is_drawn_over_a_page_is_altered(self, change: Change) -> None:
        assert ask(change) == (Verdict.ALTERED, "document.annotations")

    def test_a_link_that_does_not_show_makes_another_file_of_it(self) -> None:
        change = with_annotation(**{"/Border": Array([0, 0, 0]), "/A": URI})
        assert ask(change) == (Verdict.INCOMPLETE, "document.foreign")

    @pytest.mark.parametrize(
        "change",
        [
            tampering.with_a_script,
            with_root("/AA", Dictionary(WC=Dictionary(S=Name.JavaScript, JS=String("1")))),
            with_root("/OpenAction", Dictionary(S=Name.Launch, F=String("calc.exe"))),
            with_root("/AcroForm", Dictionary(Fields=Array(), XFA=String("<xdp/>"))),
            with_annotation(**{"/Border": Array([0, 0, 0]), "/A": Dictionary(S=Name.Launch, F=String("calc.exe"))}),
        ],
        ids=["script", "on closing", "program", "XFA", "link to a program"],
    )
    def test_a_document_that_does_something_is_altered(self, change: Change) -> None:
        assert ask(change) == (Verdict.ALTERED, "document.active")

    @pytest.mark.parametrize(
        "dress",
        [b"\xef\xbb\xbf%s", b"\n%s", b" \t%s", b'{"payload": "%s"}', b"MZ%s", b"%%PDF-1.7 %s"],
        ids=["mark", "line", "blanks", "JSON", "program", "PDF"],
    )
    @pytest.mark.parametrize("name", ["second.sd-jwt", "readme.txt"])
    def test_a_second_file_in_any_dress_is_altered(self, dress: bytes, name: str) -> None:
        content = dress % paper(salt=b"2").sd_jwt.encode()
        assert ask(tampering.attached(name, content)) == (Verdict.ALTERED, "document.attachments")

    def test_a_second_certificate_is_altered(self) -> None:
        verdict, _ = ask(tampering.attached("second.sd-jwt", paper(salt=b"2").sd_jwt.encode()))
        assert verdict is Verdict.ALTERED

    def test_a_copy_of_the_certificate_under_another_name_is_altered(self) -> None:
        _, made, _ = genuine()
        change = tampering.attached("copy.sd-jwt", made.sd_jwt.encode())
        assert ask(change) == (Verdict.ALTERED, "document.attachments")

    def test_somebody_elses_code_on_the_page_is_altered(self) -> None:
        change = tampering.with_a_sticker("https://verify-gov.example/licence?id=1")
        assert ask(change) == (Verdict.ALTERED, "document.foreign_codes")


def with_page(key: str, value: object) -> Change:
    def put(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj[Name(key)] = value

    return put


def with_content(more: bytes) -> Change:
    def draw(pdf: pikepdf.Pdf) -> None:
        page = pdf.pages[0].obj
        page.Contents = pdf.make_stream(page.Contents.read_bytes() + more)

    return draw


def with_font(**changes: object) -> Change:
    def put(pdf: pikepdf.Pdf) -> None:
        font = pdf.pages[0].obj.Resources.Font.f0
        for key, value in changes.items():
            font[Name(f"/{key}")] = value

    return put


def with_inner_font(key: str, value: object) -> Change:
    def put(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.Resources.Font.f0.DescendantFonts[0][Name(f"/{key}")] = value

    return put


def with_mapping(old: bytes, new: bytes) -> Change:
    def remap(pdf: pikepdf.Pdf) -> None:
        for font in pdf.pages[0].obj.Resources.Font.values():
            changed = re.sub(old, new, font.ToUnicode.read_bytes(), count=1)
            assert changed != font.ToUnicode.read_bytes()
            font.ToUnicode = pdf.make_stream(changed)

    return remap


def with_two_streams(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0].obj
    page.Contents = Array([page.Contents, pdf.make_stream(b"")])


def with_the_same_name_twice(pdf: pikepdf.Pdf) -> None:
    fonts = pdf.pages[0].obj.Resources.Font
    fonts[Name.f9] = pdf.make_indirect(Dictionary(dict(fonts.f0.items())))


def with_a_spoilt_program(pdf: pikepdf.Pdf) -> None:
    for font in pdf.pages[0].obj.Resources.Font.values():
        font.DescendantFonts[0].FontDescriptor.FontFile2 = pdf.make_stream(b"not a font")


def looked_at(change: Change) -> str:
    """Return what is foreign about a document that was changed, without a child process."""
    _, _, original = genuine()
    with pikepdf.open(io.BytesIO(tampering.changed(original, change))) as pdf:
        return originals.look(pdf).foreign


TEXT = b"\n/Span <<>> BDC q 1 0 0 -1 99 99 cm /c0 cs 0 0 0 scn BT 0 Tr /f0 9 Tf 1 0 0 -1 0 0 Tm <0001> Tj ET Q EMC"
"""A piece of text as our typesetter writes it."""
FOREIGN: dict[str, tuple[Change, str]] = {
    "hidden layers": (with_root("/OCProperties", Dictionary()), marked.STRUCTURE),
    "cropped": (with_page("/CropBox", Array([0, 0, 300, 300])), marked.STRUCTURE),
    "pictures": (with_page("/Resources", Dictionary(XObject=Dictionary())), marked.STRUCTURE),
    "two streams": (with_two_streams, marked.STRUCTURE),
    "text replaced": (with_content(b"\n/Span <</ActualText ( )>> BDC EMC"), marked.CONTENT),
    "named properties": (with_content(b"\n/Span /P0 BDC EMC"), marked.CONTENT),
    "nothing in a mark": (with_content(b"\n/Span <<>> BDC EMC"), marked.CONTENT),
    "a mark without an end": (with_content(b"\n/Span <<>> BDC"), marked.CONTENT),
    "a line outside a mark": (with_content(b"\n0 0 m 1 1 l S"), marked.CONTENT),
    "a path that is never drawn": (with_content(b"\n0 0 m"), marked.CONTENT),
    "invisible text": (with_content(TEXT.replace(b"0 Tr", b"3 Tr")), marked.CONTENT),
    "text turned in itself": (with_content(TEXT.replace(b"-1 0 0 Tm", b"1 0 0 Tm")), marked.CONTENT),
    "a picture": (with_content(b"\n/Im0 Do"), marked.CONTENT),
    "an inline picture": (with_content(b"\nBI /W 1 /H 1 /BPC 8 /CS /G ID 0 EI"), marked.CONTENT),
    "upright": (with_font(Encoding=Name("/Identity-V")), marked.FONTS),
    "drawn": (with_font(Subtype=Name.Type3), marked.FONTS),
    "another font": (with_font(BaseFont=Name("/ABCDEF+Helvetica")), marked.FONTS),
    "not embedded": (with_font(BaseFont=Name("/NotoSansSC-Bold")), marked.FONTS),
    "another kind inside": (with_inner_font("Subtype", Name.CIDFontType0), marked.FONTS),
    "other places": (with_inner_font("CIDToGIDMap", Name.Other), marked.FONTS),
    "the same name twice": (with_the_same_name_twice, marked.FONTS),
    "a glyph that stands for nothing": (with_content(TEXT.replace(b"<0001>", b"<0001FFFF>")), marked.LETTERS),
    "an unknown font": (with_content(TEXT.replace(b"/f0", b"/f8")), marked.LETTERS),
    "a letter read as a space": (with_mapping(b"(?m)^<0001> <....>", b"<0001> <00A0>"), marked.LETTERS),
    "two of a letter": (with_mapping(b"(?m)^<0001> <....>", b"<0001> <0041>\n<FFFE> <0041>"), marked.LETTERS),
    "a letter twice": (with_mapping(b"(?m)^<0001> <....>", b"<0001> <0041>\n<0001> <0042>"), marked.LETTERS),
    "a letter read as two": (with_mapping(b"(?m)^<0001> <....>", b"<0001> <00410042>"), marked.LETTERS),
    "a remark": (with_mapping(b"(?m)^(<0001> <....>)", rb"%\n\1"), marked.LETTERS),
    "ranges": (with_mapping(b"endcmap", b"1 beginbfrange <0001> <0009> <0020> endbfrange"), marked.LETTERS),
}


def with_parts(kind: str, **more: object) -> Change:
    """Say more of the parts of one kind that programs for reading aloud go by."""

    def say(pdf: pikepdf.Pdf) -> None:
        parts = [it for it in pdf.objects if isinstance(it, Dictionary) and it.get("/Type") == "/StructElem"]
        for part in parts:
            if kind == part.S:
                part.update({f"/{key}": value for key, value in more.items()})

    return say


def with_another_alternative(pdf: pikepdf.Pdf) -> None:
    """Say other words in the mark of the code."""
    steps = list(pikepdf.parse_content_stream(pdf.pages[0]))
    for step in steps:
        if str(step.operator) == "BDC" and "/Alt" in step.operands[1]:
            step.operands[1].Alt = String("Valid until 2099")
    pdf.pages[0].obj.Contents = pdf.make_stream(pikepdf.unparse_content_stream(steps))


def with_another_name(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AF[0].F = String("licence.exe")


def with_a_file_in_the_tree(pdf: pikepdf.Pdf) -> None:
    pdf.Root.StructTreeRoot.AF = Array([pdf.make_indirect(Dictionary(EF=Dictionary(F=pdf.make_stream(b"MZ"))))])


class TestReadAloud:
    """What people hear who do not see the page."""

    @pytest.mark.parametrize(
        "change",
        [
            with_parts("/P", ActualText=String("Valid until 2099")),
            with_parts("/P", Alt=String("Valid until 2099")),
            with_parts("/P", E=String("Valid until 2099")),
            with_parts("/Figure", Alt=String("有效期至2099年12月31日")),
            with_parts("/H1", T=String("2099")),
            with_another_alternative,
            with_a_file_in_the_tree,
        ],
        ids=["text", "alternative", "expansion", "code", "title", "mark", "file"],
    )
    def test_other_words_than_the_pages_are_not_the_originals(self, change: Change) -> None:
        assert ask(change) == (Verdict.INCOMPLETE, "document.foreign")

    def test_a_file_of_two_names_is_one_more(self) -> None:
        assert ask(with_another_name) == (Verdict.ALTERED, "document.attachments")


class TestForeign:
    @pytest.mark.parametrize(
        "change", [tampering.with_text_replaced, tampering.with_letters_that_say_nothing], ids=["replaced", "nothing"]
    )
    def test_more_words_that_the_text_layer_does_not_say_are_never_green(self, change: Change) -> None:
        assert ask(change) == (Verdict.INCOMPLETE, "document.foreign")

    def test_what_cannot_be_looked_at_is_not_ours(self) -> None:
        assert ask(with_a_spoilt_program) == (Verdict.INCOMPLETE, "document.foreign")

    @pytest.mark.parametrize("name", FOREIGN)
    def test_what_our_typesetter_does_not_write_is_told(self, name: str) -> None:
        change, what = FOREIGN[name]
        assert looked_at(change) == what
