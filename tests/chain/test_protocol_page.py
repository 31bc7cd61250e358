"""The example in docs/protocol.md is the one in the vectors, to the last character."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from chain.certificate import MAX_TEXT
from chain.credential import MAX_CLAIMS, MAX_RESOURCES
from chain.events import Track
from chain.facts import MAX_FACT_BYTES, MAX_FACTS, MAX_NUMBER
from tests.chain.test_vectors import CERTIFICATES, CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLE = PAGE[PAGE.index("## An example") : PAGE.index("## Notation")]
BLOCKS = re.findall(r"```(?:json)?\n(.*?)```", EXAMPLE, re.DOTALL)
CERTIFICATE, CODE = CERTIFICATES["certificates"][0], CODES["codes"][0]


def _texts(value: object) -> Iterator[str]:
    match value:
        case dict():
            yield from (text for member in value.values() for text in _texts(member))
        case list():
            yield from (text for member in value for text in _texts(member))
        case _:
            yield str(value)


def test_every_string_of_the_example_stands_in_the_vectors() -> None:
    known = "\n".join(_texts([CERTIFICATE, CODE]))
    strings = [text for text in re.findall(r"[A-Za-z0-9_+=.-]{6,}", EXAMPLE) if re.search("[0-9]", text)]
    assert len(strings) > 50
    assert {text for text in strings if text.strip(".") not in known} == {"base64url", "COSE_Sign1", "SHA-256"}


def test_the_facts_are_drawn_byte_for_byte() -> None:
    drawn = (re.split(" {3,}", line.strip())[0] for line in BLOCKS[0].splitlines())
    assert "".join(drawn).replace(" ", "") == CERTIFICATE["facts"]["cbor"]
    assert f"{len(CERTIFICATE['facts']['cbor']) // 2} bytes of CBOR" in EXAMPLE


def test_the_payload_is_shown_whole() -> None:
    shown = [json.loads(block) for block in BLOCKS if block.startswith("{")]
    assert shown == [json.loads(CERTIFICATE["header"]), json.loads(CERTIFICATE["payload"])]


def test_the_code_is_as_long_as_it_says() -> None:
    assert f"COSE_Sign1 of {len(CODE['cose']) // 2} bytes" in EXAMPLE


def test_the_limits_are_those_of_the_software() -> None:
    for limit in (
        f"1 to {MAX_NUMBER} characters",
        f"at most {MAX_FACTS} ",
        f"at most {MAX_FACT_BYTES} bytes",
        f"at most {MAX_TEXT:,} characters",
        f"1 to {MAX_CLAIMS} digests",
        f"1 to {MAX_RESOURCES} existing files",
    ):
        assert limit in PAGE, limit


def test_the_tracks_are_drawn_where_they_lie() -> None:
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) ", PAGE, re.MULTILINE)
    starts = [27 * track if track <= Track.SUSPENSION else 27 * track + 24 for track in Track]
    assert rows == [(str(start), track.name) for start, track in zip(starts, Track, strict=True)]
