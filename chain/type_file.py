"""The data file of a certificate type, read so strictly that what it says can be done.

`certificate_type.schema.json` says what a file looks like; here is what a schema cannot say.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from chain import strict_json
from chain.certificate_type import CertificateType, Layout, RenewalRule
from chain.claims import CHINESE, NUMBER, Choice, Claim, Derivation, Kind, Mask, Words
from chain.errors import CertificateTypeInvalid
from chain.events import Track
from chain.schemas import Schema
from chain.text import quoted
from chain.validity import ValidityRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chain.strict_json import JSON

STATUS_WORDS: Mapping[Track, Words] = {
    Track.RESCINDED: {"zh-CN": "已撤销", "en": "Rescinded"},
    Track.REVOKED: {"zh-CN": "已吊销", "en": "Revoked"},
    Track.WITHDRAWN: {"zh-CN": "已撤回", "en": "Withdrawn"},
    Track.CANCELLED: {"zh-CN": "已注销", "en": "Cancelled"},
    Track.REPLACED: {"zh-CN": "已换发", "en": "Replaced"},
    Track.SUSPENSION: {"zh-CN": "已暂停", "en": "Suspended"},
    Track.LOSS: {"zh-CN": "已挂失", "en": "Reported lost"},
    Track.RENEWAL_PENDING: {"zh-CN": "延续审查中", "en": "Renewal pending"},
}
"""What a type says of a status unless it says otherwise."""

EVERY_TYPES = (Track.RESCINDED, Track.REPLACED)
"""The statuses that every type lists: anything may turn out to be unlawful, and anything may get a newer version."""

MAX_FACTS = 8
MAX_CARRIED_BYTES = 225
"""Of facts and number together: what keeps a code within QR version 16 at level M (docs/protocol.md)."""
_BYTES_PER_CHARACTER = 3  # In UTF-8, for Chinese and Mongolian letters alike.
_ASCII_KINDS = frozenset({Kind.DATE, Kind.USCC, Kind.RESIDENT_NUMBER, Kind.CERTIFICATE_IDENTIFIER})


class _Property(TypedDict, total=False):
    """What a claim's schema may say that concerns us."""

    type: str
    maxLength: int
    pattern: str
    enum: list[str]
    items: _Property


class _Claim(TypedDict, total=False):
    key: str
    kind: str
    labels: Words
    help: Words
    example: str
    always: bool
    fact: bool
    factMaxLength: int
    factMaxBytes: int
    mask: str
    isName: bool
    multiline: bool
    assigned: bool
    derived: _Derived
    choices: dict[str, Words]


class _Derived(TypedDict):
    claim: str
    prefix: str


class _Schema(TypedDict):
    properties: dict[str, _Property]
    required: list[str]


class _Holder(TypedDict, total=False):
    name: str
    code: str
    codeType: str


class _Validity(TypedDict, total=False):
    first: str
    last: str
    years: int
    maxYears: int


class _Renewal(TypedDict):
    keepsNumber: bool
    monthsBefore: int


class _Layout(TypedDict, total=False):
    orientation: str
    accent: str
    seal: str
    columns: int
    largeTitle: bool
    photo: bool
    more: dict[str, JSON]


class _File(TypedDict):
    """What `certificate_type.schema.json` lets pass."""

    identifier: str
    number: int
    version: int
    credentialType: str
    typeCode: str
    names: Words
    holder: _Holder
    schema: _Schema
    claims: list[_Claim]
    validity: _Validity
    renewal: _Renewal | None
    statuses: list[str]
    statusWords: dict[str, Words]
    inspectionMonths: int | None
    layout: _Layout


