"""The registry's own heads, against which the records that a node gives are held: so none is left out unnoticed.

Heads and records come from the same node. One that withholds a record and makes up the heads that go with the rest is
believed here: no proof is asked for, and no seal is looked at. The audit does that (`yinxin-verifier audit run`), and a
second node in the settings makes it harder, for all nodes must agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import RegistryUnavailable

if TYPE_CHECKING:
    from chain.history import Heads
    from chain.registry import Block, RegistryWriter

_TRIES = 5
"""How often a node is asked that knows the present alone, and makes a block meanwhile."""


def newest(registry: RegistryWriter) -> tuple[Block, Heads]:
    """Return the newest block, and the heads after it; raises `RegistryError`."""
    for _ in range(_TRIES):
        block = registry.newest()
        if (shown := registry.heads(block.number)) is not None:
            return block, shown
    raise RegistryUnavailable("the node makes blocks faster than it tells the registry's heads; ask again")


def require(made: Heads, shown: Heads, block: int) -> None:
    """Refuse records that do not make the heads after a block; raises `RegistryUnavailable`."""
    differing = [name for name in ("anchors", "statuses", "rights") if getattr(made, name) != getattr(shown, name)]
    if differing:
        raise RegistryUnavailable(
            f"got records up to block {block} that do not make the registry's own heads ({', '.join(differing)}), "
            "wanted all of them; the node withholds some, or tells others: ask a second node"
        )
