"""From a spreadsheet to documents, step by step or in one go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chain.claims import CHINESE, LANGUAGES
from issuer import approvals, in_one_go, issuing
from issuer.commands.shared import (
    ERR,
    OUT,
    AgencyOption,
    ApprovedBy,
    By,
    Json,
    OutFolder,
    PreparedBy,
    TypeOption,
    agency_for,
    counting,
    issuer,
    people,
    progress,
    read,
    say,
    say_what_is_unproven,
    table,
)
from issuer.delivery import handing_out
from issuer.document import certified_files
from issuer.draft import drafting
from issuer.draft.drafting import Reading
from issuer.errors import FileRefused, NotFound
from issuer.settings import open_settings
from issuer.spreadsheet import importing, mapping, returned, templates
from issuer.tables.models import State
from issuer.wiring import open_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.certificate_types import CertificateType
    from issuer.delivery.handing_out import HandedOut
    from issuer.wiring import Issuer

_ROOT_BYTES = 32

File = Annotated[Path, typer.Argument(metavar="FILE", help="An Excel workbook (.xlsx), or CSV in UTF-8 or GB18030.")]
BatchArgument = Annotated[int, typer.Argument(metavar="BATCH", help="A batch's number, as `batches` lists it.")]
BatchOption = Annotated[
    int | None, typer.Argument(metavar="[BATCH]", help="A batch's number; all that wait if left out.")
]


def types(*, as_json: Json = False) -> None:
    """List the certificate types."""
    known = open_types(open_settings())
    if as_json:
        say([{"type": each.identifier, "version": each.version, "names": dict(each.names)} for each in known])
        return
    shown = table("TYPE", "VERSION", "中文", "ENGLISH")
    for each in known:
        shown.add_row(each.identifier, str(each.version), each.names["zh-CN"], each.names["en"])
    OUT.print(shown)


def template(
    certificate_type: Annotated[str, typer.Argument(metavar="TYPE", help="A type that `types` lists.")],
    *,
    lang: Annotated[
        str, typer.Option(help="Labels in this language as headers: zh-CN or en; claim keys if left out.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output if left out.")] = None,
) -> None:
    """Write an empty table with the right headers: CSV, or a workbook with choices and help if --out ends in .xlsx."""
    if lang not in {"", "zh-CN", "en"}:
        raise typer.BadParameter(f"got «{lang}», wanted zh-CN or en", param_hint="--lang")
    kind = _type(certificate_type)
    if out is not None and out.suffix.lower() == ".xlsx":
        data = templates.workbook(kind, language=lang or CHINESE)
    else:
        data = importing.template(kind, language=lang)
    if out is None:
        typer.get_binary_stream("stdout").write(data)
    else:
        out.write_bytes(data)


def import_(
    file: File,
    *,
    type_: TypeOption,
    agency: AgencyOption = "",
    by: Annotated[str, typer.Option("--by", help="An officer of the agency that the certificates are for.")] = "",
    sheet: Annotated[str, typer.Option(help="The sheet of a workbook; the first visible one if left out.")] = "",
    column: Annotated[
        list[str], typer.Option(metavar="HEADER=CLAIM", help="What a column holds; HEADER= skips it. Repeat for more.")
    ] = [],  # noqa: B006 — Typer copies it
    good_rows: Annotated[
        bool, typer.Option("--good-rows", help="Make drafts of the good rows though others are bad.")
    ] = False,
    returned_to: Annotated[
        Path | None, typer.Option("--returned", metavar="FILE", help="Write the bad rows here, .csv or .xlsx.")
    ] = None,
    certify: Annotated[
        list[Path],
        typer.Option("--certify", metavar="FILE", help="An existing file that the one certificate in it vouches for."),
    ] = [],  # noqa: B006 — as above
    lang: Annotated[str, typer.Option(help="Language of the errors in that file: zh-CN or en.")] = "en",
    as_json: Json = False,
) -> None:
    """Check a spreadsheet and make drafts of all its rows; of none if any row is wrong, or of the good ones."""
    if lang not in LANGUAGES:
        raise typer.BadParameter(f"got «{lang}», wanted zh-CN or en", param_hint="--lang")
    if (returned_to is not None) != good_rows:
        raise typer.BadParameter(
            "wanted both or neither: bad rows are left out and handed back", param_hint="--good-rows, --returned"
        )
    data = read(file)
    with issuer() as opened:
        certificate_type = opened.office.type(type_)
        number = agency_for(opened, certificate_type, agency, by)
        reading = Reading(
            sheet=sheet,
            chosen=_chosen(column, certificate_type),
            good_rows=good_rows,
            files=tuple(certified_files.of_bytes(read(path)) for path in certify),
        )
        drafts = drafting.draft(opened.office, data, certificate_type, agency=number, reading=reading)
    judged = drafts.judged
    for note in judged.notes if judged else ():
        ERR.print(f"{file}: {note}.", markup=False)
    bad = len(judged.bad) if judged else 0
    if judged and bad and returned_to is not None:
        write = returned.as_workbook if returned_to.suffix.lower() == ".xlsx" else returned.as_csv
        returned_to.write_bytes(write(judged, language=lang))
        ERR.print(f"{bad} bad rows are in {returned_to}, with what is wrong; mend and import them.", markup=False)
    if as_json:
        say({"batches": drafts.batches, "rows": drafts.rows, "repeated": drafts.repeated, "agency": number, "bad": bad})
    elif drafts.repeated:
        batches = ", ".join(map(str, drafts.batches))
        OUT.print(f"This very file was imported before: batch {batches} ({drafts.rows} rows). Nothing was written.")
    elif drafts.batches:
        batches = ", ".join(map(str, drafts.batches))
        OUT.print(
            f"{drafts.rows} drafts in batch {batches}. Next: yinxin-issuer prepare {drafts.batches[0]} --by OFFICER"
        )
    if judged and bad and not drafts.rows:
        raise FileRefused(judged.faults)


def prepare(batch: BatchArgument, *, by: By) -> None:
    """Rehearse a batch, unless that was done already, and sign its root as the preparer."""
    with issuer() as opened:
        officer = people(opened, [by])[0]
        with counting("rehearsal") as count:
            in_one_go.submit(opened.office, batch, officer, progress=count)
        with opened.office.store.reading() as work:
            prepared = work.batch(batch)
    if prepared.state == State.APPROVED:
        OUT.print(f"Batch {batch} is anchored already, with signatures sent before. Next: yinxin-issuer seal {batch}")
    else:
        root = (prepared.root or b"").hex()
        OUT.print(f"Batch {batch} is prepared. Next: yinxin-issuer approve {batch} --by ANOTHER-OFFICER --root {root}")


def approve(
    batch: BatchArgument,
    *,
    by: By,
    root: Annotated[
        str, typer.Option("--root", help="The root that was looked at, in hex: no other one is signed.", metavar="HEX")
    ] = "",
) -> None:
    """Sign the root that was prepared, as an approver; with --root that very one or none."""
    wanted = _root(root) if root else None
    with issuer() as opened:
        missing = approvals.approve(opened.office, batch, people(opened, [by])[0], root=wanted)
    if missing:
        OUT.print(f"Batch {batch}: approved; {missing} more approvals are needed.")
    else:
        OUT.print(f"Batch {batch} is approved. Next: yinxin-issuer seal {batch}")


def discard(batch: BatchArgument, *, by: By) -> None:
    """Give up a batch that cannot reach the chain any more; its drafts are deleted."""
    with issuer() as opened:
        issuing.discard(opened.office, batch, people(opened, [by])[0])
    OUT.print(f"Batch {batch} is discarded.")


def seal(
    batch: BatchOption = None,
    *,
    accept_foreign: Annotated[
        bool, typer.Option("--accept-foreign", help="Go on though somebody else used the sending account.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Anchor approved batches, wait until that is final, then sign their certificates. Safe to repeat."""
    with issuer() as opened:
        batches = [batch] if batch is not None else in_one_go.ready_to_seal(opened.office)
        with progress("waiting for the chain", None) as tick:
            lane = opened.lane(accept_foreign=accept_foreign, tick=tick)
            in_one_go.seal(opened.office, lane, batches)
        say_what_is_unproven(opened, batches)
    if as_json:
        say({"batches": batches})
    else:
        OUT.print(f"Issued: batch {', '.join(map(str, batches))}." if batches else "Nothing waits to be sealed.")


