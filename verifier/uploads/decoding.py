"""Takes an upload apart. Runs as a program of its own, in a child process that has given up what it could do harm with.

The upload comes in on standard input, strict JSON goes out on standard output. Whatever goes wrong here (a bomb, a
crash of a decoder, a loop) ends this process and nothing else; `uploads.reading` starts it and tells what it means.
Of ours it imports only what looks at a PDF's making, its signatures and pictures (`pdf.originals` and what that
needs, `plain_file`, `stamps`, `pdf_signatures`, `qr_codes`), so that it starts fast and a fault in a decoder finds
little to use.
"""

from __future__ import annotations

import base64
import ctypes
import io
import json
import os
import resource
import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pikepdf
    import pypdfium2  # type: ignore[import-untyped]

    from verifier.pdf.originals import Made
    from verifier.pdf.stamps import Stamp

MEMORY = 512 * 1024**2
CPU_S = 5
"""Of processor time, for everything."""
OUTPUT = 4 * 1024**2
MAX_PAGES = 20
MAX_PICTURE_PIXELS = 50_000_000
"""Of a picture as it comes; telephones make 12 to 50 million."""
MAX_SIDE_PT = 5_000
"""Of a page; A0 has 3,370."""
MAX_ATTACHMENT = 512 * 1024
MAX_ATTACHMENTS = 64
"""How many attached files are looked at."""
MAX_PROOFS = 4
"""How many different proofs are told of; a document has one."""
MAX_RECEIPTS = 4
"""How many different texts that may be receipts are told of; a receipt's PDF has one."""
MAX_COPIES = 2
"""How many different limited copies are told of; two are one too many."""
MAX_TEXT = 200_000
"""Characters of a page's text layer."""
CERTIFICATE_NAME, PROOF_NAME, COPY_NAME = "certificate.sd-jwt", "certificate.proof", "limited-copy.cose"
"""What our documents attach, and nothing else."""
COSE = b"\x84\x43\xa1\x01\x26"
"""How a COSE_Sign1 with our one protected header begins: a limited copy, where it is a file."""
_PROOF = b"\x6cyinxin-proof"
"""As CBOR writes this text, the first in a proof's array."""
DPI = 200
_POINTS_PER_INCH = 72
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_GIVING_WAY = 5
"""Answers that need no child come first, however busy the children are (`nice`)."""

Answer: TypeAlias = dict[str, object]


class Unreadable(Exception):
    """Why an upload cannot be read: a key of `locales/*.json` and its arguments."""

    def __init__(self, key: str, **arguments: int) -> None:
        super().__init__(key)
        self.key, self.arguments = key, arguments


