"""Several nodes of one registry, believed only where they agree."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, TypeVar

from chain.errors import InvalidInput, RegistryMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chain.events import Record
    from chain.registry import Block, Identity, Registry

T = TypeVar("T")


class AgreeingRegistries:
    """Implements `Registry` over registries that must say the same; one that is silent raises `RegistryUnavailable`.

    It compares what nodes say; it does not prove what they say. Nodes of different operators make a lie harder.
    """

    def __init__(self, registries: Sequence[Registry]) -> None:
        if not registries:
            raise InvalidInput("got no node, wanted at least one")
        self._registries = tuple(registries)

    def identity(self) -> Identity:
        """Return the identity that all show."""
        return self._agreed("identity", [registry.identity() for registry in self._registries])

    def newest(self) -> Block:
        """Return the newest block that all have: at the lower of their heads, all must have the same block."""
        heads = [registry.newest() for registry in self._registries]
        lowest = min(head.number for head in heads)
        return self._agreed(
            f"block {lowest}",
            [
                head if head.number == lowest else registry.block(lowest)
                for registry, head in zip(self._registries, heads, strict=True)
            ],
        )

    def block(self, number: int) -> Block:
        """Return the block of that height, the same on all."""
        return self._agreed(f"block {number}", [registry.block(number) for registry in self._registries])

    def blocks(self, numbers: Sequence[int]) -> Mapping[int, Block]:
        """Return the blocks of these heights, the same on all."""
        return self._agreed("blocks", [registry.blocks(numbers) for registry in self._registries])

    def records(self, first: int, last: int) -> Iterator[Record]:
        """Yield the events that all tell; raises `RegistryMismatch` at the first that one tells differently or not."""
        histories = [registry.records(first, last) for registry in self._registries]
        for told in zip_longest(*histories):
            record = self._agreed(f"an event in blocks {first} to {last}", told)
            if record is not None:
                yield record

    def _agreed(self, what: str, answers: Sequence[T]) -> T:
        for answer in answers[1:]:
            if answer != answers[0]:
                raise RegistryMismatch(f"the nodes disagree about {what}: {answers[0]} and {answer}")
        return answers[0]
