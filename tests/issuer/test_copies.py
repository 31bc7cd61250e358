"""Making limited copies: of which certificates, with which key, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chain import copy
from chain.certificate_types import by_identifier
from chain.errors import ClaimsInvalid, InvalidInput
from issuer import audit_log, copies, holding
from issuer.audit_log import Occasion
from issuer.copies import Wish
from issuer.document import qr
from issuer.draft import drafting
from issuer.errors import NotAllowed, NotFound, NotReady
from issuer.status import statuses
from issuer.status.statuses import Wish as StatusWish
from tests.issuer.licences import LOW, PERMIT, issue_permits
from tests.issuer.offices import permits
from tests.issuer.papers import renderer
from verifier.uploads.reading import read_upload

if TYPE_CHECKING:
    from issuer.tables.models import Certificate
    from tests.issuer.offices import World

WHO = "low-preparer"


@pytest.fixture
def permit(world: World) -> Certificate:
    return issue_permits(world, 1, issue_date="2026-01-01", valid_until="2026-04-30")[0]


def wish(world: World, **changes: object) -> Wish:
    made = Wish(frozenset({"hotline"}), "贷款", "演示银行", world.office.today + timedelta(days=10))
    return replace(made, **changes)  # type: ignore[arg-type]  # Tests name the fields.


def make(world: World, permit: Certificate, asked: Wish | None = None, *, by: str = WHO) -> tuple[str, bytes]:
    occasion = Occasion(world.office.now(), "test")
    return copies.make(world.office, renderer(), permit.id, asked or wish(world), by=by, occasion=occasion)


def attached(pdf: bytes) -> copy.LimitedCopy:
    (cose,) = read_upload(pdf).copies
    return copy.read(cose)


def shown(pdf: bytes) -> set[str]:
    known = by_identifier(PERMIT)
    return {known.claims[place].key for place, value in attached(pdf).claims or () if value is not None}


class TestMaking:
    def test_a_copy_shows_what_was_chosen_and_what_is_always_shown(self, world: World, permit: Certificate) -> None:
        _, pdf = make(world, permit)
        always = {claim.key for claim in by_identifier(PERMIT).claims if claim.always and claim.required}
        assert shown(pdf) == always | {"hotline"}
        terms = attached(pdf).content.terms
        assert (terms.purpose, terms.recipient) == ("贷款", "演示银行")
        assert (terms.made, terms.expires) == (world.office.today, world.office.today + timedelta(days=10))

    def test_it_opens_to_the_certificates_leaf(self, world: World, permit: Certificate) -> None:
        opened = copy.open_(attached(make(world, permit)[1]), [claim.key for claim in by_identifier(PERMIT).claims])
        assert attached(make(world, permit)[1]).content.leaf == permit.leaf
        assert opened.credential.agency == LOW

    def test_the_same_copy_is_the_same_bytes_whenever_it_is_asked_for(self, world: World, permit: Certificate) -> None:
        copy_id, pdf = make(world, permit)
        assert copies.pdf_of(world.office, renderer(), permit.id, copy_id) == pdf

    def test_what_was_made_is_listed_and_encrypted(self, world: World, permit: Certificate) -> None:
        make(world, permit, by=holding.HOLDER)
        with world.office.store.reading() as work:
            (made,) = copies.made(world.office, work, permit)
            (row,) = copies.holder_rows.copies(work, permit.id)
        assert made.terms.recipient == "演示银行"
        assert made.by_holder
        assert "hotline" in {claim.key for claim in made.claims}
        assert "演示银行".encode() not in row.cose

    def test_it_is_logged_without_saying_for_whom(self, world: World, permit: Certificate) -> None:
        make(world, permit)
        with world.office.store.reading() as work:
            audit_log.verify(work)
            *_, last = audit_log.account_rows.lines(work)
        assert (last.what, last.who, last.subject) == ("limited copy made", WHO, f"certificate {permit.id}")
        assert "演示银行" not in repr(last)

    def test_a_copy_is_of_one_certificate_only(self, world: World, permit: Certificate) -> None:
        copy_id, _ = make(world, permit)
        (other,) = issue_permits(world, 2, issue_date="2026-01-01", valid_until="2030-12-31")
        for certificate, number in ((other.id, copy_id), (permit.id, "0" * 32)):
            with pytest.raises(NotFound):
                copies.pdf_of(world.office, renderer(), certificate, number)


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"purpose": ""}, {"purpose"}),
            ({"purpose": "长" * 51}, {"purpose"}),
            ({"recipient": "a\u200bb"}, {"recipient"}),
            ({"recipient": "演示\n银行"}, {"recipient"}),
            ({"last_day": None}, {"last_day"}),
            ({"purpose": "", "recipient": "", "last_day": None}, {"purpose", "recipient", "last_day"}),
        ],
    )
    def test_every_fault_of_a_wish_is_told_at_its_field(
        self, world: World, permit: Certificate, changes: dict[str, object], fields: set[str]
    ) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            make(world, permit, wish(world, **changes))
        assert {fault.claim for fault in refused.value.faults} == fields

    def test_a_copy_lasts_180_days_at_most_and_no_longer_than_its_certificate(
        self, world: World, permit: Certificate
    ) -> None:
        today = world.office.today
        (long,) = issue_permits(world, 2, issue_date="2026-01-01", valid_until="2030-12-31")
        assert copies.latest_day(long, today) == today + timedelta(days=180)
        assert copies.latest_day(permit, today) == permit.last_day
        for certificate in (long, permit):
            latest = copies.latest_day(certificate, today)
            make(world, certificate, wish(world, last_day=latest))
            for day in (latest + timedelta(days=1), today - timedelta(days=1)):
                with pytest.raises(ClaimsInvalid):
                    make(world, certificate, wish(world, last_day=day))

    def test_a_claim_that_is_not_there_cannot_be_shown(self, world: World, permit: Certificate) -> None:
        with pytest.raises(InvalidInput, match="nothing"):
            make(world, permit, wish(world, chosen=frozenset({"nothing"})))

    def test_a_suspended_or_revoked_certificate_has_no_copies(self, world: World, permit: Certificate) -> None:
        copy_id, _ = make(world, permit)
        officers = [world.officer("low-preparer"), world.officer("low-approver")]
        asked = StatusWish(verb="suspend", first_day=None, last_day=None, reason="检查", decision=None)
        statuses.carry_out(world.office, permit, asked, officers, carry=lambda: world.lane().run())
        with pytest.raises(NotReady, match="SUSPENSION"):
            make(world, permit)
        assert copies.pdf_of(world.office, renderer(), permit.id, copy_id)

    def test_a_draft_has_no_copies(self, world: World) -> None:
        (batch,) = drafting.draft(world.office, permits(9), by_identifier(PERMIT), agency=LOW).batches
        with world.office.store.reading() as work:
            (draft,) = work.certificates(batch)
        with pytest.raises(NotReady):
            copies.require_in_force(world.office, draft)

    def test_one_that_is_not_in_force_yet_or_any_more_has_none(self, world: World, permit: Certificate) -> None:
        (later,) = issue_permits(world, 3, issue_date="2026-02-01", valid_until="2030-12-31")
        with pytest.raises(NotReady, match="before 2026-02-01"):
            make(world, later)
        world.registry.now += 200 * 86_400
        world.registry.mine()
        with pytest.raises(NotReady, match="ran out on 2026-04-30"):
            make(world, permit, wish(world, last_day=world.office.today))

    def test_ten_copies_are_made_in_a_day(
        self, world: World, permit: Certificate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copies, "A_DAY", 2)
        for _ in range(2):
            make(world, permit)
        with pytest.raises(NotAllowed, match="tomorrow"):
            make(world, permit)
        world.registry.now += 86_400
        make(world, permit)

    def test_a_key_that_was_cut_off_signs_no_copies(self, world: World, permit: Certificate) -> None:
        directory = world.office.directory()
        (key,) = directory.agency(LOW).keys
        key.cut_off_block = 10**9
        with pytest.raises(NotAllowed, match="never cut off"):
            copies.signing_key(world.office, directory, LOW)
        assert permit


def test_a_code_with_much_to_show_goes_without_claims() -> None:
    from tests.chain.test_copy import COPY, HOST  # noqa: PLC0415

    assert copies.code_of(COPY, HOST) == copy.url(HOST, COPY.closed().encode())
    much = replace(COPY, claims=((0, "长" * 2000),))
    assert copies.code_of(much, HOST) == copy.url(HOST, COPY.short().encode())
    large = replace(COPY, claims=((0, "长" * 200),))
    assert qr.encode(copy.url(HOST, large.closed().encode())).version > copies.LARGEST_VERSION
    assert copies.code_of(large, HOST) == copy.url(HOST, COPY.short().encode())