def documents(batch: BatchOption = None, *, out: OutFolder, as_json: Json = False) -> None:
    """Write the documents of issued batches: PDF, SD-JWT, code and proof of each certificate, and index.csv."""
    with issuer() as opened:
        if batch is not None:
            batches = [batch]
        else:
            with opened.office.store.reading() as work:
                batches = [each.id for each in work.batches(states=[State.ISSUED]) if each.id is not None]
        handed_out = _documents(opened, batches, out)
        say_what_is_unproven(opened, batches)
    if as_json:
        say({"certificates": [_shown(each) for each in handed_out], "out": str(out)})
    else:
        OUT.print(f"{len(handed_out)} documents in {out}")


def issue(
    file: File,
    *,
    type_: TypeOption,
    out: OutFolder,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    as_json: Json = False,
) -> None:
    """Import, prepare, approve, seal and write documents in one go. The same file again gives the same documents."""
    data = read(file)
    with issuer() as opened:
        office = opened.office
        certificate_type = office.type(type_)
        preparer, *approvers = people(opened, [prepared_by, *approved_by])
        in_one_go.require_team(office, office.directory(), preparer, approvers)
        drafts = drafting.draft(office, data, certificate_type, agency=preparer.agency)
        for number in drafts.batches:
            with counting("rehearsal") as count:
                in_one_go.bring_to_approval(office, number, preparer, approvers, progress=count)
        with progress("waiting for the chain", None) as tick:
            in_one_go.seal(office, opened.lane(tick=tick), drafts.batches)
        handed_out = _documents(opened, drafts.batches, out)
        say_what_is_unproven(opened, drafts.batches)
    if as_json:
        certificates = [_shown(each) for each in handed_out]
        say({"batches": drafts.batches, "repeated": drafts.repeated, "certificates": certificates, "out": str(out)})
        return
    if drafts.repeated:
        ERR.print("This very file was issued before; these are the same documents.")
    OUT.print(f"{len(handed_out)} documents in {out}")


