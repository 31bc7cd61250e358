"""The draft of a new version is changed in the form, but for what binds it to the version that it replaces."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from issuer import forms
from issuer.draft import redrafting, replacing
from issuer.draft.drafts import Content
from issuer.draft.redrafting import Bound
from issuer.draft.replacing import Changes
from issuer.errors import NotAllowed, NotReady
from issuer.tables.account_models import Role
from issuer.tables.models import Purpose
from tests.issuer.clerks import pages
from tests.issuer.desks import change, clerk, opened
from tests.issuer.offices import permit_number
from tests.issuer.test_erasing import HOLDER, certificates, issued

if TYPE_CHECKING:
    from issuer.draft.drafts import Draft
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World


def version(world: World, purpose: Purpose = Purpose.REPLACE, **cells: str) -> tuple[Certificate, Draft]:
    (old,) = certificates(world, issued(world, 1, **HOLDER))
    batch = replacing.draft(
        world.office, old, Changes(cells or {"address": "内蒙古自治区呼和浩特市新址1号"}), purpose=purpose
    )
    (new,) = certificates(world, batch)
    return old, opened(world, new.id)


def say(world: World, draft: Draft, **claims: str) -> None:
    content = Content({**draft.content.claims, **claims}, draft.content.files)
    redrafting.change(world.office, draft.certificate.id, content, clerk(world), seen=draft.seen)


def test_what_is_not_bound_is_changed_and_the_link_stays(world: World) -> None:
    old, draft = version(world)
    say(world, draft, address="内蒙古自治区呼和浩特市新址2号")
    again = opened(world, draft.certificate.id)
    assert again.content.claims["address"] == "内蒙古自治区呼和浩特市新址2号"
    assert again.certificate.replaces_id == old.id
    assert (again.batch.purpose, again.batch.from_hour) == (Purpose.REPLACE, draft.batch.from_hour)
    with pytest.raises(NotReady, match="changed by somebody else"):
        say(world, draft, address="内蒙古自治区呼和浩特市新址3号")
    with pytest.raises(NotReady, match="new version"):
        change(world, draft.certificate.id, again.content.claims)


def test_what_is_bound_is_refused_and_says_why(world: World) -> None:
    old, draft = version(world)
    assert redrafting.bound(draft)["issue_date"] is Bound.FIRST_DAY
    with pytest.raises(NotAllowed, match="issue_date"):
        say(world, draft, issue_date="2026-12-31")
    with world.office.store.reading() as work:
        before = world.office.records.claims(work, old)
    with pytest.raises(NotAllowed, match="nothing is different"):
        say(world, draft, address=str(before["address"]))


def test_number_that_a_second_licence_has_too_stays_where_it_stays_as_it_was(world: World) -> None:
    (old,) = certificates(world, issued(world, 1, **HOLDER))
    (twin,) = certificates(world, issued(world, 2))
    with world.office.store.writing() as work:
        # As an agency's books may have it from before: two licences under one number.
        work.certificate(twin.id).number_index = old.number_index
    batch = replacing.draft(
        world.office, old, Changes({"address": "内蒙古自治区呼和浩特市新址1号"}), purpose=Purpose.REPLACE
    )
    (new,) = certificates(world, batch)
    say(world, opened(world, new.id), address="内蒙古自治区呼和浩特市新址2号")
    assert opened(world, new.id).content.claims["address"] == "内蒙古自治区呼和浩特市新址2号"
    issued(world, 3)
    with pytest.raises(NotAllowed, match="given out to another certificate"):
        say(world, opened(world, new.id), number=permit_number(3))


def test_clerk_changes_it_in_the_form_where_bound_fields_are_read_only(world: World) -> None:
    _, draft = version(world)
    url = f"/drafts/{draft.certificate.id}"
    with pages(world) as door:
        preparer = door.clerk("low-preparer", Role.PREPARER)
        shown = preparer.get(url).text
        assert "From this day follows when the old version ends" in shown
        assert f'name="{forms.PREFIX}issue_date"' not in shown
        names = {key: value for key, value in _fields(shown).items() if key not in {"csrf", "file"}}
        address = next(name for name in names if name.endswith("address"))
        names |= {address: "内蒙古自治区呼和浩特市新址9号", address.replace("address", "issue_date"): "2031-01-01"}
        assert preparer.post(url, names).headers["location"] == url
        said = opened(world, draft.certificate.id).content.claims
        assert said["address"] == "内蒙古自治区呼和浩特市新址9号"
        assert said["issue_date"] == draft.content.claims["issue_date"]
        assert f'href="{url}"' in preparer.get(f"/certificates/{draft.certificate.id}").text


def _fields(text: str) -> dict[str, str]:
    """Return what a browser would send of a form's fields."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", text):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and (not re.search("checkbox|radio", tag) or " checked" in tag):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, value in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>([^<]*)</textarea>', text):
        found[name] = html.unescape(value)
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_renewal_keeps_its_number(world: World) -> None:
    _, draft = version(world, Purpose.RENEW, issue_date="2031-01-01", valid_until="2035-12-31")
    assert redrafting.bound(draft)["number"] is Bound.NUMBER
    say(world, draft, valid_until="2035-11-30")
    with pytest.raises(NotAllowed, match="number"):
        say(world, opened(world, draft.certificate.id), number="JY11501020000099")
