"""Commissioning: which steps there are, what counts as passed, and what a step of load shows."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from headworks.faces.web import guide
from headworks.faces.web.app import make_app
from headworks.faces.web.feed import Powers
from headworks.faces.web.origins import own_names
from headworks.faces.web.refused import RefusedError
from headworks.model.commissioning import Step, steps
from headworks.site import load_site
from web.kept import a_day
from web.places import STATE, call, station
from web.test_archive import SITE
from web.test_matrix import make_page

DEMO = load_site(SITE)


def entry(step: str, target: str, result: str, **more: Any) -> dict[str, Any]:
    """An entry of the journal."""
    values = {"result": result, "site_sha256": more.pop("sha256", DEMO.sha256)}
    return {"seq": 1, "code": step, "source": target, "wall_s": 1.0, "values": values, **more}


def test_every_part_of_the_site_has_its_step() -> None:
    """Meters first, then signs, sensors, each relay, each interlock, and the dead man at last."""
    found = [*steps(DEMO)]
    assert list(dict.fromkeys(step for step, _ in found)) == [*Step]
    assert [t for s, t in found if s is Step.RELAY] == [rack.name for rack in DEMO.racks]
    assert [t for s, t in found if s is Step.TRIP] == [one.name for one in DEMO.interlocks]
    assert {t for s, t in found if s is Step.SIGN} == {"incomer", "meter-a", "meter-b"}
    assert found[-1] == (Step.DEADMAN, "deadman")


def test_the_last_result_with_this_site_file_counts() -> None:
    """A step that failed after it passed has failed; another site file's results are done again."""
    rows = guide.progress(
        DEMO,
        [
            entry("sign", "incomer", "fail", who="bilal"),
            entry("sign", "incomer", "pass"),
            entry("relay", "a1", "pass"),
            entry("relay", "a2", "pass", sha256="00" * 32),
            entry("relay", "gone", "pass"),
        ],
    )
    by = {(row["step"], row["target"]): row for row in rows}
    assert (by["sign", "incomer"]["result"], by["sign", "incomer"]["who"]) == ("fail", "bilal")
    assert by["relay", "a2"]["earlier"]
    assert guide.summary(rows) == {"of": len(rows), "passed": 1, "failed": 1}


STEADY, MORE, LESS = [100.0, 101.0, 99.0], [149.0, 150.0, 151.0], [50.0, 51.0, 49.0]


@pytest.mark.parametrize(
    ("before", "after", "step_kw", "right"),
    [
        (STEADY, MORE, 50.0, True),
        (STEADY, LESS, 50.0, False),
        (STEADY, LESS, -50.0, True),
        (MORE, STEADY, 50.0, False),
    ],
)
def test_a_known_step_shows_the_sign(
    before: list[float | None], after: list[float | None], step_kw: float, right: bool
) -> None:
    """Import rises by a load that is switched on; a meter that falls counts the wrong way round."""
    found, seen = guide.sign(before, after, step_kw)
    assert found is right
    assert seen["step_kw"] == step_kw


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (STEADY, STEADY, "too little to tell"),
        (STEADY, [150.0, None, 150.0], "not known throughout"),
        ([100.0], MORE, "not known throughout"),
        ([100.0, 130.0, 100.0], MORE, "moves by 30.0 kW by itself"),
    ],
)
def test_what_is_unclear_has_no_result(
    before: list[float | None], after: list[float | None], text: str
) -> None:
    """Too small, not steady or not known: said, and neither passed nor failed."""
    with pytest.raises(RefusedError, match=text):
        guide.sign(before, after, 50.0)


def test_the_page_judges_and_the_station_keeps(tmp_path: Path) -> None:
    """The sign is judged by the meter's own powers; who it was and what was seen go along."""
    a_day(tmp_path / "records", time.time(), hours=0.1, step_s=1.0)
    (tmp_path / "site.toml").write_text(SITE.read_text(encoding="utf-8"), encoding="utf-8")

    async def body() -> None:
        page = make_page(tmp_path)
        page.feed.state = {
            **STATE,
            "site": {**STATE["site"], "sha256": DEMO.sha256},
            "files": {"state": str(tmp_path), "site": str(tmp_path / "site.toml")},
        }
        page.feed._clock = lambda: 100.0
        for n in range(60):  # every half a second; the load came eight seconds ago
            power_kw = 80.0 if n < 44 else 50.0
            page.feed.powers.append(Powers(70.0 + n * 0.5, {"incomer": power_kw}))
        app = make_app(page, own_names())
        head = {"authorization": "Bearer token-technician", "content-type": "application/json"}
        async with station(tmp_path) as peer:
            told = b'{"load_kw": "30", "ago_s": "12", "note": " heater "}'
            answer = await call(app, "POST", "/api/guide/incomer/sign", head, told)
            assert answer.json()["result"] == "fail"
            (kept,) = peer.commands
            assert (kept["actor"], kept["role"], kept["note"]) == (
                "t-technician",
                "technician",
                "heater",
            )
            assert kept["seen"] == {"step_kw": 30.0, "before_kw": 80.0, "after_kw": 50.0}
            for bad in (b'{"load_kw": "nan", "ago_s": "12"}', b'{"load_kw": "30", "ago_s": "900"}'):
                assert (await call(app, "POST", "/api/guide/incomer/sign", head, bad)).status == 400
            assert len(peer.commands) == 1
        told = (await call(app, "GET", "/api/guide")).json()
        assert (told["of"], told["passed"]) == (len([*steps(DEMO)]), 0)
        values = (await call(app, "GET", "/api/meters/incomer")).json()
        assert 49.9 < values["values"]["frequency_hz"] < 50.1
        assert (await call(app, "GET", "/api/meters/none")).status == 404

    asyncio.run(body())
