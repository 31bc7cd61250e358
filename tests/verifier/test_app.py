"""The verifier over HTTP: one question, one report; and the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from chain import code
from tests.faults.chaos_proxy import ChaosProxy, Way
from tests.verifier.book import CLAIMS
from tests.verifier.papers_on_chain import anchor, certificate_of, index_of
from tests.verifier.test_index import now_of
from tests.waiting import wait_until
from verifier import checking
from verifier.app import make_app
from verifier.settings import Settings
from verifier.uploads.reading import MAX_UPLOAD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

API = "/api/v1/verify"


@pytest.fixture(scope="module")
def proxy(deployment: Deployed) -> Iterator[ChaosProxy]:
    with ChaosProxy(deployment.url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def paper(deployment: Deployed, anvil: Anvil) -> Paper:
    made = certificate_of(deployment, deployment.offices[0], "over HTTP")
    anchor(deployment, deployment.offices[0], made)
    anvil.mine()
    return made


@pytest.fixture(scope="module")
def client(
    deployment: Deployed, paper: Paper, proxy: ChaosProxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    index = index_of(deployment, tmp_path_factory.mktemp("http"), url=proxy.url)
    index.follow(now_of(deployment))
    app = make_app(index, Settings(poll_s=0.05), clock=lambda: now_of(deployment))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def report_of(answer: Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    (report,) = answer.json()["reports"]
    assert isinstance(report, dict)
    return report


def problem_of(answer: Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    return str(problem["detail"])


class TestApi:
    def test_a_file_a_certificate_a_code_and_a_short_number(self, client: TestClient, paper: Paper) -> None:
        file = ("../../the paper.sd-jwt", paper.sd_jwt.encode())
        report = report_of(client.post(API, files={"file": file}))
        assert (report["verdict"], report["input"]) == ("VALID", "the paper.sd-jwt")
        assert report_of(client.post(API, json={"certificate": paper.sd_jwt}))["verdict"] == "VALID"
        assert report_of(client.post(API, json={"code": paper.code()}))["verdict"] == "VALID"
        short = code.short_number(paper.leaf)
        assert report_of(client.post(API, json={"short_number": short}))["verdict"] == "INCOMPLETE"

    def test_every_verdict_is_200(self, client: TestClient) -> None:
        for body, verdict in (
            ({"code": ""}, "UNREADABLE"),
            ({"code": "https://example.org/"}, "UNSUPPORTED"),
            ({"certificate": "eyJ~"}, "UNREADABLE"),
            ({"short_number": "0000-0000-0000-00"}, "NOT_FOUND"),
        ):
            assert report_of(client.post(API, json=body))["verdict"] == verdict
        assert report_of(client.post(API, files={"file": ("x", b"")}))["verdict"] == "UNREADABLE"

    def test_a_past_day(self, client: TestClient, paper: Paper) -> None:
        report = report_of(client.post(f"{API}?on=2025-12-31", json={"code": paper.code()}))
        assert (report["verdict"], report["on"]) == ("NOT_YET_VALID", "2025-12-31")
        for day in ("tomorrow", "2999-01-01", "2026-02-30", ""):
            assert "wanted" in problem_of(client.post(f"{API}?on={day}", json={"code": "1"}), 422)

    def test_words_come_in_the_language_that_is_asked_for(self, client: TestClient, paper: Paper) -> None:
        body = {"code": paper.code()}
        english = client.post(API, json=body, headers={"accept-language": "en-GB"})
        assert report_of(english)["heading"] == "Genuine and in force"
        chinese = client.post(API, json=body, headers={"accept-language": "fr;q=0.9, zh;q=0.8, en;q=0.5"})
        assert report_of(chinese)["heading"] == "真实有效"
        assert report_of(client.post(f"{API}?lang=zh-CN", json=body))["heading"] == "真实有效"
        problem_of(client.post(f"{API}?lang=xx", json=body), 422)

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b'{"code": "1", "code": "2"}', 400),
            (b'{"code": NaN}', 400),
            (b"\xef\xbb\xbf{}", 400),
            ('{"code": "1"}'.encode("utf-16"), 400),
            (b"{", 400),
            (b"", 400),
            (b"[" * 100_000, 400),
            (b"{}", 422),
            (b"[]", 422),
            (b'"code"', 422),
            (b'{"code": 1}', 422),
            (b'{"code": "1", "certificate": "2"}', 422),
            (b'{"qr": "1"}', 422),
            (b'{"code": "' + b"1" * 1024 * 1024 + b'"}', 413),
        ],
        ids=range(14),
    )
    def test_a_body_that_says_not_exactly_one_thing_is_refused(
        self, client: TestClient, body: bytes, status: int
    ) -> None:
        answer = client.post(API, content=body, headers={"content-type": "application/json"})
        assert "got" in problem_of(answer, status)

    def test_forms_that_hold_not_exactly_one_file_are_refused(self, client: TestClient) -> None:
        assert "wanted one file" in problem_of(client.post(API, files={"other": (None, "x")}), 422)
        assert "«file»" in problem_of(client.post(API, files={"upload": ("a.pdf", b"x")}), 422)
        two = [("file", ("a.pdf", b"x")), ("file", ("b.pdf", b"x"))]
        problem_of(client.post(API, files=two), 422)
        three = [*two, ("certified_file", ("c.pdf", b"x"))]
        problem_of(client.post(API, files=three), 400)
        assert "wanted one file" in problem_of(client.post(API, files={"certified_file": ("c.pdf", b"x")}), 422)
        problem_of(client.post(API, files={"file": ("a.pdf", b"x")}, data={"on": "2026-01-01"}), 422)
        torn = client.post(API, content=b"--x", headers={"content-type": "multipart/form-data; boundary=y"})
        problem_of(torn, 400)
        problem_of(client.post(API, content=b"x", headers={"content-type": "multipart/form-data"}), 400)

    def test_other_content_types_are_refused(self, client: TestClient) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/pdf"):
            answer = client.post(API, content=b"x", headers={"content-type": kind})
            assert kind in problem_of(answer, 415)

    def test_too_large_a_body_is_refused(self, client: TestClient) -> None:
        problem_of(client.post(API, files={"file": ("a.pdf", bytes(MAX_UPLOAD + 100_000))}), 413)

    def test_other_methods_and_paths_are_problems_too(self, client: TestClient) -> None:
        problem_of(client.get(API), 405)
        problem_of(client.get("/no/such/page"), 404)

    def test_nothing_is_kept_and_every_answer_has_a_number(self, client: TestClient, paper: Paper) -> None:
        answer = client.post(API, json={"code": paper.code()})
        assert answer.headers["cache-control"] == "no-store"
        assert report_of(answer)["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        rules = answer.headers["content-security-policy"]
        assert "'unsafe-" not in rules
        assert "script-src 'self' 'wasm-unsafe-eval';" in rules

    def test_the_description_has_examples(self, client: TestClient) -> None:
        described = client.get("/openapi.json").json()["paths"][API]["post"]
        assert set(described["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
        assert described["responses"]["200"]["content"]["application/json"]["example"]["reports"]
        assert {"400", "413", "415", "422"} <= described["responses"].keys()

    def test_the_unforeseen_is_a_report_that_cannot_check(
        self, client: TestClient, paper: Paper, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError("内蒙古演示长城")

        monkeypatch.setattr(checking.verification, "verify", fail)
        report = report_of(client.post(API, json={"code": paper.code()}))
        assert report["verdict"] == "CANNOT_CHECK"
        logged = capsys.readouterr()
        assert "内蒙古" not in logged.out + logged.err
        assert "ZeroDivisionError" in logged.out + logged.err


class TestHealth:
    def test_the_process_runs_and_the_index_is_fresh(self, client: TestClient) -> None:
        assert client.get("/healthz").json() == {"ok": True}
        assert client.get("/readyz").json() == {"ready": True}

    def test_a_silent_node_makes_it_unready_and_nothing_valid(
        self, client: TestClient, paper: Paper, proxy: ChaosProxy
    ) -> None:
        proxy.fail(Way.DROP_BEFORE)
        wait_until(lambda: client.get("/readyz").status_code == 503, what="it is unready")
        assert client.get("/readyz").json()["message_id"] == "registry.silent"
        assert client.get("/healthz").status_code == 200
        assert report_of(client.post(API, json={"code": paper.code()}))["verdict"] == "CANNOT_CHECK"
        proxy.clear()
        wait_until(lambda: client.get("/readyz").status_code == 200, what="it is ready again")
        assert report_of(client.post(API, json={"code": paper.code()}))["verdict"] == "VALID"

    def test_before_the_registry_is_reached_it_is_unready(self, deployment: Deployed, tmp_path: Path) -> None:
        index = index_of(deployment, tmp_path, url="http://127.0.0.1:9")
        with TestClient(make_app(index, Settings(poll_s=60))) as client:
            assert client.get("/readyz").json()["message_id"] == "registry.never_reached"


class TestPage:
    def test_a_file_shows_the_verdict_without_a_script(self, client: TestClient, paper: Paper) -> None:
        files = {"file": ("paper.sd-jwt", paper.sd_jwt.encode()), "typed": (None, ""), "on": (None, "")}
        page = client.post("/?lang=en", files=files)
        assert page.status_code == 200
        assert "<title>Genuine and in force" in page.text
        assert "真实有效" in page.text
        assert "TEST" in page.text
        assert "内蒙古演示长城建筑工程有限责任公司" in page.text
        assert page.headers["cache-control"] == "no-store"

    def test_a_typed_number_shows_the_verdict(self, client: TestClient, paper: Paper) -> None:
        form = {"file": ("", b""), "typed": (None, code.short_number(paper.leaf).lower()), "on": (None, "")}
        page = client.post("/", files=form, headers={"accept-language": "zh-CN"})
        assert "登记有效，但未显示完整信息" in page.text
        assert 'lang="zh-CN"' in page.text

    def test_what_cannot_be_asked_is_said_on_top(self, client: TestClient) -> None:
        for fields, said in (
            ({"typed": (None, " ")}, "Choose a file"),
            ({"file": ("a", b"x"), "typed": (None, "x")}, "one thing only"),
            ({"typed": (None, "x"), "on": (None, "2999-01-01")}, "between 2 January 1970 and today"),
        ):
            page = client.post("/?lang=en", files=fields)
            assert page.status_code == 422
            assert said in page.text
            assert "<title>Error: There is a problem" in page.text

    def test_markup_in_a_certificate_stays_text(self, deployment: Deployed, client: TestClient) -> None:
        office = deployment.offices[0]
        claims = {**CLAIMS, "company_name": "<script>alert(1)</script>{{7*7}}"}
        made = certificate_of(deployment, office, "markup", claims=claims)
        page = client.post("/?lang=en", files={"typed": (None, made.code())})
        assert "<script>alert" not in page.text
        assert "{{7*7}}" in page.text

    def test_pages_load_nothing_from_elsewhere(self, client: TestClient) -> None:
        for path in ("/", "/v"):
            page = client.get(path)
            assert page.status_code == 200
            assert not re.findall(r'(?:src|href|action)="(?!/|#)', page.text)
            for asset in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
                assert client.get(asset).status_code == 200

    def test_people_get_a_page_where_there_is_none_and_programs_a_problem(self, client: TestClient) -> None:
        for lang, said in (("zh-CN", "没有这个页面"), ("en", "There is no such page")):
            page = client.get("/licence", headers={"accept": "text/html", "accept-language": lang})
            assert (page.status_code, said in page.text) == (404, True)
        for path, accept in (("/licence", "application/json"), ("/api/v1/licence", "text/html")):
            problem_of(client.get(path, headers={"accept": accept}), 404)

    def test_both_languages_have_all_words(self, client: TestClient) -> None:
        for lang, word in (("zh-CN", "核验"), ("en", "Check")):
            for path in ("/", "/v"):
                assert word in client.get(f"{path}?lang={lang}").text


class TestCrowd:
    def test_more_uploads_than_may_wait_are_told_when_to_come_again(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("verifier.routes.turns.MOST_WAITING_EACH", 0)
        turns = client.app.state.desk.turns  # type: ignore[attr-defined]
        turns._serve("testclient")  # noqa: SLF001 (as if one of this client's were being read)
        try:
            answer = client.post(API, files={"file": ("a.pdf", b"%PDF-1.7")})
            assert "0 waiting uploads of yours" in problem_of(answer, 429)
            page = client.post("/?lang=en", files={"file": ("a.pdf", b"%PDF-1.7")})
            assert (page.status_code, "try again" in page.text) == (429, True)
            assert answer.headers["retry-after"] == page.headers["retry-after"] == "10"
        finally:
            turns._give_back("testclient")  # noqa: SLF001 (as above)


class TestHttp:
    @pytest.mark.parametrize("path", ["/", "/v", "/healthz", "/readyz", "/openapi.json", "/static/page.css"])
    def test_what_can_be_fetched_can_be_asked_for_its_head(self, client: TestClient, path: str) -> None:
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]

    def test_every_method_of_an_address_is_named(self, client: TestClient) -> None:
        assert client.put("/").headers["allow"] == "GET, HEAD, POST"
        assert client.delete("/v").headers["allow"] == "GET, HEAD"
        assert client.get(API).headers["allow"] == "POST"
        assert client.head(API).status_code == 405

    @pytest.mark.parametrize("path", ["/static/page.css", "/static/there-is-no-such-file.js"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_our_files_are_for_reading_only(self, client: TestClient, method: str, path: str) -> None:
        answer = client.request(method, path)
        assert problem_of(answer, 405) == f"got the method {method}, wanted one of: GET, HEAD"
        assert answer.headers["allow"] == "GET, HEAD"

    def test_a_question_about_two_days_is_refused(self, client: TestClient, paper: Paper) -> None:
        answer = client.post(f"{API}?on=2026-01-31&on=2026-02-01", json={"certificate": paper.sd_jwt})
        assert "more than once" in problem_of(answer, 422)

    def test_people_are_answered_in_chinese_and_programs_in_english_if_they_wish_for_nothing(
        self, client: TestClient, paper: Paper
    ) -> None:
        unsaid = {"Accept-Language": ""}
        program = client.post(API, json={"certificate": paper.sd_jwt}, headers=unsaid)
        person = client.get("/", headers=unsaid)
        assert (program.headers["content-language"], person.headers["content-language"]) == ("en", "zh-CN")
        assert program.headers["vary"] == person.headers["vary"] == "Accept-Language"

    def test_a_form_that_cannot_be_read_gets_a_page(self, client: TestClient) -> None:
        answer = client.post("/?lang=en", data={"typed": "7HKQ-2M4D-X9RT-0C"})
        assert answer.status_code == 415
        assert "cannot be read" in answer.text

    @pytest.mark.parametrize(
        ("named", "spoken"), [("zh", "zh-CN"), ("ZH-TW", "zh-CN"), ("en-GB", "en"), ("xx", "en"), ("", "en")]
    )
    def test_people_get_a_page_whatever_language_they_name(self, client: TestClient, named: str, spoken: str) -> None:
        for path in ("/", "/v", "/bulk", "/watch", "/bulk/nothing"):
            answer = client.get(path, params={"lang": named}, headers={"accept-language": "en"})
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["content-language"] == spoken

    @pytest.mark.parametrize("path", ["/", "/receipt", "/bulk"])
    def test_nor_does_one_without_a_content_type_end_in_a_fault(self, client: TestClient, path: str) -> None:
        answer = client.post(f"{path}?lang=en", content=b"")
        assert answer.status_code == 415
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
