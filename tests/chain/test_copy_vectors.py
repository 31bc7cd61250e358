"""The vectors of limited copies, and the example in docs/protocol.md that is one of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chain import base64url, copy
from chain.copy import MAX_DAYS, MAX_TERM
from chain.copy_content import MAX_CLAIMS
from chain.errors import YinxinError
from chain.keys import PublicKey
from tests.vectors.making import copies

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests" / "vectors" / "copies.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Limited copies") : PAGE.index("## Short number")]
REGISTRY_ID = bytes.fromhex(VECTORS["registry_id"])
KEY = PublicKey(*(base64url.decode(VECTORS["keys"][0][name]) for name in "xy"))


def test_the_vectors_are_made_anew_as_they_are() -> None:
    assert json.loads(json.dumps(copies.made(), ensure_ascii=False)) == VECTORS


@pytest.mark.parametrize("vector", VECTORS["copies"], ids=lambda vector: vector["name"])
def test_a_copy_is_what_its_vector_says(vector: dict[str, object]) -> None:
    read = copy.parse(str(vector["url"]))
    copy.verify(read, KEY, REGISTRY_ID)
    assert read.encode().hex() == vector["cose"]
    assert copy.to_be_signed(read.payload, REGISTRY_ID).hex() == vector["sig_structure"]
    assert (read.opening is not None) == vector["opens"]
    if vector["opens"]:
        copy.open_(read, VECTORS["type_claims"])


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
def test_a_forgery_is_refused_as_its_vector_says(vector: dict[str, str]) -> None:
    with pytest.raises(YinxinError) as refused:
        _believe(vector["text"])
    assert type(refused.value).__name__ == vector["refused_as"]


def test_the_example_is_drawn_byte_for_byte() -> None:
    drawn = [
        "".join(re.split(" {3,}", line.strip())[0] for line in block.splitlines()).replace(" ", "")
        for block in re.findall(r"```\n(.*?)```", SECTION, re.DOTALL)
    ]
    first = VECTORS["copies"][0]
    assert drawn == [first["payload"], first["claims_cbor"]]
    assert f"What is signed, {len(first['payload']) // 2} bytes" in SECTION


def test_the_limits_are_those_of_the_software() -> None:
    for limit in (f"1 to {MAX_TERM} characters", f"at most {MAX_DAYS} days", f"1 to {MAX_CLAIMS} of them"):
        assert limit in SECTION, limit


def _believe(text: str) -> None:
    read = copy.parse(text)
    copy.verify(read, KEY, REGISTRY_ID)
    if read.opening is not None:
        copy.open_(read, VECTORS["type_claims"])
