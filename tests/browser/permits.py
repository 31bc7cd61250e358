"""A spreadsheet of permits with errors, as clerks have them, and the same one put right."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chain.certificate_types import by_identifier
from demo.stage import ROOT
from tests.browser.whole import KIND

if TYPE_CHECKING:
    from pathlib import Path

PERMIT = by_identifier(KIND)
SHOP = {"zh-CN": "店名", "en": "Shop"}
"""A header that nobody can guess."""


def bad_file(folder: Path, language: str) -> Path:
    """Write six permits, two of them with errors; in the encoding of Chinese spreadsheet programs, or in UTF-8."""
    rows = permits()
    rows[1] |= {"credit_code": "123", "valid_until": "2030-02-30"}
    rows[3] |= {"operator_name": ""}
    headers = [SHOP[language] if key == "operator_name" else label(language, key) for key in rows[0]]
    path = folder / ("食品经营许可证名单.csv" if language == "zh-CN" else "permits.csv")
    encoding = "gb18030" if language == "zh-CN" else "utf-8"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([headers, *(row.values() for row in rows)])
    return path


def mended(bad: Path, language: str) -> Path:
    """Put right what the first column says is wrong, in the very file that was downloaded."""
    headers, *rows = csv.reader(io.StringIO(bad.read_text(encoding="utf-8-sig"), newline=""))
    assert all(row[0] for row in rows), "each bad row comes back with what is wrong"
    right = permits()
    for row, wanted in zip(rows, (right[1], right[3]), strict=True):
        for key in ("credit_code", "valid_until"):
            row[headers.index(label(language, key))] = wanted[key]
        row[headers.index(SHOP[language])] = wanted["operator_name"]
    path = bad.with_name(f"mended-{bad.name}")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([headers, *rows])
    return path


def permits() -> list[dict[str, str]]:
    """Return six permits of the demonstration, in force from today."""
    with (ROOT / "demo" / f"{KIND}.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))[:6]
    keys = {claim.labels["zh-CN"]: claim.key for claim in PERMIT.columns}
    today = date.today()  # noqa: DTZ011 — the day here is near enough
    days = {"issue_date": str(today), "valid_until": str(today.replace(day=1) + timedelta(days=1400))}
    return [{**{keys[name]: cell for name, cell in row.items()}, **days} for row in found]


def good_numbers() -> list[str]:
    """Return the numbers of the rows that were good at once."""
    return [row["number"] for position, row in enumerate(permits()) if position not in {1, 3}]


def label(language: str, key: str) -> str:
    """Return what people of this language call a claim."""
    return next(claim.labels[language] for claim in PERMIT.columns if claim.key == key)
