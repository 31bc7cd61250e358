"""People to test with: a database, a keystore folder, cheap passwords, a clock that is set by hand."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp

from issuer import audit_log
from issuer.audit_log import Occasion
from issuer.people import accounts, second_factors, sessions, sign_in
from issuer.people.passkeys import RelyingParty
from issuer.people.passwords import LIGHT, Passwords
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.tables.store import Store
from issuer.vault import Key, new_key
from tests.issuer.offices import make_keystore

if TYPE_CHECKING:
    from pathlib import Path

    from issuer.keys import Keystore
    from issuer.people.sign_in import Step
    from issuer.tables.account_models import Person

GOOD = "seven brown horses graze"
BETTER = "two grey cranes by the lake"
AGENCY, OTHER = 3, 4
PARTY = RelyingParty("issuer.example.gov.cn", "Yinxin", ("https://issuer.example.gov.cn",))
entropy = secrets.token_bytes


class CountingPasswords(Passwords):
    """Counts how often a hash is computed to check a password."""

    def __init__(self) -> None:
        super().__init__(entropy, cost=LIGHT)
        self.checks = 0
        hasher = self._hasher.verify

        def verify(password: str | bytes, held: str | bytes) -> bool:
            self.checks += 1
            return hasher(password, held)

        self._hasher.verify = verify


@dataclass(slots=True)
class Staff:
    """An issuer's people and what stands around them."""

    folder: Path
    store: Store
    keystore: Keystore
    now: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    source: str = "10.1.2.3"
    key: Key = field(default_factory=lambda: new_key(entropy))
    passwords: CountingPasswords = field(default_factory=CountingPasswords)

    @property
    def occasion(self) -> Occasion:
        return Occasion(self.now, self.source)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def invite(
        self, login: str, *roles: Role, by: int | None = None, agency: int = AGENCY, key: str | None = None
    ) -> accounts.Invited:
        return accounts.invite(
            self.store,
            self.keystore,
            by=by,
            agency=agency,
            login=login,
            display_name=login.title(),
            roles=roles,
            occasion=self.occasion,
            entropy=entropy,
            key=key,
        )

    def accept(self, invited: accounts.Invited, password: str = GOOD) -> Person:
        return accounts.accept(
            self.store,
            self.keystore,
            self.passwords,
            token=invited.token,
            password=password,
            occasion=self.occasion,
            entropy=entropy,
        )

    def hire(self, login: str, *roles: Role, agency: int = AGENCY, by: int | None = None) -> int:
        """Have somebody invited and accept."""
        return account_rows.number(self.accept(self.invite(login, *roles, agency=agency, by=by)))

    def manager(self, login: str = "manager", *, agency: int = AGENCY) -> int:
        """Have a first manager with an authenticator app."""
        person_id = self.hire(login, Role.AGENCY_MANAGER, agency=agency)
        self.add_app(person_id)
        return person_id

    def preparer(self, login: str = "uyun") -> int:
        """Have somebody who needs no second factor, in an agency with a manager."""
        with self.store.reading() as work:
            known = account_rows.person_called(work, "manager")
        by = self.manager() if known is None else account_rows.number(known)
        return self.hire(login, Role.PREPARER, by=by)

    def person(self, person_id: int) -> Person:
        with self.store.reading() as work:
            return account_rows.person(work, person_id)

    def add_app(self, person_id: int) -> pyotp.TOTP:
        """Give somebody an authenticator app; waits a step, so that its next code counts."""
        with self.store.writing() as work:
            person = account_rows.person(work, person_id)
            url = second_factors.begin_app(work, person, key=self.key, now=self.now, entropy=entropy)
        app = pyotp.parse_uri(url)
        assert isinstance(app, pyotp.TOTP)
        with self.store.writing() as work:
            person = account_rows.person(work, person_id)
            second_factors.confirm_app(work, person, app.at(self.now), key=self.key, occasion=self.occasion)
        self.wait(seconds=30)
        return app

    def sign_in(self, login: str, password: str = GOOD) -> Step:
        return sign_in.with_password(
            self.store, self.passwords, login=login, password=password, occasion=self.occasion, entropy=entropy
        )

    def show_code(self, token: str, code: str) -> Step:
        return sign_in.with_code(
            self.store, key=self.key, token=token, code=code, occasion=self.occasion, entropy=entropy
        )

    def change_password(self, token: str, old: str, new: str) -> None:
        accounts.change_password(
            self.store, self.passwords, token=token, old=old, new=new, occasion=self.occasion, entropy=entropy
        )

    def resume(self, token: str) -> sessions.SignedIn:
        return sessions.resume(self.store, token, self.occasion)

    def actions(self) -> list[str]:
        """Return what is in the log, as «who: what (detail)»."""
        with self.store.reading() as work:
            audit_log.verify(work)
            return [
                f"{line.who}: {line.what}" + (f" ({line.detail})" if line.detail else "")
                for line in account_rows.lines(work)
            ]


def make_staff(folder: Path, url: str = "") -> Staff:
    """Open a database and a keystore folder in a folder."""
    store = Store(url or f"sqlite:///{folder}/issuer.db", locks=folder / "locks")
    return Staff(folder, store, make_keystore(folder / "keys"))
