"""What routes work with, and who is asking.

Officers identify themselves by HTTP Basic: the name of their key and its password. The password opens the key and is
not stored; so an officer's key signs only when that officer asks.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from issuer import rights
from issuer.errors import Locked, NotAllowed, NotFound
from issuer.keys import Officer
from issuer.office import Office  # noqa: TC001 — as above

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.documents import Renderer
    from issuer.sealing import Lane

_REMEMBERED_S = 300.0
"""Opening a key takes most of a second; one that was just opened is kept for a while."""
_MOST_REMEMBERED = 256


@dataclass(slots=True)
class Doorkeeper:
    """Opens officers' keys by their passwords, and remembers the latest for a few minutes."""

    office: Office
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _opened: dict[bytes, tuple[float, Officer]] = field(default_factory=dict)

    def officer(self, name: str, password: str) -> Officer:
        """Return the officer; raises HTTP 401 whether it is the name or the password that is wrong."""
        # JSON can say half a character (a lone surrogate), which no name or password has.
        mark = hmac.digest(self._secret, f"{name}\n{password}".encode(errors="replace"), hashlib.sha256)
        since, known = self._opened.get(mark, (0.0, None))
        if known is not None and monotonic() - since < _REMEMBERED_S:
            return known
        try:
            officer = self.office.keystore.officer(name, password=password)
        except (NotFound, Locked) as exc:
            raise HTTPException(
                401,
                "wanted the name of an officer's key and its password, by HTTP Basic",
                {"WWW-Authenticate": 'Basic realm="yinxin", charset="UTF-8"'},
            ) from exc
        if len(self._opened) >= _MOST_REMEMBERED:
            self._opened.clear()
        self._opened[mark] = (monotonic(), officer)
        return officer


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


def desk(request: Request) -> Desk:
    """Return the desk of this application."""
    found: Desk = request.app.state.desk
    return found


def officer(
    credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic(realm="yinxin"))],
    at: Annotated[Desk, Depends(desk)],
) -> Officer:
    """Return who is asking."""
    return at.doorkeeper.officer(credentials.username, credentials.password)


AtDesk = Annotated[Desk, Depends(desk)]
Asking = Annotated[Officer, Depends(officer)]


def require_media_type(wanted: str) -> Callable[[Request], None]:
    """Return a dependency that answers 415 to a body of any other media type."""

    def check(request: Request) -> None:
        got = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if got != wanted:
            raise HTTPException(415, f"content type: got «{got[:60]}», wanted {wanted}", {"Accept": wanted})

    return check


def require_sight(at: Desk, asking: Officer, agency: int) -> None:
    """Let officers see what belongs to their agency or to one below it, if the registry knows them as officers."""
    directory = at.office.directory()
    rights.require_any_capability(asking, directory)
    if all(each.id != asking.agency for each in directory.line(agency)):
        raise NotAllowed(f"officer {asking.name} is neither of agency {agency} nor of one above it")
