"""What comes in is read with one meaning or refused in words, never with an accident, whatever it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from issuer.routes.public import document_of
from tests.issuer.clients import PERMIT, System, make
from tests.issuer.test_app import APPROVER, PREPARER, counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.issuer.offices import World

SERVICES = ("search", "info", "file", "verify-info")
MEMBERS = (
    "useCause",
    "id",
    "certificateIdentifier",
    "certificateTypeCode",
    "certificateNumber",
    "certificateHolderCode",
    "certificateHolderType",
    "fileType",
    "claims",
)
GOOD = {"useCause": "核验", "id": "x"}
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def system(world: World) -> Iterator[System]:
    with counter(world) as http:
        yield System(http, make(world, daily_cap=1_000_000).secret)


def send(system: System, path: str, body: bytes, media_type: str = "application/json") -> Response:
    headers = {**system.headers, "Content-Type": media_type, "Idempotency-Key": "k"}
    return system.http.post(f"/api/v1/{path}", content=body, headers=headers)


def require_answer_in_words(answer: Response) -> None:
    """A problem in words, or an answer; never an accident."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert {"type", "title", "status", "detail"} <= problem.keys()
        assert problem["status"] == answer.status_code


@pytest.mark.parametrize(
    "body",
    [
        b'{"useCause": "x", "id": "a", "id": "b"}',
        b'{"useCause": "x", "id": NaN}',
        b'{"useCause": "x", "id": 1e999}',
        b'\xef\xbb\xbf{"useCause": "x", "id": "a"}',
        '{"useCause": "x", "id": "a"}'.encode("utf-16"),
        b'{"useCause": "\\ud800", "id": "a"}',
        b'{"useCause": "x", "id": "a"} more',
        b"[" * 20_000,
        b"1" * 5_000,
        b"\xff",
        b"",
        b"null",
        b"[]",
        b'"text"',
    ],
)
@pytest.mark.parametrize("service", SERVICES)
def test_json_with_two_meanings_or_none_is_refused(system: System, service: str, body: bytes) -> None:
    answer = send(system, f"services/{service}", body)
    assert answer.status_code in {400, 422}
    require_answer_in_words(answer)


@pytest.mark.parametrize(
    "more",
    [
        {"colour": "red"},
        {"id": 5},
        {"id": False},
        {"id": None},
        {"useCause": ["x"]},
        {"use_cause": "x"},
        {"certificateNumber": "x" * 129},
    ],
)
def test_members_of_another_type_or_name_are_refused(system: System, more: dict[str, object]) -> None:
    answer = system.post("services/info", {**GOOD, **more})
    assert answer.status_code == 422
    assert answer.json()["title"] == "RequestInvalid"
    assert "red" not in answer.text


PYDANTIC = re.compile(
    r"Input should|Field required|String should|Extra inputs|unable to parse|valid (dictionary|string)"
)


@pytest.mark.parametrize(
    ("more", "where", "got", "wanted"),
    [
        ({"colour": "red"}, "body.colour", "text of 3 characters", "no such member"),
        ({"id": 5}, "body.id", "a number", "text"),
        ({"id": None}, "body.id", "null", "text"),
        ({"useCause": ["x"]}, "body.useCause", "a list of 1", "text"),
        ({"useCause": {}}, "body.useCause", "an object", "text"),
        (
            {"certificateNumber": "x" * 129},
            "body.certificateNumber",
            "text of 129 characters",
            "at most 128 characters",
        ),
        ({"fileType": "doc"}, "body.fileType", "text of 3 characters", "one of 'pdf', 'sd-jwt', 'code' or 'proof'"),
        ({"claims": [1]}, "body.claims", "a list of 1", "an object with members"),
        (
            {"claims": {"x": {"y": 1}}},
            "body.claims.x",
            "an object",
            "text, or a whole number, or true or false, or a list",
        ),
    ],
)
def test_faults_of_a_request_say_what_was_got_and_what_is_wanted(
    system: System, more: dict[str, object], where: str, got: str, wanted: str
) -> None:
    service = "file" if "fileType" in more else "verify-info" if "claims" in more else "info"
    answer = system.post(f"services/{service}", {**GOOD, **more})
    assert answer.json()["errors"] == [{"where": where, "got": got, "wanted": wanted}]


