"""The auditor's record pages: whatever is held leads to its record, and every record says all that the chain has."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from base64 import b64encode
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove

from chain.errors import InvalidInput
from chain.short_number import short_number
from chain.validity import Validity
from tests.verifier.book import CLAIMS, TYPE
from tests.verifier.printed import print_document
from verifier.app import make_app
from verifier.audit.paging import Cursors
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.audit.world import World
    from verifier.index import Index


def served(world: World, index: Index, folder: Path, **settings: str) -> TestClient:
    app = make_app(index, world.settings(folder, **settings), clock=lambda: world.now)
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(world: World, index: Index, folder: Path) -> Iterator[TestClient]:
    with served(world, index, folder, log_level="error") as client:
        yield client


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
            paper.sd_jwt,
            paper.code(),
        ):
            assert led(client, handle) == leaf
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
        assert f"<bdi>{world.offices[2].name}</bdi></a>" in text
        sender = world.deployed.sender.address
        rows = client.get(f"/audit/addresses/0x{sender.hex()}?format=json").json()["rows"]
        assert f"0x{world.batches[0].transaction_hash.hex()}" in [row["transaction"] for row in rows]
        assert "knows nothing of the address" in page(client, f"/audit/addresses/{'ab' * 20}?lang=en", 404)


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


class TestReaders:
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
    with pytest.raises(InvalidInput, match="cursor"):
        Cursors("events/2").read(cursor, kinds=(int, str))


LARGE = {"batches", "blocks", "events", "leaves", "statuses", "transactions"}
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
