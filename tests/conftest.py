"""What tests of all rooms share: one development chain and one registry on it for the whole session.

Nothing is undone between tests. A test that needs a history of its own takes leaves that only it has (`leaves_of` with
its own label); one that changes agencies for good takes `fresh_deployment`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog

from chain.ethereum.network import Anvil
from tests.deployed import Deployed, make_deployed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Undo what a command that ran within a test set up for its log."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    """Return a chain on which every transaction makes its block at once."""
    with Anvil.start() as running:
        yield running


@pytest.fixture(scope="session")
def deployment(anvil: Anvil) -> Deployed:
    """Return a registry with agencies on five levels."""
    return make_deployed(anvil)


@pytest.fixture
def fresh_anvil() -> Iterator[Anvil]:
    """Return a chain that only this test has, to stop, rewind or reorganise."""
    with Anvil.start() as running:
        yield running


@pytest.fixture
def fresh_deployment(fresh_anvil: Anvil) -> Deployed:
    """Return a registry with one agency that only this test has."""
    return make_deployed(fresh_anvil, levels=1)
