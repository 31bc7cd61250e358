"""What a call to the registry's contracts says: its function and the values of its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import RegistryUnavailable
from chain.ethereum.contracts import SELECTOR_BYTES, agencies, certificates

if TYPE_CHECKING:
    from chain.ethereum.contracts import Contract, Function


def read_agencies_call(payload: bytes) -> tuple[str, tuple[object, ...]] | None:
    """Return a call's function and arguments, as the Agencies contract would take it; None if it would not."""
    return _read(agencies(), payload)


def read_certificates_call(payload: bytes) -> tuple[str, tuple[object, ...]] | None:
    """Return a call's function and arguments, as the Certificates contract would take it; None if it would not."""
    return _read(certificates(), payload)


def _read(contract: Contract, payload: bytes) -> tuple[str, tuple[object, ...]] | None:
    function = _function(contract, payload[:SELECTOR_BYTES])
    if function is None:
        return None
    try:
        arguments = function.arguments(payload[SELECTOR_BYTES:])
    except RegistryUnavailable:
        return None
    # Another spelling of the same values could hide something behind them that a reader is not told.
    return (function.name, arguments) if function.call(*arguments) == payload else None


def _function(contract: Contract, selector: bytes) -> Function | None:
    return next((each for each in contract.functions.values() if each.selector == selector), None)
