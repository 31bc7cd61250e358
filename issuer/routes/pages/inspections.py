"""Periodic inspections (年检、复审): what is due, and recording what was found."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response

from chain.errors import InvalidInput
from chain.short_number import short_number
from issuer import audit_log, days, finding
from issuer.errors import NotAllowed, NotFound, NotReady
from issuer.routes.pages import certificate_views, front, order_views
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.said import msgid
from issuer.status import inspections
from issuer.status.inspections import Finding
from issuer.status.status_words import RESULTS
from issuer.tables.account_models import Role
from issuer.tables.inspection_models import Result

if TYPE_CHECKING:
    from issuer.tables.inspection_models import InspectionDue
    from issuer.tables.models import Certificate

router = front.router(tags=["inspections"])

PAGE = 50
WITHIN: dict[str, tuple[str, int | None]] = {
    "overdue": (msgid("Overdue"), None),
    "30": (msgid("Within 30 days"), inspections.SOON),
    "90": (msgid("Within 90 days"), inspections.LATER),
    "365": (msgid("Within a year"), 365),
}
_FIELDS = {"date": "held_on", "next due": "next_due", "note": "note", "certificates": "certificate", "result": "result"}
Within = Annotated[str, Query()]
Type = Annotated[str, Query(max_length=100)]


@router.get("/inspections")
def listed(
    visit: Visiting,
    within: Within = "90",
    type: Type = "",  # noqa: A002 — the address's own word
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """List what is due."""
    days_ahead = _within(within)
    certificate_views.catch_up(visit)
    with visit.store.reading() as work:
        total, rows = inspections.due_list(
            work, visit.who.agency, visit.office.today, within=days_ahead, certificate_type=type,
            limit=PAGE, offset=(page - 1) * PAGE,
        )  # fmt: skip
        counts = inspections.due(work, visit.who.agency, visit.office.today)
    kinds = [each for each in visit.office.types if each.inspection_months is not None]
    return visit.page(
        "inspections.html",
        within=within,
        choices=[(key, visit.words.gettext(word)) for key, (word, _) in WITHIN.items()],
        type=type,
        types=[(each.identifier, each.names[visit.language]) for each in kinds],
        total=total,
        counts=counts,
        rows=[(due.due, due.due < visit.office.today, order_views.plain(visit, [row])[0]) for due, row in rows],
        number=page,
        pages=max(1, -(-total // PAGE)),
        may_record=certificate_views.may_renew(visit),
    )


@router.get("/inspections.csv")
def listed_csv(visit: Visiting, within: Within = "90", type: Type = "") -> Response:  # noqa: A002 — as above
    """Return what is due as a spreadsheet."""
    with visit.store.writing() as work:
        audit_log.add(work, visit.occasion, "inspections listed", who=visit.who.login, agency=visit.who.agency)
    with visit.store.reading() as work:
        _, rows = inspections.due_list(
            work, visit.who.agency, visit.office.today, within=_within(within), certificate_type=type
        )
        lines = [_line(visit, due, row) for due, row in rows]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("number", "holder", "short_number", "type", "due", "overdue"), *lines])
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="inspections.csv"'},
    )


@router.get("/inspections/new")
def new(visit: Visiting) -> Response:
    """Ask what an inspection of one certificate or of several found."""
    _require_inspector(visit)
    return _form(visit, visit.request.query_params.getlist("certificate"), {"held_on": str(visit.office.today)})


@router.post("/inspections/new")
def record(visit: Visiting) -> Response:
    """Record an inspection."""
    _require_inspector(visit)
    chosen = visit.chosen("certificate")
    typed = {key: value for key, value in visit.form.items() if isinstance(value, str) and key != "certificate"}
    try:
        with visit.store.reading() as work:
            ids = [visit.sight.own_certificate(work, each).id for each in chosen]
        found = _finding(typed)
        count = inspections.record(
            visit.office, ids, found, who=visit.who.login, agency=visit.who.agency, occasion=visit.occasion
        )
    except (InvalidInput, NotReady) as exc:
        field = _FIELDS.get(str(exc).partition(":")[0], "")
        return _form(visit, chosen, typed, [Fault(field, visit.words.explain(exc))])
    if found.result == Result.FAILED and count == 1 and certificate_views.may_order(visit):
        sentence = visit.words.gettext("The inspection is recorded. It failed: consider a status order.")
        return visit.done(f"/orders/new?certificate={ids[0]}&verb=suspend&code=suspend/inspection-failed", sentence)
    sentence = visit.words.ngettext(
        "The inspection of %(num)s certificate is recorded.",
        "The inspection of %(num)s certificates is recorded.",
        count,
    )
    return visit.done(f"/certificates/{ids[0]}" if count == 1 else "/inspections", sentence)


def _finding(typed: dict[str, str]) -> Finding:
    if typed.get("result") not in set(Result):
        raise InvalidInput("result: got none, wanted what the inspection found")
    if not typed.get("held_on"):
        raise InvalidInput("date: got none, wanted the day of the inspection")
    return Finding(
        held_on=days.read(typed["held_on"], "date"),
        result=Result(typed["result"]),
        note=typed.get("note", ""),
        next_due=days.read(typed["next_due"], "next due") if typed.get("next_due") else None,
    )


def _form(visit: Visit, chosen: list[str], typed: dict[str, str], faults: list[Fault] | None = None) -> Response:
    if not chosen:
        return visit.done("/inspections", visit.words.gettext("Tick the certificates that were inspected first."))
    with visit.store.reading() as work:
        certificates = [visit.sight.own_certificate(work, each) for each in chosen[: inspections.MOST]]
    return visit.page(
        "inspection_new.html",
        status=422 if faults else 200,
        faults=faults or (),
        typed=defaultdict(str, typed),
        rows=order_views.plain(visit, certificates),
        results=[(str(key), visit.words.gettext(word)) for key, (word, _) in RESULTS.items()],
        today=visit.office.today,
    )


def _line(visit: Visit, due: InspectionDue, certificate: Certificate) -> list[object]:
    row = order_views.plain(visit, [certificate])[0]
    overdue = "yes" if due.due < visit.office.today else ""
    short = short_number(certificate.leaf or b"")
    return [
        finding.safe_cell(row.number),
        finding.safe_cell(row.holder),
        short,
        certificate.certificate_type,
        due.due,
        overdue,
    ]


def _require_inspector(visit: Visit) -> None:
    visit.require(Role.STATUS_OFFICER, Role.PREPARER)
    if visit.agency is None:
        raise NotAllowed("the council inspects nothing")


def _within(key: str) -> int | None:
    if key not in WITHIN:
        raise NotFound("inspections: wanted one of the times that are offered")
    return WITHIN[key][1]
