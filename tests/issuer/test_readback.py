"""The rehearsal: a document's code is read from a bitmap before the document is handed out."""

from __future__ import annotations

from io import BytesIO

import pypdfium2  # type: ignore[import-untyped]
import pytest
import typst
import zxingcpp
from PIL import Image

from chain.certificate_types import by_identifier
from issuer.document import readback
from issuer.errors import CodeUnreadable
from tests.issuer import papers

LICENCE = by_identifier("business-licence")


def test_code_on_the_page_says_the_whole_url() -> None:
    document = papers.paper(LICENCE, code_url=papers.url(papers.LONGEST_URL_BYTES))
    assert readback.read_codes(papers.renderer().render(document)) == (document.code_url,)


def test_code_that_says_something_else_is_refused() -> None:
    pdf = papers.renderer().typeset(papers.paper(LICENCE))
    with pytest.raises(CodeUnreadable, match=r"got «https.*wanted one code"):
        readback.require_code(pdf, papers.url(310), number="1")


def test_page_without_a_code_is_refused() -> None:
    with pytest.raises(CodeUnreadable, match="got no code"):
        readback.require_code(_pdf("nothing"), papers.url(), number="1")


def test_page_with_a_second_code_is_refused() -> None:
    codes = [zxingcpp.create_barcode(text, zxingcpp.QRCode).to_svg(scale=3) for text in ("wanted", "another")]
    images = "".join(f'#image(bytes({_quoted(code)}), format: "svg", width: 4cm)\n' for code in codes)
    with pytest.raises(CodeUnreadable, match="another"):
        readback.require_code(_pdf(images), "wanted", number="1")


def test_page_turned_by_three_degrees_is_still_read_at_150_dpi() -> None:
    document = papers.paper(LICENCE, code_url=papers.url(papers.LONGEST_URL_BYTES), test=True)
    page = pypdfium2.PdfDocument(papers.renderer().typeset(document))[0]
    turned = page.render(scale=150 / 72).to_pil().rotate(3, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    photograph = BytesIO()
    turned.save(photograph, "JPEG", quality=80)
    read = zxingcpp.read_barcodes(Image.open(photograph), formats=zxingcpp.barcode_formats_from_str("QRCode"))
    assert [barcode.text for barcode in read] == [document.code_url]


def _pdf(source: str) -> bytes:
    return typst.compile(source.encode(), format="pdf", ignore_system_fonts=True)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
