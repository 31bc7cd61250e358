"""The result of following citations, as programs read it and as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.audit import grant_accounts
from verifier.audit.citations import Standing
from verifier.audit.exporting import Listing, columns
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chain.strict_json import JSON
    from verifier.audit.citations import Graph, Node
    from verifier.audit.exporting import Cell
    from verifier.audit.finding import Finding
    from verifier.audit.grant_accounts import Account

COLUMNS = columns(
    "citing", "citing_leaf", "citing_standing", "claim", "cited", "cited_leaf", "cited_standing", "cited_status"
)


def as_json(graph: Graph, accounts: Sequence[Account], findings: Sequence[Finding], language: Language) -> JSON:
    """Return all of it. `checked` is false where the register could not be asked: then nothing else is an answer.

    `not_checked` are the codes of what could not be asked otherwise: with any of these, nothing may be said of the
    whole.
    """
    certificates: list[JSON] = [_certificate(node) for node in graph.nodes.values()]
    citations: list[JSON] = [
        {"citing": each.citing.hex(), "cited": each.cited.hex(), "claim": each.claim} for each in graph.citations
    ]
    return {
        "checked": graph.silence is None,
        "not_run": None if graph.silence is None else say(graph.silence, language),
        "not_checked": sorted({finding.code for finding in grant_accounts.not_run(findings)}),
        "documents": [{"name": paper.name, "verdict": paper.report.verdict.value} for paper in graph.papers],
        "certificates": certificates,
        "citations": citations,
        "grants": [_account(account) for account in accounts],
        "findings": [_finding(finding, language) for finding in findings],
        "limits": say(message("audit.citation.only_given"), language),
    }


def listing(graph: Graph) -> Listing:
    """Return who cites whom, as a table."""

    def rows() -> Iterator[tuple[Cell, ...]]:
        for each in graph.citations:
            citing, cited = graph.nodes[each.citing], graph.nodes[each.cited]
            said = (citing.number, citing.leaf, citing.standing.value, each.claim)
            yield *said, cited.number, cited.leaf, cited.standing.value, status(cited)

    return Listing("citations", COLUMNS, rows(), {"checked": graph.silence is None})


def status(node: Node) -> str:
    """Tell what speaks against a certificate, by the tracks' names; `UNKNOWN` where nobody can tell."""
    if node.standing in {Standing.UNCHECKED, Standing.NOT_FOUND}:
        return "UNKNOWN"
    return " ".join(entry.track.name for entry in node.against) or "IN_FORCE"


def _certificate(node: Node) -> Mapping[str, JSON]:
    against: list[JSON] = [
        {
            "track": entry.track.name,
            "since": entry.since.isoformat(),
            "recorded": entry.recorded.isoformat(),
            "new_leaf": None if entry.new_leaf is None else entry.new_leaf.hex(),
        }
        for entry in node.against
    ]
    return {
        "leaf": node.leaf.hex(),
        "number": node.number,
        "type": None if node.type is None else node.type.identifier,
        "standing": node.standing.value,
        "handed_in": node.paper is not None,
        "agencies": list(node.agencies),
        "anchored_at": None if node.anchored_at is None else node.anchored_at.isoformat(),
        "status": status(node),
        "against": against,
    }


def _account(account: Account) -> Mapping[str, JSON]:
    payments: list[JSON] = [
        {
            "leaf": payment.leaf.hex(),
            "number": payment.number,
            "paid_on": payment.paid_on or None,
            "amount": None if payment.amount is None else str(payment.amount),
            "payee": payment.payee,
            "counted": payment.counts,
        }
        for payment in account.payments
    ]
    return {
        "leaf": account.leaf.hex(),
        "number": account.number,
        "granted": str(account.granted),
        "paid": str(account.paid),
        "left": str(account.left),
        "over": str(account.over),
        "exceeded": account.is_exceeded,
        "vouchers": payments,
    }


def _finding(finding: Finding, language: Language) -> Mapping[str, JSON]:
    return {
        "grade": finding.grade.value,
        "code": finding.code,
        "leaf": None if finding.leaf is None else finding.leaf.hex(),
        "agency": finding.agency,
        "arguments": dict(finding.arguments),
        "said": say(message(finding.key, **finding.arguments), language),
        "why": say(message(f"{finding.key}.why"), language),
    }
