"""What becomes of a certificate after it was issued: its status, and new versions of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from issuer import in_one_go
from issuer.commands.batches import write_documents
from issuer.commands.shared import (
    OUT,
    AgencyOption,
    ApprovedBy,
    By,
    Json,
    PreparedBy,
    ShortNumber,
    TypeOption,
    day,
    issuer,
    people,
    progress,
    read,
    say,
    say_what_is_unproven,
)
from issuer.draft import replacing
from issuer.erasure import erasing
from issuer.errors import FileRefused, RowFault
from issuer.spreadsheet import importing
from issuer.status import statuses
from issuer.status.statuses import TRACKS, Wish
from issuer.tables.models import Purpose

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from issuer.tables.models import Certificate
    from issuer.wiring import Issuer

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The certificate number.")]
Version = Annotated[int | None, typer.Option("--version", help="Which version; the newest anchored one if left out.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; stays here, encrypted. The chain gets a salted digest.")]
Cells = Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="A changed claim; repeat it for more.")]
RowFile = Annotated[Path | None, typer.Argument(metavar="[FILE.csv]", help="A file whose one row has what changed.")]
OptionalOut = Annotated[
    Path | None, typer.Option("--out", help="Folder for the new document; none is written if left out.")
]
VERBS = ", ".join(TRACKS)


def status(
    number: Number,
    verb: Annotated[str, typer.Argument(metavar="VERB", help=f"One of {VERBS}.")],
    *,
    by: By,
    approved_by: Annotated[str, typer.Option(help="The second officer. Only a suspension of 24 h needs none.")] = "",
    reason: Reason = "",
    from_: Annotated[
        str, typer.Option("--from", metavar="DATE", help="First day; if left out, today, or as it is.")
    ] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day, included; until lifted if left out.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Take this status back.")] = False,
    decision: Annotated[Path | None, typer.Option(help="The written decision; its digest is kept.")] = None,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
    version: Version = None,
    actor: Annotated[str, typer.Option(help="The agency that acts, if not the officer's: number, code or name.")] = "",
    confirmed: Annotated[
        bool, typer.Option("--yes", help="It is meant, though it undoes what is in force or begins in a year only.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Change a certificate's status: suspend, resume, revoke, rescind, withdraw, cancel, lost, found, renewal-pending.

    Two officers with the capability STATUS sign, of the agency that issued it or of one above it. One alone may suspend
    for up to 24 hours.
    """
    if verb not in TRACKS:
        raise typer.BadParameter(f"got «{verb}», wanted one of {VERBS}", param_hint="VERB")
    wish = Wish(
        verb=verb,
        first_day=day(from_, "--from"),
        last_day=day(until, "--until"),
        reason=reason,
        decision=read(decision) if decision else None,
        lift=lift,
        confirmed=confirmed,
    )
    with issuer() as opened:
        office = opened.office
        certificate = _found(opened, number, agency=agency, type_=type_, short_number=short_number, version=version)
        officers = people(opened, [by, *([approved_by] if approved_by else [])])
        acting = office.directory().find(actor).id if actor else None
        with progress("waiting for the chain", None) as tick:
            changed = statuses.carry_out(
                office, certificate, wish, officers, carry=lambda: opened.lane(tick=tick).run(), actor=acting
            )
        certificate_type = office.type(certificate.certificate_type)
        held = statuses.held_now(office, certificate)
    now = [statuses.said(each.track, each.from_hour, each.until_hour) for each in held]
    if as_json:
        say({"number": number, "changed": changed, "status": now})
        return
    words = "; ".join(now) or "nothing: in force as far as its dates go"
    done = "recorded and final" if changed else "so already; nothing was sent"
    OUT.print(f"{certificate_type.names['zh-CN']} {number}: {verb}, {done}. The registry now holds: {words}")


def replace(
    number: Number,
    file: RowFile = None,
    *,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    set_: Cells = [],  # noqa: B006 — typer copies it
    reason: Reason = "",
    from_: Annotated[
        str, typer.Option("--from", metavar="DATE", help="From when the new one counts; today if left out.")
    ] = "",
    out: OptionalOut = None,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
    as_json: Json = False,
) -> None:
    """Issue a new version with changed claims (换发、变更); the old one is REPLACED from the day on which it counts."""
    with issuer() as opened:
        certificate = _found(opened, number, agency=agency, type_=type_, short_number=short_number)
        certificate_type = opened.office.type(certificate.certificate_type)
        changes = replacing.Changes(_cells(certificate_type, set_, file), day(from_, "--from"))
        people_ = (prepared_by, approved_by)
        _new_version(opened, certificate, changes, Purpose.REPLACE, people_, reason=reason, out=out, as_json=as_json)


