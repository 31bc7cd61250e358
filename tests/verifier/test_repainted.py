"""Pages that say what was signed and show something else: whatever is moved, hidden or painted over is found."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest

from demo import tampering
from issuer.document import ornament
from tests.verifier import outlines
from tests.verifier.book import TODAY, TYPE, Book
from tests.verifier.printed import issue
from tests.verifier.repainted import (
    changed_places,
    clipped,
    coloured,
    covered,
    drawn,
    in_the_middle,
    moved,
    put_behind,
    read_as_each_other,
    rewritten,
    shifted,
    sized,
    struck_through,
    with_code_and,
    with_frame,
    with_glyphs,
    with_marks,
    with_outline_of,
    with_plaque,
    with_range,
    with_space,
    with_widths,
)
from tests.verifier.test_originals import TEXT, ask, with_content, with_page
from verifier.check.report import CheckName, Verdict
from verifier.check.verification import verify
from verifier.pdf import drawing, marked, originals
from verifier.pdf.placing import Kind, Run, are_apart, are_in_place
from verifier.uploads.reading import read_upload

if TYPE_CHECKING:
    from tests.verifier.repainted import Change

LAST_DAY, FIRST_DAY, PERSON = "2029年1月31日", "2026年2月1日", "巴特尔"
LABEL, SMALL_LABEL = "有效期截止日期", "Valid until"
NUMBERS = ("91150102MA0XXXX156", "15012118000101000X")
LAYOUTS = Path(__file__).parents[2] / "issuer" / "layouts"


@cache
def genuine() -> tuple[Book, bytes]:
    book, _, pdf = issue(TYPE)
    return book, pdf


def made(change: Change) -> originals.Made:
    """Look at a genuine document that was changed, without a child process."""
    with pikepdf.open(io.BytesIO(tampering.changed(genuine()[1], change))) as pdf:
        return originals.look(pdf)


def box(colour: str, width: float, height: float, *, left: float = 300, top: float = 300) -> str:
    """Write a filled box as our typesetter does."""
    path = f"0 0 m {width} 0 l {width} {height} l 0 {height} l 0 0 l h"
    return f"q 1 0 0 -1 {left} {top} cm /c0 cs {colour} scn {path} f Q"


def line(path: str, *, colour: str = "0.8352941 0.8627451 0.8666667", thickness: float = 0.5) -> str:
    """Write a line in an empty place as our typesetter does."""
    return f"q 1 0 0 -1 300 240 cm /c0 CS {colour} SCN {thickness} w 4 M {path} S Q"


SAME = "0 0 m 200 0 l"
PANEL = "q 1 0 0 -1 300 300 cm /c1 cs 1 scn /c0 CS 0.7019608 0.5647059 0.3529412 SCN 0.5 w 4 M 0 0 m 9 0 l h B Q"
PHOTOGRAPH = PANEL.replace("0.5 w", "0.5 w 4 M [1] 0 d").replace("4 M 0 0 m 9 0 l h", "0 0 m 90 0 l 90 99 l h")
OVER_THE_MARK = PHOTOGRAPH.replace("300 300 cm", "240 816 cm").replace("90 0 l 90 99 l", "70 0 l 70 24 l")
ON_WHITE = "q 1 0 0 -1 {left} 570 cm /c1 cs 1 scn 0 0 m {width} 0 l {width} {height} l 0 {height} l 0 0 l h f Q"
CODE = (
    b"/Span <<>> BDC q 0 0 m 1 1 l W n q 1 0 0 -1 1 1 cm /c1 cs 1 scn 0 0 m 1 1 l f Q "
    b"q 1 0 0 -1 1 1 cm /c1 cs 0 scn 0 0 m 1 1 l f* Q Q EMC"
)


def over_another_row(pdf: pikepdf.Pdf) -> None:
    """Write a value and its labels over the ones of the row above."""
    for text in (LABEL, SMALL_LABEL, LAST_DAY):
        moved(text, up=24.6)(pdf)


def _cropped_from_above(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Pages.CropBox = pikepdf.Array([0, 0, 595, 780])


def _with_content_elsewhere(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj.Contents.F = pikepdf.String("other.txt")


CHANGES: dict[str, tuple[Change, str]] = {
    "two digits that change places": (shifted(LAST_DAY, 0, 0, -560, 1120, -560), marked.PLACES),
    "two small steps back": (shifted(LAST_DAY, 0, 0, 100, 100), ""),
    "letters far apart": (shifted(LAST_DAY, 0, 0, -400), marked.PLACES),
    "a text that begins before its place": (shifted(LAST_DAY, 300), marked.PLACES),
    "white": (coloured(LAST_DAY, 1, 1, 1), marked.CONTENT),
    "pale": (coloured(LAST_DAY, 0.93, 0.93, 0.93), marked.CONTENT),
    "too small to see": (sized(LAST_DAY, 0.1), marked.CONTENT),
    "too large": (sized(PERSON, 60), marked.CONTENT),
    "mirrored": (moved(LAST_DAY, -1, 0, 0, -1, right=80), marked.CONTENT),
    "clipped away": (clipped(LAST_DAY), marked.CONTENT),
    "a way of writing before the way": (rewritten(LAST_DAY, "0 Tr", "0 3 Tr"), marked.CONTENT),
    "a size before the size": (rewritten(LAST_DAY, r"(/\S+) (\S+) Tf", r"\1 \2 \1 0.1 Tf"), marked.CONTENT),
    "a space before the space": (rewritten(LAST_DAY, "(/c[01]) cs", r"\1 /c1 cs"), marked.CONTENT),
    "true for one": (rewritten(LAST_DAY, "1 0 0 -1", "true 0 0 -1"), marked.CONTENT),
    "a number too large to be one": (rewritten(LAST_DAY, r"0 0 Tm", "0 4294967296 Tm"), marked.CONTENT),
    "a path before the part": (rewritten(LAST_DAY, "^", "99 99 m 199 199 l "), marked.CONTENT),
    "a thickness before the thickness": (
        drawn("q 1 0 0 -1 300 240 cm /c0 CS 0.8352941 0.8627451 0.8666667 SCN 0.5 300 w 4 M 0 0 m 200 0 l S Q"),
        marked.CONTENT,
    ),
    "two values that change places": (changed_places(*NUMBERS), marked.PLACES),
    "two labels that change places": (changed_places(LABEL, "首次发证日期"), marked.PLACES),
    "two small labels that change places": (changed_places(SMALL_LABEL, "First issued"), marked.PLACES),
    "a value in the row above": (moved(LAST_DAY, up=24.5), marked.PLACES),
    "one row over another": (over_another_row, marked.PLACES),
    "a value far from its label": (moved(PERSON, right=100), marked.PLACES),
    "a value among the marks": (put_behind(LAST_DAY), marked.CONTENT),
    "painted over": (covered(LAST_DAY), marked.DRAWINGS),
    "struck through": (struck_through(LAST_DAY), marked.DRAWINGS),
    "a white box where nothing is": (drawn(box("1 1 1", 9, 9, left=400, top=240)), marked.DRAWINGS),
    "a thin line where nothing is": (drawn(box("0.8352941 0.8627451 0.8666667", 90, 0.5, left=400, top=240)), ""),
    "a stroke of a digit": (drawn(box("0.086 0.157 0.184", 5, 0.8, left=400, top=240)), marked.DRAWINGS),
    "a second ornament": (drawn(box("0.7019608 0.5647059 0.3529412", 5, 5, left=400, top=240)), marked.DRAWINGS),
    "a second panel": (drawn(PANEL), marked.DRAWINGS),
    "a second code": (with_content(CODE), marked.DRAWINGS),
    "one line more": (drawn(line(SAME)), ""),
    "a short line": (drawn(line("0 0 m 9 0 l")), marked.DRAWINGS),
    "a slanting line": (drawn(line("0 0 m 99 99 l")), marked.DRAWINGS),
    "a bent line": (drawn(line("0 0 m 99 0 l 99 99 l")), marked.DRAWINGS),
    "a thick line": (drawn(line(SAME, thickness=9)), marked.DRAWINGS),
    "a dark line": (drawn(line(SAME, colour="0 0 0")), marked.DRAWINGS),
    "another frame": (with_frame("w", "30"), marked.DRAWINGS),
    "two digits read as each other": (read_as_each_other("9", "6", in_font_of=LAST_DAY), marked.LETTERS),
    "a digit in another's shape": (with_outline_of("9", "6", in_font_of=LAST_DAY), marked.LETTERS),
    "letters of another width": (with_widths(LAST_DAY, 100), marked.LETTERS),
    "inverted colours": (with_space(1), marked.CONTENT),
    "colours that end elsewhere": (with_range(0, 0, 0, 0, 0, 0), marked.CONTENT),
    "a mark in another colour": (with_plaque(0, 0, 0), marked.DRAWINGS),
    "dark marks behind the page": (with_marks(0, 0, 0), marked.CONTENT),
    "words beside the code": (with_code_and("110 0 m 120 0 l 120 9 l h"), marked.DRAWINGS),
    "words around the code": (with_code_and("110 110 m 120 110 l 120 120 l h"), marked.DRAWINGS),
    "a slanting part of the code": (with_code_and("20 20 m 30 30 l 20 30 l h"), marked.DRAWINGS),
    "a place for a photograph over the mark of a test": (drawn(OVER_THE_MARK), marked.DRAWINGS),
    "a white ground without a code": (drawn(ON_WHITE.format(left=600, width=99, height=20)), marked.DRAWINGS),
    "a white ground over the mark of a test": (drawn(ON_WHITE.format(left=340, width=150, height=24)), marked.DRAWINGS),
    "a white ground as large as the page": (drawn(ON_WHITE.format(left=0, width=842, height=595)), marked.DRAWINGS),
    "a place for a large photograph": (drawn(PHOTOGRAPH), marked.DRAWINGS),
    "glyphs that are not counted": (with_glyphs(2), marked.LETTERS),
    "half a letter": (with_content(TEXT.replace(b"<0001>", b"<000100>")), marked.LETTERS),
    "cropped by the tree of pages": (_cropped_from_above, marked.STRUCTURE),
    "cropped by a smaller sheet": (with_page("/MediaBox", pikepdf.Array([0, 0, 595.2756, 790])), marked.STRUCTURE),
    "a page twice": (lambda pdf: pdf.pages.append(pdf.pages[0]), marked.DRAWINGS),
    "content from another file": (_with_content_elsewhere, marked.STRUCTURE),
    "colours of the device": (with_space(3), marked.CONTENT),
}


def with_days_that_change_places(pdf: pikepdf.Pdf) -> None:
    """Write two rows in the middle of an empty place, each day by the other's label, in the colour of labels."""
    founded, approved = "2019年6月18日", "2026年1月31日"
    for day in (founded, approved):
        coloured(day, 0.6509804, 0.105882354, 0.105882354)(pdf)
    lines = (("成立日期", 150), ("Date of establishment", 142), (approved, 128))
    for text, base in (*lines, ("核准日期", 108), ("Date of approval", 100), (founded, 88)):
        in_the_middle(text, base)(pdf)


