"""Every meter file: it loads, names its sources, and its sample gives the reading it must give."""

import asyncio
import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from field.modbus.peers import run, until
from headworks.field.meters import Meters
from headworks.hardware import files
from headworks.hardware.files import models
from headworks.hardware.meter import (
    BlockDecoder,
    Confidence,
    HardwareError,
    MeterProfile,
    Words,
    encode,
    load_meter,
    located,
    plan,
    read_words,
)
from headworks.hardware.meter_words import width
from headworks.model.live import Quality, Reading
from headworks.model.site import Control, MeterSpec, Sign, Site

MODELS = sorted(models("meter"))
WANTED = (
    "sdm630 pm5xxx pm5560 umg604 pac3200 abb-b2x abb-m4m em24-rs485 em340 acuvim-ii sel-735 "
    "sunspec-20x sunspec-213"
)
# pymodbus' own decoder knows these types; the others are checked by the replay alone
THEIRS = {
    "u16": AsyncModbusTcpClient.DATATYPE.UINT16,
    "i16": AsyncModbusTcpClient.DATATYPE.INT16,
    "u32": AsyncModbusTcpClient.DATATYPE.UINT32,
    "i32": AsyncModbusTcpClient.DATATYPE.INT32,
    "u64": AsyncModbusTcpClient.DATATYPE.UINT64,
    "i64": AsyncModbusTcpClient.DATATYPE.INT64,
    "f32": AsyncModbusTcpClient.DATATYPE.FLOAT32,
    "f64": AsyncModbusTcpClient.DATATYPE.FLOAT64,
}


def base_of(profile: MeterProfile, words: Words) -> int:
    """Where the SunSpec model stands in a sample, by walking it plainly."""
    if profile.sunspec is None:
        return 0
    held = words[profile.registers[0].function]
    at = next(a for a in profile.sunspec.bases if held.get(a) == 0x5375) + 2
    while held[at] not in profile.sunspec.models:
        at += 2 + held[at + 1]
    return at


def decoded(profile: MeterProfile, words: Words) -> dict[str, float]:
    """What the decoder makes of words, block by block as planned."""
    found: dict[str, float] = {}
    registers = located(profile, base_of(profile, words))
    for block in plan(registers, profile.max_block, profile.gaps):
        payload = read_words(words, block.function, block.address, block.count)
        assert payload is not None, f"the sample lacks words of {block}"
        result = BlockDecoder(block.registers, block.address, block.count).decode(payload)
        assert result.flaws == ()
        found |= result.values
    return found


def same(found: Mapping[str, float], wanted: Mapping[str, float]) -> None:
    """Equal channels, and values to six digits."""
    assert set(found) == set(wanted)
    for channel, value in wanted.items():
        assert math.isclose(found[channel], value, rel_tol=1e-6), channel


