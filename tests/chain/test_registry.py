"""The words in which we ask of a blockchain."""

from __future__ import annotations

from chain.errors import RegistryRefused
from chain.events import Track


def test_the_first_five_tracks_end_a_certificate_and_the_others_do_not() -> None:
    ending = {Track.RESCINDED, Track.REVOKED, Track.WITHDRAWN, Track.CANCELLED, Track.REPLACED}
    assert {track for track in Track if track.is_final} == ending


def test_a_refusal_carries_the_contracts_error_and_says_it() -> None:
    refusal = RegistryRefused("TypeNotHeld", {"agency": 3, "certificateType": 2})
    assert refusal.name == "TypeNotHeld"
    assert refusal.arguments == {"agency": 3, "certificateType": 2}
    assert str(refusal) == "the registry refused: TypeNotHeld(agency=3, certificateType=2)"
