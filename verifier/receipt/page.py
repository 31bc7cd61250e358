"""A receipt's page: a PDF/A-3 with the verdict in words, a code, and the signed text attached.

Typeset by typst with one compiler kept warm. `layouts/receipt.typ` says how it looks.
"""

from __future__ import annotations

import json
from math import isqrt
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import typst
import zxingcpp

from chain.calendar import SHANGHAI
from chain.errors import YinxinError
from verifier.check import receipts
from verifier.receipt.words import to_the_second
from verifier.wording import Language, message, say, sentence, show

if TYPE_CHECKING:
    from chain.strict_json import JSON
    from verifier.check.receipts import Receipt
    from verifier.receipt.finding import Finding

_LAYOUTS = Path(__file__).parents[1] / "layouts"
_FONTS = Path(__file__).parents[2] / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
_FOLDERS = tuple(_FONTS / weight for weight in ("400Regular", "500Medium", "700Bold"))
FAMILY, NUMBER_FAMILY = "Noto Sans SC", "DejaVu Sans Mono"
"""The second comes with typst itself; it tells 0 from O and 1 from l."""
STANDARDS: list[typst.PDFStandard] = ["a-3a"]
_QUIET_MODULES = 4
_WORDS = (
    "attached",
    "code",
    "finding",
    "id",
    "lead",
    "now",
    "shown",
    "shown_note",
    "signed_part",
    "title",
    "verify_it",
)


class PageUnprintable(YinxinError):
    """The fonts are missing or lack a character, or the layout fails."""


def url(host: str, jws: str) -> str:
    """Return what the receipt's code says: behind #, so that no server or log sees it."""
    return f"https://{host}/r#{jws}"


class Typesetter:
    """Makes pages; costly to make (it opens the fonts), cheap to use, and safe to share between threads."""

    def __init__(self) -> None:
        """Open the fonts; raises `PageUnprintable`."""
        self._compiler = opened("receipt.typ")
        self._lock = Lock()

    def page(self, finding: Finding, jws: str, *, host: str, language: Language) -> bytes:
        """Return the PDF of a receipt that was signed; raises `PageUnprintable`."""
        contents = json.dumps(_contents(finding, jws, host, language), ensure_ascii=False)
        try:
            with self._lock:
                pdf = self._compiler.compile(format="pdf", sys_inputs={"receipt": contents}, pdf_standards=STANDARDS)
        except typst.TypstError as exc:
            raise PageUnprintable(f"receipt: got {exc.message}, wanted text that {FAMILY} can show") from exc
        return cast("bytes", pdf)


def opened(layout: str) -> typst.Compiler:
    """Return a compiler for one of our layouts, with the fonts open; raises `PageUnprintable`."""
    for folder in _FOLDERS:
        if not folder.is_dir():
            raise PageUnprintable(f"got {folder}, which is no folder; wanted one with fonts (`npm ci` installs them)")
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in _FOLDERS])
    return typst.Compiler(input=_LAYOUTS / layout, root=_LAYOUTS, font_paths=fonts, ignore_system_fonts=True)


def _contents(finding: Finding, jws: str, host: str, language: Language) -> dict[str, JSON]:
    receipt = receipts.parse(jws).receipt
    other = next(each for each in Language if each is not language)
    code, modules = _code(url(host, jws))
    words: dict[str, JSON] = {key.replace("_", "-"): sentence(f"receipt.{key}", language) for key in _WORDS}
    day = receipt.checked_at.astimezone(SHANGHAI).date()
    return {
        "language": language.partition("-")[0],
        "fonts": [FAMILY],
        "number-fonts": [NUMBER_FAMILY, FAMILY],
        "words": {**words, "test": sentence("page.test", language)},
        "title": f"{sentence('receipt.title', language)} {receipt.id.hex()}",
        "other-title": sentence("receipt.title", other),
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "host": host,
        "test": receipt.test,
        "colour": receipt.verdict.colour.value,
        "heading": finding.heading[language],
        "other-heading": finding.heading[other],
        "rows": _rows(receipt, language),
        "shown": [
            {"label": each.labels[language], "text": each.texts[language], "strong": each.is_fact}
            for each in finding.shown
        ],
        "id": receipt.id.hex(),
        "jws": jws,
        "code": code,
        "code-modules": modules,
    }


def _rows(receipt: Receipt, language: Language) -> list[JSON]:
    """Return what is signed, line by line."""
    rows: list[JSON] = []

    def add(key: str, text: str, **how: JSON) -> None:
        rows.append({"label": sentence(key, language), "text": text, **how})

    add("receipt.checked_at", to_the_second(receipt.checked_at, language), strong=True)
    add("receipt.on", show(receipt.on, language))
    if receipt.registered_on is not None:
        said = say(message("bulk.before_anchoring", day=receipt.registered_on), language)
        add("receipt.registered", said, strong=True)
    if receipt.short_number is not None and receipt.leaf is not None:
        add("page.short_number", receipt.short_number, strong=True)
        add("page.leaf", receipt.leaf.hex(), mono=True)
    if receipt.block is None or receipt.known_at is None:
        add("receipt.block", sentence("receipt.no_block", language))
    else:
        known = to_the_second(receipt.known_at, language)
        add("receipt.block", say(message("receipt.block_of", number=receipt.block.number, time=known), language))
        add("receipt.block_hash", f"0x{receipt.block.hash.hex()}", mono=True)
    if receipt.checkpoint is not None:
        add("receipt.checkpoint", str(receipt.checkpoint.number))
    registry = say(message("receipt.registry", chain=receipt.chain_id), language)
    rows.append({"label": registry, "text": f"0x{receipt.registry_id.hex()}", "mono": True})
    if receipt.asked_by:
        add("receipt.asked_by", receipt.asked_by, note=sentence("receipt.themselves", language))
    add("receipt.handed_in", receipt.handed_in.hex(), mono=True)
    return rows


def _code(text: str) -> tuple[str, int]:
    """Return the code as SVG, and how many modules it is wide with its quiet zone."""
    barcode = zxingcpp.create_barcode(text, zxingcpp.QRCode, ec_level="L")
    image = memoryview(barcode.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]  # The stubs omit the buffer protocol.
    return str(barcode.to_svg(scale=1, add_quiet_zones=True)), isqrt(image.nbytes) + 2 * _QUIET_MODULES
