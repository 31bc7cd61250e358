"""The key with which this verifier vouches for the checkpoints that it cuts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from chain import keys
from chain.errors import SigningFailed
from verifier import private_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = "key.pem"
"""Its name in the data folder."""


@dataclass(frozen=True, slots=True)
class Attester:
    """Who vouches."""

    public: keys.PublicKey
    sign: Callable[[bytes], bytes]
    """ES256 over the message; returns r ‖ s."""


def open_attester(path: Path) -> Attester:
    """Open a key (PKCS#8 PEM, P-256); raises `SigningFailed` if it is missing or none."""
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except OSError as exc:
        raise SigningFailed(f"{path}: {exc.strerror or exc}; wanted the key that vouches for checkpoints") from exc
    except (ValueError, TypeError) as exc:
        raise SigningFailed(f"{path}: got no unencrypted PEM key ({exc}), wanted one on P-256 (PKCS#8)") from exc
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise SigningFailed(f"{path}: got another kind of key, wanted one on P-256")
    return Attester(keys.PublicKey.of(private), keys.signer(private))


def make_attester(folder: Path) -> Attester:
    """Open the key in the data folder; makes it, for its owner's eyes only, if there is none yet."""
    path = folder / FILE
    if not path.exists():
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            # Another process may be quicker; then its key is the one.
            with suppress(FileExistsError):
                private_files.write_new(path, pem)
        except OSError as exc:
            raise SigningFailed(f"{path}: {exc.strerror or exc}; no key could be made there") from exc
    return open_attester(path)
