"""The keystore folder: officers' and senders' accounts, agencies' document keys, the database's master key.

    officers/<name>.json                Ethereum keystore v3, plus "yinxin": {"agency": 3, "name": "…"}
    senders/<name>.json                 the same, for accounts that only send transactions
    council/<name>.json                 the same, for members of the council, where they are here at all
    documents/<agency>-<kid>.pem        P-256, PKCS#8, encrypted; kid in base64url
    master.json                         32 bytes under a password (scrypt, AES-GCM); wraps the database's keys
    master-next.json                    what takes its place while it is rotated (issuer/rotation.py)

Each file may have its own password; the service's own (document keys, master key, senders, and officers on the command
line) is in one password file. An officer who has an account on the pages has a key that the service's password does not
open (issuer/people/own_keys.py). Opening an Ethereum keystore is somebody else's work and is passed in.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from chain import base64url
from chain.errors import SigningFailed
from chain.keys import PublicKey
from chain.keys import signer as es256_signer
from issuer import private_files
from issuer.errors import Locked, NotFound
from issuer.vault import KEY_BYTES, Key, Place, new_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chain.registry import Signer

_MASTER_PLACE = Place("keystore", "master", "1")
_SCRYPT_N = 2**15
_SHOWN = 60
_WORDS = {"officers": "officer", "senders": "sender", "council": "council member"}


@dataclass(frozen=True, slots=True)
class Account:
    """What an account's file says without a password."""

    name: str
    agency: int
    """0 for a sender or a council member."""
    address: bytes
    path: Path


@dataclass(frozen=True, slots=True)
class Officer:
    """A person of an agency who can sign now."""

    name: str
    """Of the key."""
    agency: int
    signer: Signer
    login: str = ""
    """Of the account, where somebody is signed in."""
    source: str = "command line"
    """From where they act."""


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """An agency's key for certificates and codes."""

    public: PublicKey
    sign: Callable[[bytes], bytes]
    """ES256 over the message; returns r ‖ s."""


