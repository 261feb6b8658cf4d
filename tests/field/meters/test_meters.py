"""Meters over real sockets and ptys: rows 1 to 14 of the fault catalogue."""

import math
import struct
import time
from collections.abc import Sequence

import pytest

from field.meters.simulated import POLL_S, TIMEOUT_S, SimulatedMeters, Watched, spec
from field.modbus.peers import WAYS, Spoiler, peer, run, until
from headworks.field.modbus.wire import rtu_frame
from headworks.model.live import Quality, Reading
from headworks.model.site import Sign

POWER_PM5560 = 3059


def words_of(value: float) -> tuple[int, int]:
    return struct.unpack(">HH", struct.pack(">f", value))


@pytest.mark.parametrize("way", WAYS)
def test_readings_flow_with_the_time_of_their_reply(way: str) -> None:
    """Row 1: every reading is stamped when its reply came, and good ones are counted."""

    async def talk() -> None:
        async with peer(way, SimulatedMeters()) as (_, connect), Watched(spec(connect)) as seen:
            await until(lambda: len(seen.readings) >= 6)
            assert all(reading.quality is Quality.GOOD for reading in seen.readings)
            assert [r.seq for r in seen.readings] == list(range(1, len(seen.readings) + 1))
            assert 0 <= time.monotonic() - seen.readings[-1].t_s < 2 * POLL_S + 0.1
            last = seen.readings[-1]
            assert last.power_kw == last.values["power_kw"]
            assert last.frequency_hz == pytest.approx(50.02, abs=0.001)
            assert last.values["import_kwh"] == pytest.approx(12345.6)
            counters = seen.meters.counters()["m"]
            assert counters.replies >= 6
            assert counters.timeouts == counters.late == counters.crc == 0

    run(talk())


