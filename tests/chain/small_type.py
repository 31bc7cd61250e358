"""A certificate type made for tests: one claim of each kind, and room to break it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from chain.certificate_types import CertificateType, parse

WORDS = {"zh-CN": "演示", "en": "Demo"}


def claim(key: str, kind: str, example: str, **more: object) -> dict[str, Any]:
    labels = {"zh-CN": f"标签{key}", "en": f"Label {key}"}
    return {"key": key, "kind": kind, "labels": labels, "help": WORDS, "example": example, **more}


FILE: dict[str, Any] = {
    "identifier": "small-type",
    "number": 99,
    "version": 2,
    "credentialType": "SmallType",
    "typeCode": "LOCAL-SMALL",
    "names": WORDS,
    "holder": {"name": "name", "code": "code", "codeType": "001"},
    "validity": {"first": "first", "last": "last"},
    "renewal": None,
    "inspectionMonths": None,
    "statuses": ["RESCINDED", "REVOKED", "REPLACED", "LOSS"],
    "statusWords": {},
    "layout": {
        "orientation": "portrait",
        "accent": "#123abc",
        "seal": "right",
        "columns": 1,
        "largeTitle": False,
        "photo": False,
        "more": {"watermark": True},
    },
    "claims": [
        claim("number", "text", "A-1", always=True),
        claim("name", "text", "演示公司", fact=True, isName=True),
        claim("code", "uscc", "91150102MA0XXXX156"),
        claim("person", "resident-number", "15012118000101000X", fact=True, mask="resident-number"),
        claim(
            "card", "text", "T15012118000101000X", mask="resident-number", derived={"claim": "person", "prefix": "T"}
        ),
        claim("first", "date", "2026-01-31", fact=True),
        claim("last", "date", "2027-01-30"),
        claim("amount", "money", "100万元", fact=True),
        claim("choice", "enum", "甲种", fact=True, choices={"a": {"zh-CN": "甲种", "en": "Sort A"}, "b": WORDS}),
        claim("things", "list", "一、二", fact=True, factMaxLength=12),
        claim("people", "list", "阿拉坦乌拉、其木格", mask="name", isName=True),
        claim("prose", "text", "第一行\n第二行", multiline=True),
    ],
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["number", "name", "person", "first"],
        "properties": {
            "number": {"type": "string", "minLength": 2, "maxLength": 8, "pattern": "^[A-Z]-[0-9]+$"},
            "name": {"type": "string", "minLength": 1, "maxLength": 10},
            "code": {"type": "string", "maxLength": 18},
            "person": {"type": "string", "maxLength": 18},
            "card": {"type": "string", "maxLength": 19, "pattern": "^T"},
            "first": {"type": "string", "format": "date", "maxLength": 10},
            "last": {"type": "string", "format": "date", "maxLength": 10},
            "amount": {"type": "string", "maxLength": 24},
            "choice": {"enum": ["a", "b"], "type": "string"},
            "things": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 10},
                "minItems": 1,
                "maxItems": 20,
            },
            "people": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 20},
                "minItems": 1,
                "maxItems": 3,
                "uniqueItems": True,
            },
            "prose": {"type": "string", "maxLength": 100},
        },
        "dependentRequired": {"prose": ["things"]},
    },
}

CLAIMS: dict[str, Any] = {
    "number": "A-1",
    "name": "演示公司",
    "code": "91150102MA0XXXX156",
    "person": "15012118000101000X",
    "card": "T15012118000101000X",
    "first": "2026-01-31",
    "last": "2027-01-30",
    "amount": "1000000.00 CNY",
    "choice": "a",
    "things": ["一", "二"],
    "people": ["阿拉坦乌拉", "其木格"],
    "prose": "第一行\n第二行",
}

REMOVE = object()


def changed(**members: object) -> dict[str, Any]:
    """Return the file with some members replaced, paths written as `a__b`; `REMOVE` takes one out."""
    file = deepcopy(FILE)
    for path, value in members.items():
        *way, last = path.split("__")
        place: Any = file
        for step in way:
            place = _step(place, step)
        if value is REMOVE:
            del place[last]
        else:
            place[last] = value
    return file


def small(**members: object) -> CertificateType:
    """Return the type, with some members replaced."""
    return parse(json.dumps(changed(**members)).encode())


def _step(place: Any, step: str) -> Any:  # noqa: ANN401 - Parsed JSON.
    if isinstance(place, list):
        return next(entry for entry in place if entry["key"] == step)
    return place[step]
