"""What pages show of certificates: a row of a list, and everything about one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import code
from chain.calendar import hour_of
from chain.errors import RegistryError
from chain.events import Track
from chain.preparation import IDENTIFIER_CLAIM
from issuer import issuing, proofs, reasons, vocabulary
from issuer.office import ANCHORED
from issuer.routes.pages import batch_words
from issuer.slots import Held
from issuer.status import following, inspections, status_words, statuses
from issuer.status.status_words import Said
from issuer.tables import account_rows, certificate_rows, inspection_rows, order_rows, status_rows
from issuer.tables.account_models import Role
from issuer.tables.models import Purpose, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.finding import Found
    from issuer.routes.pages.front import Visit
    from issuer.tables.models import Batch, Certificate, StatusChange
    from issuer.tables.store import Work


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list."""

    id: str
    number: str
    """The short number where the certificate number is not the visitor's to read."""
    holder: str
    type: str
    agency: str
    version: int
    days: str
    batch: Batch
    standing: Said
    others: tuple[Said, ...]
    """What else counts, or will."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A change of a certificate's status, with who decided it and why."""

    status: Said
    lifted: bool
    by: str
    officers: str
    at: datetime
    state: tuple[str, str]
    reason: str
    basis: str
    text: str
    decision: str
    order: int | None


def listed(visit: Visit, found: Found, *, hour: int, today: date) -> Listed:
    """Return a row of a list."""
    certificate, batch = found.certificate, found.batch
    kind = visit.office.type_of(batch.type_number, batch.type_version)
    standing = status_words.standing(visit.words, kind, certificate, batch, found.held, today=today, hour=hour)
    said = [status_words.said(visit.words, kind, each, hour) for each in found.held]
    return Listed(
        id=certificate.id,
        number=name_of(certificate, found.claims),
        holder=holder_of(kind, found.claims, visit.language),
        type=kind.names[visit.language],
        agency=visit.directory.agency(certificate.agency).name,
        version=certificate.version,
        days=days_of(visit, certificate),
        batch=batch,
        standing=standing,
        others=tuple(each for each in said if each != standing),
    )


def whole(visit: Visit, certificate: Certificate) -> dict[str, object]:
    """Return everything about a certificate; asks the chain how it stands, and says so if it does not answer."""
    held, answered = _held(visit, certificate)
    hour = hour_of(visit.now)
    with visit.store.reading() as work:
        batch = work.batch(certificate.batch_id)
        kind = visit.office.type_of(batch.type_number, batch.type_version)
        reads = visit.sight.reads_claims(certificate.agency)
        is_erased = certificate.record_key is None
        claims = visit.office.records.claims(work, certificate) if reads and not is_erased else None
        issued = batch.state == State.ISSUED
        due = inspection_rows.due_of(work, certificate.id)
        context: dict[str, object] = {
            "certificate": certificate,
            "batch": batch,
            "kind": kind,
            "type_name": kind.names[visit.language],
            "number": name_of(certificate, claims),
            "holder": holder_of(kind, claims, visit.language),
            "short_number": code.short_number(certificate.leaf) if certificate.leaf else "",
            "identifier": str(claims.get(IDENTIFIER_CLAIM, "")) if claims else "",
            "agency_name": visit.directory.agency(certificate.agency).name,
            "own": reads,
            "erased": is_erased,
            "issued": issued,
            "anchored": batch.state in ANCHORED,
            "answered": answered,
            "valid": days_of(visit, certificate),
            "standing": status_words.standing(
                visit.words, kind, certificate, batch, held, today=visit.office.today, hour=hour
            ),
            "tracks": [status_words.said(visit.words, kind, each, hour) for each in held],
            "claims": _claims(kind, claims, visit.language),
            "versions": [_version(visit, each, made) for each, made in certificate_rows.lineage(work, certificate)],
            "decided": _decided(visit, work, certificate, kind, hour),
            "why": _why(visit, work, certificate) if reads else "",
            "orders": order_rows.orders_about(work, certificate.id, visit.who.agency),
            "verify_url": _verify_url(visit, work, certificate, own=reads and issued and not is_erased),
            "has_proof": issued and reads and proofs.file_of(work, batch, certificate) is not None,
            "due": due.due if due else None,
            "overdue": due is not None and due.due < visit.office.today,
            "inspections": [
                (each, status_words.RESULTS, inspections.note_of(visit.office, work, each) if reads else "")
                for each in inspection_rows.inspections(work, certificate.id)
            ],
            "history": _history(visit, work, certificate),
            "order_states": status_words.ORDER_STATES,
            "successor": work.successor(certificate.id),
        }
    ended = any(each.track.is_final and each.in_force(hour) for each in held)
    free = context["successor"] is None
    context["may_change"] = reads and batch.state in issuing.CHANGEABLE and visit.has(Role.PREPARER)
    context["may_erase"] = reads and not is_erased and may_erase(visit)
    context["may"] = _may(visit, certificate, kind, issued=issued, ended=ended, held=held, free=free)
    return context


