"""Certificates of one type that one holder would have for the same time: allowed, and said to whoever approves.

Holders are compared by their blind index, so nothing is decrypted. Some holders rightly have several (a company with
two shops), which is why it is a warning and no fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from issuer import issuing
from issuer.status import statuses
from issuer.tables import draft_rows
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from chain.certificate_types import CertificateType, Validity
    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.tables.draft_rows import Held
    from issuer.tables.store import Work

_MOST_ASKED = 200
"""Certificates of whose status the registry is asked in one go; the others count as in force."""


class Code(StrEnum):
    """What a warning is about."""

    SAME_HOLDER = "SAME_HOLDER"
    """The holder has another certificate of the type for the same time; the detail is that one's row id."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning about one certificate."""

    code: Code
    other: str
    """The row id of the certificate that it is like, or the key of another of those that were asked about."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whose certificate is valid when."""

    holder: bytes | None
    """The blind index; None where a certificate names nobody."""
    first_day: date | None
    last_day: date | None
    """None is open-ended."""

    def overlaps(self, other: Period | Held) -> bool:
        """Whether there is a day on which both are valid."""
        return _first(self) <= _last(other) and _first(other) <= _last(self)


def period(
    office: Office, work: Work, agency: int, certificate_type: CertificateType, claims: Mapping[str, JSON]
) -> Period:
    """Return whose certificate these claims make, and when it is valid if it is issued today."""
    validity: Validity = certificate_type.validity(claims, office.today)
    holder = issuing.holder(certificate_type, dict(claims))
    key = office.records.data_key(work, agency)
    return Period(key.index("holder", holder) if holder else None, validity.first_day, validity.last_day)


def find(
    office: Office,
    work: Work,
    agency: int,
    certificate_type: str,
    periods: Mapping[str, Period],
    *,
    besides: Collection[str] = (),
) -> dict[str, list[Warned]]:
    """Return a warning for each of these, by key, whose holder has another one for the same time, here or among them.

    `besides` are row ids that do not count, for example because they are the very ones that are asked about.
    """
    found: dict[str, list[Warned]] = {}
    for key, other in _among(periods):
        found.setdefault(key, []).append(Warned(Code.SAME_HOLDER, other))
    holders = {each.holder for each in periods.values() if each.holder is not None}
    held: dict[bytes, list[Held]] = {}
    for each in draft_rows.held_by(work, agency, certificate_type, holders):
        if each.certificate_id not in besides:
            held.setdefault(each.holder, []).append(each)
    counts = _Standing(office, work)
    for key, asked in periods.items():
        for here in held.get(asked.holder or b"", []):
            if asked.overlaps(here) and counts.counts(here):
                found.setdefault(key, []).append(Warned(Code.SAME_HOLDER, here.certificate_id))
                break
    return found


def look_again(office: Office, batch_id: int) -> dict[str, list[Warned]]:
    """Find the warnings about a batch's certificates as things are now, and keep them in the place of the old ones."""
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        certificates = work.certificates(batch_id)
        periods = {each.id: Period(each.holder_index, each.first_day, each.last_day) for each in certificates}
        # What a new version takes the place of is no second one.
        besides = {*periods, *(each.replaces_id for each in certificates if each.replaces_id)}
        found = find(office, work, batch.agency, batch.certificate_type, periods, besides=besides)
    with office.store.writing() as work:
        keep(work, {row: found.get(row, []) for row in periods})
    return found


def keep(work: Work, found: Mapping[str, Collection[Warned]], *, are_new: bool = False) -> None:
    """Replace the warnings about certificates, by row id; there is nothing to replace where they are new."""
    if not are_new:
        draft_rows.drop_warnings(work, list(found))
    draft_rows.add_warnings(work, {row: [(each.code, each.other) for each in some] for row, some in found.items()})


def of_batch(work: Work, batch_id: int) -> dict[str, list[Warned]]:
    """Return what was kept about a batch's certificates, by row id; those without a warning are not in it."""
    found: dict[str, list[Warned]] = {}
    for each in draft_rows.warnings(work, batch_id):
        found.setdefault(each.certificate_id, []).append(Warned(Code(each.code), each.detail))
    return found


def in_file(some: Collection[Warned], rows: Mapping[str, int]) -> list[Warned]:
    """Return warnings with a file's row number, by row id, where another of its rows is meant."""
    return [Warned(each.code, str(rows.get(each.other, each.other))) for each in some]


def _among(periods: Mapping[str, Period]) -> Iterable[tuple[str, str]]:
    """Yield each of these that overlaps with another of the same holder, with that other; each once."""
    named = [(each.holder, _first(each), key) for key, each in periods.items() if each.holder is not None]
    for _, group in groupby(sorted(named), key=lambda entry: entry[0]):
        keys = [key for _, _, key in group]
        told: set[str] = set()
        longest = keys[0]
        for key in keys[1:]:
            if _first(periods[key]) <= _last(periods[longest]):
                for one, other in ((longest, key), (key, longest)):
                    if one not in told:
                        told.add(one)
                        yield one, other
            if _last(periods[key]) > _last(periods[longest]):
                longest = key


class _Standing:
    """Tells which certificates are in force, or may come to be."""

    def __init__(self, office: Office, work: Work) -> None:
        self._office, self._work = office, work
        self._asked: dict[str, bool] = {}

    def counts(self, held: Held) -> bool:
        """Whether it is not ended for good."""
        if held.state != State.ISSUED:
            return held.state != State.DISCARDED
        if held.certificate_id not in self._asked:
            if len(self._asked) >= _MOST_ASKED:
                return True
            certificate = self._work.certificate(held.certificate_id)
            ended = any(each.track.is_final for each in statuses.held_now(self._office, certificate))
            self._asked[held.certificate_id] = not ended
        return self._asked[held.certificate_id]


def _first(period: Period | Held) -> date:
    return period.first_day or date.min


def _last(period: Period | Held) -> date:
    return period.last_day or date.max
