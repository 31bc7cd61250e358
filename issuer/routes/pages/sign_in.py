"""Signing in with password and second factor, and signing out."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Response

from issuer.errors import SessionOver, SignInRefused, TooManyAttempts
from issuer.people import second_factors, sign_in
from issuer.routes.pages import cookies, front, passkey_forms
from issuer.routes.pages.front import Begun, Call, Calling, Fault, Visit, next_page
from issuer.tables import account_rows

router = front.router(tags=["signing in"])
Next = Annotated[str, Query()]


@router.get("/sign-in")
def ask(call: Calling, next: Next = "/") -> Response:  # noqa: A002 — the address's own word
    """Ask for name and password."""
    return _form(call, next_page(call.request, next))


@router.post("/sign-in")
def take(call: Calling) -> Response:
    """Take the first step."""
    wanted = next_page(call.request, call.typed("next"))
    try:
        step = sign_in.with_password(
            call.store,
            call.at.site.passwords,
            login=call.typed("login"),
            password=call.typed("password"),
            occasion=call.occasion,
            entropy=call.office.entropy,
        )
    except (SignInRefused, TooManyAttempts) as exc:
        return _form(call, wanted, exc)
    return follow(call, step, wanted)


@router.get("/sign-in/second")
def ask_second(visit: Begun, next: Next = "/") -> Response:  # noqa: A002 — the address's own word
    """Ask for the second factor."""
    wanted = next_page(visit.request, next)
    return visit.goto(wanted) if visit.who.complete else _second(visit, wanted)


@router.post("/sign-in/second")
def take_second(visit: Begun) -> Response:
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
        return _second(visit, wanted, exc)
    return follow(visit, step, wanted)


@router.post("/sign-in/passkey/options")
def passkey_options(visit: Begun) -> Response:
    """Return the challenge that a passkey answers."""
    return passkey_forms.challenge(visit)


@router.post("/sign-in/passkey")
def take_passkey(visit: Begun) -> Response:
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
        return _second(visit, wanted, exc)
    return follow(visit, step, wanted)


@router.post("/sign-out")
def leave(visit: Begun) -> Response:
    """Sign out in this browser."""
    return _out(visit, everywhere=False)


@router.post("/sign-out/everywhere")
def leave_everywhere(visit: Begun) -> Response:
    """Sign out wherever the person is signed in."""
    return _out(visit, everywhere=True)


@router.get("/signed-out")
def gone(call: Calling) -> Response:
    """Say that nobody is signed in here any more."""
    return call.page("signed_out.html")


def follow(call: Call, step: sign_in.Step, wanted: str) -> Response:
    """Go on after a step: to the second one, or to where somebody wanted to go."""
    answer = call.goto(wanted if step.complete else f"/sign-in/second?next={quote(wanted, safe='')}")
    cookies.keep_token(answer, call.at.site, step.token)
    return answer


def _form(call: Call, wanted: str, error: SignInRefused | TooManyAttempts | None = None) -> Response:
    faults = () if error is None else (_fault(call, error, "login"),)
    return call.page(
        "sign_in.html",
        status=200 if error is None else 429 if isinstance(error, TooManyAttempts) else 401,
        faults=faults,
        next=wanted,
        provider=call.at.site.provider.name if call.at.site.provider else "",
        login=call.typed("login") if error is not None else "",
    )


def _second(visit: Visit, wanted: str, error: SignInRefused | TooManyAttempts | None = None) -> Response:
    with visit.store.reading() as work:
        person = account_rows.person(work, visit.who.person_id)
        app, passkey = second_factors.has_app(work, person), second_factors.has_passkey(work, person)
    return visit.page(
        "sign_in_second.html",
        status=200 if error is None else 429 if isinstance(error, TooManyAttempts) else 401,
        faults=() if error is None else (_fault(visit, error, "code"),),
        # Whoever is half signed in sees nothing yet.
        who=None,
        nav=(),
        next=wanted,
        app=app,
        passkey=passkey,
    )


def _fault(call: Call, error: SignInRefused | TooManyAttempts, field: str) -> Fault:
    return Fault(field, front.refusal(call, error))


def _out(visit: Visit, *, everywhere: bool) -> Response:
    # Somebody may have been quicker; the end is the same.
    with suppress(SessionOver):
        sign_in.out(visit.store, token=visit.token, occasion=visit.occasion, everywhere=everywhere)
    answer = visit.goto("/signed-out")
    cookies.drop_token(answer, visit.at.site)
    return answer
