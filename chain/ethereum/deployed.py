"""The contracts' code as nodes show it, beside the code that this software has compiled."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from chain.errors import RegistryError
from chain.ethereum.contracts import ARTIFACTS, agencies, certificates
from chain.keccak import keccak
from chain.registry import Artifact, CodeShown, NodeShown

if TYPE_CHECKING:
    from chain.ethereum.contracts import Contract
    from chain.ethereum.node import Node

_PARTS = ("evmVersion", "optimizer.enabled", "optimizer.runs", "viaIR", "metadata.bytecodeHash")
"""The settings that code depends on."""


@cache
def artifacts() -> tuple[Artifact, ...]:
    """Return the compiled contracts of a registry."""
    return tuple(_artifact(contract) for contract in _contracts())


def shown_by(node: Node, *, certificates_address: bytes, agencies_address: bytes) -> NodeShown:
    """Ask a node for the code at both addresses. What goes wrong is told, not raised."""
    addresses = (agencies_address, certificates_address)
    try:
        chain_id, block = node.chain_id(), node.block(None).number
        codes = node.codes(addresses)
    except RegistryError as exc:
        return NodeShown(None, None, (), str(exc) or type(exc).__name__)
    shown = zip(_contracts(), addresses, codes, strict=True)
    return NodeShown(chain_id, block, tuple(_shown(*each) for each in shown), "")


def _contracts() -> tuple[Contract, Contract]:
    return agencies(), certificates()


def _shown(contract: Contract, address: bytes, code: bytes) -> CodeShown:
    return CodeShown(contract.name, address, len(code), keccak(code), keccak(contract.masked(code)))


def _artifact(contract: Contract) -> Artifact:
    compiler = json.loads((ARTIFACTS / f"{contract.name}.json").read_text(encoding="utf-8"))["compiler"]
    code = contract.deployed_bytecode
    return Artifact(contract.name, str(compiler), _settings(), len(code), keccak(contract.masked(code)))


@cache
def _settings() -> dict[str, str]:
    given = json.loads((ARTIFACTS / "input.json").read_text(encoding="utf-8"))["settings"]
    found: dict[str, str] = {}
    for name in _PARTS:
        value = given
        for part in name.split("."):
            value = value[part]
        found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
