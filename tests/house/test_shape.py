"""The shape of the house: lengths, docstrings, words, and folders that explain themselves."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from house.tree import ROOT, functions, parsed, python, tracked

FORBIDDEN = [  # spelled so that this file does not hold them itself
    "/work" + "/",
    "/root" + "/",
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "TO" + "DO",
    "FIX" + "ME",
]
BINARY = {".gz", ".png", ".jpg", ".whl"}


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _long(files, limit):
    lengths = {_name(f): len(f.read_text(encoding="utf-8").splitlines()) for f in files}
    return {name: length for name, length in lengths.items() if length > limit}


def _trees(*folders):
    return [(_name(f), parsed(f)) for f in python(*folders)]


def _tests(tree):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [n for n in ast.walk(tree) if isinstance(n, kinds) and n.name.startswith("test_")]


def test_files_are_short():
    """No file of the product is longer than 300 lines, no test file longer than 600."""
    assert _long(python("host", "tools"), 300) | _long(python("tests"), 600) == {}


def test_functions_are_short():
    """No function of the product has more than 40 lines beside its docstring."""
    found = [(_name(f), *one) for f in python("host", "tools") for one in functions(f)]
    assert len(found) > 300
    assert [one for one in found if one[2] > 40] == []


def test_modules_say_what_they_do():
    """Every module of the product begins with a docstring."""
    assert [name for name, tree in _trees("host", "tools") if not ast.get_docstring(tree)] == []


def test_every_test_has_a_sentence():
    """Every test says in a docstring what must hold."""
    found = [(name, t) for name, tree in _trees("tests") for t in _tests(tree)]
    assert [(name, t.name) for name, t in found if not ast.get_docstring(t)] == []


def test_tests_await_rather_than_sleep():
    """No test body waits by sleeping; only polling in a loop, or a helper, may."""
    found = [(name, t) for name, tree in _trees("tests") for t in _tests(tree)]
    assert [(name, t.name) for name, t in found if any(map(_is_sleep, _straight(t)))] == []


def _straight(node):
    """Everything below a node that is not in a loop or in a function of its own."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.While | ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _straight(child)


def _is_sleep(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    zero = bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
    return node.func.attr == "sleep" and not zero


def test_the_rule_against_sleep_sees_a_sleep():
    """The rule finds a sleep in a body, and lets a polling loop and a yield to others be."""
    body = "async def test_x():\n async with a:\n  await asyncio.sleep({})\n"
    loop = "async def test_x():\n while not done():\n  await asyncio.sleep(0.01)\n"
    texts = [body.format("0.2"), body.format("0"), loop]
    seen = [any(map(_is_sleep, _straight(ast.parse(text).body[0]))) for text in texts]
    assert seen == [True, False, False]


def test_no_forbidden_words():
    """No file names a path of somebody's machine, a registry's host, or work left to do."""
    found = []
    for file in tracked():
        if file.suffix in BINARY or file.name == Path(__file__).name:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        found += [f"{_name(file)}: {word}" for word in FORBIDDEN if word in text]
    assert found == []


@pytest.mark.parametrize("folder", ["boards", "boards/meter", "boards/switch", "firmware"])
def test_hardware_folder_explains_itself(folder):
    """Every folder of hardware data says how to add to it."""
    assert (ROOT / folder / "README.md").is_file()


@pytest.mark.parametrize("folder", ["host", "tests", "tools", "boards"])
def test_top_folder_explains_itself(folder):
    """Every top folder says what lies in it."""
    assert (ROOT / folder / "README.md").is_file()


def test_links_of_readmes_lead_somewhere():
    """Every relative link in a README or other page of the checkout points at a file."""
    pages = [file for file in tracked() if file.suffix == ".md"]
    links = [
        (file, target)
        for file in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    ]
    local = [(file, target) for file, target in links if "://" not in target]
    assert [(_name(f), target) for f, target in local if not (f.parent / target).exists()] == []


def test_decisions_are_numbered_and_listed():
    """Every decision has the next number, in its name, its title and the list, and at most 20 lines."""
    folder = ROOT / "host/decisions"
    found = sorted(file for file in folder.glob("*.md") if file.name != "README.md")
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for number, file in enumerate(found, 1):
        lines = file.read_text(encoding="utf-8").splitlines()
        assert file.name.startswith(f"{number:04d}-")
        assert lines[0].startswith(f"# {number}. ")
        assert len(lines) <= 20, file.name
        assert f"- [{number}. " in listed
        assert f"]({file.name})" in listed


def test_packages_have_a_docstring():
    """Every package folder of the product is a package and says what it is for."""
    folders = {file.parent for file in python("host")}
    assert [_name(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_import_layers_are_kept():
    """The import contracts of pyproject.toml hold."""
    call = "from importlinter.cli import lint_imports_command as c; c()"
    done = subprocess.run(
        [sys.executable, "-c", call], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_lock_files_agree():
    """The lock files pin the same version of a package they share, each with a hash."""
    pins: dict[str, set[str]] = {}
    for file in sorted((ROOT / "tools/lock").glob("*.txt")):
        for entry in re.split(r"\n(?=\S)", file.read_text(encoding="utf-8")):
            name, found, version = entry.partition("==")
            if found:
                assert "--hash=sha256:" in entry, f"{name} has no hash in {file.name}"
                pins.setdefault(name.strip(), set()).add(re.split(r"[\s;\\]", version)[0])
    assert {name: versions for name, versions in pins.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("name", ["run", "web", "mqtt", "notify"])
def test_dependencies_are_the_locked_ones(name):
    """What the wheel asks for, and each of its extras for a face, is what the lock file holds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / f"tools/lock/{name}.in").read_text(encoding="utf-8").splitlines()
    wanted = project["dependencies"] if name == "run" else project["optional-dependencies"][name]
    asked = {line.replace("'", '"') for line in wanted}
    assert asked == {line for line in lines if line}
