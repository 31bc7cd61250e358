"""Consuming systems to test with: an application, a client of an agency, and certificates it may ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from issuer.audit_log import Occasion
from issuer.client import clients
from issuer.client.clients import Allowed, Made
from tests.issuer.offices import permit_number, permits
from tests.issuer.test_app import APPROVER, PREPARER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi.testclient import TestClient
    from httpx2 import Response

    from issuer.tables.client_models import Scope
    from tests.issuer.offices import World

LOW, OTHER = 2, 3
PERMIT = "food-operation-permit"
ALL = ("search", "info", "file", "verify", "draft", "read:batches")
CAUSE = "企业变更登记核验"
CREDIT_CODE = "91150102MA0XXXX156"


def occasion(world: World, source: str = "command line") -> Occasion:
    """Return a moment of a world."""
    return Occasion(world.office.now(), source)


def make(
    world: World,
    *scopes: Scope | str,
    agency: int = LOW,
    types: Sequence[str] = (PERMIT,),
    fields: Mapping[str, Sequence[str]] | None = None,
    networks: Sequence[str] = (),
    daily_cap: int = 1000,
) -> Made:
    """Make a client."""
    allowed = Allowed("Business registration", scopes or ALL, types, fields or {}, networks, daily_cap)
    return clients.make(world.office, allowed, agency=agency, by="manager", occasion=occasion(world))


@dataclass(slots=True)
class System:
    """A consuming system at work."""

    http: TestClient
    secret: str
    more: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, body: object, **headers: str) -> Response:
        """Send JSON."""
        return self.http.post(f"/api/v1/{path}", json=body, headers={**self.headers, **headers})

    def ask(self, service: str, **wanted: object) -> Response:
        """Use a service, with a cause."""
        return self.post(f"services/{service}", {"useCause": CAUSE, **wanted})

    def get(self, path: str) -> Response:
        """Read something."""
        return self.http.get(f"/api/v1/{path}", headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """How it shows who it is."""
        return {"Authorization": f"Bearer {self.secret}", **self.more}


def issue(http: TestClient, *serials: int, **cells: str) -> int:
    """Have officers issue food operation permits."""
    answer = http.post(
        "/api/v1/batches",
        files={"file": ("permits.csv", permits(*serials, **cells))},
        data={"type": PERMIT},
        auth=PREPARER,
    )
    (batch,) = answer.json()["batches"]
    for step, who in (("prepare", PREPARER), ("approve", APPROVER), ("seal", PREPARER)):
        answer = http.post(f"/api/v1/batches/{batch}/{step}", auth=who)
        assert answer.status_code == 200, answer.text
    return int(batch)


def by_number(serial: int) -> dict[str, str]:
    """Name a permit by type and number."""
    return {"certificateTypeCode": PERMIT, "certificateNumber": permit_number(serial)}
