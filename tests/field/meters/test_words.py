"""Numbers on the command line of `headworks meter` that make no sense."""

import pytest

from headworks.cli.main import main


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        *(("--timeout", value, "is no time") for value in ("nan", "inf", "-1", "0", "soon")),
        *(("--period", value, "is no time") for value in ("nan", "0", "1e9")),
        *(("--baud", value, "is no baud rate") for value in ("-5", "7", "²", "9" * 5000)),
    ],
)
def test_a_number_without_sense_is_told(
    capsys: pytest.CaptureFixture[str], option: str, value: str, text: str
) -> None:
    """Times that are none and impossible line speeds are refused before anything is opened."""
    words = ["meter", "read", "--model", "pm5560", "--connect", "tcp://127.0.0.1:9"]
    with pytest.raises(SystemExit) as ended:
        main([*words, f"{option}={value}"])
    assert ended.value.code == 2
    assert text in capsys.readouterr().err
