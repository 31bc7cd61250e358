"""Who asks: the address of a request's client, which a proxy in front of this service has to tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from chain.errors import InvalidInput

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from starlette.types import Scope

Address: TypeAlias = IPv4Address | IPv6Address
_FORWARDED = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip"})
_SHOWN_IPV4, _SHOWN_IPV6 = 24, 48
"""How much of an address a log line has."""
_REMEMBERED = 1024
"""Clients come back; what their addresses are takes as long to find out as a tenth of a verdict."""
_ONE_IPV6 = 64
"""Whoever has one address of version 6 has all that begin so."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Addresses, some of them as whole networks."""

    listed: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def parse(cls, text: str, *, name: str) -> Networks:
        """Read addresses and networks, by commas; raises `InvalidInput` naming the setting."""
        try:
            return cls(tuple(ip_network(each.strip()) for each in text.split(",") if each.strip()))
        except ValueError as exc:
            raise InvalidInput(
                f"YINXIN_{name}: got {text[:80]!r}, wanted addresses or networks such as 10.0.0.0/8, by commas"
            ) from exc

    def __contains__(self, address: Address | None) -> bool:
        """Whether an address is one of them."""
        return address is not None and any(address in network for network in self.listed)


@dataclass(frozen=True, slots=True)
class Clients:
    """Tells the client of a request."""

    proxies: Networks
    """Who is believed about whom it speaks for."""
    header: str
    """Where they say it: addresses by commas, the nearest last."""

    def of(self, scope: Scope) -> str:
        """Return the client's address: that of who connected, or of whom a trusted proxy names.

        The names that come before the last untrusted one were told by nobody who is believed.
        """
        peer = str((scope.get("client") or ("",))[0])
        if _address(peer) not in self.proxies:
            return peer
        name = self.header.lower().encode()
        told = ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
        for each in reversed([part.strip() for part in told.split(",")] if told else []):
            address = _address(each)
            if address is None:
                return peer
            if address not in self.proxies:
                return str(address)
        return peer


def is_forwarded(scope: Scope) -> bool:
    """Whether a proxy says that it passes this on for somebody else."""
    return any(name in _FORWARDED for name, _ in scope["headers"])


@lru_cache(_REMEMBERED)
def counted_as(client: str) -> str:
    """Return under which name a client's questions are counted."""
    address = _address(client)
    return str(ip_network((address, _ONE_IPV6), strict=False)) if isinstance(address, IPv6Address) else client


@lru_cache(_REMEMBERED)
def shown(client: str) -> str:
    """Return what of a client's address a log line may have; nothing of what is no address."""
    address = _address(client)
    if address is None:
        return ""
    bits = _SHOWN_IPV4 if isinstance(address, IPv4Address) else _SHOWN_IPV6
    return str(ip_network((address, bits), strict=False))


def within(client: str, networks: Networks) -> bool:
    """Whether a client is one of these."""
    return _address(client) in networks


@lru_cache(_REMEMBERED)
def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
