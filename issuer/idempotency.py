"""One answer to one request, however often it is sent: `Idempotency-Key`.

The key is taken before the work begins and the answer is stored when it is done, so that a client that lost the answer
gets the very same one. Whoever was killed in between leaves a key that counts as given up after a while; what is done
under such keys must be safe to do again (drafts are: the same rows are the same batch).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from issuer.errors import AnswerPending, KeyReused
from issuer.tables import client_rows
from issuer.tables.client_models import RememberedAnswer
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.office import Office

KEPT_FOR = timedelta(hours=48)
GIVEN_UP_AFTER = timedelta(minutes=5)
"""An import of 20,000 rows takes a fraction of it."""
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes
    repeated: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether asking again could bring nothing else: done, or refused for what was asked."""
        return self.status < 500 and self.status not in {401, 403, 408, 409, 429}  # noqa: PLR2004 — HTTP's own numbers


def once(office: Office, *, asker: str, agency: int, key: str, request: bytes, answer: Callable[[], Answer]) -> Answer:
    """Return the answer to a request, worked out once.

    `request` is whatever tells requests apart; only its digest is kept. Answers that are not settled are not kept.
    Raises `InvalidInput`, `KeyReused`, `AnswerPending`, and whatever `answer` does.
    """
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInput(f"Idempotency-Key: got {len(key)} characters, wanted 1 to {LONGEST_KEY} of ASCII")
    office.records.ensure_data_key(office.store, agency, now=office.now())
    digest, wanted = hashlib.sha256(key.encode()).digest(), hashlib.sha256(request).digest()
    known = _take(office, asker, agency, digest, wanted)
    if known is not None:
        return known
    try:
        made = answer()
    except BaseException:
        # Whatever went wrong, the key is free again; only a killed process leaves it taken.
        _give_back(office, asker, digest)
        raise
    if not made.is_settled:
        _give_back(office, asker, digest)
        return made
    with office.store.writing() as work:
        row = client_rows.answer(work, asker, digest)
        if row is not None:
            row.status = made.status
            row.answer = office.records.data_key(work, agency).encrypt(made.body, _place(row), entropy=office.entropy)
    return made


def sweep(office: Office) -> None:
    """Forget what was kept for long enough."""
    with office.store.writing() as work:
        client_rows.drop_answers_before(work, office.now() - KEPT_FOR)


def _take(office: Office, asker: str, agency: int, digest: bytes, wanted: bytes) -> Answer | None:
    now = office.now()
    with office.store.writing() as work:
        client_rows.drop_answers_before(work, now - KEPT_FOR)
        row = client_rows.answer(work, asker, digest)
        if row is None:
            work.add(RememberedAnswer(asker=asker, key_digest=digest, request_digest=wanted, taken_at=now))
            return None
        if row.request_digest != wanted:
            raise KeyReused("Idempotency-Key: got one that came with another request before; wanted a new one")
        if row.status is not None and row.answer is not None:
            body = office.records.data_key(work, agency).decrypt(row.answer, _place(row))
            return Answer(row.status, body, repeated=True)
        if row.taken_at + GIVEN_UP_AFTER > now:
            raise AnswerPending("this request is being worked on; send it again in a few seconds for its answer")
        row.taken_at = now
        return None


def _give_back(office: Office, asker: str, digest: bytes) -> None:
    with office.store.writing() as work:
        row = client_rows.answer(work, asker, digest)
        if row is not None:
            client_rows.drop_answer(work, row)


def _place(row: RememberedAnswer) -> Place:
    return Place("remembered_answer", "answer", str(row.id))
