"""The auditor's record pages: whatever is held leads to its record, and every record says all that the chain has."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sqlite3
from base64 import b64encode
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import pytest
from anyio import run, sleep_forever
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove

from chain.errors import InvalidInput
from chain.short_number import short_number
from chain.validity import Validity
from tests.deployed import signer
from tests.verifier.book import CLAIMS, TYPE
from tests.verifier.printed import print_document
from verifier.app import make_app
from verifier.audit import acts, searching
from verifier.audit.exporting import ExportForm
from verifier.audit.paging import Cursors
from verifier.routes.audit import exports
from verifier.settings import Settings
from verifier.wording import Language, keys, sentence

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, MutableMapping
    from pathlib import Path

    from tests.audit.world import World
    from verifier.indexing.index import Index
    from verifier.register import Tables


def served(world: World, index: Index, folder: Path, **settings: str) -> TestClient:
    app = make_app(index, world.settings(folder, **settings), clock=lambda: world.now)
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(world: World, index: Index, folder: Path) -> Iterator[TestClient]:
    with served(world, index, folder, log_level="error") as client:
        yield client


def application(client: TestClient) -> FastAPI:
    """Return what answers a client."""
    assert isinstance(client.app, FastAPI)
    return client.app


def page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == status, answer.text[:2000]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    return answer.text


def led(client: TestClient, handle: str) -> str:
    """Return where a handle leads, straight away."""
    answer = client.get("/audit/search", params={"q": handle, "lang": "en"}, follow_redirects=False)
    assert answer.status_code == 303, answer.text[-1500:]
    return answer.headers["location"].removesuffix("?lang=en")


class TestSearch:
    def test_every_handle_leads_straight_to_its_record(self, client: TestClient, world: World) -> None:
        batch, paper = world.batches[0], world.papers[0]
        leaf, root = f"/audit/certificates/0x{paper.leaf.hex()}", f"0x{batch.root.hex()}"
        office = world.offices[2]
        for handle in (
            f"0x{paper.leaf.hex()}",
            paper.leaf.hex().upper(),
            short_number(paper.leaf),
            short_number(paper.leaf).lower().replace("-", " "),
        ):
            assert led(client, handle) == leaf
        for private in (paper.sd_jwt, paper.code()):
            answer = client.post("/audit/search?lang=en", files={"q": (None, private)}, follow_redirects=False)
            assert answer.headers["location"] == f"{leaf}?lang=en"
        assert led(client, root) == f"/audit/batches/{batch.office.agency}/{root}"
        assert led(client, batch.transaction_hash.hex()) == f"/audit/transactions/0x{batch.transaction_hash.hex()}"
        officer = f"0x{office.preparer.address.hex()}"
        assert led(client, officer) == f"/audit/addresses/{officer}"
        assert led(client, office.code) == f"/audit/agencies/{office.agency}"
        assert led(client, f"0x{office.public_key.kid.hex()}") == f"/audit/agencies/{office.agency}"
        assert led(client, "2026-01-07") == "/audit/events?first=2026-01-07&last=2026-01-07&lang=en"
        assert led(client, "2026年2月1日 至 2026/1/5") == "/audit/events?first=2026-01-05&last=2026-02-01&lang=en"

    def test_a_former_name_finds_the_agency_as_it_is_called_now(self, client: TestClient, world: World) -> None:
        assert led(client, "演示二县") == f"/audit/agencies/{world.second_county.agency}"

    def test_a_block_hash_leads_to_its_block(self, client: TestClient, world: World) -> None:
        number = world.blocks["key_cut_off"]
        text = page(client, f"/audit/blocks/{number}")
        found = re.search(r'<dt>Hash</dt><dd><bdi class="hex">(0x[0-9a-f]{64})', text)
        assert found is not None
        assert led(client, found[1]) == f"/audit/blocks/{number}"

    def test_several_meanings_are_all_listed(self, client: TestClient, world: World) -> None:
        text = page(client, f"/audit/search?q={world.offices[2].agency}&lang=en")
        assert "may be:" in text
        assert all(f">{kind}</span>" in text for kind in ("Block", "Agency", "Type"))

    def test_what_leads_nowhere_is_told_with_what_would(self, client: TestClient) -> None:
        text = page(client, "/audit/search?q=<nothing>&lang=en", 404)
        assert "“&lt;nothing&gt;” leads to no record" in text
        assert "40 hexadecimal digits" in text

    def test_a_certificate_comes_into_no_address(self, client: TestClient, world: World) -> None:
        paper = world.papers[1]
        answer = client.post("/audit/search?lang=en", files={"q": (None, paper.sd_jwt)}, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/audit/certificates/0x{paper.leaf.hex()}?lang=en"
        unknown = client.post("/audit/search?lang=en", files={"q": (None, paper.sd_jwt[:-9])}, follow_redirects=False)
        assert unknown.status_code == 404
        assert paper.sd_jwt[:40] not in unknown.text

    def test_a_certificate_in_an_address_is_refused_and_not_repeated(self, client: TestClient, world: World) -> None:
        for private in (world.papers[1].sd_jwt, world.papers[1].sd_jwt[:-9], world.papers[1].code()):
            answer = client.get("/audit/search", params={"q": private, "lang": "en"}, follow_redirects=False)
            assert answer.status_code == 400
            assert "do not belong in an address" in answer.text
            assert private[:40] not in answer.text
            assert "/audit/search?lang=zh-CN" in answer.text
        too_long = client.get("/audit/search", params={"q": f"{world.papers[1].sd_jwt:~<9000}", "lang": "en"})
        assert too_long.status_code == 422
        assert world.papers[1].sd_jwt[:40] not in too_long.text

    def test_what_is_too_long_is_not_even_looked_at(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(searching, "search")
        answer = client.post("/audit/search?lang=en", files={"q": (None, "x" * 8_001)})
        assert answer.status_code == 422
        assert "8001 characters" in answer.text

    def test_a_search_waits_for_its_place_among_the_readers(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen = []
        search = searching.search

        def noted(tables: Tables, handle: str) -> searching.Found:
            readers = application(client).state.desk.readers
            seen.append(readers.borrowed_tokens)
            return search(tables, handle)

        monkeypatch.setattr(searching, "search", noted)
        client.post("/audit/search?lang=en", files={"q": (None, "nothing such")})
        assert seen == [1]

    def test_what_no_text_has_is_refused_in_an_address_too(self, client: TestClient) -> None:
        assert "wanted text" in page(client, "/audit/search?q=a%00b&lang=en", 422)

    def test_a_language_that_nothing_is_said_in_is_passed_over_on_pages_and_told_to_programs(
        self, client: TestClient
    ) -> None:
        for path in ("/audit/events", "/", "/watch"):
            for wish, language in (("en", "en"), ("zh", "zh-CN")):
                shown = client.get(path, params={"lang": "xx"}, headers={"Accept-Language": wish})
                assert (shown.status_code, shown.headers["content-language"]) == (200, language)
        for path in ("/audit/events?format=csv&lang=xx", "/audit/events.json?lang=xx"):
            answer = client.get(path, headers={"Accept-Language": "en"})
            assert answer.status_code == 422
            assert answer.json()["detail"] == "lang: got “xx”, wanted one of zh-CN, en."
            assert client.get(path.replace("xx", "en-GB")).status_code == 200

    def test_a_form_that_is_no_text_is_refused(self, client: TestClient) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n%s\r\n--x--\r\n'
        for charset, typed in (("undefined", b"a"), ("unicode_escape", b"\\ud800"), ("utf-8", b"a\0b")):
            said = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
            answer = client.post("/audit/search?lang=en", content=body % typed, headers=said)
            assert answer.status_code in (400, 415, 422), charset

    def test_a_document_is_read_in_the_sandbox_and_leads_to_its_leaf(self, client: TestClient, world: World) -> None:
        paper = world.papers[2]
        document = (
            "paper.pdf",
            print_document(paper, TYPE, dict(CLAIMS), Validity(date(2026, 1, 1), date(2028, 12, 31))),
        )
        answer = client.post("/audit/search?lang=en", files={"file": document}, follow_redirects=False)
        assert answer.status_code == 303, answer.text[-1500:]
        assert answer.headers["location"] == f"/audit/certificates/0x{paper.leaf.hex()}?lang=en"
        strange = client.post("/audit/search?lang=en", files={"file": ("x.pdf", b"%PDF-1.7 not one")})
        assert strange.status_code == 404
        assert "What checking the file says" in strange.text

    def test_a_word_that_may_mean_several_things_gets_an_address_of_its_own(self, client: TestClient) -> None:
        answer = client.post("/audit/search?lang=en", files={"q": (None, "演示")}, follow_redirects=False)
        assert answer.headers["location"].startswith("/audit/search?q=%E6%BC%94%E7%A4%BA")


class TestCertificates:
    def test_a_timeline_has_every_event_with_its_place_people_and_times(self, client: TestClient, world: World) -> None:
        leaf, batch, office = world.statuses["revoked"], world.batches[0], world.offices[2]
        text = page(client, f"/audit/certificates/{leaf.hex()}?lang=en")
        assert text.index("Batch anchored</span>") < text.index("Status changed</span>")
        assert f"/audit/transactions/0x{batch.transaction_hash.hex()}" in text
        assert f"/audit/blocks/{world.blocks['revoked']}?" in text
        for person in (office.preparer, office.approver):
            assert f"/audit/addresses/0x{person.address.hex()}" in text
        assert "In effect:" in text
        assert '<time datetime="2026-01-' in text
        assert "+08:00" in text
        assert "“Revoked” was recorded" in text

    @pytest.mark.parametrize(
        ("what", "verdict"),
        [("revoked", "REVOKED"), ("suspended", "SUSPENDED"), ("found_again", "INCOMPLETE"), ("replaced", "REPLACED")],
    )
    def test_the_verdict_is_what_the_procedure_gives_from_the_leaf_alone(
        self, client: TestClient, world: World, what: str, verdict: str
    ) -> None:
        text = page(client, f"/audit/certificates/{world.statuses[what].hex()}?lang=en")
        assert f'data-verdict="{verdict}"' in text

    @pytest.mark.parametrize("which", ["replaced", "replacing"])
    def test_the_line_of_replacements_is_shown_from_either_end(
        self, client: TestClient, world: World, which: str
    ) -> None:
        text = page(client, f"/audit/certificates/{world.statuses[which].hex()}?lang=en")
        line = text[text.index('class="lineage"') : text.index('id="timeline"')]
        old, new = (short_number(world.statuses[each]) for each in ("replaced", "replacing"))
        assert line.index(old) < line.index(new)
        assert text.count("Batch anchored</span>") == 2
        assert text.count("Certificate replaced</span>") == 1

    def test_a_leaf_that_nobody_knows_is_told_not_invented(self, client: TestClient) -> None:
        assert "knows nothing of the leaf" in page(client, f"/audit/certificates/{'ab' * 32}?lang=en", 404)
        assert "is not 64 hexadecimal digits" in page(client, "/audit/certificates/abc?lang=en", 404)


class TestRecords:
    def test_all_leaves_of_a_batch_are_reached_page_by_page(self, client: TestClient, world: World) -> None:
        batch = world.batches[4]
        address = f"/audit/batches/{batch.office.agency}/0x{batch.root.hex()}"
        rows = client.get(address, params={"format": "json"}).json()["rows"]
        assert [row["leaf"] for row in rows] == [f"0x{leaf.hex()}" for leaf in batch.batch.leaves]
        by_leaf = {row["leaf"]: row for row in rows}
        assert by_leaf[f"0x{world.statuses['rescinded'].hex()}"]["in_force"] == ["RESCINDED"]
        assert by_leaf[f"0x{world.statuses['found_again'].hex()}"]["in_force"] == []
        assert by_leaf[f"0x{world.statuses['found_again'].hex()}"]["entries"] == 2
        text = page(client, address + "?lang=en")
        assert all(f"0x{leaf.hex()}" in text for leaf in batch.batch.leaves)

    def test_a_transaction_says_who_sent_it_and_what_it_wrote(self, client: TestClient, world: World) -> None:
        text = page(client, f"/audit/transactions/0x{world.batches[0].transaction_hash.hex()}?lang=en")
        assert f"/audit/addresses/0x{world.deployed.sender.address.hex()}" in text
        assert text.count("Batch anchored</span>") == 1

    def test_blocks_lead_on_to_the_next_with_events(self, client: TestClient, world: World) -> None:
        seen, number = [], world.blocks["registered"]
        while True:
            seen.append(number)
            found = re.search(r'rel="next" href="/audit/blocks/([0-9]+)', page(client, f"/audit/blocks/{number}"))
            if found is None or len(seen) > 12:
                break
            number = int(found[1])
        assert seen == sorted(set(seen))
        assert len(seen) > 12
        assert "read up to block" in page(client, "/audit/blocks/999999?lang=en", 404)

    def test_an_officers_address_shows_every_span_in_which_it_could_act(self, client: TestClient, world: World) -> None:
        officer = world.offices[2].preparer.address.hex()
        text = page(client, f"/audit/addresses/0x{officer}?lang=en")
        office = world.offices[2]
        assert f"<bdi>{office.name} (#{office.agency})</bdi></a>" in text
        chinese = page(client, f"/audit/addresses/{officer}?lang=zh-CN")
        assert f"<bdi>{office.name}（#{office.agency}）</bdi></a>" in chinese
        assert "knows nothing of the address" in page(client, f"/audit/addresses/{'ab' * 20}?lang=en", 404)

    def test_of_very_many_spans_the_newest_are_shown_and_the_page_says_so(
        self, client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address = f"/audit/addresses/{signer('a clerk for a while').address.hex()}?lang=en"
        added, moved = (
            f'<td><a href="/audit/blocks/{world.blocks[what]}?' for what in ("officer_added", "officer_moved")
        )
        said = "There are more than are shown here"
        whole = page(client, address)
        assert (added in whole, moved in whole, said in whole) == (True, True, False)
        monkeypatch.setattr(acts, "MOST_ROLES", 1)
        cut = page(client, address)
        assert (moved in cut, said in cut) == (True, True)
        assert cut.count("<tr><td>") == 1


class TestActs:
    """What somebody signed, sent or became."""

    @staticmethod
    def rows(client: TestClient, address: bytes, **query: str) -> list[dict[str, object]]:
        told = client.get(f"/audit/addresses/0x{address.hex()}", params={"format": "json", **query}).json()
        assert told["count"] == len(told["rows"])
        rows: list[dict[str, object]] = told["rows"]
        return rows

    @staticmethod
    def addresses(event: dict[str, object]) -> set[object]:
        found: set[object] = {event["sender"]}
        for name, value in json.loads(str(event["arguments"])).items():
            if name in {"preparer", "proposer", "executor", "officer", "member"}:
                found.add(value)
            elif name in {"approvers", "officers", "consenters"}:
                found.update(value)
        return found

    def test_everything_that_somebody_had_a_part_in_is_listed_and_nothing_else(
        self, client: TestClient, world: World
    ) -> None:
        everything = events(client)
        office = world.offices[2]
        # A replacement was signed with the batch in the same transaction, and names nobody.
        batches = {each["transaction"]: self.addresses(each) for each in everything if each["event"] == "BatchAnchored"}
        had_a_part = {
            (each["block"], each["log_index"]): self.addresses(each)
            | (batches[each["transaction"]] if each["event"] == "CertificateReplaced" else set())
            for each in everything
        }
        people = (office.preparer, *office.managers, world.deployed.sender, signer("a clerk for a while"))
        for person in people:
            name = f"0x{person.address.hex()}"
            wanted = [place for place, those in had_a_part.items() if name in those]
            assert wanted
            assert [(each["block"], each["log_index"]) for each in self.rows(client, person.address)] == wanted

    def test_the_parts_that_somebody_had_are_told_and_asked_for(self, client: TestClient, world: World) -> None:
        clerk = signer("a clerk for a while").address
        told = {(row["event"], *row["parts"]) for row in self.rows(client, clerk)}  # type: ignore[misc]  # (JSON)
        assert told == {("OfficerSet", "named"), ("BatchAnchored", "signed")}
        assert [row["event"] for row in self.rows(client, clerk, part="named")] == ["OfficerSet"] * 3
        assert [row["event"] for row in self.rows(client, clerk, part="signed")] == ["BatchAnchored"]
        assert self.rows(client, clerk, part="sent") == []
        sender = world.deployed.sender.address
        assert len(self.rows(client, sender, part="sent")) > 100
        text = page(client, f"/audit/addresses/{clerk.hex()}?part=sent&lang=en")
        assert "There is nothing of the kind." in text
        page(client, f"/audit/addresses/{clerk.hex()}?part=paid&lang=en", 422)

    def test_long_lists_go_on_where_the_page_before_ended(self, client: TestClient, world: World) -> None:
        sender = world.deployed.sender.address
        address: str | None = f"/audit/addresses/0x{sender.hex()}?lang=en"
        seen: list[str] = []
        while address is not None:
            text = page(client, address)
            seen += re.findall(r", Block ([0-9]+), ([0-9]+)</span>", text)
            following = re.search(r'rel="next" href="([^"]+)', text)
            address = None if following is None else following[1].replace("&amp;", "&")
        assert len(seen) == len(set(seen)) == len(self.rows(client, sender))
        page(client, f"/audit/addresses/0x{sender.hex()}?cursor=abc&lang=en", 422)


class TestNames:
    def test_an_agency_is_called_what_it_was_called_when_the_batch_was_anchored(
        self, client: TestClient, world: World
    ) -> None:
        renamed = world.offices[5]
        early = next(each for each in world.batches if each.office.agency == renamed.agency)
        late = [each for each in world.batches if each.office.agency == renamed.agency][-1]
        for batch, name in ((early, renamed.name), (late, f"{renamed.name}（更名）")):
            text = page(client, f"/audit/batches/{renamed.agency}/{batch.root.hex()}?lang=en")
            assert f"{name} (#{renamed.agency}), batch" in text
            leaf = batch.batch.leaves[0].hex()
            assert f"{name} (#{renamed.agency}), batch" in page(client, f"/audit/certificates/{leaf}?lang=en")

    def test_what_the_search_finds_of_an_agency_bears_its_name(self, client: TestClient, world: World) -> None:
        kid = world.offices[2].public_key.kid.hex()
        led(client, kid)
        text = page(client, f"/audit/search?q={world.offices[2].agency}&lang=en")
        assert world.offices[2].name in text

    def test_what_is_listed_about_an_agency_leads_to_it_by_its_name(self, client: TestClient, world: World) -> None:
        text = page(client, "/audit/anomalies?agency=3&lang=en")
        assert f">{world.offices[2].name} (#3)</a>" in text


def events(client: TestClient, **query: str | int) -> list[dict[str, object]]:
    told = client.get("/audit/events", params={"format": "json", "lang": "en", **query}).json()
    assert told["count"] == len(told["rows"])
    rows: list[dict[str, object]] = told["rows"]
    return rows


class TestFeed:
    def test_its_pages_are_the_whole_list_newest_first(self, client: TestClient) -> None:
        whole = [(row["block"], row["log_index"]) for row in events(client)]
        assert whole == sorted(whole, reverse=True)
        shown: list[int] = []
        address: str | None = "/audit/events?lang=en"
        while address:
            text = page(client, address)
            shown += [int(each) for each in re.findall(r'<span>Block <a href="/audit/blocks/([0-9]+)', text)]
            found = re.search(r'rel="next" href="([^"]+)"', text)
            address = found[1].replace("&amp;", "&") if found else None
        assert shown == [block for block, _ in whole]

    def test_its_filters_leave_exactly_what_they_name(self, client: TestClient, world: World) -> None:
        whole, county = events(client), world.offices[2].agency
        assert events(client, agency=county) == [row for row in whole if row["agency"] == county]
        assert events(client, kind="BatchAnchored", type="") == [
            row for row in whole if row["event"] == "BatchAnchored"
        ]
        statuses = [row for row in whole if row["event"] in ("StatusChanged", "CertificateReplaced")]
        assert events(client, kind="statuses", agency=county) == statuses
        first_of_february = [row for row in whole if str(row["recorded_shanghai"])[:7] == "2026-02"]
        assert first_of_february
        assert events(client, first="2026-02-01", last="2026-02-28") == first_of_february
        revoked = f"0x{world.statuses['revoked'].hex()}"
        of_type = events(client, type=3, agency=county)
        assert revoked in [row["leaf"] for row in of_type]

    def test_it_is_loaded_again_only_where_that_is_wanted_and_can_be_stopped(self, client: TestClient) -> None:
        assert "refresh" not in client.get("/audit/events").headers
        live = client.get("/audit/events?live=1&agency=3&lang=en")
        assert live.headers["refresh"] == "5"
        assert 'href="/audit/events?agency=3&amp;lang=en">Stop' in live.text

    def test_what_is_asked_wrongly_is_told(self, client: TestClient) -> None:
        assert "wanted one of anchors" in page(client, "/audit/events?kind=weddings&lang=en", 422)
        assert "begin at its first page" in page(client, "/audit/events?cursor=abc&lang=en", 422)
        assert "the earlier day first" in page(client, "/audit/events?first=2026-02-02&last=2026-02-01&lang=en", 422)
        page(client, "/audit/events?first=yesterday&lang=en", 422)
        for strange in ("%00", "a%00b", "x" * 41, "bärtig"):
            assert "wanted one of" not in page(client, f"/audit/events?kind={strange}&lang=en", 422)
        problem = client.get("/audit/events?kind=weddings&format=json")
        assert (problem.status_code, problem.headers["content-type"]) == (422, "application/problem+json")


class TestExports:
    def test_csv_says_the_same_as_json_and_where_it_ends(self, client: TestClient) -> None:
        answer = client.get("/audit/events.csv?kind=statuses&lang=en")
        assert answer.headers["content-disposition"] == 'attachment; filename="events.csv"'
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        header = next(place for place, line in enumerate(lines) if line[0] == "block")
        rows = [dict(zip(lines[header], line, strict=True)) for line in lines[header + 1 : -1]]
        told = events(client, kind="statuses")
        assert lines[-1] == ["# end", str(len(told))]
        assert [row["leaf"] for row in rows] == [row["leaf"] for row in told]
        assert ["# block", lines[[line[0] for line in lines].index("# block")][1]] in lines
        assert all(row["recorded_utc"].endswith("Z") and "+08:00" in row["recorded_shanghai"] for row in rows)

    def test_nothing_in_a_table_is_a_formula(self) -> None:
        from verifier.audit.exporting import ExportForm, Listing, columns  # noqa: PLC0415 (only here)

        rows = [("=1+1", 7, b"\1", None), ("＠x", -7, b"", None)]
        text = b"".join(Listing("x", columns("a", "b", "c", "d"), rows).written(ExportForm.CSV)).decode("utf-8-sig")
        assert text.splitlines() == ["a,b,c,d", "'=1+1,7,0x01,", "'＠x,-7,0x,", "# end,2"]

    def test_every_list_has_its_file(self, client: TestClient, world: World) -> None:
        batch = world.batches[0]
        for address in (
            f"/audit/certificates/0x{world.statuses['replaced'].hex()}",
            f"/audit/batches/{batch.office.agency}/0x{batch.root.hex()}",
            f"/audit/transactions/0x{batch.transaction_hash.hex()}",
            f"/audit/blocks/{batch.block_number}",
            f"/audit/addresses/0x{world.deployed.sender.address.hex()}",
        ):
            told = client.get(f"{address}.json").json()
            assert told["count"] == len(told["rows"]) > 0
            assert told["about"]["block"] == world.last_block
            assert client.get(f"{address}.csv").text.rstrip().endswith(f"# end,{told['count']}")


class TestFewExports:
    def test_a_client_gets_few_at_once_and_each_is_counted_until_it_is_read(
        self, client: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(exports.MOST_EACH + 1):
            assert client.get("/audit/events.csv").status_code == 200
        counted: exports.Exports = application(client).state.exports
        for _ in range(exports.MOST_EACH):
            counted.begin("testclient")
        for address in ("/audit/events.csv", "/audit/agencies.csv", "/audit/anomalies.json"):
            refused = client.get(address)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
        monkeypatch.setattr(exports, "MOST", exports.MOST_EACH)
        counted.end("testclient")
        counted.begin("192.0.2.1")
        assert client.get("/audit/events.csv").status_code == 503
        counted.end("testclient")
        counted.end("192.0.2.1")
        assert client.get("/audit/events.csv").status_code == 200

    def test_one_that_nobody_reads_on_is_cut_off_and_lets_go_of_its_view(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "WHOLE_S", 0.05)
        told: list[str] = []

        def parts() -> Generator[bytes]:
            try:
                while True:
                    yield b"row\n"
            finally:
                told.append("closed")

        sent: list[MutableMapping[str, object]] = []

        async def send(message: MutableMapping[str, object]) -> None:
            sent.append(message)
            if message.get("body"):
                await sleep_forever()

        async def receive() -> MutableMapping[str, object]:
            await sleep_forever()
            raise AssertionError

        async def read() -> None:
            file = exports.Attached(parts(), "rows", ExportForm.CSV, end=lambda: told.append("counted"))
            scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
            await file(scope, receive, send)

        run(read)
        assert told == ["closed", "counted"]
        assert sent[-1] == {"type": "http.response.body", "body": b"row\n", "more_body": True}

    def test_one_whose_view_does_not_close_lets_go_of_its_place(self) -> None:
        told: list[str] = []

        def parts() -> Generator[bytes]:
            try:
                yield b"row\n"
                yield b"row\n"
            finally:
                raise OSError("the disk is gone")

        async def send(message: MutableMapping[str, object]) -> None:
            if message.get("body"):
                raise ConnectionResetError

        async def receive() -> MutableMapping[str, object]:
            await sleep_forever()
            raise AssertionError

        async def read() -> None:
            file = exports.Attached(parts(), "rows", ExportForm.CSV, end=lambda: told.append("counted"))
            await file({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)

        with pytest.raises(OSError, match="the disk is gone"):
            run(read)
        assert told == ["counted"]


class TestReaders:
    @pytest.mark.parametrize(("access", "is_led"), [("open", True), ("password", False), ("off", False)])
    def test_the_public_page_leads_there_where_anybody_may_read(
        self, world: World, index: Index, folder: Path, tmp_path: Path, access: str, *, is_led: bool
    ) -> None:
        file = tmp_path / "password"
        file.write_text("correct horse battery\n", encoding="utf-8")
        named = {"audit_password": str(file)} if access == "password" else {}
        with served(world, index, folder, audit_access=access, **named) as client:
            for lang, word in (("en", "For auditors"), ("zh-CN", "审计查询")):
                text = client.get(f"/?lang={lang}").text
                assert (f'href="/audit?lang={lang}"' in text) is is_led
                assert (word in text) is is_led

    def test_guesses_at_the_password_are_counted(
        self, world: World, index: Index, folder: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "password"
        file.write_text("correct horse battery\n", encoding="utf-8")
        right, wrong = (
            {"Authorization": f"Basic {b64encode(b'auditor:' + each).decode()}"}
            for each in (b"correct horse battery", b"wrong")
        )
        limited = served(world, index, folder, audit_access="password", audit_password=str(file), limit_misses="3")
        with limited as client:
            for _ in range(5):
                assert client.get("/audit/events").status_code == 401
            assert client.get("/audit/events", headers=right).status_code == 200
            for _ in range(3):
                assert client.get("/audit/events", headers=wrong).status_code == 401
            for each in (wrong, right):
                answer = client.get("/audit/events?lang=en", headers=each)
                assert answer.status_code == 429
                assert int(answer.headers["retry-after"]) > 60
                assert "Too many wrong passwords" in answer.text
                assert "Batch anchored" not in answer.text
                assert "/audit/agencies" not in answer.text

    def test_an_operator_may_ask_for_a_password(self, world: World, index: Index, folder: Path, tmp_path: Path) -> None:
        file = tmp_path / "password"
        file.write_text("correct horse battery\n", encoding="utf-8")
        with served(world, index, folder, audit_access="password", audit_password=str(file)) as client:
            refused = client.get("/audit/events?lang=en")
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Basic ")
            assert "Batch anchored" not in refused.text
            assert client.get("/audit/events?format=json").status_code == 401
            right = b64encode(b"auditor:correct horse battery").decode()
            assert client.get("/audit/events", headers={"Authorization": f"Basic {right}"}).status_code == 200
            for wrong in (b64encode(b"auditor:wrong"), "§".encode(), b"!!"):
                answer = client.get("/audit", headers={b"Authorization": b"Basic " + wrong})
                assert answer.status_code == 401

    def test_an_operator_may_offer_none_of_it(self, world: World, index: Index, folder: Path) -> None:
        with served(world, index, folder, audit_access="off") as client:
            assert client.get("/audit").status_code == 404
            assert client.get("/audit/events.json").status_code == 404

    def test_a_password_that_is_missing_or_short_stops_the_start(
        self, world: World, index: Index, folder: Path, tmp_path: Path
    ) -> None:
        short = tmp_path / "short"
        short.write_text("secret", encoding="utf-8")
        for named in ("", str(tmp_path / "none"), str(short)):
            with pytest.raises(InvalidInput, match="AUDIT_PASSWORD"):
                make_app(index, world.settings(folder, audit_access="password", audit_password=named))

    def test_settings_refuse_any_other_word(self) -> None:
        with pytest.raises(ValueError, match="audit_access"):
            Settings(audit_access="everybody")


def test_a_cursor_fits_only_the_list_that_gave_it() -> None:
    cursors = Cursors("events/1")
    cursor = cursors.write([5, "a"])
    assert cursors.read(cursor, kinds=(int, str)) == (5, "a")
    assert cursors.read(None, kinds=(int,)) is None
    for wrong, kinds in ((cursor, (int, int)), (cursor[:-1], (int, str)), ("é", (int, str))):
        with pytest.raises(InvalidInput, match="cursor"):
            cursors.read(wrong, kinds=kinds)
    for strange in ("a\0b", "\ud800", "é"):
        with pytest.raises(InvalidInput, match="cursor"):
            cursors.read(cursors.write([5, strange]), kinds=(int, str))
    with pytest.raises(InvalidInput, match="cursor"):
        Cursors("events/2").read(cursor, kinds=(int, str))


LARGE = {"batches", "blocks", "events", "leaves", "parties", "statuses", "transactions"}
"""The tables that grow with the number of certificates."""


def test_no_page_reads_through_a_large_table(client: TestClient, world: World, folder: Path) -> None:
    batch, leaf = world.batches[4], world.statuses["replaced"].hex()
    officer, sender = world.offices[2].preparer.address.hex(), world.deployed.sender.address.hex()
    asked: dict[str, tuple[object, ...]] = {}

    def note(_connection: object, _cursor: object, sql: str, values: tuple[object, ...], *_: object) -> None:
        if sql.startswith("SELECT"):
            asked[sql] = values

    listen(Engine, "before_cursor_execute", note)
    try:
        for address in (
            "/audit",
            "/audit/events",
            "/audit/events?agency=3",
            "/audit/events?type=2&kind=statuses",
            "/audit/events?agency=3&type=2&first=2026-01-20&last=2026-02-20",
            f"/audit/events?cursor={Cursors('events/None/None/None/None/None').write([9 << 20])}",
            f"/audit/certificates/{leaf}",
            f"/audit/batches/{batch.office.agency}/{batch.root.hex()}",
            f"/audit/transactions/{batch.transaction_hash.hex()}",
            f"/audit/blocks/{batch.block_number}",
            f"/audit/addresses/{sender}",
            f"/audit/addresses/{officer}?part=signed",
            *(f"/audit/search?q={handle}" for handle in (leaf, batch.root.hex(), officer, sender, "3", "2026-01-20")),
            f"/audit/search?q={short_number(world.papers[0].leaf)}",
        ):
            assert client.get(address).status_code == 200, address
    finally:
        remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        for sql, values in asked.items():
            assert "count(" not in sql.lower()
            plan = [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            for step in plan:
                words = step.split()
                is_walk = "LIMIT" in sql and "USING" in words and not any("TEMP B-TREE" in each for each in plan)
                assert words[0] != "SCAN" or words[1] not in LARGE or is_walk, f"{sql}: {plan}"


WRONG = {
    "/audit/events?agency=abc": "有效的数字",
    "/audit/events?kind=nope": "应为以下之一",
    "/audit/events?first=x": "应为日期",
    "/audit/events?cursor=zz": "请从第一页开始",
    "/audit/events?live=x": "应为 true 或 false",
    "/audit/events?kind=-": "不能这样填写",
    "/audit/events?first=1769904000": "应为日期",
    "/audit/events?first=20260101": "应为日期",
    "/audit/events?agency=99": "填写的机关编号为 99",
    "/audit/events?type=99": "填写的证照类型为 99",
    "/audit/events?agencey=3": "agencey：本页没有这个参数，只有：lang, agency, kind, type, first, last, live",
    "/audit/events?agencey=3&format=csv": "agencey：本页没有这个参数",
    "/audit/events?agency=3&agency=4": "agency：填写了 2 次，应只填一次",
    "/audit?handle=3": "本页没有这个参数，只有：lang",
    "/audit/registry?cursor=x": "cursor：本页没有这个参数",
    "/audit/agencies?as_of=yesterday": "as_of：填写的是“yesterday”，应为日期",
    "/audit/agencies?as_of=20260131": "应为日期",
    "/audit/council?as_of=2999-01-01": "应为 1970-01-02 至今日（北京时间 2026-06-26）之间的一天",
    "/audit/agencies/3?days=0": "days：填写的是 0，应不小于 1",
    "/audit/agencies/3?days=99999": "days：填写的是 99999，应不大于",
    "/audit/findings?runs=some": "runs：填写的是“some”，应为以下之一：all",
    "/audit/findings?code=nonsense": "code：填写的是 nonsense，应为审计规则",
    "/audit/findings?code=nonsense&format=csv": "code：填写的是 nonsense",
    "/audit/complete?as=csv": "as：填写的是“csv”，应为以下之一：page, zip",
    "/audit/complete?leaf=0x12": "leaf：填写的是“0x12”，应为 64 位十六进制数",
    "/audit/complete?agency=3&first=2026-1-1&last=2026-01-02": "first：填写的是“2026-1-1”，应为日期",
    "/audit/sample?size=5": "应指明对象",
    "/audit/sample?size=five": "size：填写的是“five”，应为有效的数字",
    f"/audit/events?cursor={601 * 'z'}": "最多 600 个",
    "/audit/complete?agency=3&first=2026-11-23&last=2026-11-22": "应先填较早的一天",
    "/audit/complete?agency=0&first=2026-01-01&last=2026-01-02": "应为 1 至",
    "/audit/complete?agency=3": "应只指明一个对象",
    "/audit/sample?agency=3&first=2026-01-01&last=2026-01-02": "样本量",
    "/audit/anomalies?agency=999": "填写的机关编号为 999",
    "/audit/anomalies?agency=999&format=csv": "填写的机关编号为 999",
    "/audit/anomalies?first=2026-02-01&last=2026-01-01": "应先填较早的一天",
    "/audit/anomalies?rule=x": "应为以下之一",
    "/audit/events?format=xml": "应为以下之一：csv, json",
}


@pytest.mark.parametrize(("path", "said"), WRONG.items())
def test_what_was_asked_wrongly_is_told_in_the_readers_language(client: TestClient, path: str, said: str) -> None:
    for lang, words in (("zh-CN", said), ("en", "")):
        answer = client.get(f"{path}&lang={lang}")
        assert answer.status_code == 422
        on_page = html.unescape(answer.text.partition('role="alert">')[2].partition("</div>")[0])
        told = answer.json()["detail"] if "format=" in path else on_page
        assert (words in told, bool(told)) == (True, True)
        assert "audit." not in told
        assert not re.search("Input should|got |wanted ", told) or lang == "en"


def test_a_body_that_is_no_form_and_a_manifest_that_is_none_are_told_in_chinese(client: TestClient) -> None:
    junk = client.post("/audit/manifests?lang=zh-CN", files={"file": ("x.json", b"junk")})
    assert (junk.status_code, "（4 字节）不是机关签名的对账清单" in junk.text) == (422, True)
    for kind in ("text/plain", "multipart/form-data; boundary=x"):
        answer = client.post("/audit/package?lang=zh-CN", content=b"junk", headers={"Content-Type": kind})
        assert "发来的表单无法读取" in answer.text


COUNTED = "batches|certificates|leaves|keys|officers|approvals|votes|agencies|members|validators|rows|statuses|vouchers"


def test_no_english_sentence_says_one_batches() -> None:
    said = {key: sentence(key, Language.ENGLISH) for key in keys(Language.ENGLISH) if key.startswith("audit.")}
    found = {key for key, each in said.items() if re.search(rf"(?<!of ){{\w+}} ({COUNTED})\b", each)}
    # Of a page's fifty and more.
    assert found == {"audit.report.first_rows"}
