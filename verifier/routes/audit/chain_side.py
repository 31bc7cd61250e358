"""What the auditor's pages know of the contracts themselves: their interface, their code, and the code at nodes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from verifier.audit.registry_view import Asking
from verifier.wiring import ContractCalls, artifacts, ask_for_code

if TYPE_CHECKING:
    from fastapi import Request

    from chain.registry import Artifact
    from verifier.audit.council_calls import CallReader
    from verifier.indexing.index import Index
    from verifier.settings import Settings


@dataclass(frozen=True, slots=True)
class ChainSide:
    """The contracts, seen from here."""

    reader: CallReader
    artifacts: tuple[Artifact, ...]
    asking: Asking


def chain_side(settings: Settings, index: Index) -> ChainSide:
    """Put it together; no node is asked before a page wants to know."""
    asking = Asking(lambda: ask_for_code(settings, index.identity()), seconds=time.time)
    return ChainSide(ContractCalls(), artifacts(), asking)


def chain_side_of(request: Request) -> ChainSide:
    """Return what the application was started with."""
    return cast("ChainSide", request.app.state.chain_side)
