"""The doctor's page: what was found, and the mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer import audit_log, doctor
from issuer.errors import NotReady
from issuer.findings import Finding, Outcome
from issuer.routes.pages import front
from issuer.routes.pages.front import Visiting  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.said import msgid
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from starlette.responses import Response

router = front.router(tags=["doctor"])

_ROLES = (Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER)
_MARKS = {
    Outcome.WELL: (msgid("Well"), "green"),
    Outcome.WARNING: (msgid("Look at this"), "yellow"),
    Outcome.TROUBLE: (msgid("Trouble"), "red"),
    Outcome.NOT_RUN: (msgid("Not known"), "grey"),
}
_WORST = {
    Outcome.WELL: msgid("All is well."),
    Outcome.WARNING: msgid("It works; some things want to be looked at."),
    Outcome.TROUBLE: msgid("Something is wrong."),
    Outcome.NOT_RUN: msgid("Not everything could be asked, so nobody knows whether all is well."),
}


@router.get("/doctor")
def start(visit: Visiting) -> Response:
    """Offer an examination."""
    visit.require(*_ROLES)
    return visit.page("doctor.html", findings=(), summary=None, examined_at=None)


@router.post("/doctor")
def examine(visit: Visiting) -> Response:
    """Examine everything, and show what was found."""
    visit.require(*_ROLES)
    if visit.at.patient is None:
        raise NotReady("this service was started without a doctor; run `yinxin-issuer doctor`")
    findings = doctor.examine(visit.at.patient())
    worst = doctor.worst(findings)
    with visit.store.writing() as work:
        audit_log.add(
            work, visit.occasion, "examined", who=visit.who.login, agency=visit.who.agency, detail=worst.value
        )
    return visit.page(
        "doctor.html",
        findings=[_shown(visit, each) for each in findings],
        summary=(worst.value, visit.words.gettext(_WORST[worst])),
        examined_at=visit.now,
    )


def _shown(visit: Visiting, finding: Finding) -> dict[str, str]:
    word, colour = _MARKS[finding.outcome]
    translate = visit.words.raw
    return {
        "about": finding.about.said(translate),
        "word": visit.words.gettext(word),
        "colour": colour,
        "got": finding.got.said(translate),
        "mend": finding.mend.said(translate) if finding.mend else "",
    }
