"""What puts the page on a device: the service worker, the manifest, the sentences, and the verifier as one file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from verifier.evidence_files import Kind
from verifier.routes import caching, standalone
from verifier.routes.evidence import offered
from verifier.routes.problems import RequestFault
from verifier.routes.rendering import PageLanguage  # noqa: TC001 (FastAPI reads annotations at run time)
from verifier.wording import Language, keys_for_browsers, language_of, sentence

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

router = APIRouter(include_in_schema=False)

_SCRIPT = "text/javascript; charset=utf-8"
_MANIFEST = "application/manifest+json; charset=utf-8"
_PAGES = tuple(f"{path}?lang={language}" for path in ("/", "/v") for language in Language)
"""Pages that a phone opens without a network: nothing in them is about one visit."""
_FILES = ("checking.js", "icon-192.png", "icon.svg", "page.css", "page.js", "scanner.js")
_TAKEN = ("zxing_reader.wasm",)
"""Only for whoever takes the page along: it is larger than all the rest."""
_ICONS = (("icon.svg", "any", "any"), ("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any"))
_MASKABLE = ("icon-maskable-512.png", "512x512", "maskable")


@router.get("/sw.js")
def service_worker(request: Request) -> Response:
    """Return the service worker; its version is the digest of all that it keeps, so it changes when any of it does."""
    code = f"globalThis.keep={json.dumps(_keep(), separators=(',', ':'))};\n".encode() + _static("worker.js")
    return _changing(request, code, _SCRIPT)


@router.get("/manifest.webmanifest")
def manifest(request: Request, lang: PageLanguage = None) -> Response:
    """Return what makes the page installable."""
    language = lang or language_of(request.headers.get("accept-language", ""))
    icons = [
        {"src": f"/static/{name}", "sizes": sizes, "type": _media_type(name), "purpose": purpose}
        for name, sizes, purpose in (*_ICONS, _MASKABLE)
    ]
    content = {
        "id": "/",
        "name": sentence("device.name", language),
        "short_name": sentence("device.short_name", language),
        "description": sentence("device.description", language),
        "lang": language.value,
        "dir": "ltr",
        "start_url": "/?source=app",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#1b3149",
        "icons": icons,
    }
    answer = _changing(request, json.dumps(content, ensure_ascii=False).encode(), _MANIFEST)
    answer.headers["Vary"] = "Accept-Language"
    return answer


@router.get("/locales/{language}.json")
def sentences(request: Request, language: Language) -> Response:
    """Return all sentences of a language, for pages that say a report themselves."""
    return _changing(request, _sentences(language), "application/json")


@router.get(standalone.PATH)
async def one_file(request: Request, lang: PageLanguage = None) -> Response:
    """Return the verifier as one file, which opens from a disk and asks no network.

    It carries the trust list and the newest pack as they are now.
    """
    language = lang or language_of(request.headers.get("accept-language", ""))
    desk = offered(request)
    trust = None if desk.trust is None else desk.trust.data
    pack = await desk.file(Kind.PACK)
    if trust is None or pack is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, "there is no trust list or no checkpoint here yet to put in one file")
    tag = caching.etag("standalone", language, trust, pack.tag, standalone.version())
    if caching.has(request, tag):
        return caching.unchanged(tag)
    stored = await desk.kept(pack)
    data = await to_thread.run_sync(stored.read_bytes) if stored else await desk.made(pack)
    if data is None:
        raise RequestFault(HTTPStatus.SERVICE_UNAVAILABLE, "the newest pack cannot be put together just now")
    page = await to_thread.run_sync(standalone.assemble, request, language, trust, data)
    headers = {
        "ETag": tag,
        "Cache-Control": caching.NEWEST,
        "Content-Disposition": f'attachment; filename="{standalone.PATH.removeprefix("/")}"',
    }
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file as the service worker keeps it."""

    address: str
    data: bytes

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


@cache
def _keep() -> dict[str, object]:
    """Return what the service worker keeps. The files come with the software, and do not change while it runs."""
    always = [_Kept(f"/static/{name}", _static(name)) for name in _FILES]
    always += [_Kept(f"/locales/{language}.json", _sentences(language)) for language in Language]
    taken = [_Kept(f"/static/{name}", _static(name)) for name in _TAKEN]
    # What the pages are made of, which they change with.
    templates = [
        _Kept(each.name, each.read_bytes())
        for each in sorted(_pages().iterdir(), key=lambda each: each.name)
        if each.name.endswith(".html")
    ]
    everything = sha256(_static("worker.js"))
    for kept in (*always, *taken, *templates):
        everything.update(f"{kept.address} {kept.digest}\n".encode())
    return {
        "version": everything.hexdigest()[:16],
        "pages": list(_PAGES),
        "files": {kept.address: kept.digest for kept in always},
        "taken": {kept.address: kept.digest for kept in taken},
    }


def _changing(request: Request, content: bytes, media_type: str) -> Response:
    """Answer with something that is asked about each time, and sent when it changed."""
    tag = caching.etag(content)
    if caching.has(request, tag):
        return caching.unchanged(tag)
    return Response(content, media_type=media_type, headers={"ETag": tag, "Cache-Control": caching.NEWEST})


@cache
def _sentences(language: Language) -> bytes:
    said = {key: sentence(key, language) for key in sorted(keys_for_browsers(language))}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def _static(name: str) -> bytes:
    return _pages().joinpath("static", name).read_bytes()


def _pages() -> Traversable:
    return files("verifier").joinpath("pages")


def _media_type(name: str) -> str:
    return "image/svg+xml" if name.endswith(".svg") else "image/png"
