"""New versions of certificates: corrected, altered or renewed, by a form or by a list."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fastapi import Response
from starlette.datastructures import UploadFile

from chain.errors import ClaimsInvalid, InvalidInput
from issuer import audit_log, days, forms
from issuer.draft import replacing, replacing_lists
from issuer.draft.replacing import Changes
from issuer.errors import FileRefused, NotAllowed, NotReady
from issuer.routes.pages import certificate_views, front
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.spreadsheet import importing
from issuer.tables.account_models import Role
from issuer.tables.models import Purpose

if TYPE_CHECKING:
    from datetime import date

    from chain.certificate_types import CertificateType
    from issuer.forms import Form
    from issuer.tables.models import Certificate

router = front.router(tags=["versions"])

_SHOWN = 200
"""Bad rows that a page lists."""
_PURPOSES = {"correct": Purpose.REPLACE, "renew": Purpose.RENEW}


@router.get("/certificates/{row_id}/correct")
def correct(row_id: str, visit: Visiting) -> Response:
    """Show the form with what the certificate says now, to be corrected or altered."""
    return _open(visit, row_id, "correct")


@router.get("/certificates/{row_id}/renew")
def renew(row_id: str, visit: Visiting) -> Response:
    """Show the form with what the certificate says now, to be renewed."""
    return _open(visit, row_id, "renew")


@router.post("/certificates/{row_id}/correct")
def make_correction(row_id: str, visit: Visiting) -> Response:
    """Draft a new version with what was changed."""
    return _make(visit, row_id, "correct")


@router.post("/certificates/{row_id}/renew")
def make_renewal(row_id: str, visit: Visiting) -> Response:
    """Draft a new version with new days."""
    return _make(visit, row_id, "renew")


@router.get("/versions/list")
def by_list(visit: Visiting) -> Response:
    """Ask for a file with the numbers of certificates and what is different in the new ones."""
    _require_clerk(visit)
    return _list_form(visit, {"purpose": visit.request.query_params.get("purpose", "correct")})


@router.post("/versions/list")
def make_list(visit: Visiting) -> Response:
    """Judge such a file, and draft the new versions."""
    agency = _require_clerk(visit)
    typed = {key: value for key, value in visit.form.items() if isinstance(value, str)}
    file = visit.form.get("file")
    data = file.file.read() if isinstance(file, UploadFile) else b""
    try:
        _require(data, "file: got none, wanted a spreadsheet")
        kind = visit.office.type(typed.get("type", ""))
        purpose = _PURPOSES[typed.get("purpose", "correct")]
        judged = replacing_lists.judge(
            visit.office, data, kind, agency=agency, purpose=purpose, first_day=_day(typed.get("from", ""))
        )
        if judged.bad and not (typed.get("good_only") == "yes" and judged.good):
            return _list_form(visit, typed, judged=judged)
        made = replacing_lists.draft(
            visit.office, judged.good, agency=agency, purpose=purpose, reason=typed.get("reason", "").strip()
        )
    except KeyError:
        return _list_form(visit, {}, [Fault("purpose", visit.words.gettext("Choose what it is to be."))])
    except (InvalidInput, FileRefused, NotReady, NotAllowed) as exc:
        return _list_form(visit, typed, [Fault("file", visit.words.explain(exc))])
    with visit.store.writing() as work:
        for number in made:
            audit_log.add(
                work, visit.occasion, "new versions drafted", who=visit.who.login, agency=agency,
                subject=f"batch {number}", detail=str(purpose),
            )  # fmt: skip
    sentence = visit.words.ngettext(
        "%(num)s new version is drafted. Rehearse and submit its batch.",
        "%(num)s new versions are drafted. Rehearse and submit their batches.",
        len(judged.good),
    )
    return visit.done(f"/batches/{made[0]}" if len(made) == 1 else "/batches?state=draft", sentence)


@router.get("/versions/template/{identifier}.csv")
def list_template(identifier: str, visit: Visiting) -> Response:
    """Return an empty table for such a file."""
    data = importing.template(visit.office.type(identifier), language=visit.language)
    headers = {"Content-Disposition": f'attachment; filename="{identifier}.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


def _open(visit: Visit, row_id: str, way: str) -> Response:
    _require_clerk(visit)
    certificate, kind = _old(visit, row_id)
    with visit.store.reading() as work:
        claims = visit.office.records.claims(work, certificate)
    return _form(visit, certificate, forms.filled(kind, claims, visit.words), way)


def _make(visit: Visit, row_id: str, way: str) -> Response:
    agency = _require_clerk(visit)
    certificate, kind = _old(visit, row_id)
    with visit.store.reading() as work:
        before = forms.cells(kind, visit.office.records.claims(work, certificate))
    typed = {key: value for key, value in visit.form.items() if isinstance(value, str)}
    form = forms.read(kind, typed, visit.words)
    if form.faults:
        return _form(visit, certificate, form, way, [Fault(*each) for each in form.faults])
    cells = {each.claim: each.value for each in form.fields if _tidy(each.value) != _tidy(before.get(each.claim, ""))}
    try:
        _require(visit.typed("reason").strip(), "reason: got none, wanted why there is a new version")
        changes = Changes(cells, _day(visit.typed("from")))
        batch = replacing.draft(
            visit.office, certificate, changes, purpose=_PURPOSES[way], reason=visit.typed("reason").strip()
        )
    except ClaimsInvalid as exc:
        form = forms.refused(form, kind, exc, visit.words)
        return _form(visit, certificate, form, way, [Fault(*each) for each in form.faults])
    except (InvalidInput, NotAllowed, NotReady) as exc:
        field = {"from": "from", "reason": "reason"}.get(str(exc).partition(":")[0], "")
        return _form(visit, certificate, form, way, [Fault(field, visit.words.explain(exc))])
    with visit.store.writing() as work:
        audit_log.add(
            work, visit.occasion, "new version drafted", who=visit.who.login, agency=agency,
            subject=f"batch {batch}", detail=f"of certificate {row_id}",
        )  # fmt: skip
    return visit.done(
        f"/batches/{batch}", visit.words.gettext("The new version is drafted. Rehearse and submit its batch.")
    )


def _form(
    visit: Visit,
    certificate: Certificate,
    form: Form,
    way: str,
    faults: list[Fault] | None = None,
) -> Response:
    shown = certificate_views.whole(visit, certificate)
    return visit.page(
        "certificate_version.html",
        status=422 if faults else 200,
        faults=faults or (),
        form=form,
        way=way,
        typed={"from": visit.typed("from"), "reason": visit.typed("reason")},
        today=visit.office.today,
        **shown,
    )


def _list_form(
    visit: Visit,
    typed: dict[str, str],
    faults: list[Fault] | None = None,
    judged: replacing_lists.JudgedList | None = None,
) -> Response:
    bad = judged.bad if judged else ()
    if bad and not faults:
        faults = [Fault("file", visit.words.gettext("Some rows cannot be carried out; nothing was drafted."))]
    return visit.page(
        "certificate_list.html",
        status=422 if faults else 200,
        faults=faults or (),
        typed=defaultdict(str, typed),
        types=certificate_views.type_names(visit),
        good=len(judged.good) if judged else 0,
        bad=[(each.row, each.number, visit.words.explain(each.trouble)) for each in bad[:_SHOWN]],
        more=max(0, len(bad) - _SHOWN),
        most=replacing_lists.MOST,
    )


def _old(visit: Visit, row_id: str) -> tuple[Certificate, CertificateType]:
    with visit.store.reading() as work:
        certificate = visit.sight.own_certificate(work, row_id)
    return certificate, visit.office.type(certificate.certificate_type)


def _require_clerk(visit: Visit) -> int:
    visit.require(Role.PREPARER, Role.STATUS_OFFICER)
    if visit.agency is None:
        raise NotAllowed("the council issues no certificates")
    return visit.who.agency


def _day(text: str) -> date | None:
    return days.read(text.strip(), "from") if text.strip() else None


def _tidy(cell: str) -> str:
    return "\n".join(line.strip() for line in cell.replace("\r", "").strip().splitlines())


def _require(given: object, otherwise: str) -> None:
    if not given:
        raise InvalidInput(otherwise)
