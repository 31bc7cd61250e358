"""What is here: certificates, officers, settings."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated

import typer

from chain import code
from chain.calendar import SHANGHAI
from chain.events import Track
from chain.preparation import IDENTIFIER_CLAIM
from issuer import settings as issuer_settings
from issuer.commands.shared import OUT, AgencyOption, Json, ShortNumber, TypeOption, issuer, say, table
from issuer.errors import Erased
from issuer.settings import open_settings
from issuer.status import statuses
from issuer.wiring import open_keystore

if TYPE_CHECKING:
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work


def list_(
    *,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    holder: Annotated[str, typer.Option(help="Credit code, resident number or, without one, name of the holder.")] = "",
    as_json: Json = False,
) -> None:
    """List certificates with their states."""
    with issuer() as opened, opened.office.store.reading() as work:
        office = opened.office
        number = office.directory().find(agency).id if agency else None
        if holder:
            found = [
                each
                for each_agency in work.agencies_with_data()
                if number in {None, each_agency}
                for each in work.certificates_held(
                    each_agency, office.records.data_key(work, each_agency).index("holder", holder)
                )
            ]
        else:
            found = work.all_certificates(agency=number, certificate_type=type_)
        rows = [_line(office, work, each) for each in found]
    if as_json:
        say(rows)
        return
    shown = table("NUMBER", "TYPE", "AGENCY", "VERSION", "STATE", "FROM", "TO", "BATCH")
    for row in rows:
        shown.add_row(*(str(value) if value is not None else "" for value in row.values()))
    OUT.print(shown)


def show(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The certificate number.")],
    *,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
    as_json: Json = False,
) -> None:
    """Show all versions of a certificate: claims, what the registry holds, and its history."""
    with issuer() as opened, opened.office.store.reading() as work:
        office = opened.office
        wanted = office.directory().find(agency).id if agency else None
        versions = [
            _described(office, work, each)
            for each in office.find_all(work, number, agency=wanted, certificate_type=type_, short_number=short_number)
        ]
    if as_json:
        say(versions)
        return
    for version in versions:
        for key, value in version.items():
            if key == "claims" and isinstance(value, dict):
                for claim, shown in value.items():
                    OUT.print(f"  {claim}: {shown}", markup=False)
            elif key == "history" and isinstance(value, list):
                for line in value:
                    OUT.print(f"  {line}", markup=False)
            else:
                OUT.print(f"{key}: {value}", markup=False)
        OUT.print()


def officers(*, as_json: Json = False) -> None:
    """List the officers whose keys are in the keystore folder, with what the registry lets them do."""
    with issuer() as opened:
        directory = opened.office.directory()
        rows: list[tuple[str, int, str, str, list[str]]] = []
        for account in opened.office.keystore.officers():
            agency = directory.agencies.get(account.agency)
            capabilities = agency.officers.get(account.address) if agency else None
            rows.append(
                (
                    account.name,
                    account.agency,
                    agency.name if agency else "",
                    f"0x{account.address.hex()}",
                    [str(each.name) for each in capabilities] if capabilities else [],
                )
            )
    if as_json:
        say([dict(zip(("officer", "agency", "agency_name", "address", "may"), row, strict=True)) for row in rows])
        return
    shown = table("OFFICER", "AGENCY", "NAME", "ADDRESS", "MAY")
    for name, number, agency_name, address, may in rows:
        shown.add_row(name, str(number), agency_name, address, " ".join(may))
    OUT.print(shown)


def settings(*, as_json: Json = False) -> None:
    """List all settings: what each means, its default, and what it is now."""
    now = open_settings()
    rows = [
        {
            "variable": variable,
            "value": issuer_settings.without_credentials(
                str(getattr(now, variable.removeprefix(issuer_settings.PREFIX).lower(), ""))
            ),
            "default": default,
            "meaning": meaning,
        }
        for variable, default, meaning in issuer_settings.described()
    ]
    if as_json:
        say(rows)
        return
    shown = table("VARIABLE", "VALUE", "DEFAULT", "MEANING")
    for row in rows:
        shown.add_row(row["variable"], row["value"], row["default"], row["meaning"])
    OUT.print(shown)
    keystore = open_keystore(now)
    OUT.print(f"{len(keystore.officers())} officers and {len(keystore.senders())} senders in {now.keystore}")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("list")(list_)
    for command in (show, officers, settings):
        app.command()(command)


def _line(office: Office, work: Work, certificate: Certificate) -> dict[str, object]:
    batch = work.batch(certificate.batch_id)
    try:
        number = str(office.records.claims(work, certificate)["number"])
    except Erased:
        number = "(erased)"
    return {
        "number": number,
        "type": certificate.certificate_type,
        "agency": certificate.agency,
        "version": certificate.version,
        "state": _state(office, batch, certificate),
        "first_day": certificate.first_day,
        "last_day": certificate.last_day,
        "batch": certificate.batch_id,
    }


def _state(office: Office, batch: Batch, certificate: Certificate) -> str:
    """Return the batch's state, or what the registry holds of an issued certificate now."""
    held = statuses.held_now(office, certificate)
    hour = int(office.now().timestamp()) // 3600
    return next((each.track.name for each in held if each.in_force(hour)), batch.state)


