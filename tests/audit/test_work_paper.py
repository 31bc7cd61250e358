"""The work paper of a sample, for whoever reviews it by hand."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from chain.events import Track
from chain.registry import Block
from chain.short_number import short_number
from tests.audit.test_sampling import HASH
from verifier.audit import sampling
from verifier.audit.completeness import Period, gather
from verifier.audit.work_paper import EMPTY, FOUND, Form, recipe, written
from verifier.wiring import open_verifier
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from tests.audit.world import World
    from verifier.audit.sampling import Sample


@pytest.fixture(scope="module")
def sample(world: World, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    verifier = open_verifier(world.settings(tmp_path_factory.mktemp("papers")))
    verifier.index.follow(world.now)
    verifier.checkpoints.cut(world.now, at_once=True)
    subject = Period(world.offices[2].agency, None, date(2026, 1, 1), date(2026, 5, 31))
    return sampling.draw(gather(verifier.index, subject), Block(79, HASH, b"", int(world.now.timestamp())), size=9)


@pytest.mark.parametrize("language", Language)
def test_the_recipe_stands_on_top_and_the_reviewers_columns_are_empty(sample: Sample, language: Language) -> None:
    text = written(sample, Form.CSV, language).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    top = [line for line in lines if line[0].startswith("#")]
    assert top[0][0].endswith("TEST")
    assert [line[1] for line in top[1:]] == [value for _, value in recipe(sample, language)]
    header, *rows = lines[len(top) :]
    assert header[-len(EMPTY) :] == [sentence(f"audit.paper.column.{name}", language) for name in EMPTY]
    assert [row[FOUND.index("leaf")] for row in rows] == [f"0x{each.leaf.hex()}" for each in sample.drawn]
    assert all(row[-len(EMPTY) :] == [""] * len(EMPTY) for row in rows)


@pytest.mark.parametrize(("language", "words"), [(Language.CHINESE, "换发或变更"), (Language.ENGLISH, "Replaced")])
def test_what_holds_of_a_certificate_is_said_in_words(sample: Sample, language: Language, words: str) -> None:
    everything = sampling.draw(sample.complete, sample.block, size=sample.population_size)
    text = written(everything, Form.CSV, language).decode("utf-8-sig")
    statuses = {line[FOUND.index("status")] for line in csv.reader(io.StringIO(text)) if len(line) > len(EMPTY)}
    assert words in statuses
    assert not any(track.name in said for said in statuses for track in Track)


def test_the_sample_can_be_drawn_again_from_the_file(sample: Sample) -> None:
    said = dict(recipe(sample, Language.ENGLISH))
    block_hash = bytes.fromhex(said["Its hash"][2:])
    digest = bytes.fromhex(said["Population digest"][2:])
    size, population = int(said["Sample size"]), int(said["Certificates in the population"])
    again = sampling.places(block_hash, digest, population=population, size=size)
    assert [place for place, _ in again] == [each.place for each in sample.drawn]


def test_a_spreadsheet_has_the_same_rows_and_the_recipe_beside(sample: Sample) -> None:
    book = load_workbook(io.BytesIO(written(sample, Form.XLSX, Language.CHINESE)))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert "0x" + HASH.hex() in rows[0][0]
    assert [row[FOUND.index("short_number")] for row in rows[2:]] == [short_number(each.leaf) for each in sample.drawn]
    assert dict(book.worksheets[1].iter_rows(values_only=True))["样本个数"] == "9"
