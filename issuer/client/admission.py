"""How a client shows who it is, and what it may then do.

By its secret itself, as an API key, or by an access token that it got for the secret and its `client_id` (OAuth 2
client credentials, RFC 6749 section 4.4). Tokens are opaque, so that ending a secret ends them within the same moment.

Whoever shows something wrong is counted by place and delayed; whoever shows the right thing is let in all the same,
for nobody finds 192 random bits by trying.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from chain.calendar import SHANGHAI, today
from chain.errors import InvalidInput
from chain.text import faults
from issuer import audit_log
from issuer.client import client_secrets, clients
from issuer.errors import CapReached, NotAllowed, NotFound, SessionOver, SignInRefused
from issuer.people import attempts
from issuer.tables import client_rows
from issuer.tables.client_models import AccessToken, Client, ClientDay, ClientSecret, ClientUse, Scope
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from issuer.audit_log import Occasion
    from issuer.office import Office
    from issuer.tables.store import Work

TOKEN_LIFE = timedelta(minutes=15)
LONGEST_CAUSE = 200
"""Characters of the reason (事由), as systems built to GB/T 36906 take."""
NOBODY = "unknown client"
_SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that has shown who it is."""

    client_id: int
    public_id: str
    name: str
    agency: int
    scopes: frozenset[str]
    types: frozenset[str]
    fields: Mapping[str, Sequence[str]]
    source: str

    def require(self, scope: Scope) -> None:
        """Refuse what the client, or the token it shows, may not do."""
        if scope not in self.scopes:
            raise NotAllowed(f"client {self.public_id} may not use «{scope}»; a manager of its agency can allow that")

    def require_type(self, identifier: str) -> None:
        """Refuse a certificate type that the client may not ask for."""
        if identifier not in self.types:
            raise NotAllowed(f"client {self.public_id} may not ask for «{identifier}»; a manager can allow that")

    def require_own(self, agency: int, identifier: str, absent: str) -> None:
        """Refuse, as if it were not there, what another agency has or what is of a type it may not ask for."""
        if agency != self.agency or identifier not in self.types:
            raise NotFound(absent)

    def sees(self, kind: str, claim: str) -> bool:
        """Whether the client is shown a claim of a type."""
        return kind not in self.fields or claim in self.fields[kind]

    def sees_all(self, kind: str) -> bool:
        """Whether the client is shown every claim of a type."""
        return kind not in self.fields


@dataclass(frozen=True, slots=True)
class Given:
    """An access token."""

    token: str
    scopes: tuple[str, ...]
    life: timedelta


def admit(office: Office, text: str, occasion: Occasion) -> Caller:
    """Return who shows a secret or a token.

    Raises `SignInRefused`, `TooManyAttempts`, `SessionOver` for a token that is over, or `NotAllowed` from an address
    that is not on the client's list.
    """
    digest = client_secrets.digest(text)
    with office.store.reading() as work:
        secret, scopes = _shown(work, digest, occasion, is_token=text.startswith(client_secrets.TOKEN))
        client = None if secret is None else client_rows.client(work, secret.client_id)
    if secret is None or client is None or not clients.counts(secret, occasion) or client.revoked_at is not None:
        raise _failure(office, client, "secret", occasion)
    return _admitted(office, client, secret, occasion, scopes)


def give_token(office: Office, public_id: str, text: str, scopes: Sequence[str], occasion: Occasion) -> Given:
    """Give a token for a client's name and secret, good for these scopes, or for all that the client has.

    Raises what `admit` does, and `InvalidInput` for scopes that the client does not have.
    """
    digest = client_secrets.digest(text)
    with office.store.reading() as work:
        client = client_rows.client_called(work, public_id)
        secret = None if digest is None else client_rows.secret_with(work, digest)
    belongs = client is not None and secret is not None and secret.client_id == client.id
    if client is None or secret is None or not belongs or not clients.counts(secret, occasion):
        raise _failure(office, client, "secret", occasion)
    caller = _admitted(office, client, secret, occasion, None)
    wanted = frozenset(scopes) or caller.scopes
    if foreign := sorted(wanted - caller.scopes):
        raise InvalidInput(f"scope: got {foreign[0][:60]!r}, wanted some of {' '.join(sorted(caller.scopes))}")
    token = client_secrets.make(client_secrets.TOKEN, office.entropy)
    expires_at = occasion.now + TOKEN_LIFE
    if secret.expires_at is not None:
        expires_at = min(expires_at, secret.expires_at)
    with office.store.writing() as work:
        client_rows.drop_tokens_before(work, occasion.now)
        work.add(
            AccessToken(
                digest=client_secrets.digest(token) or b"",
                secret_id=client_rows.number(secret),
                scopes=" ".join(sorted(wanted)),
                expires_at=expires_at,
            )
        )
        audit_log.add(work, occasion, "token given", who=public_id, agency=client.agency, subject=public_id)
    return Given(token, tuple(sorted(wanted)), expires_at - occasion.now)