def confine(*, cpu_s: int = CPU_S, output: int = OUTPUT) -> None:
    """Give up memory, time, children, files and, where the kernel lets us, the network."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (limit, limit))
    os.nice(_GIVING_WAY)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Best effort: a user namespace lets an ordinary user leave the network; many containers forbid it.
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWNET)


def decode(upload: bytes, roots: Path | None = None) -> Answer:
    """Return what is in an upload; raises `Unreadable`. `roots` as in `pdf_signatures.read`."""
    if upload.startswith(b"%PDF-"):
        return _pdf(upload, roots)
    return _picture(upload)


# PDF.


def _pdf(upload: bytes, roots: Path | None) -> Answer:
    import pikepdf  # noqa: PLC0415 (after the limits are set, and only where it is needed)
    import pypdfium2  # noqa: PLC0415 (as above)

    try:
        with pikepdf.open(io.BytesIO(upload)) as pdf:
            _check_page_count(pdf)
            things = list(_things(pdf))
            certificates, copies, proofs, receipts, others = _attached(things)
            annotations = sum(_count_annotations(page.obj) for page in pdf.pages)
            active = sum(map(_is_active, things))
            signed = _signed(upload, pdf, things, roots)
            made = _made(upload, pdf, is_signed=signed.stamps is not None)
            foreign = made.foreign
    except pikepdf.PasswordError as exc:
        raise Unreadable("read.encrypted") from exc
    except (pikepdf.PikepdfError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise Unreadable("read.damaged") from exc
    try:
        pages, codes = _pages(pypdfium2.PdfDocument(upload))
        if signed.stamps is not None and _are_in_the_clear(upload, signed.stamps):
            annotations -= len(signed.stamps)
            foreign = foreign or ("stamp" if any(stamp.text is None for stamp in signed.stamps) else "")
    except pypdfium2.PdfiumError as exc:
        raise Unreadable("read.damaged") from exc
    return {
        "certificates": sorted(certificates),
        "copies": [base64.b64encode(copy).decode() for copy in sorted(copies)[:MAX_COPIES]],
        "proofs": [base64.b64encode(proof).decode() for proof in sorted(proofs)[:MAX_PROOFS]],
        "receipts": sorted(receipts)[:MAX_RECEIPTS],
        "annotations": annotations,
        "active": active,
        "attachments": others,
        "foreign": foreign,
        "behind": made.behind,
        "labels": made.labels,
        "signatures": signed.told,
        "unread_signatures": signed.unread,
        "pages": pages,
        "codes": sorted(codes),
    }


def _check_page_count(pdf: pikepdf.Pdf) -> None:
    """Believe the count that the file states if it is too high, for counting 50,000 pages takes seconds."""
    stated = pdf.Root.Pages.get("/Count", 0)
    count = max(int(stated), 0)
    if count <= MAX_PAGES:
        count = len(pdf.pages)
    if count > MAX_PAGES:
        raise Unreadable("read.pages", got=count, limit=MAX_PAGES)


def _attached(things: list[pikepdf.Object]) -> tuple[set[str], set[bytes], set[bytes], set[str], int]:
    """Return the different SD-JWTs, limited copies, proofs and receipts attached anywhere, and how many other files.

    Anywhere is to the document, a page, a note.

    The tree of names alone would not do: it holds one file for each name, and other places hold more.
    """
    certificates, copies, proofs, receipts, others = set(), set(), set(), set(), set()
    for count, (name, embedded) in enumerate(_embedded_files(things)):
        if count >= MAX_ATTACHMENTS:
            raise Unreadable("read.limits")
        data = _unpacked(embedded)
        if data.startswith(b"eyJ") and b"~" in data:
            certificates.add(data.decode("ascii", "replace").strip())
            is_ours = name == CERTIFICATE_NAME
        elif data.startswith(COSE):
            copies.add(data)
            is_ours = name == COPY_NAME
        elif data.startswith(b"eyJ"):
            receipts.add(data.decode("ascii", "replace").strip())
            # No document of a certificate has one.
            is_ours = False
        else:
            is_ours = name == PROOF_NAME
            if is_ours or _looks_like_proof(data):
                proofs.add(data)
        if not is_ours:
            others.add((name, data))
    return certificates, copies, proofs, receipts, len(others)


def _looks_like_proof(data: bytes) -> bool:
    """Whether it is packed as a proof is, and says that it is one (protocol, «Envelope»)."""
    try:
        begins = zlib.decompressobj().decompress(data, 1 + len(_PROOF))
    except zlib.error:
        return False
    return begins[1:] == _PROOF


def _unpacked(embedded: pikepdf.Stream) -> bytes:
    """Return an attached file, cut off where it is longer than a certificate can be."""
    if embedded.get("/Filter") != "/FlateDecode" or "/DecodeParms" in embedded:
        return embedded.read_bytes()[:MAX_ATTACHMENT]
    try:
        return zlib.decompressobj().decompress(embedded.read_raw_bytes(), MAX_ATTACHMENT)
    except zlib.error as exc:
        raise Unreadable("read.damaged") from exc


def _embedded_files(things: list[pikepdf.Object]) -> Iterator[tuple[str, pikepdf.Stream]]:
    """Yield each attached file with its name."""
    import pikepdf  # noqa: PLC0415 (as above)

    for thing in things:
        files = thing.get("/EF")
        if isinstance(files, pikepdf.Dictionary):
            names = {str(thing[key]) for key in ("/F", "/UF") if key in thing}
            # Some readers show one name, some the other.
            name = names.pop() if len(names) == 1 else ""
            yield from ((name, file) for file in files.values() if isinstance(file, pikepdf.Stream))


def _things(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Walk all that hangs on the document but what is drawn; yield every dictionary and stream once."""
    import pikepdf  # noqa: PLC0415 (as above)

    seen: set[tuple[int, int]] = set()
    todo: list[pikepdf.Object] = [pdf.Root]
    while todo:
        here = todo.pop()
        if not isinstance(here, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream):
            continue
        if here.is_indirect:
            if here.objgen in seen:
                continue
            seen.add(here.objgen)
        if isinstance(here, pikepdf.Array):
            todo.extend(here)
            continue
        yield here
        todo.extend(value for key, value in here.items() if key not in _DRAWN)


def _is_active(thing: pikepdf.Object) -> bool:
    """Whether it makes a reader of PDF do something, or fills in a form of another language."""
    return not _ACTING.isdisjoint(thing.keys()) or thing.get("/S") in _ACTIONS


_ACTING = frozenset({"/AA", "/JS", "/JavaScript", "/OpenAction", "/XFA"})
_ACTIONS = frozenset(
    {"/GoToE", "/GoToR", "/ImportData", "/JavaScript", "/Launch", "/Movie", "/Rendition", "/ResetForm"}
    | {"/RichMediaExecute", "/SetOCGState", "/Sound", "/SubmitForm", "/Thread", "/Trans"}
)
"""Actions (ISO 32000-2, 12.6.4) other than going to a place in the document or to an address."""
_DRAWN = frozenset(
    {"/Contents", "/Resources", "/StructTreeRoot", "/Metadata", "/Parent", "/P", "/AP", "/OutputIntents"}
)
"""Keys that lead to what a page looks like, or back up."""


def _count_annotations(page: pikepdf.Object) -> int:
    return sum(map(_is_seen, page.get("/Annots", ())))


_NO_BORDER = (0, 0, 0)
"""How a link says that it has no border: two radii and a width."""


