"""Asks a verifier or a witness over HTTP: once, for as long and as much as was agreed, and nobody else."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

from chain.errors import InvalidInput
from verifier.witnessing.errors import Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 15.0
"""For connecting, and for each piece of an answer."""
WHOLE_S = 120.0
"""For an answer with all its pieces."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    etag: str = ""


def checked_url(url: str) -> str:
    """Return an address without a slash at its end; raises `InvalidInput` for what is none."""
    parts = urlsplit(url)
    is_plain = parts.username is None and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        raise InvalidInput(f"got {url[:80]!r} as an address, wanted http(s)://HOST, without a user, ? or #")
    return url.rstrip("/")


def get(url: str, *, most: int, etag: str = "") -> Reply:
    """Fetch at most so many bytes; raises `Unanswered`."""
    return _asked("GET", url, most=most, headers={"If-None-Match": etag} if etag else {})


def post(url: str, body: bytes, *, media_type: str, most: int) -> Reply:
    """Hand something in; raises `Unanswered`."""
    return _asked("POST", url, most=most, headers={"Content-Type": media_type}, body=body)


def _asked(method: str, url: str, *, most: int, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
    until = time.monotonic() + WHOLE_S
    try:
        # What the environment says of proxies, and where an answer would send us, is nobody's who was named.
        with (
            httpx2.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as client,
            client.stream(method, url, headers=dict(headers), content=body) as answer,
        ):
            read = bytearray()
            for piece in answer.iter_bytes():
                read += piece
                if len(read) > most:
                    raise Unanswered(f"{url}: got more than {most} bytes, wanted fewer")
                if time.monotonic() > until:
                    raise Unanswered(f"{url}: got no whole answer within {WHOLE_S:g} seconds")
            return Reply(answer.status_code, bytes(read), answer.headers.get("etag", ""))
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        raise Unanswered(f"{url}: {type(exc).__name__}: {exc}") from exc
