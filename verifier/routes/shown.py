"""A report as the verdict page shows it: what stands where, in which words. `pages/page/showing.js` does the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from chain.calendar import today
from verifier.check.report import CheckName, Colour, Outcome, Verdict
from verifier.wording import message, say, sentence, show

if TYPE_CHECKING:
    from verifier.check.receipts import Receipt
    from verifier.check.report import Report
    from verifier.wording import Language

ICONS = {Colour.GREEN: "tick", Colour.AMBER: "attention", Colour.GREY: "question", Colour.RED: "cross"}
_OF_COPIES = {"signature.copy_alone", "validity.copy_expired", "validity.copy_not_yet"}
"""Messages by which only a limited copy falls short."""
_MINUTE = 60
_MIX = 0x9E3779B1
"""The golden ratio's 32 bits (Knuth, volume 3, section 6.4), so that neighbouring minutes have unlike words."""
_32_BITS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: what it is, and what it says."""

    label: str
    text: str
    look: str = "plain"
    """«holder» is largest, «main» is large, «plain» is as all text."""
    path: str = ""
    """The agencies above, and the agency."""
    differs: bool = False
    """Whether the file that came shows something else."""


def copy_key(report: Report) -> str:
    """Return under which key the verdict is explained to whoever stands at a counter."""
    verdict, is_copy = report.verdict, report.subject.copy is not None
    reasons = [check for check in report.checks if verdict in check.reasons]
    variant = ""
    if verdict is Verdict.VALID and is_copy:
        variant = ".copy"
    elif verdict in {Verdict.EXPIRED, Verdict.NOT_YET_VALID, Verdict.INCOMPLETE} and is_copy:
        variant = ".copy" if any(check.message.key in _OF_COPIES for check in reasons) else ""
    if verdict is Verdict.INCOMPLETE and [check.name for check in reasons] == [CheckName.DOCUMENT]:
        variant = ".document"
    return f"copy.{verdict}{variant}"


def whose(report: Report) -> str:
    """Return the heading over what the certificate says: how far that is confirmed."""
    genuine, copy = report.is_genuine, report.subject.copy
    if report.verdict is Verdict.ALTERED and genuine:
        return "page.issued"
    if copy is not None and not copy.is_proven and genuine:
        return "page.copy_alone"
    is_known = genuine or _is_registers(report) or report.verdict is Verdict.INCOMPLETE
    return "page.whose" if is_known else "page.claimed"


def _is_registers(report: Report) -> bool:
    """Whether nothing but the register says what is shown: a short number claims nothing itself."""
    passed = {check.name for check in report.checks if check.outcome is Outcome.PASSED}
    is_short = any(check.message.key == "form.short_number" for check in report.checks)
    return is_short and passed >= {CheckName.INCLUSION, CheckName.ANCHORING}


def rows(report: Report, language: Language) -> list[Row]:
    """Return what is certified: the holder first, then number, type and agency, then all the rest."""
    subject, altered = report.subject, {difference.what[language] for difference in report.differences}
    roles = {item.role: item for item in subject.items if item.role is not None}
    found: list[Row] = []

    def add(look: str, label: str, text: str, path: str = "") -> None:
        found.append(Row(label, text, look, path, differs=label in altered))

    if (holder := roles.get("holder")) is not None:
        add("holder", holder.labels[language], holder.texts[language])
    if subject.number is not None:
        number = roles.get("number")
        add("main", sentence("page.number", language) if number is None else number.labels[language], subject.number)
    if subject.type is not None:
        add("main", sentence("page.certificate_type", language), subject.type.names[language])
    if (agency := subject.agency) is not None:
        add("main", sentence("page.agency", language), agency.name, " › ".join(agency.path) if agency.path[1:] else "")
    for item in subject.items:
        if item.role != "holder" and not (item.role == "number" and subject.number is not None):
            add("main" if item.is_fact else "plain", item.labels[language], item.texts[language])
    if subject.replaced_by is not None:
        add("main", sentence("page.replaced_by", language), subject.replaced_by.short_number)
    return found


def compared(report: Report) -> list[str]:
    """Return the keys of what should be compared with the person and the paper; nothing where that says nothing."""
    subject = report.subject
    if report.verdict.colour not in {Colour.GREEN, Colour.AMBER} or not subject.items:
        return []
    parts = {
        "page.compare_holder": any(item.role == "holder" for item in subject.items),
        "page.compare_number": subject.number is not None,
        "page.compare_facts": True,
        "page.compare_photo": True,
        "page.compare_agency": subject.agency is not None,
    }
    return [key for key, is_there in parts.items() if is_there]


def registered_later(on: date | None, language: Language) -> str:
    """Say that it was registered on a day after the one asked about; empty where it was not."""
    return "" if on is None else say(message("bulk.before_anchoring", day=on), language)


def past_day(report: Report) -> list[str]:
    """Return the sentences by which an answer about a past day is told from one about today, as keys."""
    if report.verdict.colour is Colour.GREY or report.on >= today(report.checked_at):
        return []
    times = (each.starts or each.recorded_at for each in report.subject.statuses)
    is_later = any(report.on < today(time) for time in times)
    return ["page.past_day", "page.past_day_since"] if is_later else ["page.past_day"]


def receipt_past_day(receipt: Receipt, language: Language) -> str:
    """Say that a receipt is about another day than the one of the check; empty where it is not."""
    is_past = receipt.on < today(receipt.checked_at)
    return say(message("receipt.past_day", day=receipt.on), language) if is_past else ""


def day(text: str, language: Language) -> str:
    """Write a day of the report's JSON as people do."""
    return show(date.fromisoformat(text), language)


def moment(text: str, language: Language) -> str:
    """Write a moment of the report's JSON, to the minute."""
    return show(datetime.fromisoformat(text), language)


def clock(text: str) -> str:
    """Write a moment of the report's JSON as a clock shows it."""
    return text[11:19]


def minute_word(text: str, language: Language, other: Language) -> str:
    """Return the word of a moment's minute in both languages: whoever looks in that minute is shown the same.

    It tells a page that lives from a picture of one. It is no secret, and shows nothing about who made the page.
    """
    minute = int(datetime.fromisoformat(text).timestamp()) // _MINUTE
    mixed = (minute ^ minute >> 16) * _MIX & _32_BITS
    words, others = sentence("page.words", language).split(), sentence("page.words", other).split()
    place = (mixed >> 16) % len(words)
    return f"{words[place]} · {others[place]}"
