"""The languages of the page: one TOML file each in this folder, found by being there.

English has its sentences in `faces.sentences`; every other file brings its own.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from headworks.faces.tongue import ENGLISH, Tongue

FOLDER = Path(__file__).parent
FIRST = "en"


class Language(NamedTuple):
    """`texts` are the words of the page, `todo` what to do about a code, `boards` board states.

    `refusals` has a sentence for each code that the page's server may answer with.
    """

    code: str
    name: str
    direction: str
    texts: Mapping[str, str]
    todo: Mapping[str, str]
    boards: Mapping[str, str]
    refusals: Mapping[str, str]
    tongue: Tongue


@cache
def languages() -> Mapping[str, Language]:
    """Every language by its code, English first."""
    codes = sorted(file.stem for file in FOLDER.glob("*.toml"))
    return {code: _load(code) for code in sorted(codes, key=lambda code: code != FIRST)}


def language(code: str) -> Language:
    """The language of this code, else English."""
    found = languages()
    return found.get(code, found[FIRST])


def _load(code: str) -> Language:
    data = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    head = data["language"]
    tongue = _tongue(data, head["direction"]) if "forms" in data else ENGLISH
    tables = data["page"], data["todo"], data["boards"], data["refusals"]
    return Language(code, head["name"], head["direction"], *tables, tongue)


def _tongue(data: Mapping[str, Any], direction: str) -> Tongue:
    words = data["words"]
    return Tongue(
        forms={key: tuple(forms) for key, forms in data["forms"].items()},
        qualities=data["qualities"],
        limits=data["limits"],
        lost=data["lost"],
        channels=data["channels"],
        latches=data["latches"],
        faults=data["faults"],
        fares=data["fares"],
        states=data["states"],
        sights=data["sights"],
        orders=data["orders"],
        flows=(words["exporting"], words["importing"]),
        counts={key: (one, many) for key, (one, many) in data["counts"].items()},
        units=data["units"],
        answers=data.get("answers", {}),
        isolate=direction == "rtl",
    )
