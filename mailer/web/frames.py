"""Foreign content in a box: e-mail HTML for a sandboxed frame, with a policy of its own and no power over this site.

Not here: the frames' places in pages (`templates/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response, StreamingResponse

__all__ = ["download", "download_stream", "framed"]

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)


def framed(html: str) -> Response:
    """`html` for an `<iframe sandbox="">` of this site: no scripts, no forms, no network."""
    return HTMLResponse(
        html or "<!doctype html><title>–</title>",
        headers={"content-security-policy": POLICY, "x-frame-options": "SAMEORIGIN"},
    )


def download(data: bytes, name: str, kind: str) -> Response:
    """`data` as a file to keep under `name` (RFC 6266, RFC 8187), never shown in place."""
    return Response(data, media_type=kind, headers=_kept_as(name))


def download_stream(parts: Iterator[bytes], name: str, kind: str) -> Response:
    """The same for a file that is made while it is sent."""
    return StreamingResponse(parts, media_type=kind, headers=_kept_as(name))


def _kept_as(name: str) -> dict[str, str]:
    # a name from foreign mail may hold what no encoding has
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='', errors='replace')}",
        "content-security-policy": "sandbox; default-src 'none'",
    }
