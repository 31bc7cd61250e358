"""The four services of an e-certificate store: search, info, file, verify."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chain import certificate as sd_jwts
from chain.certificate_types import by_identifier
from issuer import proofs
from issuer.client.services import Compared, Standing
from issuer.erasure import erasing
from issuer.routes.service_models import registry_view
from issuer.tables import account_rows
from tests.issuer.clients import CAUSE, OTHER, PERMIT, System, by_number, issue, make
from tests.issuer.offices import PASSWORD, permit_number, table
from tests.issuer.test_app import APPROVER, PREPARER, counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.testclient import TestClient

    from tests.issuer.offices import World

DAYS = ("issue_date", "valid_until")
SAFETY = "construction-safety-licence"
HOLDER = next(claim.example for claim in by_identifier(PERMIT).claims if claim.key == "credit_code")
NAME = next(claim.example for claim in by_identifier(PERMIT).claims if claim.key == "operator_name")


@pytest.fixture
def http(world: World) -> Iterator[TestClient]:
    with counter(world) as made:
        yield made


@pytest.fixture
def system(world: World, http: TestClient) -> System:
    """Return a consuming system that may do everything with food operation permits."""
    return System(http, make(world).secret)


# Search.


@pytest.mark.databases
def test_holders_certificates_are_found_newest_first(world: World, http: TestClient, system: System) -> None:
    issue(http, 1)
    world.registry.now += 60
    issue(http, 2)
    wanted = {"certificateHolderCode": HOLDER, "certificateTypeCode": PERMIT}
    found = system.ask("search", **wanted, certificateHolderType="001").json()["certificates"]
    assert [each["certificateNumber"] for each in found] == [permit_number(2), permit_number(1)]
    only = system.ask("search", **wanted, certificateNumber=permit_number(1)).json()["certificates"]
    assert [each["certificateNumber"] for each in only] == [permit_number(1)]
    assert system.ask("search", **wanted, certificateHolderType="111").json() == {"certificates": []}
    assert system.ask("search", certificateHolderCode=HOLDER).status_code == 422


def test_answer_has_the_standards_words(http: TestClient, system: System) -> None:
    issue(http, 1)
    (found,) = system.ask("search", **by_number(1)).json()["certificates"]
    assert found["certificateName"] == "食品经营许可证"
    assert found["certificateTypeCode"] == by_identifier(PERMIT).type_code
    assert found["certificateNumber"] == permit_number(1)
    assert found["certificateVersion"] == "001"
    assert found["certificateHolderName"] == NAME
    assert found["certificateHolderCode"] == HOLDER
    assert found["certificateHolderType"] == "001"
    assert found["certificateAreaCode"] == found["certificateIssuingAuthorityCode"][2:8]
    assert found["certificateIssuedDate"] <= found["certificateExpiringDate"]


@pytest.mark.databases
def test_certificate_is_found_by_its_national_identifier(world: World, http: TestClient) -> None:
    system = System(http, make(world, types=[SAFETY]).secret)
    answer = http.post(
        "/api/v1/batches", files={"file": ("x.csv", table(SAFETY, {}))}, data={"type": SAFETY}, auth=PREPARER
    )
    (batch,) = answer.json()["batches"]
    for step, who in (("prepare", PREPARER), ("approve", APPROVER), ("seal", PREPARER)):
        assert http.post(f"/api/v1/batches/{batch}/{step}", auth=who).status_code == 200
    (listed,) = system.get(f"batches/{batch}/certificates").json()
    identifier = listed["identifier"]
    assert identifier.startswith("1.2.156.3005.2.11100000000013338W050.")
    found = system.ask("info", certificateIdentifier=identifier).json()
    assert found["certificateIdentifier"] == identifier
    assert found["id"] == listed["id"]
    mistyped = identifier[:-1] + ("0" if identifier[-1] != "0" else "1")
    assert system.ask("info", certificateIdentifier=mistyped).status_code == 422


def test_what_is_not_issued_or_another_agencys_or_of_another_type_is_not_there(
    world: World, http: TestClient, system: System
) -> None:
    issue(http, 1)
    draft = System(http, make(world, "draft").secret).post(
        "drafts", {"type": PERMIT, "rows": [_row(2)]}, **{"Idempotency-Key": "1"}
    )
    assert draft.status_code == 201, draft.text
    assert system.ask("search", **by_number(2)).json() == {"certificates": []}
    row = system.ask("search", **by_number(1)).json()["certificates"][0]["id"]
    stranger = System(http, make(world, agency=OTHER, types=[PERMIT, "business-licence"]).secret)
    unable = System(http, make(world, types=["business-licence"]).secret)
    for each in (stranger, unable):
        assert each.ask("info", id=row).status_code == 404
        assert each.ask("info", id="nothing").json()["detail"] == each.ask("info", id=row).json()["detail"]
    assert stranger.ask("search", certificateHolderCode=HOLDER, certificateTypeCode=PERMIT).json() == {
        "certificates": []
    }
    assert unable.ask("search", **by_number(1)).status_code == 403


@pytest.mark.parametrize("service", ["info", "file"])
def test_certificate_named_in_two_ways_that_disagree_is_none(http: TestClient, system: System, service: str) -> None:
    issue(http, 1, 2)
    (first,) = system.ask("search", **by_number(1)).json()["certificates"]
    assert system.ask(service, id=first["id"], **by_number(1)).status_code == 200
    other = system.ask(service, id=first["id"], **by_number(2))
    assert (other.status_code, other.json()["title"]) == (404, "NotFound")
    assert "fits all that was named" in other.json()["detail"]
    assert system.ask(service, id=first["id"], certificateNumber=permit_number(2)).status_code == 404
    assert system.ask(service, id=first["id"], certificateTypeCode=SAFETY).status_code == 403


def test_search_and_verification_hold_to_every_way_in_which_a_certificate_is_named(
    http: TestClient, system: System
) -> None:
    issue(http, 1, 2)
    (first,) = system.ask("search", **by_number(1)).json()["certificates"]
    wanted = {"certificateHolderCode": HOLDER, "certificateTypeCode": PERMIT}
    (only,) = system.ask("search", **wanted, id=first["id"]).json()["certificates"]
    assert only == first
    assert system.ask("search", id=first["id"], **by_number(2)).json() == {"certificates": []}
    told = system.ask("verify-info", id=first["id"], **by_number(2), claims={"credit_code": HOLDER})
    assert told.json()["held"] is False


# Info.


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("verify.example.gov.cn", "https://verify.example.gov.cn/"),
        ("127.0.0.1:8002", "http://127.0.0.1:8002/"),
        ("localhost:8002", "http://localhost:8002/"),
    ],
)
def test_verifier_is_named_as_it_is_asked(host: str, url: str) -> None:
    standing = Standing(held=(), in_force=(), block=7, checked_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert registry_view(Compared(held=True), standing, host).verifier == url


def test_info_has_claims_and_what_the_registry_holds_now(http: TestClient, system: System) -> None:
    issue(http, 1)
    info = system.ask("info", **by_number(1)).json()
    assert info["claims"]["operator_name"] == NAME
    assert info["registry"]["statuses"] == []
    assert info["registry"]["verifier"] == "https://verify.example.gov.cn/"
    suspend = {"verb": "suspend", "reason": "overdue"}
    assert http.post(f"/api/v1/certificates/{permit_number(1)}/status", json=suspend, auth=PREPARER).status_code == 200
    (status,) = system.ask("info", **by_number(1)).json()["registry"]["statuses"]
    assert (status["status"], status["inForce"]) == ("SUSPENSION", True)
    assert status["names"]["zh-CN"]
    assert status["from"] < status["until"]


def test_words_never_say_that_a_certificate_is_valid(http: TestClient, system: System) -> None:
    issue(http, 1)
    info = system.ask("info", **by_number(1)).text
    verified = system.ask("verify-info", **by_number(1), claims={"credit_code": HOLDER}).text
    assert "VALID" not in info + verified
    assert '"valid"' not in (info + verified).lower()


def test_silent_registry_is_a_503_and_no_guess(world: World, http: TestClient, system: System) -> None:
    issue(http, 1)
    world.registry.silent = True
    for service, more in (("info", {}), ("verify-info", {"claims": {"credit_code": HOLDER}})):
        answer = system.ask(service, **by_number(1), **more)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_claims_outside_the_allowed_fields_are_left_out(world: World, http: TestClient) -> None:
    issue(http, 1)
    system = System(http, make(world, fields={PERMIT: ["operator_name", "valid_until"]}).secret)
    info = system.ask("info", **by_number(1)).json()
    assert set(info["claims"]) == {"operator_name", "valid_until"}
    assert info["certificateHolderName"] == NAME
    assert info["certificateHolderCode"] is None
    assert HOLDER not in str(info)
    refused = system.ask("verify-info", **by_number(1), claims={"credit_code": HOLDER})
    assert (refused.status_code, refused.json()["title"]) == (403, "NotAllowed")


def test_number_and_days_outside_the_allowed_fields_are_left_out(world: World, http: TestClient) -> None:
    issue(http, 1)
    whole = System(http, make(world).secret).ask("info", **by_number(1)).json()
    assert whole["withheld"] == []
    system = System(http, make(world, fields={PERMIT: ["operator_name"]}).secret)
    hidden = ["certificateNumber", "certificateIdentifier", "certificateHolderCode", "certificateIssuedDate"]
    hidden += ["certificateEffectiveDate", "certificateExpiringDate"]
    (found,) = system.ask("search", id=whole["id"]).json()["certificates"]
    for answer in (found, system.ask("info", id=whole["id"]).json()):
        assert answer["withheld"] == hidden
        assert [answer[each] for each in hidden] == [None] * len(hidden)
        del answer["registry" if "registry" in answer else "withheld"]
        for member in ("certificateNumber", "certificateEffectiveDate", "certificateExpiringDate"):
            assert str(whole[member]) not in str(answer)
    days = System(http, make(world, fields={PERMIT: ["operator_name", "valid_until"]}).secret)
    some = days.ask("info", id=whole["id"]).json()
    assert some["certificateExpiringDate"] == whole["certificateExpiringDate"]
    assert some["certificateEffectiveDate"] is None
    # An SD-JWT says the days in clear, whatever of its claims is disclosed.
    for unable in (system, days):
        refused = unable.ask("file", id=whole["id"], fileType="sd-jwt")
        assert (refused.status_code, refused.json()["title"]) == (403, "NotAllowed")
        assert "the days" in refused.json()["detail"]
        assert str(whole["certificateExpiringDate"]) not in refused.text
    both = System(http, make(world, fields={PERMIT: ["operator_name", *DAYS]}).secret)
    taken = both.ask("file", id=whole["id"], fileType="sd-jwt")
    assert taken.headers["content-disposition"] == 'attachment; filename="certificate.sd-jwt"'
    validity = sd_jwts.parse(taken.text).credential.validity
    told = both.ask("info", id=whole["id"]).json()
    assert validity.first_day.isoformat() == told["certificateEffectiveDate"]
    assert str(validity.last_day) == told["certificateExpiringDate"]


def test_whoever_knows_a_number_may_name_it(world: World, http: TestClient) -> None:
    issue(http, 1)
    issue(http, 2)
    system = System(http, make(world, fields={PERMIT: ["operator_name", "credit_code"]}).secret)
    wanted = {"certificateHolderCode": HOLDER, "certificateTypeCode": PERMIT}
    assert len(system.ask("search", **wanted).json()["certificates"]) == 2
    (named,) = system.ask("search", **by_number(1)).json()["certificates"]
    (only,) = system.ask("search", **wanted, certificateNumber=permit_number(1)).json()["certificates"]
    assert (only["id"], only["certificateNumber"]) == (named["id"], None)
    assert system.ask("search", **wanted, certificateNumber=permit_number(3)).json()["certificates"] == []


def test_log_tells_with_which_certificates_a_client_was_answered(
    world: World, http: TestClient, system: System
) -> None:
    issue(http, 1)
    row = system.ask("search", **by_number(1)).json()["certificates"][0]["id"]
    system.ask("info", id=row)
    system.ask("file", id=row, fileType="sd-jwt")
    system.ask("verify-info", id=row, claims={"credit_code": HOLDER})
    system.ask("verify-info", id="0" * 32, claims={"credit_code": HOLDER})
    with world.office.store.reading() as work:
        lines = [line for line in account_rows.lines(work) if line.what == "client answered"]
    assert {line.subject for line in lines} == {f"certificate {row}"}
    assert [line.detail for line in lines] == ["use 1", "use 2", "use 3", "use 4"]


def test_holders_code_that_is_not_shown_cannot_be_guessed_by_searching(world: World, http: TestClient) -> None:
    issue(http, 1)
    system = System(http, make(world, fields={PERMIT: ["operator_name"]}).secret)
    for guess in (HOLDER, "91150102MA0XXXX157"):
        answer = system.ask("search", certificateTypeCode=PERMIT, certificateHolderCode=guess)
        assert (answer.status_code, answer.json()["title"]) == (403, "NotAllowed")


def test_erased_holder_is_gone_from_all_services(world: World, http: TestClient, system: System) -> None:
    issue(http, 1)
    row = system.ask("search", **by_number(1)).json()["certificates"][0]["id"]
    with world.office.store.reading() as work:
        certificate = work.certificate(row)
    erasing.erase(world.office, certificate, world.officer("low-preparer"), world.officer("low-approver"))
    assert system.ask("search", **by_number(1)).json() == {"certificates": []}
    wanted = {"certificateHolderCode": HOLDER, "certificateTypeCode": PERMIT}
    assert system.ask("search", **wanted).json() == {"certificates": []}
    assert system.ask("search", id=row).json() == {"certificates": []}
    gone = system.ask("info", id=row)
    assert gone.status_code == 410
    assert permit_number(1) not in gone.text
    assert system.ask("info", id=row, certificateNumber=permit_number(1)).status_code == 410
    assert not re.search(r"\d{4}-\d{2}-\d{2}", gone.text)


# File.


def test_files_of_every_kind(world: World, http: TestClient, system: System) -> None:
    world.registry.has_proofs = True
    issue(http, 1)
    pdf = system.ask("file", **by_number(1))
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == f'attachment; filename="{permit_number(1)}.pdf"'
    sd_jwt = system.ask("file", **by_number(1), fileType="sd-jwt")
    assert sd_jwts.parse(sd_jwt.text).claims["credit_code"] == HOLDER
    assert system.ask("file", **by_number(1), fileType="code").text.startswith("https://verify.example.gov.cn/v#")
    assert system.ask("file", **by_number(1), fileType="proof").content
    assert system.ask("file", **by_number(1), fileType="ofd").status_code == 422


def test_client_that_is_shown_some_claims_gets_no_more_by_files(world: World, http: TestClient) -> None:
    issue(http, 1)
    system = System(http, make(world, fields={PERMIT: ["number", "operator_name", *DAYS]}).secret)
    for kind in ("pdf", "code"):
        assert system.ask("file", **by_number(1), fileType=kind).status_code == 403
    shown = sd_jwts.parse(system.ask("file", **by_number(1), fileType="sd-jwt").text)
    assert set(shown.claims) == {"number", "operator_name", *DAYS}


def test_proof_that_is_not_made_is_a_404(http: TestClient, system: System) -> None:
    issue(http, 1)
    answer = system.ask("file", **by_number(1), fileType="proof")
    assert (answer.status_code, answer.json()["title"]) == (404, "ProofMissing")


# Verify.


def test_claims_are_compared_and_never_told(http: TestClient, system: System) -> None:
    issue(http, 1)
    same = system.ask("verify-info", **by_number(1), claims={"credit_code": HOLDER, "operator_name": NAME}).json()
    assert (same["held"], same["matches"], same["differing"]) == (True, True, [])
    other = system.ask("verify-info", **by_number(1), claims={"credit_code": HOLDER, "operator_name": "x"}).json()
    assert (other["held"], other["matches"], other["differing"]) == (True, False, ["operator_name"])
    assert NAME not in str(other)
    none = system.ask("verify-info", **by_number(9), claims={"credit_code": HOLDER}).json()
    assert none == {"held": False, "matches": False, "differing": [], "what": "", "registry": None}


def test_file_is_compared_to_the_byte(world: World, http: TestClient, system: System) -> None:
    world.registry.has_proofs = True
    issue(http, 1)
    for kind in ("pdf", "sd-jwt", "proof"):
        data = system.ask("file", **by_number(1), fileType=kind).content
        assert verified(system, data)["what"] == kind
        assert verified(system, data)["matches"]
        assert not verified(system, data + b" ")["matches"]
    assert not verified(system, b"")["matches"]
    assert verified(system, b"x", certificateNumber=permit_number(9))["held"] is False


def test_document_from_before_its_proof_is_still_the_one(world: World, http: TestClient, system: System) -> None:
    world.registry.has_proofs, world.registry.forgetful = True, True
    batch = issue(http, 1)
    early = system.ask("file", **by_number(1)).content
    world.registry.forgetful = False
    assert proofs.make(world.office, batch)
    assert verified(system, early) | {"registry": None} == {
        "held": True,
        "matches": True,
        "differing": [],
        "what": "pdf",
        "registry": None,
    }


def verified(system: System, data: bytes, **more: str) -> dict[str, object]:
    answer = system.http.post(
        "/api/v1/services/verify-file",
        files={"file": ("x", data)},
        data={"useCause": CAUSE, **by_number(1), **more},
        headers=system.headers,
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


# Batches.


def test_client_reads_its_agencys_batches_of_its_types(world: World, http: TestClient, system: System) -> None:
    batch = issue(http, 1, 2)
    assert system.get(f"batches/{batch}").json()["state"] == "ISSUED"
    assert [each["batch"] for each in system.get("batches").json()] == [batch]
    assert system.get(f"batches?after={batch}").json() == []
    rows = system.get(f"batches/{batch}/certificates").json()
    assert [each["number"] for each in rows] == [permit_number(1), permit_number(2)]
    assert system.ask("info", id=rows[1]["id"]).json()["certificateNumber"] == permit_number(2)
    for stranger in (make(world, agency=OTHER), make(world, types=["business-licence"])):
        other = System(http, stranger.secret)
        assert other.get(f"batches/{batch}").status_code == 404
        assert other.get(f"batches/{batch}/certificates").status_code == 404
        assert other.get("batches").json() == []
    assert System(http, make(world, "info").secret).get("batches").status_code == 403


def test_agency_above_sees_batches_and_standing_but_not_what_certificates_say(http: TestClient) -> None:
    batch = issue(http, 1)
    above = ("top-preparer", PASSWORD)
    assert http.get(f"/api/v1/batches/{batch}", auth=above).status_code == 200
    (version,) = http.get(f"/api/v1/certificates/{permit_number(1)}", auth=above).json()["versions"]
    assert (version["state"], version["claims"]) == ("ISSUED", {})
    for path in (f"batches/{batch}/documents", f"batches/{batch}/certificates"):
        assert http.get(f"/api/v1/{path}", auth=above).status_code == 404
    for path in ("document", "proof"):
        assert http.get(f"/api/v1/certificates/{permit_number(1)}/{path}", auth=above).status_code == 404


def _row(serial: int) -> dict[str, str]:
    columns = by_identifier(PERMIT).columns
    return {claim.key: claim.example for claim in columns if claim.derived is None} | {"number": permit_number(serial)}
