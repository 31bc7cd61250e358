"""What was said of a spreadsheet's rows, as it is kept until somebody has looked at it.

The good rows stand apart: only what makes drafts of them opens them, and pages need not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from issuer.errors import RowFault
from issuer.spreadsheet.mapping import Column, Columns, How
from issuer.spreadsheet.rows import Judged, Row
from issuer.spreadsheet.sheet import Line, Note, Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOWHERE = Line(1, ())


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a file fared."""

    good: int
    """Rows without a fault."""
    judged: Judged
    """With everything about the bad rows, and none of the good ones."""
    warned: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Of good rows, by row: the row ids of certificates, or numbers of other rows, that the holder has besides."""

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.good + len(self.judged.bad)


def refused(faults: Sequence[RowFault]) -> Judgement:
    """Return what is said of a file of which no row can be read."""
    return Judgement(0, Judged((), (), tuple(faults), frozenset(), _NOWHERE, Columns(()), ()))


def dumps(judgement: Judgement) -> bytes:
    """Write a judgement down."""
    judged = judgement.judged
    said = {
        "good": judgement.good,
        "bad": [[line.row, line.cells] for line in judged.bad],
        "faults": [[fault.row, fault.column, fault.got, fault.wanted] for fault in judged.faults],
        "unread": sorted(judged.unread),
        "headers": [judged.headers.row, judged.headers.cells],
        "columns": [
            [each.position, each.header, each.claim, each.how, each.candidates] for each in judged.columns.columns
        ],
        "notes": [[note.kind, note.where] for note in judged.notes],
        "warned": [[row, some] for row, some in sorted(judgement.warned.items())],
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def dumps_good(rows: Sequence[Row], by: str) -> bytes:
    """Write good rows down, with what they were judged by."""
    said = {"by": by, "rows": [[row.row, row.claims] for row in rows]}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def loads_good(data: bytes, by: str) -> tuple[Row, ...] | None:
    """Undo `dumps_good`; None if they were judged by something else."""
    said = json.loads(data)
    return tuple(Row(row, claims) for row, claims in said["rows"]) if said["by"] == by else None


def loads(data: bytes) -> Judgement:
    """Undo `dumps`."""
    said = json.loads(data)
    judged = Judged(
        good=(),
        bad=tuple(Line(row, tuple(cells)) for row, cells in said["bad"]),
        faults=tuple(RowFault(*fault) for fault in said["faults"]),
        unread=frozenset((row, column) for row, column in said["unread"]),
        headers=Line(said["headers"][0], tuple(said["headers"][1])),
        columns=Columns(
            tuple(
                Column(position, header, claim, How(how), tuple(candidates))
                for position, header, claim, how, candidates in said["columns"]
            )
        ),
        notes=tuple(Note(Told(kind), where) for kind, where in said["notes"]),
    )
    return Judgement(said["good"], judged, {row: tuple(some) for row, some in said["warned"]})
