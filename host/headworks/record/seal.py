"""The key of this station and its seals: Ed25519 over how far the journal's chain had come.

The key is made at the first run, readable by the station's user alone. A seal says which entry
was the last and what its hash was; who has noted the public key can tell a rewritten journal.
`cryptography` is imported when it is needed: that costs 40 ms, and a start is in a hurry.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_NAME = "seal.key"
_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be used; the text says which and what to do."""


class SealKey:
    """The private key of one station."""

    def __init__(self, key: "Ed25519PrivateKey") -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw().hex()

    def sign(self, text: str) -> str:
        """The signature of a text, in hexadecimal digits."""
        return self._key.sign(text.encode()).hex()


def load_key(folder: Path) -> SealKey:
    """The key in a folder of records. Raises KeyFileError, or OSError where there is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / KEY_NAME
    raw = path.read_bytes()
    if len(raw) != _BYTES:
        raise KeyFileError(
            f"{path} holds {len(raw)} bytes and not a key of {_BYTES}; take it from a backup, "
            "or move it away and a new one is made (then note its public key again)"
        )
    return SealKey(Ed25519PrivateKey.from_private_bytes(raw))


def make_key(folder: Path) -> SealKey:
    """A new key in its file, on the disk when this returns. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    path, part = folder / KEY_NAME, folder / f"{KEY_NAME}.part"
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, os.urandom(_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    part.rename(path)
    return load_key(folder)


def key_of(folder: Path) -> SealKey:
    """The key, made where there is none yet. Raises KeyFileError or OSError."""
    try:
        return load_key(folder)
    except FileNotFoundError:
        return make_key(folder)


def seal_text(site: str, first: int, last: int, head: str) -> str:
    """What is signed: the entries from `first` to `last`, of which the last has this hash."""
    return f"headworks seal 1\n{site}\n{first}\n{last}\n{head}\n"


def seal_values(key: SealKey, site: str, first: int, last: int, head: str) -> dict[str, Any]:
    """A seal as the journal keeps it."""
    signature = key.sign(seal_text(site, first, last, head))
    return {"site": site, "first": first, "last": last, "head": head,
            "key": key.public, "signature": signature}  # fmt: skip


def signed(public: str, signature: str, text: str) -> bool:
    """Whether the signature of a text is that of this public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
