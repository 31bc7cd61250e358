"""What somebody looks for, as a page's address carries it: sealed, for it may be a holder's name.

Addresses are kept in histories, in logs of proxies, and are sent on by whoever shows a colleague a page. So a search is
sent as a form, and its answer's address says the words only to who sent them, for as long as a day at the desk is.
Going back, loading again, turning pages and saving what was found all work by that address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chain import base64url
from chain.errors import InvalidInput
from issuer.errors import Locked
from issuer.people import sessions
from issuer.routes.pages.front import Fault
from issuer.vault import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.routes.pages.front import Visit

WORDS = "of"
"""The name of the sealed words in an address."""
_LONGEST = 200
_MOMENT_BYTES = 8


def url(visit: Visit, path: str, words: str, others: Mapping[str, str]) -> str:
    """Return the address of a page that shows what fits; raises `InvalidInput` for what no address carries."""
    for name, text in (("q", words), *others.items()):
        if len(text) > _LONGEST:
            raise InvalidInput(f"{name}: got {len(text)} characters, wanted at most {_LONGEST}")
    sealed = {WORDS: _sealed(visit, words)} if words else {}
    query = urlencode(sealed | {name: text for name, text in others.items() if text})
    return f"{path}?{query}" if query else path


def words(visit: Visit, sealed: str) -> str:
    """Return what an address says is looked for, empty for nothing; raises `InvalidInput` unless it is the visitor's.

    Nobody else's, and none of an earlier day: names that were erased since would come back.
    """
    if not sealed:
        return ""
    try:
        value = visit.office.records.master.decrypt(base64url.decode(sealed), _place(visit))
    except (Locked, ValueError) as exc:
        raise InvalidInput("q: got words that were not sealed for this person, wanted them typed again") from exc
    at = int.from_bytes(value[:_MOMENT_BYTES], "big")
    if not 0 <= visit.now.timestamp() - at < sessions.ABSOLUTE.total_seconds():
        raise InvalidInput("q: got words of an earlier day, wanted them typed again")
    return value[_MOMENT_BYTES:].decode()


def query(visit: Visit, others: Mapping[str, str]) -> str:
    """Return how the addresses of the same answer's other pages begin, behind their question mark."""
    held = {WORDS: visit.request.query_params.get(WORDS, ""), **others}
    return "".join(f"{urlencode({name: text})}&" for name, text in held.items() if text)


def asked(visit: Visit, field: str) -> tuple[str, list[Fault]]:
    """Return what the page's own address says is looked for, or what is wrong with it, as a fault of a field."""
    try:
        return words(visit, visit.request.query_params.get(WORDS, "")), []
    except InvalidInput as exc:
        return "", [Fault(field, visit.words.explain(exc))]


def _sealed(visit: Visit, text: str) -> str:
    value = int(visit.now.timestamp()).to_bytes(_MOMENT_BYTES, "big") + text.encode()
    return base64url.encode(visit.office.records.master.encrypt(value, _place(visit), entropy=visit.office.entropy))


def _place(visit: Visit) -> Place:
    return Place("address", "words", str(visit.who.person_id))
