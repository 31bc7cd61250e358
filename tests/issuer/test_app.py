"""The REST API for line-of-business systems."""

from __future__ import annotations

import io
import zipfile
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from chain.keys import PublicKey
from chain.proof import Proof
from issuer import proofs
from issuer.app import application
from issuer.document.documents import Renderer
from issuer.routes.desk import Desk, Doorkeeper
from tests.issuer.licences import issue
from tests.issuer.offices import PASSWORD, permit_number, permits, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.issuer.offices import World

PREPARER, APPROVER = ("low-preparer", PASSWORD), ("low-approver", PASSWORD)
LARGEST = 200_000
RENDERER = cache(Renderer)


@contextmanager
def counter(world: World) -> Iterator[TestClient]:
    """Open an issuer's application."""

    @contextmanager
    def opened() -> Iterator[Desk]:
        def sender() -> bytes:
            return world.office.keystore.sender_address("issuer")

        yield Desk(world.office, world.lane, sender, RENDERER, Doorkeeper(world.office))

    with TestClient(application(opened, max_body_size=LARGEST), base_url="http://127.0.0.1") as made:
        yield made


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with counter(world) as made:
        yield made


def upload(client: TestClient, data: bytes, *, who: tuple[str, str] = PREPARER) -> dict[str, object]:
    answer = client.post(
        "/api/v1/batches", files={"file": ("permits.csv", data)}, data={"type": "food-operation-permit"}, auth=who
    )
    return {"status": answer.status_code, **answer.json()}


def issued(client: TestClient, *serials: int) -> int:
    (batch,) = upload(client, permits(*serials))["batches"]  # type: ignore[misc]
    for step, who in (("prepare", PREPARER), ("approve", APPROVER), ("seal", PREPARER)):
        answer = client.post(f"/api/v1/batches/{batch}/{step}", auth=who)
        assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "ISSUED"
    return int(batch)


def test_from_upload_to_documents(client: TestClient) -> None:
    batch = issued(client, 1, 2)
    answer = client.get(f"/api/v1/batches/{batch}/documents", auth=PREPARER)
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {f"{permit_number(1)}.pdf", f"{permit_number(2)}.sd-jwt", "index.csv"} <= set(names)
    single = client.get(f"/api/v1/certificates/{permit_number(1)}/document", auth=PREPARER)
    assert single.content.startswith(b"%PDF")


def test_proof_is_served_once_it_is_made(client: TestClient, world: World) -> None:
    world.registry.has_proofs, world.registry.forgetful = True, True
    batch = issued(client, 1)
    path = f"/api/v1/certificates/{permit_number(1)}/proof"
    answer = client.get(path, auth=PREPARER)
    assert (answer.status_code, answer.json()["title"]) == (404, "ProofMissing")
    assert "more than the node can show" in answer.json()["detail"]
    assert not client.get(f"/api/v1/batches/{batch}", auth=PREPARER).json()["proofs"]
    world.registry.forgetful = False
    assert proofs.make(world.office, batch)
    answer = client.get(path, auth=PREPARER)
    assert answer.headers["content-type"] == "application/vnd.yinxin.proof"
    assert Proof.parse(answer.content).path.size == 1
    assert client.get(f"/api/v1/batches/{batch}", auth=PREPARER).json()["proofs"]
    documents = client.get(f"/api/v1/batches/{batch}/documents", auth=PREPARER)
    packed = zipfile.ZipFile(io.BytesIO(documents.content))
    assert packed.read(f"{permit_number(1)}.proof") == answer.content
    assert client.get(path, auth=("other-preparer", PASSWORD)).status_code == 404


