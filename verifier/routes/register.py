"""What the register holds of certificates, for browsers that check for themselves and for watch lists."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from verifier import deltas as changes
from verifier import register
from verifier.check.knowledge import Place
from verifier.routes import caching
from verifier.routes import register_examples as examples
from verifier.routes.answers import (
    BatchAnswer,
    DeltaAnswer,
    DeltasAnswer,
    LeafAnswer,
    LeavesAnswer,
    MessageAnswer,
    StandingAnswer,
    StatusAnswer,
    described,
)
from verifier.routes.bodies import require_query
from verifier.routes.desk import desk_of

if TYPE_CHECKING:
    from verifier.check.knowledge import StatusRecord
    from verifier.deltas import Delta
    from verifier.register import AnchoredAt, LeafEntry, Standing
    from verifier.wording import Argument, Message

_DELTAS = "/api/v1/deltas"

router = APIRouter(tags=["register"], dependencies=[Depends(require_query)])


@router.get(
    "/api/v1/leaves",
    summary="List what the register holds of all leaves that begin so",
    response_class=JSONResponse,
    responses=described(LeavesAnswer, "All that begin so, as of which block.", examples.LEAVES, has_tag=False),
)
async def leaves(
    request: Request,
    prefix: Annotated[str, Query(pattern="^[0-9a-f]{4}$", description="The leaf's first 16 bits.", examples=["a1b2"])],
) -> JSONResponse:
    """List leaves with their batches, the paths to these batches' roots, and all that was recorded about them.

    Whoever asks has computed a leaf, and tells the beginning of it alone: about 15 of a million certificates share it.
    """
    desk = desk_of(request)
    found = await to_thread.run_sync(register.leaves_beginning, desk.index, bytes.fromhex(prefix), desk.clock())
    answer: LeavesAnswer = {
        "prefix": prefix,
        **_standing(found.standing),
        "leaves": [_leaf(each) for each in found.leaves],
    }
    return JSONResponse(answer)


@router.get(
    _DELTAS,
    summary="List what was recorded about all certificates after a block",
    response_class=JSONResponse,
    responses=described(DeltasAnswer, "Entries in the chain's order.", examples.DELTAS),
)
def deltas(
    request: Request,
    after: Annotated[
        str,
        Query(
            pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$",
            description="A block; everything after it is told. With a log's place behind a dot, everything after that.",
            examples=["90210"],
        ),
    ],
    limit: Annotated[int, Query(ge=1, le=changes.MOST, description="How many at most.")] = changes.MOST,
) -> Response:
    """List status changes and replacements of all leaves, each named by its first 16 digits.

    A watch list reads what happened to all, and picks out its own: nobody learns which these are. Go on at `next` while
    there is one; the next time, ask for what comes after `complete_to`. What is not final yet may be told twice.
    """
    desk = desk_of(request)
    found = changes.deltas_after(desk.index, _place(after), desk.clock(), limit=limit)
    standing = found.standing
    tag = caching.etag(found.statuses_head, standing.hash, repr(standing.doubt), standing.checkpoint or 0, after, limit)
    if caching.has(request, tag):
        return caching.unchanged(tag)
    following = found.following
    answer: DeltasAnswer = {
        "after": after,
        **_standing(standing),
        "statuses_head": f"0x{found.statuses_head.hex()}",
        "complete_to": found.complete_to,
        "deltas": [_delta(each) for each in found.deltas],
        "next": f"{_DELTAS}?after={following.block}.{following.log_index}&limit={limit}" if following else None,
    }
    return caching.tagged(answer, tag)


def _place(after: str) -> Place:
    block, dot, log_index = after.partition(".")
    return Place(int(block), int(log_index)) if dot else changes.after_block(int(block))


def _standing(standing: Standing) -> StandingAnswer:
    identity = standing.identity
    return {
        "registry": {
            "chain_id": identity.chain_id,
            "registry_id": f"0x{identity.registry_id.hex()}",
            "registry": f"0x{identity.address.hex()}",
            "agencies": f"0x{identity.agencies_address.hex()}",
            "test": identity.test,
        },
        "block": {
            "number": standing.number,
            "hash": f"0x{standing.hash.hex()}",
            "timestamp": standing.timestamp,
        },
        "polled_at": standing.polled_at,
        "confirmations": standing.confirmations,
        "max_head_age_s": standing.max_head_age_s,
        "doubt": None if standing.doubt is None else _message(standing.doubt),
        "checkpoint": None if standing.checkpoint is None else {"block_number": standing.checkpoint},
    }


def _message(message: Message) -> MessageAnswer:
    return {
        "message_id": message.key,
        "arguments": {name: _argument(value) for name, value in message.arguments.items()},
    }


def _argument(value: Argument) -> int | str | dict[str, str]:
    match value:
        case str() | int():
            return value
        case date():
            return value.isoformat()
        case _:
            return dict(value)


def _leaf(entry: LeafEntry) -> LeafAnswer:
    return {
        "leaf": entry.leaf.hex(),
        "batches": [_batch(batch) for batch in entry.batches],
        "statuses": [_status(agency, status) for agency, status in entry.statuses],
    }


def _batch(batch: AnchoredAt) -> BatchAnswer:
    return {
        "agency": batch.agency,
        "root": batch.root.hex(),
        "type": batch.certificate_type,
        "version": batch.version,
        "size": batch.size,
        "sequence": batch.sequence,
        "block_number": batch.place.block,
        "log_index": batch.place.log_index,
        "timestamp": batch.timestamp,
        "index": batch.index,
        "path": [sibling.hex() for sibling in batch.path],
    }


def _status(agency: int, status: StatusRecord) -> StatusAnswer:
    return {
        "agency": agency,
        "track": status.track.name,
        "from_hour": status.from_hour,
        "until_hour": status.until_hour,
        "actor": status.actor,
        "new_leaf": None if status.new_leaf is None else status.new_leaf.hex(),
        "decision": None if status.decision is None else f"0x{status.decision.hex()}",
        "block_number": status.place.block,
        "log_index": status.place.log_index,
        "timestamp": status.timestamp,
    }


def _delta(delta: Delta) -> DeltaAnswer:
    return {"leaf_prefix": delta.leaf[: changes.PREFIX_BYTES].hex(), **_status(delta.agency, delta.status)}