def catch_up(visit: Visit) -> bool:
    """Take in what the chain says by now; returns whether it answered."""
    try:
        following.catch_up(visit.office)
    except RegistryError:
        return False
    return True


def name_of(certificate: Certificate, claims: dict[str, JSON] | None) -> str:
    """Return by what a certificate is called: its number, or what the chain alone tells of it."""
    if claims is not None:
        return str(claims["number"])
    return code.short_number(certificate.leaf) if certificate.leaf else "–"


def holder_of(kind: CertificateType, claims: dict[str, JSON] | None, language: str) -> str:
    """Return the holder's name; empty where it is not the visitor's to read."""
    value = claims.get(kind.holder_name_claim) if claims else None
    return kind.display(kind.holder_name_claim, value, language) if value else ""


def days_of(visit: Visit, certificate: Certificate) -> str:
    """Say on which days a certificate is valid."""
    first, last = certificate.first_day, certificate.last_day
    if first is None:
        return "–"
    if last is None:
        return visit.words.gettext("from %(first)s on", first=visit.words.day(first))
    return visit.words.gettext("from %(first)s to %(last)s", first=visit.words.day(first), last=visit.words.day(last))


def type_names(visit: Visit) -> list[tuple[str, str]]:
    """Return all types that there are, by name."""
    names = {each.identifier: each.names[visit.language] for each in visit.office.types}
    return sorted(names.items(), key=lambda entry: entry[1])


def may_order(visit: Visit) -> bool:
    """Whether the visitor proposes status orders."""
    return visit.agency is not None and visit.has(Role.STATUS_OFFICER)


def may_renew(visit: Visit) -> bool:
    """Whether the visitor drafts new versions of certificates, and records inspections."""
    return visit.agency is not None and visit.has(Role.STATUS_OFFICER, Role.PREPARER)


def may_erase(visit: Visit) -> bool:
    """Whether the visitor asks for erasures, or carries them out."""
    return visit.agency is not None and visit.has(Role.AGENCY_MANAGER, Role.STATUS_OFFICER)


def code_url(visit: Visit, work: Work, certificate: Certificate) -> str:
    """Return what the code on the document says."""
    return code.url(visit.office.verifying_host, visit.office.records.signed(work, certificate)[1])


def _held(visit: Visit, certificate: Certificate) -> tuple[Sequence[Held], bool]:
    """Return the tracks that are set, asked of the chain; as last read off it where it does not answer."""
    try:
        return statuses.held_now(visit.office, certificate), True
    except RegistryError:
        with visit.store.reading() as work:
            return status_rows.known(work, [certificate.id]).get(certificate.id, []), False


def _may(
    visit: Visit,
    certificate: Certificate,
    kind: CertificateType,
    *,
    issued: bool,
    ended: bool,
    held: Sequence[Held],
    free: bool,
) -> set[str]:
    """Return what the visitor may do with a certificate as it stands."""
    may: set[str] = set()
    own = certificate.agency == visit.who.agency
    if may_order(visit) and issued:
        may.add("order")
        is_suspended = any(each.track == Track.SUSPENSION for each in held)
        if own and not ended and not is_suspended and Track.SUSPENSION in kind.statuses:
            may.add("suspend-now")
    if may_renew(visit) and own and issued and certificate.record_key is not None:
        if not ended and free:
            may |= {"correct", *(["renew"] if kind.renewal is not None else [])}
        if kind.inspection_months is not None and not ended:
            may.add("inspect")
    return may


