"""Every fault of a request says what was got and what is wanted, and nothing that was brought is passed over."""

from __future__ import annotations

import errno
import gzip
import json
from typing import TYPE_CHECKING

import anyio
import pytest

from tests.verifier.made_up_index import MadeUp, made_up
from tests.verifier.test_app import problem_of
from tests.verifier.test_limits import service
from verifier import private_files
from verifier.routes import problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient
    from starlette.types import Message, Receive, Scope, Send

FORM = {"content-type": "multipart/form-data; boundary=b"}
PAGES = {"accept": "text/html"}


@pytest.fixture(scope="module")
def world() -> MadeUp:
    return made_up(2, size=20, papers=2)


@pytest.fixture(scope="module")
def client(world: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("faults")
    with service(world, folder, data_dir=folder / "data") as client:
        yield client


def part(name: str, data: bytes, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + data + b"\r\n"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("leaves", "prefix: got nothing, wanted a value"),
        ("leaves?prefix=ABCD", "prefix: got 'ABCD', wanted a text that matches ^[0-9a-f]{4}$"),
        ("deltas?after=1&limit=0", "limit: got '0', wanted 1 or more"),
        ("deltas?after=1&limit=many", "limit: got 'many', wanted a whole number"),
        ("agencies?limit=201", "limit: got '201', wanted 200 or less"),
        ("agencies/4294967296", "agency: got '4294967296', wanted a number below 4294967296"),
        (f"bulk/{'a' * 65}", f"job_id: got '{'a' * 40}', wanted 64 characters or fewer"),
        ("bulk/x/results.exe", "kind: got 'exe', wanted a text that matches ^(xlsx|csv|json)$"),
        ("bulk/x/results.csv?lang=fr", "lang: got 'fr', wanted 'zh-CN' or 'en'"),
    ],
)
def test_a_value_that_cannot_be_is_told_beside_what_can(client: TestClient, address: str, said: str) -> None:
    assert problem_of(client.get(f"/api/v1/{address}"), 422) == said


def test_an_address_where_nothing_is_is_told(client: TestClient) -> None:
    said = "got the address '/api/v1/leafs', wanted one where there is something"
    assert problem_of(client.get("/api/v1/leafs"), 404) == said


ASKED = [
    "leaves?prefix=abcd",
    "deltas?after=1",
    "agencies?",
    "agencies/1?",
    "types?",
    "hosts?",
    "checkpoints?",
    "bulk/x?",
]


@pytest.mark.parametrize("address", ASKED)
def test_a_parameter_that_nobody_knows_is_refused_rather_than_passed_over(client: TestClient, address: str) -> None:
    assert "got the parameter 'of', wanted" in problem_of(client.get(f"/api/v1/{address}&of=1"), 422)


@pytest.mark.parametrize("address", ["verify", "receipts", "bulk"])
def test_a_misspelt_day_is_not_answered_for_today(client: TestClient, address: str) -> None:
    answer = client.post(f"/api/v1/{address}?ON=2026-01-31", json={"code": "1"})
    assert "got the parameter 'ON', wanted only some of " in problem_of(answer, 422)


def test_a_limit_that_is_named_twice_is_refused(client: TestClient) -> None:
    assert (
        problem_of(client.get("/api/v1/agencies?limit=1&limit=2"), 422) == "got 'limit' more than once, wanted it once"
    )


@pytest.mark.parametrize(
    ("address", "body", "said"),
    [
        ("verify", None, "got null, wanted an object with one text: code, certificate or short_number"),
        ("verify", {"code": 1}, "got an object of code (a number), wanted"),
        ("verify", {"code": "1", "on": True}, "got an object of code (a text), on (a truth value), wanted"),
        ("receipts", [], "got a list, wanted an object"),
        ("receipts", {"code": "1", "asked_by": None}, "asked_by: got null, wanted a text"),
        ("receipts", {"code": "1", "show": "all"}, "show: got a text, wanted a list of at most 64 names"),
        ("receipts", {"code": "1", "show": ["a"] * 65}, "show: got 65 names, wanted a list of at most 64 names"),
        ("bulk", {"items": ["1", {}]}, "items[1]: got an object, wanted a text"),
        ("bulk", {}, "got an object of nothing, wanted an object with one list of texts: items"),
    ],
)
def test_what_is_wrong_with_a_body_is_told_in_the_words_of_json(
    client: TestClient, address: str, body: object, said: str
) -> None:
    assert said in problem_of(client.post(f"/api/v1/{address}", content=json.dumps(body), headers=JSON), 422)


JSON = {"content-type": "application/json"}


def test_an_empty_body_is_told_as_one(client: TestClient) -> None:
    assert problem_of(client.post("/api/v1/verify", content=b"", headers=JSON), 400) == "got an empty body, wanted JSON"


