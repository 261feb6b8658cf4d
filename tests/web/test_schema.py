"""The JSON API keeps its own OpenAPI document: schemathesis asks a real page."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headworks.site import load_site
from web.kept import a_day
from web.places import STATE, made_token, noting, web

SITE = Path(__file__).parents[2] / "host/headworks/cli/demo_site.toml"
# a stream has no end, and a statement takes a process of its own
LEFT_OUT = ("/api/events", "/api/statement")
# what two fields must be together, or a text as a number, is no part of what a schema can say
_KNOWN = """
[[operations]]
include-path-regex = "/api/(history|history.csv|journal|guide/.*/sign)$"
checks.positive_data_acceptance.enabled = false
"""


@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=pytest.mark.long)])
def test_the_page_keeps_its_document(tmp_path: Path, examples: int) -> None:
    """No answer that the document does not name, no crash, nothing refused that it allows and
    nothing taken that it forbids, with and without the token."""
    a_day(tmp_path / "records", time.time(), hours=0.5)
    site = tmp_path / "site.toml"
    site.write_text(SITE.read_text(encoding="utf-8"), encoding="utf-8")
    state = {
        **STATE, "site": {**STATE["site"], "sha256": load_site(site).sha256},
        "files": {"state": str(tmp_path), "site": str(site)},
    }  # fmt: skip
    (tmp_path / "schemathesis.toml").write_text(_KNOWN, encoding="utf-8")
    token = made_token(tmp_path, "schemathesis", "operator")
    with noting(tmp_path, state) as peer, web(tmp_path, peer.path) as page:
        words = [
            *("run", f"{page.url}api/openapi.json", "-H", f"Authorization: Bearer {token}"),
            *("--phases", "fuzzing", "--max-examples", str(examples)),
            *(word for path in LEFT_OUT for word in ("--exclude-path", path)),
            *("--generation-deterministic", "--no-color", "--warnings", "off"),
        ]
        done = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), *words], cwd=tmp_path,
            capture_output=True, text=True, timeout=110, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        paths = json.loads(page.ask("GET", "/api/openapi.json")[2])["paths"]
        wanted = sum(len(paths[path]) for path in paths if path not in LEFT_OUT)
        assert f"Tested: {wanted}\n" in done.stdout
        assert page.ask("GET", "/api/state")[0] == 200
    assert "Traceback" not in page.log.read_text()
