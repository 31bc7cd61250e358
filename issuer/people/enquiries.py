"""Who is at the identity provider just now: each comes back once, soon, in the same browser."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlmodel import col, delete

from chain import base64url
from issuer.errors import SignInRefused
from issuer.tables.enquiry_models import Enquiry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from issuer.tables.store import Work

ANSWERED_WITHIN = timedelta(minutes=10)
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Begun:
    """What is sent along, and what the browser keeps."""

    state: str
    browser: str
    nonce: str
    verifier: str


def begin(work: Work, *, next_page: str, now: datetime, entropy: Callable[[int], bytes]) -> Begun:
    """Note that somebody goes to the provider."""
    state, browser, nonce, verifier = (base64url.encode(entropy(_BYTES)) for _ in range(4))
    sweep(work, now)
    work.add(
        Enquiry(
            state_digest=_digest(state),
            browser_digest=_digest(browser),
            nonce=nonce,
            verifier=verifier,
            next_page=next_page,
            expires_at=now + ANSWERED_WITHIN,
        )
    )
    return Begun(state, browser, nonce, verifier)


def take(work: Work, *, state: str, browser: str, now: datetime) -> Enquiry:
    """Return what was noted, which is gone with that; raises `SignInRefused`."""
    held = work.session.get(Enquiry, _digest(state))
    if held is None or not hmac.compare_digest(held.browser_digest, _digest(browser)) or now >= held.expires_at:
        raise SignInRefused("nobody of this browser was sent to the identity provider lately; sign in again")
    work.session.delete(held)
    work.flush()
    return held


def sweep(work: Work, now: datetime) -> None:
    """Forget those who did not come back."""
    work.session.exec(delete(Enquiry).where(col(Enquiry.expires_at) <= now))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
