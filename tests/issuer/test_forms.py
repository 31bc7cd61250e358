"""The form of a type, judged by the rules by which everything is judged; its pages with and without a script."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from chain.certificate_types import by_identifier, shipped
from issuer import forms, wording
from issuer.forms import PREFIX, Widget
from issuer.tables.account_models import Role
from issuer.tables.models import State
from tests.issuer.clerks import pages
from tests.issuer.desks import LOW, PERMIT, make, opened, permit
from tests.issuer.offices import permit_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.certificate_types import CertificateType
    from tests.issuer.clerks import Clerk, Door
    from tests.issuer.offices import World

ENGLISH, CHINESE = wording.of("en"), wording.of("zh-CN")
FILE = b"%PDF-1.7\nan existing file\n"


def typed(kind: CertificateType, **cells: str) -> dict[str, str]:
    """Return what somebody types who copies a type's examples."""
    example = {claim.key: claim.example for claim in kind.columns if claim.derived is None}
    return {PREFIX + key: value for key, value in {**example, **cells}.items()}


@pytest.fixture
def door(world: World) -> Iterator[Door]:
    with pages(world) as opened_door:
        yield opened_door


@pytest.fixture
def clerk(door: Door) -> Clerk:
    return door.clerk("low-preparer", Role.PREPARER)


def made(world: World) -> list[str]:
    """Return the row ids of all drafts."""
    with world.office.store.reading() as work:
        return [each.id for each in work.all_certificates(agency=LOW)]


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh-CN"])
@pytest.mark.parametrize("kind", shipped(), ids=lambda kind: kind.identifier)
def test_form_of_every_type_has_a_field_for_all_that_a_clerk_fills_in(kind, words) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    form = forms.blank(kind, words)
    assert [field.claim for field in form.fields] == [claim.key for claim in kind.columns]
    assert all(field.label and field.hint for field in form.fields)
    assert all(field.options for field in form.fields if field.widget in {Widget.RADIOS, Widget.SELECT})


@pytest.mark.parametrize("kind", shipped(), ids=lambda kind: kind.identifier)
def test_example_of_every_type_typed_into_its_form_is_good_and_comes_back_as_it_was(kind) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    form = forms.read(kind, typed(kind), CHINESE)
    assert form.faults == ()
    again = forms.filled(kind, form.claims, CHINESE)
    values = {field.name: field.value for field in again.fields}
    assert forms.read(kind, values, CHINESE).claims == form.claims


def test_all_faults_are_told_at_once_each_at_its_field_and_what_was_typed_stays() -> None:
    form = forms.read(PERMIT, typed(PERMIT, number="", credit_code="123", valid_until="2027-02-30"), ENGLISH)
    assert [name for name, _ in form.faults] == ["claim-number", "claim-credit_code", "claim-valid_until"]
    assert dict(form.faults)["claim-number"] == "Fill in: Permit number"
    assert "calendar" in dict(form.faults)["claim-valid_until"]
    field = form.field("claim-credit_code")
    assert field is not None
    assert (field.value, bool(field.fault)) == ("123", True)


def test_faults_are_told_in_chinese_to_the_last_word() -> None:
    form = forms.read(PERMIT, {PREFIX + "credit_code": "123"}, CHINESE)
    for _, text in form.faults:
        assert not re.search(r"wanted|digits|letters", text)


def test_list_can_be_typed_one_on_each_line() -> None:
    form = forms.read(PERMIT, typed(PERMIT, items="热食类食品制售\r\n冷食类食品制售"), ENGLISH)
    assert form.claims["items"] == ["热食类食品制售", "冷食类食品制售"]


def test_types_that_the_agency_may_issue_are_offered_with_form_and_spreadsheet(clerk: Clerk) -> None:
    page = clerk.get("/new").text
    for kind in shipped():
        assert f"/new/{kind.identifier}" in page
        assert f"/imports?type={kind.identifier}" in page


def test_form_is_sent_and_makes_a_draft(world: World, clerk: Clerk) -> None:
    answer = clerk.post(f"/new/{PERMIT.identifier}", typed(PERMIT))
    assert answer.status_code == 303
    (row,) = made(world)
    assert answer.headers["location"] == f"/drafts/{row}"
    page = clerk.get(f"/drafts/{row}").text
    assert "呼和浩特市演示草原餐饮有限公司" in page
    assert 'value="JY11501020000012"' in page


def test_form_with_faults_comes_back_with_a_summary_and_everything_that_was_typed(world: World, clerk: Clerk) -> None:
    answer = clerk.post(f"/new/{PERMIT.identifier}", typed(PERMIT, number="", credit_code="123"))
    assert answer.status_code == 422
    assert 'href="#claim-number"' in answer.text
    assert 'href="#claim-credit_code"' in answer.text
    assert 'value="123"' in answer.text
    assert made(world) == []


def test_field_that_is_left_is_judged_alone(clerk: Clerk) -> None:
    sent = {**typed(PERMIT, number="", credit_code="123"), "field": "claim-credit_code"}
    answer = clerk.post(f"/new/{PERMIT.identifier}/field", sent)
    assert answer.status_code == 200
    assert 'id="claim-credit_code-error"' in answer.text
    assert "claim-number" not in answer.text
    assert "<html" not in answer.text


def test_field_is_judged_with_the_others_in_view(clerk: Clerk) -> None:
    sent = {**typed(PERMIT, issue_date="2026-05-01", valid_until="2026-04-01"), "field": "claim-valid_until"}
    assert 'id="claim-valid_until-error"' in clerk.post(f"/new/{PERMIT.identifier}/field", sent).text


