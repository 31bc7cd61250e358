"""The world that all tests of the auditor's desk look at, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.audit import treasury as treasuries
from tests.audit import world as worlds
from tests.audit.packaged import Maker, checker
from verifier.wiring import open_index, open_verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from tests.audit.treasury import Treasury
    from tests.audit.world import World
    from verifier.indexing.index import Index


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Return the small world; nobody writes to its chain."""
    with worlds.running() as anvil:
        yield worlds.make(anvil)


@pytest.fixture
def own_world() -> Iterator[World]:
    """Return a small world that only this test has, to write to, rewind or reorganise."""
    with worlds.running() as anvil:
        yield worlds.make(anvil)


@pytest.fixture(scope="session")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a verifier's folder whose index has read the small world to its end; nobody changes it."""
    place = tmp_path_factory.mktemp("audit")
    opened = open_index(world.settings(place))
    progress = opened.follow(world.now)
    assert progress is not None
    assert not progress.trouble
    return place


@pytest.fixture(scope="session")
def index(world: World, folder: Path) -> Index:
    """Return the verifier's index of the small world, up to its newest block."""
    return open_index(world.settings(folder))


@pytest.fixture(scope="session")
def cut_index(world: World, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Return an index of the small world whose newest block a checkpoint was cut of; nobody changes it."""
    verifier = open_verifier(world.settings(tmp_path_factory.mktemp("cut")))
    verifier.index.follow(world.now)
    assert verifier.checkpoints.cut(world.now, at_once=True) is not None
    return verifier.index


@pytest.fixture(scope="session")
def maker(world: World, cut_index: Index) -> Maker:
    """Return who makes packages of the small world, sealed as QBFT does."""
    return Maker(world, cut_index)


@pytest.fixture(scope="session")
def module() -> ModuleType:
    """Return the stand-alone checker."""
    return checker()


@pytest.fixture(scope="session")
def treasury(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treasury]:
    """Return an agency that grants and pays, and its documents; nobody writes to its chain."""
    with treasuries.running(tmp_path_factory.mktemp("treasury")) as made:
        yield made
