"""An agency that grants and pays on a chain of its own, and the documents of it that an auditor was given."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from chain.calendar import today
from chain.certificate_types import by_identifier
from chain.ethereum.network import Anvil
from chain.events import Track
from chain.keys import PublicKey
from chain.registry import BatchToAnchor
from chain.validity import Validity
from tests.deployed import document_key, make_deployed
from tests.verifier.copied import TERMS, limited
from tests.verifier.papers_on_chain import certificate_of, set_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.certificate_type import CertificateType
    from tests.deployed import Deployed, Office
    from tests.verifier.book import Paper

GRANT, VOUCHER = by_identifier("grant-decision"), by_identifier("payment-voucher")


@dataclass
class Treasury:
    """An agency that grants and pays, and the documents of it that an auditor was given."""

    deployed: Deployed
    folder: Path
    leaves: dict[str, bytes] = field(default_factory=dict)

    @property
    def office(self) -> Office:
        return self.deployed.offices[0]

    def grant(self, name: str, **cells: str) -> bytes:
        return self.issue(GRANT, name, number=name, cites="", **cells)

    def voucher(self, name: str, amount: str, decision: bytes, **cells: str) -> bytes:
        return self.issue(VOUCHER, name, number=name, amount=amount, decision=decision.hex(), cites="", **cells)

    def issue(self, kind: CertificateType, name: str, **cells: str) -> bytes:
        """Anchor a certificate of that type, keep its document under that name, and return its leaf."""
        return self.hand_out(kind, name, self.certificate(kind, name, **cells))

    def certificate(
        self,
        kind: CertificateType,
        name: str,
        *,
        key: ec.EllipticCurvePrivateKey | None = None,
        **cells: str,
    ) -> Paper:
        by = key or self.office.key
        claims, faults = kind.from_row({claim.key: claim.example for claim in kind.columns} | cells)
        assert not faults
        return certificate_of(
            self.deployed,
            self.office,
            name,
            certificate_type=kind,
            claims=claims,
            validity=Validity(date(2026, 1, 1), None),
            key=by,
            kid=PublicKey.of(by).kid,
        )

    def hand_out(self, kind: CertificateType, name: str, made: Paper) -> bytes:
        self.deployed.anchor(self.office, BatchToAnchor(self.office.agency, kind.number, kind.version, (made.leaf,)))
        (self.folder / name).write_text(made.sd_jwt, encoding="utf-8")
        if kind == VOUCHER:
            day = today(datetime.now(UTC))
            terms = replace(TERMS, made=day, expires=day + timedelta(days=10))
            copied = limited(made, known=kind, key=made.key, terms=terms)
            (self.folder / f"{name}.copy").write_bytes(copied.encode())
        (self.folder / f"{name}.code").write_text(made.code(), encoding="utf-8")
        self.leaves[name] = made.leaf
        return made.leaf

    def issue_with_keys(self) -> None:
        """Issue vouchers with keys that do not count, beside the good one: the chain alone shows nothing of it."""
        governing, office, now = self.deployed.governing(), self.office, datetime.now(UTC)
        named = {name: document_key(f"{name} key") for name in ("cut-off", "expired", "unlisted")}
        for name, valid_until in (("cut-off", now + timedelta(days=9)), ("expired", now - timedelta(days=9))):
            public = PublicKey.of(named[name])
            governing.add_key(
                office.agency,
                x=public.x,
                y=public.y,
                valid_from=0,
                valid_until=int(valid_until.timestamp()),
                by=office.managers,
            )
        block = self.deployed.writer().newest().number
        governing.cut_off_key(office.agency, PublicKey.of(named["cut-off"]).kid, block, by=office.managers)
        for name, key in named.items():
            self.hand_out(VOUCHER, name, self._of_key(name, key))
        late = document_key("late key")
        # Anchored as another type first, then before its key was listed, then well.
        made = {name: self._of_key(name, late) for name in ("listed-later", "again", "beside")}
        leaves = made["again"].leaf, made["beside"].leaf
        self.deployed.anchor(office, BatchToAnchor(office.agency, GRANT.number, GRANT.version, leaves))
        for name in ("listed-later", "again"):
            self.hand_out(VOUCHER, name, made[name])
        public = PublicKey.of(late)
        # Its dates say that it was good all along; only where its listing stands shows that it was not.
        governing.add_key(office.agency, x=public.x, y=public.y, valid_from=0, valid_until=0, by=office.managers)
        leaves = made["beside"].leaf, made["again"].leaf
        self.deployed.anchor(office, BatchToAnchor(office.agency, VOUCHER.number, VOUCHER.version, leaves))

    def _of_key(self, name: str, key: ec.EllipticCurvePrivateKey) -> Paper:
        cells = {"number": name, "amount": "1万元", "decision": self.leaves["GD-1"].hex(), "cites": ""}
        return self.certificate(VOUCHER, name, key=key, **cells)

    def files(self, *names: str) -> list[str]:
        return [str(self.folder / name) for name in names]


@contextmanager
def running(folder: Path) -> Iterator[Treasury]:
    """Run a chain on which an agency grants, pays, withdraws a grant, and signs with keys that do not count."""
    with Anvil.start() as anvil:
        made = Treasury(make_deployed(anvil, levels=1), folder)
        grant = made.grant("GD-1", amount="100万元")
        for number, amount in (("BF-1", "40万元"), ("BF-2", "60万元"), ("BF-3", "0.01元")):
            made.voucher(number, amount, grant, payment_date=f"2026-03-0{number[-1]}")
        made.voucher("BF-8", "1万元", b"\x08" * 32)
        withdrawn = made.grant("GD-2")
        set_status(made.deployed, made.office, withdrawn, Track.WITHDRAWN, datetime.now(UTC) - timedelta(hours=1))
        made.voucher("BF-9", "1万元", withdrawn)
        made.issue_with_keys()
        # A block follows that makes the last of them final.
        anvil.mine(1)
        yield made
