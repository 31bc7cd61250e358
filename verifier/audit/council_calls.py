"""What a proposal of the council would do, in words: the call decoded by the contracts' own interface.

Who votes for a call that cannot be read here votes blindly, so that is said as loudly as anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

from chain import steps
from chain.events import Capability, Track
from verifier.audit import times
from verifier.check.knowledge import NO_CUT_OFF
from verifier.wording import Language, listed, message, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from verifier.indexing.models import RegistryRow
    from verifier.wording import Argument, Message, Words

Call: TypeAlias = "tuple[str, tuple[object, ...]]"
"""A function's name, and the values of its arguments: addresses and texts are bytes, structures tuples."""


class CallReader(Protocol):
    """Decodes calls by the contracts' interface; None for what that contract does not have, or would not take."""

    def agencies(self, payload: bytes) -> Call | None:
        """Read a call to Agencies."""

    def certificates(self, payload: bytes) -> Call | None:
        """Read a call to Certificates."""


@dataclass(frozen=True, slots=True)
class Told:
    """A call in words."""

    message: Message
    function: str
    """Its name in the contract; empty where it could not be read."""
    is_readable: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What agencies and types are called."""

    agencies: Mapping[int, str]
    types: Mapping[int, Words]

    def agency(self, number: object) -> str:
        """Name an agency with its number."""
        name = self.agencies.get(cast("int", number))
        return f"{number}" if name is None else f"{number} {name}"

    def certificate_type(self, number: object) -> Words:
        """Name a type with its number."""
        known = self.types.get(cast("int", number))
        return {each: f"{number}" if known is None else f"{number} {known[each]}" for each in Language}


def told(row: RegistryRow, reader: CallReader, target: bytes, payload: bytes, names: Names) -> Told:
    """Return what a call does."""
    if target == row.agencies_address:
        call = reader.agencies(payload)
    elif target == row.address:
        call = reader.certificates(payload)
    else:
        return Told(message("audit.call.foreign", target=_hex(target)), "", is_readable=False)
    if call is None:
        return Told(message("audit.call.unreadable"), "", is_readable=False)
    name, arguments = call
    say = _SAID.get(name)
    if say is None:
        return Told(message("audit.call.other", function=name), name, is_readable=True)
    try:
        return Told(say(arguments, names), name, is_readable=True)
    except ValueError:
        # A track or a capability that there is none of: the contract would refuse the call.
        return Told(message("audit.call.unreadable"), name, is_readable=False)


def _hex(value: object) -> str:
    return f"0x{cast('bytes', value).hex()}"


def _text(value: object) -> str:
    return steps.text(cast("bytes", value).rstrip(b"\0"))


def _time(value: object) -> str:
    return times.shanghai(cast("int", value))


def _capabilities(value: object) -> Words:
    if cast("int", value) > sum(Capability):
        raise ValueError(f"got the capabilities {value}, wanted {sum(Capability)} at most")
    held = [each for each in Capability if each & cast("int", value)]
    return listed(words(f"audit.capability.{each.name}") for each in held) if held else words("audit.capability.none")


def _status(arguments: Sequence[object], names: Names) -> Message:
    agency, _, leaves, _, track, first, until, decision, *_ = cast("tuple[object, ...]", arguments[0])
    shown: dict[str, Argument] = {
        "agency": names.agency(agency),
        "count": len(cast("tuple[bytes, ...]", leaves)),
        "leaf": _hex(next(iter(cast("tuple[bytes, ...]", leaves)), b"")),
        "track": words(f"audit.track.{Track(cast('int', track)).name}"),
        "decision": _hex(decision),
    }
    if not first:
        return message("audit.call.changeStatus.lifted", **shown)
    start = _time(cast("int", first) * 3600)
    if not until:
        return message("audit.call.changeStatus", **shown, start=start)
    return message("audit.call.changeStatus.until", **shown, start=start, end=_time(cast("int", until) * 3600))


def _key(arguments: Sequence[object], names: Names) -> Message:
    agency, algorithm, x, _, first, until, *_ = arguments
    shown: dict[str, Argument] = {
        "agency": names.agency(agency),
        "algorithm": cast("int", algorithm),
        "x": _hex(x),
        "start": _time(first),
    }
    return (
        message("audit.call.addKey", **shown, end=_time(until)) if until else message("audit.call.addKey.open", **shown)
    )


def _cut_off(arguments: Sequence[object], names: Names) -> Message:
    agency, kid, block, *_ = arguments
    shown: dict[str, Argument] = {"agency": names.agency(agency), "kid": _hex(kid)}
    if block == NO_CUT_OFF:
        return message("audit.call.cutOffKey.lifted", **shown)
    return message("audit.call.cutOffKey", **shown, block=cast("int", block))


def _host(arguments: Sequence[object], _names: Names) -> Message:
    host, is_listed = arguments
    return message("audit.call.setVerifyingHost" if is_listed else "audit.call.setVerifyingHost.off", host=_text(host))


def _said(key: str, **shown: Callable[[object, Names], Argument]) -> Callable[[Sequence[object], Names], Message]:
    """Return how a call is told whose first arguments are shown so, in their order."""

    def say(arguments: Sequence[object], names: Names) -> Message:
        # A signed consent may follow, which is nobody's business here: the council needs none.
        parts = zip(shown.items(), arguments, strict=False)
        return message(f"audit.call.{key}", **{name: show(value, names) for (name, show), value in parts})

    return say


def _number(value: object, _names: Names) -> int:
    return cast("int", value)


def _as_hex(value: object, _names: Names) -> str:
    return _hex(value)


def _as_text(value: object, _names: Names) -> str:
    return _text(value)


def _agency(value: object, names: Names) -> str:
    return names.agency(value)


def _type(value: object, names: Names) -> Words:
    return names.certificate_type(value)


def _held(value: object, _names: Names) -> Words:
    return _capabilities(value)


_SAID: Mapping[str, Callable[[Sequence[object], Names], Message]] = {
    "addMember": _said("addMember", member=_as_hex, threshold=_number),
    "removeMember": _said("removeMember", member=_as_hex, threshold=_number),
    "setVerifyingHost": _host,
    "nameSuccessor": _said("nameSuccessor", registry=_as_hex, successor=_as_hex),
    "registerType": _said("registerType", type=_type, version=_number, digest=_as_hex),
    "retireType": _said("retireType", type=_type, version=_number),
    "registerTopAgency": _said("registerTopAgency", code=_as_text, name=_as_text, manager=_as_hex),
    "registerAgency": _said("registerAgency", parent=_agency, code=_as_text, name=_as_text, manager=_as_hex),
    # By its number alone: its name is what changes.
    "correctAgency": _said("correctAgency", agency=_number, code=_as_text, name=_as_text),
    "nameManager": _said("nameManager", agency=_agency, manager=_as_hex),
    "suspendAgency": _said("suspendAgency", agency=_agency),
    "resumeAgency": _said("resumeAgency", agency=_agency),
    "grantType": _said("grantType", agency=_agency, type=_type),
    "withdrawType": _said("withdrawType", agency=_agency, type=_type),
    "demandApprovals": _said("demandApprovals", agency=_agency, approvals=_number),
    "setOwnApprovals": _said("setOwnApprovals", agency=_agency, approvals=_number),
    "setOfficer": _said("setOfficer", agency=_agency, officer=_as_hex, capabilities=_held),
    "addKey": _key,
    "cutOffKey": _cut_off,
    "changeStatus": _status,
}
FUNCTIONS = frozenset(_SAID)
"""The functions that are told in words of their own; all that the council can do."""