@pytest.mark.parametrize("address", ["verify", "receipts", "bulk"])
class TestForms:
    def test_a_torn_form_is_refused_rather_than_taken_for_what_came_of_it(
        self, client: TestClient, world: MadeUp, address: str
    ) -> None:
        name = "file" if address == "bulk" else "certified_file"
        body = part("file", world.papers[0].sd_jwt.encode(), "a") + part(name, b"the other one", "b")
        for torn in (body, body[:-5], b""):
            answer = client.post(f"/api/v1/{address}", content=torn, headers=FORM)
            assert "ends before its last boundary" in problem_of(answer, 400)

    def test_a_text_that_is_no_utf_8_is_refused_rather_than_garbled(self, client: TestClient, address: str) -> None:
        body = part("file", b"x", "a") + part("asked_by", "采购部".encode("gb18030")) + b"--b--\r\n"
        answer = client.post(f"/api/v1/{address}", content=body, headers=FORM)
        assert "the field 'asked_by' is no UTF-8" in problem_of(answer, 400)

    def test_a_packed_body_is_no_type_that_is_taken(self, client: TestClient, address: str) -> None:
        for content, headers in ((b'{"code": "1"}', JSON), (part("file", b"x", "a") + b"--b--\r\n", FORM)):
            packed = {**headers, "content-encoding": "gzip"}
            answer = client.post(f"/api/v1/{address}", content=gzip.compress(content), headers=packed)
            assert "got a body with the content coding 'gzip'" in problem_of(answer, 415)

    def test_a_file_without_a_name_is_told_as_a_text(self, client: TestClient, address: str) -> None:
        answer = client.post(f"/api/v1/{address}", content=part("file", b"x") + b"--b--\r\n", headers=FORM)
        assert problem_of(answer, 422) == "got a text in the field 'file', wanted a file there, with a name"


class TestPeople:
    @pytest.mark.parametrize(("lang", "said"), [("en", "There is no such page"), ("zh-CN", "没有这个页面")])
    @pytest.mark.parametrize("path", ["/receipt", "/bulk/x/cancel"])
    def test_an_address_that_only_takes_forms_is_told_on_a_page(
        self, client: TestClient, path: str, lang: str, said: str
    ) -> None:
        page = client.get(path, params={"lang": lang}, headers=PAGES)
        assert (page.status_code, page.headers["allow"]) == (405, "POST")
        assert f'<h1 tabindex="-1" data-focus>{said}</h1>' in page.text
        assert "wanted one of: POST" in problem_of(client.get(path), 405)

    @pytest.mark.parametrize(("lang", "said"), [("en", "Something went wrong here"), ("zh-CN", "本站出了故障")])
    def test_so_is_the_unforeseen(
        self, world: MadeUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str, said: str
    ) -> None:
        monkeypatch.delattr("verifier.routes.watch_page.rendered")
        with service(world, tmp_path, raising=False) as client:
            page = client.get("/watch", params={"lang": lang}, headers=PAGES)
            assert page.status_code == 500
            assert said in page.text
            assert "something unforeseen" in problem_of(client.get("/watch"), 500)

    def test_the_unforeseen_has_the_headers_of_every_answer(
        self, world: MadeUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise RuntimeError("a fault of ours")

        with service(world, tmp_path, raising=False) as client:
            sound = client.get("/api/v1/hosts"), client.get("/watch", headers=PAGES)
            monkeypatch.setattr("verifier.directory.hosts", fail)
            monkeypatch.delattr("verifier.routes.watch_page.rendered")
            broken = client.get("/api/v1/hosts"), client.get("/watch", headers=PAGES)
            head = client.head("/api/v1/hosts")
        for before, after in zip(sound, broken, strict=True):
            assert (before.status_code, after.status_code) == (200, 500)
            assert after.headers["cache-control"] == "no-store"
            assert set(after.headers) >= set(before.headers) - {"etag"}
        # A widget on another origin's page may read that, and under which number it was logged.
        answer = broken[0]
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-request-id"] == answer.json()["request_id"]
        assert "access-control-allow-origin" not in broken[1].headers
        assert (head.status_code, head.content) == (500, b"")

    def test_what_fails_once_an_answer_has_begun_is_not_answered_twice(self) -> None:
        async def half(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise RuntimeError("a fault of ours")

        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError

        with pytest.raises(RuntimeError):
            anyio.run(problems.Unforeseen(half), {"type": "http"}, receive, send)
        assert [each["status"] for each in sent] == [200]


def test_a_full_disk_ends_one_bulk_check_and_not_the_next(
    world: MadeUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, states = private_files.write, []

    def write_on_a_full_disk(path: Path, data: bytes) -> None:
        if path.name == "state":
            states.append(path)
        if path.name.startswith("lines-") or len(states) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    with service(world, tmp_path, data_dir=tmp_path) as client:
        with monkeypatch.context() as full:
            full.setattr(private_files, "write", write_on_a_full_disk)
            first = client.post("/api/v1/bulk", json={"items": ["1"]}).json()
            while len(states) < 2:
                client.get(first["url"])
        second = client.post("/api/v1/bulk", json={"items": ["1"]}).json()
        while (state := client.get(second["url"]).json()["state"]) in {"WAITING", "RUNNING"}:
            pass
        assert state == "DONE"
