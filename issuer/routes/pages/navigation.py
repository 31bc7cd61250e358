"""Which pages are offered to whom, and which help belongs to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer.said import msgid
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from issuer.people.sessions import SignedIn

_OF_AGENCIES = frozenset(Role) - {Role.COUNCIL_MEMBER}
_ALL = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the navigation."""

    url: str
    word: str
    """A msgid."""
    active: bool = False


_PLACES: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/", msgid("Work"), _ALL),
    ("/new", msgid("New"), frozenset({Role.PREPARER})),
    ("/batches", msgid("Batches"), _ALL),
    ("/queue", msgid("To the chain"), _ALL),
    ("/certificates", msgid("Certificates"), _OF_AGENCIES),
    ("/orders", msgid("Status orders"), _OF_AGENCIES),
    ("/inspections", msgid("Inspections"), _OF_AGENCIES),
    ("/people", msgid("People"), frozenset({Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER})),
    ("/clients", msgid("Interfaces"), frozenset({Role.AGENCY_MANAGER})),
    ("/reconciliation", msgid("Reconciliation"), frozenset({Role.AGENCY_MANAGER, Role.AUDITOR})),
    ("/log", msgid("Log"), frozenset({Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER, Role.AUDITOR})),
    ("/doctor", msgid("Doctor"), frozenset({Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER})),
)

_WITHIN = {
    "imports": "/new",
    "drafts": "/new",
    "versions": "/certificates",
    "erasures": "/certificates",
}
"""Pages that stand in the navigation under another one's word, by the first part of their address."""

_TOPICS = {
    "": "start",
    "new": "preparing",
    "imports": "preparing",
    "drafts": "preparing",
    "batches": "batches",
    "certificates": "certificates",
    "versions": "certificates",
    "orders": "statuses",
    "inspections": "inspections",
    "erasures": "erasures",
    "people": "people",
    "invitation": "signing-in",
    "clients": "interfaces",
    "log": "log",
    "reconciliation": "reconciliation",
    "doctor": "doctor",
    "queue": "batches",
    "sign-in": "signing-in",
    "confirm": "signing-in",
    "account": "account",
}


def of(who: SignedIn, path: str) -> tuple[Place, ...]:
    """Return the pages for somebody, with the one that is open marked."""
    first = path.strip("/").partition("/")[0]
    open_now = _WITHIN.get(first, f"/{first}")
    return tuple(Place(url, word, active=url == open_now) for url, word, roles in _PLACES if who.roles & roles)


def help_topic(path: str) -> str:
    """Return which help page belongs to a page."""
    parts = path.strip("/").split("/")
    # A certificate's own page of another matter: /certificates/<id>/erasure.
    last = {"erasure": "erasures", "suspend": "statuses"}.get(parts[2]) if len(parts) > 2 else None  # noqa: PLR2004
    return last or _TOPICS.get(parts[0], "start")
