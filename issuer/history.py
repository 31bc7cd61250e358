"""What happened to a batch or a certificate: one line for each change of state, without personal data.

What a person did is in the log of actions as well (issuer/audit_log.py), within the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from issuer import audit_log
from issuer.audit_log import Occasion
from issuer.tables.models import History

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from issuer.keys import Officer
    from issuer.tables.store import Work

_log = structlog.get_logger()


def note(
    work: Work,
    what: str,
    *,
    at: datetime,
    by: Sequence[Officer] = (),
    detail: str = "",
    batch_id: int | None = None,
    certificate_id: str | None = None,
) -> None:
    """Add a line; with the officers whose doing it is, one to the log of actions for each of them, too."""
    who = ",".join(officer.login or officer.name for officer in by)
    work.add(History(at=at, what=what, who=who, detail=detail, batch_id=batch_id, certificate_id=certificate_id))
    subject = f"batch {batch_id}" if batch_id is not None else f"certificate {certificate_id}"
    for officer in by:
        audit_log.add(
            work,
            Occasion(at, officer.source),
            what,
            who=officer.login or officer.name,
            agency=officer.agency,
            subject=subject,
            detail=detail,
        )
    if not by:
        _log.info(what, batch=batch_id, certificate=certificate_id)
