"""Builds what the emulated Raspberry Pi 3B boots: kernel, device tree, root in memory.

Stock Debian packages for arm64 and the wheels of the lock file. Everything is kept in a cache
folder (HEADWORKS_CACHE, else ~/.cache/headworks), so the network is used once. Needs apt, dpkg
and the programs of packages.txt on this machine; changes nothing outside the cache.
"""

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).parents[2]
LOCK = REPO / "tools" / "lock" / "run.txt"
WHEELS = ("colorzero", "gpiozero", "lgpio", "tomli")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITE, KERNEL_SUITE = "bookworm", "bookworm-backports"  # Python 3.11; a kernel that has the switch
PROGRAMS = (
    "qemu-system-aarch64",
    "fdtput",
    "cpio",
    "apt-get",
    "apt-cache",
    "dpkg",
    "dpkg-deb",
)
DTB = "bcm2837-rpi-3-b.dtb"
REVISION = "0xa02082"  # a Pi 3B; gpiozero wants to know
SITE_PACKAGES = "usr/lib/python3/dist-packages"
USELESS = (
    *("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/perl5", "usr/share/info"),
    *("usr/lib/aarch64-linux-gnu/gconv", "usr/lib/aarch64-linux-gnu/perl-base"),
    *("usr/lib/python3.11/pydoc_data", "usr/lib/python3.11/lib2to3", "usr/share/zoneinfo"),
)

APT = """
APT::Architecture "arm64";
APT::Architectures {{"arm64";}};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::http::Timeout "20";
Acquire::Retries "2";
Dir::State "{root}/state";
Dir::State::lists "{root}/lists";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "{root}/none";
Dir::Etc::preferencesparts "{root}/none";
Debug::NoLocking "true";
"""


class CannotBuildError(Exception):
    """This machine cannot make the image; the text says what is missing."""


@dataclass(frozen=True)
class Image:
    """What QEMU wants."""

    kernel: Path
    dtb: Path
    root: Path


def missing() -> str | None:
    """Why the image cannot be made or booted here, or None."""
    for program in PROGRAMS:
        if shutil.which(program) is None:
            return f"{program} is not installed (tests/pi/packages.txt)"
    if not KEYRING.is_file():
        return f"{KEYRING} is not there: this needs Debian"
    return None


def image() -> Image:
    """The image, from the cache or made now. Raises CannotBuildError."""
    home = os.environ.get("HEADWORKS_CACHE") or Path.home() / ".cache" / "headworks"
    recipe = Path(__file__).read_bytes() + LOCK.read_bytes()
    folder = Path(home) / f"pi-{hashlib.sha256(recipe).hexdigest()[:12]}"
    done = Image(folder / "vmlinuz", folder / DTB, folder / "root.cpio")
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        _build(folder, done)
        (folder / "complete").touch()
    return done


def overlay(base: Path, files: dict[str, bytes], target: Path) -> None:
    """The root in memory with more files on top; the kernel unpacks joined archives in order."""
    tree = target.parent / "overlay"
    shutil.rmtree(tree, ignore_errors=True)
    for name, data in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755)
    _compile(tree)
    target.write_bytes(base.read_bytes() + _cpio(tree))


def _build(folder: Path, done: Image) -> None:
    work = folder / "work"
    root = folder / "root"
    for sub in ("apt/lists/partial", "apt/cache/archives/partial", "apt/state", "apt/none"):
        (work / sub).mkdir(parents=True)
    root.mkdir()
    env = _private_apt(work / "apt")
    _run("apt-get", "update", "-q", env=env)
    _kernel(work, done, env)
    _userland(work, root, env)
    _wheels(work, root)
    _device_tree(done.dtb)
    _compile(root)
    done.root.write_bytes(_cpio(root))
    shutil.rmtree(work)
    shutil.rmtree(root)


def _private_apt(apt: Path) -> dict[str, str]:
    (apt / "status").touch()
    (apt / "apt.conf").write_text(APT.format(root=apt))
    lines = (
        f"deb [arch=arm64 signed-by={KEYRING}] http://deb.debian.org/debian {suite} main\n"
        for suite in (SUITE, KERNEL_SUITE)
    )
    (apt / "sources.list").write_text("".join(lines))
    return {**os.environ, "APT_CONFIG": str(apt / "apt.conf"), "LC_ALL": "C"}


def _kernel(work: Path, done: Image, env: dict[str, str]) -> None:
    shown = _run("apt-cache", "depends", f"linux-image-arm64/{KERNEL_SUITE}", env=env)
    names = [line.split()[-1] for line in shown.splitlines() if "Depends: linux-image-" in line]
    if not names:
        raise CannotBuildError("the archive has no linux-image-arm64")
    _run("apt-get", "download", "-q", names[0], env=env, cwd=work)
    package = next(work.glob("linux-image-*.deb"))
    _run("dpkg-deb", "-x", str(package), str(work / "kernel"))
    shutil.copy(next((work / "kernel").glob("boot/vmlinuz-*")), done.kernel)
    shutil.copy(next((work / "kernel").rglob(f"broadcom/{DTB}")), done.dtb)


def _userland(work: Path, root: Path, env: dict[str, str]) -> None:
    wanted = ("busybox-static", "python3.11")
    _run("apt-get", "install", "-q", "-y", "--download-only", *wanted, env=env)
    for package in sorted((work / "apt" / "cache" / "archives").glob("*.deb")):
        _run("dpkg-deb", "-x", str(package), str(root))
    for useless in USELESS:
        shutil.rmtree(root / useless, ignore_errors=True)


def _wheels(work: Path, root: Path) -> None:
    target = work / "wheels"
    (work / "wheels.txt").write_text(_pinned())
    _run(
        *(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"),
        *("-r", str(work / "wheels.txt"), "--dest", str(target), "--only-binary=:all:"),
        *("--platform", "manylinux_2_34_aarch64", "--platform", "manylinux2014_aarch64"),
        *("--python-version", "311"),
    )
    for wheel in target.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root / SITE_PACKAGES)


def _pinned() -> str:
    """The lines of the lock file, hashes and all, for what runs inside."""
    blocks = LOCK.read_text().replace("\\\n", " ").splitlines()
    return "\n".join(line for line in blocks if line.split("==")[0] in WHEELS)


def _device_tree(dtb: Path) -> None:
    _run("fdtput", "-c", str(dtb), "/system")
    _run("fdtput", "-t", "x", str(dtb), "/system", "linux,revision", REVISION)


def _compile(tree: Path) -> None:
    """Bytecode beside the sources: compiling under emulation takes most of the time else."""
    if sys.version_info[:2] == (3, 11):
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(tree, quiet=2, workers=2, invalidation_mode=mode, maxlevels=12)


def _cpio(tree: Path) -> bytes:
    names = "\n".join(
        sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    )  # parents come before what is in them
    made = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--owner=0:0", "--quiet"],
        cwd=tree,
        input=names.encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    return made.stdout


def _run(*words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(
            words, env=env, cwd=cwd, capture_output=True, text=True, check=True, timeout=300
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        text = str(getattr(error, "stderr", "") or error).strip()
        raise CannotBuildError(f"{words[0]} {words[1]}: {text[-300:]}") from error
    return done.stdout
