"""The page of reconciliations in a browser, with alarms on it, in every view and both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuer.reconciling import running, watching
from issuer.tables.account_models import Role
from tests.browser.desk import door, enrolled, every_look, world
from tests.issuer import strangers
from tests.issuer.licences import LOW, issue_permits

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.desk import Served

__all__ = ["door", "enrolled", "world"]


def test_alarms_and_differences_look_right(door: Served, browser: Browser) -> None:
    office = door.world.office
    (certificate,) = issue_permits(door.world, 1)
    watching.step(office, None)
    strangers.anchored(office, "unknown")
    strangers.revoked(office, certificate.leaf or b"")
    door.world.registry.mine(2)
    watching.step(office, None)
    running.reconcile(office, [LOW], who="low-manager", progress=lambda _done, _total: None)
    every_look(door, browser, "/reconciliation", "reconciliation", "low-manager", Role.AGENCY_MANAGER)
