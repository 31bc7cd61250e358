"""The document that a holder gets: its looks as far as a machine can judge them, its text, its attachment."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from itertools import combinations
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from chain.certificate_types import by_identifier
from issuer.document import qr, readback
from issuer.document.documents import SHIPPED_FONTS, Fonts, Renderer, shown_values
from issuer.document.face import PREVIEW_CODE, PROOF_NAME, SD_JWT_NAME
from issuer.errors import FontsMissing, Unprintable
from tests.issuer import papers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.certificate_types import CertificateType
    from issuer.document.documents import Document

MILLIMETRE = 72 / 25.4
BORDER = 16.4 * MILLIMETRE
"""The border's inner rule, from the edge of the paper."""
LICENCE = by_identifier("business-licence")

every_type = pytest.mark.parametrize("certificate_type", papers.TYPES, ids=lambda it: it.identifier)


def _full(certificate_type: CertificateType) -> Document:
    """The fullest page: all claims at their longest, an agency with a long name far down, the largest code."""
    return papers.paper(
        certificate_type,
        papers.longest(certificate_type),
        agency=papers.LONG_AGENCY,
        host="verify.certificates.example.gov.cn",
        code_url=papers.url(papers.LONGEST_URL_BYTES),
    )


@every_type
@pytest.mark.parametrize("test", [False, True])
def test_text_layer_holds_every_value_of_an_ordinary_certificate(certificate_type: CertificateType, test: bool) -> None:  # noqa: FBT001
    document = papers.paper(certificate_type, test=test)
    pdf = papers.renderer().render(document)
    text = papers.text_of(pdf)
    assert [value for value in shown_values(document) if papers.squeezed(value) not in text] == []
    assert len(pypdfium2.PdfDocument(pdf)) == 1


@every_type
def test_text_layer_holds_every_value_of_the_longest_certificate(certificate_type: CertificateType) -> None:
    document = _full(certificate_type)
    pdf = papers.renderer().render(document)
    text = papers.text_of(pdf)
    assert [value for value in shown_values(document) if papers.squeezed(value) not in text] == []
    assert document.short_number in text
    assert document.host in text


@every_type
def test_no_text_leaves_the_border_or_runs_into_the_code(certificate_type: CertificateType) -> None:
    for document in (papers.paper(certificate_type), _full(certificate_type)):
        pdf = papers.renderer().typeset(document)
        code = _code_box(pdf)
        for number, (width, height), boxes in _letters(pdf):
            for left, bottom, right, top in boxes:
                assert left > BORDER
                assert right < width - BORDER
                assert bottom > BORDER
                assert top < height - BORDER
                if number == 0:
                    assert right < code[0] or left > code[2] or top < code[1] or bottom > code[3]


@every_type
def test_no_two_letters_share_a_place(certificate_type: CertificateType) -> None:
    for document in (papers.paper(certificate_type), _full(certificate_type)):
        for _, _, boxes in _letters(papers.renderer().typeset(document)):
            assert [pair for pair in combinations(boxes, 2) if _overlap(*pair) > 0.3] == []


def test_certificate_is_attached_as_an_associated_file() -> None:
    pdf = pikepdf.open(BytesIO(papers.renderer().render(papers.paper(LICENCE))))
    assert list(pdf.attachments) == [SD_JWT_NAME]
    attached = pdf.attachments[SD_JWT_NAME]
    assert attached.relationship == pikepdf.Name.Data
    assert attached.get_file().mime_type == "application/vc+sd-jwt"
    assert attached.get_file().read_bytes().decode() == papers.SD_JWT
    assert [file.UF for file in pdf.Root.AF] == [SD_JWT_NAME]


def test_proof_is_attached_beside_the_certificate() -> None:
    proof = bytes(range(256))
    pdf = pikepdf.open(BytesIO(papers.renderer().render(papers.paper(LICENCE, proof=proof))))
    assert sorted(pdf.attachments) == [PROOF_NAME, SD_JWT_NAME]
    assert pdf.attachments[PROOF_NAME].get_file().read_bytes() == proof


def test_document_is_pdf_a_3_in_chinese_with_a_title() -> None:
    document = papers.paper(LICENCE)
    pdf = pikepdf.open(BytesIO(papers.renderer().render(document)))
    with pdf.open_metadata() as metadata:
        assert metadata.pdfa_status == "3A"
        assert metadata["dc:title"] == f"营业执照 {document.number}"
    assert pdf.Root.Lang == "zh-CN"
    assert pdf.Root.MarkInfo.Marked


def test_same_document_makes_the_same_bytes_in_every_process() -> None:
    program = (
        "import sys; from hashlib import sha256; from chain.certificate_types import by_identifier;"
        "from tests.issuer import papers;"
        "pdf = papers.renderer().render(papers.paper(by_identifier('business-licence')));"
        "sys.stdout.write(sha256(pdf).hexdigest())"
    )
    other = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    here = sha256(papers.renderer().render(papers.paper(LICENCE))).hexdigest()
    assert other == [here, here]


def test_threads_may_share_a_renderer() -> None:
    documents = [papers.paper(LICENCE, short_number=f"7K3M-9QXT-0H2V-{i:02}") for i in range(8)]
    alone = [papers.renderer().typeset(document) for document in documents]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(papers.renderer().typeset, documents)) == alone


@every_type
def test_modules_of_the_largest_code_are_half_a_millimetre(certificate_type: CertificateType) -> None:
    pdf = papers.renderer().typeset(_full(certificate_type))
    left, bottom, right, top = _code_box(pdf)
    modules = qr.encode(papers.url(papers.LONGEST_URL_BYTES)).modules
    assert (right - left) / MILLIMETRE / modules >= 0.5
    assert (top - bottom) / MILLIMETRE / modules >= 0.5