def use(
    office: Office, caller: Caller, scope: Scope, occasion: Occasion, *, cause: str | None = None, subject: str = ""
) -> int:
    """Count a use and note it down, before it is answered; returns its number.

    Raises `NotAllowed`, `InvalidInput` or `CapReached`.

    `cause` is why the client asks, where the service wants to know; `subject` names what is asked for, without
    anything about a holder.
    """
    caller.require(scope)
    if cause is not None:
        _require_readable(cause.strip())
    day = today(occasion.now)
    with office.store.writing() as work:
        client = client_rows.client(work, caller.client_id)
        if client_rows.uses_on(work, caller.client_id, day) >= client.daily_cap:
            raise CapReached(client.daily_cap, _next_day(occasion.now))
        counted = client_rows.day_of(work, caller.client_id, day, scope)
        if counted is None:
            counted = ClientDay(client_id=caller.client_id, day=day, service=scope, uses=0)
            work.add(counted)
        counted.uses += 1
        row = ClientUse(client_id=caller.client_id, at=occasion.now, service=scope, source=occasion.source)
        work.add(row)
        work.flush()
        if cause is not None:
            key = office.records.data_key(work, caller.agency)
            row.cause = key.encrypt(cause.strip().encode(), _cause_place(row), entropy=office.entropy)
        what, detail = f"client used {scope}", f"use {row.id}"
        audit_log.add(work, occasion, what, who=caller.public_id, agency=caller.agency, subject=subject, detail=detail)
        return row.id or 0


def answered(office: Office, caller: Caller, use_id: int, row_ids: Sequence[str], occasion: Occasion) -> None:
    """Note which certificates a use was answered with, by row ids: the log tells who asked about a holder."""
    with office.store.writing() as work:
        for each in row_ids:
            audit_log.add(
                work,
                occasion,
                "client answered",
                who=caller.public_id,
                agency=caller.agency,
                subject=f"certificate {each}",
                detail=f"use {use_id}",
            )


def cause_of(office: Office, work: Work, row: ClientUse, agency: int) -> str:
    """Return why a client asked; empty where it did not say."""
    if row.cause is None:
        return ""
    return office.records.data_key(work, agency).decrypt(row.cause, _cause_place(row)).decode()


def _shown(
    work: Work, digest: bytes | None, occasion: Occasion, *, is_token: bool
) -> tuple[ClientSecret | None, frozenset[str] | None]:
    """Return the secret behind what was shown, and what a token is good for."""
    if digest is None:
        return None, None
    if not is_token:
        return client_rows.secret_with(work, digest), None
    token = client_rows.token(work, digest)
    if token is None:
        return None, None
    if token.expires_at <= occasion.now:
        raise SessionOver("the access token is over; get a new one")
    return client_rows.secret(work, token.secret_id), frozenset(token.scopes.split())


def _admitted(
    office: Office, client: Client, secret: ClientSecret, occasion: Occasion, scopes: frozenset[str] | None
) -> Caller:
    allowed = frozenset(clients.listed(client.scopes))
    if client.networks and not _is_within(occasion.source, clients.listed(client.networks)):
        with office.store.writing() as work:
            attempts.count(work, attempts.by_source(occasion.source), now=occasion.now)
            _note_refusal(work, client, "an address that is not on its list", occasion)
        raise NotAllowed(f"client {client.public_id} may not ask from {occasion.source}")
    if secret.last_used_at is None or occasion.now - secret.last_used_at >= _SEEN_EVERY:
        with office.store.writing() as work:
            client_rows.client(work, secret.client_id).last_used_at = occasion.now
            held = client_rows.secret(work, client_rows.number(secret))
            if held is not None:
                held.last_used_at = occasion.now
    return Caller(
        client_id=client_rows.number(client),
        public_id=client.public_id,
        name=client.name,
        agency=client.agency,
        scopes=allowed if scopes is None else allowed & scopes,
        types=frozenset(clients.listed(client.types)),
        fields=clients.fields_of(client),
        source=occasion.source,
    )


def _failure(office: Office, client: Client | None, what: str, occasion: Occasion) -> SignInRefused:
    """Count and note a failure, and return what to raise; raises `TooManyAttempts` if it came too soon."""
    with office.store.writing() as work:
        attempts.count(work, attempts.by_source(occasion.source), now=occasion.now)
        _note_refusal(work, client, what, occasion)
    return SignInRefused("client, secret or token are not the ones")


def _note_refusal(work: Work, client: Client | None, what: str, occasion: Occasion) -> None:
    who, agency = (NOBODY, None) if client is None else (client.public_id, client.agency)
    audit_log.add(work, occasion, "client refused", who=who, agency=agency, subject=who, detail=what)


def _is_within(source: str, networks: Sequence[str]) -> bool:
    try:
        address = ip_address(source)
    except ValueError:
        return False
    # An address of version 4 comes as `::ffff:10.1.2.3` where a socket takes both versions.
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ip_network(each) for each in networks)


def _next_day(now: datetime) -> datetime:
    tomorrow = today(now) + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=SHANGHAI)


def _require_readable(cause: str) -> None:
    """Refuse a cause that nobody could read later: of no length, too long, or with what cannot be seen."""
    if not 0 < len(cause) <= LONGEST_CAUSE:
        raise InvalidInput(f"useCause: got {len(cause)} characters, wanted 1 to {LONGEST_CAUSE}")
    for got, wanted in faults(cause, multiline=True):
        raise InvalidInput(f"useCause: got {got}, wanted {wanted}")


def _cause_place(row: ClientUse) -> Place:
    return Place("client_use", "cause", str(row.id))
