"""Files that readers of PDF understand in different ways: what is drawn for others than us is never green."""

from __future__ import annotations

import re
import time
from functools import cache
from typing import TYPE_CHECKING

import pytest

from demo import tampering
from demo.pdf_signing import sign
from tests.verifier.book import TODAY
from tests.verifier.printed import issue
from tests.verifier.test_originals import LICENCE, nothing
from tests.verifier.test_pdf_signatures import agency
from verifier.check.report import CheckName, Verdict
from verifier.check.verification import verify
from verifier.pdf.plain_file import is_plain
from verifier.uploads.reading import read_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.verifier.book import Book


@cache
def genuine() -> tuple[Book, bytes]:
    book, _, pdf = issue(LICENCE)
    return book, tampering.changed(pdf, nothing)


def laid(body: bytes, *, trailer: bytes = b"", table: Callable[[bytes], bytes] = lambda rows: rows) -> bytes:
    """Put a table behind objects that says where they are, so that the file has no other fault than the one meant."""
    old = genuine()[1]
    places = {int(found[1]): found.start(1) for found in re.finditer(rb"\n([0-9]+) [0-9]+ obj\b", body)}
    rows = b"".join(b"%010d 00000 n \n" % places.get(number, 0) for number in range(1, max(places) + 1))
    about = re.sub(rb"/Size [0-9]+", b"/Size %d" % (max(places) + 1), old[old.rindex(b"trailer") : old.rindex(b">>")])
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (max(places) + 1)
    return body + head + table(rows) + about + trailer + b">>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def body(old: bytes = b"", new: bytes = b"", *, more: bytes = b"") -> bytes:
    """Return the objects of the genuine document, with something replaced once and something behind."""
    whole = genuine()[1]
    objects = whole[: whole.rindex(b"xref\n0 ")] + more
    assert not old or re.search(old, objects), old
    return re.sub(old, new, objects, count=1) if old else objects


@cache
def free() -> int:
    """Return the first number that no object has."""
    return max(map(int, re.findall(rb"\n([0-9]+) 0 obj\b", genuine()[1]))) + 1


def note() -> bytes:
    """Return a red box in an empty place of the page, as an annotation."""
    look = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 21>>\nstream\n1 0 0 rg 0 0 9 9 re f\nendstream"
    about = b"[<</Type/Annot/Subtype/Stamp/Rect[60 100 260 140]/F 4/AP<</N %d 0 R>>>>]" % (free() + 1)
    return b"%d 0 obj\n%b\nendobj\n%d 0 obj\n%b\nendobj\n" % (free(), about, free() + 1, look)


DECEIVING: dict[str, Callable[[], bytes]] = {
    "a note of another generation": lambda: laid(
        body(rb"(/Type ?/Page\b)(?!s)", rb"\1/Annots %d 7 R" % free(), more=note())
    ),
    "an object twice": lambda: laid(body(more=b"1 0 obj\n<<>>\nendobj\n" + body()[body().index(b"\n1 0 obj") + 1 :])),
    "a reference to nothing": lambda: laid(body(rb"(/Type ?/Page\b)(?!s)", rb"\1/Annots 9999 0 R")),
    "nothing as a value": lambda: laid(body(rb"(/Type ?/Page\b)(?!s)", rb"\1/Rotate null")),
    "a remark": lambda: laid(body(rb"(/Type ?/Page\b)(?!s)", b"%/Rotate 90\n\\1")),
    "a key in other letters": lambda: laid(body(rb"(/Type ?/Page\b)(?!s)", rb"\1/Rotat#65 0")),
    "a stream that is longer": lambda: laid(body(rb"/Length ([0-9]+)", rb"/Length 1\1")),
    "a stream that is shorter": lambda: laid(body(rb"/Length ([0-9]+)[0-9]\b", rb"/Length \1")),
    "a length elsewhere": lambda: laid(body(rb"/Length [0-9]+", b"/Length %d 0 R" % free(), more=note())),
    "words between objects": lambda: laid(body(more=b"startxref 0\n")),
    "a second table": lambda: laid(body(), trailer=b"/XRefStm 99"),
    "a table before, of a number with a point": lambda: laid(body(), trailer=b"/Prev 99.0"),
    "places of another generation": lambda: laid(body(), table=lambda rows: rows.replace(b"00000 n", b"00001 n", 1)),
    "an object that is free": lambda: laid(body(), table=lambda rows: rows[:-3] + b"f \n"),
    "one that does not count": lambda: laid(body()).replace(b"/Size ", b"/Size 1 /Size "),
    "words behind the end": lambda: genuine()[1] + b"startxref\n0\n%%EOF\n",
    "words before the beginning": lambda: genuine()[1].replace(b"%PDF-1.7\n", b"%PDF-1.7\n1 0 obj <<>> endobj\n"),
    "another document before": lambda: laid(body()) + laid(body()),
    "no head": lambda: b"PDF",
    "nothing but a head": lambda: b"%PDF-1.7\n",
}


def test_documents_of_ours_are_plain_however_often_they_are_written_or_signed() -> None:
    book, pdf = genuine()
    assert is_plain(pdf, is_signed=False)
    assert is_plain(laid(body()), is_signed=False)
    assert verify(read_upload(laid(body())), book, TODAY, name="a paper").verdict is Verdict.VALID
    signed = sign(pdf, agency())
    assert is_plain(signed, is_signed=True)
    assert is_plain(sign(signed, agency(), field="Second"), is_signed=True)


def test_a_part_behind_that_no_signature_explains_is_not_plain() -> None:
    assert not is_plain(sign(genuine()[1], agency()), is_signed=False)


@pytest.mark.parametrize("name", DECEIVING)
def test_a_file_that_can_be_understood_in_two_ways_is_not_plain(name: str) -> None:
    assert not is_plain(DECEIVING[name](), is_signed=False)


@pytest.mark.parametrize(
    "made",
    [DECEIVING["a note of another generation"], DECEIVING["a reference to nothing"]],
    ids=["note", "reference"],
)
def test_what_only_other_readers_see_is_never_green(made: Callable[[], bytes]) -> None:
    book, _ = genuine()
    report = verify(read_upload(made()), book, TODAY, name="a paper")
    said = next(check.message.key for check in report.checks if check.name is CheckName.DOCUMENT)
    assert (report.verdict, said) == (Verdict.INCOMPLETE, "document.foreign")


def test_the_note_that_we_do_not_see_is_drawn_by_browsers() -> None:
    import pypdfium2  # type: ignore[import-untyped]  # noqa: PLC0415 (for this test alone)

    def red(pdf: bytes) -> bool:
        page = pypdfium2.PdfDocument(pdf)[0]
        return (255, 0, 0) in {colour for _, colour in page.render().to_pil().convert("RGB").getcolors(1 << 20)}

    assert not red(genuine()[1])
    assert red(DECEIVING["a note of another generation"]())


def test_many_digits_take_no_time_to_look_at() -> None:
    begun = time.process_time()
    assert not is_plain(b"%PDF-1.7\n1 0 obj " + b"1" * 60_000 + b" endobj ", is_signed=False)
    assert time.process_time() - begun < 2
