"""A report in words: its heading and next step, and its JSON as the API and the command line give it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chain.calendar import SHANGHAI, today
from verifier.check import spelling
from verifier.check.receipt_check import ReceiptReport
from verifier.check.report import CheckName, Outcome, Verdict
from verifier.check.tracks import VERDICTS
from verifier.wording import message, say

if TYPE_CHECKING:
    from datetime import date, datetime

    from chain.seals import Sealing
    from chain.strict_json import JSON
    from verifier.check.evidence import Offline
    from verifier.check.presented import PdfSignature
    from verifier.check.report import Agency, Anchoring, CertifiedFile, Check, CopyShown, Item, Report, StatusShown
    from verifier.wording import Argument, Language

_UNKNOWN = "…"
"""For a date that a heading names and the report does not know; no verdict comes to that."""
_SECONDS_A_DAY = 86_400
_WITHOUT_AS_OF = frozenset({Verdict.VALID, Verdict.SIGNED, Verdict.UNREADABLE, Verdict.UNSUPPORTED})
"""Whose offline headings say themselves as of when, or nothing about the register; the others have it added."""
_OF_NOW = frozenset(
    {
        "INCOMPLETE",
        "INCOMPLETE.copy",
        "INCOMPLETE.copy_short",
        "INCOMPLETE.document",
        "INCOMPLETE.withheld",
        "NOT_YET_VALID",
        "SIGNED",
        "SIGNED.dated",
        "VALID",
        "VALID.copy",
        "VALID.offline",
    }
)
"""Headings that say what is so now; an answer about a past day has others in their place, which name the day."""

_OF_COPIES = ({"signature.copy_alone"}, {"validity.copy_expired"}, {"validity.copy_not_yet"})
"""Messages by which only the copy falls short."""


def heading(report: Report, language: Language) -> str:
    """Say the verdict in one line, with its date."""
    if isinstance(report, ReceiptReport):
        return _heading_of_receipt(report, language)
    verdict, subject = report.verdict, report.subject
    decisive = next((status for status in subject.statuses if _decides(status, verdict)), None)
    renewal = next((status.ends for status in subject.statuses if status.in_force and status.ends), None)
    ends = decisive.ends if decisive else None
    arguments: dict[str, Argument] = {
        "day": report.on,
        "first": subject.valid_from or _UNKNOWN,
        "last": subject.valid_until or _UNKNOWN,
        "since": decisive.starts.date() if decisive and decisive.starts else _UNKNOWN,
        "until": _last_day(renewal) if renewal else _UNKNOWN,
        "until_words": say(message("verdict.until_words", until=_last_day(ends)), language) if ends else "",
        "agency": (decisive.decided_by if decisive else None) or _UNKNOWN,
    }
    copy = subject.copy
    if copy is not None:
        arguments |= {"copy_first": copy.made, "copy_last": copy.expires}
    as_of = {} if report.offline is None else _as_of(report, language)
    said = say(message(_key(report, decisive), **arguments, **as_of), language)
    if copy is not None:
        said = _of_copy(report, copy, said, language)
    if report.offline is None or report.register is None or verdict in _WITHOUT_AS_OF:
        return said
    return said + say(message("verdict.as_of", **as_of), language)


def next_step(report: Report, language: Language) -> str:
    """Say what to do now."""
    if isinstance(report, ReceiptReport):
        return say(message(f"receipt.next.{report.verdict}"), language)
    match report.verdict:
        case Verdict.CANNOT_CHECK if report.offline is not None:
            variant = ".offline"
        case Verdict.INCOMPLETE if _is_about_the_document(report):
            variant = ".document"
        case Verdict.VALID:
            variant = "" if report.subject.copy is None else ".copy"
        case Verdict.INCOMPLETE | Verdict.EXPIRED | Verdict.NOT_YET_VALID if _is_about_the_copy(report):
            variant = ".copy"
        case _:
            variant = ""
    return say(message(f"next.{report.verdict}{variant}"), language)


def as_json(report: Report, language: Language) -> dict[str, JSON]:
    """Return the report as JSON; words are in the language, names of languages and verdicts are the same in both."""
    subject, register = report.subject, report.register
    replacement = subject.replaced_by
    # A trust list names its registry even where nothing else could be believed.
    asked = register or (None if report.offline is None else report.offline.trust)
    answer: dict[str, JSON] = {
        "input": report.input,
        "verdict": report.verdict.value,
        "colour": report.verdict.colour.value,
        "heading": heading(report, language),
        "next_step": next_step(report, language),
        "checks": [_check(check, language) for check in report.checks],
        "facts": None if subject.facts is None else dict(subject.facts),
        "claims": {item.key: item.texts[language] for item in subject.items},
        "items": [_item(item, language) for item in subject.items],
        "agency": None if subject.agency is None else _agency(subject.agency),
        "type": None
        if subject.type is None
        else {
            "identifier": subject.type.identifier,
            "number": subject.type.number,
            "version": subject.type.version,
            "names": dict(subject.type.names),
        },
        "number": subject.number,
        "valid_from": None if subject.valid_from is None else subject.valid_from.isoformat(),
        "valid_until": None if subject.valid_until is None else subject.valid_until.isoformat(),
        "kid": None if subject.kid8 is None else subject.kid8.hex(),
        "leaf": None if subject.leaf is None else subject.leaf.hex(),
        "short_number": subject.short_number,
        "anchored": None if subject.anchored is None else _anchored(subject.anchored),
        "copy": None if subject.copy is None else _copy(subject.copy),
        "pdf_signatures": [_pdf_signature(each) for each in report.pdf_signatures],
        "warnings": [{"message_id": each.key, "message": say(each, language)} for each in spelling.warnings(report)],
        "certified_files": [_certified_file(each) for each in subject.certified_files],
        "statuses": [_status(status) for status in subject.statuses],
        "replaced_by": None
        if replacement is None
        else {
            "leaf": replacement.leaf.hex(),
            "short_number": replacement.short_number,
            "from": _time(replacement.starts),
        },
        "on": report.on.isoformat(),
        "known_at": _time(report.known_at),
        "checked_at": _time(report.checked_at),
        "chain_id": None if asked is None else asked.chain_id,
        "registry": None if asked is None else f"0x{asked.registry.hex()}",
        "registry_id": None if asked is None else f"0x{asked.registry_id.hex()}",
        "block_number": None if register is None else register.block_number,
        "block_age_s": report.block_age_s,
        "test": report.is_test,
        "offline": None if report.offline is None else _offline(report.offline, report.block_age_s),
        "request_id": report.request_id,
    }
    if isinstance(report, ReceiptReport):
        answer["receipt"] = _receipt(report)
    return answer


def _heading_of_receipt(report: ReceiptReport, language: Language) -> str:
    """Say that it is a receipt; what it says, where an attester vouches for it."""
    if report.verdict is not Verdict.INCOMPLETE or report.signed is None:
        return say(message(f"receipt.heading.{report.verdict}"), language)
    receipt = report.signed.receipt
    found = say(message(f"receipt.found.{receipt.verdict}"), language)
    key = "receipt.heading.INCOMPLETE"
    if receipt.on < today(receipt.checked_at):
        key += ".on"
    return say(message(key, at=receipt.checked_at, day=receipt.on, found=found), language)


def _receipt(report: ReceiptReport) -> JSON:
    """Return what the receipt says; whether to believe it, «believed» and the verdict tell."""
    if report.signed is None:
        return None
    said: JSON = report.signed.receipt.payload()
    return {"believed": report.is_vouched_for, "kid": report.signed.kid.hex(), "says": said}


def _key(report: Report, decisive: StatusShown | None) -> str:
    """Return the key of a certificate's heading."""
    if report.verdict is Verdict.SUSPENDED and decisive is not None and decisive.decided_by:
        return "verdict.SUSPENDED.by"
    named = f"{report.verdict}{_variant(report)}"
    is_past = report.on < today(report.checked_at)
    return f"verdict.{named}.on" if is_past and named in _OF_NOW else f"verdict.{named}"


