"""Templates in each language, and the addresses of files whose content never changes under one address."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from issuer import vocabulary, wording
from issuer.errors import RefusedByRegistry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.wording import Words

MEDIA_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def render(template: str, words: Words, context: Mapping[str, object]) -> str:
    """Return a page, or a part of one, in a language."""
    return _environment(words.language).get_template(template).render(context)


@cache
def _environment(language: str) -> Environment:
    words = wording.of(language)
    made = Environment(
        loader=PackageLoader("issuer", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        # Templates are part of the installed package and do not change while it runs.
        auto_reload=False,
    )
    # The extension fills places itself, and escapes what it fills in.
    made.install_gettext_callables(  # type: ignore[attr-defined]
        words.raw, words.raw_number, newstyle=True
    )
    made.globals.update(words=words, static=static_url, vocabulary=vocabulary)
    made.filters.update(day=words.day, moment=words.moment, number=words.number, size=words.size)
    made.filters.update(noted=words.noted, failed=lambda text: words.explain(RefusedByRegistry(text)))
    return made


@cache
def static_url(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    return f"/static/{hashlib.sha256(static_bytes(name)).hexdigest()[:16]}/{name}"


@cache
def static_bytes(name: str) -> bytes:
    """Return a file's content; raises `KeyError` for one that is not served."""
    found = {each.name: each for each in files("issuer").joinpath("pages", "static").iterdir()}
    return found[name].read_bytes()
