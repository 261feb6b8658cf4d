"""The body of a request: a small JSON object of texts."""

import json

from starlette.requests import Request

from headworks.faces.web.refused import RefusedError


async def fields_of(
    request: Request, must: tuple[str, ...], may: tuple[str, ...] = ()
) -> dict[str, str]:
    """The texts of a JSON body. Raises RefusedError."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and (body or must):
        raise RefusedError(415, "send-json")
    try:
        data = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "no-json") from error
    if not isinstance(data, dict):
        raise RefusedError(400, "no-object")
    for name in (*must, *(name for name in may if name in data)):
        if not isinstance(data.get(name), str):
            raise RefusedError(400, "field-missing", name=name)
    unknown = sorted(data.keys() - {*must, *may})
    if unknown:
        raise RefusedError(400, "field-unknown", name=repr(unknown[0][:40]))
    return data
