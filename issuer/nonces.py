"""Which number a sending account's next transaction has, and whether its lane can go on at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import RegistryMismatch
from issuer.errors import LaneFrozen

if TYPE_CHECKING:
    from issuer.office import Office


def following(office: Office, sender: bytes, *, accept_foreign: bool = False) -> int:
    """Return the nonce after the highest one given out here; the node's count must not contradict it.

    Raises `LaneFrozen` if somebody else used the account, unless that is accepted, and `RegistryMismatch` if the chain
    lost what was final.
    """
    on_chain = office.registry.next_nonce(sender)
    with office.store.reading() as work:
        highest = work.highest_nonce(sender)
        still_open = work.open_transactions(sender)
    if highest is None:
        return on_chain
    if on_chain > highest + 1:
        if not accept_foreign:
            why = f"the chain holds {on_chain} of its transactions, this database {highest + 1}"
            raise LaneFrozen(frozen(sender, why))
        return on_chain
    if on_chain <= highest and not still_open:
        raise RegistryMismatch(
            f"0x{sender.hex()}: the chain holds {on_chain} of its transactions, this database saw "
            f"{highest + 1} of them final; the node is on another or an older chain. Nothing was sent"
        )
    return highest + 1


def frozen(sender: bytes, why: str) -> str:
    """Say that somebody else uses a sending account, and what to do."""
    return (
        f"somebody else uses the sending account 0x{sender.hex()}: {why}. Nothing more was sent and "
        "nothing is lost. Find out who it is, or give the issuer an account of its own (YINXIN_SENDER); to go on "
        "with this one, seal with --accept-foreign"
    )
