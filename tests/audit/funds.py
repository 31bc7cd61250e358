"""An issuer that grants and pays, in a registry in memory, and an auditor's index of that registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.history import Heads
from issuer.delivery import document_making
from tests.issuer.licences import carried_out, issue, wanted
from tests.issuer.offices import table
from tests.issuer.papers import renderer
from verifier.audit import citations, grant_accounts, papers
from verifier.check.moments import moment
from verifier.indexing.index import Index
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from issuer.tables.models import Certificate
    from tests.issuer.offices import World
    from verifier.audit.citations import Graph
    from verifier.audit.grant_accounts import Account

GRANT, VOUCHER, INSPECTION = "grant-decision", "payment-voucher", "inspection-record"


class Town:
    """Who grants, pays and inspects, and who looks at it afterwards."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.index = Index(
            Store(f"sqlite:///{folder / 'index.db'}"),
            world.registry,
            Freshness(confirmations=1, max_head_age_s=10**9),
            read_heads=self._heads,
        )

    def grant(self, number: str = "内财专〔2026〕1号", **cells: str) -> Certificate:
        return self._issue(GRANT, number=number, cites="", **cells)

    def voucher(self, number: str, amount: str, decision: bytes, **cells: str) -> Certificate:
        return self._issue(VOUCHER, number=number, amount=amount, decision=decision.hex(), cites="", **cells)

    def inspection(self, *inspected: bytes, number: str = "JC-1") -> Certificate:
        return self._issue(INSPECTION, number=number, cites="、".join(leaf.hex() for leaf in inspected))

    def licence(self, identifier: str, *cited: bytes, **cells: str) -> Certificate:
        """Issue a certificate of any type by its examples, citing what there is to cite."""
        return self._issue(identifier, cites="、".join(leaf.hex() for leaf in cited), **cells)

    def end(self, certificate: Certificate, verb: str = "withdraw", code: str = "circumstances-changed") -> None:
        carried_out(self.world, [certificate], wanted(verb, code))
        self.world.registry.mine(2)

    def sd_jwt(self, certificate: Certificate) -> bytes:
        with self.world.office.store.reading() as work:
            return self.world.office.records.signed(work, work.certificate(certificate.id))[0].encode()

    def pdf(self, certificate: Certificate) -> bytes:
        return document_making.pdf_of(self.world.office, renderer, certificate.id)

    def graph(self, *documents: bytes) -> Graph:
        """Read what was handed in, as it is on the chain now."""
        now = self.world.office.now()
        progress = self.index.follow(now)
        assert progress is not None
        assert not progress.trouble
        when = moment(None, now)
        with self.index.snapshot() as snapshot:
            read = [papers.read(f"{place}", data, snapshot, when) for place, data in enumerate(documents, 1)]
            return citations.graph(read, snapshot, when, all_leaves_known=True)

    def audited(self, *documents: bytes) -> tuple[Graph, Account, list[str]]:
        """Return the graph, the one account, and the codes of all findings."""
        graph = self.graph(*documents)
        (account,), findings = grant_accounts.accounts(graph)
        return graph, account, [finding.code for finding in (*graph.findings, *findings)]

    def _issue(self, identifier: str, **cells: str) -> Certificate:
        (certificate,) = issue(self.world, table(identifier, cells), identifier)
        self.world.registry.mine(2)
        return certificate

    def _heads(self, block: int) -> Heads:
        heads = Heads()
        for record in self.world.registry.records(1, block):
            heads = heads.after(record.event, record.block_number)
        return heads
