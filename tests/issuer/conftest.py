"""What tests of the issuer share.

A test, or a module of them, that is marked `databases` runs on SQLite and on PostgreSQL, if it asks for any of these
fixtures; all others run on SQLite.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests import postgres
from tests.issuer.offices import copy_world, make_world
from tests.issuer.staff import make_staff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.issuer.offices import World
    from tests.issuer.staff import Staff


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "databases: runs on both databases")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames and metafunc.definition.get_closest_marker("databases"):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Return on which database a test runs."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """Return a PostgreSQL server of the tests' own."""
    with postgres.running() as started:
        yield started


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return an issuer that nobody touches, to be copied."""
    made = make_world(tmp_path_factory.mktemp("enrolled"))
    made.office.store.close()
    return made


@pytest.fixture(scope="session")
def enrolled_postgresql(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """Return an issuer that nobody touches, and the name of its database, to be copied."""
    name = cluster.new()
    made = make_world(tmp_path_factory.mktemp("enrolled-postgresql"), cluster.url(name))
    made.office.store.close()
    return made, name


@pytest.fixture
def world(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Return an issuer of three agencies with a registry in memory."""
    if database == "postgresql":
        made, template = request.getfixturevalue("enrolled_postgresql")
        cluster: postgres.Cluster = request.getfixturevalue("cluster")
        name = cluster.new(template)
        copied = copy_world(made, tmp_path, cluster.url(name))
        yield copied
        copied.office.store.close()
        cluster.drop(name)
        return
    copied = copy_world(request.getfixturevalue("enrolled"), tmp_path)
    yield copied
    copied.office.store.close()


@pytest.fixture
def copy_of(request: pytest.FixtureRequest) -> Iterator[Callable[[World, Path], World]]:
    """Return what copies an issuer with its database, as a backup would; its store must be closed."""
    made: list[str] = []

    def copied(world: World, folder: Path) -> World:
        if not world.url:
            return copy_world(world, folder)
        cluster: postgres.Cluster = request.getfixturevalue("cluster")
        made.append(cluster.new(world.url.rpartition("/")[2]))
        return copy_world(world, folder, cluster.url(made[-1]))

    yield copied
    for name in made:
        request.getfixturevalue("cluster").drop(name)


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database without rows, to be copied; the migrations take a while."""
    folder = tmp_path_factory.mktemp("tables")
    make_staff(folder).store.close()
    return folder / "issuer.db"


@pytest.fixture(scope="session")
def tables_postgresql(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of a database without rows, to be copied."""
    name = cluster.new()
    make_staff(tmp_path_factory.mktemp("tables-postgresql"), cluster.url(name)).store.close()
    return name


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database with tables and without rows."""
    if database == "postgresql":
        cluster: postgres.Cluster = request.getfixturevalue("cluster")
        name = cluster.new(request.getfixturevalue("tables_postgresql"))
        yield cluster.url(name)
        cluster.drop(name)
        return
    shutil.copy(request.getfixturevalue("tables"), tmp_path / "issuer.db")
    yield f"sqlite:///{tmp_path}/issuer.db"


@pytest.fixture
def staff(database_url: str, tmp_path: Path) -> Iterator[Staff]:
    """Return an issuer's people: nobody yet."""
    made = make_staff(tmp_path, database_url)
    yield made
    made.store.close()
