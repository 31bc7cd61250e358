"""Setting up a second factor, and taking one out."""

from __future__ import annotations

import pyotp
from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from issuer.errors import NotReady, SecondFactorWanted, SignInRefused
from issuer.people import passkeys, second_factors
from issuer.routes.pages import front, passkey_forms, pictures
from issuer.routes.pages.front import Entering, Fault, Visit
from issuer.tables import account_rows

router = front.router(tags=["account"])


@router.get("/account/second-factor")
def choose(visit: Entering) -> Response:
    """Offer the kinds of second factors."""
    with visit.store.reading() as work:
        person = account_rows.person(work, visit.who.person_id)
        return visit.page(
            "factor.html",
            app=second_factors.has_app(work, person),
            passkey=second_factors.has_passkey(work, person),
            demanded=second_factors.is_demanded(person),
        )


@router.get("/account/app")
def show_app(visit: Entering) -> Response:
    """Show the secret of an app that waits for its first code."""
    return _app_page(visit)


@router.post("/account/app")
def begin_app(visit: Entering) -> Response:
    """Make a secret, to be taken into an app."""
    _require_fresh(visit)
    try:
        with visit.store.writing() as work:
            person = account_rows.person(work, visit.who.person_id)
            second_factors.begin_app(
                work, person, key=visit.office.records.master, now=visit.now, entropy=visit.office.entropy
            )
    except NotReady as exc:
        return visit.done("/account", visit.words.explain(exc))
    return visit.goto("/account/app")


@router.post("/account/app/confirm")
def confirm_app(visit: Entering) -> Response:
    """Take the first code of the app, which then counts; recovery codes follow."""
    try:
        with visit.store.writing() as work:
            person = account_rows.person(work, visit.who.person_id)
            second_factors.confirm_app(
                work, person, visit.typed("code"), key=visit.office.records.master, occasion=visit.occasion
            )
    except NotReady:
        return visit.goto("/account/second-factor")
    except SignInRefused:
        fault = Fault("code", visit.words.gettext("This is not the code. Wait for the next one, and check the clock."))
        return _app_page(visit, fault)
    return _with_codes(visit, visit.words.gettext("The authenticator app was added."))


@router.post("/account/app/remove")
def remove_app(visit: Entering) -> Response:
    """Take the app out."""
    _require_fresh(visit)
    try:
        with visit.store.writing() as work:
            person = account_rows.person(work, visit.who.person_id)
            second_factors.remove_app(work, person, occasion=visit.occasion)
    except SecondFactorWanted:
        return _must_keep_one(visit)
    return visit.done("/account", visit.words.gettext("The authenticator app was removed."))


@router.post("/account/passkeys/options")
def passkey_options(visit: Entering) -> Response:
    """Return the challenge that a new passkey answers."""
    _require_fresh(visit)
    return passkey_forms.registration(visit)


@router.post("/account/passkeys")
def add_passkey(visit: Entering) -> Response:
    """Take a new passkey; its challenge was given only to who had shown who it is."""
    name = visit.typed("name").strip() or visit.words.gettext("Passkey")
    try:
        passkeys.register(
            visit.store,
            visit.who.person_id,
            visit.at.site.party,
            visit.typed("response"),
            name=name,
            occasion=visit.occasion,
        )
    except SignInRefused as exc:
        return visit.done("/account/second-factor", visit.words.explain(exc))
    return _with_codes(visit, visit.words.gettext("The passkey was added."))


@router.post("/account/passkeys/{passkey_id}/remove")
def remove_passkey(passkey_id: int, visit: Entering) -> Response:
    """Take a passkey out."""
    _require_fresh(visit)
    try:
        passkeys.remove(visit.store, visit.who.person_id, passkey_id, occasion=visit.occasion)
    except SecondFactorWanted:
        return _must_keep_one(visit)
    return visit.done("/account", visit.words.gettext("The passkey was removed."))


def _require_fresh(visit: Visit) -> None:
    """Have the visitor show who is there first: otherwise an open browser could be given another factor."""
    if not visit.is_fresh:
        raise front.Elsewhere(front.confirm_url("/account/second-factor"))


def _must_keep_one(visit: Visit) -> Response:
    return visit.done(
        "/account",
        visit.words.gettext("Nothing was removed: your roles demand a second factor. Add another one first."),
    )


def _app_page(visit: Visit, fault: Fault | None = None) -> Response:
    with visit.store.reading() as work:
        person = account_rows.person(work, visit.who.person_id)
        url = second_factors.waiting_app(work, person, key=visit.office.records.master)
    if url is None:
        return visit.goto("/account/second-factor")
    secret = pyotp.parse_uri(url).secret
    return visit.page(
        "factor_app.html",
        status=200 if fault is None else 422,
        faults=() if fault is None else (fault,),
        url=url,
        picture=pictures.qr_data_url(url),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )


def _with_codes(visit: Visit, sentence: str) -> Response:
    """Go on to the recovery codes if there are none yet."""
    with visit.store.writing() as work:
        person = account_rows.person(work, visit.who.person_id)
        if second_factors.recovery_codes_left(work, person):
            return visit.done("/account", sentence)
        codes = second_factors.new_recovery_codes(work, person, occasion=visit.occasion, entropy=visit.office.entropy)
    return visit.page("account_codes.html", codes=codes, login=visit.who.login)
