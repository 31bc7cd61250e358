"""Who has seen a checkpoint, and the split views that were found. Any page may fetch them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from chain import base64url
from verifier.check.moments import time_of
from verifier.indexing.checkpoint_rows import IndexBehind
from verifier.routes import caching
from verifier.routes.answers import problem
from verifier.routes.bodies import require_query
from verifier.routes.problems import RequestFault
from verifier.routes.turns import RETRY_AFTER_S
from verifier.witnessing import split_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chain.history import Heads
    from chain.strict_json import JSON
    from verifier.witnessing.witnessed import Cosigned, Side, Split, Told, Witnessed

router = APIRouter(tags=["evidence"], dependencies=[Depends(require_query)])

_NO_BLOCK = 2**62
_COSIGNED: dict[str, Any] = {
    "block_number": 90210,
    "block_hash": "0x5d1c…",
    "is_published": True,
    "attesters": ["vJuoapdGg8Q6qizWo-xbKMajYlC7W-Fl7npvCOqP0uU"],
    "cosignatures": [
        {
            "witness": "演示审计厅",
            "block_number": 90210,
            "seen": "2026-11-22T20:31:04+08:00",
            "key": {"crv": "P-256", "kty": "EC", "x": "…", "y": "…"},
            "cosignature": {
                "kind": "yinxin-cosignature",
                "format": 1,
                "kid": "mF0b…",
                "statement": "hW55…",
                "signature": "k3Qx…",
            },
        }
    ],
    "lacking": ["演示大学"],
}
_SIDE: dict[str, Any] = {
    "block_number": 90180,
    "block_hash": "0x11fe…",
    "time": "2026-11-22T20:00:00+08:00",
    "heads": {"anchors": "0x8a31…", "statuses": "0x07bc…", "rights": "0xe19d…"},
    "statement": "i3F5…",
    "attestations": [{"kid": "vJuoapdGg8Q6qizWo-xbKMajYlC7W-Fl7npvCOqP0uU", "signature": "9a0C…", "listed": True}],
    "seals": None,
}
_SPLITS = {
    "split_views": [
        {
            "name": "0b5f0d5e8f0d4e0f9d0c3b2a19080706",
            "found": "2026-11-22T20:31:04+08:00",
            "block_number": 90180,
            "differing": ["statuses"],
            "older": _SIDE,
            "newer": {**_SIDE, "block_number": 90210},
            "url": "/api/v1/split-views/0b5f0d5e8f0d4e0f9d0c3b2a19080706",
        }
    ]
}


def witnessed_of(request: Request) -> Witnessed | None:
    """Return what this verifier knows of witnesses; None where it is not asked to know anything."""
    found: Witnessed | None = request.app.state.witnessed
    return found


@router.get(
    "/api/v1/checkpoints/{block_number}/cosignatures",
    summary="Tell which witnesses have seen a checkpoint",
    response_class=JSONResponse,
    responses={
        200: {"description": "Who has, and who has not.", "content": {"application/json": {"example": _COSIGNED}}},
        404: problem("There is no such checkpoint."),
        503: problem("It cannot be told yet; `Retry-After` says when."),
    },
)
async def cosignatures(
    request: Request, block_number: Annotated[int, Path(ge=0, lt=_NO_BLOCK, description="As the list tells it.")]
) -> JSONResponse:
    """Tell of each witness what it co-signed: this checkpoint, or a later one, whose heads hang on all of this one.

    Also of checkpoints that are not handed out yet, since too few witnesses have seen them.
    """
    witnessed = witnessed_of(request)
    try:
        told = None if witnessed is None else await to_thread.run_sync(witnessed.checkpoint, block_number)
    except IndexBehind as exc:
        raise HTTPException(
            HTTPStatus.SERVICE_UNAVAILABLE, str(exc), headers={"Retry-After": str(RETRY_AFTER_S)}
        ) from exc
    if told is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, f"there is no checkpoint of block {block_number}")
    return JSONResponse(as_json(told))


@router.get(
    "/api/v1/split-views",
    summary="List the split views that were found",
    response_class=JSONResponse,
    responses={
        200: {
            "description": "The newest first; none is a good answer.",
            "content": {"application/json": {"example": _SPLITS}},
        }
    },
)
async def splits(request: Request) -> JSONResponse:
    """List pairs of believed checkpoints that no one history can have, found here or by a witness."""
    witnessed = witnessed_of(request)
    found = [] if witnessed is None else await to_thread.run_sync(witnessed.split_views)
    return JSONResponse({"split_views": [split_as_json(each) for each in found]})


@router.get(
    "/api/v1/split-views/{name}",
    summary="Get a split view",
    response_class=Response,
    responses={
        200: {
            "description": "The file, which `yinxin-verifier witness check-split` checks.",
            "content": {split_view.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        404: problem("There is none of that name."),
    },
)
async def split(
    request: Request, name: Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As the list tells it.")]
) -> Response:
    """Get both checkpoints, and the trust list that made them worth believing."""
    witnessed = witnessed_of(request)
    data = None if witnessed is None else await to_thread.run_sync(witnessed.splits.read, name)
    if data is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, "there is no split view of that name")
    headers = {
        "Cache-Control": caching.FOR_EVER,
        "Content-Disposition": f'attachment; filename="yinxin-split-view-{name}.json"',
    }
    return Response(data, media_type=split_view.MEDIA_TYPE, headers=headers)


def as_json(told: Told) -> dict[str, JSON]:
    """Return a checkpoint with all who vouch for it."""
    return {
        "block_number": told.entry.number,
        "block_hash": f"0x{told.entry.hash.hex()}",
        "is_published": told.is_published,
        "attesters": [base64url.encode(kid) for kid in told.attesters],
        "cosignatures": [_cosigned(each) for each in told.cosigned],
        "lacking": [each.name for each in told.lacking],
    }


def split_as_json(split: Split) -> dict[str, JSON]:
    """Return a split view without its histories."""
    return {
        "name": split.name,
        "found": time_of(split.found).isoformat(),
        "block_number": split.difference.block,
        "differing": [each.value for each in split.difference.what],
        "older": _side(split.older),
        "newer": _side(split.newer),
        "url": f"/api/v1/split-views/{split.name}",
    }


def _cosigned(each: Cosigned) -> Mapping[str, JSON]:
    statement = each.cosignature.statement
    return {
        "witness": each.witness.name,
        "block_number": statement.number,
        "seen": time_of(statement.seen).isoformat(),
        "key": each.witness.key.jwk(),
        "cosignature": each.cosignature.as_json(),
    }


def _side(side: Side) -> Mapping[str, JSON]:
    return {
        "block_number": side.number,
        "block_hash": f"0x{side.hash.hex()}",
        "time": time_of(side.timestamp).isoformat(),
        "heads": heads_as_json(side.heads),
        "statement": base64url.encode(side.statement),
        "attestations": [
            {"kid": base64url.encode(kid), "signature": base64url.encode(signature), "listed": kid in side.attesters}
            for kid, signature in side.attestations
        ],
        "seals": side.seals,
    }


def heads_as_json(heads: Heads) -> dict[str, JSON]:
    """Return the three heads by name."""
    return {name: f"0x{getattr(heads, name).hex()}" for name in ("anchors", "statuses", "rights")}
