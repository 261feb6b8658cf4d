"""The files of the checkout, as the house tests look at them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_SKIP = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", "mutants"}


def tracked() -> list[Path]:
    """Every file that git tracks; without git, every file outside caches and environments."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=False
    )
    names = [name for name in done.stdout.decode().split("\0") if name]
    files = [ROOT / name for name in names] if done.returncode == 0 and names else list(_walk(ROOT))
    return [file for file in files if file.is_file() and not file.is_symlink()]


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in _SKIP:
            continue
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def python(*folders: str) -> list[Path]:
    """The Python files below these folders."""
    return sorted(
        file
        for file in tracked()
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in folders
    )


@cache
def parsed(file: Path) -> ast.Module:
    """A file's syntax tree; several tests look at each, and none changes it."""
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function of a file, without its docstring."""
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1 - _docstring(node)


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    spoken = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or first.lineno) - first.lineno + 1 if spoken else 0
