"""The register over HTTP, for browsers that check for themselves."""

from __future__ import annotations

from base64 import b64decode
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from chain import base64url, certificate_types, merkle
from chain.errors import TreeMalformed
from chain.events import AgencyCorrected, AgencyRegistered, AgencySuspended, Track, VerifyingHostSet
from chain.registry import BatchToAnchor
from tests.deployed import leaves_of
from tests.faults.chaos_proxy import ChaosProxy, Way
from tests.verifier import chain_in_memory
from tests.verifier.book import TYPE
from tests.verifier.chain_in_memory import NOW, ListRegistry
from tests.verifier.papers_on_chain import index_of, set_status
from tests.verifier.test_app import problem_of
from tests.verifier.test_index import now_of
from verifier.app import make_app
from verifier.indexing.trees import Tree, Trees
from verifier.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chain.ethereum.network import Anvil
    from chain.events import Event
    from tests.deployed import Deployed
    from verifier.indexing.index import Index

LEAVES, DELTAS, AGENCIES = "/api/v1/leaves", "/api/v1/deltas", "/api/v1/agencies"


@pytest.fixture(scope="module")
def leaves() -> tuple[bytes, ...]:
    """Return the leaves of a batch of five: two begin alike."""
    first, *others = leaves_of("the register's", 4)
    return (first, *others, first[:2] + b"\x00" * 30)


@pytest.fixture(scope="module")
def index(
    deployment: Deployed, anvil: Anvil, leaves: tuple[bytes, ...], tmp_path_factory: pytest.TempPathFactory
) -> Index:
    office = deployment.offices[0]
    deployment.anchor(office, BatchToAnchor(office.agency, TYPE.number, TYPE.version, leaves))
    now = now_of(deployment)
    set_status(deployment, office, leaves[0], Track.LOSS, now)
    set_status(deployment, office, leaves[0], Track.LOSS, now, from_hour=0)
    set_status(deployment, office, b"\xab\xcd" + b"\x01" * 30, Track.REVOKED, now)
    anvil.mine()
    index = index_of(deployment, tmp_path_factory.mktemp("register"))
    index.follow(now_of(deployment))
    return index