def batches(*, as_json: Json = False) -> None:
    """List the batches with their states."""
    with issuer() as opened, opened.office.store.reading() as work:
        found = work.batches()
    if as_json:
        say(
            [
                {
                    "batch": each.id,
                    "agency": each.agency,
                    "type": each.certificate_type,
                    "purpose": each.purpose,
                    "size": each.size,
                    "state": each.state,
                    "block": each.block_number,
                    "proofs": each.evidence is not None,
                    "failure": each.failure,
                }
                for each in found
            ]
        )
        return
    shown = table("BATCH", "AGENCY", "TYPE", "FOR", "SIZE", "STATE", "BLOCK", "PROOFS", "WHAT IS WRONG")
    for each in found:
        shown.add_row(
            str(each.id),
            str(each.agency),
            each.certificate_type,
            each.purpose,
            str(each.size),
            each.state,
            "" if each.block_number is None else str(each.block_number),
            "" if each.evidence is None else "made",
            each.failure,
        )
    OUT.print(shown)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(types)
    app.command()(template)
    app.command("import")(import_)
    for command in (prepare, approve, discard, seal, documents, issue, batches):
        app.command()(command)


def write_documents(opened: Issuer, batch_ids: Sequence[int], out: Path) -> list[HandedOut]:
    """Write documents with a progress bar."""
    return _documents(opened, batch_ids, out)


def _documents(opened: Issuer, batch_ids: Sequence[int], out: Path) -> list[HandedOut]:
    # Typesetting opens fonts; commands that write no documents do not wait for that.
    from issuer.document.documents import Renderer  # noqa: PLC0415

    with opened.office.store.reading() as work:
        total = sum(work.batch(number).size for number in batch_ids)
    renderer = Renderer()
    handed_out: list[HandedOut] = []
    with progress("documents", total) as tick:
        for number in batch_ids:
            handed_out += handing_out.hand_out(opened.office, renderer, number, out, done=tick)
    return handed_out


def _shown(each: HandedOut) -> dict[str, str]:
    return {
        "number": each.number,
        "identifier": each.identifier,
        "short_number": each.short_number,
        "pdf": each.pdf,
        "sd_jwt": each.sd_jwt,
        "code": each.code,
        "proof": each.proof,
    }


def _type(identifier: str) -> CertificateType:
    known = open_types(open_settings())
    for each in sorted(known, key=lambda it: -it.version):
        if each.identifier == identifier:
            return each
    raise NotFound(
        f"certificate type: got «{identifier}», wanted one of: {', '.join(each.identifier for each in known)}"
    )


def _root(text: str) -> bytes:
    """Read a root as the command line takes it; raises `BadParameter`."""
    try:
        root = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        root = b""
    if len(root) != _ROOT_BYTES:
        raise typer.BadParameter(f"got «{text[:80]}», wanted {2 * _ROOT_BYTES} hexadecimal digits", param_hint="--root")
    return root


def _chosen(pairs: Sequence[str], certificate_type: CertificateType) -> dict[str, str]:
    """Read what the options say of columns; raises `BadParameter` for a claim that nobody fills in."""
    chosen = {}
    known = [mapping.SKIP, *(claim.key for claim in certificate_type.columns)]
    for pair in pairs:
        header, separator, claim = pair.rpartition("=")
        if not separator or claim not in known:
            wanted = f"HEADER=CLAIM with one of {', '.join(known[1:])}, or HEADER= to skip it"
            raise typer.BadParameter(f"got «{pair}», wanted {wanted}", param_hint="--column")
        chosen[header] = claim
    return chosen
