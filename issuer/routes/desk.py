"""What routes work with, and who is asking.

Officers identify themselves by HTTP Basic: the name of their key and its password. The password opens the key and is
not stored; so an officer's key signs only when that officer asks. Passwords that open nothing are counted by name and
by place, and delay the next attempt. Other systems are clients, see issuer/routes/admitted.py.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from issuer import audit_log, rights, site
from issuer.audit_log import Occasion
from issuer.errors import Locked, NotFound
from issuer.keys import Officer
from issuer.office import Office  # noqa: TC001 — as above
from issuer.people import attempts
from issuer.people.attempts import Subject
from issuer.site import Site  # noqa: TC001 — as above
from issuer.webhook.sending import Sender

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.doctor import Patient
    from issuer.document.documents import Renderer
    from issuer.sending.sealing import Lane

_REMEMBERED_S = 300.0
"""Opening a key takes most of a second; one that was just opened is kept for a while."""
_MOST_REMEMBERED = 256
_FREE_ATTEMPTS = 5
_NOBODY = "nobody"


@dataclass(slots=True)
class Doorkeeper:
    """Opens officers' keys by their passwords, and remembers the latest for a few minutes."""

    office: Office
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _opened: dict[bytes, tuple[float, Officer]] = field(default_factory=dict)

    def officer(self, name: str, password: str, source: str) -> Officer:
        """Return the officer; raises HTTP 401 whether it is the name or the password that is wrong.

        Raises `TooManyAttempts` after too many wrong ones; who opened the key a few minutes ago is not kept waiting.
        """
        # JSON can say half a character (a lone surrogate), which no name or password has.
        name = name.encode(errors="replace").decode()
        mark = hmac.digest(self._secret, f"{name}\n{password}".encode(errors="replace"), hashlib.sha256)
        since, known = self._opened.get(mark, (0.0, None))
        if known is not None and monotonic() - since < _REMEMBERED_S:
            return replace(known, source=source)
        counted, place = Subject("officer's key", name, free=_FREE_ATTEMPTS), attempts.by_source(source)
        occasion = Occasion(self.office.now(), source)
        with self.office.store.writing() as work:
            attempts.count(work, counted, place, now=occasion.now)
        try:
            officer = self.office.keystore.officer(name, password=password)
        except (NotFound, Locked) as exc:
            who, agency = self._named(name)
            with self.office.store.writing() as work:
                audit_log.add(work, occasion, "officer refused", who=_NOBODY, agency=agency, subject=who)
            raise HTTPException(
                401,
                "wanted the name of an officer's key and its password, by HTTP Basic",
                {"WWW-Authenticate": 'Basic realm="yinxin", charset="UTF-8"'},
            ) from exc
        with self.office.store.writing() as work:
            attempts.succeeded(work, counted)
            attempts.not_failed(work, place)
        if len(self._opened) >= _MOST_REMEMBERED:
            self._opened.clear()
        self._opened[mark] = (monotonic(), officer)
        return replace(officer, source=source)

    def _named(self, name: str) -> tuple[str, int | None]:
        """Return how a name is written down: what nobody is called may be a password, typed in the wrong field."""
        known = next((each for each in self.office.keystore.officers() if each.name == name), None)
        return (_NOBODY, None) if known is None else (known.name, known.agency)


@dataclass(frozen=True, slots=True)
class Desk:
    """One issuer behind a counter."""

    office: Office
    lane: Callable[[], Lane]
    """Opens the sending account's lane anew, with fresh patience."""
    sender: Callable[[], bytes]
    """The sending account's address; raises `NotFound` if its key is not here."""
    renderer: Callable[[], Renderer]
    doorkeeper: Doorkeeper
    site: Site = field(default_factory=site.local)
    patient: Callable[[], Patient] | None = None
    """How a doctor opens the parts of this service; None where nobody said."""
    webhook_sender: Sender = field(default_factory=Sender)
    """Knows which addresses webhooks may have."""


def desk(request: Request) -> Desk:
    """Return the desk of this application."""
    found: Desk = request.app.state.desk
    return found


def source_of(request: Request) -> str:
    """Return from where a request comes, as the server in front of us says."""
    return request.client.host if request.client else "unknown"


def officer(
    request: Request,
    credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic(realm="yinxin"))],
    at: Annotated[Desk, Depends(desk)],
) -> Officer:
    """Return who is asking."""
    return at.doorkeeper.officer(credentials.username, credentials.password, source_of(request))


AtDesk = Annotated[Desk, Depends(desk)]
Asking = Annotated[Officer, Depends(officer)]


def require_media_type(wanted: str) -> Callable[[Request], None]:
    """Return a dependency that answers 415 to a body of any other media type."""

    def check(request: Request) -> None:
        got = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if got != wanted:
            raise HTTPException(415, f"content type: got «{got[:60]}», wanted {wanted}", {"Accept": wanted})

    return check


def require_sight(at: Desk, asking: Officer, agency: int, absent: str = "") -> None:
    """Let officers see what belongs to their agency or to one below it, if the registry knows them as officers.

    What is out of sight is not found; `absent` is what is said of something that is not there at all.
    """
    directory = at.office.directory()
    rights.require_any_capability(asking, directory)
    if all(each.id != asking.agency for each in directory.line(agency)):
        raise NotFound(absent or f"agency {agency}: nothing of it is in sight of officer {asking.name}")
