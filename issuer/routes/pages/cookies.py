"""The cookies: who is signed in, which language is wanted, and a sentence for the next page.

Where the service is reached by https, every name begins with `__Host-`, so that browsers take them from this very host
only, by https only. Nothing in them is about a holder.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from chain import base64url
from issuer import wording

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from issuer.site import Site

_SESSION, _GUEST, _LANGUAGE, _SAID = "yinxin", "yinxin-guest", "yinxin-language", "yinxin-said"
_BROWSER = "yinxin-provider"
_PROVIDER_S = 600
_YEAR_S = 365 * 24 * 3600
_MINUTE_S = 60
_LONGEST_SAID = 600
_MARK_BYTES = 16


def token(request: Request, site: Site) -> str:
    """Return the session's token; empty where there is none."""
    return request.cookies.get(_name(site, _SESSION), "")


def keep_token(response: Response, site: Site, value: str) -> None:
    """Give the browser the session's token; it ends with the browser, or when the session does."""
    _set(response, site, _SESSION, value)


def drop_token(response: Response, site: Site) -> None:
    """Take the session's token from the browser."""
    _drop(response, site, _SESSION)


def guest(request: Request, site: Site) -> str:
    """Return what marks the browser of somebody who is not signed in; made for the request where there is none."""
    state = request.state
    found = getattr(state, "guest", "") or request.cookies.get(_name(site, _GUEST), "")
    if not found:
        found = secrets.token_urlsafe(_MARK_BYTES)
        state.guest_is_new = True
    state.guest = found
    return str(found)


def keep_guest(request: Request, response: Response, site: Site) -> None:
    """Give the browser its mark, if that is new."""
    if getattr(request.state, "guest_is_new", False):
        _set(response, site, _GUEST, request.state.guest)


def language(request: Request, site: Site) -> str:
    """Return the language that was chosen in this browser, or else the one it asks for."""
    chosen = request.cookies.get(_name(site, _LANGUAGE), "")
    return chosen if chosen in wording.LANGUAGES else wording.wanted_by(request.headers.get("accept-language", ""))


def keep_language(response: Response, site: Site, value: str) -> None:
    """Remember a language in this browser."""
    _set(response, site, _LANGUAGE, value, max_age=_YEAR_S)


def browser(request: Request, site: Site) -> str:
    """Return what binds an identity provider's answer to this browser."""
    return request.cookies.get(_name(site, _BROWSER), "")


def keep_browser(response: Response, site: Site, value: str) -> None:
    """Mark a browser whose person goes to the identity provider."""
    _set(response, site, _BROWSER, value, max_age=_PROVIDER_S)


def drop_browser(response: Response, site: Site) -> None:
    """Take that mark away."""
    _drop(response, site, _BROWSER)


def say(response: Response, site: Site, sentence: str, *, key: str) -> None:
    """Have the next page show a sentence; marked with the visitor's own value, so that nobody can slip one in."""
    text = sentence[:_LONGEST_SAID].encode()
    _set(response, site, _SAID, f"{base64url.encode(text)}.{_mark(text, key)}", max_age=_MINUTE_S)


def said(request: Request, site: Site, *, key: str) -> str:
    """Return the sentence that the page before left; empty where there is none of ours."""
    held, _, mark = request.cookies.get(_name(site, _SAID), "").partition(".")
    try:
        text = base64url.decode(held)
    except ValueError:
        return ""
    return (
        text.decode(errors="replace") if held and hmac.compare_digest(mark.encode(), _mark(text, key).encode()) else ""
    )


def unsay(response: Response, site: Site) -> None:
    """Forget the sentence, which was shown."""
    _drop(response, site, _SAID)


def _mark(text: bytes, key: str) -> str:
    return base64url.encode(hmac.digest(key.encode(), text, hashlib.sha256)[:_MARK_BYTES])


def _name(site: Site, name: str) -> str:
    return f"__Host-{name}" if site.secure else name


def _set(response: Response, site: Site, name: str, value: str, *, max_age: int | None = None) -> None:
    response.set_cookie(
        _name(site, name), value, max_age=max_age, path="/", secure=site.secure, httponly=True, samesite="lax"
    )


def _drop(response: Response, site: Site, name: str) -> None:
    response.delete_cookie(_name(site, name), path="/", secure=site.secure, httponly=True, samesite="lax")
