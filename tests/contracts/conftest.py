"""One node and one registry for all tests of the contracts; each test finds them as new."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from chain.ethereum.network import Anvil
from tests.contracts.node import Node
from tests.contracts.registry import Reverted
from tests.contracts.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Refusal = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """Start a node under the newest rules that a supported chain may have."""
    with Anvil.start(hardfork="prague") as anvil:
        node = Node(anvil.url)
        yield node
        node.close()


@pytest.fixture(scope="session")
def built(node: Node) -> World:
    """Deploy the registry and enrol its agencies, once."""
    return World(node)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """Lend the registry to a test, and put everything back afterwards."""
    snapshot = built.node.snapshot()
    yield built
    built.node.revert(snapshot)


@contextmanager
def _refused(name: str, *arguments: object) -> Iterator[None]:
    with pytest.raises(Reverted) as caught:
        yield
    assert caught.value.name == name, caught.value
    if arguments:
        assert caught.value.arguments == arguments


@pytest.fixture
def refused() -> Refusal:
    """Return a context in which the contracts must revert with an error of this name (and these arguments)."""
    return _refused
