"""Money and inspections followed from document to document: who cites whom, and what was paid under a grant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chain.certificate import parse, present
from chain.certificate_types import shipped
from chain.events import Track
from tests.audit.funds import Town
from tests.issuer.offices import copy_world, make_world, permit_number
from verifier.audit import citations, grant_accounts
from verifier.audit import papers as handed
from verifier.audit.citations import Against, Citation, Graph, Node, Standing
from verifier.audit.finding import Grade
from verifier.check.moments import moment
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from pathlib import Path

    from tests.issuer.offices import World


LICENCES = shipped()[:8]
"""The types that are neither about money nor inspections."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("made"))


@pytest.fixture
def town(made: World, tmp_path: Path) -> Town:
    return Town(copy_world(made, tmp_path / "office"), tmp_path)


def leaf(certificate: object) -> bytes:
    found = getattr(certificate, "leaf", None)
    assert isinstance(found, bytes)
    return found


def test_three_vouchers_one_too_many_are_found_in_the_documents_that_people_have(town: Town) -> None:
    grant = town.grant(amount="100万元")
    vouchers = [
        town.voucher(f"BF-{place}", amount, leaf(grant), payment_date=f"2026-0{place + 2}-01")
        for place, amount in enumerate(("40万元", "50万元", "20万元"), 1)
    ]
    papers = [town.pdf(each) for each in (grant, *vouchers)]
    graph, account, codes = town.audited(*papers)
    assert {node.standing for node in graph.nodes.values()} == {Standing.GENUINE}
    assert [(each.citing, each.cited, each.claim) for each in graph.citations] == [
        (leaf(voucher), leaf(grant), "decision") for voucher in vouchers
    ]
    assert (str(account.granted), str(account.paid), account.is_exceeded) == ("1000000.00 CNY", "1100000.00 CNY", True)
    assert [payment.number for payment in account.payments] == ["BF-1", "BF-2", "BF-3"]
    assert codes == ["grant_exceeded"]
    _, (found,) = grant_accounts.accounts(graph)
    assert found.grade is Grade.FAULT
    assert found.arguments["voucher"] == "BF-3"
    for language in Language:
        assert "BF-3" in say(message(found.key, **found.arguments), language)
    # One fewer, and all is well.
    _, account, codes = town.audited(*papers[:-1])
    assert (codes, str(account.left)) == ([], "100000.00 CNY")


def test_voucher_outside_currency_days_payee_and_fund_is_told(town: Town) -> None:
    grant = town.grant(use_from="2026-02-01", use_until="2026-06-30")
    odd = {
        "voucher_currency": town.voucher("BF-1", "10万美元", leaf(grant)),
        "voucher_outside_period": town.voucher("BF-2", "1万元", leaf(grant), payment_date="2026-07-01"),
        "voucher_other_payee": town.voucher("BF-3", "1万元", leaf(grant), payee_code="91110000600037341L"),
        "voucher_other_fund": town.voucher("BF-4", "1万元", leaf(grant), fund_name="别的资金"),
    }
    _, account, codes = town.audited(*map(town.sd_jwt, (grant, *odd.values())))
    assert codes == list(odd)
    assert str(account.paid) == "30000.00 CNY"
    assert [payment.number for payment in account.payments if not payment.counts] == ["BF-1"]


def test_payment_on_the_last_day_and_to_anybody_where_no_payee_is_named_is_within(town: Town) -> None:
    grant = town.grant(payee_name="", payee_code="", use_until="2026-06-30")
    voucher = town.voucher("BF-1", "100万元", leaf(grant), payment_date="2026-06-30", payee_code="91110000600037341L")
    _, account, codes = town.audited(town.sd_jwt(grant), town.sd_jwt(voucher))
    assert (codes, account.left.hundredths) == ([], 0)


def test_what_is_cited_and_not_handed_in_is_unknown_not_failed(town: Town) -> None:
    grant = town.grant()
    voucher = town.voucher("BF-1", "1万元", leaf(grant))
    graph = town.graph(town.sd_jwt(voucher))
    assert graph.nodes[leaf(grant)].standing is Standing.ANCHORED
    assert graph.nodes[leaf(grant)].is_of("grant-decision")
    assert [(each.code, each.grade) for each in graph.findings] == [("cited_not_given", Grade.REMARK)]
    made, found = grant_accounts.accounts(graph)
    assert made == ()
    assert [each.code for each in grant_accounts.not_run(found)] == ["voucher_not_held"]


def test_cited_leaf_that_nobody_anchored_is_found_out(town: Town) -> None:
    voucher = town.voucher("BF-1", "1万元", b"\x05" * 32)
    graph = town.graph(town.sd_jwt(voucher))
    assert graph.nodes[b"\x05" * 32].standing is Standing.NOT_FOUND
    assert [(each.code, each.grade) for each in graph.findings] == [("cited_not_found", Grade.FAULT)]


