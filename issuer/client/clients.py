"""Consuming systems («clients») of an agency: made, changed and ended by its managers, never by themselves.

A client reads what its own agency issued, of the types and with the claims that were allowed, as often a day as was
allowed. How it shows who it is: issuer/client/admission.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from chain.text import quoted
from issuer import audit_log
from issuer.client import client_secrets
from issuer.errors import NotFound, NotReady
from issuer.tables import client_rows
from issuer.tables.client_models import Client, ClientSecret, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from issuer.audit_log import Occasion
    from issuer.office import Office
    from issuer.tables.store import Work

MOST_SECRETS = 5
"""At once; two are needed to let one take another's place."""
LARGEST_CAP = 10_000_000
_LONGEST_NAME = 80
_LONGEST_LIFE = timedelta(days=3660)
_PUBLIC_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a manager lets a client do."""

    name: str
    scopes: Sequence[str]
    types: Sequence[str]
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By type, the claims it is shown; all of a type that is not named."""
    networks: Sequence[str] = ()
    """`10.1.0.0/16` or a single address; from anywhere if empty."""
    daily_cap: int = 1000


@dataclass(frozen=True, slots=True)
class Made:
    """A new client."""

    client_id: int
    public_id: str
    secret: str
    """Shown now and never again."""


def make(office: Office, allowed: Allowed, *, agency: int, by: str, occasion: Occasion) -> Made:
    """Make a client with its first secret, which does not expire; raises `InvalidInput` naming what is wrong."""
    _require_possible(office, allowed)
    office.directory().agency(agency)
    # Why a client asks is encrypted under this key, so it must be there before the first question.
    office.records.ensure_data_key(office.store, agency, now=occasion.now)
    public_id = f"C{office.entropy(_PUBLIC_ID_BYTES).hex()}"
    with office.store.writing() as work:
        row = Client(
            public_id=public_id,
            agency=agency,
            name="",
            scopes="",
            types="",
            daily_cap=0,
            created_at=occasion.now,
            created_by=by,
        )
        _put(row, allowed)
        work.add(row)
        work.flush()
        secret = _new_secret(office, work, row, None, by=by, occasion=occasion)
        detail = f"{row.scopes}; {row.types}; {row.daily_cap} a day"
        audit_log.add(work, occasion, "client made", who=by, agency=agency, subject=public_id, detail=detail)
        return Made(client_rows.number(row), public_id, secret)


def alter(office: Office, client_id: int, allowed: Allowed, *, agency: int, by: str, occasion: Occasion) -> None:
    """Let a client do something else from now on; raises `InvalidInput`, `NotFound` or `NotReady`."""
    _require_possible(office, allowed)
    with office.store.writing() as work:
        row = _working(work, client_id, agency)
        _put(row, allowed)
        detail = f"{row.scopes}; {row.types}; {row.daily_cap} a day"
        audit_log.add(work, occasion, "client altered", who=by, agency=agency, subject=row.public_id, detail=detail)


def add_secret(
    office: Office, client_id: int, *, agency: int, by: str, occasion: Occasion, life: timedelta | None = None
) -> str:
    """Make another secret, valid for `life` or until somebody ends it; returns it, once."""
    if life is not None and not timedelta(0) < life <= _LONGEST_LIFE:
        raise InvalidInput(f"days: got {life.days}, wanted 1 to {_LONGEST_LIFE.days}")
    with office.store.writing() as work:
        row = _working(work, client_id, agency)
        counting = [each for each in client_rows.secrets(work, client_id) if counts(each, occasion)]
        if len(counting) >= MOST_SECRETS:
            raise NotReady(f"client {row.public_id} has {len(counting)} secrets that count; end one of them first")
        return _new_secret(office, work, row, life, by=by, occasion=occasion)


def end_secret(office: Office, client_id: int, secret_id: int, *, agency: int, by: str, occasion: Occasion) -> None:
    """Make a secret void at once, and every token that was given for it. Safe to repeat."""
    with office.store.writing() as work:
        client = client_rows.client(work, client_id, agency)
        found = client_rows.secret(work, secret_id)
        if found is None or found.client_id != client_id:
            raise NotFound(f"secret: got {secret_id}, wanted the number of one of client {client.public_id}'s")
        client_rows.drop_tokens_of(work, secret_id)
        if found.ended_at is None:
            found.ended_at = occasion.now
            subject, detail = client.public_id, f"…{found.hint}"
            audit_log.add(work, occasion, "client secret ended", who=by, agency=agency, subject=subject, detail=detail)