def test_all_promised_models_are_there() -> None:
    """The models that the product names each have a file."""
    assert set(WANTED.split()) <= set(MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_its_samples_give_the_readings_they_must(model: str) -> None:
    """At least one sample, and the decoder makes exactly the stated reading of each."""
    profile = load_meter(model)
    assert profile.samples
    for sample in profile.samples:
        assert sample.origin
        same(decoded(profile, sample.words), sample.gives)


@pytest.mark.parametrize("model", MODELS)
def test_pymodbus_decodes_the_sample_alike(model: str) -> None:
    """An independent decoder agrees with ours on every register that it can decode."""
    profile = load_meter(model)
    sample = profile.samples[0]
    for register in located(profile, base_of(profile, sample.words)):
        if register.type not in THEIRS or register.scale_factor:
            continue
        held = sample.words[register.function]
        words = [held[register.address + n] for n in range(width(register.type))]
        order = "little" if register.lsw_first else "big"
        count = AsyncModbusTcpClient.convert_from_registers(
            words, THEIRS[register.type], word_order=order
        )
        value = count * register.factor
        assert math.isclose(value, sample.gives[register.channel], rel_tol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_every_register_names_its_source(model: str) -> None:
    """Each register has a source that the file explains, and a plausible range."""
    profile = load_meter(model)
    for register in profile.registers:
        assert register.source
        assert all(profile.sources[name] for name in register.source)
        assert register.confidence in Confidence
        assert register.low < register.high
    power = next(r for r in profile.registers if r.channel == "power_kw")
    assert power.required
    assert power.low < 0 < power.high


@pytest.mark.parametrize("model", ["acuvim-ii", "sel-735"])
def test_thin_facts_are_a_draft_with_a_note(model: str) -> None:
    """Where the unit or scale is not sure, the profile is a draft and says why."""
    profile = load_meter(model)
    assert profile.draft
    assert profile.notes


@pytest.mark.parametrize("hole", [0, 12, 60])
@pytest.mark.parametrize("model", MODELS)
def test_reads_are_few_whole_and_within_the_limit(model: str, hole: int) -> None:
    """No block is too long, touches a gap, splits a value or mixes function codes."""
    profile = load_meter(model)
    registers = located(profile, 40000 if profile.sunspec else 0)
    blocks = plan(registers, profile.max_block, profile.gaps, hole)
    assert sorted(r.channel for b in blocks for r in b.registers) == sorted(
        r.channel for r in registers
    )
    assert len(blocks) <= 8
    for block in blocks:
        end = block.address + block.count
        assert 1 <= block.count <= profile.max_block
        assert not any(low < end and high >= block.address for low, high in profile.gaps)
        for register in block.registers:
            assert register.function == block.function
            assert block.address <= register.address
            assert register.address + width(register.type) <= end
        sizes = [count for _, count in block.spare]
        assert block.count not in sizes
        assert len(set(sizes)) == len(sizes)
    fast = [block for block in blocks if not block.slow]
    assert any(register.channel == "power_kw" for register in fast[-1].registers)


@pytest.mark.parametrize("model", MODELS)
@given(share=st.floats(-1, 1, allow_nan=False), hertz=st.floats(45, 65))
def test_the_encoder_is_the_decoders_mirror(model: str, share: float, hertz: float) -> None:
    """What the simulator encodes, the decoder reads back, within one count."""
    profile = load_meter(model)
    power = next(r for r in profile.registers if r.channel == "power_kw")
    wanted = {"power_kw": share * 1000, "frequency_hz": hertz, "voltage_l1_v": 230.0}
    given_values = {name: value for name, value in wanted.items() if name in profile.channels}
    words = encode(profile, given_values)
    found: dict[str, float] = {}
    registers = located(profile, base_of(profile, words))
    for block in plan(registers, profile.max_block, profile.gaps):
        payload = read_words(words, block.function, block.address, block.count)
        assert payload is not None
        decoder = BlockDecoder(block.registers, block.address, block.count)
        found |= decoder.decode(payload).values
    assert math.isclose(found["power_kw"], share * 1000, rel_tol=2e-4, abs_tol=power.factor * 10)
    for channel, value in given_values.items():
        assert math.isclose(found[channel], value, rel_tol=1e-2, abs_tol=0.01)
    assert "import_kwh" not in found  # not given, so it reads as not available


def their_server(words: Words) -> ModbusTcpServer:
    """pymodbus' own server with these words."""
    (held,) = words.values()
    runs: list[list[int]] = []
    for before, address in pairwise([-2, *sorted(held)]):
        if address == before + 1:
            runs[-1].append(address)
        else:
            runs.append([address])
    data = [SimData(r[0], values=[held[a] for a in r], datatype=DataType.REGISTERS) for r in runs]
    return ModbusTcpServer(SimDevice(1, simdata=data), address=("127.0.0.1", 0))


@pytest.mark.parametrize("model", MODELS)
def test_the_sample_is_read_over_a_real_socket(model: str) -> None:
    """Served by pymodbus, the sample arrives as the stated reading, found and planned by us."""
    profile = load_meter(model)
    sample = profile.samples[0]

    async def talk() -> Reading:
        server = their_server(sample.words)
        task = asyncio.create_task(server.serve_forever())
        await until(lambda: server.transport and server.transport.sockets)
        port = server.transport.sockets[0].getsockname()[1]
        spec = MeterSpec(
            "m", model, f"tcp://127.0.0.1:{port}", 1, Sign.IMPORT_POSITIVE, poll_s=0.05
        )
        readings: list[Reading] = []
        site = Site("s", "UTC", 1.0, Control(), (spec,), (), (), (), ())
        meters = Meters(site, readings.append, on_note=lambda *_: None)
        meters.start()
        await until(
            lambda: readings and set(readings[-1].values) == set(sample.gives), within_s=8.0
        )
        await meters.stop()
        await server.shutdown()
        await asyncio.gather(task, return_exceptions=True)
        return readings[-1]

    reading = run(talk())
    assert reading.quality is Quality.GOOD
    assert reading.power_kw == reading.values["power_kw"]
    same(reading.values, sample.gives)


GOOD = """
name = "x"
protocols = ["tcp"]
max_block = 100
[sources]
s = "somewhere"
[defaults]
function = 3
type = "f32"
confidence = "1"
source = ["s"]
[ranges]
kw = [-10, 10]
[registers]
power_kw = { address = 5, unit = "kW", required = true }
"""


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('type = "f32"', 'type = "f16"', "'f16' is none of u16, i16"),
        ('unit = "kW"', 'unit = "hp"', "'hp' is none of W, kW, MW"),
        ("max_block = 100", "", "'max_block' is missing"),
        ("max_block", "max_blok", "unknown key 'max_blok'"),
        ("address = 5", "adress = 5", "unknown key 'adress'"),
        ('source = ["s"]', 'source = ["t"]', "no source"),
        ("kw = [-10, 10]", "", "no plausible range"),
        ("power_kw", "power_l1_kw", "no register for power_kw"),
        ("power_kw =", 'power_kw = { address = 1, unit = "kW" }\nspeed =', "ends in its unit"),
        ('confidence = "1"', 'confidence = "9"', "'9' is not a valid"),
        ('name = "x"', 'name = "x', "Illegal character"),
    ],
)
def test_a_mistake_in_a_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, text: str
) -> None:
    """Each wrong file is refused with the model, the place and what is right."""
    assert old in GOOD
    (tmp_path / "meter").mkdir()
    path = tmp_path / "meter" / "mine.toml"
    monkeypatch.setattr(files, "data_dir", lambda kind: tmp_path)
    path.write_text(GOOD)
    assert load_meter("mine").channels == ("power_kw",)
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(HardwareError, match="mine") as error:
        load_meter("mine")
    assert text in str(error.value)


def test_an_unknown_model_names_those_there_are() -> None:
    """A wrong model name in a site file leads to the right one."""
    with pytest.raises(HardwareError, match=r"known: .*pm5560"):
        load_meter("pm556")