def _variant(report: Report) -> str:
    """Return which of a verdict's headings it is, as the end of its key; empty for the usual one."""
    if _is_about_the_copy(report):
        is_short = report.subject.copy is not None and not report.subject.copy.shows_claims
        return ".copy_short" if report.verdict is Verdict.INCOMPLETE and is_short else ".copy"
    variant = ""
    match report.verdict:
        case Verdict.INCOMPLETE if _is_about_the_document(report):
            variant = ".document"
        case Verdict.INCOMPLETE if report.subject.facts is not None:
            variant = ".withheld"
        case Verdict.VALID if report.offline is not None:
            variant = ".offline"
        case Verdict.VALID if report.subject.copy is not None:
            variant = ".copy"
        case Verdict.SIGNED if {check.name for check in report.checks if check.reasons} == {CheckName.STATUS}:
            # Only the checkpoint's age stands between this and VALID.
            variant = ".dated"
        case Verdict.CANNOT_CHECK if _was_genuine(report):
            variant = ".issued"
        case _:
            pass
    return variant


def _is_about_the_document(report: Report) -> bool:
    """Whether the certificate shows all that it must, and what it came on is another matter."""
    return [check.name for check in report.checks if Verdict.INCOMPLETE in check.reasons] == [CheckName.DOCUMENT]


def _is_about_the_copy(report: Report) -> bool:
    """Whether the certificate would do, and only its limited copy does not."""
    decisive = {
        check.message.key
        for check in report.checks
        if report.verdict in check.reasons and check.name is not CheckName.DOCUMENT
    }
    return decisive in _OF_COPIES


def _of_copy(report: Report, copy: CopyShown, said: str, language: Language) -> str:
    """Say first that it is a limited copy; for whom and for what, where the agency's signature says so."""
    signed = any(check.name is CheckName.SIGNATURE and check.outcome is Outcome.PASSED for check in report.checks)
    if not signed:
        return say(message("verdict.copy_unconfirmed", said=said), language)
    named = message("verdict.copy", recipient=copy.recipient, purpose=copy.purpose, copy_last=copy.expires, said=said)
    return say(named, language)


