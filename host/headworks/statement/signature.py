"""Signatures of a statement: of its figures, and of the file around them.

The figures are signed alone, so that they can still be trusted when a mail gateway or a
spreadsheet has written the file anew. The seal of the file covers every byte of it, so that the
pages show what was signed. Both are Ed25519 with the key of the station's seals; each text has
words of its own in front, so that none can be passed off as another.
"""

import hashlib
from typing import NamedTuple, Protocol

from headworks.record.seal import signed as is_of
from headworks.statement.content import Content, canonical
from headworks.statement.model import StatementError

_FIGURES, _FILE = "headworks statement 1\n", "headworks statement file 1\n"
_KEY_HEX, _SIGNATURE_HEX = 64, 128
ALGORITHM = "Ed25519"


class Signer(Protocol):
    """The station's key: its public half in hexadecimal digits, and signatures likewise."""

    public: str

    def sign(self, text: str) -> str:
        """The signature of a text."""
        ...


class Signed(NamedTuple):
    """The figures with who signed them: key and signature in hexadecimal digits."""

    statement: Content
    public_key: str
    signature: str


class Seal(NamedTuple):
    """The seal of a file: key and signature in hexadecimal digits."""

    public_key: str
    signature: str


def fingerprint(public_key: str) -> str:
    """A short form for people to compare: sixteen digits in groups of four."""
    digits = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]
    return " ".join(digits[i : i + 4] for i in range(0, 16, 4))


def sign(content: Content, key: Signer) -> Signed:
    """The figures, signed."""
    return Signed(content, key.public, key.sign(_FIGURES + canonical(content)))


def is_signed(signed: Signed) -> bool:
    """Whether the signature is that of the figures by the key that is named."""
    return is_of(signed.public_key, signed.signature, _FIGURES + canonical(signed.statement))


def seal(body: bytes, key: Signer) -> Seal:
    """The seal of a file's bytes."""
    return Seal(key.public, key.sign(_FILE + hashlib.sha256(body).hexdigest()))


def is_sealed(body: bytes, found: Seal) -> bool:
    """Whether the seal is that of these bytes by the key that is named."""
    return is_of(found.public_key, found.signature, _FILE + hashlib.sha256(body).hexdigest())


def document(signed: Signed) -> Content:
    """What a file carries: figures, algorithm, key and signature."""
    proof = {"algorithm": ALGORITHM, "public_key": signed.public_key, "value": signed.signature}
    return {"signature": proof, "statement": signed.statement}


def signed_of(found: Content) -> Signed:
    """The signed figures of what a file carries. Raises StatementError."""
    proof, statement = found.get("signature"), found.get("statement")
    if not isinstance(proof, dict) or not isinstance(statement, dict):
        raise StatementError("the figures in this file carry no signature; ask for the original")
    if proof.get("algorithm") != ALGORITHM:
        name = str(proof.get("algorithm"))[:40]
        raise StatementError(f"signed by {name!r}, not {ALGORITHM}; use a newer Headworks")
    public_key, value = proof.get("public_key"), proof.get("value")
    if not is_hex(public_key, _KEY_HEX) or not is_hex(value, _SIGNATURE_HEX):
        raise StatementError("key or signature are damaged; ask for the original file")
    return Signed(statement, str(public_key), str(value))


def is_hex(text: object, length: int = _KEY_HEX) -> bool:
    """Whether a text is so many hexadecimal digits, as those of a public key."""
    return isinstance(text, str) and len(text) == length and set(text) <= set("0123456789abcdef")
