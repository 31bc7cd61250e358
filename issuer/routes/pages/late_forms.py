"""Forms that somebody filled in, and that came when they could not be taken any more: what was typed is given back.

People are called away from their desks, and open a second tab. Whoever was signed out meanwhile, has signed in again,
or has to show once more who is there gets a page that holds all that was typed, and sends it again in one step. So does
a holder whose page was closed meanwhile.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request

    from issuer.people.sessions import SignedIn

_NOT_TYPED = frozenset({"csrf", "root", "seen", "confirm", "confirmed"})
"""What a page brings along itself, or asks anew whenever it is shown: no loss."""
_CREDENTIALS = ("/sign-", "/confirm", "/account")
"""Pages whose forms hold what nobody keeps."""


_FILE = "file-to-choose-again"
"""The name under which a page brings along which file was chosen in which field: no page can choose it again itself."""


class Late(Enum):
    """Why a form cannot be taken as it was sent."""

    SIGNED_OUT = auto()
    STALE = auto()
    """What it does is signed, and who is there was shown too long ago."""
    OTHER_SESSION = auto()
    """The visitor has signed in anew, or shown again who is there, since the page was opened."""
    VISIT_OVER = auto()
    """A holder's page was closed meanwhile; nobody signs in there, but a link or slip opens it again."""


class SentLate(Exception):
    """A form that comes back, so that nobody types it twice."""

    def __init__(self, why: Late, form: FormData, who: SignedIn | None = None, *, csrf: str = "") -> None:
        """`who` is there now, where somebody is; where nobody signs in, `csrf` is the browser's own."""
        super().__init__(why.name)
        self.why = why
        self.form = form
        self.who = who
        # Of somebody who is signed out there is no value yet; the page after the one that gives this back has it.
        self.csrf = csrf if who is None else who.csrf

    @property
    def files(self) -> list[tuple[str, str]]:
        """Which files were chosen, each with its field."""
        sent = [(field, each.filename) for field, each in self.form.multi_items() if isinstance(each, UploadFile)]
        told = [str(each).partition("/")[::2] for each in self.form.getlist(_FILE)]
        return [(field, name) for field, name in [*sent, *told] if name]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What was typed, and until somebody is there who can choose them, which files are to be chosen."""
        said = [(name, value) for name, value in self.form.multi_items() if isinstance(value, str)]
        kept = [(name, value) for name, value in said if name not in {"csrf", _FILE}]
        if self.why is not Late.OTHER_SESSION:
            kept += [(_FILE, f"{field}/{name}") for field, name in self.files]
        return kept


def is_typed(request: Request, sent: FormData) -> bool:
    """Whether somebody filled in a whole form whose loss would be one."""
    if request.headers.get("hx-request") == "true" or request.url.path.startswith(_CREDENTIALS):
        return False
    return any(value for name, value in sent.multi_items() if name not in _NOT_TYPED)
