"""A report on a terminal."""

from __future__ import annotations

import codecs
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO
from unicodedata import category

from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from verifier.answer import heading, next_step
from verifier.check.receipt_check import ReceiptReport
from verifier.check.report import Colour, Outcome
from verifier.check.spelling import warnings
from verifier.receipt.words import says
from verifier.wording import Language, ago, message, say, sentence, show, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from chain.seals import Sealing
    from verifier.check.evidence import Offline
    from verifier.check.presented import PdfSignature
    from verifier.check.report import Report
    from verifier.wording import Message, Words

STYLES = {
    Colour.GREEN: "bold white on green4",
    Colour.AMBER: "bold black on dark_orange",
    Colour.GREY: "bold white on grey37",
    Colour.RED: "bold white on dark_red",
}
"""How each colour looks on a terminal."""
_MARKS = {Outcome.PASSED: "✓", Outcome.FAILED: "✗", Outcome.UNKNOWN: "?", Outcome.SKIPPED: "–"}


def print_report(report: Report, console: Console, languages: tuple[Language, ...]) -> None:
    """Print a report; the verdict in all the languages, everything else in the first."""
    main = languages[0]
    if report.is_test:
        console.print(Text(f" TEST  {sentence('page.test', main)} ", style="bold black on yellow"))
    title = "\n".join(f"{heading(report, language)}" for language in languages)
    console.print(
        Panel(
            Text(f"{report.verdict.value}\n{title}"),
            title=escape(printable(report.input, lines=False)),
            title_align="left",
            style=STYLES[report.verdict.colour],
        )
    )
    console.print(Text(next_step(report, main)))
    console.print(_subject(report, main))
    checks = Table(box=None, show_header=False, padding=(0, 1))
    checks.add_column()
    checks.add_column(no_wrap=True)
    checks.add_column(overflow="fold")
    for check in report.checks:
        mark = f"{_MARKS[check.outcome]} {sentence(f'outcome.{check.outcome}', main)}"
        checks.add_row(sentence(f"check.{check.name}", main), mark, Text(say(check.message, main)))
        for difference in check.differences:
            shown = difference.shown or "–"
            checks.add_row("", "", Text(printable(f"{difference.what[main]}: {difference.signed} ≠ {shown}")))
    console.print(checks)
    for warned in warnings(report):
        console.print(Text(f"! {sentence('spelling.heading', main)}: {say(warned, main)}", style="bold"))
    console.print()


def printable(text: str, *, lines: bool = True) -> str:
    """Return a text without what would steer a terminal or turn its words around: that stands there escaped."""
    return "".join(
        _escaped(each) if category(each) in _STEERS and not (lines and each == "\n") else each for each in text
    )


