"""What happens in the demonstration: who issues which file, and what becomes of some certificates afterwards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One spreadsheet that one agency issues."""

    certificate_type: str
    team: str
    """The agency's key in plan.json; its officers are `<team>-preparer` and `<team>-approver`."""

    @property
    def file(self) -> str:
        """The spreadsheet's name."""
        return f"{self.certificate_type}.csv"


@dataclass(frozen=True, slots=True)
class Deed:
    """What two officers do to one certificate that is in force."""

    certificate_type: str
    nth: int
    """Which of the type's certificates in force, from 0."""
    words: tuple[tuple[str, ...], ...]
    """Commands after `yinxin-issuer`, one after the other; NUMBER stands for the certificate number, +7 for a date."""
    expected: str
    """The verdict that its first document gets then."""
    team: str = ""
    """Whose officers act, if not the issuing agency's."""


ISSUES = (
    Issue("business-licence", "saihan-scjg"),
    Issue("food-operation-permit", "jinhe-scjg"),
    Issue("construction-safety-licence", "region-zjt"),
    Issue("construction-special-operator", "region-zjt"),
    Issue("special-operation-certificate", "baotou-yjgl"),
    Issue("real-estate-title", "ujimqin-zrzy"),
    Issue("public-institution-certificate", "ordos-bianban"),
    Issue("rural-collective-registration", "ujimqin-nm"),
)


def _status(*words: str) -> tuple[str, ...]:
    return ("status", "NUMBER", *words)


DEEDS = (
    Deed(
        "construction-safety-licence",
        0,
        (_status("suspend", "--until", "+30", "--reason", "演示：安全生产条件降低，限期整改"),),
        "SUSPENDED",
    ),
    Deed(
        "construction-safety-licence",
        1,
        (
            _status("suspend", "--until", "+30", "--reason", "演示：限期整改"),
            _status("resume", "--reason", "演示：整改合格"),
        ),
        "VALID",
    ),
    Deed("food-operation-permit", 0, (_status("revoke", "--reason", "演示：严重违法，吊销许可证"),), "REVOKED"),
    Deed(
        "food-operation-permit",
        1,
        (_status("suspend", "--until", "+10", "--reason", "演示：上级机关决定"),),
        "SUSPENDED",
        team="hohhot-scjg",
    ),
    Deed(
        "food-operation-permit",
        2,
        (_status("revoke", "--from", "+30", "--reason", "演示：一个月后生效的决定"),),
        "VALID",
    ),
    Deed("business-licence", 0, (_status("cancel", "--reason", "演示：企业申请注销"),), "CANCELLED"),
    Deed("business-licence", 1, (_status("lost", "--reason", "演示：执照遗失"),), "LOST"),
    Deed(
        "special-operation-certificate",
        0,
        (_status("rescind", "--reason", "演示：以欺骗手段取得，予以撤销"),),
        "RESCINDED",
    ),
    Deed(
        "food-operation-permit",
        3,
        (_status("withdraw", "--reason", "演示：准予许可的客观情况发生重大变化，依法撤回"),),
        "WITHDRAWN",
    ),
    Deed(
        "business-licence",
        2,
        (
            (
                "replace",
                "NUMBER",
                "--set",
                "address=内蒙古自治区呼和浩特市演示区演示路99号",
                "--reason",
                "演示：住所变更",
            ),
        ),
        "REPLACED",
    ),
)
"""RENEWAL_PENDING is added for a certificate that has expired."""

RENEWAL = Deed(
    "food-operation-permit",
    0,
    (_status("renewal-pending", "--until", "+60", "--reason", "演示：已在法定期限内申请延续"),),
    "RENEWAL_PENDING",
)
"""The one deed for an expired certificate: its `nth` counts those."""