def _claims(kind: CertificateType, claims: dict[str, JSON] | None, language: str) -> list[tuple[str, str]]:
    if claims is None:
        return []
    return [
        (claim.labels[language], kind.display(claim.key, claims[claim.key], language))
        for claim in kind.claims
        if claim.key in claims
    ]


def _version(visit: Visit, certificate: Certificate, batch: Batch) -> dict[str, object]:
    purpose = vocabulary.PURPOSES.get(Purpose(batch.purpose))
    return {
        "id": certificate.id,
        "version": certificate.version if certificate.lineage else None,
        "days": days_of(visit, certificate),
        "batch": batch,
        "purpose": visit.words.gettext(purpose) if purpose else batch.purpose,
        "short_number": code.short_number(certificate.leaf) if certificate.leaf else "",
    }


def _decided(visit: Visit, work: Work, certificate: Certificate, kind: CertificateType, hour: int) -> list[Decided]:
    """Return the changes of status that were signed here, newest first."""
    return [
        _decision(visit, work, certificate, change, kind=kind, hour=hour)
        for change in reversed(work.status_changes(certificate.id))
        if change.state != State.PREPARED
    ]


def _decision(
    visit: Visit, work: Work, certificate: Certificate, change: StatusChange, *, kind: CertificateType, hour: int
) -> Decided:
    track = Track(change.track)
    lifted = not change.from_hour and not change.until_hour
    held = Held(track, change.from_hour, change.until_hour, 0)
    told = _grounds(visit, work, certificate, change)
    status = status_words.said(visit.words, kind, held, hour)
    return Decided(
        status=Said(status.word, status.colour, "" if lifted else status.days, status.counts),
        lifted=lifted,
        by=visit.directory.agency(change.actor).name,
        officers=visit.words.listed([account_rows.signer_name(work, each) for each in change.officers.split(",")]),
        at=change.created_at,
        state=status_words.CHANGE_STATES.get(State(change.state), (change.state, "grey")),
        reason=reasons.words_of_any(told.get("code") or "", visit.language),
        basis=told.get("basis") or "",
        text=told.get("reason") or "",
        decision=told.get("decision") or "",
        order=order_rows.order_of(work, change.id or 0) if change.actor == visit.who.agency else None,
    )


def _grounds(visit: Visit, work: Work, certificate: Certificate, change: StatusChange) -> dict[str, str]:
    """Return why a status was changed, where that is the visitor's to read."""
    if certificate.record_key is None or visit.who.agency not in {certificate.agency, change.actor}:
        return {}
    target = work.status_target(change.id or 0, certificate.id)
    if target.grounds is None:
        return {}
    told: dict[str, str] = json.loads(visit.office.records.open_grounds(work, certificate, target.grounds))
    return told


def _why(visit: Visit, work: Work, certificate: Certificate) -> str:
    """Return why this version takes the place of another."""
    if certificate.reason is None or certificate.record_key is None:
        return ""
    return visit.office.records.open_grounds(work, certificate, certificate.reason).decode()


def _verify_url(visit: Visit, work: Work, certificate: Certificate, *, own: bool) -> str:
    return code_url(visit, work, certificate) if own else f"{code.origin(visit.office.verifying_host)}/"


def _history(visit: Visit, work: Work, certificate: Certificate) -> list[batch_words.Happened]:
    """Return what happened to a certificate and its batch, newest first."""
    lines = work.history(batch_id=certificate.batch_id, certificate_id=certificate.id)
    told = batch_words.history(visit.words, lines)
    return [
        batch_words.Happened(
            at=each.at,
            what=status_words.happened(visit.words, line.what) or each.what,
            who=each.who,
            detail="" if line.certificate_id is not None and line.what != "inspected" else each.detail,
        )
        for line, each in zip(reversed(lines), told, strict=True)
    ]
