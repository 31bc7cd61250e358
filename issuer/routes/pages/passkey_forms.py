"""What the page's script is given so that a passkey can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response

from issuer.people import passkeys
from issuer.tables import account_rows

if TYPE_CHECKING:
    from issuer.routes.pages.front import Visit


def challenge(visit: Visit) -> Response:
    """Return what the browser gives to `navigator.credentials.get`."""
    with visit.store.writing() as work:
        person = account_rows.person(work, visit.who.person_id)
        options = passkeys.authentication_options(
            work, person, visit.at.site.party, now=visit.now, entropy=visit.office.entropy
        )
    return Response(options, media_type="application/json")


def registration(visit: Visit) -> Response:
    """Return what the browser gives to `navigator.credentials.create`."""
    with visit.store.writing() as work:
        person = account_rows.person(work, visit.who.person_id)
        options = passkeys.registration_options(
            work, person, visit.at.site.party, now=visit.now, entropy=visit.office.entropy
        )
    return Response(options, media_type="application/json")
