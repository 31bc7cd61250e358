"""People signed in to the pages of a world, without a browser.

    with pages(world) as door:
        clerk = door.clerk("low-preparer", Role.PREPARER)
        answer = clerk.get("/batches")
        clerk.post("/batches/1/submit", {"comment": ""})

A login that is the name of one of the world's officers' keys signs with that key. `post` brings the csrf field along.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyotp
from fastapi.testclient import TestClient

from issuer.app import application
from issuer.audit_log import Occasion
from issuer.document.documents import Renderer
from issuer.people import accounts, own_keys, second_factors, sessions
from issuer.people.passwords import LIGHT, Passwords
from issuer.routes.desk import Desk, Doorkeeper
from issuer.site import Site, site
from issuer.tables import account_rows
from issuer.tables.account_models import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fastapi import FastAPI
    from httpx2 import Response

    from issuer.tables.account_models import Person
    from tests.issuer.offices import World

PASSWORD = "seven brown horses graze"  # noqa: S105 — it opens nothing but these tests' accounts
SOURCE = "testclient"
LARGEST = 8_000_000
_RENDERER = cache(Renderer)
_CHEAP = cache(lambda: Passwords(secrets.token_bytes, cost=LIGHT))


@dataclass(slots=True)
class Clerk:
    """Somebody signed in."""

    login: str
    person_id: int
    client: TestClient
    door: Door
    token: str

    @property
    def csrf(self) -> str:
        """What this session's forms bring along."""
        return sessions.resume(self.door.world.office.store, self.token, self.door.occasion).csrf

    def get(self, path: str, **options: object) -> Response:
        """Open a page; redirects are not followed."""
        return self.client.get(path, headers={"Accept": "text/html", **options})  # type: ignore[dict-item]

    def post(
        self,
        path: str,
        data: Mapping[str, object] | None = None,
        *,
        files: Mapping[str, object] | None = None,
        csrf: str | None = None,
    ) -> Response:
        """Send a form."""
        brought = {"csrf": self.csrf if csrf is None else csrf, **(data or {})}
        return self.client.post(path, data=brought, files=files, headers={"Accept": "text/html"})  # type: ignore[arg-type]

    def search(self, path: str, **typed: str) -> str:
        """Send what is looked for and return where the answer is, whose address keeps no word of it."""
        sent = self.post(path, typed)
        where = sent.headers.get("location", "")
        assert (sent.status_code, sent.text) == (303, ""), sent.text[-2000:]
        assert not any(word in unquote(where) for name, word in typed.items() if name in {"q", "text"})
        return where


@dataclass(slots=True)
class Door:
    """The pages of a world."""

    world: World
    app: FastAPI
    site: Site
    secrets: dict[str, pyotp.TOTP] = field(default_factory=dict)
    """The authenticator app of each login that has one."""

    @property
    def occasion(self) -> Occasion:
        """Now, from here."""
        return Occasion(self.world.office.now(), SOURCE)

    def guest(self) -> TestClient:
        """Return a browser in which nobody is signed in."""
        return TestClient(self.app, base_url=self.site.url, follow_redirects=False)

    def clerk(self, login: str, *roles: Role, agency: int | None = None, language: str = "en") -> Clerk:
        """Return somebody signed in, who is hired first unless that is done."""
        with self.world.office.store.reading() as work:
            known = account_rows.person_called(work, login)
        person = known or self.hire(login, *roles, agency=agency)
        token = self.token(person)
        client = self.guest()
        client.cookies.set("yinxin", token)
        client.headers["Accept-Language"] = language
        return Clerk(login, account_rows.number(person), client, self, token)

    def hire(self, login: str, *roles: Role, agency: int | None = None) -> Person:
        """Make an account, whose person has accepted and, where the roles demand it, has an authenticator app."""
        office = self.world.office
        keys = {each.name: each for each in office.keystore.officers()}
        key = login if login in keys else None
        if agency is None:
            agency = keys[login].agency if key else accounts.COUNCIL
        invited = accounts.invite(
            office.store,
            office.keystore,
            by=None if key else self._manager(agency, roles),
            agency=agency,
            login=login,
            display_name=login,
            roles=roles,
            occasion=self.occasion,
            entropy=office.entropy,
            key=key,
            key_shared=key is not None,
        )
        person = accounts.accept(
            office.store,
            office.keystore,
            self.site.passwords,
            token=invited.token,
            password=PASSWORD,
            occasion=self.occasion,
            entropy=office.entropy,
        )
        if second_factors.is_demanded(person):
            self.add_app(person)
        return person

    def add_app(self, person: Person) -> pyotp.TOTP:
        """Give somebody an authenticator app, whose next code counts in the next half minute."""
        office, number = self.world.office, account_rows.number(person)
        with office.store.writing() as work:
            held = account_rows.person(work, number)
            key = office.records.master
            url = second_factors.begin_app(work, held, key=key, now=office.now(), entropy=office.entropy)
            app = pyotp.parse_uri(url)
            assert isinstance(app, pyotp.TOTP)
            code = app.at(office.now())
            second_factors.confirm_app(work, held, code, key=key, occasion=self.occasion)
        self.secrets[person.login] = app
        return app

    def token(self, person: Person) -> str:
        """Sign somebody in with all that is wanted, and return the session's token."""
        office = self.world.office
        with office.store.writing() as work:
            held = account_rows.person(work, account_rows.number(person))
            secret = own_keys.unwrap(held, passwords=self.site.passwords, password=PASSWORD)
            return sessions.begin(
                work, held, complete=True, secret=secret, occasion=self.occasion, entropy=office.entropy
            )

    def _manager(self, agency: int, roles: tuple[Role, ...]) -> int | None:
        """Return who invites: the agency's manager, who is hired first; nobody where the manager is to be invited."""
        leading = Role.COUNCIL_MEMBER if agency == accounts.COUNCIL else Role.AGENCY_MANAGER
        with self.world.office.store.reading() as work:
            active = account_rows.active_with(work, agency, leading)
        if active:
            return account_rows.number(active[0])
        if leading in roles:
            return None
        return account_rows.number(self.hire(f"manager-{agency}", leading, agency=agency))


def csrf_in(answer: Response) -> str:
    """Return what the forms of a page bring along."""
    return answer.text.partition('name="csrf" value="')[2].partition('"')[0]


def desk_for(world: World, door_site: Site) -> Callable[[], Desk]:
    """Return what opens the desk of a world."""

    def opened() -> Desk:
        def sender() -> bytes:
            return world.office.keystore.sender_address("issuer")

        return Desk(world.office, world.lane, sender, _RENDERER, Doorkeeper(world.office), door_site)

    return opened


def cheap_site(url: str = "http://localhost") -> Site:
    """Return a site whose passwords are checked in no time."""
    made = site(url, light=True)
    return Site(url=made.url, party=made.party, passwords=_CHEAP())


@contextmanager
def pages(world: World, *, url: str = "http://localhost") -> Iterator[Door]:
    """Open the pages of a world."""
    door_site = cheap_site(url)

    @contextmanager
    def opened() -> Iterator[Desk]:
        yield desk_for(world, door_site)()

    app = application(opened, max_body_size=LARGEST)
    with TestClient(app, base_url=door_site.url):
        yield Door(world, app, door_site)
