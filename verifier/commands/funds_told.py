"""What `audit funds` found, in words and columns for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from verifier.audit import citations_told, grant_accounts
from verifier.audit.finding import Grade
from verifier.wording import message, say, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, JustifyMethod

    from verifier.audit.citations import Graph, Node
    from verifier.audit.finding import Finding
    from verifier.audit.grant_accounts import Account
    from verifier.wording import Language

_WIDE = 10_000
"""So wide is a line where no terminal breaks it: figures that stand in two lines cannot be read by programs."""


def tell(
    graph: Graph, accounts: Sequence[Account], findings: Sequence[Finding], *, console: Console, language: Language
) -> None:
    """Print what was handed in, who cites whom, each grant's account, what was found, and what that comes to."""
    told = _Told(console, language)
    told.papers(graph)
    told.citations(graph)
    told.accounts(accounts)
    told.findings(findings)
    told.result(graph, accounts, findings)


class _Told:
    """Words and columns of one language, on one console."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console, self._language = console, language

    def papers(self, graph: Graph) -> None:
        self._title("papers")
        rows = [
            (paper.report.verdict.value, paper.report.subject.number or "–", self._kind(graph, paper.leaf), paper.name)
            for paper in graph.papers
        ]
        self._columns(("verdict", "number", "type", "name"), rows)

    def citations(self, graph: Graph) -> None:
        self._title("chain")
        rows: list[tuple[str, ...]] = []
        for each in graph.citations:
            citing, cited = graph.nodes[each.citing], graph.nodes[each.cited]
            labels = each.claim if citing.type is None else citing.type.claim(each.claim).labels[self._language]
            standing = self._word(f"standing.{cited.standing.value}")
            rows.append((citing.number, labels, cited.number, standing, self._status(cited)))
        if rows:
            self._columns(("citing", "claim", "cited", "standing", "against"), rows)
        else:
            self._line(self._word("no_citations"))

    def accounts(self, accounts: Sequence[Account]) -> None:
        for account in accounts:
            self._title("grants", f" · {account.number}" + (f" · {account.payee}" if account.payee else ""))
            rows = [
                (
                    each.paid_on or "–",
                    each.number,
                    self._word("yes" if each.counts else "no"),
                    "–" if each.amount is None else each.amount.grouped,
                    each.payee,
                )
                for each in account.payments
            ]
            last = ("over", account.over) if account.is_exceeded else ("left", account.left)
            for key, amount in (("granted", account.granted), ("paid", account.paid), last):
                rows.append((self._word(key), "", "", amount.grouped, ""))
            self._columns(("day", "number", "counted", "amount", "payee"), rows)

    def findings(self, findings: Sequence[Finding]) -> None:
        self._title("found")
        for finding in findings:
            grade = sentence(f"audit.grade.{finding.grade.value}", self._language)
            self._console.print(f"{grade}  {finding.code}", style="bold", markup=False, soft_wrap=True)
            self._line(f"  {say(message(finding.key, **finding.arguments), self._language)}")
            self._line(f"  {say(message(f'{finding.key}.why'), self._language)}")
        if not findings:
            self._line(self._word("nothing_found"))

    def result(self, graph: Graph, accounts: Sequence[Account], findings: Sequence[Finding]) -> None:
        """Say what it comes to; where the register could not be asked, that was said before."""
        self._line("")
        if graph.silence is None:
            grave = sum(finding.grade is not Grade.REMARK for finding in findings)
            missing = len(grant_accounts.not_run(findings))
            if grave:
                self._bold("result.found", grave)
            if missing:
                self._bold("result.not_run", missing)
            if not accounts:
                self._bold("result.none")
            if not grave and not missing and accounts:
                self._bold("result.within")
        self._line(self._word("only_given"))

    def _kind(self, graph: Graph, leaf: bytes | None) -> str:
        node = None if leaf is None else graph.nodes.get(leaf)
        return "–" if node is None or node.type is None else node.type.names[self._language]

    def _status(self, node: Node) -> str:
        status = citations_told.status(node)
        if status in {"UNKNOWN", "IN_FORCE"}:
            return self._word("status_unknown" if status == "UNKNOWN" else "in_force")
        words = None if node.type is None else node.type.status_words
        return ", ".join(
            each.track.name if words is None else words[each.track][self._language] for each in node.against
        )

    def _columns(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        for key in heads:
            is_amount = key == "amount"
            justify: JustifyMethod = "right" if is_amount else "left"
            table.add_column(self._word(key), justify=justify, no_wrap=is_amount, overflow="fold")
        for row in rows:
            table.add_row(*row)
        width = None if self._console.is_terminal else _WIDE
        self._console.print(table, width=width, markup=False, crop=False)

    def _title(self, key: str, more: str = "") -> None:
        self._line("")
        self._console.print(f"{self._word(key)}{more}", style="bold", markup=False, soft_wrap=True)

    def _bold(self, key: str, count: int | None = None) -> None:
        said = message(f"audit.citation.{key}", **({} if count is None else {"count": count}))
        self._console.print(say(said, self._language), style="bold", markup=False, soft_wrap=True)

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def _word(self, key: str) -> str:
        return sentence(f"audit.citation.{key}", self._language)
