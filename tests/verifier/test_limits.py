"""Those who ask too often are told when to come again; guessing short numbers leads nowhere."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from chain import code
from chain.errors import InvalidInput
from tests.verifier import chain_in_memory
from tests.verifier.made_up_index import LATER, MadeUp, made_up
from tests.verifier.test_app import problem_of, report_of
from verifier.app import make_app
from verifier.limiting import Limit, Limited, Limits
from verifier.routes.clients import Clients, Networks, counted_as, shown
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Scope

API = "/api/v1/verify"


@pytest.fixture(scope="module")
def world() -> MadeUp:
    return made_up(2, size=20, papers=2)


@contextmanager
def service(world: MadeUp, folder: Path, *, raising: bool = True, **settings: object) -> Iterator[TestClient]:
    """Serve the made-up registry with these limits; what is unforeseen is raised here, or answered."""
    index = chain_in_memory.index_of(world.registry, folder)
    index.follow(LATER)
    made = Settings(poll_s=60, **settings)  # type: ignore[arg-type]  # Tests name the settings.
    app = make_app(index, made, clock=lambda: LATER)
    with TestClient(app, client=("203.0.113.7", 4711), raise_server_exceptions=raising) as client:
        yield client


def unknown(number: int) -> str:
    """Return a well-formed short number that leads nowhere."""
    return code.short_number(sha256(f"guess {number}".encode()).digest())


class TestCounting:
    def test_a_window_ends_when_it_said(self) -> None:
        now = [1_000.0]
        limits = Limits({Limit.READING: 2}, clock=lambda: now[0])
        limits.count(Limit.READING, "a")
        now[0] += 20
        limits.count(Limit.READING, "a")
        with pytest.raises(Limited, match="reading") as refused:
            limits.count(Limit.READING, "a")
        assert refused.value.retry_after_s == 40
        limits.count(Limit.READING, "b")
        now[0] += 40
        limits.count(Limit.READING, "a")

    def test_nought_is_without_limit(self) -> None:
        limits = Limits({Limit.READING: 0})
        for _ in range(10_000):
            limits.count(Limit.READING, "a")
            limits.count(Limit.VERIFYING, "a")
        limits.require(Limit.MISSES, "a")
        limits.note(Limit.MISSES, "a")

    def test_what_has_ended_is_thrown_away(self) -> None:
        now = [0.0]
        limits = Limits({Limit.READING: 5}, clock=lambda: now[0])
        for number in range(1_000):
            limits.count(Limit.READING, str(number))
        now[0] += 120
        limits.count(Limit.READING, "another")
        held = limits._counters.storage._counts  # type: ignore[attr-defined]  # noqa: SLF001 (memory shows nowhere else)
        assert len(held) == 1

    def test_requiring_counts_nothing(self) -> None:
        limits = Limits({Limit.MISSES: 1})
        for _ in range(3):
            limits.require(Limit.MISSES, "a")
        limits.note(Limit.MISSES, "a")
        with pytest.raises(Limited):
            limits.require(Limit.MISSES, "a")


class TestService:
    def test_who_reads_too_much_is_told_when_to_come_again(self, world: MadeUp, tmp_path: Path) -> None:
        with service(world, tmp_path, limit_reading=3) as client:
            for _ in range(3):
                assert client.get("/api/v1/hosts").status_code == 200
            answer = client.get("/api/v1/agencies")
            assert "reading" in problem_of(answer, 429)
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert answer.headers["access-control-allow-origin"] == "*"
            assert client.get("/healthz").status_code == 200
            assert client.get("/static/page.css").status_code == 200
            report_of(client.post(API, json={"code": "1"}))

    def test_who_has_too_much_verified_is_refused_before_the_body_is_read(self, world: MadeUp, tmp_path: Path) -> None:
        with service(world, tmp_path, limit_verifying=2) as client:
            for _ in range(2):
                report_of(client.post(API, json={"code": "1"}))
            assert "verifying" in problem_of(client.post(API, content=b"{", headers={"content-type": "x"}), 429)
            assert client.get("/api/v1/hosts").status_code == 200

    def test_people_are_told_in_words(self, world: MadeUp, tmp_path: Path) -> None:
        with service(world, tmp_path, limit_verifying=1) as client:
            client.post("/", data={"typed": "1"})
            answer = client.post("/", data={"typed": "1"}, headers={"accept-language": "en"})
            assert (answer.status_code, answer.headers["content-type"]) == (429, "text/html; charset=utf-8")
            assert "Too many questions" in answer.text
            assert "retry-after" in answer.headers
            assert "过于频繁" in client.post("/", data={"typed": "1"}, headers={"accept-language": "zh"}).text
            assert "Too many questions" in client.post("/?lang=en", data={"typed": "1"}).text

    def test_one_certificate_has_a_limit_whoever_asks_and_another_has_its_own(
        self, world: MadeUp, tmp_path: Path
    ) -> None:
        first, second = world.papers
        with service(world, tmp_path, limit_certificate=2, trusted_proxies="203.0.113.7") as client:

            def ask(body: dict[str, str], address: str) -> int:
                return client.post(API, json=body, headers={"x-forwarded-for": address}).status_code

            assert ask({"code": first.code()}, "198.51.100.1") == 200
            assert ask({"certificate": first.sd_jwt}, "198.51.100.2") == 200
            assert ask({"short_number": code.short_number(first.leaf)}, "198.51.100.3") == 429
            assert ask({"code": second.code()}, "198.51.100.3") == 200


class TestGuessing:
    def test_after_too_many_that_lead_nowhere_no_short_number_is_looked_up(self, world: MadeUp, tmp_path: Path) -> None:
        genuine = code.short_number(world.papers[0].leaf)
        with service(world, tmp_path, limit_misses=3) as client:
            assert report_of(client.post(API, json={"short_number": genuine}))["verdict"] == "INCOMPLETE"
            for number in range(3):
                assert report_of(client.post(API, json={"short_number": unknown(number)}))["verdict"] == "NOT_FOUND"
            answers = [client.post(API, json={"short_number": each}) for each in (genuine, unknown(9))]
            details = {problem_of(answer, 429).rpartition(" for ")[0] for answer in answers}
            assert len(details) == 1
            assert all(0 < int(answer.headers["retry-after"]) <= 3600 for answer in answers)
            page = client.post("/", files={"typed": (None, genuine.encode())}, headers={"accept-language": "en"})
            assert (page.status_code, "Scan the code" in page.text) == (429, True)
            # In a file it is a short number, too.
            problem_of(client.post(API, files={"file": ("number.txt", f"{genuine}\n".encode())}), 429)
            # A code holds a signature: nobody guesses one.
            assert report_of(client.post(API, json={"code": world.papers[0].code()}))["verdict"] == "VALID"
            assert report_of(client.post(API, json={"code": "1"}))["verdict"] != "VALID"

    def test_one_that_exists_and_one_that_does_not_are_told_in_the_same_form(
        self, world: MadeUp, tmp_path: Path
    ) -> None:
        genuine = code.short_number(world.papers[0].leaf)
        with service(world, tmp_path) as client:
            there, not_there = (
                report_of(client.post(API, json={"short_number": each})) for each in (genuine, unknown(1))
            )
        assert there.keys() == not_there.keys()
        assert [check["name"] for check in there["checks"]] == [check["name"] for check in not_there["checks"]]

    def test_a_short_number_tells_nothing_of_its_holder(self, world: MadeUp, tmp_path: Path) -> None:
        genuine = code.short_number(world.papers[0].leaf)
        with service(world, tmp_path) as client:
            report = report_of(client.post(API, json={"short_number": genuine}))
        assert not report["facts"]
        assert report["number"] is None

    def test_what_is_mistyped_is_no_guess(self, world: MadeUp, tmp_path: Path) -> None:
        mistyped = unknown(1)[:-1] + ("0" if unknown(1)[-1] != "0" else "1")
        with service(world, tmp_path, limit_misses=1) as client:
            for _ in range(3):
                assert report_of(client.post(API, json={"short_number": mistyped}))["verdict"] != "NOT_FOUND"


class TestClients:
    def of(self, peer: str, told: str | None, *, proxies: str = "10.0.0.0/8, ::1") -> str:
        headers = [] if told is None else [(b"x-forwarded-for", told.encode())]
        scope: Scope = {"client": (peer, 1), "headers": headers}
        return Clients(Networks.parse(proxies, name="X"), "X-Forwarded-For").of(scope)

    def test_only_trusted_proxies_are_believed(self) -> None:
        assert self.of("203.0.113.7", "198.51.100.1") == "203.0.113.7"
        assert self.of("10.0.0.1", "198.51.100.1") == "198.51.100.1"
        assert self.of("10.0.0.1", None) == "10.0.0.1"
        assert self.of("10.0.0.1", "198.51.100.1", proxies="") == "10.0.0.1"

    def test_what_a_client_says_of_itself_is_not_believed(self) -> None:
        assert self.of("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.9") == "198.51.100.1"
        assert self.of("10.0.0.1", "198.51.100.1, nonsense") == "10.0.0.1"
        assert self.of("::1", "2001:db8::1") == "2001:db8::1"

    def test_all_addresses_of_one_subscriber_are_one(self) -> None:
        assert counted_as("2001:db8:1:2:3::4") == counted_as("2001:db8:1:2:5::6")
        assert counted_as("198.51.100.1") != counted_as("198.51.100.2")

    @pytest.mark.parametrize(
        ("client", "told"),
        [
            ("198.51.100.77", "198.51.100.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
            ("::ffff:198.51.100.77", "198.51.100.0/24"),
            ("testclient", ""),
            ("", ""),
        ],
    )
    def test_logs_have_a_part_of_an_address(self, client: str, told: str) -> None:
        assert shown(client) == told

    def test_a_setting_that_is_no_network_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="YINXIN_TRUSTED_PROXIES: got 'somewhere'"):
            Networks.parse("somewhere", name="TRUSTED_PROXIES")
        assert ip_address("10.1.2.3") in Networks.parse("10.0.0.0/8", name="X")
