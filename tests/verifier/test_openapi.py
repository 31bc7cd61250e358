"""The description of the API is what the API does: schemathesis asks what it describes, and what it does not."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from chain.events import Track
from tests.deployed import leaves_of
from tests.verifier.papers_on_chain import anchor, certificate_of, set_status
from tests.verifier.test_checkpoints import follow
from tests.verifier.test_index import now_of
from tests.verifier.trust import settings_of, trust_list_of, verifier_of
from verifier.app import make_app
from verifier.wiring import attester_of, open_trust_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed

_UNLIMITED = {"limit_reading": 0, "limit_verifying": 0, "limit_certificate": 0, "limit_misses": 0}
_SECONDS = 25
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
"""Not those by which every question that fits the schema must be answered 200, and every other one refused: a day to
come fits, and a parameter that nobody knows is nobody's."""


@pytest.fixture(scope="module")
def app(deployment: Deployed, anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Return a verifier with certificates, a status, a checkpoint and a trust list."""
    folder = tmp_path_factory.mktemp("openapi")
    office = deployment.offices[0]
    anchor(deployment, office, certificate_of(deployment, office, "described"))
    set_status(deployment, office, leaves_of("described", 1)[0], Track.LOSS, now_of(deployment))
    anvil.mine()
    verifier = verifier_of(deployment, folder)
    assert follow(verifier, deployment) is not None
    public = attester_of(settings_of(deployment, folder)).public
    (folder / "trust.json").write_bytes(trust_list_of(deployment, now=now_of(deployment), attesters=[public]))
    settings = settings_of(deployment, folder, poll_s=60, trust_list=str(folder / "trust.json"), **_UNLIMITED)
    return make_app(
        verifier.index,
        settings,
        clock=lambda: now_of(deployment),
        evidence_files=verifier.files,
        trust=open_trust_file(settings, now_of(deployment)),
    )


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve on a free port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=[[listening]], daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def test_no_question_is_answered_otherwise_than_described(app: FastAPI, tmp_path: Path) -> None:
    with served(app) as url:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
                *("--checks", ",".join(_CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", "20"),
                *(
                    "--max-time",
                    str(_SECONDS),
                    "--wait-for-schema",
                    "10",
                    "--seed",
                    "5",
                    "--no-color",
                    # Two of them trip over one another in Python 3.11's parser.
                    "--workers",
                    "1",
                ),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]


def test_every_operation_has_words_examples_and_problems(app: FastAPI) -> None:
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            answers = operation["responses"]
            (well,) = [answers[status] for status in answers if status.startswith("2")][:1]
            shown = well.get("content", {})
            # What comes in several forms is a file to save.
            if list(shown) == ["application/json"]:
                assert {"example", "examples"} & shown["application/json"].keys(), where
            assert {"422", "429"} <= answers.keys(), where
            for status, answer in answers.items():
                if status.startswith(("4", "5")) and path != "/readyz":
                    assert list(answer["content"]) == ["application/problem+json"], f"{where}: {status}"


def test_every_example_fits_its_schema(app: FastAPI) -> None:
    described = app.openapi()
    for operations in described["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    if "example" in content and "schema" in content:
                        schema = {**content["schema"], "components": described["components"]}
                        Draft202012Validator(schema).validate(content["example"])


def test_the_description_is_for_every_page_to_read_and_sent_once(app: FastAPI) -> None:
    with TestClient(app) as client:
        whole = client.get("/openapi.json", headers={"Origin": "https://example.org"})
        assert (whole.status_code, whole.json()) == (200, app.openapi())
        tag = whole.headers["etag"]
        again = client.get("/openapi.json", headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        for answer in (whole, again):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "ETag" in answer.headers["access-control-expose-headers"]
            assert answer.headers["cache-control"] == "no-cache"
        asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
        assert client.options("/openapi.json", headers=asked).status_code == 204
