"""What to do about a set-up that failed. Text only; reads nothing and changes nothing."""

from pathlib import Path

NO_VENV = (
    "this Python can make no environment: its venv and pip modules are missing.\n"
    "On Debian, Ubuntu and Raspberry Pi OS:  sudo apt install python3-venv\n"
    "Without root: any Python from python.org, pyenv or uv has them; start this file with it."
)

NETWORK = (
    "The package index cannot be reached. Check the network, and the proxy or index settings of\n"
    "pip and npm (`pip config list`, HTTPS_PROXY, PIP_INDEX_URL), then run this again."
)

# words in pip's output -> what to do; the first that matches is said
_KNOWN = (
    (
        ("EINTEGRITY",),
        "A package from npm differs from the one that was locked. Do not use it. Check npm's\n"
        "registry setting (`npm config get registry`), and run this again.",
    ),
    (
        ("DO NOT MATCH THE HASHES", "Expected sha256"),
        "A package differs from the one that was locked. Do not use it. Clear pip's cache\n"
        "(`pip cache purge`), check the package index in use, and run this again.",
    ),
    (("No space left",), "The disk is full. About 400 MB are needed."),
    (("Permission denied", "Read-only file system"), "A file could not be written; see below."),
    (
        (
            "ENOTFOUND",  # this and the next three are npm's
            "ECONNREFUSED",
            "ETIMEDOUT",
            "EAI_AGAIN",
            "NewConnectionError",
            "ConnectTimeout",
            "ReadTimeout",
            "name resolution",
            "ProxyError",
            "SSLError",
            "Network is unreachable",
            "Connection refused",
        ),
        NETWORK,
    ),
    (
        ("Failed building wheel", "Failed to build", "error: command"),
        "A package has no ready-made file for this machine and could not be compiled.\n"
        "Use a Python for which it has one (3.11 or 3.12 on x86-64 or arm64).",
    ),
    (
        ("No matching distribution", "Could not find a version"),
        "A locked package was not found for this Python.\n" + NETWORK,
    ),
)


def of(output: str) -> str:
    """Advice for this output of pip or venv; says so when the cause is not a known one."""
    for words, text in _KNOWN:
        if any(word in output for word in words):
            return text
    return "The cause is not one that is known here; the last lines may tell."


def read_only(folder: Path, error: OSError) -> str:
    """Advice when the environment's folder cannot be written."""
    return (
        f"cannot write {error.filename or folder}: {error.strerror}.\n"
        "Use a checkout of your own, or set HEADWORKS_VENV to a folder that you may write."
    )
