"""The simulator's command socket under nonsense: every line gets an answer."""

import asyncio
import json

import pytest

from sim import running, sites

_FAULT = b'{"op": "fault", "name": "cloud", "%s": %s}'


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"[" * 60_000, "this is not JSON"),
        (b"\xff\xfe", "this is not JSON"),
        (b'{"op": "fault", "value": %s}' % (b"9" * 5000), "this is not JSON"),
        (_FAULT % (b"value", b"NaN"), "value must be within"),
        (_FAULT % (b"value", b"1e400"), "value must be within"),
        (_FAULT % (b"value", b"9" * 400), "value must be within"),
        (_FAULT % (b"for_s", b"-Infinity"), "for_s must be within"),
        (b'{"op": {"a": [%s]}}' % (b"1," * 900 + b"1"), "no op"),
        (b"x" * 70_000, "longer than"),
    ],
)
def test_nonsense_gets_an_answer_and_harms_nothing(tmp_path, line, error):
    """Deep, endless and unheard-of numbers are refused, and the simulator goes on."""

    async def ask(line):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "sim.sock"))
        writer.write(line + b"\n")
        reply = json.loads(await asyncio.wait_for(reader.readline(), 5.0))
        writer.close()
        return reply

    async def talk():
        connect = f"tcp://127.0.0.1:{sites.free_port()}"
        async with running.running(sites.small(connect), tmp_path):
            return await ask(line), await ask(b'{"op": "status"}')

    bad, well = asyncio.run(talk())
    assert bad["ok"] is False
    assert error in bad["error"]
    assert well["ok"] is True
