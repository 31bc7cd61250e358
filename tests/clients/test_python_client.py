"""The Python client against a real verifier over loopback."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from datetime import date
from typing import TYPE_CHECKING

import httpx2
import openpyxl  # type: ignore[import-untyped]
import pytest
import uvicorn
import yinxin_client
from yinxin_client import (
    AnswerNotUnderstood,
    AsyncVerifier,
    BulkState,
    Busy,
    NotReached,
    Problem,
    ReceiptKind,
    TookTooLong,
    Verifier,
)

from chain import code
from chain.events import Track
from tests.verifier.bulk_desk import zipped
from tests.verifier.papers_on_chain import anchor, certificate_of, index_of, set_status
from tests.verifier.test_index import now_of
from verifier.app import make_app
from verifier.check.report import Colour, Outcome, Verdict
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from tests.deployed import Deployed
    from tests.verifier.book import Paper


@pytest.fixture(scope="module")
def papers(deployment: Deployed, anvil: Anvil) -> tuple[Paper, Paper]:
    office = deployment.offices[0]
    good, revoked = (certificate_of(deployment, office, f"client {which}") for which in ("good", "revoked"))
    anchor(deployment, office, good, revoked)
    set_status(deployment, office, revoked.leaf, Track.REVOKED, now_of(deployment))
    anvil.mine()
    return good, revoked


@pytest.fixture(scope="module")
def url(deployment: Deployed, papers: tuple[Paper, Paper], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("client")
    index = index_of(deployment, folder)
    index.follow(now_of(deployment))
    app = make_app(index, Settings(data_dir=folder), clock=lambda: now_of(deployment))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def verifier(url: str) -> Iterator[Verifier]:
    with Verifier(url) as verifier:
        yield verifier


def answering(*answers: httpx2.Response | Exception) -> tuple[Verifier, list[float], list[httpx2.Request]]:
    """Return a client of a service that answers so, one after the other; how long it waits; and what it asks."""
    waited: list[float] = []
    asked: list[httpx2.Request] = []
    left = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        following = left.pop(0)
        if isinstance(following, Exception):
            raise following
        return following

    transport = httpx2.MockTransport(answer)
    return Verifier("http://verify.example.cn", transport=transport, sleep=waited.append), waited, asked


def busy(**headers: str) -> httpx2.Response:
    return httpx2.Response(503, json={"title": "Service Unavailable", "detail": "too many"}, headers=headers)


class TestChecking:
    def test_whatever_is_brought_has_a_report(
        self, verifier: Verifier, papers: tuple[Paper, Paper], tmp_path: Path
    ) -> None:
        good, revoked = papers
        (tmp_path / "a.sd-jwt").write_text(good.sd_jwt)
        for what in (tmp_path / "a.sd-jwt", good.sd_jwt.encode(), good.sd_jwt, good.code()):
            report = verifier.check(what)
            assert report.verdict is yinxin_client.Verdict.VALID
            assert report.number == "（蒙）JZ安许证字〔2026〕000123"
            assert (report.valid_from, report.valid_until) == (date(2026, 1, 1), date(2028, 12, 31))
            assert report.agency is not None
            assert report.test is True
            assert report.checks[0].name == "form"
            assert report.known_at is not None
            assert report.raw["leaf"] == good.leaf.hex()
        short = verifier.check(code.short_number(good.leaf))
        assert short.verdict is yinxin_client.Verdict.INCOMPLETE
        told = verifier.check(revoked.code())
        assert (told.verdict, told.colour) == (yinxin_client.Verdict.REVOKED, yinxin_client.Colour.RED)
        (status,) = told.statuses
        assert (status.track, status.in_force) == ("REVOKED", True)
        assert status.starts is not None
        assert status.decision == f"0x{b'd'.hex() * 32}"

    def test_was_it_valid_on_a_day(self, verifier: Verifier, papers: tuple[Paper, Paper]) -> None:
        report = verifier.check(papers[1].code(), on=date(2026, 2, 1))
        assert (report.verdict, report.on) == (yinxin_client.Verdict.VALID, date(2026, 2, 1))
        with pytest.raises(Problem, match="wanted one from") as refused:
            verifier.check(papers[1].code(), on=date(2999, 1, 1))
        assert refused.value.status == 422
        assert refused.value.request_id

    def test_words_come_in_the_language_that_is_asked_for(self, url: str, papers: tuple[Paper, Paper]) -> None:
        with Verifier(url, language="zh-CN") as verifier:
            assert verifier.check(papers[0].code()).heading == "真实有效"

    def test_a_report_has_no_truth_value(self, verifier: Verifier) -> None:
        report = verifier.check("0000-0000-0000-00")
        with pytest.raises(TypeError, match="no truth value"):
            bool(report)
        assert not report.verdict.says_nothing
        assert verifier.check(b"").verdict.says_nothing

    def test_it_knows_the_words_that_the_verifier_says(self) -> None:
        for ours, theirs in ((Verdict, yinxin_client.Verdict), (Colour, yinxin_client.Colour)):
            assert [each.value for each in ours] == [each.value for each in theirs]
        assert [each.value for each in Outcome] == [each.value for each in yinxin_client.Outcome]


class TestMany:
    def test_files_in_lines_out_with_progress(self, verifier: Verifier, papers: tuple[Paper, Paper]) -> None:
        good, revoked = papers
        archive = zipped({"good.txt": good.code().encode(), "revoked.txt": revoked.code().encode(), "x": b"?"})
        seen: list[BulkState] = []
        with verifier.bulk([archive, good.sd_jwt.encode()]) as bulk:
            told = bulk.wait(lambda progress: seen.append(progress.state))
            assert (told.done, told.total) == (4, 4)
            assert told.verdicts[yinxin_client.Verdict.VALID] == 2
            lines = bulk.lines()
            assert [line.verdict.value for line in lines] == ["VALID", "REVOKED", "UNREADABLE", "VALID"]
            assert lines[0].holder == "内蒙古演示长城建筑工程有限责任公司"
            assert lines[1].in_force_since is not None
            book = openpyxl.load_workbook(io.BytesIO(bulk.download()))
            assert book.worksheets[0]["D3"].value == "VALID"
            again = verifier.bulk_check(bulk.id)
            assert again.progress().state is BulkState.DONE
        assert seen[-1] is BulkState.DONE
        with pytest.raises(Problem) as gone:
            again.progress()
        assert gone.value.status == 404
        again.cancel()

    def test_texts_as_of_a_day(self, verifier: Verifier, papers: tuple[Paper, Paper]) -> None:
        with verifier.bulk([papers[1].code(), code.short_number(papers[0].leaf)], on=date(2026, 2, 1)) as bulk:
            bulk.wait()
            assert [line.verdict.value for line in bulk.lines()] == ["VALID", "INCOMPLETE"]

    def test_what_makes_no_sense_is_told_before_it_is_sent(self, verifier: Verifier) -> None:
        with pytest.raises(ValueError, match="one kind"):
            verifier.bulk(["text", b"file"])
        with pytest.raises(ValueError, match="at least one"):
            verifier.bulk([])

    def test_waiting_can_be_given_up(self) -> None:
        running = {"id": "x", "state": "RUNNING", "done": 1, "total": 2, "verdicts": {}, "expires_at": None}
        client, waited, _ = answering(*(httpx2.Response(200, json=running) for _ in range(2)))
        with pytest.raises(TookTooLong, match="1 of 2"):
            client.bulk_check("x").wait(timeout_s=0)
        assert waited == []


class TestReceipts:
    def test_a_receipt_is_signed_as_pdf_or_jws(self, verifier: Verifier, papers: tuple[Paper, Paper]) -> None:
        good = papers[0]
        assert verifier.receipt(good.sd_jwt.encode(), asked_by="采购部").startswith(b"%PDF-")
        jws = verifier.receipt(good.code(), asked_by="Purchasing", kind=ReceiptKind.JWS)
        assert jws.count(b".") == 2

    def test_a_receipts_text_is_known_for_one(self, verifier: Verifier, papers: tuple[Paper, Paper]) -> None:
        jws = verifier.receipt(papers[0].code(), kind=ReceiptKind.JWS)
        for brought in (jws, jws.decode()):
            report = verifier.check(brought)
            assert report.verdict is yinxin_client.Verdict.INCOMPLETE
            assert report.raw["receipt"]


class Torn(httpx2.SyncByteStream):
    """Claims to be packed, and is not."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"not packed at all"


