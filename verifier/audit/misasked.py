"""What an auditor asked for wrongly, so that a page can say it in its own language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from verifier.wording import Argument


class Misasked(InvalidInput):
    """A question that cannot be meant; commands say it in English, pages by its message."""

    def __init__(self, key: str, /, **arguments: Argument) -> None:
        """Keep the message: `key` stands in the locales."""
        self.said = message(f"audit.input.{key}", **arguments)
        super().__init__(say(self.said, Language.ENGLISH))
