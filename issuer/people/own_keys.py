"""An officer's signing key that only the officer's password opens.

The key is a keystore file like others (issuer/keys.py), but its password is 32 random bytes, which nobody ever types.
They stand in the database, encrypted under a key that the officer's password makes. So neither the disk nor another
officer can sign, and a new password is one change of one row: the file stays as it is.

What is stored first is the row. A process killed before the file follows leaves a row without a key address; the next
opening makes the file, or takes it over, and then writes down its address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer.errors import Locked, NotAllowed
from issuer.tables import account_rows
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.keys import Keystore, Officer
    from issuer.people.passwords import Passwords
    from issuer.tables.account_models import Person
    from issuer.tables.store import Store

_SECRET_BYTES = 32


def new_secret(keystore: Keystore, person: Person, entropy: Callable[[int], bytes]) -> bytes:
    """Return what is to open a person's key file: random, or the folder's own password where that is to open it too."""
    return keystore.password().encode() if person.key_shared else entropy(_SECRET_BYTES).hex().encode()


def wrap(
    person: Person, secret: bytes, *, passwords: Passwords, password: str, entropy: Callable[[int], bytes]
) -> tuple[str, bytes]:
    """Return (derivation, encrypted secret), to be put into the person's row."""
    derivation = passwords.new_derivation()
    key = passwords.key(password, derivation)
    return derivation, key.encrypt(secret, _place(person), entropy=entropy)


def unwrap(person: Person, *, passwords: Passwords, password: str) -> bytes | None:
    """Return what opens the person's key, None where there is no key; raises `Locked` for another password."""
    if person.key_derivation is None or person.key_secret is None:
        return None
    return passwords.key(password, person.key_derivation).decrypt(person.key_secret, _place(person))


def settle(store: Store, keystore: Keystore, person: Person, secret: bytes) -> bytes:
    """Make a person's key file, or take it over, and write down its address; returns that. Safe to repeat."""
    if person.key_address is not None:
        return person.key_address
    name = key_name(person)
    account = keystore.new_officer(name, agency=person.agency, title=person.display_name, password=secret.decode())
    # One that was here before is still under the folder's password.
    keystore.hand_over(name, password=secret.decode())
    with store.writing() as work:
        account_rows.person(work, account_rows.number(person)).key_address = account.address
    return account.address


def opened(store: Store, keystore: Keystore, person: Person, secret: bytes) -> Officer:
    """Open a person's key; raises `Locked` if the file is not the one that was written down."""
    address = settle(store, keystore, person, secret)
    officer = keystore.officer(key_name(person), password=secret.decode())
    if officer.signer.address != address or officer.agency != person.agency:
        raise Locked(
            f"officer {person.login}: the key file is of 0x{officer.signer.address.hex()} of agency {officer.agency}, "
            f"wanted 0x{address.hex()} of agency {person.agency}"
        )
    return officer


def key_name(person: Person) -> str:
    """Return the name of a person's key; raises `NotAllowed` for people who sign nothing here."""
    if person.key_name is None:
        raise NotAllowed(f"{person.login} has no signing key here")
    return person.key_name


def _place(person: Person) -> Place:
    return Place("person", "key_secret", str(account_rows.number(person)))
