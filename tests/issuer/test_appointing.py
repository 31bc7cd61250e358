"""People's roles and their rights on the registry: proposed by one manager, consented to by another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlmodel import select

from chain.events import Capability
from issuer import appointing
from issuer.errors import NotAllowed, NotReady
from issuer.tables import appointment_rows
from issuer.tables.account_models import AuditLine, Person, Role, Standing
from issuer.tables.models import State
from tests.fake_governing import FakeGoverning

if TYPE_CHECKING:
    from issuer.appointing import Difference
    from tests.issuer.offices import World

LOW = 2


def hired(world: World, login: str, *roles: Role, standing: Standing = Standing.ACTIVE) -> bytes:
    """Give somebody an account and a key of their own; returns the key's address."""
    account = world.office.keystore.new_officer(login, agency=LOW)
    with world.office.store.writing() as work:
        work.add(
            Person(
                login=login,
                display_name=login,
                agency=LOW,
                roles=",".join(sorted(roles)),
                standing=standing,
                key_name=login,
                key_address=account.address,
                created_at=world.office.now(),
            )
        )
    return account.address


def difference(world: World, officer: bytes) -> Difference | None:
    with world.office.store.reading() as work:
        found = appointing.differences(work, world.office.directory(), LOW)
    return next((each for each in found if each.officer == officer), None)


def state_of(world: World, number: int) -> str:
    with world.office.store.reading() as work:
        return appointment_rows.find(work, number).state


def carried(world: World) -> None:
    world.lane().run()


def test_roles_become_rights_by_two_managers(world: World) -> None:
    newcomer = hired(world, "newcomer", Role.PREPARER, Role.STATUS_OFFICER)
    found = difference(world, newcomer)
    assert found is not None
    assert (found.held, found.wanted) == (Capability(0), Capability.PREPARE | Capability.STATUS)

    (number,) = appointing.propose(world.office, LOW, [newcomer], world.officer("low-manager"))
    assert state_of(world, number) == State.PREPARED
    assert difference(world, newcomer).waiting == number  # type: ignore[union-attr]
    appointing.consent(world.office, [number], world.officer("top-manager"))
    assert state_of(world, number) == State.QUEUED

    carried(world)
    assert state_of(world, number) == State.FINAL
    assert difference(world, newcomer) is None
    assert world.registry.capabilities(LOW, newcomer) == Capability.PREPARE | Capability.STATUS


def test_several_go_one_after_the_other_in_one_go(world: World) -> None:
    people = [hired(world, f"person-{index}", Role.APPROVER) for index in range(3)]
    numbers = appointing.propose(world.office, LOW, people, world.officer("low-manager"))
    appointing.consent(world.office, numbers, world.officer("top-manager"))
    carried(world)
    assert [state_of(world, number) for number in numbers] == [State.FINAL] * 3
    assert all(world.registry.capabilities(LOW, each) == Capability.APPROVE for each in people)


def test_what_is_taken_away_needs_one_manager(world: World) -> None:
    leaver = hired(world, "leaver", Role.APPROVER)
    numbers = appointing.propose(world.office, LOW, [leaver], world.officer("low-manager"))
    appointing.consent(world.office, numbers, world.officer("top-manager"))
    carried(world)
    with world.office.store.writing() as work:
        work.session.exec(select(Person).where(Person.login == "leaver")).one().standing = Standing.CLOSED
    (number,) = appointing.propose(world.office, LOW, [leaver], world.officer("low-manager"))
    assert state_of(world, number) == State.QUEUED
    carried(world)
    assert world.registry.capabilities(LOW, leaver) == Capability(0)


def test_keys_that_nobody_has_are_listed_last(world: World) -> None:
    with world.office.store.reading() as work:
        found = appointing.differences(work, world.office.directory(), LOW)
    # The plan's officers have no accounts here.
    assert found
    assert all(each.person_id is None and each.wanted == Capability(0) for each in found)


def test_one_key_under_two_names_is_one_manager(world: World) -> None:
    newcomer = hired(world, "newcomer", Role.APPROVER)
    key = world.officer("low-manager")
    (number,) = appointing.propose(world.office, LOW, [newcomer], replace(key, login="chen"))
    with pytest.raises(NotAllowed, match="signed this already"):
        appointing.consent(world.office, [number], key)
    assert state_of(world, number) == State.PREPARED


def test_neither_the_first_manager_nor_a_stranger_nor_the_person_is_the_second(world: World) -> None:
    newcomer = hired(world, "newcomer", Role.AGENCY_MANAGER)
    manager = world.officer("low-manager")
    (number,) = appointing.propose(world.office, LOW, [newcomer], manager)
    for wrong in (manager, world.officer("low-approver"), world.officer("other-manager"), world.officer("newcomer")):
        with pytest.raises(NotAllowed):
            appointing.consent(world.office, [number], wrong)
    assert state_of(world, number) == State.PREPARED


def test_nobody_proposes_for_the_own_key(world: World) -> None:
    manager = world.officer("low-manager")
    with pytest.raises(NotAllowed, match="own key"):
        appointing.propose(world.office, LOW, [manager.signer.address], manager)


def test_only_managers_propose(world: World) -> None:
    newcomer = hired(world, "newcomer", Role.PREPARER)
    for wrong in ("low-preparer", "top-manager"):
        with pytest.raises(NotAllowed):
            appointing.propose(world.office, LOW, [newcomer], world.officer(wrong))


def test_a_change_that_overtakes_makes_the_consents_void(world: World) -> None:
    newcomer = hired(world, "newcomer", Role.PREPARER)
    (number,) = appointing.propose(world.office, LOW, [newcomer], world.officer("low-manager"))
    managers = [world.officer(name).signer for name in ("low-manager", "top-manager")]
    FakeGoverning(world.registry).set_officer(LOW, b"\x11" * 20, Capability.PREPARE, by=managers)
    with pytest.raises(NotReady):
        appointing.consent(world.office, [number], world.officer("top-manager"))
    assert state_of(world, number) == State.DISCARDED
    (again,) = appointing.propose(world.office, LOW, [newcomer], world.officer("low-manager"))
    appointing.consent(world.office, [again], world.officer("top-manager"))
    carried(world)
    assert world.registry.capabilities(LOW, newcomer) == Capability.PREPARE


def test_what_was_proposed_after_a_withdrawn_one_is_void_with_it(world: World) -> None:
    people = [hired(world, f"person-{index}", Role.APPROVER) for index in range(3)]
    numbers = appointing.propose(world.office, LOW, people, world.officer("low-manager"))
    appointing.withdraw(world.office, numbers[1], world.officer("low-manager"))
    assert [state_of(world, each) for each in numbers] == [State.PREPARED, State.DISCARDED, State.DISCARDED]


def test_every_step_is_in_the_log_of_actions_with_what_changes(world: World) -> None:
    newcomer = hired(world, "newcomer", Role.PREPARER)
    (number,) = appointing.propose(world.office, LOW, [newcomer], replace(world.officer("low-manager"), login="boss"))
    appointing.consent(world.office, [number], world.officer("top-manager"))
    with world.office.store.reading() as work:
        lines = work.session.exec(select(AuditLine).where(AuditLine.subject == "newcomer")).all()
    assert [(line.who, line.what, line.detail) for line in lines] == [
        ("boss", "rights proposed", "nothing → PREPARE"),
        ("top-manager", "rights consented to", "nothing → PREPARE"),
    ]
