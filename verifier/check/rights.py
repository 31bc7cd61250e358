"""Who might do what, at any place on the chain, folded from the registry's own list of rights.

One fold for the index and for checkpoints: `indexing.kept_rights` reads the records out of the index's tables, a
checkpoint has them in its history.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from chain.events import (
    AgencyCorrected,
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    KeyAdded,
    KeyCutOff,
    TypeGranted,
    TypeRegistered,
    TypeWithdrawn,
    VerifyingHostSet,
)
from chain.keys import PublicKey
from verifier.check.knowledge import NO_CUT_OFF, AgencyRecord, ListedKey, Place, lineage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chain.events import Record

ES256 = 1
"""The only algorithm number of keys that this software knows (IAgencies)."""

Value = TypeVar("Value")
_NEVER = Place(NO_CUT_OFF, 0)


@dataclass(slots=True)
class _Line(Generic[Value]):
    """What something was, from which place on."""

    places: list[Place] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def add(self, place: Place, value: Value) -> None:
        self.places.append(place)
        self.values.append(value)

    def before(self, place: Place) -> Value | None:
        """Return what it was just before that place; None if it was not yet."""
        earlier = bisect_left(self.places, place)
        return self.values[earlier - 1] if earlier else None

    def since(self, place: Place) -> Sequence[Value]:
        """Return what it was just before that place, if it was anything, and all that it became from there on."""
        return self.values[max(0, bisect_left(self.places, place) - 1) :]


@dataclass(slots=True)
class _Key:
    """A document key and its cut-offs."""

    added: KeyAdded
    listed_at_block: int
    cut_offs: _Line[int] = field(default_factory=_Line)
    _uncut: ListedKey | None = None
    """As it is without any, once that was asked for: it is with every certificate that the key signed."""

    def listed(self, unsure_from: Place) -> ListedKey:
        """Return it as `Rights.keys` does."""
        if self._uncut is None:
            self._uncut = ListedKey(
                kid=self.added.kid,
                public_key=PublicKey(self.added.x, self.added.y),
                listed_at_block=self.listed_at_block,
                valid_from=self.added.valid_from,
                valid_until=self.added.valid_until,
                cut_off_block=NO_CUT_OFF,
            )
        if not self.cut_offs.places:
            return self._uncut
        return replace(self._uncut, cut_off_block=min(self.cut_offs.since(unsure_from)))


class Rights:
    """All rights that were ever given or taken, by the place at which that was recorded."""

    def __init__(self, records: Iterable[Record]) -> None:
        """Fold records of the list of rights, in the chain's order."""
        self._agencies: defaultdict[int, _Line[AgencyRecord]] = defaultdict(_Line)
        self._suspended: defaultdict[int, _Line[bool]] = defaultdict(_Line)
        self._granted: defaultdict[tuple[int, int], _Line[bool]] = defaultdict(_Line)
        self._types: defaultdict[tuple[int, int], _Line[bytes]] = defaultdict(_Line)
        self._keys: defaultdict[int, dict[bytes, _Key]] = defaultdict(dict)
        """For each agency and kid."""
        self._lineages: dict[int, tuple[AgencyRecord, ...]] = {}
        """Those that were asked for."""
        self._hosts: dict[str, None] = {}
        """Ever listed, in the chain's order."""
        self._places: defaultdict[int, list[Place]] = defaultdict(list)
        """For each block, where something was recorded in it."""
        for record in records:
            place = Place(record.block_number, record.log_index)
            self._places[record.block_number].append(place)
            self._fold(record, place)
            if isinstance(record.event, VerifyingHostSet) and record.event.listed:
                self._hosts.setdefault(record.event.host)

    def agency(self, agency: int) -> AgencyRecord | None:
        """Return an agency as it is after the last record."""
        ever = self.agency_ever(agency)
        return ever[-1] if ever else None

    def lineage(self, agency: int) -> tuple[AgencyRecord, ...]:
        """Return an agency and all above it, the topmost first; nothing where any of them is not known."""
        found = self._lineages.get(agency, ())
        if not found and (found := lineage(agency, self.agency)):
            self._lineages[agency] = found
        return found

    def agency_ever(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency as it ever was, in the chain's order."""
        return self._agencies[agency].values if agency in self._agencies else ()

    def hosts_ever(self) -> Sequence[str]:
        """Return the verifying hosts that were ever listed, in the chain's order."""
        return tuple(self._hosts)

    def places_in(self, block: int) -> Sequence[Place]:
        """Return the places in a block that its rights tell apart: before each of them, and behind the last one."""
        places = self._places.get(block)
        return () if places is None else (*places, Place(block, places[-1].log_index + 1))

    def is_suspended(self, agency: int, place: Place) -> bool:
        """Whether that one agency was suspended just before that place; one that was not registered yet is, too."""
        return agency not in self._suspended or self._suspended[agency].before(place) is not False

    def holds_type(self, agency: int, certificate_type: int, place: Place) -> bool:
        """Whether that one agency held the type just before that place."""
        key = agency, certificate_type
        return key in self._granted and self._granted[key].before(place) is True

    def type_digest(self, certificate_type: int, version: int, place: Place) -> bytes | None:
        """Return the digest of the type's data file, None if it was not registered before that place."""
        key = certificate_type, version
        return self._types[key].before(place) if key in self._types else None

    def keys(self, agency: int, kid_prefix: bytes, *, unsure_from: Place = _NEVER) -> Sequence[ListedKey]:
        """Return the keys listed for an agency whose kid begins so, as they are after the last record.

        What was recorded at `unsure_from` or later may be taken back: there the lowest cut-off of all counts.
        """
        found = self._keys[agency].items() if agency in self._keys else ()
        return [
            key.listed(unsure_from) for kid, key in found if kid.startswith(kid_prefix) and key.added.algorithm == ES256
        ]

    def _fold(self, record: Record, place: Place) -> None:
        match record.event:
            case AgencyRegistered(agency=agency, parent=parent, code=code, name=name):
                self._agencies[agency].add(place, AgencyRecord(agency, parent, code, name))
                self._suspended[agency].add(place, value=False)
            case AgencyCorrected(agency=agency, code=code, name=name) if known := self.agency(agency):
                self._agencies[agency].add(place, AgencyRecord(agency, known.parent, code, name))
            case AgencySuspended(agency=agency):
                self._suspended[agency].add(place, value=True)
            case AgencyResumed(agency=agency):
                self._suspended[agency].add(place, value=False)
            case TypeGranted(agency=agency, certificate_type=number):
                self._granted[agency, number].add(place, value=True)
            case TypeWithdrawn(agency=agency, certificate_type=number):
                self._granted[agency, number].add(place, value=False)
            case TypeRegistered(certificate_type=number, version=version, digest=digest):
                self._types[number, version].add(place, digest)
            case KeyAdded(agency=agency, kid=kid):
                self._keys[agency][kid] = _Key(record.event, record.block_number)
            case KeyCutOff(agency=agency, kid=kid, cut_off_block=block) if kid in self._keys[agency]:
                self._keys[agency][kid].cut_offs.add(place, block)
            case _:
                pass  # The council's, officers' and approvals' records say nothing of a certificate.
