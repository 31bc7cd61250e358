"""JavaScript believes no service on its word; an honest one comes to the same verdict as Python's own index."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chain import certificate, copy
from chain.events import Track
from chain.short_number import short_number
from tests.browser.check_cases import odd_papers
from tests.browser.check_engine import differences, folder, node
from tests.browser.check_scenes import papers, scenes
from tests.browser.check_served import DENIED, HARMLESS, HIDDEN, Service, bent, lies, task, world_of_two
from tests.browser.check_worlds import HEAD_AT, World
from tests.verifier.book import CLAIMS, OTHER_KEY, paper
from tests.verifier.copied import HOST, limited
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.check_engine import Engine, Outcome, Task

__all__ = ["folder", "node"]

KINDS = {"certificate": "certificate", "short number": "short_number", "copy's file": "copy", "copy's code": "copy"}
"""What JavaScript calls the forms; the others are codes."""


def test_online_it_says_what_the_service_says(node: Engine, tmp_path: Path) -> None:
    asked, wanted = [], []
    for place, scene in enumerate(scenes()):
        service = Service.over(scene.world, tmp_path / str(place))
        answer = service.leaves(scene.made.leaf)
        for name, brought in papers(scene):
            for day in scene.days[:2]:
                kind = KINDS.get(name.partition(",")[0], "code")
                asked.append((f"{scene.name}, {name}, {day}", task(scene.world, brought, answer, on=day)))
                wanted.append(service.verdict(brought, kind, on=day))
    outcomes = node([each for _, each in asked])
    rows = zip(asked, outcomes, wanted, strict=True)
    assert [found for (name, _), got, want in rows for found in differences(name, got, want)] == []
    assert {outcome["prefix"] for outcome in outcomes} <= {each["answer"]["prefix"] for _, each in asked}
    verdicts = {outcome["json"]["en"]["verdict"] for outcome in outcomes}
    assert {"VALID", "NOT_FOUND", "INCOMPLETE", "ISSUER_NOT_AUTHORISED", "RENEWAL_PENDING"} <= verdicts


def test_online_headings_about_a_past_day_name_it(node: Engine, tmp_path: Path) -> None:
    made, world = paper(), World()
    world.anchor_paper(made)
    world.set_status(made.leaf, Track.REVOKED, since=date(2026, 8, 1))
    world.settle()
    service = Service.over(world, tmp_path)
    answer, day = service.leaves(made.leaf), "2026-03-01"
    signed = limited(made, terms=copy.Terms("授信", "演示银行", date(2026, 2, 1), date(2026, 7, 1)))
    brought: list[tuple[str, str | bytes, str]] = [
        ("certificate", made.sd_jwt, "VALID"),
        ("certificate", certificate.present(made.sd_jwt, CLAIMS.keys() - {"company_name"}), "INCOMPLETE"),
        ("short_number", short_number(made.leaf), "INCOMPLETE"),
        ("copy", signed.encode(), "VALID"),
        ("copy", copy.url(HOST, signed.closed().encode()), "INCOMPLETE"),
        ("copy", copy.url(HOST, signed.short().encode()), "INCOMPLETE"),
    ]
    found = node([task(world, each, answer, on=day) for _, each, _ in brought])
    headings = set[str]()
    for outcome, (kind, each, verdict) in zip(found, brought, strict=True):
        assert differences(kind, outcome, service.verdict(each, kind, on=day)) == []
        report = outcome["json"]["en"]
        assert (report["verdict"], "in force on 1 March 2026" in report["heading"]) == (verdict, True)
        headings.add(report["heading"])
    assert len(headings) == len(brought)


def test_online_odd_papers_come_to_the_same(node: Engine, tmp_path: Path) -> None:
    world = World()
    made = paper()
    world.anchor_paper(made)
    world.settle()
    service = Service.over(world, tmp_path)
    about = {leaf: service.leaves(bytes.fromhex(leaf).ljust(32, b"\0")) for leaf in [made.leaf[:2].hex()]}
    papers_ = list(odd_papers())
    first = node([{**task(world, brought, None), "only_read": True} for _, brought in papers_])
    asked = []
    for (_, brought), read in zip(papers_, first, strict=True):
        prefix = read["prefix"]
        if prefix is not None and prefix not in about:
            about[prefix] = service.leaves(bytes.fromhex(prefix).ljust(32, b"\0"))
        # Where there is nothing to ask for, any answer tells how far the service has come.
        asked.append(task(world, brought, about[prefix or made.leaf[:2].hex()]))
    outcomes = node(asked)
    found = [
        difference
        for (name, brought), got in zip(papers_, outcomes, strict=True)
        for difference in differences(name, got, service.verdict(brought, got.get("kind", "")))
    ]
    assert found == []


def test_every_lie_is_caught_and_told_in_words(node: Engine, tmp_path: Path) -> None:
    made = paper()
    world = world_of_two(made).settle()
    honest = Service.over(world, tmp_path).leaves(made.leaf)
    told, code = list(lies(made)), made.code()
    asked = [task(world, code, honest)]
    for _, bend, _ in told:
        answer = deepcopy(honest)
        bend(answer)
        asked.append(task(world, code, answer))
    valid, *outcomes = node(asked)
    assert valid["json"]["en"]["verdict"] == "VALID", valid
    for (name, _, message_id), outcome in zip(told, outcomes, strict=True):
        report = outcome["json"]["en"]
        assert report["verdict"] == "CANNOT_CHECK", (name, report)
        assert [check["message_id"] for check in report["checks"][1:5]] == [message_id] * 4, (name, report["checks"])
        # One of several servers may lag a little.
        variant = "" if message_id == "service.behind_checkpoint" else ".service"
        assert report["heading"] == sentence(f"verdict.CANNOT_CHECK{variant}", Language.ENGLISH)
        assert report["next_step"] == sentence(f"next.CANNOT_CHECK{variant}", Language.ENGLISH)
        assert report["block_number"] is not None


def test_no_member_of_an_answer_can_be_bent_to_a_good_end(node: Engine, tmp_path: Path) -> None:
    for name, verdict, record in (
        ("genuine", "VALID", None),
        ("revoked", "REVOKED", Track.REVOKED),
        ("suspended", "SUSPENDED", Track.SUSPENSION),
    ):
        made = paper()
        world = world_of_two(made)
        if record is not None:
            world.set_status(made.leaf, record, since=date(2026, 6, 1))
        world.settle()
        honest = Service.over(world, tmp_path / name).leaves(made.leaf)
        changed = list(bent(honest))
        first, *outcomes = node(
            [task(world, made.code(), answer) for answer in (honest, *(each[2] for each in changed))]
        )
        assert first["json"]["en"]["verdict"] == verdict
        for (how, path, _), outcome in zip(changed, outcomes, strict=True):
            report, what = outcome["json"]["en"], (name, how, path)
            if (how == "changed" and path in HARMLESS) or (how == "left out" and path in HIDDEN):
                assert report["verdict"] in {verdict, "CANNOT_CHECK"}, what
            elif how == "left out" and path in DENIED:
                assert report["verdict"] in {"NOT_FOUND", "CANNOT_CHECK"}, what
            else:
                assert report["verdict"] == "CANNOT_CHECK", (what, report["checks"])
            if how == "left out" and path == ("leaves", 1, "statuses", 0):
                assert report["checks"][2]["message_id"] == "service.status_left_out"
            if record is not None:
                assert report["checks"][4]["reasons"] == [verdict], (what, report["checks"][4])
                assert [status["in_force"] for status in report["statuses"]] == [True], what


def test_what_came_after_the_checkpoint_counts_against_a_certificate_only(node: Engine, tmp_path: Path) -> None:
    made, june = paper(), date(2026, 6, 1)

    def asked(name: str, before: Callable[[World], object], after: Callable[[World], object], brought: str) -> Task:
        world = World()
        before(world)
        until = world.add(None)
        after(world)
        world.settle()
        return task(world, brought, Service.over(world, tmp_path / name).leaves(made.leaf), until=until)

    def anchor(world: World) -> None:
        world.anchor_paper(made)

    def suspended(world: World) -> None:
        anchor(world)
        world.set_status(made.leaf, Track.SUSPENSION, since=june, at=HEAD_AT - 500)

    def lifted(world: World) -> None:
        world.set_status(made.leaf, Track.SUSPENSION, lifts=True, at=HEAD_AT - 100)

    def revoked(world: World) -> None:
        world.set_status(made.leaf, Track.REVOKED, since=june, at=HEAD_AT - 100)

    def now(world: World) -> None:
        world.add(None, at=HEAD_AT - 600)

    def later(world: World) -> None:
        world.anchor_paper(made, at=HEAD_AT - 100)

    def anchored(world: World) -> None:
        anchor(world)
        now(world)

    found = node(
        [
            asked("revoked", anchored, revoked, made.code()),
            asked("lifted", suspended, lifted, made.code()),
            asked("anchored", now, later, made.code()),
            asked("short", now, later, short_number(made.leaf)),
        ]
    )
    reports = [outcome["json"]["en"] for outcome in found]
    assert [report["verdict"] for report in reports] == ["REVOKED", "SUSPENDED", "SIGNED", "CANNOT_CHECK"]
    assert reports[2]["heading"] == sentence("verdict.SIGNED.recent", Language.ENGLISH)
    assert reports[2]["next_step"] == sentence("next.SIGNED.recent", Language.ENGLISH)
    assert reports[2]["checks"][2]["message_id"] == reports[3]["checks"][2]["message_id"] == "service.not_proven_yet"
    assert [report["colour"] for report in reports[2:]] == ["amber", "grey"]


def test_a_key_that_was_listed_after_the_checkpoint_is_not_known_yet(node: Engine, tmp_path: Path) -> None:
    by_other, world = paper(key=OTHER_KEY), World()
    world.add(None, at=HEAD_AT - 600)
    until = world.add(None)
    world.add_key(OTHER_KEY)
    world.anchor_paper(by_other, at=HEAD_AT - 100)
    world.settle()
    answer = Service.over(world, tmp_path / "key").leaves(by_other.leaf)
    never = {**answer, "leaves": []}
    first, second = node([task(world, by_other.code(), each, until=until) for each in (answer, never)])
    assert first["json"]["en"]["verdict"] == "CANNOT_CHECK"
    assert first["json"]["en"]["checks"][1]["message_id"] == "service.key_not_proven_yet"
    assert second["json"]["en"]["verdict"] == "ISSUER_NOT_AUTHORISED"


def test_an_answer_that_is_not_of_now_is_none(node: Engine, tmp_path: Path) -> None:
    made = paper()
    world = World()
    world.anchor_paper(made)
    world.settle()
    service = Service.over(world, tmp_path)
    answer, code, now = service.leaves(made.leaf), made.code(), int(world.now.timestamp() * 1000)
    behind = service.leaves(made.leaf, world.now + timedelta(minutes=2))
    assert behind["doubt"] is not None
    later = [0, 27_000, 31_000, -27_000, -40_000, -600_000]
    outcomes = node([task(world, code, answer, now=now + each) for each in later])
    found = [_verdict_and_message(outcome) for outcome in outcomes]
    assert found == [
        ("VALID", "signature.good"),
        ("VALID", "signature.good"),
        ("CANNOT_CHECK", "service.stale"),
        ("VALID", "signature.good"),
        ("CANNOT_CHECK", "service.clock"),
        ("CANNOT_CHECK", "offline.clock_behind"),
    ]
    (doubted,) = node([task(world, code, behind, now=now + 120_000)])
    wanted = service.verdict(code, "code", now=world.now + timedelta(minutes=2))
    assert differences("doubted", doubted, wanted) == []
    # Beside an old checkpoint too much hangs on the service's word.
    old = World()
    old.anchor_paper(made)
    until = old.height
    old.settle()
    answer = Service.over(old, tmp_path / "old").leaves(made.leaf)
    (dated,) = node([task(old, code, answer, until=until)])
    report = dated["json"]["en"]
    assert report["verdict"] == "SIGNED"
    assert "this site has shown no newer signed record" in report["heading"]
    assert "Not revoked as of 1 January 2026" in report["heading"]
    assert report["next_step"] == sentence("next.SIGNED.dated_online", Language.ENGLISH)
    (past,) = node([task(old, code, answer, until=until, on="2026-01-01")])
    report = past["json"]["en"]
    assert report["verdict"] == "SIGNED"
    assert report["heading"].startswith("Genuine. In force on 1 January 2026 by the register as of 1 January 2026 ")
    assert report["heading"].endswith("; this site has shown no newer signed record")
    assert report["next_step"] == sentence("next.SIGNED.dated_online", Language.ENGLISH)


def _verdict_and_message(outcome: Outcome) -> tuple[str, str]:
    report = outcome["json"]["en"]
    return report["verdict"], report["checks"][1]["message_id"]
