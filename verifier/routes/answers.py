"""What the register's routes answer, as the OpenAPI description tells it to programs."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from verifier.routes.examples import PROBLEM

# pydantic takes no `typing.TypedDict` before Python 3.12.


class RegistryAnswer(TypedDict):
    """Which registry it is."""

    chain_id: int
    registry_id: str
    registry: str
    agencies: str
    test: bool


class BlockAnswer(TypedDict):
    """The newest block that was read."""

    number: int
    hash: str
    timestamp: int


class MessageAnswer(TypedDict):
    """A sentence of the locales, with its arguments."""

    message_id: str
    arguments: dict[str, int | str | dict[str, str]]


class CheckpointAnswer(TypedDict):
    """Which checkpoint is the newest."""

    block_number: int


class StandingAnswer(TypedDict):
    """Of which registry an answer is, and as of when."""

    registry: RegistryAnswer
    block: BlockAnswer
    polled_at: int
    confirmations: int
    max_head_age_s: int
    doubt: MessageAnswer | None
    checkpoint: CheckpointAnswer | None


class BatchAnswer(TypedDict):
    """A batch that holds a leaf, and the way from the leaf to its root."""

    agency: int
    root: str
    type: int
    version: int
    size: int
    sequence: int
    block_number: int
    log_index: int
    timestamp: int
    index: int
    path: list[str]


class StatusAnswer(TypedDict):
    """An entry about a leaf."""

    agency: int
    track: str
    from_hour: int
    until_hour: int
    actor: int
    new_leaf: str | None
    decision: str | None
    block_number: int
    log_index: int
    timestamp: int


class LeafAnswer(TypedDict):
    """All that the register has of one leaf."""

    leaf: str
    batches: list[BatchAnswer]
    statuses: list[StatusAnswer]


class LeavesAnswer(StandingAnswer):
    """All leaves that begin so."""

    prefix: str
    leaves: list[LeafAnswer]


class DeltaAnswer(StatusAnswer):
    """An entry about some leaf, of which the beginning is told."""

    leaf_prefix: str


class DeltasAnswer(StandingAnswer):
    """What was recorded after a place on the chain."""

    after: str
    statuses_head: str
    complete_to: int
    deltas: list[DeltaAnswer]
    next: str | None


class AgencyAnswer(TypedDict):
    """An agency as it is now."""

    id: int
    parent: int
    level: int
    code: str
    name: str
    suspended_by_level: int | None
    approvals: int
    url: str


class NameAnswer(TypedDict):
    """A name and credit code that an agency has or had."""

    code: str
    name: str
    from_block: int
    until_block: int | None


class JwkAnswer(TypedDict):
    """A public key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str


class KeyAnswer(TypedDict):
    """A document key as it is listed for an agency now."""

    agency: int
    kid: str
    algorithm: int
    jwk: JwkAnswer | None
    valid_from: int
    valid_until: int
    cut_off_block: int | None
    listed_at_block: int
    url: str


class OfficerAnswer(TypedDict):
    """What somebody may do for an agency."""

    address: str
    capabilities: list[str]
    since_block: int


class AgencyFileAnswer(AgencyAnswer):
    """All that is listed of an agency."""

    rights_head: str
    superiors: list[AgencyAnswer]
    children: list[AgencyAnswer]
    children_url: str
    names: list[NameAnswer]
    keys: list[KeyAnswer]
    types: list[int]
    officers: list[OfficerAnswer]


class AgenciesAnswer(TypedDict):
    """Agencies by number."""

    rights_head: str
    agencies: list[AgencyAnswer]
    next: str | None


class KeysAnswer(TypedDict):
    """A key, once for each agency that lists it."""

    rights_head: str
    keys: list[KeyAnswer]


class TypeAnswer(TypedDict):
    """A version of a certificate type."""

    number: int
    version: int
    digest: str
    retired: bool
    since_block: int
    identifier: str | None
    names: dict[str, str] | None
    url: str
    file_url: str | None


class TypeFileAnswer(TypeAnswer):
    """What is listed of a version of a certificate type."""

    rights_head: str


class TypesAnswer(TypedDict):
    """Certificate types by number and version."""

    rights_head: str
    types: list[TypeAnswer]
    next: str | None


class HostAnswer(TypedDict):
    """An official verifying host, present or former."""

    host: str
    from_block: int
    until_block: int | None


class HostsAnswer(TypedDict):
    """The official verifying hosts."""

    rights_head: str
    hosts: list[HostAnswer]


PROBLEM_TYPE = "application/problem+json"
_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was got, and what was wanted."},
        "request_id": {"type": "string", "description": "As in `X-Request-Id`; the log has it."},
    },
}


def problem(description: str) -> dict[str, Any]:
    """Describe an answer that is a problem (RFC 9457)."""
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": _PROBLEM_SCHEMA, "example": PROBLEM}}}


EVERYWHERE: dict[int | str, dict[str, Any]] = {
    422: problem("What was asked for is not of the right form."),
    429: problem("This client asks too often, or has too much under way; `Retry-After` says when to come again."),
}
"""What every route may answer."""


def described(
    model: object, what: str, example: object, *, has_tag: bool = True, may_lack: bool = False
) -> dict[int | str, dict[str, Any]]:
    """Describe a route's answers; `may_lack` if there may be nothing of that name."""
    answers: dict[int | str, dict[str, Any]] = {
        200: {"description": what, "model": model, "content": {"application/json": {"example": example}}}
    }
    if has_tag:
        answers[304] = {"description": "What `If-None-Match` names is still the same."}
    if may_lack:
        answers[404] = problem("The registry lists none of that name.")
    answers[503] = problem("The register cannot be asked yet; `Retry-After` says when to come again.")
    return answers