def test_a_reading_is_delivered_in_the_turn_that_reads_the_reply() -> None:
    """Nothing stands between the reply and whoever decides: the stamp is the present."""

    async def talk() -> None:
        async with peer("tcp", SimulatedMeters()) as (_, connect):
            async with Watched(spec(connect)) as seen:
                await until(lambda: len(seen.readings) > 5)
            assert sorted(seen.ages_s)[len(seen.ages_s) // 2] < 0.001

    run(talk())


def test_a_frozen_meter_is_told_and_recovers() -> None:
    """Row 2: all channels bit-identical under load for frozen_s is FROZEN until one changes."""

    async def talk() -> None:
        device = SimulatedMeters()
        async with (
            peer("tcp", device) as (_, connect),
            Watched(spec(connect, poll_s=0.02, frozen_s=0.5)) as seen,
        ):
            await until(lambda: seen.last(Quality.GOOD))
            device.creeps = False
            frozen: Reading = await until(lambda: seen.last(Quality.FROZEN))
            assert frozen.power_kw is None
            assert "no bit has changed" in frozen.cause
            device.creeps = True
            await until(lambda: seen.last(Quality.GOOD))

    run(talk())


def test_a_meter_without_load_may_stand_still() -> None:
    """Row 2: at no power nothing changes, and that is no fault."""

    async def talk() -> None:
        device = SimulatedMeters()
        device.creeps = False
        device.values[1]["power_kw"] = 0.0
        async with (
            peer("tcp", device) as (_, connect),
            Watched(spec(connect, poll_s=0.02, frozen_s=0.2)) as seen,
        ):
            await until(lambda: len(seen.readings) > 30)
            assert {reading.quality for reading in seen.readings} == {Quality.GOOD}

    run(talk())


@pytest.mark.parametrize(
    ("words", "quality"),
    [
        (words_of(math.nan), Quality.NOT_AVAILABLE),
        ((0xFFFF, 0xFFFF), Quality.NOT_AVAILABLE),
        ((0x7FC0, 0x0000), Quality.NOT_AVAILABLE),
        (words_of(math.inf), Quality.IMPLAUSIBLE),
        (words_of(-math.inf), Quality.IMPLAUSIBLE),
        (words_of(1e9), Quality.IMPLAUSIBLE),
    ],
)
def test_what_is_no_power_never_becomes_a_number(words: tuple[int, int], quality: Quality) -> None:
    """Rows 3, 4 and 7: NaN, sentinels, infinities and spikes give no power."""

    async def talk() -> None:
        device = SimulatedMeters()
        device.faults = {(3, POWER_PM5560): words[0], (3, POWER_PM5560 + 1): words[1]}
        async with peer("tcp", device) as (_, connect), Watched(spec(connect)) as seen:
            reading = await until(lambda: seen.last(quality))
            assert reading.power_kw is None
            assert reading.seq == 0
            assert "power_kw" in reading.cause
            assert "power_kw" not in reading.values

    run(talk())


def test_a_spike_is_one_bad_reading_and_no_more() -> None:
    """Row 7: after one impossible sample the next good one counts."""

    async def talk() -> None:
        device = SimulatedMeters()
        async with peer("tcp", device) as (_, connect), Watched(spec(connect)) as seen:
            await until(lambda: seen.last(Quality.GOOD))
            device.faults = {(3, POWER_PM5560): 0x5000}
            await until(lambda: seen.last(Quality.IMPLAUSIBLE))
            device.faults = {}
            await until(lambda: seen.last(Quality.GOOD))

    run(talk())


def test_an_optional_value_that_is_not_available_is_left_out() -> None:
    """Row 4: a NaN frequency gives no frequency, and the power still counts."""

    async def talk() -> None:
        device = SimulatedMeters()
        del device.values[1]["frequency_hz"]
        async with peer("tcp", device) as (_, connect), Watched(spec(connect)) as seen:
            reading = await until(lambda: seen.last(Quality.GOOD))
            assert reading.frequency_hz is None
            assert "frequency_hz" not in reading.values
            assert reading.power_kw is not None

    run(talk())


def test_swapped_words_do_not_pass() -> None:
    """Row 5: a meter whose words come the other way round gives no good reading."""

    async def talk() -> None:
        device = SimulatedMeters()
        held = device.profile.samples[0].words[3]
        device.faults = {
            (3, r.address + n): held[r.address + 1 - n]
            for r in device.profile.registers
            if r.type == "f32"
            for n in (0, 1)
        }
        async with peer("tcp", device) as (_, connect), Watched(spec(connect)) as seen:
            await until(lambda: len(seen.readings) > 3)
            assert {reading.quality for reading in seen.readings} == {Quality.IMPLAUSIBLE}

    run(talk())


def test_sign_and_ratio_of_the_site_file_hold() -> None:
    """Row 6: export-positive turns power round and exchanges the counters; scale multiplies."""

    async def talk() -> None:
        device = SimulatedMeters()
        device.creeps = False
        async with (
            peer("tcp", device) as (_, connect),
            Watched(spec(connect, sign=Sign.EXPORT_POSITIVE, scale=2.0)) as seen,
        ):
            await until(lambda: seen.readings and "import_kwh" in seen.readings[-1].values)
            values = seen.readings[-1].values
            assert seen.readings[-1].power_kw == pytest.approx(161.5)
            assert values["power_l1_kw"] == pytest.approx(54.0)
            assert values["current_l1_a"] == pytest.approx(240.0)
            assert values["voltage_l1_v"] == pytest.approx(230.5)
            assert values["import_kwh"] == pytest.approx(2 * 98765.4)
            assert values["export_kwh"] == pytest.approx(2 * 12345.6)

    run(talk())


def test_another_master_is_in_the_cause() -> None:
    """Row 8: foreign frames are counted and named with the readings of that bus."""

    async def talk() -> None:
        async with (
            peer("serial", SimulatedMeters()) as (line, connect),
            Watched(spec(connect)) as seen,
        ):
            await until(lambda: seen.last(Quality.GOOD))
            line.send(rtu_frame(9, bytes.fromhex("0300100002")))
            await until(lambda: seen.meters.counters()["m"].unsolicited == 1)
            reading = await until(lambda: seen.readings[-1].cause and seen.readings[-1])
            assert "another master" in reading.cause

    run(talk())


@pytest.mark.parametrize("code", [1, 2, 3, 4, 7, 8, 10, 11])
def test_a_refusal_is_a_configuration_error_told_as_such(code: int) -> None:
    """Row 9: a required register that is refused gives ERROR with the meaning, every poll."""

    async def talk() -> None:
        device = SimulatedMeters()
        device.refused = dict.fromkeys(range(2990, 3300), code)
        async with peer("tcp", device) as (_, connect), Watched(spec(connect)) as seen:
            await until(lambda: len(seen.readings) > 3)
            assert {reading.quality for reading in seen.readings} == {Quality.ERROR}
            assert f"pm5560: exception {code}:" in seen.readings[-1].cause

    run(talk())


@pytest.mark.parametrize("code", [5, 6])
def test_a_busy_meter_is_asked_again(code: int) -> None:
    """Row 9: exceptions 5 and 6 are retried within the poll, and no reading is lost."""

    async def talk() -> None:
        device = SimulatedMeters()
        spoiler = Spoiler()
        busy = iter([True] + [False, True] * 1000)

        def change(reply: bytes) -> list[tuple[float, bytes]]:
            refusal = reply[:4] + bytes((0, 3)) + reply[6:7] + bytes((reply[7] | 0x80, code))
            return [(0.0, refusal if next(busy) else reply)]

        spoiler.change = change
        async with peer("tcp", device, spoiler) as (_, connect), Watched(spec(connect)) as seen:
            await until(lambda: len(seen.readings) > 4)
            assert {reading.quality for reading in seen.readings} == {Quality.GOOD}

    run(talk())


@pytest.mark.parametrize("missing", ["frequency_hz", "export_kwh"])
def test_an_optional_register_that_is_refused_is_dropped_once(missing: str) -> None:
    """A missing optional register costs one reading, is told, and never an exception a cycle."""

    async def talk() -> None:
        device = SimulatedMeters("em340")
        register = next(r for r in device.profile.registers if r.channel == missing)
        device.refused = {register.address: 2}
        async with (
            peer("tcp", device) as (_, connect),
            Watched(spec(connect, model="em340")) as seen,
        ):
            await until(lambda: seen.notes)
            assert missing in seen.notes[0][1]
            assert "left out" in seen.notes[0][1]
            await until(lambda: seen.last(Quality.GOOD))
            before = seen.meters.counters()["m"].exceptions
            count = len(seen.readings)
            await until(lambda: len(seen.readings) > count + 5)
            assert seen.meters.counters()["m"].exceptions == before
            assert {r.quality for r in seen.readings[count:]} == {Quality.GOOD}
            assert missing not in seen.readings[-1].values

    run(talk())


def test_a_device_that_refuses_everything_for_a_while_loses_no_register() -> None:
    """Row 9: after exceptions to all requests every channel comes back, read as before."""

    async def talk() -> None:
        device = SimulatedMeters("em340")
        async with (
            peer("tcp", device) as (_, connect),
            Watched(spec(connect, model="em340")) as seen,
        ):
            await until(lambda: seen.last(Quality.GOOD))
            blocks = set(device.reads[-4:])
            device.refused = dict.fromkeys(range(0x10000), 2)
            await until(lambda: any("check model and unit" in text for _, text in seen.notes))
            device.refused = {}
            reading = await until(lambda: seen.last(Quality.GOOD))
            assert set(reading.values) == set(device.profile.channels)
            count = len(device.reads)
            await until(lambda: len(device.reads) > count + 8)
            assert set(device.reads[-4:]) <= blocks
            assert not any("left out" in text for _, text in seen.notes)

    run(talk())


def test_a_device_that_dislikes_gaps_is_read_in_smaller_blocks() -> None:
    """Registers between the wanted ones that may not be read are found and avoided."""

    async def talk() -> None:
        device = SimulatedMeters("sdm630")
        device.refused = dict.fromkeys(range(20, 52), 2)
        async with (
            peer("tcp", device) as (_, connect),
            Watched(spec(connect, model="sdm630")) as seen,
        ):
            reading = await until(lambda: seen.last(Quality.GOOD))
            assert set(reading.values) == set(device.profile.channels)

    run(talk())


@pytest.mark.parametrize("way", WAYS)
def test_silence_is_noticed_within_two_polls_and_a_timeout(way: str) -> None:
    """Row 13: a meter that stops to answer is SILENT in time, and says why."""

    async def talk() -> None:
        device = SimulatedMeters()
        async with peer(way, device) as (_, connect), Watched(spec(connect)) as seen:
            await until(lambda: seen.last(Quality.GOOD))
            device.silent.add(1)
            gone_s = time.monotonic()
            reading = await until(lambda: seen.last(Quality.SILENT))
            assert reading.t_s - gone_s <= 2 * POLL_S + TIMEOUT_S + 0.05
            assert "no reply in 0.1 s" in reading.cause

    run(talk())


@pytest.mark.parametrize("way", ["tcp", "rtu+tcp"])
@pytest.mark.parametrize("outage_s", [0.2, 2.0])
def test_over_tcp_it_is_back_within_two_polls(way: str, outage_s: float) -> None:
    """Rows 13 and 14: after an outage of any length the first good read takes 2 polls at most."""

    async def talk() -> None:
        poll_s = 0.25
        async with (
            peer(way, SimulatedMeters()) as (server, connect),
            Watched(spec(connect, poll_s=poll_s)) as seen,
        ):
            await until(lambda: seen.last(Quality.GOOD))
            await server.stop()
            gone_s = time.monotonic()
            await until(lambda: seen.last(Quality.SILENT))
            await until(lambda: time.monotonic() > gone_s + outage_s)
            back_s = time.monotonic()
            await server.start()
            reading = await until(lambda: seen.last(Quality.GOOD))
            assert reading.t_s - back_s <= 2 * poll_s

    run(talk())


@pytest.mark.parametrize("way", ["tcp", "rtu+tcp"])
def test_a_gateway_that_goes_takes_all_its_meters_and_brings_them_back(way: str) -> None:
    """Several units behind one connection: each is SILENT in time, and each returns in time."""

    async def talk() -> None:
        units = (1, 2, 3)
        poll_s = 0.25
        async with peer(way, SimulatedMeters(units=units)) as (server, connect):
            meters = [spec(connect, f"m{unit}", unit=unit, poll_s=poll_s) for unit in units]
            async with Watched(*meters) as seen:

                def all_are(quality: Quality) -> bool:
                    last = [seen.of(meter.name)[-1:] for meter in meters]
                    return all(one and one[0].quality is quality for one in last)

                await until(lambda: all_are(Quality.GOOD))
                await server.stop()
                gone_s = time.monotonic()
                await until(lambda: all_are(Quality.SILENT))
                assert time.monotonic() - gone_s <= 2 * poll_s + TIMEOUT_S + 0.05
                await server.start()
                back_s = time.monotonic()
                await until(lambda: all_are(Quality.GOOD))
                assert time.monotonic() - back_s <= 2 * poll_s + 0.05

    run(talk())


@pytest.mark.parametrize("way", ["tcp", "rtu+tcp", "serial"])
def test_late_replies_give_no_reading_and_no_harm(way: str) -> None:
    """Row 12: while replies come after their time nothing is read; in time again, all is well."""

    async def talk() -> None:
        device, spoiler = SimulatedMeters(), Spoiler()
        async with (
            peer(way, device, spoiler) as (_, connect),
            Watched(spec(connect, model="pm5560")) as seen,
        ):
            await until(lambda: seen.last(Quality.GOOD))
            spoiler.delay_s = TIMEOUT_S + 0.06
            await until(lambda: seen.last(Quality.SILENT))
            count = len(seen.readings)
            await until(lambda: len(seen.readings) > count + 4)
            assert all(reading.power_kw is None for reading in seen.readings[count:])
            spoiler.delay_s = 0.0
            reading = await until(lambda: seen.last(Quality.GOOD))
            assert reading.power_kw == pytest.approx(device.values[1]["power_kw"], abs=0.2)

    run(talk())


@pytest.mark.parametrize("model", ["sunspec-20x", "sunspec-213"])
def test_a_sunspec_model_is_found_wherever_it_stands(model: str) -> None:
    """The SunS marker is found at 50000 too, also when it moves while we read."""

    class Moving(SimulatedMeters):
        shift = 0

        def read(self, unit: int, function: int, address: int, count: int) -> Sequence[int]:
            return super().read(unit, function, address - self.shift, count)

    async def talk() -> None:
        device = Moving(model)
        async with peer("tcp", device) as (_, connect), Watched(spec(connect, model=model)) as seen:
            await until(lambda: seen.last(Quality.GOOD))
            device.shift = 10000
            await until(lambda: seen.last(Quality.ERROR))
            await until(lambda: seen.last(Quality.GOOD))

    run(talk())


def test_a_device_without_the_marker_is_told() -> None:
    """A SunSpec profile on another meter says what was looked for, and where."""

    async def talk() -> None:
        meters = SimulatedMeters("pm5560")
        async with (
            peer("tcp", meters) as (_, connect),
            Watched(spec(connect, model="sunspec-20x")) as seen,
        ):
            reading = await until(lambda: seen.last(Quality.ERROR))
            assert "no SunS marker at 40000, 50000, 0" in reading.cause

    run(talk())


def test_a_draft_profile_says_so_at_start() -> None:
    """A profile with thin facts is named with its notes before the first reading."""

    async def talk() -> None:
        meter = spec("tcp://127.0.0.1:1", model="sel-735")
        async with Watched(meter) as seen:
            assert seen.notes[0][0] == "m"
            assert "draft" in seen.notes[0][1]
            assert "POWR_SCA" in seen.notes[0][1]

    run(talk())
