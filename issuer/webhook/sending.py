"""Sends one message to one address outside, and nowhere that it should not go.

Whoever may name an address could make this service call what only it can reach: another service of the data centre, the
cloud's metadata, this machine itself (server-side request forgery). So a name is resolved once, every address it has
must be on the public Internet or in a network that the operator listed, and the connection goes to the very address
that was looked at. Nothing is followed elsewhere, and no proxy of the environment is asked.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import SplitResult, urlsplit

import httpx2

from chain.errors import InvalidInput
from chain.text import quoted
from issuer.errors import AddressRefused, Unreachable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Network

    Address: TypeAlias = IPv4Address | IPv6Address
    Network: TypeAlias = IPv4Network | IPv6Network

LONGEST_URL = 500
_NAT64 = IPv6Network("64:ff9b::/96")
_GIVEN_OUT = IPv6Network("2000::/3")
"""All that IANA gives out for the public Internet; outside are a network's own NAT64 and what once was site-local."""
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Posts messages."""

    networks: tuple[Network, ...] = ()
    """Addresses that are not public and may be called all the same."""
    timeout_s: float = 15.0
    """For everything together: the name, the connection, the answer's head."""
    trust: ssl.SSLContext | bool = field(default=True)
    """Whose certificates are believed; the usual ones if True."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a message; raises `AddressRefused` or `Unreachable`."""
        try:
            return asyncio.run(self._post_in_time(url, headers, body))
        except TimeoutError as exc:
            raise Unreachable(f"no answer within {self.timeout_s:g} seconds") from exc
        except httpx2.HTTPError as exc:
            raise Unreachable(type(exc).__name__) from exc

    def check(self, url: str) -> None:
        """Refuse an address that cannot be meant, before it is stored; names are looked up when something is sent.

        Raises `InvalidInput` or `AddressRefused`.
        """
        parts = _split(url)
        try:
            address = ip_address(parts.hostname or "")
        except ValueError:
            if parts.scheme == "http" and parts.hostname != "localhost":
                raise AddressRefused(f"address: got http://{parts.hostname}, wanted https://") from None
            return
        self._require(parts, [address])

    async def _post_in_time(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        async with asyncio.timeout(self.timeout_s):
            return await self._post(url, headers, body)

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = _split(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as exc:
            raise Unreachable("its name is not known") from exc
        addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        self._require(parts, addresses)
        pinned = addresses[0]
        shown = f"[{pinned}]" if isinstance(pinned, IPv6Address) else str(pinned)
        target = parts._replace(netloc=f"{shown}:{port}").geturl()
        limits = httpx2.Timeout(self.timeout_s)
        async with (
            httpx2.AsyncClient(verify=self.trust, timeout=limits, trust_env=False, follow_redirects=False) as client,
            # The answer's body is of no use; it is not read.
            client.stream(
                "POST",
                target,
                content=body,
                headers={**headers, "Host": parts.netloc, "Accept-Encoding": "identity"},
                # The certificate must be the name's, though the connection goes to a number.
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            return Reply(answer.status_code, answer.headers.get("retry-after", ""))

    def _require(self, parts: SplitResult, addresses: Sequence[Address]) -> None:
        if not addresses:
            raise Unreachable("its name has no address")
        for address in addresses:
            listed = any(address in each for each in self.networks)
            if not listed and not _is_public(address):
                raise AddressRefused(f"address: {parts.hostname} is {address}, which is not on the public Internet")
            if parts.scheme == "http" and not (listed and address.is_loopback):
                raise AddressRefused(f"address: got http://{parts.hostname}, wanted https://")


def sender(text: str) -> Sender:
    """Return what sends, with the operator's list of networks; raises `InvalidInput`."""
    return Sender(networks(text))


def networks(text: str) -> tuple[Network, ...]:
    """Read the operator's list; raises `InvalidInput`."""
    try:
        return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as exc:
        raise InvalidInput(f"YINXIN_WEBHOOK_NETWORKS: got {quoted(text)}: {exc}") from exc


def host_of(url: str) -> str:
    """Return the part of an address that may be shown; raises `InvalidInput`."""
    return _split(url).netloc


def _split(url: str) -> SplitResult:
    wanted = "https://HOST/PATH, without a user, a password or a fragment"
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInput(f"address: got {len(url)} characters, wanted {wanted}, of at most {LONGEST_URL}")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise InvalidInput(f"address: got {quoted(url)}, wanted {wanted}") from exc
    fit = parts.scheme in _PORTS and parts.hostname and port != 0
    if not fit or parts.username is not None or parts.password is not None or "#" in url:
        raise InvalidInput(f"address: wanted {wanted}")
    return parts


def _is_public(address: Address) -> bool:
    """Whether an address is on the public Internet; one of version 6 that stands for another, if that one is."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return _is_public(inner)
        if address not in _GIVEN_OUT:
            return False
    return address.is_global and not address.is_multicast
