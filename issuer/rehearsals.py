"""What rehearsals found, kept with their batch; and that nothing is submitted without one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from issuer.errors import NotReady
from issuer.tables.rehearsal_models import Rehearsal
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from issuer.office import Office
    from issuer.tables.models import Batch
    from issuer.tables.store import Work


class Kind(StrEnum):
    """What is found of a row."""

    CLAIMS = "CLAIMS"
    """The leaf is not what follows from the stored claims and salts."""
    KEY = "KEY"
    """It was fixed for another document key than the batch's."""
    UNPRINTABLE = "UNPRINTABLE"
    CODE_TOO_LARGE = "CODE_TOO_LARGE"
    CODE_UNREADABLE = "CODE_UNREADABLE"
    VERDICT = "VERDICT"
    """A verifier would not find it valid."""
    SAME_HOLDER = "SAME_HOLDER"
    """The holder has another one of the type for the same time."""
    BEGUN = "BEGUN"
    """Its first day is past."""
    ENDED = "ENDED"
    """Its last day is past."""
    LONG = "LONG"
    """A name is nearly as long as it may be, and may have been cut off."""
    MIXED_SCRIPTS = "MIXED_SCRIPTS"
    """A name is written in letters of several scripts."""

    @property
    def is_bad(self) -> bool:
        """Whether nobody could rely on such a certificate; else it is a warning."""
        return self in _BAD


_BAD = frozenset({Kind.CLAIMS, Kind.KEY, Kind.UNPRINTABLE, Kind.CODE_TOO_LARGE, Kind.CODE_UNREADABLE, Kind.VERDICT})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or odd with one row."""

    position: int
    """The row's place in the batch, from 0."""
    kind: Kind
    claim: str = ""
    """The key of the claim that it is about, if it is about one."""
    said: Mapping[str, str] = field(default_factory=dict)
    """What else there is to say: by language, or under «» where it is the same in each."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a rehearsal."""

    batch: int
    root: bytes
    at: datetime
    took_s: float
    rows: int
    whole: int
    findings: tuple[Finding, ...]
    """By position."""

    @property
    def bad(self) -> dict[int, list[Finding]]:
        """Return what is wrong, by position."""
        return _by_position([each for each in self.findings if each.kind.is_bad])

    @property
    def warned(self) -> dict[int, list[Finding]]:
        """Return what is odd, by position, of rows that are not bad."""
        bad = self.bad
        return _by_position([each for each in self.findings if not each.kind.is_bad and each.position not in bad])


def keep(office: Office, work: Work, agency: int, outcome: Outcome) -> None:
    """Store an outcome in place of the one before."""
    forget(work, outcome.batch)
    text = json.dumps([[each.position, each.kind, each.claim, dict(each.said)] for each in outcome.findings])
    key = office.records.data_key(work, agency)
    work.add(
        Rehearsal(
            batch_id=outcome.batch,
            root=outcome.root,
            at=outcome.at,
            took_s=outcome.took_s,
            rows=outcome.rows,
            bad=len(outcome.bad),
            warned=len(outcome.warned),
            whole=outcome.whole,
            findings=key.encrypt(text.encode(), _place(outcome.batch), entropy=office.entropy),
        )
    )
    work.flush()


def forget(work: Work, batch_id: int) -> None:
    """Forget what a rehearsal found: its batch is changed, or rehearsed anew."""
    held = work.session.get(Rehearsal, batch_id)
    if held is not None:
        work.session.delete(held)
        work.flush()


def last(work: Work, batch: Batch) -> Rehearsal | None:
    """Return the last rehearsal of what a batch holds now; None if there is none, or it was of other content."""
    held = work.session.get(Rehearsal, batch.id)
    return held if held is not None and batch.root is not None and held.root == batch.root else None


def opened(office: Office, work: Work, batch: Batch) -> Outcome | None:
    """Return what the last rehearsal of what a batch holds now found, in full."""
    held = last(work, batch)
    if held is None:
        return None
    text = office.records.data_key(work, batch.agency).decrypt(held.findings, _place(held.batch_id))
    rows = cast("list[tuple[int, str, str, dict[str, str]]]", json.loads(text))
    return Outcome(
        batch=held.batch_id,
        root=held.root,
        at=held.at,
        took_s=held.took_s,
        rows=held.rows,
        whole=held.whole,
        findings=tuple(Finding(position, Kind(kind), claim, said) for position, kind, claim, said in rows),
    )


def require_passed(work: Work, batch: Batch) -> None:
    """Refuse a batch that was not rehearsed as it is, or that has bad rows; raises `NotReady`."""
    held = last(work, batch)
    if held is None:
        raise NotReady(
            f"batch {batch.id} was not rehearsed as it is now; rehearse it first (yinxin-issuer rehearse {batch.id})"
        )
    if held.bad:
        raise NotReady(
            f"batch {batch.id}: its rehearsal found {held.bad} bad rows of {held.rows}; mend or take them out, "
            f"then rehearse it again (yinxin-issuer rehearse {batch.id} lists them)"
        )


def _by_position(findings: Sequence[Finding]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = {}
    for each in findings:
        found.setdefault(each.position, []).append(each)
    return found


def _place(batch_id: int) -> Place:
    return Place("rehearsal", "findings", str(batch_id))
