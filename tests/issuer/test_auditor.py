"""An auditor reads everything of the agency, and can change nothing: every page and every form, walked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from issuer.tables.account_models import Role
from issuer.tables.models import Base
from tests.issuer.clerks import pages
from tests.issuer.desks import make, permit
from tests.issuer.test_erasing import HOLDER, NAME, certificates, issued

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from issuer.tables.models import Certificate
    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World

OWN = (
    # Who somebody is, and how the pages look to them.
    *("/account", "/confirm", "/sign-in", "/sign-out", "/language", "/tour", "/invitation"),
    # Nobody needs to be signed in there.
    *("/h", "/oauth", "/provider"),
)
EXAMINES = {"/reconciliation/run"}
"""Asks the chain whether the books agree, and writes down what came of it."""
SEARCHES = {"/batches/{batch_id}", "/certificates"}
"""Find a holder among certificates or a batch's rows; by POST, so that no name ends up in addresses."""
READS = ("/", "/batches", "/queue", "/certificates", "/orders", "/inspections", "/reconciliation", "/log")
KEPT_OF_EVERYBODY = {"audit_line", "sign_in_session", "history", "directory_snapshot", "failed_attempts", "challenge"}
"""Tables that say what people did, and what they are shown; not what the agency holds."""


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened:
        yield opened


@pytest.fixture
def certificate(world: World) -> Certificate:
    (made,) = certificates(world, issued(world, 1, **HOLDER))
    return made


def auditor_of(door: Door) -> Clerk:
    return door.clerk("auditor", Role.AUDITOR, agency=2)


def routes(app: FastAPI, method: str) -> Iterator[str]:
    """Yield the paths of the pages that answer to a method; those of programs have no session."""
    found = [app.router]
    for router in found:
        for route in router.routes:
            if nested := getattr(route, "original_router", None):
                found.append(nested)
            path, methods = getattr(route, "path", ""), getattr(route, "methods", None) or ()
            if method in methods and not path.startswith(("/api/", "/oauth/")):
                yield path


def held(world: World) -> dict[str, list[tuple[object, ...]]]:
    """Return what all tables hold, but for those that say what people did."""
    with world.office.store.reading() as work:
        return {
            name: sorted((tuple(row) for row in work.session.execute(table.select())), key=repr)
            for name, table in Base.metadata.tables.items()
            if name not in KEPT_OF_EVERYBODY
        }


def test_an_auditor_opens_what_the_agency_has(door: Door, certificate: Certificate) -> None:
    auditor = auditor_of(door)
    for path in READS:
        assert auditor.get(path).status_code == 200, path
    assert NAME in auditor.get(f"/certificates/{certificate.id}").text
    assert auditor.get(f"/batches/{certificate.batch_id}").status_code == 200
    assert 'href="/queue"' in auditor.get("/").text


def test_no_form_takes_anything_from_an_auditor(world: World, door: Door, certificate: Certificate) -> None:
    draft = make(world, permit(7))
    with world.office.store.reading() as work:
        open_batch = work.certificate(draft).batch_id
    auditor, walked, taken = auditor_of(door), 0, []
    before = held(world)
    for path in routes(door.app, "POST"):
        if path.startswith(OWN) or path in EXAMINES | SEARCHES:
            continue
        for batch, row in ((open_batch, draft), (certificate.batch_id, certificate.id)):
            names = {"batch_id": str(batch), "row_id": row, "draft_id": row}
            address = re.sub(r"{(\w+)(?::\w+)?}", lambda match, names=names: names.get(match[1], "1"), path)
            answer = auditor.post(address, {"comment": "x"})
            if answer.status_code not in {403, 404}:
                taken.append(f"{path}: {answer.status_code}")
            walked += 1
    assert not taken
    assert walked > 80
    assert held(world) == before


def test_no_page_of_an_auditor_has_a_form_that_changes_something(door: Door, certificate: Certificate) -> None:
    auditor, searches = auditor_of(door), {"/certificates", f"/batches/{certificate.batch_id}"}
    for path in (*READS, f"/certificates/{certificate.id}", f"/batches/{certificate.batch_id}"):
        text = auditor.get(path).text
        forms = [each for each in re.findall("<form[^>]*>", text) if 'method="post"' in each]
        actions = [each.partition('action="')[2].partition('"')[0] for each in forms]
        foreign = [
            each for each in actions if not each.startswith(OWN) and each.partition("#")[0] not in EXAMINES | searches
        ]
        assert not foreign, f"{path}: {foreign}"
