"""Who may issue what, as the registry lists it: for whoever wants to look behind a verdict."""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from chain import base64url
from verifier import directory
from verifier.register import opened
from verifier.routes import caching
from verifier.routes import register_examples as examples
from verifier.routes.answers import (
    AgenciesAnswer,
    AgencyAnswer,
    AgencyFileAnswer,
    HostAnswer,
    HostsAnswer,
    JwkAnswer,
    KeyAnswer,
    KeysAnswer,
    NameAnswer,
    OfficerAnswer,
    TypeAnswer,
    TypeFileAnswer,
    TypesAnswer,
    described,
)
from verifier.routes.bodies import require_query
from verifier.routes.desk import desk_of
from verifier.routes.problems import RequestFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.directory import AgencyListed, HostListed, KeyListed, NameHeld, OfficerListed, TypeListed
    from verifier.register import Tables

_AGENCIES, _TYPES = "/api/v1/agencies", "/api/v1/types"
_MOST = 200
_ES256 = 1
_HEX_KID = 64

_Agency = Annotated[int, Path(ge=1, lt=2**32, description="The agency's number in the registry.", examples=[3])]
_Number = Annotated[int, Path(ge=1, lt=2**32, description="The type's number in the registry.", examples=[3])]
_Version = Annotated[int, Path(ge=1, lt=2**16, description="The type's version.", examples=[1])]

router = APIRouter(tags=["directory"], dependencies=[Depends(require_query)])


@router.get(
    _AGENCIES,
    summary="List the agencies",
    response_class=JSONResponse,
    responses=described(AgenciesAnswer, "By number.", examples.AGENCIES),
)
def agencies(
    request: Request,
    after: Annotated[int, Query(ge=0, lt=2**32, description="Only those with a higher number.")] = 0,
    parent: Annotated[int | None, Query(ge=0, lt=2**32, description="Only this one's children; 0: the top.")] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="How many at most.")] = 100,
) -> Response:
    """List agencies as they are now; go on at `next` while there is one."""
    with _listed(request, after, -1 if parent is None else parent, limit) as (tables, tag, answer):
        if answer is not None:
            return answer
        found, last = directory.agencies(tables, after=after, parent=parent, limit=limit)
        within = "" if parent is None else f"&parent={parent}"
        listed: AgenciesAnswer = {
            "rights_head": _head(tables),
            "agencies": [_agency(each) for each in found],
            "next": None if last is None else f"{_AGENCIES}?after={last}{within}&limit={limit}",
        }
        return caching.tagged(listed, tag)


@router.get(
    _AGENCIES + "/{agency}",
    summary="Get what is listed of an agency",
    response_class=JSONResponse,
    responses=described(AgencyFileAnswer, "As it is now, with the names that it had.", examples.AGENCY, may_lack=True),
)
def agency(request: Request, agency: _Agency) -> Response:
    """Get an agency with its place in the hierarchy, its names ever, its keys, types and officers."""
    with _listed(request, agency) as (tables, tag, answer):
        if answer is not None:
            return answer
        found = directory.agency(tables, agency)
        if found is None:
            raise RequestFault(HTTPStatus.NOT_FOUND, f"there is no agency {agency}; {_AGENCIES} lists them all")
        listed: AgencyFileAnswer = {
            "rights_head": _head(tables),
            **_agency(found.agency),
            "superiors": [_agency(each) for each in found.superiors],
            "children": [_agency(each) for each in found.children],
            "children_url": f"{_AGENCIES}?parent={agency}",
            "names": [_name(each) for each in found.names],
            "keys": [_key(each) for each in found.keys],
            "types": list(found.types),
            "officers": [_officer(each) for each in found.officers],
        }
        return caching.tagged(listed, tag)


@router.get(
    "/api/v1/keys/{kid}",
    summary="Get a document key",
    response_class=JSONResponse,
    responses=described(KeysAnswer, "Once for each agency that lists it.", examples.KEYS, may_lack=True),
)
def key(
    request: Request,
    kid: Annotated[
        str,
        Path(
            pattern="^([0-9a-f]{64}|[A-Za-z0-9_-]{43})$",
            description="Its thumbprint (RFC 7638), in hex or as a certificate's header writes it.",
        ),
    ],
) -> Response:
    """Get a key with its dates and cut-off, under which a signature counts or does not."""
    with _listed(request, kid) as (tables, tag, answer):
        if answer is not None:
            return answer
        found = directory.keys(tables, bytes.fromhex(kid) if len(kid) == _HEX_KID else _decoded(kid))
        if not found:
            raise RequestFault(HTTPStatus.NOT_FOUND, f"there is no key {kid}; {_AGENCIES} lists who has which")
        listed: KeysAnswer = {"rights_head": _head(tables), "keys": [_key(each) for each in found]}
        return caching.tagged(listed, tag)


@router.get(
    _TYPES,
    summary="List the certificate types",
    response_class=JSONResponse,
    responses=described(TypesAnswer, "By number and version.", examples.TYPES),
)
def types(
    request: Request,
    after: Annotated[
        str,
        Query(pattern=r"^[0-9]{1,9}\.[0-9]{1,5}$", description="Only those beyond this number and version."),
    ] = "0.0",
    limit: Annotated[int, Query(ge=1, le=_MOST, description="How many at most.")] = 100,
) -> Response:
    """List every version of every type; go on at `next` while there is one."""
    with _listed(request, after, limit) as (tables, tag, answer):
        if answer is not None:
            return answer
        number, _, version = after.partition(".")
        found, more = directory.types(tables, after=(int(number), int(version)), limit=limit)
        listed: TypesAnswer = {
            "rights_head": _head(tables),
            "types": [_type(each) for each in found],
            "next": f"{_TYPES}?after={found[-1].number}.{found[-1].version}&limit={limit}" if more else None,
        }
        return caching.tagged(listed, tag)


