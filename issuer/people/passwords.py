"""Passwords: which are taken, how they are kept, and the key that a password makes.

A password has two derivations, each with a salt of its own: argon2id as a hash to check it by, and argon2id as a key
that wraps what opens the officer's signing key. Knowing the stored hash does not give the key.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from argon2.low_level import Type, hash_secret_raw
from pwdlib.hashers.argon2 import Argon2Hasher

from issuer.errors import Locked, PasswordRefused
from issuer.vault import KEY_BYTES, Key

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST = 12
LONGEST = 256
_LEFT_OF_IT = 8
"""So many characters must be left of a password when the login name is taken out of it."""
_SALT_BYTES = 16
_COMMON = Path(__file__).with_name("common_passwords.json")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one derivation takes."""

    memory_kib: int
    passes: int
    lanes: int


STRONG = Cost(memory_kib=65_536, passes=3, lanes=4)
"""RFC 9106's second recommended option, which is argon2-cffi's default: about 0.2 s, and 64 MiB."""
LIGHT = Cost(memory_kib=8, passes=1, lanes=1)
"""For demonstrations and tests."""


AT_ONCE = 4
"""So many derivations run at once, whoever asks for them: 256 MiB. The others wait for their turn."""


class Passwords:
    """Hashes and checks passwords at one cost."""

    def __init__(self, entropy: Callable[[int], bytes], *, cost: Cost = STRONG, at_once: int = AT_ONCE) -> None:
        """Make the hash against which passwords are checked where there is no account.

        At most so many derivations run at once, for each takes its memory.
        """
        self._turns = BoundedSemaphore(at_once)
        self._entropy = entropy
        self._cost = cost
        self._hasher = Argon2Hasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._decoy = self.hash(entropy(_SALT_BYTES).hex())

    def hash(self, password: str) -> str:
        """Return what is stored to check the password by."""
        with self._turns:
            return self._hasher.hash(_normal(password), salt=self._entropy(_SALT_BYTES))

    def verify(self, password: str, held: str | None) -> bool:
        """Whether this is the password. Takes as long where nothing is held: then it is compared with a decoy."""
        # A longer one than can ever have been chosen is compared as well, cut off, so that it takes no longer.
        with self._turns:
            fits = self._hasher.verify(_normal(password)[: LONGEST + 1], self._decoy if held is None else held)
        return fits and held is not None

    def is_outdated(self, held: str) -> bool:
        """Whether a hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(held)

    def new_derivation(self) -> str:
        """Return a new way from a password to a key, to be stored beside what the key wraps."""
        cost = self._cost
        return f"argon2id,{cost.memory_kib},{cost.passes},{cost.lanes},{self._entropy(_SALT_BYTES).hex()}"

    def key(self, password: str, derivation: str) -> Key:
        """Return the key that a password makes; raises `Locked` if the derivation is in no known form."""
        match derivation.split(","):
            case ["argon2id", memory, passes, lanes, salt]:
                with self._turns:
                    made = hash_secret_raw(
                        _normal(password).encode(),
                        bytes.fromhex(salt),
                        time_cost=int(passes),
                        memory_cost=int(memory),
                        parallelism=int(lanes),
                        hash_len=KEY_BYTES,
                        type=Type.ID,
                    )
                return Key(made)
            case _:
                raise Locked(f"key derivation: got «{derivation[:40]}», wanted argon2id,MEMORY,PASSES,LANES,SALT")


def require_acceptable(password: str, *, login: str) -> None:
    """Refuse a password that would be guessed soon; raises `PasswordRefused` and says what is wanted.

    As NIST SP 800-63B-4, 3.1.1.2, wants it: length and a list of common ones, no rules of composition.
    """
    text = _normal(password)
    if len(text) < SHORTEST:
        raise PasswordRefused(f"password: got {len(text)} characters, wanted at least {SHORTEST}")
    if len(text) > LONGEST:
        raise PasswordRefused(f"password: got {len(text)} characters, wanted at most {LONGEST}")
    plain = text.casefold()
    if len(plain.replace(login, "")) < min(_LEFT_OF_IT, len(plain)):
        raise PasswordRefused("password: got little more than the login name, wanted something that is not in it")
    if plain in _common() or "".join(plain.split()) in _common():
        raise PasswordRefused("password: got one of those that are tried first, wanted one that nobody else has")


@cache
def _common() -> frozenset[str]:
    return frozenset(json.loads(_COMMON.read_text(encoding="utf-8")))


def _normal(password: str) -> str:
    """Return one spelling for what looks the same, since keyboards differ in how they write it."""
    # Half of a surrogate pair, which JSON can carry and UTF-8 cannot, becomes a question mark.
    return unicodedata.normalize("NFKC", password).encode(errors="replace").decode()