class Keystore:
    """One folder of keys."""

    def __init__(
        self,
        folder: Path,
        *,
        password_file: Path,
        unlock: Callable[[Path, str], Signer],
        create: Callable[[Path, str, Mapping[str, str | int]], None],
        reseal: Callable[[Path, str, str], None],
    ) -> None:
        """`unlock` opens a keystore v3 file, `create` makes one with a password and labels, `reseal` changes it.

        They raise `SigningFailed`.
        """
        self.folder = folder
        self._password_file = password_file
        self._unlock = unlock
        self._create = create
        self._reseal = reseal

    # Accounts.

    def officers(self) -> tuple[Account, ...]:
        """Return the officers whose keys are here, by name."""
        return self._accounts("officers")

    def senders(self) -> tuple[Account, ...]:
        """Return the sending accounts, by name."""
        return self._accounts("senders")

    def account(self, name: str) -> Account:
        """Return an officer's account; raises `NotFound`, naming those that are here."""
        return self._account("officers", name)

    def officer(self, name: str, *, password: str | None = None) -> Officer:
        """Open an officer's key; raises `NotFound` or `Locked`."""
        account = self.account(name)
        return Officer(account.name, account.agency, self._opened(account, password))

    def sender(self, name: str) -> Signer:
        """Open a sending account's key; raises `NotFound` or `Locked`."""
        return self._opened(self._account("senders", name), None)

    def sender_address(self, name: str) -> bytes:
        """Return a sending account's address, without opening its key; raises `NotFound`."""
        return self._account("senders", name).address

    def council_member(self, name: str) -> Signer:
        """Open a council member's key; raises `NotFound` or `Locked`."""
        return self._opened(self._account("council", name), None)

    def new_council_member(self, name: str) -> Account:
        """Make a council member's key unless it is here."""
        return self._new("council", name, {"agency": 0, "name": name})

    def new_officer(self, name: str, *, agency: int, title: str = "", password: str | None = None) -> Account:
        """Make an officer's key unless it is here; raises `Locked` if it is another agency's.

        A key with a password of its own is one that this folder's password does not open.
        """
        account = self._new("officers", name, {"agency": agency, "name": title or name}, password)
        if account.agency != agency:
            raise Locked(f"officer {name}: the key here is of agency {account.agency}, wanted one of agency {agency}")
        return account

    def hand_over(self, name: str, *, password: str) -> Account:
        """Put an officer's key that this folder's password opens under one of its own. Safe to repeat.

        Raises `NotFound`, or `Locked` if neither password opens it.
        """
        account = self.account(name)
        try:
            self._opened(account, password)
        except Locked:
            try:
                self._reseal(account.path, self.password(), password)
            except SigningFailed as exc:
                raise Locked(f"{exc}; the key stays as it is") from exc
        return account

    def new_sender(self, name: str) -> Account:
        """Make a sending account's key unless it is here."""
        return self._new("senders", name, {"agency": 0, "name": name})

    # Document keys.

    def document_kids(self, agency: int) -> set[bytes]:
        """Return the kids of an agency's document keys that are here."""
        kids = set()
        for path in (self.folder / "documents").glob(f"{agency}-*.pem"):
            kids.add(base64url.decode(path.stem.partition("-")[2]))
        return kids

    def document_agencies(self) -> set[int]:
        """Return the agencies of which a document key is here."""
        return {int(path.stem.partition("-")[0]) for path in (self.folder / "documents").glob("[0-9]*-*.pem")}

    def document_key(self, agency: int, kid: bytes) -> DocumentKey:
        """Open a document key; raises `NotFound` or `Locked`."""
        path = self._document_path(agency, kid)
        if not path.is_file():
            raise NotFound(f"document key: got no file {path}, wanted the private key that the registry lists")
        return _document_key(path, self.password())

    def new_document_key(self, agency: int) -> DocumentKey:
        """Make a document key for an agency; it counts once the registry lists it."""
        private = ec.generate_private_key(ec.SECP256R1())
        public = PublicKey.of(private)
        pem = private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self.password().encode())
        )
        private_files.write_new(self._document_path(agency, public.kid), pem)
        return DocumentKey(public, es256_signer(private))

    # The database's master key.

    def has_master_key(self) -> bool:
        """Whether there is a file of a master key."""
        return self._master.exists() or self._next_master.exists()

    def master_key(self, entropy: Callable[[int], bytes]) -> Key:
        """Open the master key; makes it if there is none yet. Raises `Locked`."""
        if not self._master.exists():
            made = _closed_master(new_key(entropy), self.password(), entropy)
            # Another process that starts for the first time may have been quicker; then its key is the one.
            with suppress(FileExistsError):
                private_files.write_new(self._master, made)
        try:
            return _opened_master(self._master, self.password())
        except Locked as exc:
            raise Locked(
                f"{self._master}: the password in {self._password_file} does not open it, or it is damaged"
            ) from exc

    def write_next_master_key(self, key: Key, entropy: Callable[[int], bytes], *, password: str | None = None) -> None:
        """Write down a master key that is to take the old one's place, under a password of its own if one is given."""
        made = _closed_master(key, self.password() if password is None else password, entropy)
        private_files.replace(self._next_master, made)

    def next_master_key(self, *, password: str | None = None) -> Key | None:
        """Return the key that is to take the master key's place; None if there is none, or the password is another."""
        return _opened_or_none(self._next_master, self.password() if password is None else password)

    def master_key_under(self, password: str) -> Key | None:
        """Return the master key if this password opens it."""
        return _opened_or_none(self._master, password)

    def take_next_master_key(self) -> None:
        """Put that key in the old one's place, whole or not at all."""
        private_files.take_place(self._next_master, self._master)

    @property
    def _master(self) -> Path:
        return self.folder / "master.json"

    @property
    def _next_master(self) -> Path:
        return self.folder / "master-next.json"

    # The folder's password.

    def change_password(self, new: str) -> tuple[str, ...]:
        """Put every key that the folder's password opens under a new one; returns the files that it does not open.

        Each file changes whole or not at all, and one that the new password opens already is left: repeating it after
        a kill finishes it. The master key is no such file; it is rotated (issuer/rotation.py).
        """
        accounts = [account for kind in _WORDS for account in self._accounts(kind)]
        others = [str(account.path) for account in accounts if not self._changed(account, new)]
        for path in sorted((self.folder / "documents").glob("*.pem")):
            _reseal_document_key(path, self.password(), new)
        return tuple(others)

    def _changed(self, account: Account, new: str) -> bool:
        for password, change in ((new, False), (self.password(), True)):
            try:
                self._unlock(account.path, password)
                if change:
                    self._reseal(account.path, password, new)
            except SigningFailed:
                continue
            return True
        return False

    def password(self) -> str:
        """Return the password of the folder's keys; raises `Locked` if there is no password file."""
        try:
            return self._password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as exc:
            raise Locked(
                f"password: got no readable file {self._password_file}, wanted the one that opens the keys in "
                f"{self.folder}; set YINXIN_KEYSTORE_PASSWORD_FILE"
            ) from exc

    def _accounts(self, kind: str) -> tuple[Account, ...]:
        return tuple(_account_in(path) for path in sorted((self.folder / kind).glob("*.json")))

    def _account(self, kind: str, name: str) -> Account:
        path = self.folder / kind / f"{name}.json"
        if not name or Path(name).name != name or not _is_file(path):
            names = ", ".join(account.name for account in self._accounts(kind)) or "none are here yet"
            got = f"«{name[:_SHOWN]}…»" if len(name) > _SHOWN else f"«{name}»"
            raise NotFound(f"{_WORDS[kind]}: got {got}, wanted one of {self.folder / kind}: {names}")
        return _account_in(path)

    def _opened(self, account: Account, password: str | None) -> Signer:
        try:
            signer = self._unlock(account.path, self.password() if password is None else password)
        except SigningFailed as exc:
            raise Locked(f"{exc}; nothing was signed") from exc
        if signer.address != account.address:
            raise Locked(
                f"{account.path}: says it is of 0x{account.address.hex()}, its key is of 0x{signer.address.hex()}"
            )
        return signer

    def _new(self, kind: str, name: str, labels: Mapping[str, str | int], password: str | None = None) -> Account:
        path = self.folder / kind / f"{name}.json"
        if not path.exists():
            try:
                self._create(path, self.password() if password is None else password, labels)
            except SigningFailed:
                # Another process may have been quicker; then its key is the one.
                if not path.exists():
                    raise
        return _account_in(path)

    def _document_path(self, agency: int, kid: bytes) -> Path:
        return self.folder / "documents" / f"{agency}-{base64url.encode(kid)}.pem"


