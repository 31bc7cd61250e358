"""Whether a PDF is made as our typesetter makes documents, so that what it shows is what its text layer says.

A page can show one thing and say another: with letters that stand for others, with text that replaces what is drawn,
with words moved, hidden or painted over, with pictures. Our documents are typeset by one program from the same few
fonts, and use little of what PDF can do. What is made of anything else may still agree with what was signed, but is not
the original file. Here is the file's structure; `pdf.typefaces` has the fonts, `pdf.drawing` the pages.

Runs in the confined child (`verifier.uploads.decoding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pikepdf

from verifier.pdf import drawing, typefaces
from verifier.pdf.marked import STRUCTURE, NotOurs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.pdf.typefaces import Typeface

_CATALOGUE = frozenset(
    {"/AF", "/Extensions", "/Lang", "/MarkInfo", "/Metadata", "/Names", "/OutputIntents", "/Pages", "/StructTreeRoot"}
    | {"/Type", "/Version", "/ViewerPreferences"}
)
_PAGE = frozenset({"/Contents", "/MediaBox", "/Parent", "/Resources", "/StructParents", "/Tabs", "/Type"})
_SIGNED_CATALOGUE, _SIGNED_PAGE = _CATALOGUE | {"/AcroForm", "/DSS", "/Perms"}, _PAGE | {"/Annots"}
"""What a signature of the file adds; `verifier.pdf.stamps` looks at what those hold."""
_STREAM = frozenset({"/Filter", "/Length"})
_TREE = frozenset({"/K", "/ParentTree", "/ParentTreeNextKey", "/RoleMap", "/Type"})
_ELEMENT = frozenset({"/A", "/Alt", "/K", "/P", "/Pg", "/S", "/T", "/Type"})
_MOST_ELEMENTS = 10_000
_A4, _EXACT = (595.2756, 841.8898), 0.01
"""In points: a page's width and height, and how exactly it has them."""
_RESOURCES = frozenset({"/ColorSpace", "/Font", "/ProcSet"})


@dataclass(frozen=True, slots=True)
class Made:
    """How a file is made."""

    foreign: str
    """What of it our typesetter does not write; empty if nothing."""
    behind: tuple[str, ...] = ()
    """What is written behind each page; unknown of a foreign file."""
    labels: tuple[str, ...] = ()
    """What stands on each page in the colour of labels, or is read out in place of it; unknown of a foreign file."""


def look(pdf: pikepdf.Pdf, *, is_signed: bool = False) -> Made:
    """Look at how a file is made. Of a signed one, the signature is left out."""
    try:
        words = list(_words(pdf, is_signed=is_signed))
        labels = (*(each.labels for each in words), *_read_out(pdf.Root.get("/StructTreeRoot")))
        return Made("", tuple(each.behind for each in words), labels)
    except NotOurs as exc:
        return Made(exc.what)


def _words(pdf: pikepdf.Pdf, *, is_signed: bool) -> Iterator[drawing.Words]:
    # Of a file that has to be repaired before it can be read, each program makes what it likes.
    if (
        pdf.get_warnings()
        or pdf.is_encrypted
        or not set(pdf.Root.keys()) <= (_SIGNED_CATALOGUE if is_signed else _CATALOGUE)
    ):
        raise NotOurs(STRUCTURE)
    known: dict[str, Typeface] = {}
    for number, page in enumerate(pdf.pages):
        # What it takes over from the tree of pages, pikepdf has written into the page.
        if not set(page.obj.keys()) <= (_SIGNED_PAGE if is_signed else _PAGE):
            raise NotOurs(STRUCTURE)
        resources = page.obj.get("/Resources")
        content = page.obj.get("/Contents")
        if not isinstance(content, pikepdf.Stream) or not isinstance(resources, pikepdf.Dictionary):
            raise NotOurs(STRUCTURE)
        if not set(content.keys()) <= _STREAM or not _is_whole_sheet(page):
            raise NotOurs(STRUCTURE)
        if not set(resources.keys()) <= _RESOURCES:
            raise NotOurs(STRUCTURE)
        fonts = resources.get("/Font", pikepdf.Dictionary())
        faces = {name: typefaces.read(font, known) for name, font in fonts.items()}
        yield drawing.words(page, faces, is_first=number == 0)


def _read_out(tree: pikepdf.Object | None) -> Iterator[str]:
    """Yield what programs that read aloud say in place of what is drawn, or as a part's title; raises `NotOurs`."""
    if tree is None:
        return
    if not set(tree.keys()) <= _TREE:
        raise NotOurs(STRUCTURE)
    todo, count = [tree.get("/K")], 0
    while todo:
        here = todo.pop()
        count += 1
        if count > _MOST_ELEMENTS:
            raise NotOurs(STRUCTURE)
        if isinstance(here, pikepdf.Array):
            todo.extend(here)
        elif isinstance(here, pikepdf.Dictionary) and here.get("/Type") not in {"/MCR", "/OBJR"}:
            if not set(here.keys()) <= _ELEMENT:
                raise NotOurs(STRUCTURE)
            yield from (str(here[key]) for key in ("/T", "/Alt") if key in here)
            todo.append(here.get("/K"))


def _is_whole_sheet(page: pikepdf.Page) -> bool:
    """Whether all of A4 is shown, upright or on its side."""
    left, bottom, right, top = map(float, page.obj.MediaBox)
    return (left, bottom) == (0, 0) and any(
        abs(right - width) < _EXACT and abs(top - height) < _EXACT for width, height in (_A4, _A4[::-1])
    )