def test_chain_without_proofs_serves_none(client: TestClient) -> None:
    issued(client, 1)
    answer = client.get(f"/api/v1/certificates/{permit_number(1)}/proof", auth=PREPARER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "its chain has none" in answer.json()["detail"]


def test_same_upload_twice_is_the_same_batch(client: TestClient) -> None:
    first, again = upload(client, permits(1)), upload(client, permits(1))
    assert (first["status"], again["status"]) == (201, 200)
    assert first["batches"] == again["batches"]
    assert again["repeated"]


def test_faults_of_a_file_come_as_a_problem_with_every_row(client: TestClient) -> None:
    answer = client.post(
        "/api/v1/batches",
        files={"file": ("permits.csv", permits(1, 2, operator_name="", valid_until="soon"))},
        data={"type": "food-operation-permit"},
        auth=PREPARER,
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {(each["row"], each["column"]) for each in problem["errors"]} == {
        (row, column) for row in (2, 3) for column in ("operator_name", "valid_until")
    }
    assert client.get("/api/v1/batches", auth=PREPARER).json() == []


@pytest.mark.parametrize(
    "who", [None, ("low-preparer", "guess"), ("nobody", PASSWORD), ("../senders/issuer", PASSWORD)]
)
def test_without_the_password_of_a_key_nobody_gets_in(client: TestClient, who: tuple[str, str] | None) -> None:
    answer = client.get("/api/v1/batches", auth=who)
    assert answer.status_code == 401
    assert "Basic" in answer.headers["www-authenticate"]


def test_officer_of_another_agency_sees_and_does_nothing(client: TestClient) -> None:
    batch = issued(client, 1)
    other = ("other-preparer", PASSWORD)
    for kind, name, unknown in (("batches", batch, 7), ("certificates", permit_number(1), permit_number(7))):
        hidden = client.get(f"/api/v1/{kind}/{name}", auth=other)
        absent = client.get(f"/api/v1/{kind}/{unknown}", auth=PREPARER)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["detail"].replace(str(name), "…") == absent.json()["detail"].replace(str(unknown), "…")
    for step in ("prepare", "approve", "seal"):
        assert client.post(f"/api/v1/batches/{batch}/{step}", auth=other).status_code == 404
    assert client.get(f"/api/v1/batches/{batch}", auth=("top-preparer", PASSWORD)).status_code == 200


def test_whoever_has_no_rights_on_the_registry_sees_and_does_nothing(client: TestClient, world: World) -> None:
    """A key file that says it is an officer's makes nobody one."""
    batch = issued(client, 1)
    world.office.keystore.new_officer("claimant", agency=2)
    claimant = ("claimant", PASSWORD)
    number = permit_number(1)
    for path in ("batches", f"batches/{batch}", f"batches/{batch}/documents", f"certificates/{number}"):
        answer = client.get(f"/api/v1/{path}", auth=claimant)
        assert answer.status_code == 403
        assert "has no rights" in answer.json()["detail"]
    assert client.get(f"/api/v1/certificates/{number}/document", auth=claimant).status_code == 403
    assert upload(client, permits(2), who=claimant)["status"] == 403


def test_officer_who_neither_prepares_nor_approves_sees_but_uploads_nothing(client: TestClient) -> None:
    batch = issued(client, 1)
    manager = ("low-manager", PASSWORD)
    assert client.get(f"/api/v1/batches/{batch}", auth=manager).status_code == 200
    refused = upload(client, permits(2), who=manager)
    assert refused["status"] == 403
    assert "may not prepare batches or approve batches" in str(refused["detail"])


def test_status_by_two_officers(client: TestClient) -> None:
    issued(client, 1)
    number = permit_number(1)
    second = {"officer": APPROVER[0], "password": APPROVER[1]}
    body = {"verb": "revoke", "from": "2026-02-01", "reason": "无证经营", "approved_by": second}
    answer = client.post(f"/api/v1/certificates/{number}/status", json=body, auth=PREPARER)
    assert answer.json()["versions"][0]["status"] == ["REVOKED from 2026-02-01"]
    assert client.get(f"/api/v1/certificates/{number}", auth=PREPARER).json() == answer.json()


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"verb": "explode"}, 422, "got «explode»"),
        ({"verb": "revoke"}, 422, "reason: got none"),
        ({"verb": "revoke", "reason": "无证经营"}, 403, "needs two officers"),
        ({"verb": "resume", "reason": "x"}, 403, "name another with --approved-by, or over HTTP as approved_by"),
        ({"verb": "suspend", "from": "2026-12-01", "reason": "x"}, 403, "or over HTTP as approved_by"),
        ({"verb": "revoke", "from": "soon"}, 422, "got «soon»"),
        ({"verb": "revoke", "lift": 1}, 422, "faults in the request"),
        ({"verb": "revoke", "colour": "red"}, 422, "faults in the request"),
        ({"verb": "revoke", "approved_by": {"officer": "low-approver", "password": "x"}}, 401, "HTTP Basic"),
    ],
)
def test_wrong_wishes_are_problems(client: TestClient, body: dict[str, object], status: int, words: str) -> None:
    issued(client, 1)
    answer = client.post(f"/api/v1/certificates/{permit_number(1)}/status", json=body, auth=PREPARER)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_status_that_the_type_does_not_know_is_a_problem(client: TestClient, world: World) -> None:
    issue(world, table("inspection-record", {"number": "JC-1"}), "inspection-record")
    second = {"officer": APPROVER[0], "password": APPROVER[1]}
    body = {"verb": "revoke", "reason": "无证经营", "approved_by": second}
    answer = client.post("/api/v1/certificates/JC-1/status", json=body, auth=PREPARER)
    assert (answer.status_code, answer.json()["title"]) == (422, "StatusNotKnown")
    assert "knows no REVOKED; wanted one of its statuses: RESCINDED, REPLACED" in answer.json()["detail"]


