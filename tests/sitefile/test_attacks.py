"""Files that are made to hang or to break the check."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from headworks.site import check
from headworks.station.reload import look_again
from sitefile.samples import GOOD

TEXTS = [path.read_text(encoding="utf-8") for path in GOOD]

_FEEDER = '[[feeder]]\nname = "f{n}"\nparent = "f{parent}"\nmeter = "m"\nrating_kw = 1\n'


@pytest.mark.parametrize("ring", [True, False], ids=["circle", "chain"])
def test_many_feeders_above_each_other_take_no_time(ring: bool) -> None:
    """A circle or a chain of 400 feeders is checked at once, and the circle is told."""
    last = 0 if ring else 400
    text = "".join(_FEEDER.format(n=n, parent=n + 1 if n < 399 else last) for n in range(400))
    begun = time.process_time()
    site, problems = check(text)
    assert time.process_time() - begun < 2.0
    assert site is None
    assert any("in a circle" in problem.text for problem in problems) is ring
    assert all(len(problem.text) < 1000 for problem in problems)


@pytest.mark.parametrize("days", ["{}", "[[]]", "{ a = 1 }", "[[{}]]"])
def test_a_day_that_is_no_word_is_told(days: str) -> None:
    """Tables and lists where a day should stand are mistakes with a place, not crashes."""
    text = next(text for text in TEXTS if 'days = "weekdays"' in text)
    site, problems = check(text.replace('days = "weekdays"', f"days = {days}"))
    assert site is None
    assert any("which is no day" in problem.text for problem in problems)


def test_the_log_gets_one_line_of_a_file_with_thousands_of_mistakes(tmp_path: Path) -> None:
    """SIGHUP with a mad file: the first mistake and the number of others, not megabytes."""
    path = tmp_path / "site.toml"
    good = next(site for site, _ in map(check, TEXTS) if site)
    path.write_text("[[rack]]\n" * 2000)
    alarm = look_again(replace(good, source=str(path)))
    assert alarm is not None
    told = str(dict(alarm.reason.values)["error"])
    assert len(told) < 300
    assert "more: headworks check names all" in told
