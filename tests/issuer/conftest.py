"""What tests of the issuer share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.issuer.offices import copy_world, make_world
from tests.issuer.staff import make_staff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.issuer.offices import World
    from tests.issuer.staff import Staff


@pytest.fixture(scope="session")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return an issuer that nobody touches, to be copied."""
    made = make_world(tmp_path_factory.mktemp("enrolled"))
    made.office.store.close()
    return made


@pytest.fixture
def world(enrolled: World, tmp_path: Path) -> Iterator[World]:
    """Return an issuer of three agencies with a registry in memory."""
    copied = copy_world(enrolled, tmp_path)
    yield copied
    copied.office.store.close()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database without rows, to be copied; the migrations take a while."""
    folder = tmp_path_factory.mktemp("tables")
    make_staff(folder).store.close()
    return folder / "issuer.db"


@pytest.fixture
def staff(tables: Path, tmp_path: Path) -> Iterator[Staff]:
    """Return an issuer's people: nobody yet."""
    shutil.copy(tables, tmp_path / "issuer.db")
    made = make_staff(tmp_path)
    yield made
    made.store.close()
