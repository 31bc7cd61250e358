"""Pages for other systems of an agency: who they are, what they may do, how much they asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import Response  # noqa: TC002 — FastAPI reads annotations at run time

from chain.errors import InvalidInput
from issuer.client import admission, clients
from issuer.client.clients import Allowed
from issuer.errors import NotFound, NotReady
from issuer.routes.pages import client_words, front
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.tables import client_rows, webhook_rows
from issuer.tables.account_models import Role
from issuer.tables.client_models import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.certificate_type import CertificateType
    from issuer.tables.client_models import Client, ClientDay

router = front.router(tags=["clients"])

_DAYS = 14
"""Of which the use is shown."""
_USES = 20
_CAP = 1000
_LONGEST_CAP = 8


@router.get("/clients")
def listing(visit: Visiting) -> Response:
    """List the agency's systems."""
    visit.require(Role.AGENCY_MANAGER)
    with visit.store.reading() as work:
        found = client_rows.clients(work, visit.who.agency)
        used = {client_rows.number(each): client_rows.uses_on(work, each.id or 0, visit.office.today) for each in found}
    return visit.page(
        "clients.html",
        clients=found,
        used=used,
        listed=clients.listed,
        types=_types(visit),
        services=client_words.SCOPES,
    )


@router.get("/clients/new")
def ask(visit: Visiting) -> Response:
    """Ask what a new system may do."""
    visit.require(Role.AGENCY_MANAGER)
    visit.require_fresh()
    return _form(visit, None, Allowed("", (), (), daily_cap=_CAP))


@router.post("/clients/new")
def make(visit: Visiting) -> Response:
    """Make a system, and show its secret this once."""
    visit.require(Role.AGENCY_MANAGER)
    visit.require_fresh()
    allowed, faults = _typed(visit)
    if not faults:
        try:
            made = clients.make(
                visit.office, allowed, agency=visit.who.agency, by=visit.who.login, occasion=visit.occasion
            )
        except InvalidInput as exc:
            faults = [_fault(visit, exc)]
        else:
            return _secret(visit, made.client_id, made.secret)
    return _form(visit, None, allowed, faults)


@router.get("/clients/{client_id:int}")
def show(client_id: int, visit: Visiting) -> Response:
    """Show one system: its rights, secrets, webhooks, and what it asked."""
    return _page(visit, client_id)


@router.get("/clients/{client_id:int}/alter")
def ask_again(client_id: int, visit: Visiting) -> Response:
    """Ask what a system may do from now on."""
    client = _own(visit, client_id)
    visit.require_fresh()
    return _form(visit, client, _allowed(client))


@router.post("/clients/{client_id:int}/alter")
def alter(client_id: int, visit: Visiting) -> Response:
    """Let a system do something else from now on."""
    client = _own(visit, client_id)
    visit.require_fresh()
    allowed, faults = _typed(visit, client)
    if not faults:
        try:
            _store(visit, client_id, allowed)
        except (InvalidInput, NotReady) as exc:
            faults = [_fault(visit, exc)]
        else:
            return visit.done(f"/clients/{client_id}", visit.words.gettext("The rights were changed."))
    return _form(visit, client, allowed, faults)


@router.get("/clients/{client_id:int}/fields/{kind}")
def ask_fields(client_id: int, kind: str, visit: Visiting) -> Response:
    """Ask which claims of a type a system is shown."""
    client = _own(visit, client_id)
    certificate_type = _type(visit, client, kind)
    held = clients.fields_of(client).get(kind)
    keys = [claim.key for claim in certificate_type.claims]
    return _fields_form(visit, client, certificate_type, keys if held is None else held)


@router.post("/clients/{client_id:int}/fields/{kind}")
def set_fields(client_id: int, kind: str, visit: Visiting) -> Response:
    """Change which claims of a type a system is shown."""
    client = _own(visit, client_id)
    visit.require_fresh()
    certificate_type = _type(visit, client, kind)
    keys = [claim.key for claim in certificate_type.claims if claim.key in visit.chosen("fields")]
    fields = {each: held for each, held in clients.fields_of(client).items() if each != kind}
    if len(keys) < len(certificate_type.claims):
        fields[kind] = tuple(keys)
    try:
        _store(visit, client_id, _allowed(client, fields))
    except (InvalidInput, NotReady) as exc:
        return _fields_form(visit, client, certificate_type, keys, [Fault("fields", visit.words.explain(exc))])
    return visit.done(f"/clients/{client_id}", visit.words.gettext("The rights were changed."))


@router.post("/clients/{client_id:int}/secrets")
def add_secret(client_id: int, visit: Visiting) -> Response:
    """Make another secret, and show it this once."""
    _own(visit, client_id)
    visit.require_fresh()
    days = {str(days): days for days, _ in client_words.LIVES}.get(visit.typed("life"), 90)
    try:
        secret = clients.add_secret(
            visit.office,
            client_id,
            agency=visit.who.agency,
            by=visit.who.login,
            occasion=visit.occasion,
            life=timedelta(days=days) if days else None,
        )
    except (InvalidInput, NotReady) as exc:
        return _page(visit, client_id, [Fault("life", visit.words.explain(exc))])
    return _secret(visit, client_id, secret)


@router.post("/clients/{client_id:int}/secrets/{secret_id:int}/end")
def end_secret(client_id: int, secret_id: int, visit: Visiting) -> Response:
    """Make a secret void."""
    _own(visit, client_id)
    clients.end_secret(
        visit.office,
        client_id,
        secret_id,
        agency=visit.who.agency,
        by=visit.who.login,
        occasion=visit.occasion,
    )
    return visit.done(f"/clients/{client_id}", visit.words.gettext("The secret counts no more."))


