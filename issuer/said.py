"""Which kind of trouble an error is, in a sentence for people; and what marks a sentence for translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import errors as chain_errors
from issuer import errors

if TYPE_CHECKING:
    from chain.errors import YinxinError


def msgid(text: str) -> str:
    """Mark a sentence that is translated later, where it is said; the test of translations looks for this."""
    return text


# The first that fits counts, so the narrow ones stand before the wide ones.
_KINDS: tuple[tuple[type[YinxinError], str], ...] = (
    (errors.NotFound, msgid("There is nothing here under this number.")),
    (errors.Ambiguous, msgid("Several fit; say which one is meant.")),
    (errors.SecondFactorWanted, msgid("Set up an authenticator app or a passkey first.")),
    (errors.NotAllowed, msgid("Your account or your agency may not do this.")),
    (errors.NotReady, msgid("This is not possible in its present state. Open the page again to see how it stands.")),
    (errors.Unconfirmed, msgid("This would undo something that is in force. Confirm that it is meant.")),
    (errors.ProofMissing, msgid("The proofs are not made yet. Try again in a few minutes.")),
    (errors.RefusedByRegistry, msgid("The registry did not take it.")),
    (errors.FileRefused, msgid("The file has faults, so nothing of it was taken. Mend them and bring it again.")),
    (errors.CapReached, msgid("This was asked too often today. Ask again tomorrow.")),
    (errors.AnswerPending, msgid("The same request is being worked on. Try again in a few seconds.")),
    (errors.KeyReused, msgid("The request was sent before with other content. Send it anew.")),
    (errors.AddressRefused, msgid("Nothing is sent to this address from here. Choose another one.")),
    (errors.Unreachable, msgid("Nobody answers at this address. Try again later, or correct it.")),
    (errors.Cancelled, msgid("It was stopped, and nothing was written.")),
    (errors.PlanInvalid, msgid("The plan says something impossible. Tell whoever runs the service.")),
    (errors.SettingMissing, msgid("The service lacks a setting. Tell whoever runs it.")),
    (errors.Locked, msgid("A signing key could not be opened. Tell whoever runs the service.")),
    (errors.PasswordRefused, msgid("The password is too easy to guess. Choose another one.")),
    (errors.LogBroken, msgid("The log of actions was altered. Tell whoever runs the service at once.")),
    (errors.SignInRefused, msgid("Name, password or code are not right.")),
    (errors.FreshSignInWanted, msgid("Show once more who you are before you sign.")),
    (errors.SignInTrouble, msgid("You are not signed in any more.")),
    (errors.ProviderAway, msgid("The identity provider does not answer. Sign in with your password, or try later.")),
    (errors.Erased, msgid("The personal data of this certificate were erased.")),
    (errors.VerifierAway, msgid("The verifier does not answer. Try again, or tell whoever runs the service.")),
    (errors.DocumentTrouble, msgid("The document cannot be made.")),
    (errors.KeysChanged, msgid("The service got new keys and must be started again. Tell whoever runs it.")),
    (errors.DatabaseBusy, msgid("Many people are working just now. Nothing was stored; try again in a moment.")),
    (errors.DatabaseTrouble, msgid("The service's database does not answer just now. Nothing is lost; try later.")),
    (errors.LaneBusy, msgid("Something else is being sealed just now. Try again in a minute.")),
    (errors.LaneTrouble, msgid("Sealing has stopped. Tell whoever runs the service.")),
    (chain_errors.InvalidInput, msgid("Something that was entered is not in the right form.")),
    (chain_errors.Malformed, msgid("What was read is damaged, or is no certificate, code or proof known here.")),
    (chain_errors.EvidenceRefused, msgid("The proof does not show what it is to show. Tell whoever runs the service.")),
    (chain_errors.SignatureInvalid, msgid("A signature is not the one. Tell whoever runs the service.")),
    (chain_errors.SigningFailed, msgid("It could not be signed. Nothing is lost; try again.")),
    (chain_errors.RegistryRefused, msgid("The registry did not take it.")),
    (chain_errors.RegistryError, msgid("The registry does not answer just now. Nothing is lost; try again later.")),
)
_OTHERWISE = msgid("Something went wrong. Nothing is lost; try again, or tell whoever runs the service.")


def by_kind(error: YinxinError) -> str:
    """Return the sentence (a msgid) for an error's kind."""
    return next((sentence for kind, sentence in _KINDS if isinstance(error, kind)), _OTHERWISE)
