"""The first page: what waits for whoever is signed in, and the language of all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response

from issuer import overview, wording
from issuer.errors import NotFound
from issuer.people import preferences
from issuer.routes.pages import cookies, front, health
from issuer.routes.pages.front import Calling, Visiting, next_page
from issuer.said import msgid
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.routes.pages.front import Visit

router = front.router(tags=["home"])

_TOUR = {
    None: msgid("This page shows what waits for you, what is on its way, and what runs out soon."),
    Role.PREPARER: msgid(
        "«New» makes certificates, one by one or from a spreadsheet with many rows. Nothing is signed before a "
        "colleague has approved it."
    ),
    Role.APPROVER: msgid(
        "«Batches» holds what colleagues have submitted. You look at a sample and everything with a warning, and "
        "approve or return it."
    ),
    Role.STATUS_OFFICER: msgid(
        "«Status orders» suspends, revokes or resumes; a second officer signs each. An emergency needs one, for a day."
    ),
    Role.AGENCY_MANAGER: msgid("«People» invites colleagues and gives them roles. «Log» shows who did what."),
    Role.COUNCIL_MEMBER: msgid("«People» invites the first manager of an agency, who then invites the others."),
    Role.AUDITOR: msgid("You see everything of the agency, and change nothing."),
}
_LAST = msgid("Help for the page you are on stands at the top right. You can have this tour again under your name.")


@router.get("/")
def home(visit: Visiting) -> Response:
    """Show what waits."""
    today = visit.office.today
    agencies = [each for each in visit.sight.agencies if each]
    with visit.store.reading() as work:
        person = account_rows.person(work, visit.who.person_id)
        waiting = overview.waiting_for(work, person, today=today, now=visit.now)
        states = overview.batches_by_state(work, agencies)
        documents = overview.without_documents(work, agencies)
        months = overview.running_out(work, visit.who.agency, today=today) if visit.who.agency else None
        how = health.of(work, visit.words, visit.now)
    return visit.page(
        "home.html", waiting=waiting, queue=_queue(states, documents), months=months, health=how, tour=_tour(visit)
    )


@router.get("/language/{language}")
def choose_language(
    language: str,
    call: Calling,
    next: Annotated[str, Query(max_length=400)] = "/",  # noqa: A002 — the address's own word
) -> Response:
    """Change the language, and come back."""
    if language not in wording.LANGUAGES:
        raise NotFound(f"language: got «{language[:20]}», wanted zh-CN or en")
    answer = call.goto(next_page(call.request, next))
    cookies.keep_language(answer, call.at.site, language)
    visit = front.visitor(call)
    if visit is not None:
        with call.store.writing() as work:
            preferences.set_language(work, visit.who.person_id, language)
    return answer


def _queue(states: Mapping[State, int], documents: int) -> list[tuple[str, int, str]]:
    sealing = sum(states.get(state, 0) for state in (State.QUEUED, State.SENT, State.IN_BLOCK, State.FINAL))
    return [
        (msgid("Submitted, wait for an approval"), states.get(State.PREPARED, 0), "/batches?state=submitted"),
        (msgid("Approved, can still be recalled"), states.get(State.APPROVED, 0), "/batches?state=approved"),
        (msgid("Being sealed"), sealing, "/batches?state=queue"),
        (msgid("Signed, documents are being made"), documents, "/batches?state=signed"),
        (msgid("Failed"), states.get(State.FAILED, 0), "/batches?state=failed"),
    ]


def _tour(visit: Visit) -> list[str]:
    lines = [word for role, word in _TOUR.items() if role is None or role in visit.who.roles]
    return [visit.words.gettext(line) for line in (*lines, _LAST)]
