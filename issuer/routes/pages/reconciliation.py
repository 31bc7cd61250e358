"""Reconciliation: what the registry recorded that nobody here queued, and what came of comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response

from issuer import audit_log, tasks
from issuer.errors import NotAllowed, NotFound
from issuer.reconciling import differences, foreign_words, rows, running
from issuer.reconciling.differences import Grade
from issuer.routes.pages import front
from issuer.routes.pages.front import Visiting  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.said import msgid
from issuer.tables.account_models import Role
from issuer.tables.reconciliation_models import Agreement
from issuer.tables.task_models import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.routes.pages.front import Visit
    from issuer.tables.reconciliation_models import ForeignRecord, Reconciliation
    from issuer.tables.store import Work

router = front.router(tags=["reconciliation"])

_ROLES = (Role.AGENCY_MANAGER, Role.AUDITOR)
_SHOWN = 20
"""Earlier runs on the page."""
_LISTED = 100
"""Foreign records on the page."""
_MANIFEST = "application/vnd.yinxin.manifest"
_COLOURS = {Grade.ALARM: "red", Grade.FAULT: "orange", Grade.REMARK: "grey"}
_OUTCOMES = {
    Agreement.AGREES: (msgid("Agrees"), "green", msgid("Database, registry and documents agree."), "well"),
    Agreement.DIFFERS: (msgid("Differs"), "red", msgid("Database, registry and documents do not agree."), "trouble"),
    Agreement.NOT_RUN: (
        msgid("Not run"),
        "grey",
        msgid("Something could not be asked, so nobody knows whether they agree."),
        "not_run",
    ),
}


@router.get("/reconciliation")
def start(visit: Visiting) -> Response:
    """Show foreign records and the latest run."""
    agency = _agency(visit)
    with visit.store.reading() as work:
        runs = rows.runs(work, agency, most=_SHOWN)
        kept = rows.with_manifests(work, agency)
        names = rows.names(visit.office, work, agency)
        waiting = rows.foreign(work, agency, most=_LISTED, acknowledged=False)
        noted = rows.foreign(work, agency, most=_LISTED, acknowledged=True)
        undelivered = rows.undelivered(work, agency)
        state = _state(work, agency)
    return visit.page(
        "reconciliation.html",
        waiting=[_foreign(visit, each, names) for each in waiting],
        noted=[_foreign(visit, each, names) for each in noted],
        undelivered=len(undelivered),
        state=state,
        latest=_shown(visit, runs[0], names, has_manifest=runs[0].id in kept) if runs else None,
        runs=[_row(visit, each) for each in runs],
        may_note=visit.has(Role.AGENCY_MANAGER),
    )


@router.get("/reconciliation/progress")
def progress(visit: Visiting) -> Response:
    """Show how far the run is that is under way: a part of the page."""
    agency = _agency(visit)
    with visit.store.reading() as work:
        state = _state(work, agency)
    return visit.page("reconciliation_state.html", state=state)


@router.post("/reconciliation/run")
def run(visit: Visiting) -> Response:
    """Have a worker run it now."""
    agency = _agency(visit)
    visit.office.records.ensure_data_key(visit.store, agency, now=visit.now)
    with visit.store.writing() as work:
        running.submit(visit.office, work, agency, who=visit.who.login)
        audit_log.add(work, visit.occasion, "reconciliation asked for", who=visit.who.login, agency=agency)
    return visit.goto("/reconciliation")


@router.post("/reconciliation/acknowledge")
def acknowledge(visit: Visiting) -> Response:
    """Have a manager take note of the records that were on the page."""
    agency = _agency(visit)
    visit.require(Role.AGENCY_MANAGER)
    numbers = [number for text in visit.chosen("record") if (number := front.whole(text)) is not None]
    with visit.store.writing() as work:
        done = rows.acknowledge(work, agency, numbers, who=visit.who.login, now=visit.now)
        if done:
            detail = ", ".join(map(str, done))
            audit_log.add(
                work, visit.occasion, "foreign records noted", who=visit.who.login, agency=agency, detail=detail
            )
    return visit.done(
        "/reconciliation",
        visit.words.ngettext("%(num)s record is acknowledged.", "%(num)s records are acknowledged.", len(done)),
    )


@router.get("/reconciliation/{number:int}")
def show(number: int, visit: Visiting) -> Response:
    """Show what came of a run."""
    agency = _agency(visit)
    with visit.store.reading() as work:
        found = rows.run(work, number, agency)
        names = rows.names(visit.office, work, agency)
    shown = _shown(visit, found, names, has_manifest=found.manifest is not None)
    return visit.page("reconciliation_run.html", each=shown)


@router.get("/reconciliation/{number:int}/manifest")
def manifest(number: int, visit: Visiting) -> Response:
    """Hand out a run's signed manifest."""
    agency = _agency(visit)
    with visit.store.reading() as work:
        found = rows.run(work, number, agency)
    if found.manifest is None:
        raise NotFound(f"manifest: got {number}, wanted the number of a reconciliation whose manifest is kept")
    name = f"manifest-{agency}-{found.block_number}.yxm"
    return Response(
        found.manifest, media_type=_MANIFEST, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _agency(visit: Visit) -> int:
    visit.require(*_ROLES)
    if not visit.who.agency:
        raise NotAllowed("reconciliations are an agency's; the council has none")
    return visit.who.agency


def _state(work: Work, agency: int) -> dict[str, object]:
    """Return how the newest asked-for run stands."""
    open_task = running.under_way(work, agency)
    if open_task is not None:
        return {"is_open": True, "done": open_task.done, "total": open_task.total, "failed": False}
    last = tasks.latest(work, running.KIND, agency, "")
    return {"is_open": False, "done": 0, "total": 0, "failed": last is not None and last.state == TaskState.FAILED}


def _row(visit: Visit, row: Reconciliation) -> dict[str, object]:
    word, colour, _, _ = _OUTCOMES[Agreement(row.agreement)]
    return {
        "id": row.id,
        "ended_at": row.ended_at,
        "who": row.who,
        "word": visit.words.gettext(word),
        "colour": colour,
        "block": row.block_number,
    }


def _shown(visit: Visit, row: Reconciliation, names: Mapping[str, str], *, has_manifest: bool) -> dict[str, object]:
    _, _, sentence, kind = _OUTCOMES[Agreement(row.agreement)]
    found = differences.read(row.findings)
    return {
        **_row(visit, row),
        "has_manifest": has_manifest,
        "sentence": visit.words.gettext(sentence),
        "kind": kind,
        "reason": row.reason,
        "block_hash": f"0x{row.block_hash.hex()}" if row.block_hash else "",
        "batches": row.batches,
        "certificates": row.certificates,
        "statuses": row.statuses,
        "documents": row.documents,
        "unsigned_because": row.unsigned_because,
        "findings": [_finding(visit, each, names) for each in found],
    }


def _finding(visit: Visit, each: differences.Difference, names: Mapping[str, str]) -> dict[str, object]:
    what, todo = each.said(visit.words, names)
    return {
        "word": visit.words.gettext(differences.GRADE_WORDS[each.grade]),
        "colour": _COLOURS[each.grade],
        "what": what,
        "todo": todo,
        "batch": each.arguments.get("batch"),
    }


def _foreign(visit: Visit, row: ForeignRecord, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": row.id,
        "what": foreign_words.said(row, visit.words, names),
        "block": row.block_number,
        "transaction": f"0x{row.transaction_hash.hex()}",
        "found_at": row.found_at,
        "noted_by": row.acknowledged_by,
        "noted_at": row.acknowledged_at,
    }
