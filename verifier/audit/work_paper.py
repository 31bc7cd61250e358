"""A sample as a work paper (审计工作底稿): a row for each certificate, empty columns for whoever reviews it.

The recipe stands on top: with it and the population's file anybody draws the same sample again.
"""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from typing import TYPE_CHECKING

from chain.calendar import time_of_hour
from chain.short_number import short_number
from verifier.audit import times
from verifier.audit.package_report import told
from verifier.audit.sampling import DOMAIN, POPULATION
from verifier.audit.tabulating import batch_of
from verifier.bulk.tables import disarmed
from verifier.bulk.workbook import Workbook
from verifier.wording import message, say, sentence

if TYPE_CHECKING:
    from verifier.audit.sampling import Sample
    from verifier.wording import Language

FOUND = (
    "draw",
    "agency",
    "type",
    "sequence",
    "position",
    "short_number",
    "leaf",
    "root",
    "block",
    "anchored",
    "status",
)
EMPTY = ("result", "remark", "reviewer", "reviewed_on")
"""What whoever reviews fills in."""
_WIDTHS = (8, 10, 8, 10, 10, 22, 70, 70, 12, 28, 22, 16, 40, 16, 16)
_BOM = b"\xef\xbb\xbf"


class Form(StrEnum):
    """What a work paper is written as; the value is the file's ending."""

    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """What the file is, as HTTP says it."""
        if self is Form.CSV:
            return "text/csv; charset=utf-8"
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def written(sample: Sample, form: Form, language: Language) -> bytes:
    """Return the work paper as a file."""
    return _csv(sample, language) if form is Form.CSV else _xlsx(sample, language)


def recipe(sample: Sample, language: Language) -> list[tuple[str, str]]:
    """Return all that it takes to draw the sample again: what each line is, and what it says."""
    complete, block = sample.complete, sample.block
    checkpoint = complete.checkpoint
    values = {
        "subject": told(complete, language),
        "registry": f"0x{checkpoint.registry_id.hex()} ({checkpoint.chain_id})",
        "checkpoint": f"{checkpoint.block_number}, 0x{checkpoint.block_hash.hex()}, {times.utc(checkpoint.timestamp)}",
        "status_hour": f"{time_of_hour(complete.status_hour):%Y-%m-%d %H:00} +08:00",
        "population": str(sample.population_size),
        "population_digest": f"0x{sample.population_digest.hex()}",
        "seed_block": f"{block.number}, {times.utc(block.timestamp)}",
        "seed_hash": f"0x{block.hash.hex()}",
        "size": str(len(sample.drawn)),
        "algorithm": say(
            message("audit.sample.algorithm", population=POPULATION.decode(), domain=DOMAIN.decode()), language
        ),
    }
    return [(sentence(f"audit.paper.{name}", language), value) for name, value in values.items()]


def _rows(sample: Sample, language: Language) -> list[list[str | int]]:
    statuses = {(row[0], row[4]): row[-1] for row in sample.complete.table("leaves").rows}
    rows: list[list[str | int]] = []
    for each in sample.drawn:
        batch, leaf = batch_of(each.record), f"0x{each.leaf.hex()}"
        rows.append(
            [
                each.draw,
                batch.agency,
                batch.certificate_type,
                batch.sequence,
                each.position,
                short_number(each.leaf),
                leaf,
                f"0x{batch.root.hex()}",
                each.record.block_number,
                times.shanghai(each.record.block_timestamp),
                _status(str(statuses[batch.agency, leaf]), language),
                *("" for _ in EMPTY),
            ]
        )
    return rows


def _status(tracks: str, language: Language) -> str:
    """Say in words what a table has as the names of tracks."""
    return sentence("audit.between", language).join(
        sentence(f"audit.track.{each}", language) for each in tracks.split()
    )


def _headers(language: Language) -> list[str]:
    return [sentence(f"audit.paper.column.{name}", language) for name in (*FOUND, *EMPTY)]


def _csv(sample: Sample, language: Language) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([f"# {_title(sample, language)}"])
    writer.writerows([f"# {label}", disarmed(value)] for label, value in recipe(sample, language))
    writer.writerow(_headers(language))
    writer.writerows(
        [disarmed(cell) if isinstance(cell, str) else cell for cell in row] for row in _rows(sample, language)
    )
    return _BOM + out.getvalue().encode()


def _xlsx(sample: Sample, language: Language) -> bytes:
    """Return a workbook: the rows first, under a banner; the recipe on a sheet of its own, and in the banner."""
    title = _title(sample, language)
    recipe_lines = recipe(sample, language)
    banner = f"{title} · " + " · ".join(f"{label}: {value}" for label, value in recipe_lines)
    book = Workbook(sentence("audit.paper.sheet", language), _WIDTHS, banner=banner, formulas=("=",))
    headers, rows = _headers(language), _rows(sample, language)
    book.headers(headers, count=len(rows))
    for row in rows:
        book.row(row, ["" for _ in row])
    book.sheet(sentence("audit.paper.recipe", language), recipe_lines)
    return book.bytes()


def _title(sample: Sample, language: Language) -> str:
    test = " · TEST" if sample.complete.test else ""
    return f"{sentence('audit.paper.title', language)}{test}"