def revoke(office: Office, client_id: int, *, agency: int, by: str, occasion: Occasion) -> None:
    """End a client for good, and with it whatever it holds. Safe to repeat."""
    with office.store.writing() as work:
        row = client_rows.client(work, client_id, agency)
        for each in client_rows.secrets(work, client_id):
            each.ended_at = each.ended_at or occasion.now
            client_rows.drop_tokens_of(work, client_rows.number(each))
        if row.revoked_at is None:
            row.revoked_at = occasion.now
            audit_log.add(work, occasion, "client revoked", who=by, agency=agency, subject=row.public_id)


def counts(secret: ClientSecret, occasion: Occasion) -> bool:
    """Whether a secret is taken now."""
    return secret.ended_at is None and (secret.expires_at is None or occasion.now < secret.expires_at)


def listed(text: str) -> tuple[str, ...]:
    """Return what a column of several words holds."""
    return tuple(each for each in text.split(",") if each)


def fields_of(client: Client) -> dict[str, tuple[str, ...]]:
    """Return which claims a client is shown, by type."""
    held: dict[str, list[str]] = json.loads(client.fields)
    return {kind: tuple(keys) for kind, keys in held.items()}


def _working(work: Work, client_id: int, agency: int) -> Client:
    row = client_rows.client(work, client_id, agency)
    if row.revoked_at is not None:
        raise NotReady(f"client {row.public_id} was revoked on {row.revoked_at:%Y-%m-%d}; make a new one instead")
    return row


def _new_secret(
    office: Office, work: Work, client: Client, life: timedelta | None, *, by: str, occasion: Occasion
) -> str:
    text = client_secrets.make(client_secrets.OWN, office.entropy)
    work.add(
        ClientSecret(
            client_id=client_rows.number(client),
            digest=client_secrets.digest(text) or b"",
            hint=client_secrets.hint(text),
            created_at=occasion.now,
            created_by=by,
            expires_at=None if life is None else occasion.now + life,
        )
    )
    detail = f"…{client_secrets.hint(text)}" + ("" if life is None else f", for {life.days} days")
    audit_log.add(
        work,
        occasion,
        "client secret made",
        who=by,
        agency=client.agency,
        subject=client.public_id,
        detail=detail,
    )
    return text


def _put(row: Client, allowed: Allowed) -> None:
    row.name = " ".join(allowed.name.split())
    row.scopes, row.types = _joined(allowed.scopes), _joined(allowed.types)
    row.fields = json.dumps({kind: sorted(set(keys)) for kind, keys in sorted(allowed.fields.items())})
    row.networks = _joined(map(_network, allowed.networks))
    row.daily_cap = allowed.daily_cap


def _require_possible(office: Office, allowed: Allowed) -> None:
    name = " ".join(allowed.name.split())
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"name: got {len(name)} characters, wanted 1 to {_LONGEST_NAME}")
    if not 0 < allowed.daily_cap <= LARGEST_CAP:
        raise InvalidInput(f"daily cap: got {allowed.daily_cap}, wanted 1 to {LARGEST_CAP}")
    known = {each.identifier: each for each in office.types}
    _require_known("scope", allowed.scopes, [str(each) for each in Scope])
    _require_known("certificate type", allowed.types, known)
    _require_known("type of the fields", allowed.fields, allowed.types)
    for kind, keys in allowed.fields.items():
        _require_known(f"field of {kind}", keys, [claim.key for claim in known[kind].claims])
    for network in allowed.networks:
        _network(network)


def _require_known(what: str, got: Iterable[str], known: Iterable[str]) -> None:
    wanted = sorted(known)
    if foreign := sorted(set(got) - set(wanted)):
        raise InvalidInput(f"{what}: got {quoted(foreign[0])}, wanted one of {', '.join(wanted)}")


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip()))
    except ValueError as exc:
        raise InvalidInput(f"network: got {quoted(text)}, wanted an address or a range such as 10.1.0.0/16") from exc


def _joined(words: Iterable[str]) -> str:
    return ",".join(sorted(set(words)))
