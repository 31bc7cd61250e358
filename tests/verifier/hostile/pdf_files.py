"""Hostile PDF files: bombs, files that are two things at once, and genuine documents with something done to them."""

from __future__ import annotations

import io
import os
import re
import zipfile
import zlib
from typing import TYPE_CHECKING

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from demo import tampering
from demo.pdf_signing import sign, turned_afterwards
from tests.verifier import repainted
from tests.verifier.book import paper
from tests.verifier.hostile.world import Row, unfolding
from tests.verifier.test_originals import with_annotation, with_content, with_mapping, with_page, with_root
from tests.verifier.test_pdf_signatures import agency
from tests.verifier.test_reading import (
    CATALOGUE,
    PAGES,
    attachment_bomb,
    encrypted,
    flate_bomb,
    pages_of,
    pdf_of,
    png_of,
    stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[pikepdf.Pdf], None]


def bomb(name: str, why: str, message: str, made: Callable[[], bytes]) -> Row:
    """Make a file of its own, in which nothing can be read."""
    return Row(name, why, lambda _: made(), "UNREADABLE", message)


def changed(name: str, why: str, expected: str, message: str, change: Change) -> Row:
    """Change the genuine document with an editor."""
    return Row(name, why, lambda world: tampering.changed(world.document, change), expected, message)


def around(name: str, why: str, expected: str, message: str, made: Callable[[bytes], bytes]) -> Row:
    """Do something to the genuine document's bytes."""
    return Row(name, why, lambda world: made(world.document), expected, message)


def _page(more: bytes) -> bytes:
    return b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]" + more + b">>"


def _twice_folded() -> bytes:
    """Fold a gigabyte of drawing several times over."""
    data = unfolding(b"0 0 m 9 9 l S\n" * 76_000, 1000)
    filters = b"/Filter[/FlateDecode/FlateDecode]"
    return pdf_of(CATALOGUE, PAGES, _page(b"/Contents 4 0 R"), stream(zlib.compress(data), filters))