@router.post("/clients/{client_id:int}/revoke")
def revoke(client_id: int, visit: Visiting) -> Response:
    """End a system for good."""
    _own(visit, client_id)
    clients.revoke(visit.office, client_id, agency=visit.who.agency, by=visit.who.login, occasion=visit.occasion)
    return visit.done(f"/clients/{client_id}", visit.words.gettext("The system may do nothing any more."))


def _own(visit: Visit, client_id: int) -> Client:
    visit.require(Role.AGENCY_MANAGER)
    with visit.store.reading() as work:
        return client_rows.client(work, client_id, visit.who.agency)


def _store(visit: Visit, client_id: int, allowed: Allowed) -> None:
    clients.alter(
        visit.office,
        client_id,
        allowed,
        agency=visit.who.agency,
        by=visit.who.login,
        occasion=visit.occasion,
    )


def _page(visit: Visit, client_id: int, faults: Sequence[Fault] = ()) -> Response:
    client = _own(visit, client_id)
    today = visit.office.today
    with visit.store.reading() as work:
        secrets = client_rows.secrets(work, client_id)
        days = client_rows.days(work, client_id, today - timedelta(days=_DAYS - 1))
        uses = [
            (each, admission.cause_of(visit.office, work, each, client.agency))
            for each in client_rows.uses(work, client_id, most=_USES)
        ]
        hooks = webhook_rows.webhooks(work, client_id)
    return visit.page(
        "client.html",
        status=422 if faults else 200,
        faults=faults,
        client=client,
        scopes=[each for each in Scope if each in clients.listed(client.scopes)],
        networks=clients.listed(client.networks),
        kinds=[_types(visit)[each] for each in clients.listed(client.types) if each in _types(visit)],
        fields=clients.fields_of(client),
        secrets=secrets,
        counting={each.id for each in secrets if clients.counts(each, visit.occasion)},
        days=_by_day(days),
        used=sum(each.uses for each in days if each.day == today),
        uses=uses,
        hooks=hooks,
        lives=client_words.LIVES,
        services=client_words.SCOPES,
    )


def _form(visit: Visit, client: Client | None, allowed: Allowed, faults: Sequence[Fault] = ()) -> Response:
    return visit.page(
        "client_form.html",
        status=422 if faults else 200,
        faults=faults,
        client=client,
        allowed=allowed,
        cap=visit.typed("cap") or allowed.daily_cap,
        types=_types(visit).values(),
        services=client_words.SCOPES,
    )


def _fields_form(
    visit: Visit, client: Client, kind: CertificateType, keys: Sequence[str], faults: Sequence[Fault] = ()
) -> Response:
    return visit.page(
        "client_fields.html", status=422 if faults else 200, faults=faults, client=client, kind=kind, keys=keys
    )


def _secret(visit: Visit, client_id: int, secret: str) -> Response:
    return visit.page(
        "client_secret.html", client=_own(visit, client_id), secret=secret, token_url=f"{visit.at.site.url}/oauth/token"
    )


def _typed(visit: Visit, client: Client | None = None) -> tuple[Allowed, list[Fault]]:
    """Return what was typed into the form, and what is wrong with it."""
    words, faults = visit.words, list[Fault]()
    cap = visit.typed("cap").strip()
    is_number = cap.isascii() and cap.isdigit() and 0 < len(cap) <= _LONGEST_CAP
    kinds = [each for each in _types(visit) if each in visit.chosen("types")]
    held = {} if client is None else clients.fields_of(client)
    allowed = Allowed(
        name=visit.typed("name").strip(),
        scopes=[each for each in Scope if each in visit.chosen("scopes")],
        types=kinds,
        fields={kind: keys for kind, keys in held.items() if kind in kinds},
        networks=visit.typed("networks").replace(",", " ").split(),
        daily_cap=int(cap) if is_number else 0,
    )
    if not allowed.name:
        faults.append(Fault("name", words.gettext("Type what the system is called.")))
    if not allowed.scopes:
        faults.append(Fault("scopes", words.gettext("Choose at least one service.")))
    if not allowed.types:
        faults.append(Fault("types", words.gettext("Choose at least one certificate type.")))
    if not is_number or not allowed.daily_cap:
        faults.append(Fault("cap", words.gettext("Type a whole number from 1 to 10,000,000.")))
    return allowed, faults


def _fault(visit: Visit, error: InvalidInput | NotReady) -> Fault:
    field = next(
        (field for begin, field in (("network", "networks"), ("name", "name"), ("daily cap", "cap"))
         if str(error).startswith(begin)),
        "",
    )  # fmt: skip
    return Fault(field, visit.words.explain(error))


def _allowed(client: Client, fields: Mapping[str, Sequence[str]] | None = None) -> Allowed:
    return Allowed(
        name=client.name,
        scopes=clients.listed(client.scopes),
        types=clients.listed(client.types),
        fields=clients.fields_of(client) if fields is None else fields,
        networks=clients.listed(client.networks),
        daily_cap=client.daily_cap,
    )


def _type(visit: Visit, client: Client, kind: str) -> CertificateType:
    if kind not in clients.listed(client.types):
        raise NotFound(f"certificate type: got «{kind[:60]}», wanted one that the client may ask for")
    return visit.office.type(kind)


def _types(visit: Visit) -> dict[str, CertificateType]:
    """Return the newest version of every type."""
    names = sorted({each.identifier for each in visit.office.types})
    return {each: visit.office.type(each) for each in names}


def _by_day(days: Sequence[ClientDay]) -> list[tuple[object, dict[str, int], int]]:
    """Return (day, uses by service, sum), newest day first."""
    found: dict[object, dict[str, int]] = {}
    for each in days:
        found.setdefault(each.day, {})[each.service] = each.uses
    return [(day, by_service, sum(by_service.values())) for day, by_service in found.items()]