def test_what_does_not_exist_is_a_problem(client: TestClient) -> None:
    for path in ("/api/v1/batches/7", "/api/v1/certificates/X1", "/api/v1/types/driving/template", "/nothing"):
        answer = client.get(path, auth=PREPARER)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_step_out_of_turn_is_a_conflict(client: TestClient) -> None:
    (batch,) = upload(client, permits(1))["batches"]  # type: ignore[misc]
    answer = client.post(f"/api/v1/batches/{batch}/seal", auth=PREPARER)
    assert (answer.status_code, answer.json()["title"]) == (409, "NotReady")


def test_too_large_a_body_is_refused(client: TestClient) -> None:
    assert upload_status(client, b"x" * (LARGEST + 1)) == 413


def upload_status(client: TestClient, data: bytes) -> int:
    answer = client.post(
        "/api/v1/batches", files={"file": ("x.csv", data)}, data={"type": "food-operation-permit"}, auth=PREPARER
    )
    return answer.status_code


def test_types_and_templates_are_for_everybody(client: TestClient) -> None:
    types = {each["type"] for each in client.get("/api/v1/types").json()}
    assert "rural-collective-registration" in types
    template = client.get("/api/v1/types/business-licence/template", params={"lang": "zh-CN"})
    assert template.text.lstrip("\ufeff").startswith("统一社会信用代码,名称")


def test_agencies_keys_are_published_as_did_web(client: TestClient, world: World) -> None:
    document = client.get("/agencies/2/did.json").json()
    (key,) = world.office.directory().agency(2).keys
    (method,) = document["verificationMethod"]
    assert document["id"] == "did:web:issuer.example.gov.cn:agencies:2"
    assert method["publicKeyJwk"].items() >= PublicKey(key.x, key.y).jwk().items()
    assert document["assertionMethod"] == [method["id"]]
    assert client.get("/.well-known/did.json").json()["id"] == "did:web:issuer.example.gov.cn"
    assert client.get("/agencies/99/did.json").status_code == 404


def test_silent_node_is_not_ready_and_a_503(client: TestClient, world: World) -> None:
    assert client.get("/readyz").status_code == 200
    world.registry.silent = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.get("/agencies/2/did.json").status_code == 503


def test_api_describes_itself(client: TestClient) -> None:
    assert "/api/v1/batches/{batch}/approve" in client.get("/openapi.json").json()["paths"]
