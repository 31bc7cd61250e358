"""Showing again who is there, before something is signed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from issuer.errors import SignInRefused, TooManyAttempts
from issuer.people import second_factors, sessions, sign_in
from issuer.routes.pages import cookies, front, passkey_forms
from issuer.routes.pages.front import Entering, Fault, Visit, next_page
from issuer.tables import account_rows

router = front.router(tags=["signing in"])


@router.get("/confirm")
def ask(visit: Entering, next: Annotated[str, Query()] = "/") -> Response:  # noqa: A002 — the address's own word
    """Ask for what is still wanting: the password where it opens a key, then the second factor."""
    wanted = next_page(visit.request, next)
    return visit.goto(wanted) if visit.is_fresh else _form(visit, wanted)


@router.post("/confirm/password")
def take_password(visit: Entering) -> Response:
    """Take the password, which opens the officer's key for this session."""
    wanted = next_page(visit.request, visit.typed("next"))
    try:
        sign_in.confirm_password(
            visit.store,
            visit.at.site.passwords,
            token=visit.token,
            password=visit.typed("password"),
            occasion=visit.occasion,
            entropy=visit.office.entropy,
        )
    except (SignInRefused, TooManyAttempts) as exc:
        return _form(visit, wanted, Fault("password", front.refusal(visit, exc)))
    return visit.goto(front.confirm_url(wanted))


@router.post("/confirm/code")
def take_code(visit: Entering) -> Response:
    """Take a code of an app, or a recovery code."""
    wanted = next_page(visit.request, visit.typed("next"))
    try:
        step = sign_in.with_code(
            visit.store,
            key=visit.office.records.master,
            token=visit.token,
            code=visit.typed("code"),
            occasion=visit.occasion,
            entropy=visit.office.entropy,
        )
    except (SignInRefused, TooManyAttempts) as exc:
        return _form(visit, wanted, Fault("code", front.refusal(visit, exc)))
    return _on(visit, step, wanted)


@router.post("/confirm/passkey/options")
def passkey_options(visit: Entering) -> Response:
    """Return the challenge that a passkey answers."""
    return passkey_forms.challenge(visit)


@router.post("/confirm/passkey")
def take_passkey(visit: Entering) -> Response:
    """Take a passkey's answer."""
    wanted = next_page(visit.request, visit.typed("next"))
    try:
        step = sign_in.with_passkey(
            visit.store,
            party=visit.at.site.party,
            token=visit.token,
            response=visit.typed("response"),
            occasion=visit.occasion,
            entropy=visit.office.entropy,
        )
    except (SignInRefused, TooManyAttempts) as exc:
        return _form(visit, wanted, Fault("code", front.refusal(visit, exc)))
    return _on(visit, step, wanted)


def _on(visit: Visit, step: sign_in.Step, wanted: str) -> Response:
    # The page that wanted it sees by itself whether anything is still missing.
    answer = visit.goto(wanted)
    cookies.keep_token(answer, visit.at.site, step.token)
    return answer


def _form(visit: Visit, wanted: str, fault: Fault | None = None) -> Response:
    with visit.store.reading() as work:
        person = account_rows.person(work, visit.who.person_id)
        enrolled = second_factors.is_enrolled(work, person)
        has_secret = person.key_name is None or sessions.secret(work, visit.token, visit.now) is not None
        app, passkey = second_factors.has_app(work, person), second_factors.has_passkey(work, person)
    return visit.page(
        "confirm.html",
        status=200 if fault is None else 401,
        faults=() if fault is None else (fault,),
        next=wanted,
        password_first=not has_secret or not enrolled,
        app=app,
        passkey=passkey,
    )
