"""What people bring: read in a child process, which may end without harm."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from chain import code, envelope
from chain.calendar import today
from chain.certificate_types import shipped
from chain.validity import Validity
from tests.verifier.book import NOW, TODAY, TYPE, Book, paper
from tests.verifier.printed import examples, issue, print_document
from tests.waiting import PATIENCE_S
from verifier.check.presented import Presented
from verifier.check.report import Outcome, Report, Verdict
from verifier.check.verification import verify
from verifier.uploads import decoding, reading
from verifier.uploads.reading import looks_like_text, read_text, read_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.certificate_types import CertificateType


def fault_of(upload: bytes) -> str | None:
    """Return why an upload cannot be read; demand that saying so takes no longer than the limits allow."""
    begun = time.monotonic()
    fault = read_upload(upload).fault
    assert time.monotonic() - begun < reading.WALL_CLOCK_S + 1
    return None if fault is None else fault.key


def ask(book: Book, presented: Presented) -> Report:
    return verify(presented, book, TODAY, name="a paper")


def bitmap(pdf: bytes, dpi: int = 150) -> Image.Image:
    picture: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil()
    return picture


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def saved(pdf: pikepdf.Pdf) -> bytes:
    file = io.BytesIO()
    pdf.save(file)
    return file.getvalue()


class TestGenuine:
    @pytest.mark.parametrize("known", shipped(), ids=[known.identifier for known in shipped()])
    def test_a_document_of_every_type_is_valid(self, known: CertificateType) -> None:
        book, _, pdf = issue(known)
        presented = read_upload(pdf)
        report = ask(book, presented)
        assert report.verdict is Verdict.VALID, (report.checks, report.differences)
        without = Presented(codes=presented.codes, document=presented.document)
        report = ask(book, without)
        # Nobody vouches for what stands on the page and not in the code.
        assert report.verdict is Verdict.INCOMPLETE, (report.checks, report.differences)

    @pytest.mark.parametrize("angle", [0, 3, -3, 90])
    def test_a_page_turned_a_little_is_read_at_150_dpi(self, angle: int) -> None:
        book, made, pdf = issue()
        page = bitmap(pdf).rotate(angle, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
        presented = read_upload(png(page))
        assert code.parse(presented.codes[0]).leaf == made.leaf
        report = ask(book, presented)
        assert report.verdict is Verdict.VALID
        # A picture is never compared, and the report says so.
        check = report.checks[-1]
        assert (check.outcome, check.message.key) == (Outcome.SKIPPED, "document.picture")

    def test_a_blurred_photograph_is_read(self) -> None:
        _, made, pdf = issue()
        photo = bitmap(pdf, 200).rotate(4, expand=True, fillcolor="#cdc8bd", resample=Image.Resampling.BICUBIC)
        file = io.BytesIO()
        photo.convert("RGB").filter(ImageFilter.GaussianBlur(0.8)).save(file, "JPEG", quality=60)
        (found,) = read_upload(file.getvalue()).codes
        assert code.parse(found).leaf == made.leaf

    @pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
    def test_a_code_is_read_in_every_kind_of_picture(self, mode: str) -> None:
        _, made, pdf = issue()
        page = bitmap(pdf).convert("L")
        if mode == "I;16":
            picture = Image.frombytes("I;16", page.size, b"".join(bytes((0, level)) for level in page.tobytes()))
        elif mode in {"LA", "RGBA"}:
            # Black ink on nothing, as drawing programs save it.
            picture = Image.new(mode, page.size, (0,) * len(Image.new(mode, (1, 1)).getbands()))
            picture.putalpha(page.point(lambda level: 255 - level))
        else:
            picture = page.convert(mode)
        (found,) = read_upload(png(picture)).codes
        assert code.parse(found).leaf == made.leaf

    def test_a_telephone_that_shows_papers_white_on_black_is_read_too(self) -> None:
        _, made, pdf = issue()
        (found,) = read_upload(png(ImageOps.invert(bitmap(pdf).convert("L")))).codes
        assert code.parse(found).leaf == made.leaf

    def test_a_large_photograph_is_read_small(self) -> None:
        _, made, pdf = issue()
        page = bitmap(pdf, 300).convert("RGB").resize((6000, 8000))
        file = io.BytesIO()
        page.save(file, "JPEG", quality=50)
        (found,) = read_upload(file.getvalue()).codes
        assert code.parse(found).leaf == made.leaf

    def test_a_text_file_is_a_certificate_a_code_or_a_short_number(self) -> None:
        made = paper()
        url = made.code()
        short = code.short_number(made.leaf)
        assert read_upload(made.sd_jwt.encode() + b"\n").certificates == (made.sd_jwt,)
        assert read_upload(b"\xef\xbb\xbf" + url.encode()).codes == (url,)
        assert read_text(url.partition("#")[2]).codes == (url.partition("#")[2],)
        assert read_text(f" {short.lower()} ").short_number == short.lower()
        full_width = "".join(chr(ord(each) + 0xFEE0) for each in short)
        assert read_text(full_width).short_number == full_width
        assert read_text("https://example.org/coupon").foreign_codes == 1

    @pytest.mark.parametrize(
        ("text", "is_text"),
        [
            ("7HKQ-2M4D-X9RT-0C", True),
            ("7hkq2m4dx9rt0c", True),
            ("https://verify.example.cn/v#123", True),
            ("eyJhbGciOi", True),
            ("certificate.pdf", False),
            ("nonexistent_file", False),
            ("abcdefghijklmn", False),
            ("", False),
        ],
    )
    def test_a_missing_file_is_not_taken_for_a_number(self, text: str, *, is_text: bool) -> None:
        assert looks_like_text(text) is is_text

    def test_an_address_with_the_pages_language_is_the_same_code(self) -> None:
        digits = "1" * 60
        for path in ("v", "c"):
            bare = f"https://verify.example.cn/{path}#{digits}"
            for query in ("lang=en", "lang=zh-CN", "lang=", "from=singlemessage&isappinstalled=0&lang=en"):
                with_query = f"https://verify.example.cn/{path}?{query}#{digits}"
                assert reading.read_text(with_query) == reading.read_code(with_query) == reading.read_text(bare)
        assert reading.read_text(f"https://verify.example.cn/v?next=https://evil.cn#{digits}").foreign_codes == 1

    def test_a_code_is_found_amid_the_words_that_came_with_it(self) -> None:
        whole = f"https://verify.example.cn/v#{'1' * 600}"
        for said in (
            "请核验：{}",
            "【安全生产许可证】{} 谢谢",
            "“{}”。",
            "licence\n{}\n",
            "<{}> please",
            "{}，电话13800138000",
        ):
            assert reading.code_within(said.format(whole)) == whole
        shared = whole.replace("#", "?from=singlemessage#")
        assert reading.code_within(f"许可证 {shared}") == shared
        others = (
            whole,
            "",
            "7HKQ-2M4D-X9RT-0C",
            # Of a torn one, half is no code; nor does anybody know which of two is meant, or what stands beside a link.
            f"{whole}\n{'2' * 60}",
            f"{whole} 13800138000",
            f"{whole}x 许可证",
            f"{whole} {whole}2",
            f"先登录 https://evil.example/ 再核验 {whole}",
            f"许可证 https://verify.example.cn@evil.example/v#{'1' * 600}",
        )
        for text in others:
            assert reading.code_within(text) == text


class TestForged:
    def test_a_document_printed_with_another_name_is_altered(self) -> None:
        book, made, _ = issue()
        claims = {**examples(TYPE), "company_name": "内蒙古演示盗用建筑工程有限责任公司"}
        days = TYPE.validity(claims, today(NOW))
        forged = print_document(made, TYPE, claims, Validity(days.first_day, days.last_day))
        report = ask(book, read_upload(forged))
        assert report.verdict is Verdict.ALTERED
        assert [(each.signed, each.shown) for each in report.differences] == [
            ("内蒙古演示长城建筑工程有限责任公司", "内蒙古演示盗用建筑工程有限责任公司")
        ]

    def test_a_page_with_a_pasted_genuine_code_is_altered(self) -> None:
        book, made, _ = issue()
        other = paper(salt=b"other", claims=examples(TYPE))
        book.anchor(other.leaf)
        days = TYPE.validity(examples(TYPE), today(NOW))
        forged = print_document(
            made, TYPE, examples(TYPE), Validity(days.first_day, days.last_day), code_url=other.code()
        )
        assert ask(book, read_upload(forged)).verdict is Verdict.ALTERED

    @pytest.mark.parametrize("where", ["names", "page", "note"])
    def test_a_second_attachment_is_found_wherever_it_hangs(self, where: str) -> None:
        book, _, original = issue()
        other = paper(salt=b"other").sd_jwt.encode()
        with pikepdf.open(io.BytesIO(original)) as pdf:
            spec = pikepdf.AttachedFileSpec(pdf, other, filename="other.sd-jwt")
            if where == "names":
                pdf.attachments["other.sd-jwt"] = spec
            elif where == "page":
                pdf.pages[0].obj.AF = pikepdf.Array([spec.obj])
            else:
                note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, FS=spec.obj)
                pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(note)])
            forged = saved(pdf)
        presented = read_upload(forged)
        assert len(presented.certificates) == 2
        assert ask(book, presented).verdict is Verdict.ALTERED

    def test_text_laid_over_the_page_is_altered(self) -> None:
        book, _, original = issue()
        with pikepdf.open(io.BytesIO(original)) as pdf:
            note = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=[0, 0, 90, 90], Contents="another name"
            )
            pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(note)])
            forged = saved(pdf)
        assert ask(book, read_upload(forged)).verdict is Verdict.ALTERED

    def test_two_papers_in_one_photograph_are_to_be_shown_one_by_one(self) -> None:
        pages = [bitmap(issue(TYPE, {**examples(TYPE), "address": f"演示路{n}号"})[2]) for n in range(2)]
        both = Image.new("RGB", (pages[0].width * 2, pages[0].height), "white")
        for place, page in enumerate(pages):
            both.paste(page, (place * page.width, 0))
        presented = read_upload(png(both))
        assert len(presented.codes) == 2
        assert ask(Book(), presented).verdict is Verdict.UNREADABLE

    def test_another_code_is_a_strangers(self) -> None:
        barcode = zxingcpp.create_barcode("https://example.org/coupon", zxingcpp.QRCode)
        pixels = memoryview(barcode.to_image(scale=5))  # type: ignore[arg-type]  # The stubs omit the buffer protocol.
        picture = Image.frombytes("L", (pixels.shape or (0, 0))[::-1], pixels.tobytes())
        report = ask(Book(), read_upload(png(picture)))
        assert report.verdict is Verdict.UNSUPPORTED

    def test_a_strangers_code_in_white_on_black_beside_ours_is_told(self) -> None:
        page = bitmap(issue()[2]).convert("L")
        barcode = zxingcpp.create_barcode("https://example.org/coupon", zxingcpp.QRCode)
        pixels = memoryview(barcode.to_image(scale=5))  # type: ignore[arg-type]  # As above.
        page.paste(ImageOps.invert(Image.frombytes("L", (pixels.shape or (0, 0))[::-1], pixels.tobytes())), (40, 40))
        presented = read_upload(png(page))
        assert (len(presented.codes), presented.foreign_hosts) == (1, ("example.org",))

    def test_a_picture_without_a_code_is_unreadable(self) -> None:
        assert ask(Book(), read_upload(png(Image.new("L", (400, 400), 200)))).verdict is Verdict.UNREADABLE


def pdf_of(*objects: bytes, pages: int = 1) -> bytes:
    """Write a PDF by hand; object 1 is the catalogue, 2 the tree of pages."""
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, os.SEEK_END)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n" % (len(data), extra) + data + b"\nendstream"


CATALOGUE, PAGES = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>"


def flate_bomb() -> bytes:
    """Half a megabyte that unfolds to 280 MB of drawing."""
    line = b"0 0 1 rg 10 10 200 200 re f 1 0 0 rg 20 20 100 100 re f\n" * 4096
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(line) for _ in range(280 * 1024**2 // len(line))) + packer.flush()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    return pdf_of(CATALOGUE, PAGES, page, stream(data, b"/Filter/FlateDecode"))


def attachment_bomb() -> bytes:
    """An attached file that unfolds to a gigabyte, folded twice so that it has to be."""
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(bytes(1024**2)) for _ in range(1024)) + packer.flush()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/AF[<</Type/Filespec/EF<</F 4 0 R>>>>]>>"
    filters = b"/Type/EmbeddedFile/Filter[/FlateDecode/FlateDecode]"
    return pdf_of(CATALOGUE, PAGES, page, stream(zlib.compress(data), filters))


def pages_of(count: int, stated: int | None = None) -> bytes:
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(count))
    pages = b"<</Type/Pages/Count %d/Kids[%s]>>" % (count if stated is None else stated, kids)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
    return pdf_of(CATALOGUE, pages, *([page] * count))


def encrypted() -> bytes:
    file = io.BytesIO()
    with pikepdf.open(io.BytesIO(pages_of(1))) as pdf:
        pdf.save(file, encryption=pikepdf.Encryption(owner="secret", user="secret"))
    return file.getvalue()


def png_of(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb to draw": (flate_bomb, "read.limits"),
    "a bomb attached": (attachment_bomb, "read.damaged"),
    "10,000 pages": (lambda: pages_of(10_000), "read.pages"),
    "25 pages that say they are one": (lambda: pages_of(25, stated=1), "read.pages"),
    "10,000 pages that say they are one": (lambda: pages_of(10_000, stated=1), "read.pages"),
    "encrypted": (encrypted, "read.encrypted"),
    "cut short": (lambda: issue()[2][:20_000], "read.damaged"),
    "noise as a PDF": (lambda: b"%PDF-1.7\n" + os.urandom(5000), "read.damaged"),
    "an empty PDF": (lambda: b"%PDF-", "read.damaged"),
    "a picture as large as a wall": (lambda: png_of(30_000, 30_000, bytes(1000)), "read.pixels"),
    "a picture that ends early": (lambda: png_of(1000, 1000, bytes(10)), "read.damaged"),
    "an empty picture": (lambda: b"\x89PNG\r\n\x1a\n", "read.damaged"),
    "noise as a photograph": (lambda: b"\xff\xd8\xff" + os.urandom(2000), "read.damaged"),
    "noise": (lambda: b"\xff\xfe" + os.urandom(5000) + b"\xff", "read.kind"),
    "nothing": (lambda: b"", "read.empty"),
    "a code, and more than anybody reads behind it": (
        lambda: b"https://verify.example.cn/v#" + b"1" * 900 + b" " * reading.MAX_TEXT + b"evil",
        "read.too_large",
    ),
    "21 MB": (lambda: b"x" * (reading.MAX_UPLOAD + 1), "read.too_large"),
    "a picture and a document": (lambda: png_of(1, 1, b"\0\0")[:40] + issue()[2], "read.two_kinds"),
    "something and a document": (lambda: b"GIF89a" + bytes(100) + issue()[2], "read.two_kinds"),
    "prose": ("这不是证照，也不是二维码。".encode, "read.text"),
    "brackets": (lambda: b"[" * 100_000, "read.text"),
}


class TestHostile:
    """Whatever is uploaded, the answer is a reason, soon, and the service goes on."""

    @pytest.mark.parametrize("name", HOSTILE)
    def test_it_is_unreadable_and_says_why(self, name: str) -> None:
        make, fault = HOSTILE[name]
        assert fault_of(make()) == fault

    @pytest.mark.parametrize("side", [b"200000", b"0", b"-5", b"1e30"])
    def test_a_page_as_large_as_a_town_is_refused(self, side: bytes) -> None:
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 " + side + b" " + side + b"]>>"
        assert fault_of(pdf_of(CATALOGUE, PAGES, page)) in {"read.page_size", None}

    def test_a_large_page_is_rendered_small(self) -> None:
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 4900 4900]>>"
        presented = read_upload(pdf_of(CATALOGUE, PAGES, page))
        assert presented.fault is None
        assert presented.document is not None

    def test_pages_that_lead_in_a_circle_end(self) -> None:
        pages = b"<</Type/Pages/Count 1/Kids[2 0 R]>>"
        assert fault_of(pdf_of(CATALOGUE, pages)) in {"read.damaged", "read.page_size", None}

    def test_a_large_attachment_is_not_unfolded(self) -> None:
        packer = zlib.compressobj(1)
        data = b"eyJ~" + b"".join(packer.compress(bytes(1024**2)) for _ in range(64)) + packer.flush()
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/AF[<</Type/Filespec/EF<</F 4 0 R>>>>]>>"
        plain = pdf_of(CATALOGUE, PAGES, page, stream(data, b"/Type/EmbeddedFile"))
        folded = pdf_of(CATALOGUE, PAGES, page, stream(zlib.compress(data), b"/Filter/FlateDecode"))
        for upload in (plain, folded):
            (text,) = read_upload(upload).certificates
            assert len(text) <= decoding.MAX_ATTACHMENT
        assert fault_of(pdf_of(CATALOGUE, PAGES, page, stream(b"noise", b"/Filter/FlateDecode"))) == "read.damaged"

    def test_a_child_that_loops_is_ended(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        loop = tmp_path / "loop.py"
        loop.write_text("import time\ntime.sleep(60)\n")
        monkeypatch.setattr(decoding, "__file__", str(loop))
        monkeypatch.setattr(reading, "WALL_CLOCK_S", 0.3)
        assert fault_of(b"%PDF-1.7") == "read.limits"

    @pytest.mark.parametrize("answer", ["", "not JSON", '{"found": 1}', '{"fault": "no.such.key", "arguments": {}}'])
    def test_a_child_that_answers_nonsense_is_not_believed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
    ) -> None:
        child = tmp_path / "child.py"
        child.write_text(f"print({answer!r}, end='')\n")
        monkeypatch.setattr(decoding, "__file__", str(child))
        assert fault_of(b"%PDF-1.7") == "read.limits"


def in_child(program: str, first: str = "") -> subprocess.CompletedProcess[str]:
    """Run a few lines under the child's limits."""
    found = f"import sys\nsys.path.insert(0, {str(Path.cwd())!r})\nfrom verifier.uploads import decoding\n"
    start = f"{found}{first}\ndecoding.confine()\n"
    return subprocess.run(
        [sys.executable, "-c", start + program], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


class TestConfined:
    def test_the_child_gets_no_more_memory(self) -> None:
        assert "MemoryError" in in_child("bytes(600 * 1024**2)").stderr

    def test_the_child_gets_no_more_time(self) -> None:
        assert in_child("while True: pass", first="decoding.CPU_S = 1").returncode < 0

    def test_the_child_writes_no_large_file(self, tmp_path: Path) -> None:
        done = in_child(f"open({str(tmp_path / 'large')!r}, 'wb', buffering=0).write(b'x')")
        assert done.returncode == 0
        program = (
            f"file = open({str(tmp_path / 'large')!r}, 'wb')\nfile.write(bytes(decoding.OUTPUT + 1))\nfile.flush()"
        )
        done = in_child(program)
        assert "File too large" in done.stderr

    def test_the_child_has_no_network_where_the_kernel_can_take_it_away(self) -> None:
        program = "import os\nprint(sorted(os.listdir('/sys/class/net')))\nimport socket\ns = socket.socket()\n"
        program += "s.settimeout(2)\ntry:\n s.connect(('127.0.0.1', 9))\nexcept OSError as e:\n print(e.errno)"
        done = in_child(program)
        assert done.returncode == 0
        can = subprocess.run(["unshare", "-Un", "true"], check=False, capture_output=True).returncode == 0
        # 101: the network is unreachable. Without a namespace of its own, loopback refuses instead.
        assert done.stdout.split()[-1] == ("101" if can else "111")


class TestProofs:
    """A proof is found by its name or by what it says it is; nobody reads it yet."""

    PROOF = envelope.wrap(envelope.PROOF, [b"anything"])

    def attached(self, files: dict[str, bytes]) -> Presented:
        _, _, document = issue()
        with pikepdf.open(io.BytesIO(document)) as pdf:
            for name, data in files.items():
                pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name)
            return read_upload(saved(pdf))

    def test_proofs_are_handed_on_as_they_came(self) -> None:
        damaged = b"not even packed"
        assert self.attached({"certificate.proof": self.PROOF}).proofs == (self.PROOF,)
        assert self.attached({"certificate.proof": damaged}).proofs == (damaged,)
        assert self.attached({"another.name": self.PROOF, "readme.txt": damaged}).proofs == (self.PROOF,)
        both = self.attached({"certificate.proof": damaged, "another.name": self.PROOF})
        assert set(both.proofs) == {damaged, self.PROOF}
        assert len(both.certificates) == 1

    def test_the_same_proof_twice_is_one_and_of_many_a_few_are_told(self) -> None:
        assert self.attached({"certificate.proof": self.PROOF, "copy": self.PROOF}).proofs == (self.PROOF,)
        many = {str(number): envelope.wrap(envelope.PROOF, [number]) for number in range(9)}
        assert len(self.attached(many).proofs) == decoding.MAX_PROOFS

    def test_a_checkpoint_or_pack_that_is_attached_is_no_proof(self) -> None:
        files = {kind: envelope.wrap(kind, []) for kind in (envelope.CHECKPOINT, envelope.PACK)}
        assert self.attached(files).proofs == ()

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            (envelope.PROOF, "read.proof_alone"),
            (envelope.CHECKPOINT, "read.checkpoint_alone"),
            (envelope.PACK, "read.checkpoint_alone"),
        ],
    )
    def test_alone_it_shows_nothing(self, kind: str, said: str) -> None:
        assert fault_of(envelope.wrap(kind, [])) == said

    def test_what_the_child_did_not_write_in_full_stays_and_cannot_be_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        told = {"certificates": [], "proofs": ["AAAA", "AAA", 5], "annotations": 0, "active": 0, "attachments": 0}
        told |= {"copies": [], "foreign": "", "pages": [], "codes": [], "receipts": []}
        told |= {"signatures": [], "unread_signatures": 0, "behind": [], "labels": []}
        child = tmp_path / "child.py"
        child.write_text(f"print({json.dumps(json.dumps({'found': told}))})\n")
        monkeypatch.setattr(decoding, "__file__", str(child))
        assert read_upload(b"%PDF-1.7").proofs == (bytes(3), b"")
