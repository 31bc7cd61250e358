"""Whether what was paid under a grant decision stays within it: sum, currency, days, payee.

Counted are the vouchers that were handed in, are genuine, and have not been made void since. A decision that was
adjusted is replaced by a newer version of itself: what cites any of its versions is held against the newest one that
was handed in. Other vouchers may exist, which the chain cannot tell from any other certificate; so a grant that is not
exceeded here may still be.
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
    from collections.abc import Iterator, Sequence

    from verifier.audit.citations import Graph, Node
    from verifier.audit.finding import Finding

DECISION = "decision"
"""The voucher's claim that names the decision."""
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


def accounts(graph: Graph) -> tuple[tuple[Account, ...], tuple[Finding, ...]]:
    """Return an account for every genuine decision that was handed in, and what is to be said of its payments."""
    made: list[Account] = []
    found: list[Finding] = []
    vouchers = [node for node in graph.nodes.values() if node.is_of(VOUCHER) and node.claims]
    paid_under: dict[bytes, list[Node]] = defaultdict(list)
    for voucher in vouchers:
        decision = _decision(graph, voucher)
        if decision is not None and decision.type is not None and not decision.is_of(GRANT):
            found.append(named("voucher_of_no_decision", Grade.FAULT, voucher, cited=decision.number))
        elif decision is not None:
            paid_under[decision.leaf].append(voucher)
    for leaf, node in graph.nodes.items():
        if node.is_of(GRANT) and node.claims and _held_against(graph, leaf) == leaf:
            granted = _amount(node)
            if granted is None:
                found.append(named("claim_unreadable", Grade.FAULT, node, claim="amount"))
                continue
            account = _account(node, granted, paid_under[leaf])
            made.append(account)
            found += _of_account(account, node)
            for voucher in paid_under[leaf]:
                found += _of_voucher(voucher, node, granted)
    return tuple(made), (*found, *_twice(vouchers))


def _decision(graph: Graph, voucher: Node) -> Node | None:
    """Return the decision that a voucher is held against; None if it cites none, or none that is known."""
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
                granted=str(account.granted),
                paid=str(account.paid),
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
        yield named("claim_unreadable", Grade.FAULT, voucher, claim="amount")
    elif amount.currency != granted.currency:
        got = {"got": str(amount), "wanted": granted.currency, "decision": decision.number}
        yield named("voucher_currency", Grade.FAULT, voucher, **got)
    first = _day(decision.text("use_from") or decision.text("issue_date"))
    last = _day(decision.text("use_until"))
    if day is None:
        yield named("claim_unreadable", Grade.FAULT, voucher, claim="payment_date")
    elif (first and day < first) or (last and day > last):
        span = {"got": str(day), "first": str(first or "—"), "last": str(last or "—"), "decision": decision.number}
        yield named("voucher_outside_period", Grade.FAULT, voucher, **span)
    # A code says more surely than a name who it is; where the decision has both, both count.
    for key in ("payee_code", "payee_name"):
        wanted, got_name = decision.text(key), voucher.text(key)
        if wanted and wanted != got_name:
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
            yield named("voucher_number_twice", Grade.FAULT, voucher, digits=_digits(voucher), other=_digits(other))
        elif (other := alike.setdefault(what, voucher)) is not voucher:
            yield named("voucher_alike", Grade.REMARK, voucher, other=other.number)


def _digits(node: Node) -> str:
    return node.leaf.hex()[:16]


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
