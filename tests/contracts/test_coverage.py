"""Every error and every function that the contracts declare is reached by a test."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contracts.abi import artifact

HERE = Path(__file__).parent
INTERFACES = HERE.parents[1] / "contracts" / "interfaces"
UNREACHABLE = {
    "HashingFailed": "a chain without the SHA-256 precompile; no development chain lacks it",
    "InvalidShortString": "OpenZeppelin reads back the domain's name, which the constructor stored",
    "StringTooLong": "OpenZeppelin stores a domain's name of more than 31 bytes elsewhere",
}
TESTS = "".join(path.read_text() for path in sorted(HERE.glob("test_*.py")))
USES = TESTS + (HERE / "world.py").read_text() + (HERE / "registry.py").read_text()


def test_every_error_is_reached_by_a_test() -> None:
    declared = {error.name for name in ("Agencies", "Certificates") for error in artifact(name).errors.values()}
    reached = set(re.findall(r'refused\(\s*"(\w+)"', TESTS))
    assert declared - reached == UNREACHABLE.keys() & declared
    assert not UNREACHABLE.keys() & reached


def test_no_error_of_the_interfaces_is_unused() -> None:
    written = {
        error
        for path in INTERFACES.glob("*.sol")
        for error in re.findall(r"^    error (\w+)\(", path.read_text(), re.MULTILINE)
    }
    compiled = {error.name for name in ("Agencies", "Certificates") for error in artifact(name).errors.values()}
    assert written <= compiled


def test_every_function_is_called_by_a_test() -> None:
    declared = {function for name in ("Agencies", "Certificates") for function in artifact(name).functions}
    assert {function for function in declared if f'"{function}"' not in USES} == set()
