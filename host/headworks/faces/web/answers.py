"""Answers of the records' routes: JSON that is packed where that helps, and files to keep."""

import gzip
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

_WORTH = 2048  # bytes from which packing pays


def told(request: Request, data: Any) -> Response:
    """As JSON."""
    body = json.dumps(data, separators=(",", ":")).encode()
    headers = {"vary": "accept-encoding"}
    if len(body) > _WORTH and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, 5, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


def as_file(body: bytes | str, name: str, kind: str) -> Response:
    """To be kept under this name, which is ours and ASCII."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type=kind)