def test_unread_batches_make_a_missing_leaf_unknown(town: Town) -> None:
    town.graph()
    voucher = town.sd_jwt(town.voucher("BF-1", "1万元", b"\x05" * 32))
    now = town.world.office.now()
    town.index.follow(now)
    with town.index.snapshot() as snapshot:
        paper = handed.read("voucher", voucher, snapshot, moment(None, now))
        graph = citations.graph([paper], snapshot, moment(None, now), all_leaves_known=False)
    assert [each.code for each in graph.findings] == ["cited_unknown"]


def test_without_a_register_nothing_is_checked_and_nothing_is_called_missing(town: Town) -> None:
    voucher = town.sd_jwt(town.voucher("BF-1", "1万元", leaf(town.grant())))
    when = moment(None, town.world.office.now())
    graph = citations.graph([handed.read("voucher", voucher, None, when)], None, when, all_leaves_known=True)
    assert graph.silence is not None
    assert {node.standing for node in graph.nodes.values()} == {Standing.UNCHECKED}
    assert [each.code for each in graph.findings] == ["paper_unchecked", "cited_unknown"]


def test_voucher_of_a_decision_that_was_withdrawn_before_is_a_fault_and_afterwards_a_remark(town: Town) -> None:
    grant = town.grant()
    early = town.voucher("BF-1", "1万元", leaf(grant))
    town.world.registry.now += 7200
    town.end(grant)
    town.world.registry.now += 7200
    late = town.voucher("BF-2", "2万元", leaf(grant))
    graph, _, codes = town.audited(*map(town.sd_jwt, (grant, early, late)))
    assert codes == ["cited_withdrawn", "cited_withdrawn"]
    assert {(each.leaf, each.grade) for each in graph.findings} == {
        (leaf(early), Grade.REMARK),
        (leaf(late), Grade.FAULT),
    }


def test_a_newer_decision_that_was_not_handed_in_may_grant_less(town: Town) -> None:
    grant = town.grant()
    graph = town.graph(*map(town.sd_jwt, (grant, town.voucher("BF-1", "1万元", leaf(grant)))))
    when, newer = datetime(2026, 3, 1, tzinfo=UTC), b"\x09" * 32
    adjusted = replace(graph.nodes[leaf(grant)], against=(Against(Track.REPLACED, when, when, newer),))
    (account,), found = grant_accounts.accounts(replace(graph, nodes={**graph.nodes, adjusted.leaf: adjusted}))
    assert str(account.paid) == "10000.00 CNY"
    assert [each.code for each in grant_accounts.not_run(found)] == ["grant_newer_not_given"]


def test_void_voucher_is_not_counted(town: Town) -> None:
    grant = town.grant(amount="10万元")
    vouchers = [
        town.voucher(f"BF-{place}", "10万元", leaf(grant), payment_date=f"2026-03-0{place}") for place in (1, 2)
    ]
    town.end(vouchers[0], "cancel", "other")
    _, account, codes = town.audited(*map(town.sd_jwt, (grant, *vouchers)))
    assert str(account.paid) == "100000.00 CNY"
    assert codes == ["voucher_void"]


def test_the_same_voucher_twice_is_counted_once_and_one_just_like_it_is_told(town: Town) -> None:
    grant = town.grant()
    voucher = town.voucher("BF-1", "1万元", leaf(grant))
    alike = town.voucher("BF-2", "1万元", leaf(grant))
    _, account, codes = town.audited(*map(town.sd_jwt, (grant, voucher, voucher, alike)))
    assert str(account.paid) == "20000.00 CNY"
    assert codes == ["paper_twice", "voucher_alike"]


def test_of_several_documents_of_one_certificate_the_better_one_counts_whatever_their_order(town: Town) -> None:
    """A code before the document, one that shows less, a forged one: none of them takes the good one's place."""
    grant = town.grant(amount="100万元")
    whole = town.sd_jwt(town.voucher("BF-1", "1万元", leaf(grant)))
    other = town.sd_jwt(town.voucher("BF-2", "1万元", leaf(grant)))
    less = present(whole.decode(), parse(whole.decode()).claims.keys() - {"amount", "decision"}).encode()
    signature, (head, _, rest) = other.split(b".")[2].partition(b"~")[0], whole.partition(b"~")
    forged = head.rpartition(b".")[0] + b"." + signature + b"~" + rest
    for worse, told in ((less, []), (forged, ["paper_not_genuine"])):
        for documents in ((whole, worse), (worse, whole)):
            _, account, codes = town.audited(town.sd_jwt(grant), *documents)
            assert str(account.paid) == "10000.00 CNY"
            assert [code for code in codes if code != "paper_twice"] == told
    # What the one that counts withholds is told, though another one was handed in before it.
    _, account, codes = town.audited(town.sd_jwt(grant), forged, less)
    assert account.payments == ()
    assert codes == ["paper_not_genuine", "paper_twice", "citations_withheld", "claim_withheld"]


