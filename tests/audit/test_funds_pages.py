"""The pages and commands about funds and about what is out of the ordinary."""

from __future__ import annotations

import json
from html import unescape
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from chain.certificate import parse, present
from tests.audit.funds import Town
from tests.audit.test_evidence_pages import free_places
from tests.issuer.offices import make_world
from verifier.app import make_app
from verifier.audit import papers as papers_read
from verifier.audit.anomaly_rules import Rule
from verifier.cli import run
from verifier.routes import turns
from verifier.settings import Settings
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.audit.world import World
    from verifier.indexing.index import Index

LANGUAGES = pytest.mark.parametrize("lang", list(Language))
PATH, FUNDS = "/audit/anomalies", "/audit/citations"


@pytest.fixture(scope="module")
def client(world: World, index: Index, folder: Path) -> Iterator[TestClient]:
    with TestClient(make_app(index, world.settings(folder, poll_s=60), clock=lambda: world.now)) as made:
        yield made


@LANGUAGES
def test_the_list_says_what_the_chain_cannot_show(client: TestClient, lang: Language) -> None:
    answer = client.get(PATH, params={"lang": lang})
    assert answer.status_code == 200
    for name in ("approval_times", "numbers", "block_times"):
        assert say(message(f"audit.anomaly.hidden.{name}"), lang) in unescape(answer.text)
    assert "2025, 2026" in answer.text


def test_the_list_is_filtered_and_comes_as_a_file(client: TestClient) -> None:
    whole = client.get(f"{PATH}.json").json()
    assert whole["count"] == len(whole["rows"]) > 0
    some = whole["rows"][0]
    asked = {"agency": some["agency"], "rule": some["rule"], "format": "json"}
    rows = client.get(PATH, params=asked).json()["rows"]
    assert {(row["agency"], row["rule"]) for row in rows} == {(some["agency"], some["rule"])}
    assert client.get(PATH, params={"last": "2025-12-31", "format": "json"}).json()["count"] == 0
    assert client.get(PATH, params={"format": "csv"}).text.splitlines()[-1] == f"# end,{whole['count']}"
    assert client.get(PATH, params={"agency": "", "rule": "", "first": "", "last": "", "lang": "en"}).is_success


@pytest.mark.parametrize(
    "wrong", [{"agency": "x"}, {"agency": "0"}, {"rule": "fraud"}, {"first": "yesterday"}, {"cursor": "abc"}]
)
def test_what_cannot_be_asked_is_said_on_the_page(client: TestClient, wrong: dict[str, str]) -> None:
    assert client.get(PATH, params=wrong).status_code == 422


def test_pages_of_the_list_go_on_where_the_one_before_ended(world: World, index: Index, folder: Path) -> None:
    rules = folder / "every-night.toml"
    rules.write_text("[night]\non = true\nfrom_hour = 0\nuntil_hour = 23\nleast = 1\n", encoding="utf-8")
    settings = world.settings(folder, poll_s=60, audit_anomalies=str(rules))
    with TestClient(make_app(index, settings, clock=lambda: world.now)) as client:
        whole = client.get(PATH, params={"format": "json"}).json()
        assert whole["about"]["not_asked"] == sorted(set(Rule) - {Rule.NIGHT})
        seen, address = 0, f"{PATH}?lang=en"
        while address:
            page = client.get(address).text
            seen += page.count("anomaly_night")
            _, _, rest = page.partition('rel="next" href="')
            address = rest.partition('"')[0].replace("&amp;", "&")
    assert seen == whole["count"] > 0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town")
    return Town(make_world(folder / "office"), folder)


@pytest.fixture(scope="module")
def papers(town: Town) -> list[tuple[str, tuple[str, bytes]]]:
    grant = town.grant(amount="10万元")
    assert grant.leaf is not None
    vouchers = [town.voucher(f"BF-{place}", amount, grant.leaf) for place, amount in enumerate(("9万元", "2万元"), 1)]
    town.graph()
    return [("file", (f"{each.id}.txt", town.sd_jwt(each))) for each in (grant, *vouchers)]


