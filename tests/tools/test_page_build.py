"""The page's charts: of the locked package, under its licence, built anew when the lock changes."""

import json
import re
import shutil
from pathlib import Path

from lib import page

ROOT = Path(__file__).resolve().parents[2]


def test_the_charts_are_those_of_the_lock() -> None:
    """What the checkout has is of the locked version, a module, with the licence on top."""
    assert page.is_built(ROOT)
    lock = json.loads((ROOT / page.LOCK).read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    version = packages["node_modules/uplot"]["version"]
    text = (ROOT / page.STATIC / "uplot.js").read_text(encoding="utf-8")
    assert text.startswith(f"/*! uPlot {version} lock ")
    assert "The MIT License" in text[:400]
    assert text.endswith("export default uPlot;\n")


def test_another_lock_builds_them_anew(tmp_path: Path) -> None:
    """Files of another lock, or half of them, do not count as built; without a lock none are."""
    assert page.is_built(tmp_path)
    for name in (page.LOCK, *(f"{page.STATIC}/{made}" for made in page.MADE)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert page.is_built(tmp_path)
    assert not page.is_built(tmp_path, tmp_path / "node_modules")
    lock = tmp_path / page.LOCK
    lock.write_text(lock.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert not page.is_built(tmp_path)
    shutil.copy(ROOT / page.LOCK, lock)
    (tmp_path / page.STATIC / "uplot.css").unlink()
    assert not page.is_built(tmp_path)


def test_the_pictures_of_the_readme_are_there_and_small() -> None:
    """Every picture that the README shows is in the checkout, and none is heavier than 60 kB."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r'<img src="([^"]+)"', text)
    assert len(shown) >= 3
    assert [name for name in shown if (ROOT / name).stat().st_size > 60_000] == []
