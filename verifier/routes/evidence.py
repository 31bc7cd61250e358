"""What makes others independent of this verifier: checkpoints, packs and the trust list. Any page may fetch them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, cast

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from verifier.check.moments import time_of
from verifier.indexing.checkpoint_rows import IndexBehind
from verifier.published.evidence_files import Kind
from verifier.routes import caching
from verifier.routes.answers import problem
from verifier.routes.bodies import require_query
from verifier.routes.problems import RequestFault
from verifier.routes.turns import RETRY_AFTER_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path as StoredAt

    from anyio import CapacityLimiter

    from chain.strict_json import JSON
    from verifier.indexing.checkpoint_rows import Entry
    from verifier.published.evidence_files import EvidenceFile, EvidenceFiles
    from verifier.published.trust_file import TrustFile

CHECKPOINT = "application/vnd.yinxin.checkpoint"
PACK = "application/vnd.yinxin.pack"
_MEDIA_TYPES = {Kind.CHECKPOINT: CHECKPOINT, Kind.PACK: PACK}
_NOT_LISTED = "there is no checkpoint of block {}; /api/v1/checkpoints lists them all"
_NONE_YET = "no checkpoint has been cut yet; the first one follows once the registry has been read"
_MOST = 100
_NO_BLOCK = 2**62
"""No chain has so many blocks, and no database has to count that far."""
_MOST_WAITING = 8
"""How many may wait for files that have to be made."""

router = APIRouter(tags=["evidence"], dependencies=[Depends(require_query)])


@dataclass(slots=True)
class Offered:
    """What this verifier hands out."""

    files: EvidenceFiles | None
    trust: TrustFile | None
    makers: CapacityLimiter
    """Files that are made anew take seconds; however many are asked for, verification is not to wait for a thread."""
    _asked: int = field(default=0, init=False)
    """How many are being made, or wait for it."""

    async def file(self, kind: Kind, number: int | None = None) -> EvidenceFile | None:
        """Return what there is of a block, or of the newest checkpoint; it may still have to be made."""
        return None if self.files is None else await to_thread.run_sync(self.files.find, kind, number)

    async def kept(self, file: EvidenceFile) -> StoredAt | None:
        """Return where a file is kept, if it is."""
        return None if self.files is None else await to_thread.run_sync(self.files.kept, file)

    async def made(self, file: EvidenceFile) -> bytes | None:
        """Return a file that is not kept, when it is its turn to be made."""
        if self.files is None:
            return None
        if self._asked > _MOST_WAITING:
            raise later("too many files are being made already")
        self._asked += 1
        try:
            return await to_thread.run_sync(self.files.content, file, limiter=self.makers)
        finally:
            self._asked -= 1


def offered(request: Request) -> Offered:
    """Return what the application hands out."""
    return cast("Offered", request.app.state.offered)


def _described(media_type: str, what: str, example: object = None) -> dict[int | str, dict[str, Any]]:
    shown: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}} if example is None else {}
    return {
        200: {"description": what, "content": {media_type: shown or {"example": example}}},
        304: {"description": "What `If-None-Match` names is still the same."},
        404: problem("There is none yet."),
        503: problem("It cannot be told yet which is the newest, or too many ask; `Retry-After` says when."),
    }


_LISTED = {
    "checkpoints": [
        {
            "block_number": 90210,
            "block_hash": "0x5d1c…",
            "timestamp": 1795350600,
            "time": "2026-11-22T20:30:00+08:00",
            "heads": {"anchors": "0x8a31…", "statuses": "0x07bc…", "rights": "0xe19d…"},
            "url": "/api/v1/checkpoints/90210",
        }
    ]
}


@router.get(
    "/api/v1/checkpoints",
    summary="List the checkpoints",
    response_class=JSONResponse,
    responses={200: {"description": "Newest first.", "content": {"application/json": {"example": _LISTED}}}},
)
def listed(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="How many at most.")] = 20,
    before: Annotated[int | None, Query(ge=0, lt=_NO_BLOCK, description="Only those of blocks below this one.")] = None,
) -> JSONResponse:
    """List what was cut: block, time and the heads of the registry's three hash chains after it.

    To go on, ask again with `before` set to the last block number of the answer.
    """
    files = offered(request).files
    with later_if_behind():
        entries = [] if files is None else files.entries(limit=limit, before=before)
    return JSONResponse({"checkpoints": [_entry(entry) for entry in entries]})


@router.get(
    "/api/v1/checkpoints/latest",
    summary="Get the newest checkpoint",
    response_class=Response,
    responses=_described(CHECKPOINT, "The newest checkpoint, as docs/protocol.md describes it."),
)
async def latest(request: Request) -> Response:
    """Get all that the registry recorded up to its newest final block, with what proves that nothing is left out."""
    return await _file(request, Kind.CHECKPOINT)


@router.get(
    "/api/v1/checkpoints/{block_number}",
    summary="Get the checkpoint of a block",
    response_class=Response,
    responses=_described(CHECKPOINT, "The checkpoint of that block. It never changes."),
)
async def numbered(
    request: Request, block_number: Annotated[int, Path(ge=0, lt=_NO_BLOCK, description="As the list tells it.")]
) -> Response:
    """Get an older checkpoint."""
    return await _file(request, Kind.CHECKPOINT, block_number)


@router.get(
    "/api/v1/packs/latest",
    summary="Get the newest pack",
    response_class=Response,
    responses=_described(PACK, "The newest checkpoint with the data files of the certificate types."),
)
async def newest_pack(request: Request) -> Response:
    """Get what a phone takes along to check without a network."""
    return await _file(request, Kind.PACK)


@router.get(
    "/api/v1/trust-list",
    summary="Get the trust list",
    response_class=JSONResponse,
    responses=_described(
        "application/json",
        "The list that the council signed.",
        {"signed": {"kind": "yinxin-trust-list", "format": 1, "version": 3}, "signatures": [{"by": "0x4c…"}]},
    ),
)
def trust_list(request: Request) -> Response:
    """Get which validators, attesters and council keys to believe.

    Whoever takes the first one from here believes this verifier. Compare it with one from elsewhere, or pin it.
    """
    trust = offered(request).trust
    if trust is None:
        raise RequestFault(
            HTTPStatus.NOT_FOUND, "this verifier hands out no trust list; its operator names one by YINXIN_TRUST_LIST"
        )
    data = trust.data
    if data is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, "the trust list here is not that of this registry; its operator knows")
    headers = _headers(sha256(data).digest(), cache=caching.NEWEST)
    if caching.has(request, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Disposition"] = 'attachment; filename="trust-list.json"'
    return Response(data, media_type="application/json", headers=headers)


async def _file(request: Request, kind: Kind, number: int | None = None) -> Response:
    """Answer with a file. Who has it already, or asks for its head alone, does not have it made."""
    desk = offered(request)
    with later_if_behind():
        file = await desk.file(kind, number)
    if file is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, _NONE_YET if number is None else _NOT_LISTED.format(number))
    headers = _headers(file.tag, cache=caching.NEWEST if number is None else caching.FOR_EVER)
    if caching.has(request, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    media_type = _MEDIA_TYPES[kind]
    if path := await desk.kept(file):
        return FileResponse(path, media_type=media_type, headers=headers)
    if request.state.is_head:
        answer = Response(media_type=media_type, headers=headers)
        # How long it will be is not known yet, and it is not nothing.
        del answer.headers["content-length"]
        return answer
    data = await desk.made(file)
    if data is None:
        raise later(f"the checkpoint of block {file.number} cannot be put together; its operator finds out why")
    return Response(data, media_type=media_type, headers=headers)


def _headers(digest: bytes, *, cache: str) -> dict[str, str]:
    return {"ETag": f'"{digest.hex()}"', "Cache-Control": cache}


@contextmanager
def later_if_behind() -> Iterator[None]:
    """Have whoever asks come again while the index is being read anew."""
    try:
        yield
    except IndexBehind as exc:
        raise later(str(exc)) from exc


def later(why: str) -> HTTPException:
    """Return what has whoever asks come again, and says why."""
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, why, headers={"Retry-After": str(RETRY_AFTER_S)})


def _entry(entry: Entry) -> JSON:
    heads = entry.heads
    return {
        "block_number": entry.number,
        "block_hash": f"0x{entry.hash.hex()}",
        "timestamp": entry.timestamp,
        "time": time_of(entry.timestamp).isoformat(),
        "heads": {
            "anchors": f"0x{heads.anchors.hex()}",
            "statuses": f"0x{heads.statuses.hex()}",
            "rights": f"0x{heads.rights.hex()}",
        },
        "url": f"/api/v1/checkpoints/{entry.number}",
    }