def test_no_fault_of_a_request_is_told_in_another_program_s_words(system: System) -> None:
    bodies = ({}, [], "x", None, {"useCause": 5, "id": [], "x": 1}, {"claims": {"a": {}, "b": [1]}, "useCause": ""})
    answers = [system.post(f"services/{each}", body) for each in SERVICES for body in bodies]  # type: ignore[arg-type]
    client = system.http
    paths = (
        "batches/x",
        "batches?after=x",
        "batches?most=0",
        "batches?most=9999",
        "batches?after=-1",
        f"batches/{10**30}",
    )
    more = ("types/x/template?lang=fr", "certificates/x?agency=x", f"certificates/x?agency={10**30}")
    answers += [client.get(f"/api/v1/{each}", auth=PREPARER) for each in (*paths, *more)]
    answers += [client.post("/api/v1/batches", files={"x": ("a", b"x")}, auth=PREPARER)]
    wishes = (
        {"verb": 5},
        {"verb": "suspend", "reason": "x" * 2001},
        {"lift": "yes"},
        [],
        {"approved_by": {"officer": 1}},
    )
    answers += [client.post("/api/v1/certificates/x/status", json=wish, auth=PREPARER) for wish in wishes]
    for answer in answers:
        assert 400 <= answer.status_code < 500, answer.text
        assert not PYDANTIC.search(answer.text), answer.text
        assert all(fault["got"] and fault["wanted"] for fault in answer.json().get("errors", ()))
    faults = [fault for answer in answers for fault in answer.json().get("errors", ())]
    assert {"where": "query.most", "got": "text of 1 characters", "wanted": "at least 1"} in faults
    assert {"where": "path.batch", "got": "text of 1 characters", "wanted": "a whole number"} in faults
    assert {"where": "body.file", "got": "nothing", "wanted": "it to be there"} in faults


@pytest.mark.parametrize(
    ("method", "address", "name", "wanted"),
    [
        ("GET", "certificates/JY1/document?format=exe", "format", "one of the parameters agency, type"),
        ("GET", "certificates/JY1/proof?agency=2&format=", "format", "one of the parameters agency"),
        ("GET", "certificates/JY1?AGENCY=2", "AGENCY", "one of the parameters agency, type, short_number"),
        ("POST", "certificates/JY1/status?type=x&first_day=2026-01-31", "first_day", "one of the parameters agency"),
        # Misspelt, it would approve another root than the one that was looked at.
        ("POST", "batches/1/approve?rot=00", "rot", "one of the parameters root"),
        ("GET", "batches?limit=5", "limit", "one of the parameters after, most"),
        ("GET", "types/x/template?language=en", "language", "one of the parameters lang"),
        ("GET", "batches/1/documents?format=exe", "format", "no parameter"),
        ("POST", "drafts?dry_run=true", "dry_run", "no parameter"),
        ("POST", "services/info?test=1", "test", "no parameter"),
    ],
)
def test_a_parameter_that_an_address_does_not_know_is_told_and_not_passed_over(
    system: System, method: str, address: str, name: str, wanted: str
) -> None:
    answer = system.http.request(method, f"/api/v1/{address}", auth=PREPARER)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["where"] == f"query.{name}"
    assert fault["got"].startswith("text of ")
    assert fault["wanted"].startswith(wanted)


def test_a_parameter_that_comes_twice_is_told_and_neither_counts(system: System) -> None:
    answer = system.http.get("/api/v1/batches?most=1&most=2", auth=PREPARER)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"where": "query.most", "got": "a list of 2", "wanted": "it once"}]


def test_claims_are_text_whole_numbers_truths_or_lists(system: System) -> None:
    for claims, status in (({}, 422), ({"x": 1.5}, 400), ({"x": {"y": 1}}, 422), ([1], 422)):
        assert system.post("services/verify-info", {**GOOD, "claims": claims}).status_code == status


def test_which_certificate_must_be_said(system: System) -> None:
    for wanted in ({}, {"certificateNumber": "x"}, {"certificateTypeCode": PERMIT}):
        answer = system.ask("info", **wanted)
        assert (answer.status_code, answer.json()["title"]) == (422, "InvalidInput")


@pytest.mark.parametrize("cause", ["\u0000", "\u200b", "\u202e", "\u2060\u2800", "核验\u202e"])
def test_cause_that_cannot_be_seen_is_refused(system: System, cause: str) -> None:
    for service, more in (("search", {}), ("info", {}), ("file", {}), ("verify-info", {"claims": {"number": "x"}})):
        answer = system.ask(service, useCause=cause, id="x", **more)
        assert (answer.status_code, answer.json()["title"]) == (422, "InvalidInput")
        assert "useCause: got" in answer.json()["detail"]
    files, fields = {"file": ("x", b"x")}, {"useCause": cause, "id": "x"}
    answer = system.http.post("/api/v1/services/verify-file", files=files, data=fields, headers=system.headers)
    assert (answer.status_code, answer.json()["title"]) == (422, "InvalidInput")


