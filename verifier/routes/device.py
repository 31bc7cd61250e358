"""What puts the page on a device: the service worker, the manifest, the sentences, and the verifier as one file."""

from __future__ import annotations

import json
from http import HTTPStatus

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from verifier.published.evidence_files import Kind
from verifier.routes import caching, kept_page, standalone
from verifier.routes.evidence import later, later_if_behind, offered
from verifier.routes.problems import RequestFault
from verifier.routes.rendering import PageLanguage, is_audit_open
from verifier.wording import Language, language_of, sentence

router = APIRouter(include_in_schema=False)

_SCRIPT = "text/javascript; charset=utf-8"
_MANIFEST = "application/manifest+json; charset=utf-8"
_ICONS = (("icon.svg", "any", "any"), ("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any"))
_MASKABLE = ("icon-maskable-512.png", "512x512", "maskable")


@router.get("/sw.js")
def service_worker(request: Request) -> Response:
    """Return the service worker; its version is the digest of all that it keeps, so it changes when any of it does."""
    keep = json.dumps(kept_page.keep(leads_to_audit=is_audit_open(request)), separators=(",", ":"))
    code = f"globalThis.keep={keep};\n".encode() + kept_page.static(kept_page.WORKER)
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
    return _changing(request, kept_page.sentences(language), "application/json")


@router.get(standalone.PATH)
async def one_file(request: Request, lang: PageLanguage = None) -> Response:
    """Return the verifier as one file, which opens from a disk and asks no network.

    It carries the trust list and the newest pack as they are now.
    """
    language = lang or language_of(request.headers.get("accept-language", ""))
    desk = offered(request)
    trust = None if desk.trust is None else desk.trust.data
    if trust is None:
        raise RequestFault(
            HTTPStatus.NOT_FOUND, "there is no trust list here to put in one file", page="page.one_file_never"
        )
    with later_if_behind():
        pack = await desk.file(Kind.PACK)
    if pack is None:
        raise RequestFault(
            HTTPStatus.NOT_FOUND,
            "there is no checkpoint here yet to put in one file; the first one follows once the registry has been read",
            page="page.one_file_not_yet",
        )
    tag = caching.etag("standalone", language, trust, pack.tag, standalone.version())
    if caching.has(request, tag):
        return caching.unchanged(tag)
    stored = await desk.kept(pack)
    data = await to_thread.run_sync(stored.read_bytes) if stored else await desk.made(pack)
    if data is None:
        raise later("the newest pack cannot be put together just now")
    page = await to_thread.run_sync(standalone.assemble, request, language, trust, data)
    headers = {
        "ETag": tag,
        "Cache-Control": caching.NEWEST,
        "Vary": "Accept-Language",
        "Content-Disposition": f'attachment; filename="{standalone.PATH.removeprefix("/")}"',
    }
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _changing(request: Request, content: bytes, media_type: str) -> Response:
    """Answer with something that is asked about each time, and sent when it changed."""
    tag = caching.etag(content)
    if caching.has(request, tag):
        return caching.unchanged(tag)
    return Response(content, media_type=media_type, headers={"ETag": tag, "Cache-Control": caching.NEWEST})


def _media_type(name: str) -> str:
    return "image/svg+xml" if name.endswith(".svg") else "image/png"
