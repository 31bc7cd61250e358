"""Compiles the contracts into the artifacts that the rest of this package reads.

The compiler input holds every source as text, so that anybody can compile it again, with any build of the pinned
compiler, and compare the bytecode. `scripts/compile` calls this module; only developers and CI need to.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import solcx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chain.ethereum.wire import Json

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = Path(__file__).parent / "artifacts"
CONTRACTS = ("Agencies", "Certificates", "Council", "Heads")
"""The first two are deployed; of the others, which are abstract, only the interface is of use."""

COMPILER = "0.8.37"

_IMPORT = re.compile(r'^import\b[^;"]*"(?P<path>[^"]+)";', re.MULTILINE)


class CompilationFailed(Exception):
    """The compiler found a fault in our sources."""


def compiler_input(root: Path = ROOT) -> dict[str, Json]:
    """Return the standard JSON input: our contracts and whatever they import, as text.

    Args:
        root: The folder that holds `contracts/` and `node_modules/`.
    """
    sources: dict[str, Json] = {}
    waiting = sorted(f"contracts/{path.name}" for path in (root / "contracts").glob("*.sol"))
    while waiting:
        name = waiting.pop()
        if name not in sources:
            text = _source(root, name).read_text(encoding="utf-8")
            sources[name] = {"content": text}
            waiting += [_imported(name, found["path"]) for found in _IMPORT.finditer(text)]
    return {
        "language": "Solidity",
        "sources": dict(sorted(sources.items())),
        "settings": {
            "evmVersion": "london",
            "viaIR": True,
            "optimizer": {"enabled": True, "runs": 200},
            "metadata": {"bytecodeHash": "none"},
            "outputSelection": {
                # Slither reads the syntax trees when it compiles this input.
                "*": {"": ["ast"], "*": ["abi", "evm.bytecode", "evm.deployedBytecode", "storageLayout"]},
            },
        },
    }


def compile_contracts(root: Path = ROOT) -> dict[str, str]:
    """Compile everything and return the artifacts: file name to text, the same text for the same sources.

    Args:
        root: The folder that holds `contracts/`, `node_modules/` and `scripts/solc`.

    Raises:
        CompilationFailed: On an error anywhere, or a warning about a source of ours.
    """
    given = compiler_input(root)
    try:
        output = solcx.compile_standard(given, solc_binary=root / "scripts" / "solc")
    except solcx.exceptions.SolcError as exc:
        raise CompilationFailed(exc.message) from exc
    ours = [
        fault["formattedMessage"]
        for fault in output.get("errors", [])
        if fault.get("sourceLocation", {}).get("file", "contracts/").startswith("contracts/")
    ]
    if ours:
        raise CompilationFailed("\n".join(ours))
    artifacts = {
        f"{name}.json": _text(_artifact(name, output["contracts"][f"contracts/{name}.sol"][name])) for name in CONTRACTS
    }
    return {**artifacts, "input.json": _text(given)}


def write_artifacts(folder: Path = ARTIFACTS, root: Path = ROOT) -> None:
    """Compile everything and write the artifacts into a folder."""
    for name, text in compile_contracts(root).items():
        (folder / name).write_text(text, encoding="utf-8")


def stale_artifacts(folder: Path = ARTIFACTS, root: Path = ROOT) -> list[str]:
    """Return the names of artifacts in a folder that are not what the contracts compile to."""
    return [
        name
        for name, text in compile_contracts(root).items()
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Rewrite the artifacts; with `--check` only say which are stale, and fail if any is."""
    match sys.argv[1:]:
        case []:
            write_artifacts()
        case ["--check"]:
            if stale := stale_artifacts():
                sys.stderr.write(f"Not what the contracts compile to: {', '.join(stale)}. Run scripts/compile.\n")
                return 1
        case other:
            sys.stderr.write(f"scripts/compile: got {' '.join(other)}, wanted nothing or --check\n")
            return 64
    return 0


def _source(root: Path, name: str) -> Path:
    return root / "node_modules" / name if name.startswith("@") else root / name


def _imported(importer: str, path: str) -> str:
    if path.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
    return path


def _artifact(name: str, contract: Mapping[str, Any]) -> dict[str, Any]:
    created, deployed = contract["evm"]["bytecode"], contract["evm"]["deployedBytecode"]
    return {
        "contractName": name,
        "compiler": COMPILER,
        "abi": contract["abi"],
        "bytecode": f"0x{created['object']}",
        "deployedBytecode": f"0x{deployed['object']}",
        "immutableReferences": deployed.get("immutableReferences", {}),
        "storageLayout": contract["storageLayout"],
    }


def _text(value: object) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
