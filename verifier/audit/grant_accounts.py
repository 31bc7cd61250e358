"""Whether what was paid under a grant decision stays within it: sum, currency, days, payee.

Counted are the vouchers that were handed in, are genuine, and have not been made void since. A decision that was
adjusted is replaced by a newer version of itself: what cites any of its versions is held against the newest one that
was handed in. Other vouchers may exist, which the chain cannot tell from any other certificate; so a grant that is not
exceeded here may still be. What could not be held against anything is NOT RUN, and never within a grant.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from chain.money import Money, parse
from verifier.audit.citations import GRANT, VOUCHER, Standing, named
from verifier.audit.finding import Grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from verifier.audit.citations import Graph, Node
    from verifier.audit.finding import Finding

DECISION = "decision"
"""The voucher's claim that names the decision."""
_NOT_RUN = frozenset(
    {
        "paper_unchecked",
        "citations_withheld",
        "cited_unknown",
        "claim_withheld",
        "grant_newer_not_given",
        "voucher_not_held",
    }
)
"""The findings that say that something could not be asked."""
_NO_GRANT = frozenset({Standing.NOT_FOUND, Standing.NOT_GENUINE})
"""What is cited and is nobody's grant; that is told as a fault of the citation."""
_ALIKE = ("amount", "payment_date", "payee_code")


@dataclass(frozen=True, slots=True)
class Payment:
    """A voucher, held against its decision."""

    leaf: bytes
    number: str
    paid_on: str
    """A calendar day; empty if it cannot be read."""
    amount: Money | None
    payee: str
    counts: bool
    """Whether it is part of what was paid: genuine, in force, in the decision's currency."""


@dataclass(frozen=True, slots=True)
class Account:
    """A grant decision with what was paid under it."""

    leaf: bytes
    number: str
    payee: str
    granted: Money
    paid: Money
    payments: tuple[Payment, ...]
    """By the day of payment, then the number."""

    @property
    def is_exceeded(self) -> bool:
        """Whether more was paid than granted."""
        return self.paid.hundredths > self.granted.hundredths

    @property
    def left(self) -> Money:
        """What may still be paid; nothing where too much was."""
        return Money(max(0, self.granted.hundredths - self.paid.hundredths), self.granted.currency)

    @property
    def over(self) -> Money:
        """What was paid beyond the grant; nothing where it was kept."""
        return Money(max(0, self.paid.hundredths - self.granted.hundredths), self.granted.currency)


