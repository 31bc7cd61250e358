"""Encrypts what the database holds about people, field by field.

Three layers of AES-256-GCM keys: the master key (a file in the keystore folder) wraps one data key for each agency, a
data key wraps one key for each record, and a record's key encrypts its fields. What is encrypted is bound to its place:
the associated data is `table‖column‖row id`. Destroying a record's wrapped key makes its fields unreadable for ever;
that is how erasure works, and the chain's record (salted hashes) stays intact without meaning.

Numbers and holders are found by blind indexes (HMAC-SHA-256 under a key derived from the agency's data key), so that
the database alone tells nobody whose certificates it holds.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from issuer.errors import Locked

if TYPE_CHECKING:
    from collections.abc import Callable

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where an encrypted value stands; a value moved elsewhere does not decrypt."""

    table: str
    column: str
    row: str

    @property
    def bytes(self) -> bytes:
        """The associated data: lengths first, so that no two places look alike."""
        parts = [part.encode() for part in (self.table, self.column, self.row)]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class Key:
    """A symmetric key that encrypts values at their places."""

    secret: bytes

    def encrypt(self, value: bytes, place: Place, *, entropy: Callable[[int], bytes]) -> bytes:
        """Return nonce ‖ ciphertext ‖ tag."""
        nonce = entropy(_NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, value, place.bytes)

    def decrypt(self, value: bytes, place: Place) -> bytes:
        """Undo `encrypt`; raises `Locked` if key, place or bytes are not the ones."""
        try:
            return AESGCM(self.secret).decrypt(value[:_NONCE_BYTES], value[_NONCE_BYTES:], place.bytes)
        except (InvalidTag, ValueError) as exc:
            msg = f"{place.table}.{place.column} of {place.row}: this key does not open it, or it was altered"
            raise Locked(msg) from exc

    @property
    def mark(self) -> bytes:
        """What tells this key from others, and nothing about it: 16 bytes."""
        return hmac.digest(self.secret, b"yinxin key mark", hashlib.sha256)[:16]

    def index(self, purpose: str, text: str) -> bytes:
        """Return the 16 bytes under which `text` is found."""
        derived = hmac.digest(self.secret, b"yinxin blind index " + purpose.encode(), hashlib.sha256)
        return hmac.digest(derived, text.encode(), hashlib.sha256)[:16]


def new_key(entropy: Callable[[int], bytes]) -> Key:
    """Make a key from 32 bytes of entropy."""
    return Key(entropy(KEY_BYTES))


def wrap(key: Key, *, under: Key, place: Place, entropy: Callable[[int], bytes]) -> bytes:
    """Encrypt a key under another."""
    return under.encrypt(key.secret, place, entropy=entropy)


def unwrap(wrapped: bytes, *, under: Key, place: Place) -> Key:
    """Undo `wrap`."""
    return Key(under.decrypt(wrapped, place))
