"""An identity provider (OpenID Connect) that says who somebody is: the authorization code flow with PKCE.

The provider is trusted to name people, and for nothing else: the account, its roles, the second factor and the key that
signs are ours. What it sends is believed only with its signature, for this very client, with the nonce that was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chain.errors import InvalidInput
from issuer.errors import ProviderAway, SignInRefused

if TYPE_CHECKING:
    from datetime import datetime

_TIMEOUT_S = 10.0
_ALGORITHMS = ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "EdDSA"]
"""Signatures with the provider's own key; not those with a shared secret, and not none."""
_LEEWAY_S = 60
_LONGEST_LOGIN = 200


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider answers."""

    issuer: str
    authorization: str
    token: str
    userinfo: str
    keys: str


class Provider:
    """One provider, at which this service is a client."""

    def __init__(
        self, issuer: str, *, name: str, client_id: str, client_secret: str, redirect: str, claim: str, scope: str
    ) -> None:
        """`claim` names the login; `redirect` is where people come back to. Raises `InvalidInput`."""
        parts = urlsplit(issuer)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"}):
            raise InvalidInput(f"YINXIN_OIDC_ISSUER: got «{issuer}», wanted https://… (http on this machine only)")
        self.name = name
        self._issuer = issuer.rstrip("/")
        self._claim = claim
        self._redirect = redirect
        self._client_id, self._client_secret = client_id, client_secret
        self._scope = scope
        self._lock = Lock()
        self._metadata: Metadata | None = None

    def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return where to send somebody; raises `ProviderAway`."""
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._known().authorization, state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    def login(self, *, code: str, nonce: str, verifier: str, now: datetime) -> str:
        """Return whom the provider names for a code; raises `SignInRefused` or `ProviderAway`."""
        known = self._known()
        try:
            with self._client() as client:
                token = client.fetch_token(known.token, code=code, code_verifier=verifier)
                claims = self._claims(token.get("id_token"), known, nonce=nonce, now=now)
                if self._claim not in claims and known.userinfo:
                    told = client.get(known.userinfo).raise_for_status().json()
                    # Userinfo is about whom the signed token names, or it is not believed (OpenID Connect Core, 5.3.2).
                    if isinstance(told, dict) and told.get("sub") == claims["sub"]:
                        claims = {**told, **claims}
        except httpx2.TransportError as exc:
            raise ProviderAway(f"identity provider {self.name}: it does not answer ({type(exc).__name__})") from exc
        except (AuthlibBaseError, JoseError, httpx2.HTTPStatusError, ValueError) as exc:
            raise SignInRefused(f"the identity provider's answer was not believed ({type(exc).__name__})") from exc
        found = claims.get(self._claim)
        if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_LOGIN:
            raise SignInRefused(f"the identity provider sent no claim {self._claim}")
        return found

    def _claims(self, id_token: object, known: Metadata, *, nonce: str, now: datetime) -> dict[str, Any]:
        """Return what a signed token says; raises what is wrong with it."""
        if not isinstance(id_token, str):
            raise SignInRefused("the identity provider sent no ID token")
        keys = KeySet.import_key_set(cast("Any", _fetched(known.keys)))
        signed = jwt.decode(id_token, keys, algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": known.issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": self._client_id},
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_S)
        return dict(signed.claims)

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self._client_id,
            self._client_secret,
            redirect_uri=self._redirect,
            scope=self._scope,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            follow_redirects=False,
        )

    def _known(self) -> Metadata:
        with self._lock:
            if self._metadata is None:
                self._metadata = self._discovered()
            return self._metadata

    def _discovered(self) -> Metadata:
        url = f"{self._issuer}/.well-known/openid-configuration"
        match _fetched(url):
            case {
                "issuer": str() as issuer,
                "authorization_endpoint": str() as authorization,
                "token_endpoint": str() as token,
                "jwks_uri": str() as keys,
                **rest,
            } if issuer.rstrip("/") == self._issuer:
                return Metadata(issuer, authorization, token, str(rest.get("userinfo_endpoint", "")), keys)
            case _:
                raise ProviderAway(f"identity provider {self.name}: {url} does not describe it")


def _fetched(url: str) -> object:
    try:
        return _http().get(url).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as exc:
        raise ProviderAway(f"identity provider: {url} does not answer as it should ({type(exc).__name__})") from exc


@cache
def _http() -> httpx2.Client:
    return httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False)
