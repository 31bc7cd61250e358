"""Disclosures: claims about a holder, each salted, hashed and shown or withheld on its own (RFC 9901, section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from chain import base64url, strict_json
from chain.errors import CertificateMalformed

if TYPE_CHECKING:
    from chain.strict_json import JSON

SALT_BYTES = 16
MAX_NAME = 64
RESERVED = frozenset({"_sd", "..."})
"""Member names that would hide digests inside a disclosed value (RFC 9901, sections 4.2.1 and 4.2.4.2)."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One claim as it travels."""

    text: str
    """Base64url of `[salt, name, value]`, as its digest covers it."""
    name: str
    value: JSON

    @property
    def digest(self) -> str:
        """What stands for it in `_sd`."""
        return digest(self.text)


def make(salt: bytes, name: str, value: JSON) -> str:
    """Return the text of a disclosure; raises `CertificateMalformed` for what `parse` would not take."""
    _check_name(name)
    written = encode_basestring(value) if type(value) is str else strict_json.serialise(value).decode()
    try:
        text = base64url.encode(f'["{base64url.encode(salt)}",{encode_basestring(name)},{written}]'.encode())
    except UnicodeEncodeError as exc:
        raise CertificateMalformed(f"disclosure of {name!r}: got half of a surrogate pair") from exc
    if type(value) is not str:
        parse(text)
    return text


def digest(text: str) -> str:
    """Return base64url of SHA-256 over the disclosure's text (RFC 9901, section 4.2.3)."""
    return base64url.encode(sha256(text.encode("ascii")).digest())


def parse(text: str) -> Disclosure:
    """Read a disclosure; raises `CertificateMalformed`."""
    try:
        content = strict_json.parse(base64url.decode(text))
    except ValueError as exc:
        raise CertificateMalformed(f"disclosure: {exc}") from exc
    match content:
        case [str() as salt, str() as name, value]:
            _check_salt(salt)
            _check_name(name)
            _check_value(name, value)
            return Disclosure(text=text, name=name, value=value)
        case _:
            raise CertificateMalformed("disclosure: got JSON that is not [salt, name, value]")


def _check_salt(salt: str) -> None:
    """Refuse a salt that can be guessed; its base64url is canonical so that one disclosure has one text."""
    try:
        size = len(base64url.decode(salt))
    except ValueError as exc:
        raise CertificateMalformed(f"disclosure: salt: {exc}") from exc
    if size < SALT_BYTES:
        raise CertificateMalformed(f"disclosure: got a salt of {size} bytes, wanted at least {SALT_BYTES}")


def _check_name(name: str) -> None:
    if name in RESERVED or not 0 < len(name) <= MAX_NAME:
        raise CertificateMalformed(f"disclosure: got the name {name[:MAX_NAME]!r}, wanted that of a claim")


def _check_value(name: str, value: JSON) -> None:
    """Refuse digests inside of disclosed values: what a reader sees depends on nothing but this disclosure."""
    match value:
        case dict():
            if hidden := RESERVED & value.keys():
                raise CertificateMalformed(f"disclosure of {name!r}: got {min(hidden)!r} within its value")
            for member in value.values():
                _check_value(name, member)
        case list():
            for member in value:
                _check_value(name, member)
        case _:
            pass
