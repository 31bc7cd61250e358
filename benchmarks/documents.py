"""Documents per second, beside a trivial page by the same compiler and a bare QR code.

Run: python -m benchmarks.documents [seconds per row]
"""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import typst

from chain.certificate_types import by_identifier
from issuer.document import qr, readback
from issuer.document.documents import SHIPPED_FONTS, STANDARDS, Agency, Document, Renderer

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 4.0
_CODE_DIGITS = 903
"""Of a code of 372 bytes, the largest that the budget allows: version 16."""


def main() -> None:
    """Print one row for each kind of work; every document differs, as in a batch."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    renderer = Renderer()
    document = _document()
    pdf = renderer.typeset(document)
    with TemporaryDirectory() as folder:
        rows: list[tuple[str, Callable[[], object]]] = [
            ("yardstick: trivial PDF/A-3 page, warm typst", _trivial(Path(folder))),
            ("yardstick: bare QR code, version 16, zxing-cpp", lambda: qr.encode(_url())),
            ("QR code as outline", lambda: qr.svg(qr.encode(_url()))),
            ("document typeset", lambda: renderer.typeset(_another(document))),
            ("code read back at 150 dpi", lambda: readback.read_codes(pdf)),
            ("document rendered: typeset and read back", lambda: renderer.render(_another(document))),
            ("preview", lambda: renderer.preview(_another(document))),
        ]
        print(f"{'work':50} {'per second':>10} {'ms, median':>10}")
        for name, work in rows:
            times = _measure(work, seconds)
            print(f"{name:50} {len(times) / sum(times):10.0f} {times[len(times) // 2] * 1000:10.1f}")
    print(f"one document: {len(pdf)} bytes")


def _measure(work: Callable[[], object], seconds: float) -> list[float]:
    """Return how long each run took, shortest first; the first run, which warms up, is not counted."""
    work()
    times: list[float] = []
    while sum(times) < seconds:
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return sorted(times)


def _trivial(folder: Path) -> Callable[[], object]:
    page = folder / "page.typ"
    page.write_text(
        '#set document(date: datetime(year: 2026, month: 1, day: 31))\n#set text(font: "Noto Sans SC")\n'
        "#sys.inputs.number 呼和浩特市演示乳业有限公司\n"
    )
    compiler = typst.Compiler(input=page, root=folder, font_paths=list(SHIPPED_FONTS.folders), ignore_system_fonts=True)
    return lambda: compiler.compile(format="pdf", sys_inputs={"number": secrets.token_hex(8)}, pdf_standards=STANDARDS)


def _url() -> str:
    return f"https://verify.example.gov.cn/v#{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}"


def _document() -> Document:
    kind = by_identifier("business-licence")
    issued = date(2026, 1, 31)
    claims, _ = kind.from_row({claim.key: claim.example for claim in kind.columns})
    return Document(
        certificate_type=kind,
        claims=claims,
        agency=Agency("呼和浩特市新城区演示管理局", "11150100X00000027D", ("内蒙古自治区演示管理厅",)),
        number=str(claims[kind.number_claim]),
        validity=kind.validity(claims, issued),
        issued=issued,
        host="verify.example.gov.cn",
        test=True,
        sd_jwt="~".join(secrets.token_hex(150) for _ in range(20)),
        code_url=_url(),
        short_number="7K3M-9QXT-0H2V-4C",
    )


def _another(document: Document) -> Document:
    """Return a document with another holder, number, certificate and code."""
    kind = document.certificate_type
    holder = f"呼和浩特市演示第{secrets.randbelow(10**6)}号乳业有限公司"
    return replace(
        document,
        claims={**document.claims, kind.holder_name_claim: holder},
        number=secrets.token_hex(9).upper(),
        sd_jwt="~".join(secrets.token_hex(150) for _ in range(20)),
        code_url=_url(),
    )


if __name__ == "__main__":
    main()
