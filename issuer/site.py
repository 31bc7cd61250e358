"""Where the pages are reached, and how people sign in there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chain.errors import InvalidInput, RegistryError
from issuer import directory
from issuer.errors import SettingMissing
from issuer.people.passkeys import RelyingParty
from issuer.people.passwords import LIGHT, STRONG, Passwords
from issuer.people.provider import Provider

if TYPE_CHECKING:
    from issuer.directory import Directory
    from issuer.office import Office
    from issuer.settings import Settings

COMES_BACK_TO = "/sign-in/provider/back"
_REMEMBERED_S = 5.0
"""Every page names agencies; the chain need not be asked for each."""


@dataclass(slots=True)
class Remembered:
    """The directory as last read, for a few seconds; where the node is silent, as it was read before."""

    _lock: Lock = field(default_factory=Lock)
    _read_at: float = 0.0
    _held: Directory | None = None

    def read(self, office: Office) -> Directory:
        """Return who is who; raises `RegistryError` if it never could be read.

        Not to be asked for within a `writing` block, for what is new in it is stored.
        """
        office.store.require_not_writing()
        with self._lock:
            if self._held is None or monotonic() - self._read_at > _REMEMBERED_S:
                try:
                    self._held = office.directory()
                except RegistryError:
                    held = self._held or directory.remembered(office.store)
                    if held is None:
                        raise
                    self._held = held
                self._read_at = monotonic()
            return self._held


@dataclass(frozen=True, slots=True)
class Site:
    """The pages' own address, and what checks passwords and passkeys there."""

    url: str
    """As people type it, without a path: `https://issuer.example.gov.cn`."""
    party: RelyingParty
    passwords: Passwords
    provider: Provider | None = None
    """Where people may sign in as well."""
    directory: Remembered = field(default_factory=Remembered)

    @property
    def secure(self) -> bool:
        """Whether it is reached by https, so that cookies may go no other way."""
        return self.url.startswith("https:")


def local() -> Site:
    """Return a site on this very machine."""
    return site("http://localhost:8001")


def site(url: str, *, light: bool = False) -> Site:
    """Return a site at an address; raises `InvalidInput` unless it is https, or http on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_local = host in {"localhost", "127.0.0.1", "::1"}
    if (
        not host
        or parts.path not in {"", "/"}
        or not (parts.scheme == "https" or (parts.scheme == "http" and is_local))
    ):
        raise InvalidInput(
            f"YINXIN_PUBLIC_URL: got «{url}», wanted https://HOST without a path (http on this machine only)"
        )
    origin = f"{parts.scheme}://{parts.netloc}"
    return Site(
        url=origin,
        party=RelyingParty(id=host, name="Yinxin", origins=(origin,)),
        passwords=Passwords(secrets.token_bytes, cost=LIGHT if light else STRONG),
    )


def of(settings: Settings) -> Site:
    """Return the site that the settings describe; raises `InvalidInput`, or `SettingMissing`."""
    made = site(url_of(settings), light=settings.light_passwords)
    party = made.party
    if settings.passkey_host:
        origins = tuple(filter(None, (each.strip() for each in settings.passkey_origins.split(",")))) or (made.url,)
        party = RelyingParty(id=settings.passkey_host, name=party.name, origins=origins)
    return Site(url=made.url, party=party, passwords=made.passwords, provider=_provider(settings, made.url))


def url_of(settings: Settings) -> str:
    """Return the address at which people reach the pages."""
    return (settings.public_url or f"http://localhost:{settings.port}").rstrip("/")


def _provider(settings: Settings, url: str) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client_id or settings.oidc_client_secret_file is None:
        raise SettingMissing("YINXIN_OIDC_CLIENT_ID, YINXIN_OIDC_CLIENT_SECRET_FILE: wanted both with an OIDC issuer")
    try:
        secret = settings.oidc_client_secret_file.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise SettingMissing(
            f"YINXIN_OIDC_CLIENT_SECRET_FILE: got no readable file {settings.oidc_client_secret_file}"
        ) from exc
    return Provider(
        settings.oidc_issuer,
        name=settings.oidc_name,
        client_id=settings.oidc_client_id,
        client_secret=secret,
        redirect=f"{url}{COMES_BACK_TO}",
        claim=settings.oidc_login_claim,
        scope=settings.oidc_scope,
    )
