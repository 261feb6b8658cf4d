"""Metrics: what Prometheus reads, by promtool and by a real Prometheus; stale is absent."""

import copy
import http.client
import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from headworks.faces.web.metrics import STALE_S, exposition
from headworks.model.plan import RackState
from waiting import until_blocking
from web.places import STATE, add_user, made_token, noting, web

DASHBOARD = Path(__file__).parents[2] / "host/grafana/headworks.json"
OPEN = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.3"


def shown(state: dict[str, Any] | None = STATE, cause: str = "", age_s: float | None = 0.1) -> str:
    return exposition(state, cause, age_s, "")[0].decode()


def test_figures_are_in_base_units() -> None:
    """Watts, seconds, hertz, ratios; the sign stays; a counter ends in _total."""
    lines = shown().splitlines()
    for line in (
        "headworks_up 1.0", "headworks_envelope_watts 477036.0",
        'headworks_feeder_power_watts{feeder="tx1"} -55036.0',
        'headworks_rack_power_watts{feeder="row-a",kind="asic",rack="a1"} 36000.0',
        'headworks_rack_state{rack="a1",state="running"} 1.0',
        'headworks_rack_state{rack="a1",state="off"} 0.0',
        'headworks_board_humidity_ratio{board="air",channel="intake_humidity_percent"} 0.385',
        'headworks_board_contact{board="safety",channel="smoke"} 0.0',
        'headworks_alarms{severity="alarm"} 0.0', "headworks_scans_total 160.0",
    ):  # fmt: skip
        assert line in lines


@pytest.mark.parametrize(
    ("state", "cause", "age_s"),
    [(None, "not reached", None), (STATE, "gone", 0.1), (STATE, "", STALE_S + 0.1), (STATE, "", None)],
)  # fmt: skip
def test_a_station_that_is_not_heard_has_no_figures(
    state: dict[str, Any] | None, cause: str, age_s: float | None
) -> None:
    """`headworks_up 0` and nothing that was true once."""
    lines = [line for line in shown(state, cause, age_s).splitlines() if not line.startswith("#")]
    assert lines == ["headworks_up 0.0"]


def test_what_is_unknown_is_absent() -> None:
    """No zero, no NaN and no last value for a silent meter, an unknown power or a bad channel."""
    state = copy.deepcopy(STATE)
    state["meters"][0].update(quality="silent")
    state["feeders"][0].update(power_kw=None)
    state["boards"][0]["channels"]["intake_c"].update(quality="stale", value=20.0)
    text = shown(state)
    assert 'meter_power_watts{meter="incomer"}' not in text
    assert 'meter_good{meter="incomer"} 0.0' in text
    assert 'feeder_power_watts{feeder="tx1"}' not in text
    assert 'channel="intake_c"' not in text
    assert "NaN" not in text


def test_names_are_data() -> None:
    """Quotes, new lines and escapes in a name end no label."""
    state = copy.deepcopy(STATE)
    state["racks"][0]["name"] = 'a"} 1\nheadworks_up 0\x1b[2J\\'
    text = shown(state)
    assert [line for line in text.splitlines() if line.startswith("headworks_up ")] == [
        "headworks_up 1.0"
    ]
    assert "\x1b" not in text


@pytest.mark.needs("program:promtool")
def test_promtool_finds_nothing() -> None:
    """Names, units, help and types by Prometheus' own check, and no series twice."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=shown(), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    series = [line.rpartition(" ")[0] for line in shown().splitlines() if line[0] != "#"]
    assert len(series) == len(set(series)) > 200


def test_the_dashboard_shows_what_is_there() -> None:
    """Every metric that Grafana's file asks for is one of ours, and every panel asks for one."""
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    ours = set(re.findall(r"^# TYPE (\w+)", shown({**STATE, "interlocks": [LATCH]}), re.M))
    for panel in board["panels"]:
        asked = {
            name
            for target in panel.get("targets", ())
            for name in re.findall(r"headworks_\w+", target["expr"])
        }
        assert asked or panel["type"] == "row", panel["title"]
        assert asked <= ours, panel["title"]
    states = next(panel for panel in board["panels"] if panel["title"] == "State of each rack")
    asked = set(re.findall(r'state="([\w-]+)"', states["targets"][0]["expr"]))
    assert asked == {state.value for state in RackState}
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
    assert len(places) == len(set(places))


LATCH = {"name": "smoke", "latched": False}
_CONFIG = """
global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}
scrape_configs:
  - job_name: headworks
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def _asked(port: int, query: str) -> list[Any]:
    """The instant vector of a query; nothing while Prometheus is not ready."""
    try:
        url = f"http://127.0.0.1:{port}/api/v1/query?query={query}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
            return found
    except (OSError, http.client.HTTPException):
        return []


def _refused(port: int) -> list[str]:
    """Queries of the dashboard that this Prometheus does not take."""
    board, found = json.loads(DASHBOARD.read_text(encoding="utf-8")), []
    for query in (one["expr"] for panel in board["panels"] for one in panel["targets"]):
        word = urllib.parse.quote(query.replace("$station", ".*"))
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={word}").close()
        except urllib.error.HTTPError as error:
            found.append(f"{query}: {error.read().decode()}")
    return found


def _until(port: int, query: str, wanted: list[str]) -> None:
    def got() -> list[str]:
        return [one["value"][1] for one in _asked(port, query)]

    until_blocking(lambda: got() == wanted, 30.0, lambda: (query, got()))


@pytest.mark.needs("program:prometheus")
def test_a_real_prometheus_scrapes_a_private_page(tmp_path: Path) -> None:
    """With a token where looking takes one; the station goes, and its figures end with it."""
    from headworks.cli.demo_site import free_port

    add_user(tmp_path, "ayesha", "operator", "correct horse")
    port, config = free_port(), tmp_path / "prometheus.yml"
    with noting(tmp_path) as peer, web(tmp_path, peer.path, "--private") as page:
        assert page.ask("GET", "/metrics")[0] == 401
        token = made_token(tmp_path, "prometheus", "viewer")
        config.write_text(_CONFIG.format(token=token, port=page.port))
        command = [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'db'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip
        with (tmp_path / "log").open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            _until(port, "headworks_up", ["1"])
            _until(port, "sum(headworks_rack_power_watts)", ["432000"])
            assert _refused(port) == []
            peer.stop()
            _until(port, "headworks_up", ["0"])
            _until(port, "headworks_rack_power_watts", [])
        finally:
            process.terminate()
            process.wait(20.0)