class TestRepeating:
    @pytest.mark.parametrize(
        ("ask", "times"),
        [
            (lambda client: client.check("7HKQ-2M4D-X9RT-0C"), 3),
            (lambda client: client.bulk_check("x").progress(), 3),
            (lambda client: client.bulk(["7HKQ-2M4D-X9RT-0C"]), 1),
            (lambda client: client.receipt("7HKQ-2M4D-X9RT-0C"), 1),
        ],
        ids=["check", "progress", "bulk", "receipt"],
    )
    def test_only_what_changes_nothing_is_asked_again_after_silence(
        self, ask: Callable[[Verifier], object], times: int
    ) -> None:
        client, _, asked = answering(*(httpx2.ReadTimeout("silence") for _ in range(3)))
        with pytest.raises(NotReached, match="ReadTimeout"):
            ask(client)
        assert len(asked) == times

    def test_what_was_not_taken_is_brought_again(self) -> None:
        done = {"id": "x", "state": "WAITING", "done": 0, "total": 1, "verdicts": {}, "expires_at": None}
        client, waited, asked = answering(
            httpx2.ConnectError("no way"), busy(**{"retry-after": "7"}), httpx2.Response(202, json=done)
        )
        assert client.bulk(["7HKQ-2M4D-X9RT-0C"]).id == "x"
        assert waited == [0.5, 7.0]
        assert len(asked) == 3

    def test_a_service_that_stays_busy_says_when_to_come_again(self) -> None:
        client, waited, _ = answering(*(busy(**{"retry-after": "10"}) for _ in range(3)))
        with pytest.raises(Busy, match="too many") as refused:
            client.check("7HKQ-2M4D-X9RT-0C")
        assert (refused.value.retry_after_s, waited) == (10.0, [10.0, 10.0])

    def test_nobody_waits_an_hour_unasked(self) -> None:
        client, waited, _ = answering(busy(**{"retry-after": "3600"}))
        with pytest.raises(Busy):
            client.check("7HKQ-2M4D-X9RT-0C")
        assert waited == []

    @pytest.mark.parametrize(
        "answer",
        [
            httpx2.Response(200, text="<html>"),
            httpx2.Response(200, json=[]),
            httpx2.Response(200, json={"reports": []}),
            httpx2.Response(200, json={"reports": [{"verdict": "SPLENDID"}]}),
            httpx2.Response(200, json={"reports": [{"input": 1}]}),
        ],
        ids=range(5),
    )
    def test_what_no_verifier_says_is_not_understood(self, answer: httpx2.Response) -> None:
        client, _, _ = answering(answer)
        with pytest.raises(AnswerNotUnderstood):
            client.check("7HKQ-2M4D-X9RT-0C")

    @pytest.mark.parametrize(
        "answer",
        [
            httpx2.Response(200, html="<html>Sign in to this network</html>"),
            httpx2.Response(200, content=b"[" * 2_000 + b"]" * 2_000, headers={"content-type": "application/json"}),
        ],
        ids=("a page", "lists in lists"),
    )
    def test_whatever_answers_is_no_verifier_until_it_speaks_like_one(self, answer: httpx2.Response) -> None:
        client, _, _ = answering(answer, answer, answer)
        for ask in (client.check, client.receipt, lambda _: client.bulk_check("a").download()):
            with pytest.raises(AnswerNotUnderstood, match="wanted"):
                ask("7HKQ-2M4D-X9RT-0C")

    def test_nor_does_one_whose_packing_is_broken(self) -> None:
        packed = httpx2.MockTransport(
            lambda _: httpx2.Response(200, headers={"content-encoding": "gzip"}, stream=Torn())
        )
        with (
            Verifier("http://verifier", transport=packed) as client,
            pytest.raises(AnswerNotUnderstood, match="cannot be unpacked"),
        ):
            client.check("7HKQ-2M4D-X9RT-0C")

    def test_words_come_in_no_third_language(self) -> None:
        for make in (Verifier, AsyncVerifier):
            with pytest.raises(ValueError, match="got '中文', wanted en or zh-CN"):
                make("http://verifier", language="中文")

    def test_nor_is_a_bulk_check_with_a_verdict_to_come(self) -> None:
        told = {"id": "a", "state": "RUNNING", "done": 1, "total": 1, "verdicts": {"SPLENDID": 1}}
        client, _, _ = answering(httpx2.Response(200, json=told))
        with pytest.raises(AnswerNotUnderstood, match="SPLENDID"):
            client.bulk_check("a").progress()


class TestAsynchronous:
    def test_it_is_the_same_with_await(self, url: str, papers: tuple[Paper, Paper]) -> None:
        async def ask() -> list[str]:
            async with AsyncVerifier(url) as verifier:
                reports = await asyncio.gather(*(verifier.check(made.code()) for made in papers))
                async with await verifier.bulk([made.code() for made in papers]) as bulk:
                    await bulk.wait()
                    lines = await bulk.lines()
                    assert (await bulk.download("csv")).startswith(b"\xef\xbb\xbf")
                return [each.verdict.value for each in (*reports, *lines)]

        assert asyncio.run(ask()) == ["VALID", "REVOKED"] * 2

    def test_both_have_the_same_methods(self) -> None:
        for one, other in (
            (Verifier, AsyncVerifier),
            (yinxin_client.BulkCheck, yinxin_client.AsyncBulkCheck),
        ):
            assert {name for name in vars(one) if not name.startswith("_")} == {
                name for name in vars(other) if not name.startswith("_")
            }
