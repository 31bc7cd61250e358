"""`audit complete`, `audit package`, `audit sample`: files that an auditor takes away and checks elsewhere."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from chain.errors import InvalidInput
from verifier.audit import asked
from verifier.command_files import content
from verifier.settings import open_settings
from verifier.wording import Language, language_named, message, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.audit.completeness import Complete, Subject
    from verifier.audit.finding import Finding
    from verifier.audit.package import Means
    from verifier.indexing.index import Index
    from verifier.settings import Settings

REFUSED = 1
"""What cannot be proven complete is not written."""
WRONG = 1
"""It was written, and a document in it is not in order, or could not be verified."""

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)


def _root(text: str) -> bytes:
    return asked.hash_of("--root", text)


def _leaf(text: str) -> bytes:
    return asked.hash_of("--leaf", text)


def _from(text: str) -> date:
    return asked.day("--from", text)


def _to(text: str) -> date:
    return asked.day("--to", text)


Agency = Annotated[int | None, typer.Option("--agency", min=1, help="The agency's number in the registry.")]
Type = Annotated[int | None, typer.Option("--type", min=1, help="A certificate type's number; without, all types.")]
First = Annotated[
    date | None, typer.Option("--from", parser=_from, metavar="DAY", help="The first day, in China, of anchoring.")
]
Last = Annotated[date | None, typer.Option("--to", parser=_to, metavar="DAY", help="The last day; it is included.")]
Root = Annotated[bytes | None, typer.Option("--root", parser=_root, metavar="HASH", help="One batch of the agency.")]
Leaf = Annotated[bytes | None, typer.Option("--leaf", parser=_leaf, metavar="HASH", help="One certificate.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("complete")(complete)
    app.command("package")(package)
    app.command("sample")(sample)


def complete(
    *, agency: Agency, first: First, last: Last, out: Out, certificate_type: Type = None, as_json: Json = False
) -> int:
    """Write all certificates of an agency between two days, with the proof that these are all of them.

    Exits with 1, and writes nothing, where that cannot be proven; what is missing is named.
    """
    from verifier.audit.completeness import subject_of  # noqa: PLC0415 (not everybody who comes here needs a database)

    subject = subject_of(agency=agency, certificate_type=certificate_type, first_day=first, last_day=last)
    return _package(subject, out, (), as_json=as_json, is_whole=False)


def package(
    documents: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DOCUMENT…", help="PDF, SD-JWT or picture to put in; its certificate is checked."),
    ] = None,
    *,
    out: Out,
    agency: Agency = None,
    certificate_type: Type = None,
    first: First = None,
    last: Last = None,
    root: Root = None,
    leaf: Leaf = None,
    as_json: Json = False,
) -> int:
    """Write an evidence package about a period, a batch or a certificate: proofs, history, documents, a report.

    The program that checks it stands in it, and needs no network. Exits with 1, and writes nothing, where completeness
    cannot be proven. Each document handed in is verified; with 1, too, where one is altered, not genuine, unreadable or
    could not be checked, or its key did not count when it was anchored: then the package is written, and names it.
    That a genuine one expired or was revoked is no fault of it.
    """
    from verifier.audit.completeness import subject_of  # noqa: PLC0415 (as above)

    subject = subject_of(
        agency=agency, certificate_type=certificate_type, first_day=first, last_day=last, root=root, leaf=leaf
    )
    return _package(subject, out, [content(path) for path in documents or ()], as_json=as_json, is_whole=True)


def sample(
    *,
    block: Annotated[int, typer.Option(min=1, help="The block whose hash chance comes from, named before it was.")],
    size: Annotated[int, typer.Option(min=1, help="How many certificates to draw.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The work paper to write: .csv or .xlsx.")],
    agency: Agency = None,
    certificate_type: Type = None,
    first: First = None,
    last: Last = None,
    root: Root = None,
    lang: Annotated[
        Language | None, typer.Option(parser=language_named, metavar="|".join(Language), help="Of the work paper.")
    ] = None,
) -> int:
    """Draw a random sample that anybody can draw again, and write it as a work paper for whoever reviews it."""
    from verifier.audit import sampling, work_paper  # noqa: PLC0415 (as above)
    from verifier.audit.completeness import subject_of  # noqa: PLC0415 (as above)
    from verifier.wiring import NodesAsked  # noqa: PLC0415 (as above)

    form = next((each for each in work_paper.Form if out.suffix == f".{each}"), None)
    if form is None:
        raise InvalidInput(f"--out: got {out.name}, wanted a file that ends in .csv or .xlsx")
    subject = subject_of(agency=agency, certificate_type=certificate_type, first_day=first, last_day=last, root=root)
    settings = open_settings()
    found = _gathered(_followed(settings), subject)
    if found is None:
        return REFUSED
    drawn = sampling.draw(found, NodesAsked(settings).final_block(block), size=size)
    _write(out, work_paper.written(drawn, form, lang or Language.CHINESE))
    OUT.print(f"{out}: {size} of {drawn.population_size}, by block {block} 0x{drawn.block.hash.hex()}", soft_wrap=True)
    return 0


def _package(subject: Subject, out: Path, documents: list[bytes] | tuple[()], *, as_json: bool, is_whole: bool) -> int:
    """Write a package; one that is not whole has neither proofs of single batches nor a report."""
    from verifier.audit import document_keys, handed_in  # noqa: PLC0415 (as above)
    from verifier.audit.package import make  # noqa: PLC0415 (as above)
    from verifier.check.moments import moment  # noqa: PLC0415 (as above)

    settings = open_settings()
    read = handed_in.read(documents, pdf_roots=settings.pdf_authorities)
    index = _followed(settings)
    found = _gathered(index, subject)
    if found is None:
        return REFUSED
    when = moment(None, datetime.now(UTC))
    with index.snapshot() as snapshot:
        read = handed_in.verified(read, snapshot, when)
    data = make(found, _means(settings, is_whole=is_whole), datetime.now(UTC), documents=read)
    _write(out, data)
    wrong = document_keys.findings(found, read)
    _name(wrong)
    counted = len(found.table("leaves").rows)
    if as_json:
        said = {
            "file": str(out),
            "subject": found.subject.as_json(),
            "batches": len(found.batches),
            "certificates": counted,
            "block": found.checkpoint.block_number,
            "is_over": found.is_over,
            "findings": [
                {"code": each.code, "grade": each.grade.value, "arguments": dict(each.arguments)} for each in wrong
            ],
        }
        sys.stdout.write(json.dumps(said) + "\n")
        return WRONG if wrong else 0
    OUT.print(
        f"{out}: certificates {counted}, batches {len(found.batches)}, as of block {found.checkpoint.block_number}",
        markup=False,
        soft_wrap=True,
    )
    if not found.is_over:
        OUT.print("The period is not over at that block; what is anchored later is not in it.")
    return WRONG if wrong else 0


def _means(settings: Settings, *, is_whole: bool) -> Means:
    from verifier.audit.package import Means  # noqa: PLC0415 (as above)
    from verifier.audit.package_report import Typesetter  # noqa: PLC0415 (as above)
    from verifier.wiring import NodesAsked, attester_of  # noqa: PLC0415 (as above)

    if not settings.trust_list:
        raise InvalidInput("YINXIN_TRUST_LIST: got nothing, wanted the trust list on which a package rests")
    return Means(
        attester_of(settings),
        content(Path(settings.trust_list)),
        NodesAsked(settings).evidence if is_whole else None,
        Typesetter() if is_whole else None,
    )


def _followed(settings: Settings) -> Index:
    """Return the index, brought up to date, with a checkpoint of what is new."""
    from verifier.wiring import open_verifier  # noqa: PLC0415 (as above)

    verifier, now = open_verifier(settings), datetime.now(UTC)
    progress = verifier.index.follow(now)
    if progress is not None and not progress.trouble:
        verifier.checkpoints.cut(now, at_once=True)
    return verifier.index


def _gathered(index: Index, subject: Subject) -> Complete | None:
    """Return what there is about a subject; None, and what is missing in words, if that cannot be proven complete."""
    from verifier.audit.completeness import NotComplete, gather  # noqa: PLC0415 (as above)

    try:
        return gather(index, subject)
    except NotComplete as exc:
        _name(exc.findings)
        return None


def _name(findings: Sequence[Finding]) -> None:
    for finding in findings:
        said = say(message(finding.key, **finding.arguments), Language.ENGLISH)
        ERR.print(f"{finding.grade}: {said}", markup=False, style="red")


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as exc:
        raise InvalidInput(f"{path}: {exc.strerror or exc}; the file could not be written") from exc
