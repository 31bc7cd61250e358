"""Which witnesses a verifier asks, and whose co-signatures it therefore takes: a file of its operator's.

The trust list names none: its attesters vouch for times and their receipts are believed, and a witness does neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import strict_json
from chain.base64url import decode
from chain.errors import EvidenceMalformed, InvalidInput
from chain.keys import PublicKey
from verifier.witnessing.asking import checked_url
from verifier.witnessing.cosignature import named

if TYPE_CHECKING:
    from pathlib import Path

    from chain.strict_json import JSON

MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Listed:
    """A witness that a verifier knows."""

    name: str
    """What it must call itself."""
    url: str
    key: PublicKey


def read(path: Path) -> tuple[Listed, ...]:
    """Read `{"witnesses": [{"name": …, "url": …, "key": JWK}, …]}`; raises `InvalidInput`."""
    try:
        data = path.read_bytes()
        whole = strict_json.parse(data) if len(data) <= MAX_BYTES else None
    except OSError as exc:
        raise InvalidInput(f"{path}: {exc.strerror or exc}; wanted the witnesses' addresses and keys") from exc
    except ValueError as exc:
        raise InvalidInput(f"{path}: got a file that is not JSON: {exc}") from exc
    match whole:
        case {"witnesses": [_, *_] as items, **others} if not others:
            listed = tuple(_listed(path, item) for item in items)
        case _:
            raise InvalidInput(f"{path}: got another form than witnesses, one at least, with name, url and key")
    for column in zip(*((each.name, each.url, each.key.kid) for each in listed), strict=True):
        if len(set(column)) != len(listed):
            raise InvalidInput(f"{path}: got a name, an address or a key twice, wanted each witness once")
    return listed


def _listed(path: Path, item: JSON) -> Listed:
    match item:
        case {
            "name": str() as name,
            "url": str() as url,
            "key": {"kty": "EC", "crv": "P-256", "x": str() as x, "y": str() as y, **more},
            **others,
        } if not others and not more:
            try:
                return Listed(named(name), checked_url(url), PublicKey(decode(x), decode(y)))
            except (ValueError, EvidenceMalformed, InvalidInput) as exc:
                raise InvalidInput(f"{path}: {exc}") from exc
        case _:
            raise InvalidInput(f"{path}: got a witness of other members than name, url and key (kty, crv, x, y)")