def whole_row(pdf: pikepdf.Pdf) -> None:
    """Hide a value and its label, as a permit's end would be hidden."""
    for text in (LABEL, SMALL_LABEL, LAST_DAY):
        coloured(text, 0.97, 0.97, 0.97)(pdf)
        put_behind(text)(pdf)


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_seen_of_a_page_is_what_its_text_says(name: str) -> None:
    change, what = CHANGES[name]
    assert made(change).foreign == what


def test_a_row_hidden_among_the_marks_is_not_the_original() -> None:
    """Its making is ours: what the marks say gives it away."""
    assert made(whole_row).foreign == ""
    book, pdf = genuine()
    report = verify(read_upload(tampering.changed(pdf, whole_row)), book, TODAY, name="a paper")
    said = next(check.message.key for check in report.checks if check.name is CheckName.DOCUMENT)
    assert (report.verdict, said) == (Verdict.INCOMPLETE, "document.foreign")


def test_values_in_the_colour_of_labels_stand_anywhere_and_are_not_the_original() -> None:
    """Titles need no value beside them; what is no title's or label's words gives itself away."""
    assert ask(with_days_that_change_places) == (Verdict.INCOMPLETE, "document.foreign")


def test_the_colours_are_the_layouts() -> None:
    said = dict(re.findall(r'#let (\w+) = rgb\("#([0-9a-f]{6})"\)', (LAYOUTS / "palette.typ").read_text()))
    ours = {"ink": drawing.INK, "soft": drawing.SOFT, "hairline": drawing.HAIRLINE, "warning": drawing.WARNING}
    assert {name: bytes(colour).hex() for name, colour in ours.items()} == {name: said[name] for name in ours}
    assert bytes(drawing.GOLD).hex() == said["gold"] == ornament.GOLD[1:]


