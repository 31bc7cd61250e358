"""Drafts one by one, without a spreadsheet: `yinxin-issuer draft new`, `edit`, `list`, `drop`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chain.errors import ClaimsInvalid
from issuer import audit_log, forms
from issuer.audit_log import Occasion
from issuer.commands.shared import ERR, OUT, AgencyOption, Json, TypeOption, agency_for, issuer, read, say, table
from issuer.document import certified_files
from issuer.draft import drafts
from issuer.draft.drafts import Clerk, Content

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.document.certified_files import CertifiedFile
    from issuer.draft.drafts import Draft
    from issuer.draft.duplicates import Warned
    from issuer.wiring import Issuer

Set = Annotated[
    list[str], typer.Option("--set", metavar="CLAIM=VALUE", help="What a claim says, as in a spreadsheet; repeat it.")
]
Certify = Annotated[
    list[Path], typer.Option("--certify", metavar="FILE", help="An existing file to certify as it is; repeat for more.")
]
Row = Annotated[str, typer.Argument(metavar="DRAFT", help="A draft's row id, as `draft list` shows it.")]
OfAgency = Annotated[
    str, typer.Option("--by", help="An officer of the agency; only says which agency it is, nothing is signed.")
]

app = typer.Typer(help="Drafts one by one, without a spreadsheet.", no_args_is_help=True)


@app.command()
def new(
    *,
    type_: TypeOption,
    set_: Set = [],  # noqa: B006 — Typer copies it
    certify: Certify = [],  # noqa: B006 — as above
    batch: Annotated[int | None, typer.Option(help="A batch of drafts to join; a batch of its own without.")] = None,
    agency: AgencyOption = "",
    by: OfAgency = "",
    as_json: Json = False,
) -> None:
    """Make a draft."""
    with issuer() as opened:
        certificate_type = opened.office.type(type_)
        clerk = _clerk(opened, certificate_type, agency, by)
        content = Content(_claims(certificate_type, {}, set_), _files(certify))
        row = drafts.make(opened.office, certificate_type, content, clerk, batch_id=batch)
        draft = _opened(opened, row, clerk.agency)
    _warn(draft.warnings)
    if as_json:
        say(_shown(draft))
    else:
        OUT.print(f"Draft {row} in batch {draft.batch.id}. Next: yinxin-issuer prepare {draft.batch.id} --by OFFICER")


@app.command()
def edit(
    row: Row,
    *,
    set_: Set = [],  # noqa: B006 — Typer copies it
    certify: Certify = [],  # noqa: B006 — as above
    certify_nothing: Annotated[
        bool, typer.Option("--certify-nothing", help="Have it vouch for none of the files it vouched for.")
    ] = False,
    agency: AgencyOption = "",
    by: OfAgency = "",
    as_json: Json = False,
) -> None:
    """Have a draft say something else; what is not named stays. CLAIM= takes a claim out.

    If its batch was submitted, all signatures over it are void.
    """
    with issuer() as opened:
        clerk = _clerk(opened, None, agency, by, row=row)
        draft = _opened(opened, row, clerk.agency)
        claims = _claims(draft.certificate_type, forms.cells(draft.certificate_type, draft.content.claims), set_)
        kept = () if certify_nothing else draft.content.files
        content = Content(claims, tuple(dict.fromkeys((*kept, *_files(certify)))))
        drafts.change(opened.office, row, content, clerk, seen=draft.seen)
        draft = _opened(opened, row, clerk.agency)
    _warn(draft.warnings)
    if as_json:
        say(_shown(draft))
    else:
        OUT.print(f"Draft {row} in batch {draft.batch.id} is changed.")


@app.command("list")
def list_(
    *,
    type_: Annotated[str, typer.Option("--type", help="Only drafts of this type.")] = "",
    text: Annotated[str, typer.Option("--find", help="A certificate number, or a holder's code or name, whole.")] = "",
    page: Annotated[int, typer.Option(help="Which page of the list.", min=1)] = 1,
    agency: AgencyOption = "",
    by: OfAgency = "",
    as_json: Json = False,
) -> None:
    """List the drafts of an agency, the newest first."""
    with issuer() as opened:
        clerk = _clerk(opened, None, agency, by)
        with opened.office.store.reading() as work:
            found, total = drafts.listed(
                opened.office, work, clerk.agency, certificate_type=type_, text=text, page=page
            )
    if as_json:
        say({"drafts": [_shown(each) for each in found], "total": total})
        return
    shown = table("DRAFT", "BATCH", "TYPE", "NUMBER", "HOLDER", "TO LOOK AT")
    for each in found:
        kind = each.certificate_type.identifier
        marks = ", ".join(warned.code.value for warned in each.warnings)
        shown.add_row(each.certificate.id, str(each.batch.id), kind, each.number, each.holder, marks)
    OUT.print(shown)
    OUT.print(f"{total} drafts.")


@app.command()
def drop(row: Row, *, agency: AgencyOption = "", by: OfAgency = "") -> None:
    """Delete a draft; its batch goes with its last one."""
    with issuer() as opened:
        drafts.drop(opened.office, row, _clerk(opened, None, agency, by, row=row))
    OUT.print(f"Draft {row} is deleted.")


def add_to(main: typer.Typer) -> None:
    """Add these commands."""
    main.add_typer(app, name="draft")


def _clerk(opened: Issuer, certificate_type: CertificateType | None, agency: str, by: str, *, row: str = "") -> Clerk:
    """Return for which agency something is done: as it is said, or that of the draft."""
    if row and not agency and not by:
        with opened.office.store.reading() as work:
            number = work.certificate(row).agency
    else:
        number = agency_for(opened, certificate_type, agency, by)
    return Clerk(number, audit_log.OPERATOR, Occasion(opened.office.now(), "command line"))


def _claims(certificate_type: CertificateType, cells: Mapping[str, str], pairs: Sequence[str]) -> dict[str, JSON]:
    """Lay what was said over what there is; raises `ClaimsInvalid` with every fault."""
    said = dict(cells)
    names = {name: claim.key for claim in certificate_type.columns for name in (claim.key, *claim.labels.values())}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or name not in names:
            known = ", ".join(claim.key for claim in certificate_type.columns)
            raise typer.BadParameter(f"got «{pair}», wanted CLAIM=VALUE with one of {known}", param_hint="--set")
        said[names[name]] = value
    claims, faults = certificate_type.from_row(said)
    if faults:
        raise ClaimsInvalid(faults)
    return claims


def _files(paths: Sequence[Path]) -> tuple[CertifiedFile, ...]:
    return tuple(certified_files.of_bytes(read(path)) for path in paths)


def _opened(opened: Issuer, row: str, agency: int) -> Draft:
    with opened.office.store.reading() as work:
        return drafts.opened(opened.office, work, row, agency=agency)


def _warn(warnings: Sequence[Warned]) -> None:
    for each in warnings:
        ERR.print(f"To look at: the holder has another one for the same time, row id {each.other}.", markup=False)


def _shown(draft: Draft) -> dict[str, object]:
    return {
        "draft": draft.certificate.id,
        "batch": draft.batch.id,
        "state": draft.batch.state,
        "type": draft.certificate_type.identifier,
        "claims": draft.content.claims,
        "certified_files": [
            {"sha256": each.digest.hex(), "media_type": each.media_type} for each in draft.content.files
        ],
        "to_look_at": [{"code": each.code.value, "other": each.other} for each in draft.warnings],
    }
