"""Keys of officers and senders: encrypted files, or in memory for tests."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from typing import TYPE_CHECKING

from coincurve import PrivateKey
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json
from eth_utils.crypto import keccak

from chain.errors import SigningFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from chain.ethereum.wire import Json

STRONG_SCRYPT_N = 1 << 18
"""About a second to open: what other Ethereum software takes."""
LIGHT_SCRYPT_N = 1 << 12
"""For demonstrations and tests, where opening a key must not take a second."""

_DIGEST_BYTES = 32
_SECRET_BYTES = 32
_V_BASE = 27
_VERSION = 3


class KeySigner:
    """A secp256k1 key in memory."""

    def __init__(self, secret: bytes) -> None:
        """Take the key's 32 bytes; raises `SigningFailed` if they are no key."""
        if len(secret) != _SECRET_BYTES:
            raise SigningFailed(f"got a secp256k1 key of {len(secret)} bytes, wanted {_SECRET_BYTES}")
        try:
            self._key = PrivateKey(secret)
        except ValueError as exc:
            raise SigningFailed(f"got 32 bytes that are no secp256k1 key: {exc}") from exc
        self._address = keccak(self._key.public_key.format(compressed=False)[1:])[-20:]

    @classmethod
    def generate(cls, entropy: Callable[[int], bytes] = secrets.token_bytes) -> KeySigner:
        """Return a new key."""
        return cls(entropy(_SECRET_BYTES))

    @property
    def address(self) -> bytes:
        """The account's 20 bytes."""
        return self._address

    @property
    def secret(self) -> bytes:
        """The key's 32 bytes, to be put into an encrypted file."""
        return self._key.secret

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes; returns r ‖ s ‖ v with low s and v 27 or 28."""
        if len(digest) != _DIGEST_BYTES:
            raise SigningFailed(f"got a digest of {len(digest)} bytes, wanted {_DIGEST_BYTES}")
        # libsecp256k1 makes only low s.
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:-1] + bytes([_V_BASE + signature[-1]])

    def __repr__(self) -> str:
        """Show the address, never the key."""
        return f"KeySigner(0x{self._address.hex()})"


def load(path: Path, password: str) -> KeySigner:
    """Open an encrypted key (Ethereum keystore version 3).

    Raises:
        SigningFailed: The file is missing, unreadable or no keystore, the password is wrong, or the key inside is not
            the one whose address the file names.
    """
    try:
        keystore = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise SigningFailed(f"there is no key {path}") from exc
    except (OSError, ValueError) as exc:
        raise SigningFailed(f"{path} is not an Ethereum keystore: {exc}") from exc
    if not isinstance(keystore, dict) or keystore.get("version") != _VERSION or "crypto" not in _lower(keystore):
        raise SigningFailed(f"{path} is not an Ethereum keystore of version {_VERSION}")
    try:
        secret = decode_keyfile_json(keystore, password.encode())
    except ValueError as exc:
        if "MAC" in str(exc):
            raise SigningFailed(f"wrong password for {path}") from exc
        raise SigningFailed(f"{path} is not an Ethereum keystore we can open: {exc}") from exc
    except (KeyError, TypeError, AttributeError, NotImplementedError) as exc:
        raise SigningFailed(f"{path} is a damaged keystore: {exc!r}") from exc
    signer = KeySigner(bytes(secret))
    named = keystore.get("address")
    if named is not None and str(named).lower().removeprefix("0x") != signer.address.hex():
        raise SigningFailed(f"{path} names the address {named}, but holds the key of 0x{signer.address.hex()}")
    return signer


def store(
    signer: KeySigner,
    path: Path,
    password: str,
    *,
    scrypt_n: int = STRONG_SCRYPT_N,
    labels: Mapping[str, Json] | None = None,
) -> None:
    """Write a key encrypted, for its owner's eyes only; `labels` go into the file's member `yinxin`.

    Raises:
        SigningFailed: If there is a file of that name already; a key is never overwritten.
    """
    keystore = create_keyfile_json(signer.secret, password.encode(), kdf="scrypt", iterations=scrypt_n)
    keystore["address"] = signer.address.hex()
    if labels is not None:
        keystore["yinxin"] = dict(labels)
    _make_folder(path.parent)
    try:
        _write_new(path, _text(keystore))
    except FileExistsError as exc:
        raise SigningFailed(f"there is a key {path} already") from exc


def reseal(path: Path, old: str, new: str, *, scrypt_n: int = LIGHT_SCRYPT_N) -> None:
    """Put a key under another password, whole or not at all; what else its file says stays.

    The default is light: it is for new passwords that are random, where nothing can be guessed or need be stretched.

    Raises:
        SigningFailed: As `load` does; then the file is as it was.
    """
    signer = load(path, old)
    keystore = create_keyfile_json(signer.secret, new.encode(), kdf="scrypt", iterations=scrypt_n)
    keystore["address"] = signer.address.hex()
    keystore["yinxin"] = dict(labels(path))
    part = _write_part(path, _text(keystore))
    part.replace(path)


def labels(path: Path) -> Mapping[str, Json]:
    """Return what a key's file says about it besides the key; needs no password."""
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get("yinxin", {})
    except (OSError, ValueError, AttributeError) as exc:
        raise SigningFailed(f"{path} is not an Ethereum keystore: {exc}") from exc
    return found if isinstance(found, dict) else {}


def _make_folder(path: Path) -> None:
    """Make a folder for its owner only, and what is missing above it; those that exist keep their modes."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)


def _write_new(path: Path, data: bytes) -> None:
    """Write a file whole and for good, or not at all; raises `FileExistsError` rather than take another's place."""
    part = _write_part(path, data)
    try:
        os.link(part, path)
    finally:
        part.unlink()


def _write_part(path: Path, data: bytes) -> Path:
    """Write a file beside the one that it is to become, on the disk for good."""
    # Made with mode 0600; a process killed meanwhile leaves no empty key behind that nobody could open.
    handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        os.unlink(part)  # noqa: PTH108 — mkstemp speaks of names
        raise
    return path.parent / part


def _text(keystore: Mapping[str, object]) -> bytes:
    return (json.dumps(keystore, ensure_ascii=False, indent=1) + "\n").encode()


def _lower(keystore: Mapping[str, object]) -> frozenset[str]:
    """Other software writes «Crypto» as well as «crypto»."""
    return frozenset(name.lower() for name in keystore)
