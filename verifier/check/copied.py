"""What a limited copy must be besides what its certificate must: signed by a key that still counts, and of its days.

When a copy was signed, only the copy says. So a key that was cut off vouches for none, whenever it was: whoever stole
it could have made any. And as long as nothing leads from the claims to the leaf that officers approved, that key's
signature is all there is for them; such a copy is INCOMPLETE at best.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chain.calendar import first_hour
from verifier.check.knowledge import NO_CUT_OFF
from verifier.check.report import Check, CheckName, Outcome, Verdict
from verifier.wording import message

if TYPE_CHECKING:
    from chain.copy import LimitedCopy
    from verifier.check.form import Claimed
    from verifier.check.knowledge import ListedKey, Snapshot
    from verifier.check.moments import Moment
    from verifier.wording import Message

_HOUR_S = 3600


def check_key(
    copy: LimitedCopy, claimed: Claimed, key: ListedKey, snapshot: Snapshot
) -> tuple[Check, ListedKey | None]:
    """Check 2 for a copy whose signature is good; return the certificate's own key with it, where that is known."""
    if fault := _fault_of_key(copy, key):
        return Check(CheckName.SIGNATURE, Outcome.FAILED, fault, (Verdict.ISSUER_NOT_AUTHORISED,)), None
    if claimed.opened is None:
        said = message("signature.copy_alone", kid=key.kid[:8].hex())
        return Check(CheckName.SIGNATURE, Outcome.PASSED, said, (Verdict.INCOMPLETE,)), None
    own = snapshot.keys(claimed.agency, claimed.opened.kid)
    if not own:
        said = message("signature.key_not_listed", agency=claimed.agency, kid=claimed.opened.kid[:8].hex())
        return Check(CheckName.SIGNATURE, Outcome.FAILED, said, (Verdict.ISSUER_NOT_AUTHORISED,)), None
    return Check(CheckName.SIGNATURE, Outcome.PASSED, message("signature.copy", kid=key.kid[:8].hex())), own[0]


def check_days(copy: LimitedCopy | None, validity: Check, moment: Moment) -> Check:
    """Check 6: a copy's own days; what `validity` says of the certificate's counts as well."""
    if copy is None or validity.outcome is Outcome.UNKNOWN:
        return validity
    terms = copy.content.terms
    if moment.day > terms.expires:
        reason, key = Verdict.EXPIRED, "validity.copy_expired"
    elif moment.day < terms.made:
        reason, key = Verdict.NOT_YET_VALID, "validity.copy_not_yet"
    elif validity.outcome is Outcome.PASSED:
        return replace(validity, message=message("validity.copy", made=terms.made, last=terms.expires))
    else:
        return validity
    if any(list(Verdict).index(own) <= list(Verdict).index(reason) for own in validity.reasons):
        # The certificate itself is no better; that is what people are told.
        return validity
    said = message(key, day=moment.day, made=terms.made, last=terms.expires)
    return Check(CheckName.VALIDITY, Outcome.FAILED, said, (reason, *validity.reasons))


def _fault_of_key(copy: LimitedCopy, key: ListedKey) -> Message | None:
    if key.cut_off_block != NO_CUT_OFF:
        return message("signature.copy_key_cut_off", cut_off=key.cut_off_block)
    made = copy.content.terms.made
    begins, ends = first_hour(made) * _HOUR_S, first_hour(made + timedelta(days=1)) * _HOUR_S
    if ends <= key.valid_from or (key.valid_until and begins >= key.valid_until):
        return message("signature.copy_key_out_of_date", made=made)
    return None
