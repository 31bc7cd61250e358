"""The own account: password, second factors, recovery codes, and where one is signed in."""

from __future__ import annotations

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from issuer import audit_log
from issuer.errors import NotReady, PasswordRefused, SignInRefused, TooManyAttempts
from issuer.people import accounts, preferences, second_factors, sessions
from issuer.routes.pages import front
from issuer.routes.pages.front import Entering, Fault
from issuer.tables import account_rows

router = front.router(tags=["account"])


@router.get("/account")
def show(visit: Entering) -> Response:
    """Show the account."""
    with visit.store.reading() as work:
        person = account_rows.person(work, visit.who.person_id)
        app = account_rows.totp(work, visit.who.person_id)
        return visit.page(
            "account.html",
            person=person,
            app=app if app is not None and app.confirmed_at is not None else None,
            passkeys=account_rows.passkeys(work, visit.who.person_id),
            codes_left=second_factors.recovery_codes_left(work, person),
            demanded=second_factors.is_demanded(person),
            sessions=account_rows.sessions(work, visit.who.person_id),
            mine=visit.who.token_digest,
        )


@router.get("/account/password")
def ask_password(visit: Entering) -> Response:
    """Ask for the old and a new password."""
    return visit.page("account_password.html")


@router.post("/account/password")
def change_password(visit: Entering) -> Response:
    """Change the password, and sign out everywhere else."""
    words = visit.words
    if visit.typed("new") != visit.typed("again"):
        fault = Fault("again", words.gettext("The two are not the same. Type the new password twice."))
        return visit.page("account_password.html", status=422, faults=(fault,))
    try:
        accounts.change_password(
            visit.store,
            visit.at.site.passwords,
            token=visit.token,
            old=visit.typed("old"),
            new=visit.typed("new"),
            occasion=visit.occasion,
            entropy=visit.office.entropy,
        )
    except (SignInRefused, TooManyAttempts) as exc:
        return visit.page("account_password.html", status=401, faults=(Fault("old", words.explain(exc)),))
    except (PasswordRefused, NotReady) as exc:
        return visit.page("account_password.html", status=422, faults=(Fault("new", words.explain(exc)),))
    return visit.done(
        "/account", words.gettext("The password was changed. Wherever else you were signed in, you are not any more.")
    )


@router.post("/account/recovery-codes")
def new_codes(visit: Entering) -> Response:
    """Make ten recovery codes, and show them this once."""
    if not visit.is_fresh:
        raise front.Elsewhere(front.confirm_url("/account"))
    with visit.store.writing() as work:
        person = account_rows.person(work, visit.who.person_id)
        codes = second_factors.new_recovery_codes(work, person, occasion=visit.occasion, entropy=visit.office.entropy)
    return visit.page("account_codes.html", codes=codes, login=visit.who.login)


@router.post("/account/sessions/end-others")
def end_others(visit: Entering) -> Response:
    """Sign out everywhere but here."""
    with visit.store.writing() as work:
        ended = sessions.end_all(work, visit.who.person_id, but=visit.who.token_digest)
        person = account_rows.person(work, visit.who.person_id)
        audit_log.add(work, visit.occasion, "signed out elsewhere", who=person, subject=person.login)
    return visit.done(
        "/account",
        visit.words.ngettext("Signed out in %(num)s other browser.", "Signed out in %(num)s other browsers.", ended),
    )


@router.post("/account/tour")
def end_tour(visit: Entering) -> Response:
    """Put the tour of the first sign-in away, or have it shown again."""
    with visit.store.writing() as work:
        if visit.typed("again"):
            preferences.begin_tour(work, visit.who.person_id)
        else:
            preferences.end_tour(work, visit.who.person_id, visit.now)
    return visit.goto("/")
