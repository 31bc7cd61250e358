"""The registry itself: which it is, and whether its code is the one that this software was compiled with."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from verifier.audit import registry_view, times
from verifier.audit.exporting import Listing, columns
from verifier.register import opened
from verifier.routes.audit.chain_side import chain_side_of
from verifier.routes.audit.frame import DESK, Format, Lang, address, exported, page
from verifier.routes.audit.lists import named
from verifier.routes.desk import desk_of

if TYPE_CHECKING:
    from verifier.routes.audit.chain_side import ChainSide

_PATH = "/audit/registry"
_PATIENCE_S = 0.1
"""How long a page waits for the nodes; what comes later, the next one shows."""


class List(StrEnum):
    """The registry's lists that can be had as files."""

    CODE = "code"
    HOSTS = "hosts"


router = APIRouter(**DESK)


@router.get(_PATH)
def registry(request: Request, *, lang: Lang = None, form: Format = None) -> Response:
    """Show the registry. Nodes are asked every few minutes at most, and hardly waited for."""
    if form is not None:
        return registry_list(request, List.CODE, form=form)
    chain = chain_side_of(request)
    with opened(desk_of(request).index) as tables:
        found = registry_view.registry_at_hand(tables)
    asked = chain.asking.latest(wait_s=_PATIENCE_S)
    codes = registry_view.compared(chain.artifacts, asked)
    return page(request, "registry_page.html", lang, found=found, asked=asked, codes=codes, artifacts=chain.artifacts)


@router.get("/audit/registry/{which}")
def registry_list(request: Request, which: str, *, lang: Lang = None, form: Format = None) -> Response:
    """Give one of its lists away as a file; without a format, lead to the page that shows it."""
    kind, form = named(List, which, form)
    if form is None:
        return RedirectResponse(address(_PATH, lang=lang))
    match kind:
        case List.CODE:
            listing = _code(chain_side_of(request))
        case List.HOSTS:
            with opened(desk_of(request).index) as tables:
                hosts = registry_view.registry_at_hand(tables).hosts
            rows = [(each.host, each.until_block is None, each.from_block, each.until_block) for each in hosts]
            listing = Listing("registry-hosts", columns("host", "listed", "from_block", "until_block"), rows)
    return exported(request, listing, form)


def _code(chain: ChainSide) -> Listing:
    """Return what the nodes showed, beside what they should show."""
    asked = chain.asking.latest(wait_s=_PATIENCE_S)
    rows = [
        (
            each.artifact.name,
            each.node,
            each.state.value,
            each.block,
            None if each.shown is None else each.shown.address,
            None if each.shown is None else each.shown.code_hash,
            None if each.shown is None else each.shown.masked_hash,
            each.artifact.code_hash,
            each.artifact.compiler,
        )
        for each in registry_view.compared(chain.artifacts, asked)
    ]
    names = ("contract", "node", "state", "block", "address", "code_hash", "masked_hash", "artifact_masked_hash")
    about = {"asked_at": None if asked is None else times.utc(asked.asked_at)}
    return Listing("registry-code", columns(*names, "compiler"), rows, about)