def _account_in(path: Path) -> Account:
    held = _json(path)
    match held:
        case {"address": str() as address, "yinxin": {"agency": int() as agency}}:
            return Account(path.stem, agency, bytes.fromhex(address.removeprefix("0x")), path)
        case _:
            raise Locked(f'{path}: wanted a keystore v3 file with "address" and "yinxin": {{"agency": …}}')


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A name that no file can have, such as one of 5,000 letters.
        return False


def _document_key(path: Path, password: str) -> DocumentKey:
    try:
        private = load_pem_private_key(path.read_bytes(), password.encode())
    except (ValueError, TypeError) as exc:
        raise Locked(f"{path}: the password does not open it, or it is damaged") from exc
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise Locked(f"{path}: got another kind of key, wanted one on P-256")
    return DocumentKey(PublicKey.of(private), es256_signer(private))


def _reseal_document_key(path: Path, old: str, new: str) -> None:
    try:
        _document_key(path, new)
    except Locked:
        pem = path.read_bytes()
        _document_key(path, old)
        private = load_pem_private_key(pem, old.encode())
        sealed = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(new.encode()))
        private_files.replace(path, sealed)


def _closed_master(key: Key, password: str, entropy: Callable[[int], bytes]) -> bytes:
    salt = entropy(16)
    wrapped = _stretched(password, salt).encrypt(key.secret, _MASTER_PLACE, entropy=entropy)
    return json.dumps({"kdf": "scrypt", "n": _SCRYPT_N, "salt": salt.hex(), "key": wrapped.hex()}).encode()


def _opened_or_none(path: Path, password: str) -> Key | None:
    try:
        return _opened_master(path, password)
    except (Locked, FileNotFoundError):
        return None


def _opened_master(path: Path, password: str) -> Key:
    held = _json(path)
    try:
        salt, wrapped = bytes.fromhex(str(held["salt"])), bytes.fromhex(str(held["key"]))
        return Key(_stretched(password, salt).decrypt(wrapped, _MASTER_PLACE))
    except (KeyError, ValueError) as exc:
        raise Locked(f"{path}: it is damaged") from exc


def _stretched(password: str, salt: bytes) -> Key:
    return Key(Scrypt(salt=salt, length=KEY_BYTES, n=_SCRYPT_N, r=8, p=1).derive(password.encode()))


def _json(path: Path) -> dict[str, object]:
    try:
        held = json.loads(path.read_bytes())
    except ValueError as exc:
        raise Locked(f"{path}: got no JSON, wanted a key file") from exc
    if not isinstance(held, dict):
        raise Locked(f"{path}: got JSON that is no object, wanted a key file")
    return held
