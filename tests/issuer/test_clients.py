"""Consuming systems: how they are made, show who they are, are limited and ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from authlib.oauth2.rfc6749.wrappers import OAuth2Token
from hypothesis import given
from hypothesis import strategies as st

from chain.errors import InvalidInput
from issuer import audit_log
from issuer.client import admission, client_secrets, clients
from issuer.client.clients import Allowed
from issuer.errors import CapReached, NotAllowed, NotFound, NotReady, SignInRefused, TooManyAttempts
from issuer.tables import account_rows, client_rows
from issuer.tables.client_models import Scope
from tests.issuer.clients import ALL, CAUSE, LOW, OTHER, PERMIT, System, make, occasion
from tests.issuer.test_app import counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient

    from tests.issuer.offices import World

SOURCE = "10.1.2.3"


@pytest.fixture
def http(world: World) -> Iterator[TestClient]:
    with counter(world) as made:
        yield made


def lines(world: World) -> list[str]:
    with world.office.store.reading() as work:
        audit_log.verify(work)
        return [f"{line.who}: {line.what} {line.subject}" for line in account_rows.lines(work)]


# Secrets.


def test_secret_is_known_by_its_beginning_and_its_check_sum() -> None:
    secret = client_secrets.make(client_secrets.OWN, lambda count: bytes(range(count)))
    assert secret.startswith("yx_")
    assert len(secret) == 42
    assert client_secrets.digest(secret) is not None
    assert secret.endswith(client_secrets.hint(secret))


@given(place=st.integers(0, 41), character=st.characters(codec="ascii"))
def test_mistyped_secret_is_none(place: int, character: str) -> None:
    secret = client_secrets.make(client_secrets.OWN, lambda count: bytes(range(count)))
    typed = secret[:place] + character + secret[place + 1 :]
    assert (client_secrets.digest(typed) is None) == (typed != secret)


def test_database_holds_no_secret(world: World) -> None:
    made = make(world)
    world.office.store.close()
    assert made.secret[3:].encode() not in (world.folder / "issuer.db").read_bytes()


# Making and altering.


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (Allowed(" ", ["info"], [PERMIT]), "name: got 0 characters"),
        (Allowed("x" * 81, ["info"], [PERMIT]), "name: got 81"),
        (Allowed("x", ["fly"], [PERMIT]), "scope: got «fly»"),
        (Allowed("x", ["info"], ["driving"]), "certificate type: got «driving»"),
        (Allowed("x", ["info"], [PERMIT], {PERMIT: ["colour"]}), "field of food-operation-permit: got «colour»"),
        (Allowed("x", ["info"], [PERMIT], {"business-licence": ["name"]}), "type of the fields"),
        (Allowed("x", ["info"], [PERMIT], networks=["10.1.0.0/8"]), "network: got «10.1.0.0/8»"),
        (Allowed("x", ["info"], [PERMIT], daily_cap=0), "daily cap: got 0"),
    ],
)
def test_impossible_clients_are_refused(world: World, allowed: Allowed, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        clients.make(world.office, allowed, agency=LOW, by="manager", occasion=occasion(world))


def test_another_agencys_client_is_not_found(world: World) -> None:
    made = make(world)
    here = occasion(world)
    allowed = Allowed("x", ["info"], [PERMIT])
    with pytest.raises(NotFound):
        clients.alter(world.office, made.client_id, allowed, agency=OTHER, by="x", occasion=here)
    with pytest.raises(NotFound):
        clients.add_secret(world.office, made.client_id, agency=OTHER, by="x", occasion=here)
    with pytest.raises(NotFound):
        clients.revoke(world.office, made.client_id, agency=OTHER, by="x", occasion=here)
    with pytest.raises(NotFound):
        clients.end_secret(world.office, made.client_id, 1, agency=OTHER, by="x", occasion=here)


def test_what_is_taken_from_a_client_counts_at_once(world: World, http: TestClient) -> None:
    made = make(world)
    token = http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(made.public_id, made.secret),
    ).json()["access_token"]
    clients.alter(
        world.office,
        made.client_id,
        Allowed("x", ["search"], [PERMIT]),
        agency=LOW,
        by="manager",
        occasion=occasion(world),
    )
    for shown in (made.secret, token):
        assert System(http, shown).ask("info", id="x").status_code == 403
        assert System(http, shown).ask("search", id="x").json() == {"certificates": []}


# Showing who one is.


@pytest.mark.databases
def test_two_secrets_count_at_once_until_one_is_ended_or_over(world: World) -> None:
    made = make(world)
    here = occasion(world, SOURCE)
    second = clients.add_secret(
        world.office, made.client_id, agency=LOW, by="manager", occasion=here, life=timedelta(days=30)
    )
    for secret in (made.secret, second):
        assert admission.admit(world.office, secret, here).public_id == made.public_id
    with world.office.store.reading() as work:
        first = client_rows.number(client_rows.secrets(work, made.client_id)[0])
    clients.end_secret(world.office, made.client_id, first, agency=LOW, by="manager", occasion=here)
    with pytest.raises(SignInRefused):
        admission.admit(world.office, made.secret, here)
    world.registry.now += 31 * 86_400
    with pytest.raises(SignInRefused):
        admission.admit(world.office, second, occasion(world, SOURCE))


def test_only_so_many_secrets_count_at_once(world: World) -> None:
    made = make(world)
    for _ in range(clients.MOST_SECRETS - 1):
        clients.add_secret(world.office, made.client_id, agency=LOW, by="manager", occasion=occasion(world))
    with pytest.raises(NotReady, match="end one of them"):
        clients.add_secret(world.office, made.client_id, agency=LOW, by="manager", occasion=occasion(world))


@pytest.mark.databases
def test_revoked_client_may_nothing_any_more(world: World, http: TestClient) -> None:
    made = make(world)
    granted = http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials", "client_id": made.public_id, "client_secret": made.secret},
    )
    token = granted.json()["access_token"]
    assert System(http, token).ask("search", id="x").status_code == 200
    clients.revoke(world.office, made.client_id, agency=LOW, by="manager", occasion=occasion(world))
    for shown in (made.secret, token):
        answer = System(http, shown).ask("search", id="x")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="yinxin", error="invalid_token"'
    with pytest.raises(NotReady, match="was revoked"):
        clients.add_secret(world.office, made.client_id, agency=LOW, by="manager", occasion=occasion(world))


def test_addresses_that_are_not_on_the_list_are_refused(world: World) -> None:
    made = make(world, networks=["10.1.0.0/16", "2001:db8::/32"])
    for source in ("10.1.200.7", "::ffff:10.1.2.3", "2001:db8::1"):
        assert admission.admit(world.office, made.secret, occasion(world, source)).source == source
    for source in ("10.2.0.1", "2001:db9::1", "testclient"):
        with pytest.raises(NotAllowed, match="may not ask from"):
            admission.admit(world.office, made.secret, occasion(world, source))
    assert f"{made.public_id}: client refused {made.public_id}" in lines(world)


def test_failures_delay_and_are_in_the_log_but_the_right_secret_is_taken(world: World) -> None:
    made = make(world)
    here = occasion(world, SOURCE)
    guess = client_secrets.make(client_secrets.OWN, world.office.entropy)
    for _ in range(50):
        with pytest.raises(SignInRefused):
            admission.admit(world.office, guess, here)
    with pytest.raises(TooManyAttempts):
        admission.admit(world.office, guess, here)
    assert admission.admit(world.office, made.secret, here).client_id == made.client_id
    assert sum(line == "unknown client: client refused unknown client" for line in lines(world)) == 50


# Tokens.


def test_token_by_basic_and_by_form(world: World, http: TestClient) -> None:
    made = make(world, "info", "search")
    form = {"grant_type": "client_credentials", "scope": "search"}
    basic = http.post("/oauth/token", data=form, auth=(made.public_id, made.secret))
    post = http.post("/oauth/token", data={**form, "client_id": made.public_id, "client_secret": made.secret})
    for answer in (basic, post):
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        token = OAuth2Token.from_dict(answer.json())
        assert not token.is_expired()
        assert (token["token_type"], token["scope"], token["expires_in"]) == ("Bearer", "search", 900)
        system = System(http, token["access_token"])
        assert system.ask("search", id="x").status_code == 200
        refused = system.ask("info", id="x")
        assert refused.status_code == 403
        assert 'error="insufficient_scope", scope="info"' in refused.headers["www-authenticate"]


def test_token_is_over_after_a_quarter_of_an_hour(world: World, http: TestClient) -> None:
    made = make(world)
    form = {"grant_type": "client_credentials", "client_id": made.public_id, "client_secret": made.secret}
    system = System(http, http.post("/oauth/token", data=form).json()["access_token"])
    world.registry.now += 899
    assert system.ask("search", id="x").status_code == 200
    world.registry.now += 1
    answer = system.ask("search", id="x")
    assert (answer.status_code, answer.json()["detail"]) == (401, "the access token is over; get a new one")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "fly"}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "scope": "a " * 30}, 400, "invalid_scope"),
        ({"grant_type": "client_credentials", "client_secret": "yx_wrong"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "nobody"}, 401, "invalid_client"),
    ],
)
def test_faults_at_the_token_endpoint_are_oauths(
    world: World, http: TestClient, form: dict[str, str], status: int, error: str
) -> None:
    made = make(world)
    whole = {"client_id": made.public_id, "client_secret": made.secret, **form}
    answer = http.post("/oauth/token", data=whole)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_two_ways_at_once_and_another_clients_name_are_refused(world: World, http: TestClient) -> None:
    made, another = make(world), make(world)
    form = {"grant_type": "client_credentials"}
    both = http.post("/oauth/token", data={**form, "client_secret": "x"}, auth=(made.public_id, made.secret))
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    crossed = http.post("/oauth/token", data=form, auth=(another.public_id, made.secret))
    assert crossed.status_code == 401
    garbled = http.post("/oauth/token", data=form, headers={"Authorization": "Basic !"})
    assert garbled.status_code == 401


def test_metadata_says_where_tokens_are(http: TestClient) -> None:
    answer = http.get("/.well-known/oauth-authorization-server").json()
    assert answer["token_endpoint"] == answer["issuer"] + "/oauth/token"
    assert set(answer["scopes_supported"]) == set(ALL)


# Uses.


@pytest.mark.databases
def test_cap_counts_by_the_day_of_china_and_says_when_it_ends(world: World, http: TestClient) -> None:
    # 15:00 UTC is 23:00 in China.
    world.registry.now = world.registry.now // 86_400 * 86_400 + 15 * 3600
    made = make(world, daily_cap=2)
    system = System(http, made.secret)
    assert [system.ask("search", id="x").status_code for _ in range(3)] == [200, 200, 429]
    refused = system.ask("info", id="x")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
    assert "yx_" not in refused.text
    world.registry.now += 3600
    assert system.ask("search", id="x").status_code == 200


@pytest.mark.databases
def test_cap_holds_when_many_ask_at_once(world: World) -> None:
    made = make(world, daily_cap=10)
    caller = admission.admit(world.office, made.secret, occasion(world))

    def use(_: int) -> bool:
        try:
            admission.use(world.office, caller, Scope.INFO, occasion(world), cause=CAUSE)
        except CapReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(24))) == 10


def test_every_use_is_in_the_log_and_its_cause_is_encrypted(world: World, http: TestClient) -> None:
    made = make(world)
    assert System(http, made.secret).ask("info", id="x").status_code == 404
    assert f"{made.public_id}: client used info by id" in lines(world)
    with world.office.store.reading() as work:
        (row,) = client_rows.uses(work, made.client_id, most=9)
        assert admission.cause_of(world.office, work, row, LOW) == CAUSE
        assert row.cause is not None
        assert CAUSE.encode() not in row.cause
        assert CAUSE not in "".join(line.detail + line.subject for line in account_rows.lines(work))
        days = client_rows.days(work, made.client_id, world.office.today)
    assert [(each.service, each.uses) for each in days] == [("info", 1)]


@pytest.mark.parametrize("cause", [None, "", "   ", "x" * 201, 5])
def test_without_a_cause_nothing_is_answered(world: World, http: TestClient, cause: object) -> None:
    made = make(world)
    body = {"id": "x"} if cause is None else {"id": "x", "useCause": cause}
    assert System(http, made.secret).post("services/info", body).status_code == 422


def test_officers_password_does_not_open_the_services(http: TestClient) -> None:
    answer = http.post("/api/v1/services/info", json={}, auth=("low-preparer", "x"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_wrong_passwords_of_officers_delay_the_next(world: World, http: TestClient) -> None:
    wrong = ("low-preparer", "guess")
    answers = [http.get("/api/v1/batches", auth=wrong) for _ in range(7)]
    assert [each.status_code for each in answers] == [401] * 5 + [429, 429]
    assert int(answers[-1].headers["retry-after"]) == 30
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert http.get("/api/v1/batches", auth=("low-approver", "guess")).status_code == 401
    assert sum(line == "nobody: officer refused low-preparer" for line in lines(world)) == 5
    world.registry.now += 31
    assert http.get("/api/v1/batches", auth=("low-preparer", "a password for tests")).status_code == 200


def test_what_is_typed_as_an_officers_name_is_not_kept(world: World, http: TestClient) -> None:
    http.get("/api/v1/batches", auth=("my password by mistake", "x"))
    assert lines(world)[-1] == "nobody: officer refused nobody"
