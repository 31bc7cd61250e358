"""Whatever is handed in, by whatever way, ends in the verdict that it deserves: never VALID, and never an error."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from tests.verifier.book import NOW
from tests.verifier.hostile.cbor_bytes import CBOR_BYTES
from tests.verifier.hostile.code_texts import CODE_TEXTS
from tests.verifier.hostile.json_texts import JSON_TEXTS
from tests.verifier.hostile.pdf_files import PDF_FILES
from tests.verifier.hostile.pictures import PICTURES
from tests.verifier.hostile.world import index_of_the_world, world
from verifier.app import make_app
from verifier.settings import Settings
from verifier.uploads import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.verifier.hostile.world import Row

KINDS = {"code text": CODE_TEXTS, "JSON": JSON_TEXTS, "CBOR": CBOR_BYTES, "PDF": PDF_FILES, "image": PICTURES}
ROWS = [pytest.param(row, id=f"{kind}: {row.name}") for kind, rows in KINDS.items() for row in rows]
API = "/api/v1/verify"
LONGEST_S = 2 * reading.WALL_CLOCK_S
"""One child's time, and as much again for a busy machine."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("hostile")
    settings = Settings(
        poll_s=60, data_dir=folder, limit_reading=0, limit_verifying=0, limit_certificate=0, limit_misses=0
    )
    app = make_app(index_of_the_world(folder), settings, clock=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def send(client: TestClient, row: Row, made: str | bytes) -> Response:
    data = made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made
    if row.way == "file":
        return client.post(API, files={"file": (row.name, data)})
    if row.way == "body":
        return client.post(API, content=data, headers={"Content-Type": row.content_type})
    return client.post(API, json={row.way: made})


@pytest.mark.parametrize("row", ROWS)
def test_what_is_hostile_gets_what_it_deserves(client: TestClient, row: Row) -> None:
    made = row.made(world())
    begun = time.monotonic()
    answer = send(client, row, made)
    assert time.monotonic() - begun < LONGEST_S
    assert answer.status_code < 500, answer.text
    if row.expected.isdecimal():
        assert answer.status_code == int(row.expected), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return
    assert answer.status_code == 200, answer.text
    (report,) = json.loads(answer.text)["reports"]
    decisive = [check["message_id"] for check in report["checks"] if report["verdict"] in check["reasons"]]
    assert report["verdict"] == row.expected, decisive
    assert row.expected != "VALID"
    assert not row.message or any(key.startswith(row.message) for key in decisive), decisive


def test_the_genuine_ones_are_valid(client: TestClient) -> None:
    """Else the rows would prove nothing."""
    for name, text in (("code", world().code), ("certificate", world().made.sd_jwt)):
        assert client.post(API, json={name: text}).json()["reports"][0]["verdict"] == "VALID"
    answer = client.post(API, files={"file": ("document.pdf", world().document)})
    assert answer.json()["reports"][0]["verdict"] == "VALID"
    assert client.post(API, json={"certificate": world().signed()}).json()["reports"][0]["verdict"] == "VALID"


def test_there_are_enough_causes_of_each_kind() -> None:
    counted = Counter({kind: len({row.name for row in rows}) for kind, rows in KINDS.items()})
    assert min(counted.values()) >= 12
    assert counted.total() >= 90