@pytest.fixture(scope="module")
def client(deployment: Deployed, index: Index) -> Iterator[TestClient]:
    app = make_app(index, Settings(poll_s=60), clock=lambda: now_of(deployment))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def asked(client: TestClient, leaf: bytes) -> dict[str, Any]:
    answer = client.get(LEAVES, params={"prefix": leaf[:2].hex()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    found = answer.json()
    assert isinstance(found, dict)
    return found


@contextmanager
def over(folder: Path, *events: Event) -> Iterator[TestClient]:
    """Ask about a chain that is a list of events."""
    index = chain_in_memory.index_of(ListRegistry(list(events)), folder)
    index.follow(NOW)
    with TestClient(make_app(index, Settings(poll_s=60), clock=lambda: NOW)) as client:
        yield client


class TestLeaves:
    def test_every_path_leads_to_the_batch_s_root(
        self, client: TestClient, deployment: Deployed, leaves: tuple[bytes, ...]
    ) -> None:
        for index, leaf in enumerate(leaves):
            (entry,) = [each for each in asked(client, leaf)["leaves"] if each["leaf"] == leaf.hex()]
            (batch,) = entry["batches"]
            assert (batch["agency"], batch["index"], batch["size"]) == (deployment.offices[0].agency, index, 5)
            assert (batch["type"], batch["version"]) == (TYPE.number, TYPE.version)
            path = [bytes.fromhex(sibling) for sibling in batch["path"]]
            root = merkle.root_from_path(leaf, index=batch["index"], size=batch["size"], path=path)
            assert root.hex() == batch["root"] == merkle.root(leaves).hex()
            assert batch["timestamp"] <= asked(client, leaf)["block"]["timestamp"]

    def test_all_leaves_that_begin_so_and_no_others(self, client: TestClient, leaves: tuple[bytes, ...]) -> None:
        found = [bytes.fromhex(each["leaf"]) for each in asked(client, leaves[0])["leaves"]]
        assert found == sorted(found)
        assert {leaves[0], leaves[4]} <= set(found)
        assert {leaf[:2] for leaf in found} == {leaves[0][:2]}

    def test_statuses_in_the_chain_s_order(
        self, client: TestClient, leaves: tuple[bytes, ...], deployment: Deployed
    ) -> None:
        (entry,) = [each for each in asked(client, leaves[0])["leaves"] if each["leaf"] == leaves[0].hex()]
        lost, found = entry["statuses"]
        assert (lost["track"], lost["agency"], lost["actor"]) == ("LOSS", *[deployment.offices[0].agency] * 2)
        assert lost["from_hour"] > 0 == found["from_hour"]
        assert (lost["block_number"], lost["log_index"]) < (found["block_number"], found["log_index"])
        assert lost["new_leaf"] is None
        assert len(bytes.fromhex(lost["decision"].removeprefix("0x"))) == 32

    def test_a_status_of_a_leaf_that_was_never_anchored_is_told(self, client: TestClient) -> None:
        (entry,) = asked(client, b"\xab\xcd")["leaves"]
        assert entry["batches"] == []
        assert [status["track"] for status in entry["statuses"]] == ["REVOKED"]

    def test_it_says_of_which_registry_and_as_of_when(
        self, client: TestClient, deployment: Deployed, index: Index
    ) -> None:
        found, progress = asked(client, b"\x00\x00"), index.progress()
        assert progress is not None
        assert found["registry"]["registry_id"] == f"0x{deployment.record.registry_id.hex()}"
        assert found["block"]["number"] == progress.block_number
        assert found["block"]["hash"] == f"0x{progress.block_hash.hex()}"
        assert (found["doubt"], found["checkpoint"], found["prefix"]) == (None, None, "0000")

    def test_what_makes_it_doubtful_is_told(self, client: TestClient, index: Index, deployment: Deployed) -> None:
        index.note_trouble("a node that lies", is_mismatch=True)
        assert asked(client, b"\x00\x00")["doubt"] == {"message_id": "registry.untrusted", "arguments": {}}
        index.note_trouble("a node that is silent")
        doubt = asked(client, b"\x00\x00")["doubt"]
        assert doubt["message_id"] == "registry.silent"
        assert set(doubt["arguments"]) == {"since"}
        index.follow(now_of(deployment))
        assert asked(client, b"\x00\x00")["doubt"] is None

    @pytest.mark.parametrize("path", [f"{LEAVES}?prefix=f85a&prefix=0000", f"{DELTAS}?after=0&after=1"])
    def test_of_two_questions_neither_is_guessed(self, client: TestClient, path: str) -> None:
        assert "more than once, wanted it once" in problem_of(client.get(path), 422)

    @pytest.mark.parametrize("prefix", ["", "a1b", "a1b2c", "A1B2", "0xa1", "a1b2\n", "zzzz"])
    def test_a_prefix_has_four_hexadecimal_digits(self, client: TestClient, prefix: str) -> None:
        assert "prefix" in problem_of(client.get(LEAVES, params={"prefix": prefix}), 422)


class TestOrigins:
    def test_any_page_may_ask(self, client: TestClient) -> None:
        asks = {"origin": "https://shop.example", "access-control-request-method": "POST"}
        answer = client.options("/api/v1/verify", headers=asks | {"access-control-request-headers": "content-type"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "content-type" in answer.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in answer.headers

    def test_a_verdict_may_be_read(self, client: TestClient) -> None:
        answer = client.post("/api/v1/verify", json={"code": ""}, headers={"origin": "https://shop.example"})
        assert answer.headers["access-control-allow-origin"] == "*"

    def test_the_page_is_not_for_other_pages(self, client: TestClient) -> None:
        asks = {"origin": "https://shop.example", "access-control-request-method": "POST"}
        assert "access-control-allow-origin" not in client.options("/", headers=asks).headers
        assert "access-control-allow-origin" not in client.get("/").headers

    def test_options_alone_is_no_question(self, client: TestClient) -> None:
        assert client.options("/api/v1/verify").status_code == 405


class TestDeltas:
    def changes(self, client: TestClient, path: str) -> list[dict[str, Any]]:
        """Return all changes from an address on, part by part."""
        found = []
        following: str | None = path
        while following:
            answer = client.get(following)
            assert answer.status_code == 200, answer.text
            found += answer.json()["deltas"]
            following = answer.json()["next"]
            assert (f'<{following}>; rel="next"' == answer.headers.get("link")) == (following is not None)
        return found

    def test_what_was_recorded_of_all_is_told_with_a_quarter_of_each_leaf(
        self, client: TestClient, leaves: tuple[bytes, ...], index: Index
    ) -> None:
        answer = client.get(DELTAS, params={"after": 0}).json()
        own = [each for each in answer["deltas"] if each["leaf_prefix"] == leaves[0].hex()[:16]]
        assert [(each["track"], each["from_hour"] > 0) for each in own] == [("LOSS", True), ("LOSS", False)]
        progress = index.progress()
        assert progress is not None
        assert answer["statuses_head"] == f"0x{progress.heads.statuses.hex()}"
        assert answer["complete_to"] == progress.block_number - answer["confirmations"]

    @pytest.mark.parametrize("limit", [1, 2, 1000])
    def test_parts_are_together_the_whole(self, client: TestClient, limit: int) -> None:
        whole = client.get(DELTAS, params={"after": 0}).json()["deltas"]
        assert len(whole) >= 3
        assert self.changes(client, f"{DELTAS}?after=0&limit={limit}") == whole

    def test_a_part_says_up_to_which_block_nothing_is_missing(self, client: TestClient) -> None:
        part = client.get(DELTAS, params={"after": 0, "limit": 1}).json()
        assert part["complete_to"] == part["deltas"][0]["block_number"] - 1
        rest = client.get(DELTAS, params={"after": part["complete_to"]}).json()
        assert rest["deltas"][0] == part["deltas"][0]

    def test_nothing_new_is_an_empty_list(self, client: TestClient) -> None:
        newest = client.get(DELTAS, params={"after": 0}).json()["block"]["number"]
        answer = client.get(DELTAS, params={"after": newest})
        assert (answer.json()["deltas"], answer.json()["next"]) == ([], None)
        again = client.get(DELTAS, params={"after": newest}, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("after", ["", "-1", "x", "1.", "1.2.3", "9" * 13, "1.9999999"])
    def test_a_place_is_a_block_or_a_block_and_a_log(self, client: TestClient, after: str) -> None:
        assert "after" in problem_of(client.get(DELTAS, params={"after": after}), 422)


class TestDirectory:
    def test_an_agency_with_all_that_is_listed_of_it(self, client: TestClient, deployment: Deployed) -> None:
        office = deployment.offices[1]
        found = client.get(f"{AGENCIES}/{office.agency}").json()
        assert (found["code"], found["name"]) == (office.code, office.name)
        assert [each["id"] for each in found["superiors"]] == [deployment.offices[0].agency]
        assert [each["id"] for each in found["children"]] == [deployment.offices[2].agency]
        assert [key["kid"] for key in found["keys"]] == [office.public_key.kid.hex()]
        assert TYPE.number in found["types"]
        assert found["names"][-1] == {**found["names"][-1], "name": office.name, "until_block": None}
        capabilities = {name for officer in found["officers"] for name in officer["capabilities"]}
        assert {"PREPARE", "APPROVE", "STATUS", "MANAGE"} >= capabilities > {"PREPARE"}

    def test_names_that_an_agency_had_are_told(self, tmp_path: Path) -> None:
        with over(
            tmp_path,
            AgencyRegistered(1, 0, 1, "11150000X00000019M", "旧名", ()),
            AgencySuspended(1, 1, ()),
            AgencyCorrected(1, "11150000X00000019M", "新名"),
        ) as client:
            found = client.get(f"{AGENCIES}/1").json()
        before, now = found["names"]
        assert (before["name"], now["name"], found["name"]) == ("旧名", "新名", "新名")
        assert (before["from_block"], before["until_block"], now["from_block"]) == (1, 3, 3)
        assert found["suspended_by_level"] == 0

    @pytest.mark.parametrize("limit", [1, 3, 200])
    def test_the_list_of_agencies_in_parts_is_the_whole(
        self, client: TestClient, deployment: Deployed, limit: int
    ) -> None:
        found: list[int] = []
        following: str | None = f"{AGENCIES}?limit={limit}"
        while following:
            answer = client.get(following).json()
            found += [each["id"] for each in answer["agencies"]]
            following = answer["next"]
        assert found == sorted(found)
        assert {office.agency for office in deployment.offices} <= set(found)
        children = client.get(AGENCIES, params={"parent": deployment.offices[0].agency}).json()["agencies"]
        assert [each["id"] for each in children] == [deployment.offices[1].agency]

    def test_a_key_by_its_thumbprint_either_way(self, client: TestClient, deployment: Deployed) -> None:
        public = deployment.offices[0].public_key
        for kid in (public.kid.hex(), base64url.encode(public.kid)):
            (key,) = client.get(f"/api/v1/keys/{kid}").json()["keys"]
            assert key["agency"] == deployment.offices[0].agency
            assert base64url.decode(key["jwk"]["x"]) == public.x
        problem_of(client.get(f"/api/v1/keys/{'00' * 32}"), 404)
        problem_of(client.get(f"/api/v1/keys/{'_' * 43}"), 404)
        problem_of(client.get("/api/v1/keys/x"), 422)

    def test_a_type_s_file_is_what_the_registry_s_digest_says(self, client: TestClient) -> None:
        listed = client.get("/api/v1/types").json()["types"]
        (mine,) = [each for each in listed if (each["number"], each["version"]) == (TYPE.number, TYPE.version)]
        assert client.get(mine["url"]).json() == {
            **mine,
            "rights_head": client.get("/api/v1/types").json()["rights_head"],
        }
        file = client.get(mine["file_url"])
        assert sha256(file.content).hexdigest() == mine["digest"]
        assert b64decode(file.headers["repr-digest"].split(":")[1]).hex() == mine["digest"]
        assert certificate_types.parse(file.content).identifier == mine["identifier"] == TYPE.identifier
        first = client.get("/api/v1/types", params={"limit": 1}).json()
        assert client.get(first["next"] or "/api/v1/types?after=99.9").json()["types"] == listed[1:][:1]
        for path in ("/api/v1/types/999/1", "/api/v1/types/999/1/file"):
            problem_of(client.get(path), 404)

    def test_the_hosts_that_codes_may_name_and_might(self, tmp_path: Path) -> None:
        former, present = "old.example.cn", "verify.example.cn"
        changes = ((former, True), (present, True), (former, False))
        with over(tmp_path, *(VerifyingHostSet(host, listed) for host, listed in changes)) as client:
            found = client.get("/api/v1/hosts").json()["hosts"]
        assert found == [
            {"host": former, "from_block": 1, "until_block": 3},
            {"host": present, "from_block": 2, "until_block": None},
        ]

    def test_nothing_that_is_not_there(self, client: TestClient) -> None:
        assert "agency 4294967295" in problem_of(client.get(f"{AGENCIES}/4294967295"), 404)
        for path in (f"{AGENCIES}/0", f"{AGENCIES}/4294967296", f"{AGENCIES}/x", "/api/v1/types/0/1"):
            problem_of(client.get(path), 422)

    @pytest.mark.parametrize(
        "path", [AGENCIES, f"{AGENCIES}/1", "/api/v1/types", f"/api/v1/types/{TYPE.number}/1/file", "/api/v1/hosts"]
    )
    def test_whoever_has_it_already_is_told_so_until_a_right_changes(self, client: TestClient, path: str) -> None:
        first = client.get(path)
        assert first.headers["cache-control"] == "no-cache"
        assert first.headers["access-control-allow-origin"] == "*"
        again = client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])

    def test_a_tag_is_another_one_after_a_right_has_changed(
        self, fresh_anvil: Anvil, fresh_deployment: Deployed, tmp_path: Path
    ) -> None:
        index = index_of(fresh_deployment, tmp_path)
        index.follow(now_of(fresh_deployment))
        app = make_app(index, Settings(poll_s=60), clock=lambda: now_of(fresh_deployment))
        with TestClient(app) as client:
            before = client.get(AGENCIES).headers["etag"]
            fresh_deployment.governing().suspend_agency(fresh_deployment.offices[0].agency, council=True)
            fresh_anvil.mine()
            index.follow(now_of(fresh_deployment))
            answer = client.get(AGENCIES, headers={"if-none-match": before})
        assert answer.status_code == 200
        assert answer.json()["agencies"][0]["suspended_by_level"] is not None


def test_before_the_registry_was_reached_there_is_nothing_to_list(deployment: Deployed, tmp_path: Path) -> None:
    with ChaosProxy(deployment.url) as proxy:
        proxy.fail(Way.DROP_BEFORE)
        index = index_of(deployment, tmp_path, url=proxy.url)
        with TestClient(make_app(index, Settings(poll_s=60)), raise_server_exceptions=False) as client:
            for path in (f"{LEAVES}?prefix=0000", f"{DELTAS}?after=0", AGENCIES, "/api/v1/hosts"):
                answer = client.get(path)
                assert "not been reached" in problem_of(answer, 503)
                assert int(answer.headers["retry-after"]) > 0


class TestTrees:
    def test_a_kept_tree_gives_the_paths_of_the_plain_one(self) -> None:
        for size in (1, 2, 3, 5, 8, 11):
            leaves = leaves_of(f"trees {size}", size)
            tree = Tree(leaves)
            assert tree.root == merkle.root(leaves)
            for index in range(size):
                assert tree.path(index) == merkle.inclusion_path(leaves, index)
            with pytest.raises(TreeMalformed):
                tree.path(size)

    def test_the_one_that_was_not_asked_for_longest_goes_first(self) -> None:
        trees, read = Trees(2), []
        lots = [leaves_of(f"lot {number}", 3) for number in range(3)]

        def ask(number: int) -> None:
            def leaves() -> tuple[bytes, ...]:
                read.append(number)
                return tuple(lots[number])

            trees.under(merkle.root(lots[number]), leaves)

        for number in (0, 1, 0, 2, 0, 1):
            ask(number)
        assert read == [0, 1, 2, 1]

    def test_leaves_of_another_root_are_refused(self) -> None:
        with pytest.raises(TreeMalformed, match="wanted"):
            Trees().under(b"\x00" * 32, lambda: leaves_of("another", 3))