def renew(
    number: Number,
    file: RowFile = None,
    *,
    prepared_by: PreparedBy,
    approved_by: ApprovedBy,
    valid_from: Annotated[str, typer.Option(metavar="DATE", help="First day of the new version.")] = "",
    valid_until: Annotated[str, typer.Option(metavar="DATE", help="Last day of the new version.")] = "",
    set_: Cells = [],  # noqa: B006 — typer copies it
    reason: Reason = "",
    out: OptionalOut = None,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
    as_json: Json = False,
) -> None:
    """Extend a certificate (延续): a new version with new days; the old one is REPLACED from its first day."""
    with issuer() as opened:
        certificate = _found(opened, number, agency=agency, type_=type_, short_number=short_number)
        certificate_type = opened.office.type(certificate.certificate_type)
        cells = _cells(certificate_type, set_, file)
        rule = certificate_type.validity_rule
        for option, text, claim in (
            ("--valid-from", valid_from, rule.first),
            ("--valid-until", valid_until, rule.last),
        ):
            if not text:
                continue
            if claim is None:
                raise typer.BadParameter(
                    f"{certificate_type.identifier} has no claim for it: it follows from the day of issue",
                    param_hint=option,
                )
            cells[claim] = str(day(text, option))
        changes = replacing.Changes(cells)
        people_ = (prepared_by, approved_by)
        _new_version(opened, certificate, changes, Purpose.RENEW, people_, reason=reason, out=out, as_json=as_json)


def erase(
    number: Number,
    *,
    by: By,
    approved_by: Annotated[str, typer.Option(help="The second officer; both need the capability STATUS.")],
    version: Annotated[int, typer.Option("--version", help="Which version, as `show` lists them.")],
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
) -> None:
    """Destroy a version's record key: its claims can never be read here again. The chain's record stays."""
    with issuer() as opened:
        certificate = _found(opened, number, agency=agency, type_=type_, short_number=short_number, version=version)
        first, second = people(opened, [by, approved_by])
        erasing.erase(opened.office, certificate, first, second)
    OUT.print(f"Version {version} is erased; what the chain holds of it stays.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (status, replace, renew, erase):
        app.command()(command)


def _found(
    opened: Issuer, number: str, *, agency: str, type_: str, short_number: str, version: int | None = None
) -> Certificate:
    wanted = opened.office.directory().find(agency).id if agency else None
    with opened.office.store.reading() as work:
        return opened.office.find(
            work,
            number,
            agency=wanted,
            certificate_type=type_,
            short_number=short_number,
            version=version,
        )


def _new_version(
    opened: Issuer,
    old: Certificate,
    changes: replacing.Changes,
    purpose: Purpose,
    names: tuple[str, list[str]],
    *,
    reason: str,
    out: Path | None,
    as_json: bool,
) -> None:
    office = opened.office
    preparer, *approvers = people(opened, [names[0], *names[1]])
    in_one_go.require_team(office, office.directory(), preparer, approvers)
    batch = replacing.draft(office, old, changes, purpose=purpose, reason=reason)
    try:
        in_one_go.bring_to_approval(office, batch, preparer, approvers)
    except Exception:
        replacing.give_up_unsigned(office, batch)
        raise
    with progress("waiting for the chain", None) as tick:
        in_one_go.seal(office, opened.lane(tick=tick), [batch])
    handed_out = write_documents(opened, [batch], out) if out else []
    say_what_is_unproven(opened, [batch])
    with office.store.reading() as work:
        (new,) = work.certificates(batch)
    if as_json:
        say(
            {
                "batch": batch,
                "version": new.version,
                "first_day": new.first_day,
                "last_day": new.last_day,
                "documents": [each.pdf for each in handed_out],
            }
        )
        return
    ends = f" to {new.last_day}" if new.last_day else ""
    OUT.print(f"Version {new.version} is issued (batch {batch}), valid from {new.first_day}{ends}.")


def _cells(certificate_type: CertificateType, pairs: list[str], file: Path | None) -> dict[str, str]:
    """Return changed cells from a file's one row and from --set, which wins."""
    cells: dict[str, str] = {}
    if file is not None:
        rows = importing.cells(read(file), certificate_type)
        if len(rows) != 1:
            raise FileRefused([RowFault(0, "", f"{len(rows)} rows", "one row, with what changed")])
        cells |= rows[0]
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise typer.BadParameter(f"got «{pair}», wanted KEY=VALUE", param_hint="--set")
        cells[key] = value
    return cells
