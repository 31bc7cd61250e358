"""Pages from templates, in the language that is asked for."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, TypeAlias

from fastapi import Query
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BeforeValidator

from chain.errors import InvalidInput
from verifier.routes import kept_page
from verifier.routes.desk import request_id_of
from verifier.wording import Language, language_named, language_of, sentence

if TYPE_CHECKING:
    from fastapi import Request


def language_in(tag: object) -> Language | None:
    """Return the language that a page's address names; None, so that the browser's counts, if it is none of ours."""
    try:
        return language_named(str(tag))
    except InvalidInput:
        return None


PageLanguage: TypeAlias = Annotated[Language | None, Query(), BeforeValidator(language_in)]
"""A page's `lang`. Programs are told what is wrong with theirs; people get a page all the same."""


def rendered(
    request: Request, template: str, lang: Language | None, status: int = HTTPStatus.OK, **values: object
) -> HTMLResponse:
    """Return a page; every template gets `word`, the languages, the path and the like besides."""
    language = language_for(request, lang)

    def word(key: str, **arguments: object) -> str:
        return sentence(key, language).format_map(arguments)

    text = (
        _environment()
        .get_template(template)
        .render(
            lang=language.value,
            other_lang=other_than(language).value,
            path=request.url.path,
            request_id=request_id_of(request),
            word=word,
            leads_to_audit=is_audit_open(request),
            page_version=kept_page.version(leads_to_audit=is_audit_open(request)),
            **values,
        )
    )
    return HTMLResponse(text, status, headers={"Content-Language": language.value, "Vary": "Accept-Language"})


def is_audit_open(request: Request) -> bool:
    """Whether anybody may read the auditor's pages; the witness's service has none."""
    readers = getattr(request.app.state, "audit_readers", None)
    return readers is not None and readers.is_open


def language_for(request: Request, lang: Language | None) -> Language:
    """Return the language that is asked for, by the address or else by the browser."""
    return lang or language_of(request.headers.get("accept-language", ""))


def other_than(language: Language) -> Language:
    """Return the other language."""
    return next(each for each in Language if each is not language)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("verifier", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
