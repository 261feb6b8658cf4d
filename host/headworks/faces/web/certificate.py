"""The page's own TLS certificate: made once, kept beside its key, known by its fingerprint.

No authority vouches for it. People compare the fingerprint once, on first use; so it never
changes by itself, and its dates are wide, since a Raspberry Pi may not know the date.
"""

import datetime
import ipaddress
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from headworks.durably import write_durably

_FROM = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_UNTIL = datetime.datetime(2056, 1, 1, tzinfo=datetime.UTC)


class CertificateError(Exception):
    """The certificate cannot be read or made; the text says what to do."""


class Certificate(NamedTuple):
    """Paths of certificate and key, the SHA-256 fingerprint as browsers show it, and what people
    should know of it, a sentence each."""

    cert: Path
    key: Path
    fingerprint: str
    notes: tuple[str, ...] = ()


def own_certificate(
    folder: Path, names: Iterable[str], now: datetime.datetime | None = None
) -> Certificate:
    """The certificate in `folder`, made there where there is none. Raises CertificateError.

    A key is never replaced: it may be the only copy of somebody's own.
    """
    cert, key = folder / "web-cert.pem", folder / "web-key.pem"
    notes = []
    try:
        if not cert.exists():
            _make(cert, key, sorted(set(names)))
            notes = ["this certificate is new; whoever trusted an older one compares again"]
        elif not key.exists():
            raise CertificateError(
                f"{key} is missing: put it back, or remove {cert.name}; then both are made anew, "
                "with another fingerprint"
            )
        read = x509.load_pem_x509_certificate(cert.read_bytes())
        _try_out(cert, key)
    except ssl.SSLError as error:
        raise CertificateError(_misfit(cert, key)) from error
    except OSError as error:
        raise CertificateError(f"{error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise CertificateError(
            f"{cert} is damaged; remove it and {key.name}, then start again"
        ) from error
    notes += _dates(read, now or datetime.datetime.now(datetime.UTC))
    fingerprint = read.fingerprint(hashes.SHA256()).hex(":").upper()
    return Certificate(cert, key, fingerprint, tuple(notes))


def _try_out(cert: Path, key: Path) -> None:
    """Whether a server could begin with these two. Raises SSLError, OSError."""
    key.read_bytes()  # an error of the file itself names it; one of OpenSSL does not
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError:
        raise
    except OSError as error:  # so OpenSSL takes a key that wants a password and gets none
        raise ssl.SSLError(str(error)) from error


def _misfit(cert: Path, key: Path) -> str:
    return (
        f"{key} is damaged, locked with a password, too weak, or not the key of {cert.name}: put "
        "the right pair there, or remove both; then they are made anew, with another fingerprint"
    )


def _dates(cert: x509.Certificate, now: datetime.datetime) -> list[str]:
    """What is wrong with its dates, by this machine's clock; browsers go by their own."""
    if now > cert.not_valid_after_utc:
        return [f"this certificate has expired on {cert.not_valid_after_utc:%Y-%m-%d}; renew it"]
    if now < cert.not_valid_before_utc:
        since = f"{cert.not_valid_before_utc:%Y-%m-%d}"
        return [f"this certificate begins on {since}; is the clock of this machine right?"]
    return []


def _make(cert: Path, key: Path, names: list[str]) -> None:
    """A certificate for the key that is there, or for a new one."""
    if not key.exists():
        new = ec.generate_private_key(ec.SECP256R1())
        pem = new.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_durably(key, pem.decode())
    try:
        secret = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateError(_misfit(cert, key)) from error
    if not isinstance(secret, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CertificateError(f"{key}: TLS takes a key of the kind EC or RSA; remove this one")
    made = _signed(secret, names)
    write_durably(cert, made.public_bytes(serialization.Encoding.PEM).decode())


def _signed(
    secret: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, names: list[str]
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Headworks station")])
    return (
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


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
