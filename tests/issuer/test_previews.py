"""Previews: a document as it will be, before anything of it is signed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from PIL import Image

from chain import code
from chain.errors import CodeMalformed
from issuer import issuing
from issuer.delivery import previews
from issuer.document import readback
from issuer.errors import Unprintable
from issuer.tables.account_models import Role
from tests.issuer.clerks import pages
from tests.issuer.rehearsed import drafted, renderer

if TYPE_CHECKING:
    from issuer.document.face import Document
    from tests.issuer.offices import World


@pytest.mark.parametrize("fixed", [False, True])
def test_preview_says_what_the_document_will_say(world: World, fixed: bool) -> None:  # noqa: FBT001 — pytest's way
    document = previewed(world, fixed=fixed)
    text = text_of(previews.pdf(renderer(), document))
    assert "PREVIEW" in text
    assert "呼和浩特市演示草原餐饮有限公司" in text


def test_code_of_a_preview_does_not_verify(world: World) -> None:
    (text,) = readback.read_codes(previews.pdf(renderer(), previewed(world)))
    with pytest.raises(CodeMalformed):
        code.parse(text)


def test_preview_has_no_attachments(world: World) -> None:
    pdf = pypdfium2.PdfDocument(previews.pdf(renderer(), previewed(world, fixed=True)))
    assert pdf.count_attachments() == 0
    pdf.close()


def test_picture_is_a_png_of_bounded_size(world: World) -> None:
    picture = Image.open(io.BytesIO(previews.picture(renderer(), previewed(world))))
    assert picture.format == "PNG"
    assert picture.width * picture.height <= 2_000_000


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_everything_on_the_page_is_said_in_words_too(world: World, language: str) -> None:
    document = previewed(world, fixed=True)
    said = dict(previews.words(document, language))
    kind = document.certificate_type
    for key, value in document.claims.items():
        assert said[kind.claim(key).labels[language]] == kind.display(key, value, language)


def test_row_without_glyphs_has_no_preview_but_a_sentence(world: World) -> None:
    batch = drafted(world, 1)
    with world.office.store.writing() as work:
        (certificate,) = work.certificates(batch)
        claims = world.office.records.claims(work, certificate)
        world.office.records.put_claims(work, certificate, {**claims, "operator_name": "𠮷野家餐饮有限公司"})
    with pytest.raises(Unprintable):
        previews.pdf(renderer(), previewed(world, batch=batch))
    with pages(world) as door:
        preparer = door.clerk("low-preparer", Role.PREPARER)
        assert preparer.get(f"/batches/{batch}/rows/{certificate.id}/preview.png").status_code == 500
        assert "𠮷野家" in preparer.get(f"/batches/{batch}/rows/{certificate.id}").text


def test_previews_are_for_the_own_agency_and_kept_by_nobody(world: World) -> None:
    batch = drafted(world, 1)
    with world.office.store.reading() as work:
        (row,) = work.certificates(batch)
    with pages(world) as door:
        preparer = door.clerk("low-preparer", Role.PREPARER)
        for end, kind in (("preview.png", "image/png"), ("preview.pdf", "application/pdf")):
            answer = preparer.get(f"/batches/{batch}/rows/{row.id}/{end}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
            assert "no-store" in answer.headers["cache-control"]
        assert preparer.get(f"/batches/{batch + 1}/rows/{row.id}").status_code == 404
        assert door.clerk("other-preparer", Role.PREPARER).get(f"/batches/{batch}/rows/{row.id}").status_code == 404


def previewed(world: World, *, fixed: bool = False, batch: int | None = None) -> Document:
    """Return what a row's preview is made of."""
    batch = drafted(world, 1) if batch is None else batch
    if fixed:
        issuing.fix(world.office, batch)
    directory = world.office.directory()
    with world.office.store.reading() as work:
        (certificate,) = work.certificates(batch)
        return previews.document_of(world.office, work, directory, work.batch(batch), certificate)


def text_of(pdf: bytes) -> str:
    """Return the text layer."""
    document = pypdfium2.PdfDocument(pdf)
    text: str = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return "".join(text.split())
