"""Examples of questions and answers, for the OpenAPI description."""

from __future__ import annotations

from typing import Any

PROBLEM = {
    "type": "about:blank",
    "title": "Unsupported Media Type",
    "status": 415,
    "detail": "got text/plain, wanted multipart/form-data or application/json",
    "request_id": "0192f0c1d2e34f5a",
}
_CHECKS = (
    ("form", "PASSED", "A code in the right form."),
    ("signature", "PASSED", "Signed with a key that the registry lists for this agency (5f1c…)."),
    ("inclusion", "PASSED", "Anchored in block 1204, in the agency's batch number 17 of 200 certificates."),
    ("anchoring", "PASSED", "The agency was authorised when it was anchored (block 1204, 31 January 2026 09:12)."),
    ("status", "PASSED", "No entry in the registry speaks against it on 22 November 2026."),
    ("validity", "PASSED", "Valid from 1 February 2026 to 31 January 2029."),
    ("document", "SKIPPED", "There is no document to compare."),
)
REPORT: dict[str, Any] = {
    "reports": [
        {
            "input": "code",
            "verdict": "VALID",
            "colour": "green",
            "heading": "Genuine and in force",
            "checks": [{"name": name, "outcome": outcome, "message": said} for name, outcome, said in _CHECKS],
            "facts": {"company_name": "内蒙古演示长城建筑工程有限责任公司", "licence_scope": "建筑施工"},
            "agency": {
                "id": 3,
                "code": "11150100X00000027D",
                "name": "演示市住房和城乡建设局",
                "path": ["演示自治区住房和城乡建设厅", "演示市住房和城乡建设局"],
            },
            "type": {
                "identifier": "construction-safety-licence",
                "number": 3,
                "version": 1,
                "names": {"zh-CN": "建筑施工企业安全生产许可证", "en": "Work safety licence"},
            },
            "number": "（蒙）JZ安许证字〔2026〕000123",
            "on": "2026-11-22",
            "known_at": "2026-11-22T12:30:02+08:00",
            "checked_at": "2026-11-22T12:30:04+08:00",
            "chain_id": 31337,
            "registry": "0x5fbdb2315678afecb367f032d93f642f64180aa3",
            "registry_id": "0x8f2c…",
            "block_number": 90211,
            "block_age_s": 2,
            "test": True,
        }
    ]
}

REQUESTS: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "A PDF, a PNG or JPEG of a page or code, or an SD-JWT, of at most 20 MB.",
                    },
                    "certified_file": {
                        "type": "string",
                        "format": "binary",
                        "description": "An existing file, to be compared with what the certificate vouches for; "
                        "at most 20 MB.",
                    },
                },
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
                "properties": {
                    "code": {"type": "string", "description": "The QR code's text: a URL, or its digits."},
                    "certificate": {"type": "string", "description": "The SD-JWT."},
                    "short_number": {"type": "string", "description": "What is printed under the code."},
                },
            },
            "examples": {
                "code": {"value": {"code": "https://verify.example.cn/v#09218…"}},
                "short number": {"value": {"short_number": "7HKQ-2M4D-X9RT-0C"}},
            },
        },
    },
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A report, whatever the verdict.", "content": {"application/json": {"example": REPORT}}},
    **{
        status: {"description": description, "content": {"application/problem+json": {"example": PROBLEM}}}
        for status, description in (
            (400, "The body cannot be read."),
            (413, "The body is too large."),
            (415, "The body is neither multipart nor JSON."),
            (422, "Not exactly one thing to check, or an impossible date."),
            (503, "Too many uploads are waiting; `Retry-After` says when to come again."),
        )
    },
}