@pytest.fixture(scope="module")
def desk(town: Town, papers: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    assert papers
    settings = Settings(data_dir=tmp_path_factory.mktemp("desk"), poll_s=60, registry=f"0x{'00' * 20}")
    with TestClient(make_app(town.index, settings, clock=town.world.office.now)) as made:
        yield made


@LANGUAGES
def test_documents_are_drawn_as_a_chain_with_the_same_in_tables(
    desk: TestClient, papers: list[tuple[str, tuple[str, bytes]]], lang: Language
) -> None:
    assert 'enctype="multipart/form-data"' in desk.get(FUNDS, params={"lang": lang}).text
    answer = desk.post(FUNDS, params={"lang": lang}, files=papers)
    assert answer.status_code == 200
    assert answer.text.count("<rect") == 3
    assert answer.text.count("<line") == 2
    assert "grant_exceeded" in answer.text
    assert say(message("audit.citation.exceeded"), lang) in answer.text
    assert say(message("audit.citation.only_given"), lang) in answer.text
    assert "style=" not in answer.text


@LANGUAGES
def test_a_grant_is_not_called_kept_while_an_amount_under_it_is_withheld(
    town: Town, desk: TestClient, lang: Language
) -> None:
    grant = town.grant(f"内财专〔2026〕5号{lang}", amount="10万元")
    assert grant.leaf is not None
    shown = town.sd_jwt(town.voucher(f"BF-5{lang}", "2万元", grant.leaf, payment_date="2026-05-05"))
    town.graph()
    less = present(shown.decode(), parse(shown.decode()).claims.keys() - {"amount"}).encode()
    words = {key: f"<strong>{say(message(f'audit.citation.{key}'), lang)}</strong>" for key in ("within", "not_held")}
    for voucher, said, unsaid in ((shown, "within", "not_held"), (less, "not_held", "within")):
        files = [("file", ("grant.txt", town.sd_jwt(grant))), ("file", ("voucher.txt", voucher))]
        answer = unescape(desk.post(FUNDS, params={"lang": lang}, files=files).text)
        assert words[said] in answer
        assert words[unsaid] not in answer


def test_the_result_comes_as_a_file(desk: TestClient, papers: list[tuple[str, tuple[str, bytes]]]) -> None:
    told = desk.post(FUNDS, params={"format": "json"}, files=papers).json()
    (grant,) = told["grants"]
    assert (told["checked"], grant["paid"], grant["exceeded"]) == (True, "110000.00 CNY", True)
    assert {each["status"] for each in told["certificates"]} == {"IN_FORCE"}
    table = desk.post(FUNDS, params={"format": "csv"}, files=papers).text
    assert table.splitlines()[-1] == "# end,2"


def test_what_was_handed_in_is_counted_until_it_is_read(
    desk: TestClient, papers: list[tuple[str, tuple[str, bytes]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(desk.app, FastAPI)
    coming, read = desk.app.state.desk.coming, papers_read.read
    free: list[int] = []

    def noted(*given: object, **named: object) -> object:
        free.append(free_places(coming))
        return read(*given, **named)  # type: ignore[arg-type]  # (handed on as they are)

    monkeypatch.setattr(papers_read, "read", noted)
    assert desk.post(FUNDS, files=papers).status_code == 200
    assert free == [turns.MOST_COMING_EACH - 1] * len(papers)
    assert free_places(coming) == turns.MOST_COMING_EACH


def test_what_is_no_set_of_documents_is_refused(desk: TestClient) -> None:
    assert desk.post(FUNDS, files=[("file", ("", b""))]).status_code == 422
    many = [("file", (f"{count}.txt", b"x")) for count in range(41)]
    assert desk.post(FUNDS, files=many).status_code == 422
    assert desk.get(f"{FUNDS}/0x{'ab' * 32}").status_code == 200
    assert desk.get(f"{FUNDS}/nonsense").status_code == 404


def test_what_no_longer_holds_is_told_in_the_types_own_words(town: Town, desk: TestClient) -> None:
    grant = town.grant("内财专〔2026〕3号")
    assert grant.leaf is not None
    voucher = town.voucher("BF-31", "1万元", grant.leaf)
    town.end(grant, "rescind", "obtained-by-fraud")
    town.graph()
    answer = desk.post(FUNDS, params={"lang": "zh-CN"}, files={"file": ("voucher.txt", town.sd_jwt(voucher))})
    assert "批复已撤销" in answer.text
    assert "cited_rescinded" in answer.text


def test_short_numbers_are_not_tried_out_here(town: Town, papers: object) -> None:
    assert papers
    grant = town.graph(town.sd_jwt(town.grant("内财专〔2026〕2号"))).nodes.values()
    (number,) = [node.paper.report.subject.short_number for node in grant if node.paper]
    assert number is not None
    (paper,) = town.graph(number.encode()).papers
    assert (paper.report.verdict.value, paper.leaf) == ("UNREADABLE", None)


def test_commands_without_a_register_say_that_nothing_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "RPC_URLS": "http://127.0.0.1:9",
        "REGISTRY": f"0x{'11' * 20}",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'index.db'}",
        "DATA_DIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(f"YINXIN_{name}", value)
    paper = tmp_path / "paper.txt"
    paper.write_text("no certificate", encoding="utf-8")
    assert run(["audit", "anomalies"]) == 3
    assert run(["audit", "funds", str(paper)]) == 3
    assert capsys.readouterr().err.count("NOT RUN") == 2
    assert run(["audit", "funds", str(paper), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["checked"] is False


def test_the_command_lists_what_is_out_of_the_ordinary(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in world.settings(folder).model_dump(exclude_defaults=True).items():
        monkeypatch.setenv(f"YINXIN_{name.upper()}", str(value))
    assert run(["audit", "anomalies", "--json", "--from", "2026-01-01"]) == 0
    assert json.loads(capsys.readouterr().out)["count"] > 0
    assert run(["audit", "anomalies", "--rule", "holiday", "--lang", "zh-CN"]) == 0
    assert say(message("audit.anomaly.hidden"), Language.CHINESE) in capsys.readouterr().out
    assert run(["audit", "anomalies", "--rule", "fraud"]) == 2


def test_a_year_without_its_holidays_is_not_run_on_the_page_and_by_the_command(
    world: World, index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = folder / "no-years.toml"
    rules.write_text("[holiday]\non = true\nweekends = true\nleast = 1\n[holiday.years]\n", encoding="utf-8")
    settings = world.settings(folder, poll_s=60, audit_anomalies=str(rules))
    for name, value in settings.model_dump(exclude_defaults=True).items():
        monkeypatch.setenv(f"YINXIN_{name.upper()}", str(value))
    with TestClient(make_app(index, settings, clock=lambda: world.now)) as client:
        for lang, not_run in ((Language.ENGLISH, "NOT RUN"), (Language.CHINESE, "未核对")):
            page = unescape(client.get(PATH, params={"lang": lang}).text)
            assert say(message("audit.anomaly.holidays_unknown"), lang) in page
            assert "anomaly_holidays_unknown" in page
            assert run(["audit", "anomalies", "--lang", lang]) == 3
            assert not_run in capsys.readouterr().out
    assert run(["audit", "anomalies", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["about"]["holidays_of"], {row["code"] for row in told["rows"]}) == ([], {"anomaly_holidays_unknown"})