def _copy(copy: CopyShown) -> JSON:
    return {
        "recipient": copy.recipient,
        "purpose": copy.purpose,
        "made": copy.made.isoformat(),
        "expires": copy.expires.isoformat(),
        "shows_claims": copy.shows_claims,
        "proven": copy.is_proven,
    }


def _was_genuine(report: Report) -> bool:
    """Whether a proof shows that it was issued, nothing speaks against it, and only what came afterwards is unknown."""
    return (
        report.register is None
        and report.offline is not None
        and report.offline.proof is not None
        and all(check.outcome is not Outcome.FAILED for check in report.checks)
    )


def _as_of(report: Report, language: Language) -> dict[str, Argument]:
    """Return when what is known of the register was so, and when a proof says that the certificate was anchored."""
    register, proof = report.register, None if report.offline is None else report.offline.proof
    days = (report.block_age_s or 0) // _SECONDS_A_DAY
    return {
        "known": register.block_time if register else _UNKNOWN,
        "block": register.block_number if register else _UNKNOWN,
        "ago": say(message("verdict.day_ago" if days == 1 else "verdict.days_ago", days=days), language),
        "anchored": proof.time if proof else _UNKNOWN,
        "anchored_block": proof.block_number if proof else _UNKNOWN,
    }


def _decides(status: StatusShown, verdict: Verdict) -> bool:
    return status.in_force and VERDICTS.get(status.track) is verdict


def _last_day(end: datetime) -> date:
    """Return the last day of a half-open interval."""
    return (end - timedelta(seconds=1)).astimezone(SHANGHAI).date()


def _check(check: Check, language: Language) -> JSON:
    answer: dict[str, JSON] = {
        "name": check.name.value,
        "outcome": check.outcome.value,
        "message": say(check.message, language),
        "message_id": check.message.key,
        "reasons": [reason.value for reason in check.reasons],
    }
    if check.differences:
        answer["differences"] = [
            {"what": difference.what[language], "signed": difference.signed, "shown": difference.shown}
            for difference in check.differences
        ]
    return answer


def _item(item: Item, language: Language) -> JSON:
    return {
        "key": item.key,
        "label": item.labels[language],
        "text": item.texts[language],
        "fact": item.is_fact,
        "role": item.role,
    }


def _agency(agency: Agency) -> JSON:
    return {"id": agency.id, "code": agency.code, "name": agency.name, "path": list(agency.path)}


def _anchored(anchored: Anchoring) -> JSON:
    return {
        "block_number": anchored.block_number,
        "at": _time(anchored.at),
        "root": anchored.root.hex(),
        "sequence": anchored.sequence,
    }


def _pdf_signature(each: PdfSignature) -> JSON:
    return {
        "is_time_stamp": each.is_time_stamp,
        "signer": each.signer,
        "issuer": each.issuer,
        "serial": each.serial,
        "not_before": _time(each.not_before),
        "not_after": _time(each.not_after),
        "sha256": each.sha256.hex(),
        "whole_file": each.whole_file,
        "trusted": each.trusted,
    }


def _certified_file(each: CertifiedFile) -> JSON:
    return {"sha256": each.digest.hex(), "media_type": each.media_type, "given": each.is_given}


def _status(status: StatusShown) -> JSON:
    return {
        "track": status.track.name,
        "words": dict(status.words),
        "from": _time(status.starts),
        "until": _time(status.ends),
        "recorded_at": _time(status.recorded_at),
        "block_number": status.block_number,
        "decided_by": status.decided_by,
        "decision": None if status.decision is None else f"0x{status.decision.hex()}",
        "in_force": status.in_force,
    }


def _offline(offline: Offline, block_age_s: int | None) -> JSON:
    trust, checkpoint, proof = offline.trust, offline.checkpoint, offline.proof
    return {
        "trust_list_version": None if trust is None else trust.version,
        "trust_list_expires": None if trust is None else _time(trust.expires),
        "checkpoint": None
        if checkpoint is None
        else {
            "block_number": checkpoint.block_number,
            "block_hash": f"0x{checkpoint.block_hash.hex()}",
            "time": _time(checkpoint.time),
            "age_s": block_age_s,
            "attesters": [kid.hex() for kid in checkpoint.attesters],
        },
        "seals": None if checkpoint is None else _seals(checkpoint.sealing),
        "proof": None
        if proof is None
        else {
            "agency": proof.agency,
            "block_number": proof.block_number,
            "time": _time(proof.time),
            "seals": _seals(proof.sealing),
        },
        "times": None if offline.times is None else offline.times.value,
    }


def _seals(sealing: Sealing | None) -> JSON:
    if sealing is None:
        return None
    return {
        "scheme": sealing.scheme.value,
        "signers": len(sealing.signers),
        "needed": sealing.needed,
        "validators": sealing.validators,
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(SHANGHAI).isoformat(timespec="seconds")
