"""Who is who on the chain, as folded from its events."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import shipped
from chain.events import Capability
from chain.identifiers import parse_credit_code
from issuer.enrolment import Enrolment, read_plan
from issuer.errors import NotFound, PlanInvalid
from tests.deployed import credit_code
from tests.fake_governing import FakeGoverning
from tests.issuer.offices import plan

if TYPE_CHECKING:
    from tests.issuer.offices import World


def test_agencies_know_their_officers_types_keys_and_superiors(world: World) -> None:
    directory = world.office.directory()
    low = directory.agency(2)
    assert [agency.id for agency in directory.line(2)] == [2, 1]
    assert low.types == {each.number for each in shipped()}
    approver = world.office.keystore.account("low-approver").address
    assert low.officers[approver] == Capability.APPROVE | Capability.STATUS
    assert world.office.keystore.document_kids(2) == {key.kid for key in low.keys}


def test_agency_is_found_by_number_code_or_name(world: World) -> None:
    directory = world.office.directory()
    for text in ("2", directory.agency(2).code, directory.agency(2).name):
        assert directory.find(text).id == 2
    with pytest.raises(NotFound, match="got 演示"):
        directory.find("演示")


def test_only_what_is_new_is_read(world: World) -> None:
    asked: list[tuple[int, int]] = []
    registry = world.registry

    class Watching:
        def __getattr__(self, name: str) -> object:
            return getattr(registry, name)

        def records(self, first: int, last: int) -> object:
            asked.append((first, last))
            return registry.records(first, last)

    office = dataclasses.replace(world.office, registry=Watching())  # type: ignore[arg-type]
    before = office.directory()
    asked.clear()
    world.registry.mine(2)
    after = office.directory()
    assert asked == [(before.block.number + 1, after.block.number)]
    assert dataclasses.asdict(after)["agencies"] == dataclasses.asdict(before)["agencies"]


def test_directory_is_folded_anew_after_a_reorganisation(world: World) -> None:
    before = world.registry.snapshot()
    FakeGoverning(world.registry).suspend_agency(1, council=True)
    assert world.office.directory().agency(1).suspended_by
    world.registry.revert(before)
    world.registry.mine(3)
    assert not world.office.directory().agency(1).suspended_by


def test_enrolling_again_changes_nothing(world: World) -> None:
    said: list[str] = []
    ids = Enrolment(world.office, FakeGoverning(world.registry), plan(), say=said.append).run()
    assert ids == {"top": 1, "low": 2, "other": 3}
    assert said == []


def test_enrolling_goes_on_where_it_was_stopped(world: World) -> None:
    more = plan().model_dump()
    new = {"key": "new", "code": credit_code(4), "name": "演示新机关", "managers": ["new-manager"]}
    more["agencies"].append({**more["agencies"][1], **new, "officers": {"new-preparer": ["PREPARE"]}})
    wanted = type(plan()).model_validate(more)

    class Stopped(Exception):
        pass

    def stop(line: str) -> None:
        raise Stopped(line)

    changes = 0
    while True:
        try:
            ids = Enrolment(world.office, FakeGoverning(world.registry), wanted, say=stop).run()
            break
        except Stopped:
            changes += 1
    assert ids["new"] == 4
    assert changes == 4
    agency = world.office.directory().agency(4)
    assert len(agency.keys) == 1
    assert len(agency.officers) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "an object"),
        ('{"council": []}', "at least 1"),
        ('{"council": ["a"], "colour": 1}', "colour"),
        (
            '{"council": ["a"], "agencies": [{"key": "x", "parent": "y", "code": "1", "name": "", "managers": ["m"]}]}',
            "parent y",
        ),
        (
            '{"council": ["a"], "agencies": [{"key": "x", "code": "", "name": "", "managers": ["m"], "officers": {"o": ["RULE"]}}]}',  # noqa: E501
            "got RULE",
        ),
    ],
)
def test_impossible_plan_is_refused(text: str, words: str) -> None:
    with pytest.raises(PlanInvalid, match=words):
        read_plan(text.encode())


def test_demo_plan_has_five_levels_and_an_issuer_for_every_licence() -> None:
    wanted = read_plan((Path(__file__).parents[2] / "demo" / "plan.json").read_bytes())
    levels: dict[str, int] = {}
    for agency in wanted.agencies:
        levels[agency.key] = levels.get(agency.parent or "", 0) + 1
        assert "演示" in agency.name
        assert parse_credit_code(agency.code).warnings == ()
    assert set(levels.values()) == {1, 2, 3, 4, 5}
    held = {identifier for agency in wanted.agencies for identifier in agency.types}
    follows_money = {"grant-decision", "payment-voucher", "inspection-record"}
    assert held == set(wanted.types) == {each.identifier for each in shipped()} - follows_money