def test_number_that_is_given_out_is_said_at_its_field(world: World, clerk: Clerk) -> None:
    make(world, permit(1))
    sent = typed(PERMIT, number=permit_number(1), credit_code="", operator_name="别的演示公司")
    sent[PREFIX + "credit_code"] = "91150102MA0XXXX156"
    answer = clerk.post(f"/new/{PERMIT.identifier}", {**sent, "meant": "yes"})
    assert answer.status_code == 422
    assert 'href="#claim-number"' in answer.text
    assert len(made(world)) == 1


def test_same_holder_twice_is_asked_about_and_made_when_it_is_meant(world: World, clerk: Clerk) -> None:
    first = make(world, permit(1))
    sent = typed(PERMIT, number=permit_number(2))
    asked = clerk.post(f"/new/{PERMIT.identifier}", sent)
    assert f"/certificates/{first}" in asked.text
    assert 'name="meant" value="yes"' in asked.text
    assert len(made(world)) == 1
    assert clerk.post(f"/new/{PERMIT.identifier}", {**sent, "meant": "yes"}).status_code == 303
    (row,) = set(made(world)) - {first}
    assert f"/certificates/{first}" in clerk.get(f"/drafts/{row}").text


def test_certificate_can_join_an_open_batch_and_another_can_follow(world: World, clerk: Clerk) -> None:
    number = opened(world, make(world, permit(1))).batch.id
    sent = typed(PERMIT, number=permit_number(2), issue_date="2032-01-31", valid_until="2036-01-30")
    answer = clerk.post(f"/new/{PERMIT.identifier}", {**sent, "batch": str(number), "next": "another"})
    assert answer.headers["location"] == f"/new/{PERMIT.identifier}?batch={number}"
    assert f'<option value="{number}" selected>' in clerk.get(answer.headers["location"]).text
    with world.office.store.reading() as work:
        assert work.batch(number or 0).size == 2


def test_draft_is_changed_by_its_form_and_only_as_it_was_opened(world: World, clerk: Clerk) -> None:
    row = make(world, permit(1))
    seen = opened(world, row).seen
    sent = {**typed(PERMIT, number=permit_number(1), hotline="12345"), "seen": seen}
    assert clerk.post(f"/drafts/{row}", sent).status_code == 303
    assert opened(world, row).content.claims["hotline"] == "12345"
    late = clerk.post(f"/drafts/{row}", {**sent, PREFIX + "hotline": "12315"})
    assert late.status_code == 422
    assert opened(world, row).content.claims["hotline"] == "12345"


def test_another_like_it_has_everything_but_the_number(world: World, clerk: Clerk) -> None:
    row = make(world, permit(1))
    page = clerk.get(f"/new/{PERMIT.identifier}?like={row}").text
    assert "呼和浩特市演示草原餐饮有限公司" in page
    assert permit_number(1) not in page


def test_draft_is_deleted_after_a_question(world: World, clerk: Clerk) -> None:
    row = make(world, permit(1))
    assert permit_number(1) in clerk.get(f"/drafts/{row}/delete").text
    assert clerk.post(f"/drafts/{row}/delete").status_code == 303
    assert made(world) == []


def test_drafts_are_found_by_holder_without_the_name_in_any_address(world: World, clerk: Clerk) -> None:
    make(world, permit(1))
    page = clerk.get(clerk.search("/drafts", text="呼和浩特市演示草原餐饮有限公司", type=PERMIT.identifier)).text
    assert permit_number(1) in page
    assert permit_number(1) not in clerk.get(clerk.search("/drafts", text="别的公司")).text
    assert "呼和浩特市演示草原餐饮有限公司" not in "".join(re.findall(r'(?:href|action)="([^"]*)"', page))


def test_file_that_is_certified_is_kept_as_its_digest_even_when_the_form_comes_back(world: World, clerk: Clerk) -> None:
    answer = clerk.post(
        f"/new/{PERMIT.identifier}", typed(PERMIT, number=""), files={"certify": ("a.pdf", FILE, "application/pdf")}
    )
    kept = re.search(r'name="file" value="([^"]*)"', answer.text)
    assert kept is not None
    assert kept[1] == f"{hashlib.sha256(FILE).hexdigest()}|application/pdf|{len(FILE)}"
    clerk.post(f"/new/{PERMIT.identifier}", {**typed(PERMIT), "file": kept[1]})
    (row,) = made(world)
    assert [each.digest for each in opened(world, row).content.files] == [hashlib.sha256(FILE).digest()]


def test_other_agency_and_other_roles_do_not_get_in(world: World, door: Door) -> None:
    row = make(world, permit(1))
    stranger = door.clerk("other-preparer", Role.PREPARER)
    for path in (f"/drafts/{row}", f"/drafts/{row}/delete", f"/new/{PERMIT.identifier}?like={row}"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/drafts/{row}", typed(PERMIT)).status_code == 404
    assert stranger.post(f"/drafts/{row}/delete").status_code == 404
    reader = door.clerk("reader", Role.AUDITOR, agency=LOW)
    for path in ("/new", f"/new/{PERMIT.identifier}", "/drafts", f"/drafts/{row}", "/imports"):
        assert reader.get(path).status_code == 403
    assert opened(world, row).batch.state == State.DRAFT


def test_forms_are_judged_by_their_own_types_rules() -> None:
    kind = by_identifier("special-operation-certificate")
    form = forms.read(kind, typed(kind), ENGLISH)
    assert form.claims["card_number"] == "T15012118000101000X"
