"""Examples of what the register's routes answer, for the OpenAPI description."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.routes.answers import (
        AgenciesAnswer,
        AgencyAnswer,
        AgencyFileAnswer,
        DeltasAnswer,
        HostsAnswer,
        KeyAnswer,
        KeysAnswer,
        LeavesAnswer,
        StandingAnswer,
        StatusAnswer,
        TypeAnswer,
        TypeFileAnswer,
        TypesAnswer,
    )

_HASH = "e19d" * 16
_LEAF = "a1b2" + "3c" * 30
_KID = "5f1c" * 16
_HEAD = f"0x{_HASH}"

_STANDING: StandingAnswer = {
    "registry": {
        "chain_id": 31337,
        "registry_id": f"0x{'8f2c' * 16}",
        "registry": "0x5fbdb2315678afecb367f032d93f642f64180aa3",
        "agencies": "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512",
        "test": True,
    },
    "block": {"number": 90211, "hash": f"0x{'5d1c' * 16}", "timestamp": 1795350602},
    "polled_at": 1795350603,
    "confirmations": 1,
    "max_head_age_s": 36,
    "doubt": None,
    "checkpoint": {"block_number": 90210},
}
_STATUS: StatusAnswer = {
    "agency": 3,
    "track": "REVOKED",
    "from_hour": 498709,
    "until_hour": 0,
    "actor": 3,
    "new_leaf": None,
    "decision": _HEAD,
    "block_number": 90105,
    "log_index": 2,
    "timestamp": 1795350350,
}
LEAVES: LeavesAnswer = {
    "prefix": "a1b2",
    **_STANDING,
    "leaves": [
        {
            "leaf": _LEAF,
            "batches": [
                {
                    "agency": 3,
                    "root": "07bc" * 16,
                    "type": 3,
                    "version": 1,
                    "size": 4,
                    "sequence": 17,
                    "block_number": 1204,
                    "log_index": 0,
                    "timestamp": 1769821920,
                    "index": 2,
                    "path": ["8a31" * 16, "c40e" * 16],
                }
            ],
            "statuses": [_STATUS],
        }
    ],
}
DELTAS: DeltasAnswer = {
    "after": "90104",
    **_STANDING,
    "statuses_head": _HEAD,
    "complete_to": 90210,
    "deltas": [{"leaf_prefix": _LEAF[:16], **_STATUS}],
    "next": None,
}
_SUPERIOR: AgencyAnswer = {
    "id": 2,
    "parent": 1,
    "level": 2,
    "code": "11150000X00000019M",
    "name": "演示自治区住房和城乡建设厅",
    "suspended_by_level": None,
    "approvals": 1,
    "url": "/api/v1/agencies/2",
}
_AGENCY: AgencyAnswer = {
    "id": 3,
    "parent": 2,
    "level": 3,
    "code": "11150100X00000027D",
    "name": "演示市住房和城乡建设局",
    "suspended_by_level": None,
    "approvals": 1,
    "url": "/api/v1/agencies/3",
}
_KEY: KeyAnswer = {
    "agency": 3,
    "kid": _KID,
    "algorithm": 1,
    "jwk": {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    },
    "valid_from": 1767225600,
    "valid_until": 0,
    "cut_off_block": None,
    "listed_at_block": 12,
    "url": f"/api/v1/keys/{_KID}",
}
_TYPE: TypeAnswer = {
    "number": 3,
    "version": 1,
    "digest": "b7aa" * 16,
    "retired": False,
    "since_block": 9,
    "identifier": "construction-safety-licence",
    "names": {"zh-CN": "建筑施工企业安全生产许可证", "en": "Work safety licence"},
    "url": "/api/v1/types/3/1",
    "file_url": "/api/v1/types/3/1/file",
}
AGENCIES: AgenciesAnswer = {"rights_head": _HEAD, "agencies": [_SUPERIOR, _AGENCY], "next": None}
AGENCY: AgencyFileAnswer = {
    "rights_head": _HEAD,
    **_AGENCY,
    "superiors": [_SUPERIOR],
    "children": [],
    "children_url": "/api/v1/agencies?parent=3",
    "names": [{"code": _AGENCY["code"], "name": _AGENCY["name"], "from_block": 11, "until_block": None}],
    "keys": [_KEY],
    "types": [3],
    "officers": [{"address": f"0x{'4c' * 20}", "capabilities": ["PREPARE", "STATUS"], "since_block": 13}],
}
KEYS: KeysAnswer = {"rights_head": _HEAD, "keys": [_KEY]}
TYPES: TypesAnswer = {"rights_head": _HEAD, "types": [_TYPE], "next": None}
TYPE: TypeFileAnswer = {"rights_head": _HEAD, **_TYPE}
HOSTS: HostsAnswer = {
    "rights_head": _HEAD,
    "hosts": [{"host": "verify.example.cn", "from_block": 14, "until_block": None}],
}
