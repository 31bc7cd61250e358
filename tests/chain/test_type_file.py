"""A type's data file says nothing that cannot be done, and each fault of it is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chain.certificate_types import LOCAL, Kind, parse
from chain.errors import CertificateTypeInvalid
from chain.events import Track
from tests.chain.small_type import FILE, REMOVE, WORDS, changed, claim, small


def test_file_is_read_as_it_says() -> None:
    certificate_type = small(
        statuses=["LOSS", "REPLACED", "RESCINDED", "RENEWAL_PENDING"],
        statusWords={"LOSS": WORDS},
        renewal={"keepsNumber": False, "monthsBefore": 3},
    )
    assert (certificate_type.number, certificate_type.version) == (99, 2)
    assert certificate_type.type_code.startswith(LOCAL)
    assert certificate_type.statuses == {Track.LOSS, Track.REPLACED, Track.RESCINDED, Track.RENEWAL_PENDING}
    assert certificate_type.status_words[Track.LOSS] == WORDS
    assert certificate_type.status_words[Track.REVOKED]["en"] == "Revoked"
    assert certificate_type.renewal is not None
    assert certificate_type.renewal.months_before == 3
    assert not certificate_type.renewal.keeps_number
    assert certificate_type.layout.more == {"watermark": True}
    assert certificate_type.claim("choice").kind is Kind.ENUM
    assert certificate_type.claim("number").pattern == "^[A-Z]-[0-9]+$"
    assert certificate_type.claim("things").max_length == 10
    assert set(FILE["schema"]["required"]) == {it.key for it in certificate_type.claims if it.required}


def test_schema_of_the_claims_is_good_for_any_validator() -> None:
    """Others may check claims with it, without our software."""
    schema = small().schema
    assert {violation.keyword for violation in schema.violations({"number": "?", "people": []})} == {
        "minLength",
        "minItems",
        "pattern",
        "required",
    }
    assert schema.document == FILE["schema"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "not a certificate type"),
        (b"\xff", "not a certificate type"),
        (b'{"number": 1, "number": 2}', "the member 'number' twice"),
        (b"[]", "file: got a list or object, wanted a JSON object"),
        (b"{}", "identifier: got nothing, wanted a value"),
    ],
)
def test_other_bytes_are_refused(data: bytes, fault: str) -> None:
    with pytest.raises(CertificateTypeInvalid, match=fault):
        parse(data)


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"surprise": 1}, "surprise: got «surprise», wanted known members"),
        ({"identifier": "Small Type"}, "identifier: got «Small Type», wanted the form"),
        ({"statuses": REMOVE}, "statuses: got nothing, wanted a value"),
        ({"statuses": ["RESCINDED", "REPLACED", "GONE"]}, r"statuses.2: got «GONE», wanted one of «\['RESCINDED'"),
        ({"statuses": ["RESCINDED", "REPLACED", "REPLACED"]}, "statuses: got a list of 3 entries, wanted each entry"),
        ({"statuses": ["LOSS"]}, r"statuses: got \['LOSS'\], wanted REPLACED and RESCINDED as well"),
        (
            {"renewal": {"keepsNumber": True, "monthsBefore": 1}},
            "statuses: got .*, wanted RENEWAL_PENDING as well",
        ),
        (
            {"statuses": ["RESCINDED", "REPLACED", "RENEWAL_PENDING"]},
            "statuses: got RENEWAL_PENDING for a type that is not renewed",
        ),
        ({"statusWords": {"GONE": WORDS}}, "statusWords: got «GONE», wanted one of the statuses"),
        ({"statusWords": {"SUSPENSION": WORDS}}, "statusWords: got «SUSPENSION», wanted one of the statuses"),
        ({"claims__name__kind": "colour"}, "claims.1.kind: got «colour», wanted one of"),
        ({"claims__name__labels": {"zh-CN": "名"}}, "claims.1.labels.en: got nothing"),
        ({"schema__required": ["name"]}, "schema.required: got a list of 1 entries, wanted contains"),
        ({"schema__properties__name": {"type": "string"}}, "schema.properties.name"),
        ({"schema__additionalProperties": True}, "schema.additionalProperties"),
        ({"validity": {"last": "last", "years": 2}}, "validity: got a list or object, wanted not"),
        ({"layout__accent": "red"}, "layout.accent: got «red»"),
        ({"typeCode": "TBD"}, "typeCode"),
        ({"claims": [*FILE["claims"], claim("extra", "text", "x")]}, r"wanted the claims' \['amount'.*'extra'"),
        ({"claims": [*FILE["claims"], FILE["claims"][1]]}, "schema: got the properties"),
        ({"schema__properties__name": REMOVE}, "schema: got the properties"),
        ({"holder__name": "code"}, "holder.name: got 'code', wanted one of"),
        ({"holder__code": "nobody"}, "holder.code: got 'nobody', wanted one of"),
        ({"validity": {"first": "last"}}, r"validity.first: got 'last', wanted one of \['first'\]"),
        ({"validity": {"last": "name"}}, r"validity.last: got 'name', wanted one of \['first', 'last'\]"),
        ({"claims__card__derived__claim": "card"}, "derived.claim: got 'card', wanted one of"),
        ({"claims__card__derived__claim": "amount"}, "derived.claim: got 'amount', wanted one of"),
        ({"claims__card__labels": {"zh-CN": "NAME", "en": "x"}}, r"got \['name'\] for two claims"),
        ({"claims__things__kind": "text"}, "things: got 'array' in the schema for the kind 'text'"),
        ({"claims__name__kind": "list"}, "name: got 'string' in the schema for the kind 'list'"),
        ({"claims__choice__choices": {"a": WORDS}}, r"choice: got the choices \['a'\], wanted those"),
        ({"claims__choice__kind": "text", "claims__choice__choices": REMOVE}, r"choice: got the choices \[\], wanted"),
        ({"claims__things__mask": "resident-number"}, "things: got the mask of a resident number for the kind 'list'"),
        ({"claims__number__always": False}, "number: wanted a text or credit code that is always shown"),
        ({"claims__number__fact": True}, "number: wanted a text or credit code that is always shown"),
        ({"claims__number__kind": "money"}, "number: wanted a text or credit code that is always shown"),
        ({"claims__name__factMaxBytes": 200}, "facts and number of up to 3[0-9][0-9] bytes, wanted at most 225"),
        ({"claims__things__factMaxLength": 9}, "things: got factMaxLength 9, wanted room for one entry"),
        ({"claims__name__example": "⽟"}, "the example of name: got a part of a character"),
        ({"schema__properties__number__pattern": "["}, "schema: got a schema with "),
        (
            {"schema__properties__name__$ref": "https://example.invalid/s"},
            r"got a schema with a \$ref, wanted one that",
        ),
        ({"schema__allOf": [{"$dynamicRef": "#x"}]}, r"got a schema with a \$dynamicRef, wanted one that stands alone"),
    ],
)
def test_each_impossible_thing_is_refused_by_name(members: dict[str, Any], fault: str) -> None:
    with pytest.raises(CertificateTypeInvalid, match=fault):
        small(**members)


def test_more_facts_than_a_code_may_have_are_refused() -> None:
    short = {"type": "string", "maxLength": 2}
    names = ("one", "two", "three")
    with pytest.raises(CertificateTypeInvalid, match="claims: got 9 facts, wanted at most 8"):
        small(
            claims=[*FILE["claims"], *(claim(name, "text", "x", fact=True) for name in names)],
            schema__properties={**FILE["schema"]["properties"], **dict.fromkeys(names, short)},
        )


def test_every_fault_is_named_at_once() -> None:
    data = json.dumps(changed(identifier="?", number=0, layout__columns=3)).encode()
    with pytest.raises(CertificateTypeInvalid) as caught:
        parse(data)
    assert [place in str(caught.value) for place in ("identifier", "number", "layout.columns")] == [True] * 3
