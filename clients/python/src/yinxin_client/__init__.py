"""Asks a Yinxin verifier whether an e-certificate is genuine and in force.

from pathlib import Path
from yinxin_client import Verdict, Verifier

with Verifier("https://verify.example.cn") as verifier:
    report = verifier.check(Path("licence.pdf"))
    if report.verdict is Verdict.VALID:
        ...
"""

from __future__ import annotations

from yinxin_client.asking import Brought, ReceiptKind
from yinxin_client.bulk import BulkLine, BulkState, Progress
from yinxin_client.client import BulkCheck, Verifier
from yinxin_client.client_async import AsyncBulkCheck, AsyncVerifier
from yinxin_client.errors import (
    AnswerNotUnderstood,
    BulkFailed,
    Busy,
    NotReached,
    Problem,
    TookTooLong,
    VerifierError,
)
from yinxin_client.models import Agency, Check, Colour, Difference, Outcome, Report, Status, Verdict

__all__ = [
    "Agency",
    "AnswerNotUnderstood",
    "AsyncBulkCheck",
    "AsyncVerifier",
    "Brought",
    "BulkCheck",
    "BulkFailed",
    "BulkLine",
    "BulkState",
    "Busy",
    "Check",
    "Colour",
    "Difference",
    "NotReached",
    "Outcome",
    "Problem",
    "Progress",
    "ReceiptKind",
    "Report",
    "Status",
    "TookTooLong",
    "Verdict",
    "Verifier",
    "VerifierError",
]
