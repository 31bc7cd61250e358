"""What puts the page on a device, as a browser fetches it."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from tests.verifier.papers_on_chain import index_of
from tests.verifier.test_app import problem_of
from tests.verifier.test_index import now_of
from tests.verifier.trust import settings_of, trust_list_of, verifier_of
from verifier.app import make_app
from verifier.indexing.checkpoint_rows import IndexBehind
from verifier.published.evidence_files import EvidenceFiles
from verifier.routes import kept_page, standalone
from verifier.settings import Settings
from verifier.wiring import open_trust_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from tests.deployed import Deployed

PAGES = {"accept": "text/html"}


@pytest.fixture(scope="module")
def client(deployment: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    index = index_of(deployment, tmp_path_factory.mktemp("device"))
    index.follow(now_of(deployment))
    with TestClient(make_app(index, Settings(), clock=lambda: now_of(deployment))) as client:
        yield client


@pytest.fixture(scope="module")
def early(deployment: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Serve a verifier that knows a trust list, and has cut no checkpoint yet."""
    folder = tmp_path_factory.mktemp("early")
    (folder / "trust.json").write_bytes(trust_list_of(deployment, now=now_of(deployment)))
    settings = settings_of(deployment, folder, poll_s=60, trust_list=str(folder / "trust.json"))
    verifier = verifier_of(deployment, folder)
    trust = open_trust_file(settings, now_of(deployment))
    app = make_app(
        verifier.index, settings, clock=lambda: now_of(deployment), evidence_files=verifier.files, trust=trust
    )
    with TestClient(app) as client:
        yield client


def kept(client: TestClient) -> dict[str, Any]:
    """Return what the service worker is told to keep."""
    first, _, _ = client.get("/sw.js").text.partition(";\n")
    told: dict[str, Any] = json.loads(first.removeprefix("globalThis.keep="))
    return told


def test_the_service_worker_is_asked_for_anew_and_rules_the_whole_site(client: TestClient) -> None:
    answer = client.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/sw.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_it_keeps_the_page_s_own_files_as_they_are_and_nothing_about_certificates(client: TestClient) -> None:
    told = kept(client)
    assert set(told["taken"]) == {"/static/zxing_reader.wasm"}
    for address, digest in (told["files"] | told["taken"]).items():
        assert sha256(client.get(address).content).hexdigest() == digest
        assert address.startswith(("/static/", "/locales/"))
    for page in told["pages"]:
        assert client.get(page).status_code == 200


def test_a_page_that_is_kept_is_the_same_for_everybody(client: TestClient) -> None:
    for page in kept(client)["pages"]:
        assert client.get(page).content == client.get(page, headers={"Accept-Language": "en"}).content


def test_each_page_that_is_kept_names_the_version_that_keeps_it(client: TestClient) -> None:
    told = kept(client)
    for page in told["pages"]:
        assert f'<meta name="yinxin-version" content="{told["version"]}">' in client.get(page).text


def test_pages_that_lead_elsewhere_are_another_version(
    client: TestClient, deployment: Deployed, tmp_path: Path
) -> None:
    settings = Settings(audit_access="off")
    app = make_app(index_of(deployment, tmp_path), settings, clock=lambda: now_of(deployment))
    with TestClient(app) as closed:
        told = kept(closed)
        assert told["version"] != kept(client)["version"]
        assert told["version"] in closed.get("/").text
        assert 'href="/audit' in client.get("/").text
        assert 'href="/audit' not in closed.get("/").text


def test_more_pages_to_keep_are_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept_page.version(leads_to_audit=True)
    monkeypatch.setattr(kept_page, "_PAGES", ("/?lang=en",))
    assert kept_page.version.__wrapped__(leads_to_audit=True) != before


def test_the_manifest_speaks_both_languages(client: TestClient) -> None:
    chinese, english = (client.get("/manifest.webmanifest", params={"lang": lang}).json() for lang in ("zh-CN", "en"))
    assert chinese["name"] != english["name"]
    assert chinese["id"] == english["id"]
    for icon in chinese["icons"]:
        assert client.get(icon["src"]).headers["content-type"] == icon["type"]
    assert {icon["purpose"] for icon in chinese["icons"]} == {"any", "maskable"}


def test_sentences_come_in_both_languages_alone(client: TestClient) -> None:
    chinese, english = (client.get(f"/locales/{lang}.json").json() for lang in ("zh-CN", "en"))
    assert set(chinese) == set(english)
    assert client.get("/locales/fr.json").status_code == 422


def test_without_a_trust_list_there_is_no_file_to_save(client: TestClient) -> None:
    assert "there is no trust list here" in problem_of(client.get(standalone.PATH), 404)
    page = client.get(standalone.PATH, headers={**PAGES, "Accept-Language": "en"})
    assert (page.status_code, page.headers["content-language"]) == (404, "en")
    assert "needs a trust list, and none is published here" in page.text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-CN", ("离线核验文件尚不能下载", "首个检查点生成后即可下载")),
        ("en", ("cannot be saved yet", "as soon as there is a first checkpoint")),
    ],
)
def test_before_the_first_checkpoint_people_are_told_when_there_is_a_file_to_save(
    early: TestClient, language: str, said: tuple[str, ...]
) -> None:
    for asked in ({"params": {"lang": language}}, {"headers": {"Accept-Language": language}}):
        page = early.get(standalone.PATH, params=asked.get("params"), headers={**PAGES, **asked.get("headers", {})})
        assert (page.status_code, page.headers["content-language"]) == (404, language)
        assert all(each in page.text for each in said)
    assert "no checkpoint here yet" in problem_of(early.get(standalone.PATH), 404)


def test_while_the_index_is_read_again_the_file_is_to_be_had_later(
    early: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind(*_: object) -> None:
        raise IndexBehind("the index is being read again")

    monkeypatch.setattr(EvidenceFiles, "find", behind)
    answer = early.get(standalone.PATH)
    assert "being read again" in problem_of(answer, 503)
    page = early.get(standalone.PATH, headers={**PAGES, "Accept-Language": "en"})
    assert page.status_code == 503
    assert "This cannot be had just now" in page.text
    assert page.headers["retry-after"] == answer.headers["retry-after"]
