"""Which number a sending account's next transaction has, and whether its lane can go on at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import RegistryMismatch
from issuer.errors import LaneFrozen
from issuer.tables.catch_up_models import NonceFloor

if TYPE_CHECKING:
    from issuer.office import Office
    from issuer.tables.store import Work


def following(office: Office, sender: bytes, *, accept_foreign: bool = False) -> int:
    """Return the nonce after the highest one given out here; the node's count must not contradict it.

    Raises `LaneFrozen` if somebody else used the account, unless that is accepted, and `RegistryMismatch` if the chain
    lost what was final.
    """
    on_chain = office.registry.next_nonce(sender)
    with office.store.reading() as work:
        here = known(work, sender)
        still_open = work.open_transactions(sender)
    if here is None:
        return on_chain
    if on_chain > here:
        if not accept_foreign:
            why = f"the chain holds {on_chain} of its transactions, this database {here}"
            raise LaneFrozen(frozen(sender, why))
        return on_chain
    if on_chain < here and not still_open:
        raise RegistryMismatch(
            f"0x{sender.hex()}: the chain holds {on_chain} of its transactions, this database saw "
            f"{here} of them final; the node is on another or an older chain. Nothing was sent"
        )
    return here


def known(work: Work, sender: bytes) -> int | None:
    """Return how many of a sending account's transactions this database accounts for, None if it never sent any.

    Those count that were sent after the backup from which it was restored, once they were recognised
    (issuer/catching_up.py).
    """
    highest, floor = work.highest_nonce(sender), work.session.get(NonceFloor, sender)
    counts = [] if highest is None else [highest + 1]
    return max([*counts, *([] if floor is None else [floor.following])], default=None)


def frozen(sender: bytes, why: str) -> str:
    """Say that somebody else uses a sending account, and what to do."""
    return (
        f"somebody else uses the sending account 0x{sender.hex()}: {why}. Nothing more was sent and "
        "nothing is lost. If this database was restored from a backup, it was this issuer itself: run "
        "`yinxin-issuer catch-up`. Else find out who it is, or give the issuer an account of its own (YINXIN_SENDER); "
        "to go on with this one, seal with --accept-foreign"
    )
