"""What tests of the issuer share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.issuer.offices import copy_world, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.issuer.offices import World


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
