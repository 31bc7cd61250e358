"""Everything in which books, registry and archive can differ: how grave it is, what it says, what to do about it.

A difference is stored as its code and arguments, and said in the reader's language. Nothing about a holder is in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from chain.calendar import day_of_hour
from chain.events import Track
from issuer import vocabulary
from issuer.reconciling.difference_words import SENTENCES
from issuer.said import msgid
from issuer.tables.models import State
from issuer.tables.reconciliation_models import Agreement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.slots import Held
    from issuer.wording import Words

MOST_KEPT = 2_000
"""Differences of one run; whoever has more looks at the first ones first."""
OTHERS = "others"
"""The argument of `and_more` with a digest of each difference that is not listed: so that each is told once."""
_DIGITS = 16
_TRACKS = "tracks:"
"""How an argument begins that holds tracks, which are said in words."""


class Grade(StrEnum):
    """How grave a difference is, as the auditor's findings have it."""

    ALARM = "ALARM"
    """Books and registry deny each other, or somebody acted in the agency's name: to be cleared up now."""
    FAULT = "FAULT"
    """Something is behind, missing or broken, and will not mend itself."""
    REMARK = "REMARK"
    """To be known; nothing is wrong with it so far."""


Argument = str | int

GRADE_WORDS = {
    Grade.ALARM: msgid("Alarm"),
    Grade.FAULT: msgid("Fault"),
    Grade.REMARK: msgid("Remark"),
}
TRACK_WORDS = {
    Track.RESCINDED: msgid("rescinded"),
    Track.REVOKED: msgid("revoked"),
    Track.WITHDRAWN: msgid("withdrawn"),
    Track.CANCELLED: msgid("cancelled"),
    Track.REPLACED: msgid("replaced"),
    Track.SUSPENSION: msgid("suspended"),
    Track.LOSS: msgid("lost"),
    Track.RENEWAL_PENDING: msgid("renewal pending"),
}
_NO_TRACK = msgid("nothing")
_WHAT = {
    "size": msgid("the size"),
    "certificates": msgid("the number of certificates"),
    "type": msgid("the certificate type"),
    "version": msgid("the type's version"),
    "block": msgid("the block"),
    "block hash": msgid("the block's hash"),
}
"""In what a batch can differ."""
_LIFTED = msgid("lifted")
_CHANGING = {
    "not_anchored_long": {"state", "since"},
    "anchored_unnoticed": {"state"},
    "status_waits": {"state"},
    "status_failed": {"count", "leaf"},
    "and_more": {"count", OTHERS},
}
"""What alters from run to run in a difference that stays the same one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which they differ."""

    grade: Grade
    code: str
    """A key of `SENTENCES`."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)

    def identity(self) -> tuple[Grade, str, tuple[tuple[str, Argument], ...]]:
        """Return what tells this difference from all others, in whichever run it is found. A graver one is another."""
        changing = _CHANGING.get(self.code, ())
        return self.grade, self.code, tuple(sorted((k, v) for k, v in self.arguments.items() if k not in changing))

    def digest(self) -> str:
        """Return a short digest of `identity`."""
        grade, code, arguments = self.identity()
        return sha256(json.dumps([grade, code, arguments]).encode()).hexdigest()[:_DIGITS]

    def said(self, words: Words, names: Mapping[str, str]) -> tuple[str, str]:
        """Say what it is and what to do; `names` are officers' by their addresses, as 0x and hexadecimal digits."""
        what, todo = SENTENCES[self.code]
        values = {key: shown(value, words, names) for key, value in self.arguments.items()}
        if "state" in self.arguments:
            values["state"] = words.gettext(vocabulary.STATES[State(str(self.arguments["state"]))][0])
        if "what" in self.arguments:
            values["what"] = words.gettext(_WHAT[str(self.arguments["what"])])
        return words.gettext(what, **values), words.gettext(todo)


def agreement(found: Sequence[Difference]) -> Agreement:
    """Return what came of a run: remarks alone are no difference."""
    return Agreement.AGREES if all(each.grade is Grade.REMARK for each in found) else Agreement.DIFFERS


def fresh(found: Sequence[Difference], before: Sequence[Difference]) -> list[Difference]:
    """Return the differences that were not found by the run before; remarks are none.

    That there are more is one if any of these is: what was not listed before and now is, or the other way round, is
    not new.
    """
    known = {digest for each in before for digest in (each.digest(), *_others(each))}
    return [
        each
        for each in found
        if each.grade is not Grade.REMARK and not known.issuperset(_others(each) or (each.digest(),))
    ]


def _others(more: Difference) -> tuple[str, ...]:
    """Return the digests of what is not listed."""
    text = str(more.arguments.get(OTHERS, "")) if more.code == "and_more" else ""
    return tuple(text[at : at + _DIGITS] for at in range(0, len(text), _DIGITS))


def ordered(found: Sequence[Difference]) -> list[Difference]:
    """Return the gravest first, at most `MOST_KEPT`, and how many more there are, with digests of these."""
    by_grade = sorted(found, key=lambda each: list(Grade).index(each.grade))
    if len(by_grade) <= MOST_KEPT:
        return by_grade
    left = by_grade[MOST_KEPT:]
    others = "".join(each.digest() for each in left if each.grade is not Grade.REMARK)
    more = Difference(left[0].grade, "and_more", {"count": len(left), OTHERS: others})
    return [*by_grade[:MOST_KEPT], more]


def written(found: Sequence[Difference]) -> str:
    """Write differences down."""
    return json.dumps(
        [{"grade": each.grade, "code": each.code, "arguments": dict(each.arguments)} for each in found],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read(text: str) -> list[Difference]:
    """Undo `written`."""
    return [Difference(Grade(each["grade"]), each["code"], each["arguments"]) for each in json.loads(text)]


def tracks(held: Sequence[Held]) -> str:
    """Return tracks as an argument."""
    return _TRACKS + ";".join(f"{int(each.track)},{each.from_hour},{each.until_hour}" for each in held)


def changed_track(track: Track, from_hour: int, until_hour: int) -> str:
    """Return one change of a track as an argument; from hour 0 lifts it, but for what has an end only."""
    return f"{_TRACKS}{int(track)},{from_hour},{until_hour}"


def hexadecimal(value: bytes) -> str:
    """Return what is binary as an argument."""
    return f"0x{value.hex()}"


def shown(value: Argument, words: Words, names: Mapping[str, str]) -> str:
    """Return an argument for people: tracks in words, officers with their names."""
    if isinstance(value, int):
        return str(value)
    if value.startswith(_TRACKS):
        held = [each for each in value.removeprefix(_TRACKS).split(";") if each]
        return words.listed([_track(each, words) for each in held]) or words.gettext(_NO_TRACK)
    if value.startswith("0x"):
        return words.listed([_named(each, names) for each in value.split(",")])
    return value


def _named(address: str, names: Mapping[str, str]) -> str:
    return f"{names[address]} ({address})" if address in names else address


def _track(text: str, words: Words) -> str:
    track, first, until = map(int, text.split(","))
    days = [str(day_of_hour(first)) if first else "", str(day_of_hour(until - 1)) if until else ""]
    said = words.gettext(TRACK_WORDS[Track(track)])
    if not any(days):
        return f"{said} ({words.gettext(_LIFTED)})"
    return f"{said} {days[0]}" if not days[1] else f"{said} {days[0]}–{days[1]}"