def test_the_letters_are_those_of_the_fonts_that_documents_are_set_in() -> None:
    assert outlines.digests() <= outlines.known()


class TestPlaces:
    """What no page of ours has, by its pieces of text alone."""

    def run(self, kind: Kind, left: float, base: float, **more: object) -> Run:
        return Run(kind, left, base, left + 50, 10, is_number=bool(more.get("is_number")))

    def are_good(self, *runs: Run) -> bool:
        return are_in_place(runs, width=600)

    def test_a_label_without_its_value_is_none_of_ours(self) -> None:
        label = self.run(Kind.LABEL, 70, 500)
        assert not self.are_good(label)
        assert not self.are_good(label, self.run(Kind.LABEL, 70, 400), self.run(Kind.VALUE, 180, 400))
        assert self.are_good(label, self.run(Kind.VALUE, 180, 500))

    def test_titles_and_notices_have_no_values(self) -> None:
        assert self.are_good(self.run(Kind.LABEL, 275, 700), self.run(Kind.LABEL, 480, 60))

    def test_lines_of_a_value_stand_in_their_order(self) -> None:
        label, first = self.run(Kind.LABEL, 70, 500), self.run(Kind.VALUE, 180, 500)
        assert self.are_good(label, first, self.run(Kind.VALUE, 180, 486))
        assert not self.are_good(label, first, self.run(Kind.VALUE, 180, 514))
        assert not self.are_good(label, first, self.run(Kind.VALUE, 180, 460))

    def test_nothing_is_written_over_the_end_of_a_line(self) -> None:
        label, first = self.run(Kind.LABEL, 70, 500), self.run(Kind.VALUE, 180, 500)
        assert self.are_good(label, first, self.run(Kind.VALUE, 230, 500))
        assert not self.are_good(label, first, self.run(Kind.VALUE, 220, 500))

    def test_no_text_is_written_over_another(self) -> None:
        first, behind, above = (self.run(Kind.VALUE, *place) for place in ((180, 500), (230, 500), (180, 509)))
        assert are_apart((first, behind, above))
        assert not are_apart((behind, self.run(Kind.VALUE, 200, 500)))
        assert not are_apart((first, self.run(Kind.LABEL, 180, 494)))

    def test_behind_a_short_number_begins_another_part(self) -> None:
        number = self.run(Kind.VALUE, 70, 100, is_number=True)
        assert self.are_good(number, self.run(Kind.VALUE, 300, 200))
        assert not self.are_good(self.run(Kind.VALUE, 70, 100), self.run(Kind.VALUE, 300, 200))

    def test_there_is_one_short_number(self) -> None:
        first, value = self.run(Kind.VALUE, 70, 100, is_number=True), self.run(Kind.VALUE, 300, 200)
        second = self.run(Kind.VALUE, 300, 186, is_number=True)
        assert not self.are_good(first, value, second, self.run(Kind.VALUE, 300, 400))