def test_two_vouchers_with_one_number_are_told(town: Town) -> None:
    """An honest issuer gives no number twice; what came from elsewhere may bear one."""
    grant = town.grant()
    graph = town.graph(town.sd_jwt(grant), town.sd_jwt(town.voucher("BF-1", "1万元", leaf(grant))))
    twin = replace(graph.nodes[graph.citations[0].citing], leaf=b"\x07" * 32)
    doubled = replace(
        graph,
        nodes={**graph.nodes, twin.leaf: twin},
        citations=(*graph.citations, replace(graph.citations[0], citing=twin.leaf)),
    )
    (account,), (found,) = grant_accounts.accounts(doubled)
    assert (found.code, found.arguments["digits"]) == ("voucher_number_twice", "07" * 8)
    assert str(account.paid) == "20000.00 CNY"


def test_citations_lead_in_a_circle_only_through_versions() -> None:
    when = datetime(2026, 3, 1, tzinfo=UTC)
    old, new, between = (bytes([count]) * 32 for count in (1, 2, 3))

    def node(of: bytes, *against: Against) -> Node:
        return Node(of, Standing.ANCHORED, None, None, (1,), when, against)

    nodes = {
        old: node(old, Against(Track.REPLACED, when, when, new)),
        new: node(new),
        between: node(between),
    }
    cites = (Citation(new, between, "cites"), Citation(between, old, "cites"))
    found = list(citations.circles(Graph((), nodes, cites, (), None)))
    assert {each.leaf for each in found} == {new, between}
    assert list(citations.circles(Graph((), nodes | {old: node(old)}, cites, (), None))) == []


def test_voucher_that_cites_no_decision_is_told(town: Town) -> None:
    grant = town.grant()
    first = town.voucher("BF-1", "1万元", leaf(grant))
    second = town.voucher("BF-2", "1万元", leaf(first))
    _, account, codes = town.audited(*map(town.sd_jwt, (grant, first, second)))
    assert codes == ["voucher_of_no_decision"]
    assert [payment.number for payment in account.payments] == ["BF-1"]


def test_inspection_record_cites_what_was_inspected_and_tells_its_status(town: Town) -> None:
    grant = town.grant()
    town.end(grant)
    record = town.inspection(leaf(grant), leaf(town.voucher("BF-1", "1万元", leaf(grant))))
    graph = town.graph(town.sd_jwt(record), town.sd_jwt(grant))
    assert [each.claim for each in graph.cited_by(leaf(record))] == ["cites", "cites"]
    assert [(each.code, each.grade) for each in graph.findings] == [
        ("cited_withdrawn", Grade.REMARK),
        ("cited_not_given", Grade.REMARK),
    ]


def test_licence_of_every_type_can_cite_others_and_those_without_citations_withhold_none(town: Town) -> None:
    cited = town.grant()
    licences = [town.licence(each.identifier, leaf(cited)) for each in LICENCES]
    without = town.licence("food-operation-permit", number=permit_number(2))
    # What people have: the documents, read back; and certificates as programs hand them on.
    papers = [town.pdf(licences[0]), *(town.sd_jwt(each) for each in licences[1:]), town.sd_jwt(without)]
    graph = town.graph(town.sd_jwt(cited), *papers)
    assert {node.standing for node in graph.nodes.values()} == {Standing.GENUINE}
    assert [(each.citing, each.cited, each.claim) for each in graph.citations] == [
        (leaf(licence), leaf(cited), "cites") for licence in licences
    ]
    assert graph.findings == ()


def test_licence_whose_citations_are_withheld_is_told_and_so_is_one_that_may_withhold_them(town: Town) -> None:
    """Whoever withholds anything that need not be there may withhold citations: nobody can tell."""
    licence = town.licence("business-licence", leaf(town.grant()))
    shown = town.sd_jwt(licence).decode()
    names = parse(shown).claims.keys()
    told = [
        [finding.code for finding in town.graph(present(shown, names - {hidden}).encode()).findings]
        for hidden in ("cites", "address", "registered_capital")
    ]
    assert told == [["citations_withheld"], ["cited_not_given"], ["cited_not_given"]]
    bare = town.sd_jwt(town.licence("food-operation-permit")).decode()
    assert town.graph(present(bare, parse(bare).claims.keys() - {"premises"}).encode()).findings == ()
    hotline = present(bare, parse(bare).claims.keys() - {"hotline"}).encode()
    assert [finding.code for finding in town.graph(hotline).findings] == ["citations_withheld"]


def test_altered_document_is_an_alarm_and_not_counted(town: Town) -> None:
    grant = town.grant()
    forged = town.sd_jwt(town.voucher("BF-1", "1万元", leaf(grant)))
    head, _, rest = forged.partition(b".")
    payload, _, tail = rest.partition(b".")
    signature, _, shown = tail.partition(b"~")
    other = town.sd_jwt(town.voucher("BF-2", "1万元", leaf(grant))).split(b".")[2].partition(b"~")[0]
    assert signature != other
    graph, account, codes = town.audited(town.sd_jwt(grant), b".".join((head, payload, other + b"~" + shown)), b"no")
    assert codes == ["paper_not_genuine", "paper_unchecked"]
    assert account.payments == ()
    assert graph.findings[0].grade is Grade.ALARM