def _forms_in_forms() -> bytes:
    """Draw a form that draws the next ten times, eight levels deep."""
    forms = [
        stream(
            b"/F Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F %d 0 R>>>>" % (6 + at)
        )
        for at in range(8)
    ]
    last = stream(b"0 0 9 9 re f " * 100, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    page = _page(b"/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>")
    return pdf_of(CATALOGUE, PAGES, page, stream(b"/F Do"), *forms, last)


def _a_form_that_draws_itself() -> bytes:
    form = stream(b"/F Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>")
    return pdf_of(CATALOGUE, PAGES, _page(b"/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>"), stream(b"/F Do"), form)


def _a_table_that_leads_to_itself() -> bytes:
    start = b"%PDF-1.7\n"
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 1/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return start + table % (len(start), len(start))


def _objects_in_a_loop_of_streams() -> bytes:
    """Say that each stream of objects lies in the other."""
    inside = stream(b"2 0 3 5 <<>> <<>>", b"/Type/ObjStm/N 2/First 8/Extends 5 0 R")
    other = stream(b"1 0 <<>>", b"/Type/ObjStm/N 1/First 4/Extends 4 0 R")
    return pdf_of(b"<</Type/Catalog/Pages 4 0 R>>", b"null", b"null", inside, other)


def _deep() -> bytes:
    return pdf_of(CATALOGUE, PAGES, _page(b"/X " + b"[" * 200_000 + b"]" * 200_000))


def _a_huge_picture() -> bytes:
    """Draw a picture of a gigapixel that takes no room in the file."""
    data = unfolding(bytes(1 << 20), 1000)
    about = b"/Type/XObject/Subtype/Image/Width 32000/Height 32000/ColorSpace/DeviceGray/BitsPerComponent 8"
    picture = stream(data, about + b"/Filter/FlateDecode")
    page = _page(b"/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>")
    return pdf_of(CATALOGUE, PAGES, page, stream(b"500 0 0 500 0 0 cm /I Do"), picture)


def _in_jbig2() -> bytes:
    """Draw a picture in the format of the attack on telephones of 2021 (CVE-2021-30860)."""
    about = b"/Type/XObject/Subtype/Image/Width 64/Height 64/ColorSpace/DeviceGray/BitsPerComponent 1"
    picture = stream(b"\0\0\0\0\x30\0\1\xff\xff\xff\xff" + os.urandom(400), about + b"/Filter/JBIG2Decode")
    page = _page(b"/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>")
    return pdf_of(CATALOGUE, PAGES, page, stream(b"500 0 0 500 0 0 cm /I Do"), picture)


def _a_font_program() -> bytes:
    """Show a letter in a font whose program is noise."""
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 65/LastChar 65/Widths[600]/FontDescriptor 6 0 R>>"
    about = b"<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 7 0 R>>"
    page = _page(b"/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>")
    content = stream(b"BT /F 40 Tf 50 50 Td (A) Tj ET")
    return pdf_of(CATALOGUE, PAGES, page, content, font, about, stream(b"\0\1\0\0\0\x10" + os.urandom(4000)))


def _a_pattern() -> bytes:
    """Fill the page with tiles too small to see."""
    tile = stream(
        b"0 0 1 1 re f",
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep .0001/YStep .0001/Resources<<>>",
    )
    page = _page(b"/Contents 4 0 R/Resources<</Pattern<</P 5 0 R>>>>")
    return pdf_of(CATALOGUE, PAGES, page, stream(b"/Pattern cs /P scn 0 0 595 842 re f"), tile)


def _with_zip(pdf: bytes) -> bytes:
    """Put an archive behind the document: both kinds of reader take it."""
    behind = io.BytesIO()
    with zipfile.ZipFile(behind, "w") as archive:
        archive.writestr("evil.txt", "evil")
    return pdf + behind.getvalue()


def _updated(pdf: bytes) -> bytes:
    """Add another page tree behind the end, as an editor does that saves what it changed."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        root, size = opened.trailer.Root.objgen[0], int(opened.trailer.Size)
        pages = opened.Root.Pages.objgen[0]
    found = re.findall(rb"startxref\s+([0-9]+)", pdf)
    body = b"\n%d 0 obj\n<</Type/Pages/Count 1/Kids[%d 0 R]>>\nendobj\n" % (pages, size)
    place, more = len(pdf) + 1, len(pdf) + len(body)
    page = b"%d 0 obj\n<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]>>\nendobj\n" % (size, pages)
    table = b"xref\n%d 1\n%010d 00000 n \n%d 1\n%010d 00000 n \n" % (pages, place, size, more)
    trailer = b"trailer\n<</Root %d 0 R/Size %d/Prev %s>>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + body + page + table + trailer % (root, size + 1, found[-1], more + len(page))


def _after_another(pdf: bytes) -> bytes:
    """Put it behind a document that shows something else: its table of objects leads astray then."""
    return pdf_of(CATALOGUE, PAGES, _page(b"")) + pdf


def _with_another_certificate(pdf: pikepdf.Pdf) -> None:
    tampering.stripped(pdf)
    tampering.attached("certificate.sd-jwt", paper(salt=b"2").sd_jwt.encode())(pdf)


def _packed_as(pdf: pikepdf.Pdf, how: Name) -> None:
    """Say of what is attached that it is packed in another way."""
    for thing in pdf.objects:
        if isinstance(thing, Stream) and thing.get("/Type") == "/EmbeddedFile":
            thing.write(thing.read_raw_bytes(), filter=how)


def _as_a_form(pdf: pikepdf.Pdf) -> None:
    page = pdf.pages[0].obj
    within = Dictionary(Font=page.Resources.Font, ColorSpace=page.Resources.ColorSpace)
    about = {"Type": Name.XObject, "Subtype": Name.Form, "BBox": page.MediaBox, "Resources": within}
    page.Resources.XObject = Dictionary(F=pdf.make_stream(page.Contents.read_bytes(), **about))
    page.Contents = pdf.make_stream(b"/F Do")


def _with_layer(pdf: pikepdf.Pdf, *, shown: bool) -> None:
    """Draw more words on a layer that is shown or hidden."""
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("L")))
    state = {Name.ON if shown else Name.OFF: Array([layer])}
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(**{str(k)[1:]: v for k, v in state.items()}))
    pdf.pages[0].obj.Resources.Properties = Dictionary(L=layer)
    with_content(b"\n/OC /L BDC 60 30 90 20 re f EMC")(pdf)


def _with_widget(pdf: pikepdf.Pdf) -> None:
    """Lay a field of a form over a line."""
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, V=String("X"), Rect=Array([60, 400, 360, 440]))
    there = pdf.make_indirect(field)
    pdf.pages[0].obj.Annots = Array([there])
    pdf.Root.AcroForm = Dictionary(Fields=Array([there]))


def _with_file(pdf: pikepdf.Pdf) -> None:
    """Hang a program on the page."""
    data = Stream(pdf, b"MZ\x90")
    spec = Dictionary(Type=Name.Filespec, F=String("a.exe"), EF=Dictionary(F=pdf.make_indirect(data)))
    pdf.pages[0].obj.AF = Array([pdf.make_indirect(spec)])


def _with_page(pdf: pikepdf.Pdf) -> None:
    """Put a page behind that our typesetter did not set."""
    pdf.add_blank_page(page_size=(595, 842))
    pdf.pages[-1].obj.Contents = pdf.make_stream(b"0 0 9 9 re f 1 0 0 rg")


def _encrypted_for_its_owner(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, encryption=pikepdf.Encryption(owner="owner", user=""))
    return out.getvalue()


def _white_words(pdf: pikepdf.Pdf) -> None:
    """Write more in white on white, with the document's own letters."""
    with_content(b"\nq 1 1 1 rg BT /f0 9 Tf 1 0 0 1 60 20 Tm <00010002> Tj ET Q")(pdf)


def _script(kind: str) -> Dictionary:
    return Dictionary(S=Name("/" + kind), JS=String("app.alert(1)"), F=String("calc.exe"), URI=String("https://x"))


_LAST_DAY = "2029年1月31日"
"""On the genuine document."""

PDF_FILES = [
    bomb("a bomb to draw", "half a megabyte that unfolds to 280 MB", "read.limits", flate_bomb),
    bomb("a bomb folded twice", "a gigabyte of drawing", "read.", _twice_folded),
    bomb("a bomb attached", "a gigabyte attached, folded twice", "read.damaged", attachment_bomb),
    bomb("50,000 pages", "take seconds only to count", "read.pages", lambda: pages_of(50_000)),
    bomb("50,000 pages that say they are one", "the count lies", "read.pages", lambda: pages_of(50_000, stated=1)),
    bomb("minus one page", "the count lies", "", lambda: pages_of(1, stated=-1)),
    bomb(
        "a page of 200,000 pt",
        "700 MB when drawn small",
        "read.page_size",
        lambda: pdf_of(CATALOGUE, PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200000 200000]>>"),
    ),
    bomb(
        "a unit of a mile",
        "the same by another key",
        "",
        lambda: pdf_of(CATALOGUE, PAGES, _page(b"/UserUnit 63360")),
    ),
    bomb("forms in forms", "10^9 rectangles in 2 kB", "read.limits", _forms_in_forms),
    bomb("a form that draws itself", "ends the stack", "", _a_form_that_draws_itself),
    bomb("a table that leads to itself", "never ends", "read.damaged", _a_table_that_leads_to_itself),
    bomb("streams of objects in a loop", "never ends", "read.damaged", _objects_in_a_loop_of_streams),
    bomb("arrays 200,000 deep", "ends the stack", "", _deep),
    bomb("a gigapixel drawn", "a megabyte of zeros unfolded", "", _a_huge_picture),
    bomb("a picture in JBIG2", "decoders of it had the gravest faults", "", _in_jbig2),
    bomb("a font of noise", "font programs are programs", "", _a_font_program),
    bomb("tiles of nothing", "10^14 of them", "", _a_pattern),
    bomb("password protected", "cannot be looked into", "read.encrypted", encrypted),
    bomb("noise", "is no PDF but for its head", "read.damaged", lambda: b"%PDF-1.7\n" + os.urandom(5000)),
    bomb("a head alone", "is empty", "read.damaged", lambda: b"%PDF-"),
    around("cut short", "half a document", "UNREADABLE", "read.damaged", lambda pdf: pdf[: len(pdf) // 2]),
    around(
        "behind a picture",
        "is a picture, too",
        "UNREADABLE",
        "read.two_kinds",
        lambda pdf: png_of(1, 1, b"\0\0")[:40] + pdf,
    ),
    around(
        "behind a page",
        "browsers show the page",
        "UNREADABLE",
        "read.two_kinds",
        lambda pdf: b"<html><script>1</script>" + pdf,
    ),
    around("behind an animation", "is a GIF, too", "UNREADABLE", "read.two_kinds", lambda pdf: b"GIF89a" + pdf),
    around(
        "inside an archive",
        "is an archive, too",
        "UNREADABLE",
        "read.two_kinds",
        lambda pdf: b"PK\3\4" + bytes(26) + pdf,
    ),
    around("before an archive", "is an archive, too", "UNREADABLE", "read.two_kinds", _with_zip),
    around("behind another document", "each reader mends it its way", "INCOMPLETE", "document.foreign", _after_another),
    around("saved by an editor", "another page behind the end", "ALTERED", "document.", _updated),
    around(
        "protected for its owner",
        "opens without a password",
        "INCOMPLETE",
        "document.foreign",
        _encrypted_for_its_owner,
    ),
    around(
        "turned after it was signed",
        "its signature is valid for what it covers",
        "ALTERED",
        "document.signature_changed",
        lambda pdf: turned_afterwards(sign(pdf, agency())),
    ),
    changed("a script", "runs when it is opened", "ALTERED", "document.active", tampering.with_a_script),
    changed(
        "a program to start", "as above", "ALTERED", "document.active", with_root("/OpenAction", _script("Launch"))
    ),
    changed(
        "a form to send",
        "sends what is typed",
        "ALTERED",
        "document.active",
        with_root("/OpenAction", _script("SubmitForm")),
    ),
    changed(
        "a file to fetch", "as above", "ALTERED", "document.active", with_root("/AA", Dictionary(WC=_script("GoToR")))
    ),
    changed(
        "a dynamic form",
        "XFA draws the pages anew",
        "ALTERED",
        "document.active",
        with_root("/AcroForm", Dictionary(XFA=String("<xdp/>"))),
    ),
    changed(
        "a script by name",
        "in the tree of names",
        "ALTERED",
        "document.",
        lambda pdf: pdf.Root.Names.__setitem__(
            Name.JavaScript, Dictionary(Names=Array([String("a"), _script("JavaScript")]))
        ),
    ),
    changed(
        "a note over a line",
        "hides what is under it",
        "ALTERED",
        "document.annotations",
        with_annotation(**{"/Subtype": Name.FreeText}),
    ),
    changed("a redaction", "as above", "ALTERED", "document.annotations", with_annotation(**{"/Subtype": Name.Redact})),
    changed("a link that looks like words", "as above", "ALTERED", "document.annotations", tampering.covered_by_a_link),
    changed("a field over a line", "as above", "ALTERED", "document.annotations", _with_widget),
    changed(
        "a second certificate",
        "which one is meant?",
        "ALTERED",
        "form.several_certificates",
        tampering.attached("b.sd-jwt", paper(salt=b"2").sd_jwt.encode()),
    ),
    changed("a program attached", "rides along", "ALTERED", "document.attachments", _with_file),
    changed(
        "a stranger's code",
        "leads telephones astray",
        "ALTERED",
        "document.foreign_codes",
        tampering.with_a_sticker("https://evil.example/v"),
    ),
    changed(
        "a layer that shows",
        "other words for other readers",
        "INCOMPLETE",
        "document.foreign",
        lambda pdf: _with_layer(pdf, shown=True),
    ),
    changed(
        "a layer that hides", "as above", "INCOMPLETE", "document.foreign", lambda pdf: _with_layer(pdf, shown=False)
    ),
    changed("turned round", "is another file", "ALTERED", "document.text", with_page("/Rotate", 180)),
    changed(
        "cropped", "shows less than it says", "ALTERED", "document.text", with_page("/CropBox", Array([0, 0, 300, 300]))
    ),
    changed(
        "words that do not show",
        "the text layer says more",
        "ALTERED",
        "document.added",
        with_content(b"\nq BT 3 Tr /f0 9 Tf 1 0 0 1 60 20 Tm <00010002> Tj ET Q"),
    ),
    changed("white words", "as above", "ALTERED", "document.added", _white_words),
    changed(
        "words that the text hides",
        "the text layer says less",
        "INCOMPLETE",
        "document.foreign",
        tampering.with_text_replaced,
    ),
    changed(
        "letters that say nothing",
        "as above",
        "INCOMPLETE",
        "document.foreign",
        tampering.with_letters_that_say_nothing,
    ),
    changed(
        "letters read as others",
        "the text layer says something else",
        "ALTERED",
        "document.text",
        with_mapping(b"(?m)^<0001> <....>", b"<0001> <00A0>"),
    ),
    changed("a page more", "says nothing, but is not ours", "INCOMPLETE", "document.foreign", _with_page),
    changed(
        "digits that change places",
        "words are read in the order in which they were written",
        "INCOMPLETE",
        "document.foreign",
        repainted.shifted(_LAST_DAY, 0, 0, -560, 1120, -560),
    ),
    changed(
        "values that change places",
        "as above",
        "INCOMPLETE",
        "document.foreign",
        repainted.changed_places("91150102MA0XXXX156", "15012118000101000X"),
    ),
    changed(
        "a day in white",
        "is in the text, and on the paper not",
        "INCOMPLETE",
        "document.foreign",
        repainted.coloured(_LAST_DAY, 1, 1, 1),
    ),
    changed("a day painted over", "as above", "INCOMPLETE", "document.foreign", repainted.covered(_LAST_DAY)),
    changed("a day cut off", "as above", "INCOMPLETE", "document.foreign", repainted.clipped(_LAST_DAY)),
    changed("a day as small as a dot", "as above", "INCOMPLETE", "document.foreign", repainted.sized(_LAST_DAY, 0.1)),
    changed(
        "digits read as each other",
        "a table says what a font's shapes stand for",
        "INCOMPLETE",
        "document.foreign",
        repainted.read_as_each_other("9", "6", in_font_of=_LAST_DAY),
    ),
    changed(
        "a digit in another's shape",
        "a font draws what its maker likes",
        "INCOMPLETE",
        "document.foreign",
        repainted.with_outline_of("9", "6", in_font_of=_LAST_DAY),
    ),
    changed("colours turned round", "black is white then", "INCOMPLETE", "document.foreign", repainted.with_space(1)),
    changed(
        "another certificate's file in its place",
        "that one is as genuine",
        "ALTERED",
        "document.other_code",
        _with_another_certificate,
    ),
    changed(
        "another certificate's code on the page",
        "telephones read that one",
        "ALTERED",
        "document.several_codes",
        tampering.with_a_sticker(paper(salt=b"2").code()),
    ),
    changed("all of a page in a form", "is drawn by other means", "INCOMPLETE", "document.foreign", _as_a_form),
    changed(
        "a page twice",
        "which one counts?",
        "INCOMPLETE",
        "document.foreign",
        lambda pdf: pdf.pages.append(pdf.pages[0]),
    ),
    changed(
        "cropped by the tree of pages",
        "pages take over what stands above them",
        "INCOMPLETE",
        "document.foreign",
        lambda pdf: pdf.Root.Pages.__setitem__(Name.CropBox, Array([0, 0, 595, 790])),
    ),
    changed(
        "a file attached as a picture",
        "what unpacks it is not there",
        "UNREADABLE",
        "read.damaged",
        lambda pdf: _packed_as(pdf, Name.JBIG2Decode),
    ),
]
