"""`headworks reset` where the station refuses: the reason, and the way back."""

import pytest

from cli.wires import station
from faces.held_states import board, held, relay
from headworks.cli.main import main
from tools.states import state


@pytest.mark.parametrize("name", ["safety-permissive", "a1", "anything"])
def test_a_refused_reset_names_the_way_back(name, tmp_path, capsys):
    """Whatever was named, the commands that do help follow, in their order; exit code 1."""
    stands = state(
        interlocks=[held("safety-smoke"), relay()],
        boards=[board("safety", latches={"permit": "smoke"})],
    )
    refusal = {"ok": False, "error": "refused", "code": "nothing-to-do", "values": {}}
    with station(tmp_path / "s.sock", []) as server:
        server.answer = lambda ask: {"state": stands} if ask["op"] == "state" else refusal
        assert main(["reset", name, "--socket", str(tmp_path / "s.sock")]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"headworks: refused: {name} is neither latched nor locked.",
        "headworks: way back 1: headworks reset safety",
        "headworks: way back 2: headworks reset safety-smoke",
    ]


def test_a_refused_reset_with_nothing_latched_is_one_line(tmp_path, capsys):
    """Where there is nothing to do, nothing is advised."""
    refusal = {"ok": False, "error": "refused", "code": "nothing-to-do", "values": {}}
    with station(tmp_path / "s.sock", []) as server:
        server.answer = lambda ask: {"state": state()} if ask["op"] == "state" else refusal
        assert main(["reset", "a1", "--socket", str(tmp_path / "s.sock")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
