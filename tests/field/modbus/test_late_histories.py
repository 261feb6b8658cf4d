"""Generated histories of delays, losses and refusals: never a wrong or stale value.

Every word tells its address and the request that it was read for, so an oracle knows at once.
"""

import asyncio
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from field.modbus.virtual import VirtualLine, run_virtual, word
from headworks.field.modbus.errors import LinkError
from headworks.field.modbus.framing import RtuFraming, TcpFraming
from headworks.field.modbus.late import LATE_S
from headworks.field.modbus.link import Link
from headworks.field.modbus.wire import MAX_ADU

TIMEOUT_S, POLL_S = 0.1, 0.25
fates = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from([0.0, 0.09, 0.101, 0.16, 0.25, 0.4, 1.0])),
        st.sampled_from([0, 0, 0, 0, 6]),
    ),
    max_size=14,
)
asks = st.lists(
    st.tuples(st.sampled_from([1, 2]), st.sampled_from([10, 20, 30]), st.integers(1, 3)),
    min_size=1,
    max_size=8,
)


def link_on(line: VirtualLine, rtu: bool, over_tcp: bool) -> Link:
    framing = RtuFraming(0.002, over_tcp=over_tcp) if rtu else TcpFraming()
    return Link(line, framing, TIMEOUT_S)


async def check(line: VirtualLine, link: Link, unit: int, address: int, count: int) -> bool:
    """One read; whatever it returns must be what its own request saw."""
    try:
        words = await link.read(unit, 3, address, count)
    except LinkError:
        return False
    assert words == [word(line.epoch, address + n) for n in range(count)]
    return True


@pytest.mark.parametrize(
    ("rtu", "over_tcp", "confused"),
    [
        pytest.param(True, False, False, id="serial"),
        pytest.param(True, True, False, id="rtu+tcp"),
        pytest.param(True, True, True, id="rtu+tcp gateway"),
        pytest.param(False, True, False, id="tcp"),
        pytest.param(False, True, True, id="tcp gateway"),
    ],
)
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fates=fates, asks=asks)
def test_no_value_is_ever_wrong_or_stale(
    monkeypatch: pytest.MonkeyPatch,
    rtu: bool,
    over_tcp: bool,
    confused: bool,
    fates: list[tuple[float | None, int]],
    asks: list[tuple[int, int, int]],
) -> None:
    """Whatever comes late, what is returned was read for this very request; and once replies
    come in time again, reading goes on."""

    async def talk() -> None:
        line = VirtualLine(rtu, fates, confused)
        link = link_on(line, rtu, over_tcp)
        link.start()
        for unit, address, count in asks:
            await check(line, link, unit, address, count)
        unit, address, _ = asks[-1]
        end_s = time.monotonic() + LATE_S + 20.0
        while not await check(line, link, unit, address, 3):
            assert time.monotonic() < end_s, "reading never went on"
            await asyncio.sleep(POLL_S)
        await link.stop()

    run_virtual(monkeypatch, talk)


@pytest.mark.parametrize(("rtu", "over_tcp"), [(True, False), (True, True), (False, True)])
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    bursts=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.0005, 0.01, 0.05]),
            st.one_of(
                st.binary(max_size=300), st.sampled_from([b"\1\3\6", b"\1\3\xfa", b"\1\x83"])
            ),
        ),
        max_size=12,
    )
)
def test_garbage_at_any_moment_harms_nothing(
    monkeypatch: pytest.MonkeyPatch, rtu: bool, over_tcp: bool, bursts: list[tuple[float, bytes]]
) -> None:
    """Row 11: bytes between, inside and before replies never crash, never grow, never lie."""

    async def talk() -> None:
        line = VirtualLine(rtu, [], confused=False)
        link = link_on(line, rtu, over_tcp)
        link.start()
        for delay_s, garbage in bursts:
            asyncio.get_running_loop().call_later(delay_s, line.inject, garbage)
            await check(line, link, 1, 10, 3)
            assert len(link.framing.rest) <= 2 * MAX_ADU
        end_s = time.monotonic() + LATE_S + 20.0
        while not await check(line, link, 1, 10, 3):
            assert time.monotonic() < end_s, "reading never went on"
            await asyncio.sleep(POLL_S)
        await link.stop()

    run_virtual(monkeypatch, talk)


@pytest.mark.parametrize("code", [0, 1])
def test_a_relay_board_is_read_again_at_once_after_a_silence(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Its coils and inputs all have replies of one byte: a register tells, read or refused."""

    async def talk() -> None:
        line = VirtualLine(True, [(None, 0)] * 6 + [(0.0, code)], confused=False)
        link = link_on(line, rtu=True, over_tcp=False)
        link.start()
        for _ in range(3):
            for function in (1, 2):
                with pytest.raises(LinkError):
                    await link.read(1, function, 0, 8)
        bits = await link.read(1, 1, 0, 8)
        assert bits == [line.epoch >> n & 1 for n in range(8)]
        await link.stop()

    run_virtual(monkeypatch, talk)
