"""The page's own TLS certificate: made once, kept beside its key, known by its fingerprint.

No authority vouches for it. People compare the fingerprint once, on first use; so it never
changes by itself, and its dates are wide, since a Raspberry Pi may not know the date.
"""

import datetime
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_FROM = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_UNTIL = datetime.datetime(2056, 1, 1, tzinfo=datetime.UTC)


class CertificateError(Exception):
    """The certificate cannot be read or made; the text says what to do."""


class Certificate(NamedTuple):
    """Paths of certificate and key, and the SHA-256 fingerprint as browsers show it."""

    cert: Path
    key: Path
    fingerprint: str


def own_certificate(folder: Path, names: Iterable[str]) -> Certificate:
    """The certificate in `folder`, made there if need be. Raises CertificateError."""
    cert, key = folder / "web-cert.pem", folder / "web-key.pem"
    try:
        if not (cert.exists() and key.exists()):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(cert, key, sorted(set(names)))
        read = x509.load_pem_x509_certificate(cert.read_bytes())
    except OSError as error:
        raise CertificateError(f"{error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise CertificateError(
            f"{cert} is damaged; remove it and {key.name}, then start again"
        ) from error
    return Certificate(cert, key, read.fingerprint(hashes.SHA256()).hex(":").upper())


def _make(cert: Path, key: Path, names: list[str]) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Headworks station")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    pem = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(key, pem)
    _write(cert, made.public_bytes(serialization.Encoding.PEM))


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, data: bytes) -> None:
    """For the owner alone from the first moment on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