@router.get(
    _TYPES + "/{number}/{version}",
    summary="Get what is listed of a certificate type",
    response_class=JSONResponse,
    responses=described(TypeFileAnswer, "As it is now.", examples.TYPE, may_lack=True),
)
def certificate_type(request: Request, number: _Number, version: _Version) -> Response:
    """Get a version of a type: the digest of its data file, and where this verifier has that file, its address."""
    with _listed(request, number, version) as (tables, tag, answer):
        if answer is not None:
            return answer
        listed: TypeFileAnswer = {"rights_head": _head(tables), **_type(_found(tables, number, version))}
        return caching.tagged(listed, tag)


@router.get(
    _TYPES + "/{number}/{version}/file",
    summary="Get the data file of a certificate type",
    response_class=Response,
    responses=described(
        dict[str, object],
        "The file itself, byte by byte as it was registered; `Repr-Digest` has its SHA-256.",
        {"format": 1, "identifier": "construction-safety-licence"},
        may_lack=True,
    ),
)
def type_file(request: Request, number: _Number, version: _Version) -> Response:
    """Get the file that says what certificates of this type state, and how they look."""
    with opened(desk_of(request).index) as tables:
        found = _found(tables, number, version)
    data = directory.type_file(found)
    if data is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, f"this verifier does not have the data file of {number} v{version}")
    tag = caching.etag(found.digest)
    if caching.has(request, tag):
        return caching.unchanged(tag)
    headers = {
        "ETag": tag,
        "Cache-Control": caching.NEWEST,
        "Repr-Digest": f"sha-256=:{b64encode(found.digest).decode()}:",
        "Content-Disposition": f'attachment; filename="type-{number}-{version}.json"',
    }
    return Response(data, media_type="application/json", headers=headers)


@router.get(
    "/api/v1/hosts",
    summary="List the official verifying hosts",
    response_class=JSONResponse,
    responses=described(HostsAnswer, "In the order in which they were listed.", examples.HOSTS),
)
def hosts(request: Request) -> Response:
    """List the hosts that codes may name, those too that are no longer official: papers outlive a list."""
    with _listed(request) as (tables, tag, answer):
        if answer is not None:
            return answer
        listed: HostsAnswer = {
            "rights_head": _head(tables),
            "hosts": [_host(each) for each in directory.hosts(tables)],
        }
        return caching.tagged(listed, tag)


@contextmanager
def _listed(request: Request, *asked: int | str) -> Iterator[tuple[Tables, str, Response | None]]:
    """Open the tables; with the answer's tag, and the answer itself to whoever has it already.

    All lists here follow from the registry's rights, so they stay the same as long as the head of these does.
    """
    with opened(desk_of(request).index) as tables:
        row = tables.row
        tag = caching.etag(row.registry_id, row.rights_head, request.url.path, *asked)
        yield tables, tag, caching.unchanged(tag) if caching.has(request, tag) else None


def _found(tables: Tables, number: int, version: int) -> TypeListed:
    found = directory.certificate_type(tables, number, version)
    if found is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, f"there is no type {number} v{version}; {_TYPES} lists them all")
    return found


def _decoded(kid: str) -> bytes:
    """Return a thumbprint's bytes; nothing, which no key has, for one that base64url does not write so."""
    try:
        return base64url.decode(kid)
    except ValueError:
        return b""


def _head(tables: Tables) -> str:
    return f"0x{tables.row.rights_head.hex()}"


def _agency(agency: AgencyListed) -> AgencyAnswer:
    return {
        "id": agency.id,
        "parent": agency.parent,
        "level": agency.level,
        "code": agency.code,
        "name": agency.name,
        "suspended_by_level": agency.suspended_by,
        "approvals": agency.approvals,
        "url": f"{_AGENCIES}/{agency.id}",
    }


def _name(held: NameHeld) -> NameAnswer:
    return {"code": held.code, "name": held.name, "from_block": held.from_block, "until_block": held.until_block}


def _key(key: KeyListed) -> KeyAnswer:
    jwk: JwkAnswer | None = (
        {"kty": "EC", "crv": "P-256", "x": base64url.encode(key.x), "y": base64url.encode(key.y)}
        if key.algorithm == _ES256
        else None
    )
    return {
        "agency": key.agency,
        "kid": key.kid.hex(),
        "algorithm": key.algorithm,
        "jwk": jwk,
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "cut_off_block": key.cut_off_block,
        "listed_at_block": key.listed_at_block,
        "url": f"/api/v1/keys/{key.kid.hex()}",
    }


def _officer(officer: OfficerListed) -> OfficerAnswer:
    return {
        "address": f"0x{officer.address.hex()}",
        "capabilities": list(officer.capabilities),
        "since_block": officer.since_block,
    }


def _type(listed: TypeListed) -> TypeAnswer:
    url = f"{_TYPES}/{listed.number}/{listed.version}"
    return {
        "number": listed.number,
        "version": listed.version,
        "digest": listed.digest.hex(),
        "retired": listed.is_retired,
        "since_block": listed.since_block,
        "identifier": None if listed.known is None else listed.known.identifier,
        "names": None if listed.known is None else dict(listed.known.names),
        "url": url,
        "file_url": None if listed.known is None else f"{url}/file",
    }


def _host(host: HostListed) -> HostAnswer:
    return {"host": host.host, "from_block": host.from_block, "until_block": host.until_block}