def _is_seen(annotation: pikepdf.Object) -> bool:
    """Whether an annotation draws anything: all but a link without a look and a border of its own."""
    if annotation.get("/Subtype") != "/Link" or "/AP" in annotation:
        return True
    border = list(annotation.get("/Border", ()))
    return "/BS" in annotation or len(border) != len(_NO_BORDER) or border[2] != 0


@dataclass(frozen=True, slots=True)
class _Signed:
    """What is known of signatures of the file."""

    told: list[dict[str, object]]
    unread: int
    stamps: tuple[Stamp, ...] | None
    """Their fields; None unless all of them are good, and the form has nothing else."""


def _signed(upload: bytes, pdf: pikepdf.Pdf, things: list[pikepdf.Object], roots: Path | None) -> _Signed:
    from verifier.pdf import signatures as pdf_signatures  # noqa: PLC0415 (as in `_made`)
    from verifier.pdf import stamps  # noqa: PLC0415 (as in `_made`)

    if not (found := pdf_signatures.dictionaries(things)):
        return _Signed([], 0, None)
    told, unread = pdf_signatures.read(upload, found, roots)
    names = [str(each.pop("field")) for each in told]
    if unread or any(each["fault"] for each in told):
        return _Signed(told, unread, None)
    fields = stamps.of_signatures(pdf, names)
    for each in fields or ():
        told[names.index(each.name)]["shown"] = each.text or ""
    return _Signed(told, unread, fields)


def _are_in_the_clear(upload: bytes, fields: tuple[Stamp, ...]) -> bool:
    from verifier.pdf import stamps  # noqa: PLC0415 (as in `_made`)
    from verifier.uploads import qr_codes  # noqa: PLC0415 (as in `_made`)

    return stamps.are_in_the_clear(upload, fields, max_pixels=qr_codes.MAX_PIXELS)


def _made(upload: bytes, pdf: pikepdf.Pdf, *, is_signed: bool) -> Made:
    """Look at how it is made; what cannot be looked at, our typesetter did not make."""
    import pikepdf  # noqa: PLC0415 (as above)

    # Where this is a program, its folder is known only when it starts.
    from verifier.pdf import marked, originals, plain_file  # noqa: PLC0415

    if not plain_file.is_plain(upload, is_signed=is_signed):
        return originals.Made(marked.STRUCTURE)
    try:
        return originals.look(pdf, is_signed=is_signed)
    except (pikepdf.PikepdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error):
        return originals.Made(marked.STRUCTURE)


def _pages(pdf: pypdfium2.PdfDocument) -> tuple[list[str], set[str]]:
    """Return each page's text, and the codes of all pages.

    Most pages after the first have no code, so it is looked for at length only where no page shows one at first sight.
    """
    from verifier.uploads import qr_codes  # noqa: PLC0415 (as in `_made`)

    texts, pictures = [], []
    for page in pdf:
        width, height = page.get_size()
        if not (0 < width <= MAX_SIDE_PT and 0 < height <= MAX_SIDE_PT):
            raise Unreadable("read.page_size")
        text = page.get_textpage().get_text_bounded()
        texts.append(text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8"))
        # A pixel budget, never a fixed resolution: a page may be as large as a football field.
        scale = min(DPI / _POINTS_PER_INCH, (qr_codes.MAX_PIXELS / (width * height)) ** 0.5)
        bitmap = page.render(scale=scale, grayscale=True)
        pictures.append(bitmap.to_pil().convert("L"))
        bitmap.close()
        page.close()
    codes = {text for picture in pictures for text in qr_codes.search(picture, looks=1)}
    for picture in pictures:
        codes = codes or qr_codes.search(picture)
    return texts, codes


# Pictures.


def _picture(upload: bytes) -> Answer:
    from PIL import Image  # noqa: PLC0415 (as above)

    from verifier.uploads import qr_codes  # noqa: PLC0415 (as in `_made`)

    Image.MAX_IMAGE_PIXELS = None  # Counted below, without a warning.
    try:
        with Image.open(io.BytesIO(upload), formats=("PNG", "JPEG")) as picture:
            if (got := picture.width * picture.height) > MAX_PICTURE_PIXELS:
                raise Unreadable("read.pixels", got=got, limit=MAX_PICTURE_PIXELS)
            codes = qr_codes.search(qr_codes.grey(picture))
    except (OSError, ValueError, SyntaxError, EOFError) as exc:
        raise Unreadable("read.damaged") from exc
    return {"codes": sorted(codes)}


def main(arguments: Sequence[str]) -> None:
    """Read standard input, write the answer; the one argument there may be is the file of roots."""
    confine()
    upload = sys.stdin.buffer.read()
    try:
        answer: Answer = {"found": decode(upload, Path(arguments[0]) if arguments else None)}
    except Unreadable as exc:
        answer = {"fault": exc.key, "arguments": exc.arguments}
    except MemoryError:
        answer = {"fault": "read.limits", "arguments": {}}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    # The libraries' own clean-up has nothing to do here, and may take long.
    os._exit(0)


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    main(sys.argv[1:])
