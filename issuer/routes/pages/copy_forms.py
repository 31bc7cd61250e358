"""The form for a limited copy: the same for holders and for officers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chain.errors import ClaimsInvalid, InvalidInput
from issuer import copies, days
from issuer.copies import Wish
from issuer.errors import DocumentTrouble, NotAllowed, NotReady
from issuer.routes.pages.front import Fault

if TYPE_CHECKING:
    from starlette.responses import Response

    from chain.errors import YinxinError
    from issuer.audit_log import Occasion
    from issuer.routes.pages.front import Call
    from issuer.tables.models import Certificate

_USUAL = timedelta(days=30)


def show(call: Call, certificate: Certificate, *, action: str, back: str, error: YinxinError | None = None) -> Response:
    """Show the form: with what was typed, and what is wrong with it, where it was sent before."""
    office, today = call.office, call.office.today
    with office.store.reading() as work:
        offered = copies.choices(office, work, certificate)
    latest = copies.latest_day(certificate, today)
    sent = bool(call.form)
    return call.page(
        "copy_form.html",
        status=200 if error is None else 422,
        faults=() if error is None else faults_of(call, error, certificate),
        action=action,
        back=back,
        fixed=[each.claim.labels[call.language] for each in offered if each.fixed],
        options=[
            (each.claim.key, each.claim.labels[call.language], each.claim.display(each.value, call.language))
            for each in offered
            if not each.fixed
        ],
        chosen=call.chosen("shown") if sent else [],
        purpose=call.typed("purpose"),
        recipient=call.typed("recipient"),
        last_day=call.typed("last_day") if sent else min(latest, today + _USUAL).isoformat(),
        first=today,
        latest=latest,
    )


def answer(call: Call, certificate: Certificate, *, action: str, back: str, by: str, occasion: Occasion) -> Response:
    """Take the form: show what the copy will say, and make it once that was seen."""
    wish = _wish(call)
    try:
        copies.require_sound(wish, certificate, call.office.today)
        copies.require_in_force(call.office, certificate)
        # A holder may have two certificates open in one browser, which knows of the one that was opened last alone.
        if call.typed("step") == "make" and call.typed("certificate") in {"", certificate.id}:
            copies.make(call.office, call.at.renderer(), certificate.id, wish, by=by, occasion=occasion)
            return call.done(back, call.words.gettext("The limited copy is made. Download it below."))
    except (ClaimsInvalid, NotReady, NotAllowed, DocumentTrouble) as error:
        return show(call, certificate, action=action, back=back, error=error)
    if call.typed("step") == "change":
        return show(call, certificate, action=action, back=back)
    with call.store.reading() as work:
        offered = copies.choices(call.office, work, certificate)
    return call.page(
        "copy_review.html",
        certificate_id=certificate.id,
        action=action,
        back=back,
        wish=wish,
        rows=[
            (each.claim.labels[call.language], each.claim.display(each.value, call.language))
            for each in offered
            if each.fixed or each.claim.key in wish.chosen
        ],
        left_out=[
            each.claim.labels[call.language] for each in offered if not each.fixed and each.claim.key not in wish.chosen
        ],
        first=call.office.today,
    )


def faults_of(call: Call, error: YinxinError, certificate: Certificate) -> tuple[Fault, ...]:
    """Say what is wrong, at the fields."""
    words, today = call.words, call.office.today
    if not isinstance(error, ClaimsInvalid):
        return (Fault("", words.explain(error)),)
    said = {
        "purpose": words.gettext("Say what the copy is for, in at most 50 characters and without unusual signs."),
        "recipient": words.gettext("Say who is to get the copy, in at most 50 characters and without unusual signs."),
        "last_day": words.gettext(
            "Choose a last day from %(first)s to %(last)s.",
            first=words.day(today),
            last=words.day(copies.latest_day(certificate, today)),
        ),
    }
    fields = dict.fromkeys(each.claim for each in error.faults)
    return tuple(Fault(field, said[field]) for field in fields)


def _wish(call: Call) -> Wish:
    try:
        last_day = days.read(call.typed("last_day"), "last_day")
    except InvalidInput:
        last_day = None
    return Wish(
        chosen=frozenset(call.chosen("shown")),
        purpose=call.typed("purpose").strip(),
        recipient=call.typed("recipient").strip(),
        last_day=last_day,
    )