def parse(data: bytes) -> CertificateType:
    """Read a type's data file; raises `CertificateTypeInvalid` with all that is wrong with it."""
    try:
        document = strict_json.parse(data)
    except ValueError as exc:
        raise CertificateTypeInvalid(f"not a certificate type: {exc}") from exc
    _refuse(
        f"{'.'.join(v.path) or 'file'}: got {v.got}, wanted {v.wanted}" for v in _file_schema().violations(document)
    )
    file = cast("_File", document)
    _refuse((*_reference_faults(file), *_status_faults(file)))
    _refuse(
        fault for claim in file["claims"] for fault in _claim_faults(claim, file["schema"]["properties"][claim["key"]])
    )
    certificate_type = _certificate_type(file, sha256(data).digest())
    _refuse(_budget_faults(certificate_type))
    _, faults = certificate_type.from_row({claim.key: claim.example for claim in certificate_type.columns})
    _refuse(f"the example of {fault}" for fault in faults)
    return certificate_type


def _certificate_type(file: _File, digest: bytes) -> CertificateType:
    """Put together what the file says."""
    validity, renewal, layout = file["validity"], file["renewal"], file["layout"]
    try:
        schema = Schema.of(cast("Mapping[str, JSON]", file["schema"]))
    except ValueError as exc:
        raise CertificateTypeInvalid(f"schema: {exc}") from exc
    return CertificateType(
        identifier=file["identifier"],
        number=file["number"],
        version=file["version"],
        credential_type=file["credentialType"],
        type_code=file["typeCode"],
        names=file["names"],
        claims=tuple(_claim(claim, file["schema"]) for claim in file["claims"]),
        number_claim=NUMBER,
        holder_name_claim=file["holder"]["name"],
        holder_code_claim=file["holder"].get("code"),
        holder_code_type=file["holder"]["codeType"],
        schema=schema,
        validity_rule=ValidityRule(
            validity.get("first"), validity.get("last"), validity.get("years"), validity.get("maxYears")
        ),
        renewal=RenewalRule(renewal["keepsNumber"], renewal["monthsBefore"]) if renewal else None,
        statuses=frozenset(Track[name] for name in file["statuses"]),
        status_words={**STATUS_WORDS, **{Track[name]: words for name, words in file["statusWords"].items()}},
        inspection_months=file["inspectionMonths"],
        layout=Layout(
            layout["orientation"],
            layout["accent"],
            layout["seal"],
            layout["columns"],
            layout["largeTitle"],
            layout["photo"],
            layout.get("more", {}),
        ),
        digest=digest,
    )


def _claim(claim: _Claim, schema: _Schema) -> Claim:
    """Put together what the file says of a claim, in its list of claims and in its schema."""
    kind = Kind(claim["kind"])
    choices = tuple(Choice(code, labels) for code, labels in claim.get("choices", {}).items())
    wanted = schema["properties"][claim["key"]]
    text = wanted.get("items", wanted)
    max_length = text.get("maxLength", max((len(choice.code) for choice in choices), default=0))
    fact_length = claim.get("factMaxLength", max((len(c.labels[CHINESE]) for c in choices), default=max_length))
    fact_bytes = fact_length if kind in _ASCII_KINDS else fact_length * _BYTES_PER_CHARACTER
    derived = claim.get("derived")
    return Claim(
        key=claim["key"],
        labels=claim["labels"],
        help=claim["help"],
        kind=kind,
        required=claim["key"] in schema["required"],
        always=claim.get("always", False),
        fact=claim.get("fact", False),
        mask=Mask(claim["mask"]) if "mask" in claim else None,
        max_length=max_length,
        fact_max_length=fact_length,
        fact_max_bytes=claim.get("factMaxBytes", fact_bytes),
        pattern=text.get("pattern"),
        choices=choices,
        is_name=claim.get("isName", False),
        multiline=claim.get("multiline", False),
        derived=Derivation(derived["claim"], derived["prefix"]) if derived else None,
        assigned=claim.get("assigned", False),
        example=claim["example"],
    )


