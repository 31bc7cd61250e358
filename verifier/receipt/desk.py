"""Gives receipts: seals what was found, and signs it once somebody wants it on record."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from chain.errors import SigningFailed
from verifier import private_files
from verifier.check import receipt_check, receipts
from verifier.check.receipts import ID_BYTES, BlockNamed
from verifier.receipt import finding as receipt_finding

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from verifier.attesting import Attester
    from verifier.check.receipt_check import Vouchers
    from verifier.check.report import Report
    from verifier.indexing.index import Index
    from verifier.published.evidence_files import EvidenceFiles
    from verifier.published.trust_file import TrustFile
    from verifier.receipt.finding import Finding

KEY_FILE = "findings.key"
"""In the data folder: all processes of one verifier open what one of them sealed."""


@dataclass(slots=True)
class ReceiptDesk:
    """Where receipts are given."""

    index: Index
    attester: Callable[[], Attester]
    """Opens this verifier's key; may raise `SigningFailed`."""
    folder: Path
    files: EvidenceFiles | None = None
    trust: TrustFile | None = None
    _attester: Attester | None = None
    _key: bytes = b""

    def found(self, report: Report, handed_in: bytes) -> Finding | None:
        """Return what can be put on a receipt of this report; None if there is nothing."""
        newest = None if self.files is None else self.files.newest()
        known = None if report.register is None else report.register.block_number
        checkpoint = None
        if newest is not None and known is not None and newest.number <= known:
            checkpoint = BlockNamed(newest.number, newest.hash)
        return receipt_finding.of_report(report, handed_in, identity=self.index.identity(), checkpoint=checkpoint)

    def seal(self, finding: Finding, now: datetime) -> str:
        """Return the finding for whoever asked to hold for a while; raises `SigningFailed` without a key."""
        return receipt_finding.seal(finding, self._sealing_key(), now)

    def unseal(self, text: str, now: datetime) -> Finding:
        """Return a finding that was sealed here; raises `SealBroken`, or `SigningFailed` without a key."""
        return receipt_finding.unseal(text, self._sealing_key(), now)

    def sign(self, finding: Finding, *, asked_by: str = "") -> str:
        """Return the receipt, with an id of its own; raises `InvalidInput` for a name that cannot be shown.

        Raises `SigningFailed` if this verifier has no key.
        """
        receipt = replace(finding.receipt, id=secrets.token_bytes(ID_BYTES), asked_by=asked_by)
        return receipts.sign(receipt, self._own())

    def vouchers(self) -> Vouchers:
        """Return whose receipts are believed here: one's own, and those of the trust list's attesters."""
        try:
            own = self._own().public
        except SigningFailed:
            own = None
        trust = None if self.trust is None or self.trust.data is None else self.trust.trusted
        return receipt_check.vouchers(identity=self.index.identity(), trust=trust, own=own)

    def _own(self) -> Attester:
        if self._attester is None:
            self._attester = self.attester()
        return self._attester

    def _sealing_key(self) -> bytes:
        if not self._key:
            path = self.folder / KEY_FILE
            try:
                # Another process may be quicker; then its key is the one.
                with suppress(FileExistsError):
                    if not path.exists():
                        private_files.write_new(path, Fernet.generate_key())
                self._key = path.read_bytes()
            except OSError as exc:
                raise SigningFailed(f"{path}: {exc.strerror or exc}; wanted the key that seals findings") from exc
        return self._key