_STEERS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, formats such as turns of direction, halves of characters, and separators of lines."""


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def let_through_anything(*streams: TextIO) -> None:
    """Have what an encoding such as GBK has no sign for written as JSON escapes it, rather than end in mid-sentence."""
    codecs.register_error(_AS_JSON, _as_json)
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_AS_JSON)


_AS_JSON = "yinxin-as-json"


def _as_json(exc: UnicodeError) -> tuple[str, int]:
    if not isinstance(exc, UnicodeEncodeError):
        raise exc
    units = exc.object[exc.start : exc.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2)), exc.end


def _subject(report: Report, language: Language) -> Table:
    subject = report.subject
    table = Table(box=None, show_header=False, padding=(0, 1))
    rows = _of_receipt(report, language)
    if subject.copy is not None:
        copy = subject.copy
        rows.append((sentence("page.copy", language), sentence("page.copy_lead", language)))
        rows.append((sentence("page.copy_recipient", language), copy.recipient))
        rows.append((sentence("page.copy_purpose", language), copy.purpose))
        days = f"{show(copy.made, language)} – {show(copy.expires, language)}"
        rows.append((sentence("page.copy_days", language), days))
    if subject.type is not None:
        rows.append((sentence("page.certificate_type", language), subject.type.names[language]))
    if subject.number is not None and all(item.texts[language] != subject.number for item in subject.items):
        rows.append((sentence("page.number", language), subject.number))
    rows.extend((item.labels[language], item.texts[language]) for item in subject.items)
    rows.extend((sentence("page.agency", language), shown) for shown in _agency(report, language))
    if subject.valid_from is not None:
        last = sentence("page.open_ended", language) if subject.valid_until is None else subject.valid_until
        rows.append(
            (sentence("page.dates", language), f"{show(subject.valid_from, language)} – {show(last, language)}")
        )
    if subject.short_number is not None:
        rows.append((sentence("page.short_number", language), subject.short_number))
    for file in subject.certified_files:
        given = sentence("page.file_given" if file.is_given else "page.file_not_given", language)
        rows.append((sentence("page.certified_file", language), f"SHA-256 {file.digest.hex()} ({given})"))
    rows.extend(
        (
            sentence("page.pdf_time_stamps" if each.is_time_stamp else "page.pdf_signatures", language),
            _signed(each, language),
        )
        for each in report.pdf_signatures
    )
    if subject.replaced_by is not None:
        rows.append((sentence("page.replaced_by", language), subject.replaced_by.short_number))
    rows.extend(_when(report, language))
    label = sentence("offline.evidence", language)
    rows.extend((label * (place == 0), say(what, language)) for place, what in enumerate(_evidence(report.offline)))
    for label, value in rows:
        table.add_row(Text(label, style="dim"), Text(printable(value)))
    return table


def _signed(signature: PdfSignature, language: Language) -> str:
    """Say who signed the file itself, and whether anybody vouches for that."""
    certificate = message(
        "page.pdf_certificate",
        issuer=signature.issuer,
        serial=signature.serial,
        first=signature.not_before.date(),
        last=signature.not_after.date(),
    )
    since = sentence("page.pdf_unchanged" if signature.whole_file else "page.pdf_changed", language)
    trusted = sentence("page.pdf_signer_trusted" if signature.trusted else "page.pdf_signer_unjudged", language)
    return f"{signature.signer} · {say(certificate, language)} {since} {trusted}"


def _of_receipt(report: Report, language: Language) -> list[tuple[str, str]]:
    """Return what a receipt says; nothing of a certificate."""
    return [(label, text) for label, text, _ in says(report, language)] if isinstance(report, ReceiptReport) else []


def _when(report: Report, language: Language) -> Iterator[tuple[str, str]]:
    """Yield when it was checked and against what, and which day was asked about."""
    register = report.register
    if register is not None:
        where = sentence("page.block", language).format(
            block=register.block_number, age=ago(report.block_age_s or 0, language), chain=register.chain_id
        )
        yield sentence("page.checked", language), f"{show(report.checked_at, language)}, {where}"
        yield sentence("bulk.column.known_at", language), show(register.block_time, language)
    yield sentence("page.on", language), show(report.on, language)
    if report.registered_later is not None:
        yield "", say(message("bulk.before_anchoring", day=report.registered_later), language)


def _agency(report: Report, language: Language) -> Iterator[str]:
    """Yield who issued it; by number where a proof is all there is, since no proof shows a name."""
    if report.subject.agency is not None:
        yield " › ".join(report.subject.agency.path)
    elif report.offline is not None and report.offline.proof is not None:
        yield say(message("offline.agency_number", agency=report.offline.proof.agency), language)


def _evidence(offline: Offline | None) -> Iterator[Message]:
    """Yield what an answer without a network rests on."""
    if offline is None:
        return
    checkpoint, proof, trust = offline.checkpoint, offline.proof, offline.trust
    if checkpoint is not None:
        yield message(
            "offline.checkpoint",
            block=checkpoint.block_number,
            time=checkpoint.time,
            seals=_seals(checkpoint.sealing),
        )
        if checkpoint.attesters:
            yield message("offline.attested", attesters=", ".join(kid[:8].hex() for kid in checkpoint.attesters))
    if proof is not None:
        yield message(
            "offline.proof", agency=proof.agency, block=proof.block_number, time=proof.time, seals=_seals(proof.sealing)
        )
    if offline.times is not None:
        count = 0 if checkpoint is None else len(checkpoint.attesters)
        yield message(f"offline.times.{offline.times}", attesters=count)
    if trust is None:
        yield message("offline.no_trust_list")
    else:
        yield message("offline.trust_list", version=trust.version, expires=trust.expires)


def _seals(sealing: Sealing | None) -> Words:
    """Say who sealed a block; what a majority of Clique's signers confirmed is never called final or sealed."""
    if sealing is None:
        return words("offline.unsealed")
    said = message(
        "offline.sealed" if sealing.is_final else "offline.confirmed",
        signers=len(sealing.signers),
        validators=sealing.validators,
    )
    return {language: say(said, language) for language in Language}