def _reference_faults(file: _File) -> Iterator[str]:
    """Yield what the parts of the file say of each other that is not so."""
    keys = [claim["key"] for claim in file["claims"]]
    if sorted(keys) != sorted(file["schema"]["properties"]):
        yield f"schema: got the properties {sorted(file['schema']['properties'])}, wanted the claims' {sorted(keys)}"
        return
    kinds = {claim["key"]: claim["kind"] for claim in file["claims"]}
    required = {key for key in keys if key in file["schema"]["required"]}
    texts = {key for key in required if kinds[key] != Kind.LIST}
    holder, validity = file["holder"], file["validity"]
    for place, key, wanted in (
        ("holder.name", holder["name"], required),
        ("holder.code", holder.get("code"), keys),
        ("validity.first", validity.get("first"), [key for key in required if kinds[key] == Kind.DATE]),
        ("validity.last", validity.get("last"), [key for key in keys if kinds[key] == Kind.DATE]),
        *(("derived.claim", c["derived"]["claim"], texts - {c["key"]}) for c in file["claims"] if "derived" in c),
    ):
        if key is not None and key not in wanted:
            yield f"{place}: got {key!r}, wanted one of {sorted(wanted)}"
    headers = [name for c in file["claims"] for name in set(map(str.casefold, (c["key"], *c["labels"].values())))]
    if twice := {name for name in headers if headers.count(name) > 1}:
        yield f"claims: got {sorted(twice)} for two claims, wanted a key and labels that name one"


def _status_faults(file: _File) -> Iterator[str]:
    """Yield what the file says of statuses that is not so.

    A renewal can be pending wherever there is one (行政许可法, article 50), and nowhere else.
    """
    listed = file["statuses"]
    wanted = {track.name for track in EVERY_TYPES} | ({Track.RENEWAL_PENDING.name} if file["renewal"] else set())
    if missing := sorted(wanted - set(listed)):
        yield f"statuses: got {listed}, wanted {' and '.join(missing)} as well"
    if file["renewal"] is None and Track.RENEWAL_PENDING.name in listed:
        yield f"statuses: got {Track.RENEWAL_PENDING.name} for a type that is not renewed"
    for name in file["statusWords"]:
        if name not in listed:
            yield f"statusWords: got {quoted(name)}, wanted one of the statuses {listed}"


def _claim_faults(claim: _Claim, wanted: _Property) -> Iterator[str]:
    """Yield what a claim and its schema say of each other that is not so."""
    key, kind = claim["key"], claim["kind"]
    if (wanted["type"] == "array") != (kind == Kind.LIST):
        yield f"{key}: got {wanted['type']!r} in the schema for the kind {kind!r}"
    if ("enum" in wanted or kind == Kind.ENUM) and sorted(wanted.get("enum", [])) != sorted(claim.get("choices", {})):
        yield f"{key}: got the choices {sorted(claim.get('choices', {}))}, wanted those of the schema's enum"
    if claim.get("mask") == Mask.RESIDENT_NUMBER and kind not in {Kind.TEXT, Kind.RESIDENT_NUMBER}:
        yield f"{key}: got the mask of a resident number for the kind {kind!r}"
    if key == NUMBER and not (claim.get("always") and not claim.get("fact") and kind in {Kind.TEXT, Kind.USCC}):
        yield f"{key}: wanted a text or credit code that is always shown, and no fact, since codes carry it anyway"


def _budget_faults(certificate_type: CertificateType) -> Iterator[str]:
    """Yield what a code has no room for."""
    if len(certificate_type.fact_claims) > MAX_FACTS:
        yield f"claims: got {len(certificate_type.fact_claims)} facts, wanted at most {MAX_FACTS}"
    carried = (*certificate_type.fact_claims, certificate_type.claim(NUMBER))
    if (total := sum(claim.fact_max_bytes for claim in carried)) > MAX_CARRIED_BYTES:
        yield f"claims: got facts and number of up to {total} bytes, wanted at most {MAX_CARRIED_BYTES} for the code"
    for claim in certificate_type.fact_claims:
        if claim.kind is Kind.LIST and claim.fact_max_length < claim.max_length:
            yield f"{claim.key}: got factMaxLength {claim.fact_max_length}, wanted room for one entry"


def _refuse(faults: Iterable[str]) -> None:
    """Raise if there is any fault."""
    if found := "; ".join(faults):
        raise CertificateTypeInvalid(found)


@cache
def _file_schema() -> Schema:
    document = strict_json.parse(Path(__file__).with_name("certificate_type.schema.json").read_bytes())
    return Schema.of(cast("Mapping[str, JSON]", document))