def test_smaller_code_gets_larger_modules() -> None:
    left, _, right, _ = _code_box(papers.renderer().typeset(papers.paper(LICENCE, code_url=papers.url(120))))
    modules = qr.encode(papers.url(120)).modules
    assert (right - left) / MILLIMETRE / modules > 0.65


def test_test_registry_marks_every_page() -> None:
    pdf = papers.renderer().render(replace(_full(LICENCE), test=True))
    pages = [papers.squeezed(page.get_textpage().get_text_bounded()) for page in pypdfium2.PdfDocument(pdf)]
    assert all("测试TEST" in text for text in pages)


def test_other_registries_mark_none() -> None:
    text = papers.text_of(papers.renderer().render(papers.paper(LICENCE)))
    assert "TEST" not in text
    assert "测试" not in text


def test_preview_says_so_and_has_nothing_that_verifies() -> None:
    pdf = papers.renderer().preview(papers.paper(LICENCE))
    text = papers.text_of(pdf)
    assert "预览PREVIEW" in text
    assert "7K3M" not in text
    assert readback.read_codes(pdf) == (PREVIEW_CODE,)
    assert list(pikepdf.open(BytesIO(pdf)).attachments) == []


def test_preview_needs_neither_code_nor_certificate() -> None:
    pdf = papers.renderer().preview(papers.paper(LICENCE, sd_jwt="", code_url="", short_number=""))
    assert readback.read_codes(pdf) == (PREVIEW_CODE,)


@pytest.mark.parametrize("member", ["sd_jwt", "code_url", "short_number"])
def test_document_without_what_makes_it_verifiable_is_refused(member: str) -> None:
    with pytest.raises(Unprintable, match=member):
        papers.renderer().render(papers.paper(LICENCE, None, **{member: ""}))


@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("x") #read("/etc/passwd")',
        "$a^2$ *bold* _it_ `raw` = heading",
        '\\" ] } ) {host} <label> @ref // /* comment',
        "https://evil.example/%00 &amp; <script>alert(1)</script>",
        "-- --- ... '' ~",
        "A" * 200,
    ],
)
def test_hostile_text_stays_text(hostile: str) -> None:
    claims = papers.examples(LICENCE) | {LICENCE.holder_name_claim: hostile}
    text = papers.text_of(papers.renderer().render(papers.paper(LICENCE, claims)))
    assert papers.squeezed(hostile) in text


def test_text_has_no_spaces_between_latin_and_chinese() -> None:
    claims = papers.examples(LICENCE) | {LICENCE.holder_name_claim: "呼和浩特ABC123科技"}
    pdf = pypdfium2.PdfDocument(papers.renderer().typeset(papers.paper(LICENCE, claims)))
    assert "呼和浩特ABC123科技" in pdf[0].get_textpage().get_text_bounded()


def test_rare_characters_of_names_are_printed() -> None:
    claims = papers.examples(LICENCE) | {LICENCE.holder_name_claim: "䶮镕玥𬀩"}
    assert "䶮镕玥𬀩" in papers.text_of(papers.renderer().render(papers.paper(LICENCE, claims)))


def test_character_that_no_font_has_is_refused_and_named() -> None:
    claims = papers.examples(LICENCE) | {LICENCE.holder_name_claim: "𠮷野家"}
    with pytest.raises(Unprintable, match="𠮷"):
        papers.renderer().render(papers.paper(LICENCE, claims))


def test_refused_document_leaves_the_renderer_usable() -> None:
    with pytest.raises(Unprintable):
        papers.renderer().render(papers.paper(LICENCE, papers.examples(LICENCE) | {LICENCE.holder_name_claim: "𠮷"}))
    assert papers.renderer().render(papers.paper(LICENCE))


def test_one_language_alone_is_possible() -> None:
    text = papers.text_of(papers.renderer().render(papers.paper(LICENCE, languages=("zh-CN",))))
    assert "Registrationauthority" not in text
    assert "登记机关" in text


def test_missing_font_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="nowhere"):
        Renderer(Fonts(folders=(tmp_path / "nowhere",), families=("Noto Sans SC",)))


def test_folder_without_the_fonts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="wanted Noto Sans SC"):
        Renderer(Fonts(folders=(tmp_path,), families=("Noto Sans SC",)))


def test_family_without_a_weight_is_refused() -> None:
    with pytest.raises(FontsMissing, match=r"wanted \[500, 700\]"):
        Renderer(Fonts(folders=SHIPPED_FONTS.folders[:1], families=SHIPPED_FONTS.families))


Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points from the lower left of the page."""


def _overlap(one: Box, other: Box) -> float:
    """Which share of the smaller letter lies under the larger."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or up <= 0:
        return 0
    return across * up / min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))


def _letters(pdf: bytes) -> Iterator[tuple[int, tuple[float, float], list[Box]]]:
    """Yield (page, size, boxes of its letters)."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for number, page in enumerate(document):
            text = page.get_textpage()
            boxes = [
                text.get_charbox(i) for i in range(text.count_chars()) if text.get_text_range(i, 1).strip("\r\n \ufffe")
            ]
            yield number, page.get_size(), boxes
    finally:
        document.close()


def _code_box(pdf: bytes) -> Box:
    """Where the code is on the first page, without its quiet zone."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        scale = 300 / 72
        (code,) = zxingcpp.read_barcodes(
            document[0].render(scale=scale).to_pil(), formats=zxingcpp.barcode_formats_from_str("QRCode")
        )
        place, height = code.position, document[0].get_height()
        corners = (place.top_left, place.top_right, place.bottom_left, place.bottom_right)
        xs, ys = [corner.x / scale for corner in corners], [height - corner.y / scale for corner in corners]
        return min(xs), min(ys), max(xs), max(ys)
    finally:
        document.close()
