"""Every answer over HTTP is in words, strict and not stored, whatever was asked and whatever went wrong."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
import structlog

from issuer.spreadsheet import importing
from tests.issuer.offices import permit_number
from tests.issuer.test_app import APPROVER, LARGEST, PREPARER, counter, issued

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient
    from httpx2 import Response

    from tests.issuer.offices import World

PROBLEM = "application/problem+json"
SECOND = {"officer": APPROVER[0], "password": APPROVER[1]}


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with counter(world) as made:
        yield made


def is_problem(answer: Response, status: int) -> bool:
    body = answer.json()
    return (answer.status_code, answer.headers["content-type"], body["status"]) == (status, PROBLEM, status)


def test_every_answer_is_strict_and_not_stored(client: TestClient, world: World) -> None:
    issued(client, 1)
    paths = ("certificates/" + permit_number(1), "batches/1/documents", "batches/7", "types", "nothing")
    answers = [client.get(f"/api/v1/{path}", auth=PREPARER) for path in paths]
    answers += [client.get(path) for path in ("/docs", "/openapi.json", "/agencies/99/did.json", "/api/v1/batches")]
    answers += [client.delete("/healthz"), client.post("/api/v1/batches", content=b"x" * (LARGEST + 1))]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-request-id"]


def test_page_lists_the_api_and_fetches_nothing(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<code>/api/v1/batches/{batch}/seal</code>" in answer.text
    assert "Basic" in answer.text
    for word in ("http://", "https://", "<script", "src="):
        assert word not in answer.text
    assert client.get("/redoc").status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "7", "99999999999999999999999"])
def test_batch_number_beyond_any_is_not_found(client: TestClient, number: str) -> None:
    assert is_problem(client.get(f"/api/v1/batches/{number}", auth=PREPARER), 404)
    assert is_problem(client.post(f"/api/v1/batches/{number}/seal", auth=PREPARER), 404)


@pytest.mark.parametrize("name", ["a" * 5000, "-1", "a\x00b", "..", "x/../low-preparer", "", "名" * 200])
def test_name_that_no_key_can_have_gets_nobody_in(client: TestClient, name: str) -> None:
    assert is_problem(client.get("/api/v1/batches", auth=(name, "x")), 401)


def test_half_a_character_as_a_second_officers_password_gets_nobody_in(client: TestClient) -> None:
    issued(client, 1)
    path = f"/api/v1/certificates/{permit_number(1)}/status"
    body = b'{"verb": "revoke", "approved_by": {"officer": "low-approver", "password": "\\ud800"}}'
    answer = client.post(path, content=body, headers={"content-type": "application/json"}, auth=PREPARER)
    assert answer.status_code in {400, 401, 422}
    assert answer.headers["content-type"] == PROBLEM


def test_body_over_the_limit_is_a_problem_whether_its_length_is_said_or_not(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"reason": "'
        for _ in range(LARGEST // 1000 + 1):
            yield b"x" * 1000

    path = f"/api/v1/certificates/{permit_number(1)}/status"
    said = client.post(path, content=b"x" * (LARGEST + 1), auth=PREPARER)
    unsaid = client.post(path, content=pieces(), headers={"content-type": "application/json"}, auth=PREPARER)
    for answer in (said, unsaid):
        assert is_problem(answer, 413)
        assert f"larger than {LARGEST} bytes" in answer.json()["detail"]


def test_body_of_another_kind_is_refused_by_its_kind(client: TestClient) -> None:
    path = f"/api/v1/certificates/{permit_number(1)}/status"
    for answer in (
        client.post(path, content=b"verb=revoke", headers={"content-type": "text/plain"}, auth=PREPARER),
        client.post("/api/v1/batches", json={"type": "business-licence"}, auth=PREPARER),
    ):
        assert is_problem(answer, 415)
        assert answer.json()["title"] == "Unsupported Media Type"


def test_wrong_method_is_a_problem(client: TestClient) -> None:
    answer = client.delete("/api/v1/batches")
    assert is_problem(answer, 405)
    assert answer.json()["title"] == "Method Not Allowed"


@pytest.mark.parametrize(
    ("days", "status", "words"),
    [
        ({"from": "1900-01-01"}, 422, "wanted a day from 1970-01-02"),
        ({"from": "9999-12-31"}, 422, "wanted a day from 1970-01-02"),
        ({"until": "9999-12-31"}, 422, "wanted a day from 1970-01-02"),
        ({"from": "2026-12-02", "until": "2026-12-01"}, 422, "until: got 2026-12-01"),
        ({"from": "20261201"}, 422, "wanted a day such as"),
        ({"from": "2062-01-01"}, 409, "more than a year ahead"),
    ],
)
def test_impossible_days_are_told(client: TestClient, days: dict[str, str], status: int, words: str) -> None:
    issued(client, 1)
    body = {"verb": "suspend", "reason": "复查", "approved_by": SECOND, **days}
    answer = client.post(f"/api/v1/certificates/{permit_number(1)}/status", json=body, auth=PREPARER)
    assert is_problem(answer, status)
    assert words in answer.json()["detail"]


def test_change_that_undoes_another_is_confirmed_by_a_member(client: TestClient) -> None:
    issued(client, 1)
    path, body = (
        f"/api/v1/certificates/{permit_number(1)}/status",
        {"verb": "suspend", "reason": "x", "approved_by": SECOND},
    )
    assert client.post(path, json=body, auth=PREPARER).status_code == 200
    later = {**body, "from": str(date(2026, 3, 1))}
    refused = client.post(path, json=later, auth=PREPARER)
    assert is_problem(refused, 409)
    assert refused.json()["title"] == "Unconfirmed"
    answer = client.post(path, json={**later, "confirmed": True}, auth=PREPARER)
    assert answer.json()["versions"][0]["status"] == ["SUSPENSION from 2026-03-01"]


def test_what_nobody_foresaw_is_a_problem_with_a_number_and_logged_without_what_was_asked(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise ZeroDivisionError("张三 150102199001011234")

    monkeypatch.setattr(importing, "template", broken)
    with structlog.testing.capture_logs() as logged:
        answer = client.get("/api/v1/types/business-licence/template")
    assert is_problem(answer, 500)
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    (line,) = [each for each in logged if each["event"] == "unforeseen"]
    assert (line["request"], line["error"]) == (answer.json()["request_id"], "ZeroDivisionError")
    assert "张三" not in f"{logged}{answer.text}"


def test_lane_that_cannot_go_on_is_not_ready(client: TestClient, world: World) -> None:
    before = world.registry.snapshot()
    issued(client, 1)
    assert client.get("/readyz").status_code == 200
    world.registry.spend_nonce(world.office.keystore.sender_address("issuer"))
    assert "somebody else uses the sending account" in client.get("/readyz").json()["reason"]
    world.registry.revert(before)
    world.registry.mine(20)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "another or an older chain" in answer.json()["reason"]
