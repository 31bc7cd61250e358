"""Issuers on a real chain, on each database, for the tests that kill and lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import postgres
from tests.faults import services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.ethereum.network import Anvil
    from tests.faults.services import Service


@pytest.fixture(scope="module")
def on_sqlite(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Return an issuer whose database is a file."""
    folder = tmp_path_factory.mktemp("sqlite")
    return services.deployed(folder, node=anvil.url, database=f"sqlite:///{folder}/issuer.db")


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Cluster]:
    """Return a PostgreSQL server of the tests' own."""
    with postgres.running() as started:
        yield started


@pytest.fixture(scope="module")
def on_postgresql(anvil: Anvil, server: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Return an issuer whose database is PostgreSQL's."""
    folder = tmp_path_factory.mktemp("postgresql")
    return services.deployed(folder, node=anvil.url, database=server.url(server.new()))