def not_run(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return those that say what could not be asked: with any of these, nothing else means that all is well."""
    return tuple(finding for finding in findings if finding.code in _NOT_RUN)


def accounts(graph: Graph) -> tuple[tuple[Account, ...], tuple[Finding, ...]]:
    """Return an account for every genuine decision that was handed in, and what is to be said of its payments."""
    vouchers = [node for node in graph.nodes.values() if node.is_of(VOUCHER) and node.claims]
    paid_under, found = _by_decision(graph, vouchers)
    made: list[Account] = []
    for leaf, node in graph.nodes.items():
        if not node.is_of(GRANT) or not node.claims or _held_against(graph, leaf) != leaf:
            continue
        granted = _amount(node)
        if granted is None:
            found.append(_unread(node, "amount"))
            found += [_not_held(voucher, node) for voucher in paid_under[leaf]]
            continue
        account = _account(node, granted, paid_under[leaf])
        made.append(account)
        if node.newer is not None:
            found.append(named("grant_newer_not_given", Grade.REMARK, node, digits=_digits(node.newer)))
        found += _of_account(account, node)
        for voucher in paid_under[leaf]:
            found += _of_voucher(voucher, node, granted)
    return tuple(made), (*found, *_twice(vouchers))


def _by_decision(graph: Graph, vouchers: Sequence[Node]) -> tuple[Mapping[bytes, list[Node]], list[Finding]]:
    """Return the vouchers by the decision that they are held against, and why others are held against none."""
    paid_under: dict[bytes, list[Node]] = defaultdict(list)
    found: list[Finding] = []
    for voucher in vouchers:
        decision = _decision(graph, voucher)
        if decision is None:
            found.append(_unread(voucher, DECISION))
        elif decision.type is not None and not decision.is_of(GRANT):
            found.append(named("voucher_of_no_decision", Grade.FAULT, voucher, cited=decision.number))
        elif decision.claims:
            paid_under[decision.leaf].append(voucher)
        elif decision.standing not in _NO_GRANT:
            found.append(_not_held(voucher, decision))
    return paid_under, found


def _not_held(voucher: Node, decision: Node) -> Finding:
    return named("voucher_not_held", Grade.REMARK, voucher, decision=decision.number)


def _decision(graph: Graph, voucher: Node) -> Node | None:
    """Return the decision that a voucher is held against; None if it names none that can be read."""
    cited = next((each.cited for each in graph.cited_by(voucher.leaf) if each.claim == DECISION), None)
    return None if cited is None else graph.nodes.get(_held_against(graph, cited))


def _held_against(graph: Graph, leaf: bytes) -> bytes:
    """Return the newest version of a decision that was handed in; itself if none was."""
    newest, seen = leaf, {leaf}
    while (node := graph.nodes.get(leaf)) is not None and node.newer is not None and node.newer not in seen:
        leaf = node.newer
        seen.add(leaf)
        if (later := graph.nodes.get(leaf)) is not None and later.claims:
            newest = leaf
    return newest


def _account(decision: Node, granted: Money, vouchers: Sequence[Node]) -> Account:
    payments = sorted(
        (_payment(voucher, granted.currency) for voucher in vouchers), key=lambda each: (each.paid_on, each.number)
    )
    total = sum(each.amount.hundredths for each in payments if each.counts and each.amount is not None)
    return Account(
        leaf=decision.leaf,
        number=decision.number,
        payee=decision.text("payee_name"),
        granted=granted,
        paid=Money(total, granted.currency),
        payments=tuple(payments),
    )


def _payment(voucher: Node, currency: str) -> Payment:
    amount = _amount(voucher)
    return Payment(
        leaf=voucher.leaf,
        number=voucher.number,
        paid_on=voucher.text("payment_date"),
        amount=amount,
        payee=voucher.text("payee_name"),
        counts=_is_in_force(voucher) and amount is not None and amount.currency == currency,
    )


def _is_in_force(voucher: Node) -> bool:
    return voucher.standing is Standing.GENUINE and not voucher.against


def _of_account(account: Account, decision: Node) -> Iterator[Finding]:
    """Yield that too much was paid, and with which voucher the grant was first exceeded."""
    total = 0
    for payment in account.payments:
        if not payment.counts or payment.amount is None:
            continue
        total += payment.amount.hundredths
        if total > account.granted.hundredths:
            yield named(
                "grant_exceeded",
                Grade.FAULT,
                decision,
                granted=account.granted.grouped,
                paid=account.paid.grouped,
                voucher=payment.number,
                vouchers=sum(each.counts for each in account.payments),
            )
            return


def _of_voucher(voucher: Node, decision: Node, granted: Money) -> Iterator[Finding]:
    """Yield in what a voucher leaves its decision."""
    if voucher.against:
        yield named("voucher_void", Grade.REMARK, voucher, decision=decision.number)
        return
    amount, day = _amount(voucher), _day(voucher.text("payment_date"))
    if amount is None:
        yield _unread(voucher, "amount")
    elif amount.currency != granted.currency:
        got = {"got": amount.grouped, "wanted": granted.currency, "decision": decision.number}
        yield named("voucher_currency", Grade.FAULT, voucher, **got)
    first = _day(decision.text("use_from") or decision.text("issue_date"))
    last = _day(decision.text("use_until"))
    if day is None:
        yield _unread(voucher, "payment_date")
    elif (first and day < first) or (last and day > last):
        span = {"got": str(day), "first": str(first or "—"), "last": str(last or "—"), "decision": decision.number}
        yield named("voucher_outside_period", Grade.FAULT, voucher, **span)
    # A code says more surely than a name who it is; where the decision has both, both count.
    for key in ("payee_code", "payee_name"):
        wanted, got_name = decision.text(key), voucher.text(key)
        if wanted and _withholds(voucher, key):
            yield _unread(voucher, key)
        elif wanted and wanted != got_name:
            other = {"got": got_name or "—", "wanted": wanted, "decision": decision.number}
            yield named("voucher_other_payee", Grade.FAULT, voucher, **other)
            break
    wanted, got_fund = decision.text("fund_name"), voucher.text("fund_name")
    if got_fund and wanted != got_fund:
        fund = {"got": got_fund, "wanted": wanted, "decision": decision.number}
        yield named("voucher_other_fund", Grade.REMARK, voucher, **fund)


def _twice(vouchers: Sequence[Node]) -> Iterator[Finding]:
    """Yield vouchers in force that seem to be one and the same payment."""
    numbered: dict[tuple[object, ...], Node] = {}
    alike: dict[tuple[object, ...], Node] = {}
    for voucher in filter(_is_in_force, vouchers):
        same_number = (voucher.agencies, voucher.number)
        what = (voucher.text(DECISION), *(voucher.text(key) for key in _ALIKE))
        if (other := numbered.setdefault(same_number, voucher)) is not voucher:
            yield named(
                "voucher_number_twice", Grade.FAULT, voucher, digits=_digits(voucher.leaf), other=_digits(other.leaf)
            )
        elif (other := alike.setdefault(what, voucher)) is not voucher:
            yield named("voucher_alike", Grade.REMARK, voucher, other=other.number)


def _unread(node: Node, key: str) -> Finding:
    """Say that a claim cannot be read: it is not shown, or the agency signed what is none."""
    if _withholds(node, key):
        return named("claim_withheld", Grade.REMARK, node, claim=key)
    return named("claim_unreadable", Grade.FAULT, node, claim=key)


def _withholds(node: Node, key: str) -> bool:
    return node.paper is not None and node.paper.withholds(key)


def _digits(leaf: bytes) -> str:
    return leaf.hex()[:16]


def _amount(node: Node) -> Money | None:
    """Read an amount; None for what an agency signed that is none."""
    try:
        return parse(node.text("amount"))
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """Read a day; None for none, and for what is not one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
