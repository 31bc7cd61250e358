"""Agencies: registering, correcting, suspending and resuming them, down five levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.model import NOBODY
from tests.contracts.model_consents import MANAGE
from tests.contracts.people import person
from tests.contracts.world import (
    BANNER,
    LEAGUE,
    NEIGHBOUR,
    REGION,
    credit_code,
    leaves,
    manager,
    managers,
)

if TYPE_CHECKING:
    from tests.contracts.conftest import Refusal
    from tests.contracts.world import World

CODE = credit_code(77)
FIRST = person("first manager").address
UNKNOWN = 99


def test_agency_shows_its_place_and_policy(world: World) -> None:
    shown = world.see(world.agencies, "agency", BANNER)
    registered = shown[7]
    assert shown == (LEAGUE, 3, 0, 1, 0, 0, 2, registered, credit_code(BANNER), "演示机关3")
    [event] = [event for event in world.history() if event.name == "AgencyRegistered" and event.arguments[0] == BANNER]
    assert event.block == registered
    assert world.see(world.agencies, "agencyByCode", credit_code(BANNER)) == BANNER
    assert world.see(world.agencies, "agencyByCode", CODE) == 0
    assert world.see(world.agencies, "numberOfAgencies") == 4


def test_unknown_agency_is_refused_everywhere(world: World, refused: Refusal) -> None:
    kid = bytes(31) + b"\1"
    for function, *arguments in (
        ("agency", UNKNOWN),
        ("nonceOf", UNKNOWN),
        ("isSuspended", UNKNOWN),
        ("requiredApprovals", UNKNOWN),
        ("isSelfOrAbove", REGION, UNKNOWN),
        ("requireMayAnchor", UNKNOWN, 1, 1, FIRST, [FIRST]),
        ("requireMayChangeStatus", UNKNOWN, [FIRST]),
        ("registerAgency", UNKNOWN, CODE, "演示", FIRST, (0, [])),
        ("suspendAgency", UNKNOWN, (0, [])),
        ("resumeAgency", UNKNOWN, (0, [])),
        ("grantType", UNKNOWN, 1, (0, [])),
        ("withdrawType", UNKNOWN, 1, (0, [])),
        ("demandApprovals", UNKNOWN, 2, (0, [])),
        ("setOwnApprovals", UNKNOWN, 2, (0, [])),
        ("setOfficer", UNKNOWN, FIRST, 1, (0, [])),
        ("addKey", UNKNOWN, 1, kid, kid, 0, 0, (0, [])),
        ("cutOffKey", UNKNOWN, kid, 1, (0, [])),
    ):
        with refused("NoSuchAgency", UNKNOWN):
            world.see(world.agencies, function, *arguments)
    for function, *arguments in (("correctAgency", UNKNOWN, CODE, "演示"), ("nameManager", UNKNOWN, FIRST)):
        with refused("NoSuchAgency", UNKNOWN):
            world.decide(world.agencies, function, *arguments)


def test_parent_registers_a_child_and_names_its_first_manager(world: World) -> None:
    made = world.by(managers(LEAGUE), "registerAgency", LEAGUE, CODE, "演示旗县", FIRST)
    by = tuple(officer.address for officer in managers(LEAGUE))
    assert [(event.name, event.arguments) for event in made] == [
        ("AgencyRegistered", (5, LEAGUE, 3, CODE, "演示旗县", by)),
        ("OfficerSet", (5, FIRST, MANAGE, by)),
    ]
    assert world.see(world.agencies, "capabilities", 5, FIRST) == MANAGE
    assert world.see(world.agencies, "nonceOf", 5) == 0


def test_one_manager_and_one_of_the_parent_register_a_child(world: World) -> None:
    assert world.by([manager(LEAGUE), manager(REGION)], "registerAgency", LEAGUE, CODE, "演示旗县", FIRST)


def test_agencies_go_down_five_levels(world: World, refused: Refusal) -> None:
    parent = BANNER
    for level, number in ((4, 5), (5, 6)):
        first = manager(number)
        world.by(
            [manager(parent), manager(parent, 2)] if parent == BANNER else [manager(parent), manager(BANNER)],
            *("registerAgency", parent, credit_code(number), "演示", first.address),
        )
        assert world.see(world.agencies, "agency", number)[1] == level
        parent = number
    with refused("TooDeep", 6):
        world.by([manager(6), manager(5)], "registerAgency", 6, CODE, "演示", FIRST)


@pytest.mark.parametrize(
    "code",
    [
        b"91150000MA0TEST000",  # The check character is wrong.
        b"91150000MAOTEST00I",  # I and O are not in the alphabet.
        CODE.lower()[:17] + b"a",
        CODE[:17] + b"\0",
        b"\0" * 18,
        bytes([CODE[0] ^ 1]) + CODE[1:],
    ],
)
def test_malformed_code_is_refused(world: World, refused: Refusal, code: bytes) -> None:
    with refused("CodeMalformed", code):
        world.by(managers(LEAGUE), "registerAgency", LEAGUE, code, "演示", FIRST)
    with refused("CodeMalformed", code):
        world.decide(world.agencies, "registerTopAgency", code, "演示", FIRST)
    with refused("CodeMalformed", code):
        world.decide(world.agencies, "correctAgency", BANNER, code, "演示")


@pytest.mark.parametrize(
    "code",
    [
        b"91350100M000100Y43",  # The example of GB 32100-2015 itself.
        b"11100000000013338W",  # Genuine codes of agencies.
        b"11330105002500287C",
        b"11430000006122244L",
        b"11370800MB28559184",
        b"11150100X00000027D",  # Invented; X and the check character D.
    ],
)
def test_code_by_the_standard_is_taken(world: World, code: bytes) -> None:
    assert world.decide(world.agencies, "registerTopAgency", code, "演示", FIRST)


def test_code_belongs_to_one_agency(world: World, refused: Refusal) -> None:
    taken = credit_code(NEIGHBOUR)
    with refused("CodeTaken", taken, NEIGHBOUR):
        world.by(managers(LEAGUE), "registerAgency", LEAGUE, taken, "演示", FIRST)
    with refused("CodeTaken", taken, NEIGHBOUR):
        world.decide(world.agencies, "registerTopAgency", taken, "演示", FIRST)
    with refused("CodeTaken", taken, NEIGHBOUR):
        world.decide(world.agencies, "correctAgency", BANNER, taken, "演示")


def test_name_is_one_to_two_hundred_and_fifty_six_bytes(world: World, refused: Refusal) -> None:
    for length in (0, 257):
        with refused("NameOutOfRange", length):
            world.by(managers(LEAGUE), "registerAgency", LEAGUE, CODE, "n" * length, FIRST)
        with refused("NameOutOfRange", length):
            world.decide(world.agencies, "correctAgency", BANNER, CODE, "n" * length)
    assert world.by(managers(LEAGUE), "registerAgency", LEAGUE, CODE, "n" * 256, FIRST)


def test_first_manager_is_somebody(world: World, refused: Refusal) -> None:
    with refused("ZeroAddress"):
        world.by(managers(LEAGUE), "registerAgency", LEAGUE, CODE, "演示", NOBODY)
    with refused("ZeroAddress"):
        world.decide(world.agencies, "registerTopAgency", CODE, "演示", NOBODY)
    with refused("ZeroAddress"):
        world.decide(world.agencies, "nameManager", BANNER, NOBODY)


def test_council_corrects_code_and_name(world: World) -> None:
    made = world.decide(world.agencies, "correctAgency", BANNER, CODE, "更正后的名称")
    assert [(event.name, event.arguments) for event in made] == [("AgencyCorrected", (BANNER, CODE, "更正后的名称"))]
    assert world.see(world.agencies, "agencyByCode", CODE) == BANNER
    assert world.see(world.agencies, "agencyByCode", credit_code(BANNER)) == 0
    assert world.see(world.agencies, "agency", BANNER)[-2:] == (CODE, "更正后的名称")
    world.decide(world.agencies, "correctAgency", BANNER, CODE, "只改名称")
    assert world.see(world.agencies, "agencyByCode", CODE) == BANNER


def test_code_that_was_given_up_is_free_again(world: World) -> None:
    world.decide(world.agencies, "correctAgency", BANNER, CODE, "演示")
    assert world.decide(world.agencies, "registerTopAgency", credit_code(BANNER), "演示", FIRST)


def test_correction_corrects_something(world: World, refused: Refusal) -> None:
    with refused("NoChange"):
        world.decide(world.agencies, "correctAgency", BANNER, credit_code(BANNER), "演示机关3")


def test_council_names_a_manager_of_an_agency_that_lost_its_own(world: World, refused: Refusal) -> None:
    made = world.decide(world.agencies, "nameManager", BANNER, FIRST)
    assert [(event.name, event.arguments) for event in made] == [("OfficerSet", (BANNER, FIRST, MANAGE, ()))]
    with refused("NoChange"):
        world.decide(world.agencies, "nameManager", BANNER, FIRST)


def test_named_manager_keeps_other_capabilities(world: World) -> None:
    world.by(managers(BANNER), "setOfficer", BANNER, FIRST, 1)
    world.decide(world.agencies, "nameManager", BANNER, FIRST)
    assert world.see(world.agencies, "capabilities", BANNER, FIRST) == 1 | MANAGE
    assert world.see(world.agencies, "agency", BANNER)[6] == 3


def test_ancestors_are_known(world: World) -> None:
    above = {(REGION, BANNER), (LEAGUE, BANNER), (REGION, LEAGUE)}
    for ancestor in (REGION, LEAGUE, BANNER, NEIGHBOUR):
        for agency in (REGION, LEAGUE, BANNER, NEIGHBOUR):
            expected = ancestor == agency or (ancestor, agency) in above
            assert world.see(world.agencies, "isSelfOrAbove", ancestor, agency) is expected


def test_suspension_reaches_all_below(world: World) -> None:
    made = world.by([manager(REGION)], "suspendAgency", LEAGUE)
    assert [(event.name, event.arguments) for event in made] == [
        ("AgencySuspended", (LEAGUE, 2, (manager(REGION).address,)))
    ]
    assert [world.see(world.agencies, "isSuspended", agency) for agency in (REGION, LEAGUE, BANNER, NEIGHBOUR)] == [
        False,
        True,
        True,
        False,
    ]


def test_suspended_agency_and_its_children_anchor_nothing(world: World, refused: Refusal) -> None:
    world.by([manager(REGION)], "suspendAgency", LEAGUE)
    for agency in (LEAGUE, BANNER):
        with refused("AgencyIsSuspended", LEAGUE):
            world.anchor(agency, leaves(1))
    world.by(managers(REGION), "resumeAgency", LEAGUE)
    for agency in (LEAGUE, BANNER):
        assert world.anchor(agency, leaves(1))


def test_council_suspends_and_resumes(world: World, refused: Refusal) -> None:
    world.decide(world.agencies, "suspendAgency", REGION, (0, []))
    assert world.see(world.agencies, "agency", REGION)[2] == 1
    with refused("AgencyIsSuspended", REGION):
        world.anchor(BANNER, leaves(1))
    world.decide(world.agencies, "resumeAgency", REGION, (0, []))
    assert world.see(world.agencies, "agency", REGION)[2] == 0


def test_suspension_from_higher_up_raises_who_can_lift_it(world: World, refused: Refusal) -> None:
    world.by([manager(LEAGUE)], "suspendAgency", BANNER)
    assert world.see(world.agencies, "agency", BANNER)[2] == 3
    world.by([manager(REGION)], "suspendAgency", BANNER)
    assert world.see(world.agencies, "agency", BANNER)[2] == 2
    with refused("NoChange"):
        world.by([manager(LEAGUE)], "suspendAgency", BANNER)
    with refused("NoChange"):
        world.by([manager(REGION, 2)], "suspendAgency", BANNER)


def test_agency_that_is_not_suspended_is_not_resumed(world: World, refused: Refusal) -> None:
    with refused("NotSuspended", BANNER):
        world.by(managers(LEAGUE), "resumeAgency", BANNER)


def test_resuming_takes_two(world: World, refused: Refusal) -> None:
    world.by([manager(LEAGUE)], "suspendAgency", BANNER)
    with refused("ConsentInsufficient", (manager(LEAGUE).address,)):
        world.by([manager(LEAGUE)], "resumeAgency", BANNER)
    made = world.by([manager(LEAGUE), manager(REGION)], "resumeAgency", BANNER)
    by = (manager(LEAGUE).address, manager(REGION).address)
    assert [(event.name, event.arguments) for event in made] == [("AgencyResumed", (BANNER, by))]


def test_two_of_a_higher_ancestor_resume(world: World) -> None:
    world.by([manager(LEAGUE)], "suspendAgency", BANNER)
    assert world.by(managers(REGION), "resumeAgency", BANNER)


def test_agency_does_not_suspend_itself_nor_its_neighbour(world: World, refused: Refusal) -> None:
    for agency in (BANNER, NEIGHBOUR):
        with refused("ConsentInsufficient"):
            world.by(managers(BANNER), "suspendAgency", agency)
