"""One answer to one request, however often it is sent, whoever was killed in between."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier
from chain.errors import InvalidInput
from issuer import idempotency
from issuer.errors import AnswerPending, KeyReused, NotReady
from issuer.idempotency import Answer
from issuer.tables import client_rows
from issuer.tables.client_models import RememberedAnswer
from tests.issuer.clients import LOW, PERMIT, System, make
from tests.issuer.offices import copy_world, permit_number, permits
from tests.issuer.test_app import PREPARER, counter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

    from tests.issuer.offices import World

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


@pytest.fixture
def http(world: World) -> Iterator[TestClient]:
    with counter(world) as made:
        yield made


@pytest.fixture
def system(world: World, http: TestClient) -> System:
    return System(http, make(world).secret)


def row(serial: int, **cells: str) -> dict[str, str]:
    columns = by_identifier(PERMIT).columns
    example = {claim.key: claim.example for claim in columns if claim.derived is None}
    return {**example, "number": permit_number(serial), **cells}


def rows(*serials: int, **cells: str) -> dict[str, object]:
    return {"type": PERMIT, "rows": [row(each, **cells) for each in serials]}


def once(world: World, answer: Callable[[], Answer], *, key: str = "k", request: bytes = b"r") -> Answer:
    return idempotency.once(world.office, asker="client C1", agency=LOW, key=key, request=request, answer=answer)


def never() -> Answer:
    pytest.fail("worked out twice")


# The use case.


@pytest.mark.databases
def test_same_request_gets_the_same_answer_after_a_restart(world: World) -> None:
    first = once(world, lambda: Answer(201, b"made"))
    world.office.store.close()
    again = once(world, never)
    assert (again.status, again.body, again.repeated) == (first.status, first.body, True)


def test_key_with_another_request_is_refused(world: World) -> None:
    once(world, lambda: Answer(201, b"made"))
    with pytest.raises(KeyReused):
        once(world, never, request=b"another")


def test_keys_of_different_askers_never_meet(world: World) -> None:
    once(world, lambda: Answer(201, b"made"))
    other = idempotency.once(
        world.office, asker="client C2", agency=LOW, key="k", request=b"r", answer=lambda: Answer(201, b"other")
    )
    assert other.body == b"other"


def test_request_that_is_being_worked_on_is_not_begun_again(world: World) -> None:
    def during() -> Answer:
        with pytest.raises(AnswerPending):
            once(world, never)
        return Answer(201, b"made")

    assert once(world, during).body == b"made"


@pytest.mark.databases
def test_of_many_at_once_one_is_worked_out(world: World) -> None:
    worked: list[int] = []
    gate = threading.Barrier(6)

    def ask() -> None:
        gate.wait()
        try:
            once(world, lambda: (worked.append(1), Answer(201, b"made"))[1])
        except AnswerPending:
            return

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert worked == [1]


def test_key_of_somebody_who_was_killed_is_free_again_after_a_while(world: World) -> None:
    with world.office.store.writing() as work:
        work.add(
            RememberedAnswer(
                asker="client C1",
                key_digest=hashlib.sha256(b"k").digest(),
                request_digest=hashlib.sha256(b"r").digest(),
                taken_at=world.office.now(),
            )
        )
    with pytest.raises(AnswerPending):
        once(world, never)
    world.registry.now += int(idempotency.GIVEN_UP_AFTER.total_seconds())
    assert once(world, lambda: Answer(201, b"made")).body == b"made"


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
def test_what_may_be_otherwise_next_time_is_not_kept(world: World, status: int) -> None:
    assert once(world, lambda: Answer(status, b"not now")).status == status
    assert once(world, lambda: Answer(201, b"made")).body == b"made"


def test_accident_frees_the_key(world: World) -> None:
    def accident() -> Answer:
        raise NotReady("not yet")

    with pytest.raises(NotReady):
        once(world, accident)
    assert once(world, lambda: Answer(201, b"made")).body == b"made"


@pytest.mark.databases
def test_answers_are_forgotten_after_two_days(world: World) -> None:
    once(world, lambda: Answer(201, b"made"))
    world.registry.now += int(idempotency.KEPT_FOR.total_seconds()) - 1
    assert once(world, never).repeated
    world.registry.now += 2
    assert once(world, lambda: Answer(201, b"anew")).body == b"anew"


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\x00b"])
def test_impossible_keys_are_refused(world: World, key: str) -> None:
    with pytest.raises(InvalidInput):
        once(world, never, key=key)


def test_answer_is_encrypted(world: World) -> None:
    once(world, lambda: Answer(422, "草原明珠餐饮店".encode()))
    world.office.store.close()
    assert "草原明珠餐饮店".encode() not in (world.folder / "issuer.db").read_bytes()


# Over HTTP.


@pytest.mark.databases
def test_client_drafts_once_and_officers_go_on(http: TestClient, system: System) -> None:
    first = system.post("drafts", rows(1, 2), **KEY)
    assert (first.status_code, first.json()["rows"]) == (201, 2)
    again = system.post("drafts", rows(1, 2), **KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    (batch,) = first.json()["batches"]
    assert system.get(f"batches/{batch}").json()["state"] == "DRAFT"
    assert http.post(f"/api/v1/batches/{batch}/prepare", headers=system.headers).status_code == 401
    assert http.post(f"/api/v1/batches/{batch}/prepare", auth=PREPARER).status_code == 200


def test_order_of_members_makes_no_other_request(http: TestClient, system: System) -> None:
    body = rows(1)
    first = system.post("drafts", body, **KEY)
    turned = json.dumps({"rows": body["rows"], "type": body["type"]}, indent=1)
    headers = {**system.headers, **KEY, "Content-Type": "application/json"}
    again = http.post("/api/v1/drafts", content=turned, headers=headers)
    assert again.json() == first.json()


def test_key_with_other_rows_is_a_422(system: System) -> None:
    system.post("drafts", rows(1), **KEY)
    refused = system.post("drafts", rows(2), **KEY)
    assert (refused.status_code, refused.json()["title"]) == (422, "KeyReused")


def test_clients_must_name_their_requests(system: System) -> None:
    answer = system.post("drafts", rows(1))
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_every_fault_of_every_row_is_told_counted_from_one(system: System) -> None:
    answer = system.post("drafts", rows(1, 2, operator_name="", valid_until="soon"), **KEY)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {(each["row"], each["column"]) for each in answer.json()["errors"]} == {
        (number, column) for number in (1, 2) for column in ("operator_name", "valid_until")
    }
    again = system.post("drafts", rows(1, 2, operator_name="", valid_until="soon"), **KEY)
    assert again.json() == answer.json()
    assert again.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("cells", "words"),
    [({"colour": "red"}, "the member «colour»"), ({"operator_name": "【示例】某店"}, "marked as an example")],
)
def test_what_a_tables_reader_would_pass_over_is_a_fault(system: System, cells: dict[str, str], words: str) -> None:
    answer = system.post("drafts", rows(1, **cells), **KEY)
    assert answer.status_code == 422
    assert words in answer.json()["errors"][0]["got"]
    assert system.get("batches").json() == []


def test_number_that_two_rows_share_is_told_by_one_way_of_counting(system: System) -> None:
    faults = system.post("drafts", {"type": PERMIT, "rows": [row(1), row(2), row(1)]}, **KEY).json()["errors"]
    assert [(each["row"], each["got"].partition(", ")[2]) for each in faults] == [
        (1, "which row 3 has too"),
        (3, "which row 1 has too"),
    ]


def test_character_that_no_table_holds_is_told_with_its_row_and_claim(system: System) -> None:
    broken = {**row(2), "number": "a\0"}
    (fault,) = system.post("drafts", {"type": PERMIT, "rows": [row(1), broken]}, **KEY).json()["errors"]
    assert (fault["row"], fault["column"], fault["wanted"]) == (2, "number", "text without it")
    assert fault["got"].startswith("a control character, U+0000, at character 2 of «a<0000>»")


def test_empty_row_is_a_fault(system: System) -> None:
    answer = system.post("drafts", {"type": PERMIT, "rows": [row(1), {}]}, **KEY)
    assert [each["row"] for each in answer.json()["errors"]] == [2]


def test_client_uploads_a_spreadsheet(http: TestClient, system: System) -> None:
    def upload(**headers: str) -> tuple[int, object]:
        answer = http.post(
            "/api/v1/batches",
            files={"file": ("x.csv", permits(1))},
            data={"type": PERMIT},
            headers={**system.headers, **headers},
        )
        return answer.status_code, answer.json()

    assert upload()[0] == 400
    first = upload(**KEY)
    assert first[0] == 201
    assert upload(**KEY) == first
    # Another key for the same file: nothing is made either, and it says so.
    assert upload(**{"Idempotency-Key": "another"})[0] == 200


def test_types_that_were_not_allowed_are_refused(world: World, http: TestClient) -> None:
    system = System(http, make(world, types=["business-licence"]).secret)
    assert system.post("drafts", rows(1), **KEY).status_code == 403
    assert System(http, make(world, "info").secret).post("drafts", rows(1), **KEY).status_code == 403


def test_killed_between_work_and_answer_makes_no_second_batch(world: World, tmp_path: Path) -> None:
    """The drafts are there, the answer was never stored: sent again, the answer names the same batch."""
    with counter(world) as http:
        system = System(http, make(world).secret)
        first = system.post("drafts", rows(1), **KEY)
    with world.office.store.writing() as work:
        found = client_rows.answer(
            work,
            f"client {_public_id(world)}",
            hashlib.sha256(KEY["Idempotency-Key"].encode()).digest(),
        )
        assert found is not None
        found.status = found.answer = None
    world.office.store.close()
    world.registry.now += 600
    restarted = copy_world(world, tmp_path / "restarted")
    with counter(restarted) as http:
        again = System(http, system.secret).post("drafts", rows(1), **KEY)
        assert (again.status_code, again.json()["batches"]) == (200, first.json()["batches"])
    restarted.office.store.close()


def _public_id(world: World) -> str:
    with world.office.store.reading() as work:
        return client_rows.clients(work)[0].public_id
