"""Which column of a table holds which claim: the best guess, what a clerk said, and what is still to be asked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING

from chain.text import quoted
from issuer.errors import RowFault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_types import CertificateType

SKIP = ""
"""Said of a column that is not to be read."""
ERROR_HEADERS = ("错误（改正后不必删除本列）", "Errors (leave this column; it is not read)")
"""Above the column with errors in a file that was handed back, in Chinese and in English."""

FLOOR = 0.72
"""How much alike two names must be at least to be worth a guess (difflib's ratio)."""
MARGIN = 0.1
"""By how much the best guess must be ahead of the next."""

_TELLING = 4
"""Characters that are enough to recognise a name by."""
_HINT = re.compile(r"[(\[]?(必填|选填|可选|required|optional)[)\]]?$")
_BETWEEN = re.compile(r"[\s_\-*:]+")


class How(StrEnum):
    """How a column got its claim, or why it has none."""

    NAMED = "named"
    """The header is the claim's key, or its label in either language."""
    CHOSEN = "chosen"
    """A clerk said so, now or with an earlier file."""
    GUESSED = "guessed"
    """The header resembles one claim's name, and no other's as much. To be confirmed."""
    UNCLEAR = "unclear"
    """Several claims may be meant, or another column has the same one."""
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    """Not to be read."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it means."""

    position: int
    """From 0."""
    header: str
    """As it stands in the file."""
    claim: str | None
    """The claim's key, None if none is found or wanted."""
    how: How
    candidates: tuple[str, ...] = ()
    """Keys of claims that may be meant, the likeliest first."""

    @property
    def is_for_errors(self) -> bool:
        """Whether it holds what was said of the rows when they were handed back."""
        return folded(self.header) in map(folded, ERROR_HEADERS)


@dataclass(frozen=True, slots=True)
class Columns:
    """What all columns mean."""

    columns: tuple[Column, ...]

    @property
    def read(self) -> tuple[Column, ...]:
        """The columns to read without asking anybody."""
        return tuple(each for each in self.columns if each.how in {How.NAMED, How.CHOSEN})

    @property
    def open(self) -> tuple[Column, ...]:
        """The columns that somebody must be asked about."""
        return tuple(each for each in self.columns if each.how in {How.GUESSED, How.UNCLEAR, How.UNKNOWN})

    @property
    def headers(self) -> dict[str, str]:
        """The header as it stands in the file, for each claim that is read."""
        return {each.claim: each.header for each in self.read if each.claim is not None}

    @property
    def choices(self) -> dict[str, str]:
        """What to remember for the next file with such headers: claim keys, or `SKIP`, by `folded` header."""
        return {
            folded(each.header): each.claim or SKIP for each in self.columns if each.how in {How.CHOSEN, How.SKIPPED}
        }


def guess(
    headers: Sequence[str], certificate_type: CertificateType, *, chosen: Mapping[str, str] | None = None
) -> Columns:
    """Say what each column means.

    `chosen` are claim keys or `SKIP` by header, in whatever spelling `folded` takes for the same: what a clerk said, or
    what was remembered. A claim that the type does not have (any more) is nobody's choice.
    """
    open_claims = {claim.key for claim in certificate_type.columns}
    said = {folded(header): claim for header, claim in (chosen or {}).items() if claim in {SKIP, *open_claims}}
    names = _names(certificate_type)
    found: list[Column] = []
    for position, header in enumerate(headers):
        name = folded(header)
        if not name:
            continue
        if name in said:
            claim = said[name] or None
            found.append(Column(position, header, claim, How.CHOSEN if claim else How.SKIPPED))
        elif (column := Column(position, header, None, How.SKIPPED)).is_for_errors:
            found.append(column)
        elif len(named := names.get(name, [])) == 1:
            found.append(Column(position, header, named[0], How.NAMED))
        else:
            how = How.UNCLEAR if named else How.UNKNOWN
            found.append(Column(position, header, None, how, tuple(named)))
    return Columns(tuple(_with_guesses(_without_doubles(found), names)))


def faults(mapping: Columns, certificate_type: CertificateType, *, partial: bool = False) -> list[RowFault]:
    """Say what keeps a table with these columns from being read.

    With `partial`, required columns may be missing: for changes of what is there already.
    """
    said = [_fault(each, mapping, certificate_type) for each in mapping.open]
    missing = [
        RowFault(1, claim.key, "no such column", f"a column {claim.key} or {claim.labels['zh-CN']}: it is required")
        for claim in certificate_type.columns
        if claim.required and claim.derived is None and claim.key not in mapping.headers and not partial
    ]
    return [*said, *missing]


def folded(header: str) -> str:
    """Return what counts of a header: not its case, widths, spaces, asterisks, nor whether it says «required»."""
    name = unicodedata.normalize("NFKC", header.removeprefix("\ufeff")).casefold()
    bare = _BETWEEN.sub("", name)
    return _HINT.sub("", bare) or bare


def wanted_headers(certificate_type: CertificateType) -> str:
    """Name the headers that there can be."""
    wanted = ", ".join(claim.key for claim in certificate_type.columns)
    return f"headers of {certificate_type.identifier}: {wanted}"


def _fault(column: Column, mapping: Columns, certificate_type: CertificateType) -> RowFault:
    assigned = {
        folded(name)
        for claim in certificate_type.claims
        if claim.assigned
        for name in (claim.key, *claim.labels.values())
    }
    got, labels = quoted(column.header), {claim.key: claim.labels["zh-CN"] for claim in certificate_type.columns}
    likely = " or ".join(f"{key} ({labels[key]})" for key in column.candidates)
    if folded(column.header) in assigned:
        wanted = "no such column: it is given out when preparing"
    elif column.how is How.UNKNOWN:
        wanted = wanted_headers(certificate_type)
    elif column.how is How.GUESSED:
        wanted = f"perhaps {likely}: rename the column, or say so"
    elif column.candidates and column.candidates[0] in mapping.headers:
        got, wanted = f"{got} for {column.candidates[0]} again", "each claim once"
    else:
        wanted = f"{likely}: say which"
    return RowFault(1, column.header.strip(), got, wanted)


def _names(certificate_type: CertificateType) -> dict[str, list[str]]:
    """Return whose name each name is. Keys are nobody else's, whatever labels there are."""
    names: dict[str, list[str]] = {}
    for claim in certificate_type.columns:
        for label in claim.labels.values():
            keys = names.setdefault(folded(label), [])
            if claim.key not in keys:
                keys.append(claim.key)
    return names | {folded(claim.key): [claim.key] for claim in certificate_type.columns}


def _without_doubles(columns: Sequence[Column]) -> list[Column]:
    """Leave each claim to one column: the one that was chosen for it, or else the first."""
    holders: dict[str, int] = {}
    for column in sorted(columns, key=lambda each: each.how is not How.CHOSEN):
        if column.claim is not None:
            holders.setdefault(column.claim, column.position)
    return [
        each
        if each.claim is None or holders[each.claim] == each.position
        else Column(each.position, each.header, None, How.UNCLEAR, (each.claim,))
        for each in columns
    ]


def _with_guesses(columns: Sequence[Column], names: Mapping[str, Sequence[str]]) -> list[Column]:
    """Guess what the unknown columns mean, among the claims that no column has."""
    had = {each.claim for each in columns}
    free = {name: [key for key in keys if key not in had] for name, keys in names.items()}
    likely = {each.position: _likely(folded(each.header), free) for each in columns if each.how is How.UNKNOWN}
    firsts = [ranked[0][1] for ranked in likely.values() if ranked]
    return [
        _guessed(each, likely[each.position], alone=firsts.count(likely[each.position][0][1]) == 1)
        if likely.get(each.position)
        else each
        for each in columns
    ]


def _likely(name: str, names: Mapping[str, Sequence[str]]) -> list[tuple[float, str]]:
    """Return how much a name is like those of claims, the likeliest claim first."""
    best: dict[str, float] = {}
    for other, keys in names.items():
        ratio = _likeness(name, other)
        for key in keys:
            best[key] = max(ratio, best.get(key, 0.0))
    return sorted(((ratio, key) for key, ratio in best.items() if ratio >= FLOOR), reverse=True)


def _likeness(name: str, other: str) -> float:
    """Return the share of what two names have in common; one within the other is worth a guess, too."""
    ratio = SequenceMatcher(None, name, other, autojunk=False).ratio()
    short, long = sorted((name, other), key=len)
    if len(short) >= _TELLING and short in long:
        return max(ratio, FLOOR + MARGIN * len(short) / len(long))
    return ratio


def _guessed(column: Column, ranked: Sequence[tuple[float, str]], *, alone: bool) -> Column:
    candidates = tuple(key for _, key in ranked)
    is_ahead = len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= MARGIN
    if alone and is_ahead:
        return Column(column.position, column.header, candidates[0], How.GUESSED, candidates)
    return Column(column.position, column.header, None, How.UNCLEAR, candidates)
