"""Accepting an invitation: the own name and a password, then whoever it is is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from chain.errors import InvalidInput
from issuer.errors import PasswordRefused, SignInRefused
from issuer.people import accounts, sign_in
from issuer.routes.pages import front
from issuer.routes.pages.front import Call, Calling, Fault
from issuer.routes.pages.sign_in import follow

if TYPE_CHECKING:
    from issuer.tables.account_models import Person

router = front.router(tags=["signing in"])


@router.get("/invitation/{token}")
def greet(token: str, call: Calling) -> Response:
    """Greet whom the invitation is for."""
    try:
        person = accounts.invited(call.store, token, call.now)
    except SignInRefused:
        return call.page("invitation_over.html", status=404)
    return _form(call, token, person, name=person.display_name)


@router.post("/invitation/{token}")
def accept(token: str, call: Calling) -> Response:
    """Take name and password; the account is active then."""
    try:
        person = accounts.invited(call.store, token, call.now)
    except SignInRefused:
        return call.page("invitation_over.html", status=404)
    name, password = call.typed("name").strip(), call.typed("password")
    if password != call.typed("again"):
        fault = Fault("again", call.words.gettext("The two are not the same. Type the password twice."))
        return _form(call, token, person, name=name, fault=fault)
    if not name:
        return _form(call, token, person, name="", fault=Fault("name", call.words.gettext("Type your name.")))
    try:
        accounts.accept(
            call.store,
            call.office.keystore,
            call.at.site.passwords,
            token=token,
            password=password,
            display_name=name,
            occasion=call.occasion,
            entropy=call.office.entropy,
        )
    except PasswordRefused as exc:
        return _form(call, token, person, name=name, fault=Fault("password", call.words.explain(exc)))
    except InvalidInput as exc:
        return _form(call, token, person, name=name, fault=Fault("name", call.words.explain(exc)))
    step = sign_in.with_password(
        call.store,
        call.at.site.passwords,
        login=person.login,
        password=password,
        occasion=call.occasion,
        entropy=call.office.entropy,
    )
    return follow(call, step, "/")


def _form(call: Call, token: str, person: Person, *, name: str, fault: Fault | None = None) -> Response:
    return call.page(
        "invitation.html",
        status=200 if fault is None else 422,
        faults=() if fault is None else (fault,),
        token=token,
        login=person.login,
        name=name,
    )
