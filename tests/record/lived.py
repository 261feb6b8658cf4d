"""The state folder of a real station that ran twice: commands, a trip, and an orderly end each."""

from pathlib import Path

from station.substation import Substation, play, until, until_view

SURPLUS_KW = -50.0
_INTERLOCK = """
[[interlock]]
name = "smoke"
when = "relays.in1"
trip = "all"
latch = true
"""
_RACK = """
[[rack]]
name = "a4"
kind = "asic"
rated_kw = 10
feeder = "tx1"
switch = "relays.4"
"""


def live(folder: Path) -> Path:
    """Let it run; its state folder. The second run has a rack more, so other channels too."""

    async def work(place: Substation) -> None:
        place.meter.import_kw = SURPLUS_KW
        place.site.write_text(place.site.read_text() + _INTERLOCK)
        async with place.station() as station:
            await until(lambda: place.relays.coils[:3] == [1, 1, 1])
            assert (await place.cli("rack", "a2", "off", "--as", "ayesha"))[0] == 0
            place.relays.inputs[0] = 1
            await until(lambda: place.relays.coils[:3] == [0, 0, 0])
            await until_view(place, lambda state: state["uptime_s"] > 2.0)
            station.child.terminate()
            await station.exit()
        place.site.write_text(place.site.read_text() + _RACK)
        async with place.station() as station:
            await until_view(place, lambda state: state["uptime_s"] > 1.0)
            station.child.terminate()
            await station.exit()

    play(folder, work)
    return folder / "state"
