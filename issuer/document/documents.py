"""The document a holder gets: a PDF/A-3 page with the code, and the certificate attached.

Typeset by typst with one compiler kept warm. `layouts/` says how it looks, `face` what it says.
Same document, same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

import typst

from issuer.document import copy_face, ornament, readback
from issuer.document.copy_face import CopyPaper
from issuer.document.face import Agency, Document, face, shown_values
from issuer.errors import FontsMissing, Unprintable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chain.strict_json import JSON

__all__ = ["SHIPPED_FONTS", "Agency", "CopyPaper", "Document", "Fonts", "Renderer", "shown_values"]

STANDARDS: list[typst.PDFStandard] = ["a-3a"]
"""PDF/A-3: an archive's format that allows attachments. Level a refuses characters for which there is no glyph."""

_LAYOUTS = Path(__file__).parents[1] / "layouts"
_WEIGHTS = frozenset({400, 500, 700})
_NUMBER_FAMILY = "DejaVu Sans Mono"
"""Comes with typst itself; tells 0 from O and 1 from l."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """The fonts that documents are set in; never the machine's own, so that every machine makes the same page."""

    folders: tuple[Path, ...]
    families: tuple[str, ...]
    """In order of preference; the first must be there in regular, medium and bold. Later ones fill its gaps."""


_NOTO = Path(__file__).parents[2] / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
SHIPPED_FONTS = Fonts(
    folders=(_NOTO / "400Regular", _NOTO / "500Medium", _NOTO / "700Bold"), families=("Noto Sans SC",)
)


class Renderer:
    """Makes documents. Costly to make (it opens the fonts), cheap to use; safe to share between threads."""

    def __init__(self, fonts: Fonts = SHIPPED_FONTS) -> None:
        """Open the fonts; raises `FontsMissing`."""
        self._families = fonts.families
        opened = _opened(fonts)
        self._compiler, self._copies = (
            typst.Compiler(input=_LAYOUTS / layout, root=_LAYOUTS, font_paths=opened, ignore_system_fonts=True)
            for layout in ("document.typ", "copy.typ")
        )
        self._lock = Lock()

    def render(self, document: Document) -> bytes:
        """Return the PDF, after its code was read back from a bitmap of its first page.

        Raises `Unprintable` or `CodeUnreadable`: nothing is handed out then. Not checked: that the code and the
        SD-JWT belong together, or verify.
        """
        pdf = self.typeset(document)
        readback.require_code(pdf, document.code_url, number=document.number)
        return pdf

    def preview(self, document: Document) -> bytes:
        """Return a PDF that says PREVIEW across the page; it has no attachments, and its code does not verify."""
        return self._compile(document, preview=True)

    def render_copy(self, paper: CopyPaper) -> bytes:
        """Return a limited copy's PDF, after its code was read back; raises as `render` does."""
        words = json.loads((_LAYOUTS / "words.json").read_text(encoding="utf-8"))
        contents, layout = copy_face.face(paper, words), paper.certificate_type.layout
        frame = ornament.frame(landscape=False, accent=layout.accent)
        pdf = self._run(self._copies, contents, frame, what=f"copy of {paper.short_number}")
        readback.require_code(pdf, paper.code_url, number=f"copy of {paper.short_number}")
        return pdf

    def typeset(self, document: Document) -> bytes:
        """Return the PDF without reading it back; only for measuring, and for `render`."""
        missing = [name for name in ("sd_jwt", "code_url", "short_number") if not getattr(document, name)]
        if missing:
            raise Unprintable(
                f"document {document.number}: got no {', '.join(missing)}, wanted all; or ask for a preview"
            )
        return self._compile(document, preview=False)

    def _compile(self, document: Document, *, preview: bool) -> bytes:
        layout = document.certificate_type.layout
        frame = ornament.frame(landscape=layout.orientation == "landscape", accent=layout.accent)
        contents = face(document, preview=preview)
        return self._run(self._compiler, contents, frame, what=f"document {document.number}")

    def _run(self, compiler: typst.Compiler, contents: Mapping[str, JSON], frame: str, *, what: str) -> bytes:
        fonts = {"fonts": list(self._families), "number-fonts": [_NUMBER_FAMILY, *self._families]}
        inputs = {"document": json.dumps({**contents, **fonts}, ensure_ascii=False), "frame": frame}
        try:
            with self._lock:
                pdf = compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS)
        except typst.TypstError as exc:
            wanted = f"text that the fonts {', '.join(self._families)} can show"
            raise Unprintable(f"{what}: got {exc.message}; wanted {wanted}") from exc
        return cast("bytes", pdf)


def _opened(fonts: Fonts) -> typst.Fonts:
    for folder in fonts.folders:
        if not folder.is_dir():
            raise FontsMissing(
                f"got {folder}, which is no folder; wanted one with fonts (`npm ci` installs the usual ones)"
            )
    opened = typst.Fonts(include_system_fonts=False, font_paths=[str(folder) for folder in fonts.folders])
    for family in (*fonts.families, _NUMBER_FAMILY):
        if family not in opened.families():
            raise FontsMissing(f"got {', '.join(opened.families())} in {_listed(fonts)}; wanted {family}")
    weights = {info.weight for info in opened.fonts() if info.family == fonts.families[0]}
    if absent := _WEIGHTS - weights:
        got = f"{fonts.families[0]} in the weights {sorted(weights)} from {_listed(fonts)}"
        raise FontsMissing(f"got {got}; wanted {sorted(absent)}, too")
    return opened


def _listed(fonts: Fonts) -> str:
    return ", ".join(map(str, fonts.folders))
