"""A status order in words: legal basis, free text, the decision's digest. Encrypted, for it may name people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from issuer.errors import Erased
from issuer.status import wishes
from issuer.status.wishes import Wish
from issuer.vault import Place

if TYPE_CHECKING:
    from issuer.office import Office
    from issuer.tables.order_models import StatusOrder
    from issuer.tables.store import Work


@dataclass(frozen=True, slots=True)
class Text:
    """An order's words."""

    salt: str
    """In hex; makes the digest on the chain one that nobody can guess the words from."""
    basis: str
    text: str
    decision: str | None
    """SHA-256 of the written decision in hex."""


def close(office: Office, work: Work, order: StatusOrder, text: Text) -> bytes:
    """Encrypt an order's words under the acting agency's key."""
    return _close(office, work, order, "content", json.dumps(asdict(text), ensure_ascii=False))


def opened(office: Office, work: Work, order: StatusOrder) -> Text:
    """Return an order's words; raises `Erased` if they were destroyed with a holder's record."""
    if order.content is None:
        raise Erased(f"status order {order.id}: what it said was erased")
    key = office.records.data_key(work, order.agency)
    return Text(**json.loads(key.decrypt(order.content, _place(order, "content"))))


def close_comment(office: Office, work: Work, order: StatusOrder, comment: str) -> bytes:
    """Encrypt why an order was returned."""
    return _close(office, work, order, "comment", comment)


def comment(office: Office, work: Work, order: StatusOrder) -> str:
    """Return why an order was returned; empty if it was not."""
    if order.comment is None:
        return ""
    return office.records.data_key(work, order.agency).decrypt(order.comment, _place(order, "comment")).decode()


def wish(office: Office, work: Work, order: StatusOrder) -> Wish:
    """Return what the order wants of each certificate."""
    text = opened(office, work, order)
    return Wish(
        verb=order.verb,
        first_day=order.first_day,
        last_day=order.last_day,
        reason=text.text,
        decision=None,
        lift=order.lift,
        confirmed=order.confirmed,
        code=order.code,
        basis=text.basis,
    )


def grounds(office: Office, work: Work, order: StatusOrder) -> bytes:
    """Return what the chain gets the digest of."""
    text = opened(office, work, order)
    return wishes.grounds(bytes.fromhex(text.salt), wish(office, work, order), decision=text.decision)


def _close(office: Office, work: Work, order: StatusOrder, column: str, text: str) -> bytes:
    key = office.records.data_key(work, order.agency)
    return key.encrypt(text.encode(), _place(order, column), entropy=office.entropy)


def _place(order: StatusOrder, column: str) -> Place:
    return Place("status_order", column, str(order.id))
