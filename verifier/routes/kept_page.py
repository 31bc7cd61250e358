"""What of the page is kept on a device, and the version of it all: a digest, so that it changes when any of it does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from verifier.wording import Language, keys_for_browsers, sentence

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

WORKER = "worker.js"
_PAGES = tuple(f"{path}?lang={language}" for path in ("/", "/v") for language in Language)
"""Pages that a phone opens without a network: nothing in them is about one visit."""
_FILES = ("checking.js", "icon-192.png", "icon.svg", "page.css", "page.js", "scanner.js")
_TAKEN = ("zxing_reader.wasm",)
"""Only for whoever takes the page along: it is larger than all the rest."""
_SHOWN = 16


def keep(*, leads_to_audit: bool) -> dict[str, object]:
    """Return what the service worker keeps. The files come with the software, and do not change while it runs.

    `leads_to_audit` is the one setting that shows on these pages: whether they lead to the auditor's desk.
    """
    return {"version": version(leads_to_audit=leads_to_audit), **_everything()}


@cache
def version(*, leads_to_audit: bool) -> str:
    """Return the digest of all that is kept, of what its pages are made of, and of what keeps it."""
    made_of = {each.address: each.digest for each in (_kept(WORKER, static(WORKER)), *_templates())}
    everything = {"keep": _everything(), "made_of": made_of, "leads_to_audit": leads_to_audit}
    return sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()[:_SHOWN]


def _everything() -> dict[str, object]:
    return {
        "pages": list(_PAGES),
        "files": {kept.address: kept.digest for kept in _always()},
        "taken": {kept.address: kept.digest for kept in _taken()},
    }


@cache
def sentences(language: Language) -> bytes:
    """Return all sentences of a language that pages say themselves, as JSON."""
    said = {key: sentence(key, language) for key in sorted(keys_for_browsers(language))}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def static(name: str) -> bytes:
    """Return one of our files."""
    return _pages().joinpath("static", name).read_bytes()


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file as the service worker keeps it."""

    address: str
    digest: str


def _kept(address: str, data: bytes) -> _Kept:
    return _Kept(address, sha256(data).hexdigest())


@cache
def _always() -> tuple[_Kept, ...]:
    return (
        *(_kept(f"/static/{name}", static(name)) for name in _FILES),
        *(_kept(f"/locales/{language}.json", sentences(language)) for language in Language),
    )


@cache
def _taken() -> tuple[_Kept, ...]:
    return tuple(_kept(f"/static/{name}", static(name)) for name in _TAKEN)


def _templates() -> tuple[_Kept, ...]:
    """Return what the pages are made of, which they change with."""
    found = sorted(_pages().iterdir(), key=lambda each: each.name)
    return tuple(_kept(each.name, each.read_bytes()) for each in found if each.name.endswith(".html"))


def _pages() -> Traversable:
    return files("verifier").joinpath("pages")
