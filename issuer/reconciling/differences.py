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
from issuer.models import State
from issuer.reconciliation_models import Agreement
from issuer.said import msgid

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

SENTENCES: dict[str, tuple[str, str]] = {
    "anchored_unknown": (
        msgid(
            "The registry holds a batch of this agency that this service knows nothing of: number %(sequence)s, "
            "%(size)s certificates, root %(root)s, block %(block)s, transaction %(transaction)s. "
            "Signed by %(officers)s."
        ),
        msgid(
            "Either these officers issued certificates past this service, or their keys are in other hands. Ask them "
            "at once; if it was not them, have their rights taken and the agency's document keys cut off."
        ),
    ),
    "anchored_lost": (
        msgid(
            "The registry holds a batch that was anchored after the backup this database was restored from: number "
            "%(sequence)s, %(size)s certificates, root %(root)s, block %(block)s."
        ),
        msgid("Its certificates stay valid, and cannot be printed, renewed or changed here. Note it in the files."),
    ),
    "anchored_not_queued": (
        msgid(
            "Batch %(batch)s is on the registry (number %(sequence)s, block %(block)s, transaction %(transaction)s), "
            "though here it is %(state)s. Signed by %(officers)s."
        ),
        msgid("Somebody brought the officers' signatures to the chain past this service. Ask the officers at once."),
    ),
    "anchored_unnoticed": (
        msgid(
            "Batch %(batch)s is on the registry (number %(sequence)s, block %(block)s), though here it is %(state)s."
        ),
        msgid("The worker takes it in by itself; if it does not within the hour, see whether it runs."),
    ),
    "not_anchored_yet": (
        msgid("Batch %(batch)s is approved and on its way: %(state)s."),
        msgid("Nothing is to be done."),
    ),
    "not_anchored_long": (
        msgid("Batch %(batch)s is approved and still not anchored: %(state)s since %(since)s."),
        msgid("Look at the queue: it says what holds the batch up."),
    ),
    "batch_not_on_chain": (
        msgid("Batch %(batch)s (root %(root)s) is %(state)s here, and the registry has never heard of it."),
        msgid(
            "Its certificates do not verify. Either this database was altered, or the node serves another chain: "
            "compare with a second node, then with a backup."
        ),
    ),
    "batch_differs": (
        msgid("Batch %(batch)s is not what the registry holds: %(what)s; here %(here)s, there %(there)s."),
        msgid("The registry counts. Find out who altered this database; the log of actions and a backup help."),
    ),
    "leaves_differ": (
        msgid(
            "Batch %(batch)s: %(count)s certificates have other leaves here than the registry; the first is number "
            "%(position)s."
        ),
        msgid("What stands here about these certificates is not what was approved. Compare with a backup."),
    ),
    "leaves_unreadable": (
        msgid("Batch %(batch)s: the node does not show leaves that make its root (block %(block)s)."),
        msgid("Ask a second node; if it shows the same, tell the auditor."),
    ),
    "sequence_gap": (
        msgid("The node does not show the agency's batch number %(sequence)s, though it shows number %(next)s."),
        msgid("The registry counts without gaps, so the node withholds something. Ask a second node."),
    ),
    "sequence_gaps": (
        msgid(
            "The node does not show the agency's batches number %(first)s to %(last)s, though it shows number %(next)s."
        ),
        msgid("The registry counts without gaps, so the node withholds something. Ask a second node."),
    ),
    "status_unknown": (
        msgid(
            "The registry holds a change of status that this service did not order: %(track)s for leaf %(leaf)s, block "
            "%(block)s, transaction %(transaction)s. Signed by %(officers)s."
        ),
        msgid(
            "It was signed with the agency's own officers' keys. Ask them at once; if it was not them, act as "
            "for a stolen key."
        ),
    ),
    "status_by_other": (
        msgid(
            "An authority above this agency changed a status: %(track)s for leaf %(leaf)s, block %(block)s, by agency "
            "%(actor)s (0 is the council)."
        ),
        msgid("It may do so. Tell the holder where the law wants it."),
    ),
    "status_change_differs": (
        msgid(
            "Change of status %(change)s is not what the registry holds for leaf %(leaf)s: here %(here)s, there "
            "%(there)s."
        ),
        msgid("The registry counts. Find out who altered this database; the log of actions and a backup help."),
    ),
    "status_not_on_chain": (
        msgid("Change of status %(change)s is final here, and the registry has nothing of it for leaf %(leaf)s."),
        msgid("The certificate stands as before for everybody who checks it. Order the change anew, and find out why."),
    ),
    "batch_later": (
        msgid(
            "Batch %(batch)s is %(state)s here, in block %(at)s; compared was up to block %(block)s, which is before "
            "that."
        ),
        msgid("Nothing is to be done: the next run compares it."),
    ),
    "status_later": (
        msgid(
            "Change of status %(change)s is %(state)s here, in block %(at)s; compared was up to block %(block)s, which "
            "is before that."
        ),
        msgid("Nothing is to be done: the next run compares it."),
    ),
    "status_failed": (
        msgid(
            "Change of status %(change)s was signed, and failed: the registry has nothing of it for %(count)s "
            "certificates, the first with leaf %(leaf)s."
        ),
        msgid(
            "These certificates stand as before for everybody who checks them. See in the queue why, and order the "
            "change anew."
        ),
    ),
    "status_waits": (
        msgid("Change of status %(change)s is signed and still not on the registry: %(state)s."),
        msgid("The worker brings it there by itself; if it does not within the hour, look at the queue."),
    ),
    "status_shown_differs": (
        msgid("A certificate's status here is not the registry's (leaf %(leaf)s): here %(here)s, there %(there)s."),
        msgid("The registry counts. Find out who altered this database; the log of actions and a backup help."),
    ),
    "replaced_unknown": (
        msgid(
            "The registry says that leaf %(leaf)s was replaced by leaf %(other)s, which is unknown here (block "
            "%(block)s, transaction %(transaction)s)."
        ),
        msgid("See the unknown batch of the same transaction: whoever issued it replaced this certificate."),
    ),
    "replaced_differs": (
        msgid(
            "The registry says that leaf %(leaf)s was replaced by leaf %(other)s: %(there)s (block %(block)s, "
            "transaction %(transaction)s). Here that leaf takes the place of %(expected)s: %(here)s."
        ),
        msgid(
            "The officers signed another replacement than was ordered here, or their keys are in other hands. Ask them "
            "at once: the certificate that was replaced is no longer valid for anybody who checks it."
        ),
    ),
    "document_altered": (
        msgid(
            "The archived document of leaf %(leaf)s (batch %(batch)s) is not the one that was put away, or does "
            "not open."
        ),
        msgid(
            "Put the database's archive back from a backup; the digest in earlier manifests says which is the "
            "right one."
        ),
    ),
    "document_changed": (
        msgid(
            "The digest of the document of leaf %(leaf)s (batch %(batch)s) is %(here)s; a manifest signed "
            "earlier had %(there)s."
        ),
        msgid("A document stays what it was. Somebody put another one in its place: compare with a backup."),
    ),
    "manifest_altered": (
        msgid("The manifest of the run before, as it is kept here, is not what was signed."),
        msgid(
            "Somebody altered this database. Documents were not compared with it; compare with the auditor's copy, and "
            "with a backup."
        ),
    ),
    "manifest_missing": (
        msgid(
            "The manifest that was signed last is not kept here any more; by the log of actions its SHA-256 is "
            "%(digest)s."
        ),
        msgid(
            "Somebody altered this database. Documents were compared with an older manifest, or with none; compare "
            "with the auditor's copy, and with a backup."
        ),
    ),
    "erased_unnoted": (
        msgid(
            "What was known about the certificate of leaf %(leaf)s (batch %(batch)s) is gone as if erased, but the log "
            "of actions knows of no erasure."
        ),
        msgid("Two officers erase, and the log says so. Somebody altered this database: compare with a backup."),
    ),
    "document_missing": (
        msgid("The document of leaf %(leaf)s (batch %(batch)s) is not in the archive."),
        msgid("Put it back from a backup."),
    ),
    "documents_waiting": (
        msgid("Batch %(batch)s: %(count)s documents are still to be made."),
        msgid("The worker makes them by itself."),
    ),
    "and_more": (
        msgid("%(count)s more differences are not listed."),
        msgid("Clear up those above, then run it again."),
    ),
}
"""(what it says, what it means and what to do) of each code."""

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