def _described(office: Office, work: Work, certificate: Certificate) -> dict[str, object]:
    batch = work.batch(certificate.batch_id)
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    agency = office.directory().agency(certificate.agency)
    try:
        claims = office.records.claims(work, certificate)
    except Erased:
        claims = {}
    held = statuses.held_now(office, certificate)
    return {
        "version": certificate.version,
        "type": f"{certificate_type.names['zh-CN']} ({certificate_type.identifier} version {certificate_type.version})",
        "agency": str(agency),
        "state": batch.state,
        "status": [statuses.said(each.track, each.from_hour, each.until_hour) for each in held],
        "first_day": certificate.first_day,
        "last_day": certificate.last_day,
        "identifier": claims.get(IDENTIFIER_CLAIM, ""),
        "lineage": certificate.lineage,
        "short_number": code.short_number(certificate.leaf) if certificate.leaf else "",
        "leaf": certificate.leaf.hex() if certificate.leaf else "",
        "batch": batch.id,
        "block": batch.block_number,
        "proof": batch.evidence is not None,
        "claims": {
            claim.labels["zh-CN"]: certificate_type.display(claim.key, claims[claim.key], "zh-CN")
            for claim in certificate_type.claims
            if claim.key in claims
        },
        "history": _history(office, work, certificate),
    }


def _history(office: Office, work: Work, certificate: Certificate) -> list[str]:
    """Return what happened to a certificate, oldest first, with the reasons that officers gave."""
    lines = [
        (
            line.at,
            line.what + (f" by {line.who}" if line.who else "") + (f" ({line.detail})" if line.detail else ""),
        )
        for line in work.history(batch_id=certificate.batch_id, certificate_id=certificate.id)
    ]
    for change in work.status_changes(certificate.id):
        said = statuses.said(Track(change.track), change.from_hour, change.until_hour)
        if grounds := _opened(office, work, certificate, work.status_target(change.id or 0, certificate.id).grounds):
            told = json.loads(grounds)
            decision = f", decision with SHA-256 {told['decision']}" if told["decision"] else ""
            lines.append((change.created_at, f"reason for {said}: {told['reason'] or '(none)'}{decision}"))
    if reason := _opened(office, work, certificate, certificate.reason):
        lines.append((certificate.created_at, f"reason for this version: {reason.decode()}"))
    return [f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S} {what}" for at, what in sorted(lines, key=itemgetter(0))]


def _opened(office: Office, work: Work, certificate: Certificate, grounds: bytes | None) -> bytes | None:
    """Return grounds in clear; None if there are none, or their key was destroyed."""
    if grounds is None or certificate.record_key is None:
        return None
    return office.records.open_grounds(work, certificate, grounds)