def test_cause_may_have_several_lines(system: System) -> None:
    assert system.ask("search", useCause="企业变更登记\n核验", id="x").json() == {"certificates": []}


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_other_media_types_are_refused(system: System, media_type: str) -> None:
    assert send(system, "services/info", json.dumps(GOOD).encode(), media_type).status_code in {415, 422}


@QUICK
@given(service=st.sampled_from(SERVICES), body=st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=6))
def test_services_answer_any_members_in_words(system: System, service: str, body: dict[str, object]) -> None:
    require_answer_in_words(send(system, f"services/{service}", json.dumps(body).encode()))


@QUICK
@given(body=JSON)
def test_drafts_answer_any_json_in_words(system: System, body: object) -> None:
    whole = {"type": PERMIT, "rows": body}
    require_answer_in_words(send(system, "drafts", json.dumps(whole).encode()))


@QUICK
@given(rows=st.lists(st.dictionaries(st.sampled_from(("number", "operator_name", "x")), st.text()), min_size=1))
def test_drafts_answer_any_rows_in_words(system: System, rows: list[dict[str, str]]) -> None:
    whole = json.dumps({"type": PERMIT, "rows": rows}, ensure_ascii=True)
    require_answer_in_words(send(system, "drafts", whole.encode()))


@QUICK
@given(data=st.binary(max_size=80))
def test_any_bytes_are_answered_in_words(system: System, data: bytes) -> None:
    require_answer_in_words(send(system, "services/info", data))


@QUICK
@given(shown=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60))
def test_any_authorization_is_answered_in_words(system: System, shown: str) -> None:
    for header in (shown, f"Bearer {shown}", f"Basic {shown}"):
        answer = system.http.get("/api/v1/batches", headers={"Authorization": header.encode("latin-1")})
        assert answer.status_code in {401, 429}
        require_answer_in_words(answer)


@QUICK
@given(number=st.text(min_size=1, max_size=20), agency=st.text(max_size=6))
def test_any_number_is_answered_in_words(system: System, number: str, agency: str) -> None:
    answer = system.http.get(
        "/api/v1/certificates/" + "".join(f"%{byte:02X}" for byte in number.encode(errors="replace")),
        params={"agency": agency} if agency else {},
        auth=PREPARER,
    )
    require_answer_in_words(answer)


def test_status_wishes_are_read_as_strictly(system: System) -> None:
    body = b'{"verb": "revoke", "verb": "suspend"}'
    answer = system.http.post(
        "/api/v1/certificates/X/status", content=body, headers={"Content-Type": "application/json"}, auth=APPROVER
    )
    assert answer.status_code == 400
    assert "without duplicate members" in answer.json()["detail"]


def test_description_has_examples_and_says_how_to_be_let_in(system: System) -> None:
    described = system.http.get("/openapi.json").json()
    schemas = described["components"]["schemas"]
    assert schemas["Wanted"]["properties"]["useCause"]["examples"] == ["企业变更登记核验"]
    assert schemas["Wanted"]["additionalProperties"] is False
    assert {"HTTPBearer", "HTTPBasic"} <= set(described["components"]["securitySchemes"])
    for path, methods in described["paths"].items():
        for operation in methods.values():
            assert operation["description"] if "description" in operation else operation["summary"], path


def test_did_documents_are_as_other_libraries_take_them(world: World, system: System) -> None:
    """did:web: the path is the id's, in words; a controlled identifier document with JsonWebKey methods."""
    answer = system.http.get("/agencies/2/did.json")
    document = answer.json()
    scheme, method, host, *path = document["id"].split(":")
    assert (scheme, method, host, "/".join(path)) == ("did", "web", "issuer.example.gov.cn", "agencies/2")
    assert document["@context"] == ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]
    assert answer.headers["content-type"] == "application/did+json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["access-control-allow-origin"] == "*"
    for each in document["verificationMethod"]:
        assert (each["type"], each["controller"]) == ("JsonWebKey", document["id"])
        key = ECKey.import_key(each["publicKeyJwk"])
        assert not key.is_private
        # The fragment is the key's RFC 7638 thumbprint, as others' libraries compute it.
        assert each["id"] == f"{document['id']}#{key.thumbprint()}"
        assert each["id"] in document["assertionMethod"]
    again = system.http.get("/agencies/2/did.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_cut_off_key_is_listed_and_stands_for_nothing(world: World) -> None:
    agency = world.office.directory().agency(2)
    agency.keys[0].cut_off_block, agency.keys[0].valid_until = 7, 1_800_000_000
    document = document_of(world.office, agency)
    (method,) = document["verificationMethod"]  # type: ignore[misc]
    assert method["expires"] == "2027-01-15T08:00:00Z"
    assert document["assertionMethod"] == []
