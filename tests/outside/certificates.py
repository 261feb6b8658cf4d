"""An authority of the tests' own, and a certificate of 127.0.0.1 that it has signed."""

import datetime
import ipaddress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_END = datetime.datetime(2056, 1, 1, tzinfo=datetime.UTC)


class Files(NamedTuple):
    """PEM files: the authority, the server's certificate and its key."""

    ca: Path
    cert: Path
    key: Path


class _Texts(NamedTuple):
    ca: bytes
    cert: bytes
    key: bytes


def certificates(folder: Path) -> Files:
    """The files, in a folder."""
    files = Files(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    for path, text in zip(files, _made(), strict=True):
        path.write_bytes(text)
    return files


@cache
def _made() -> _Texts:
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _signed("Test authority", root, root, None)
    server = _signed("127.0.0.1", leaf, root, authority)
    pem = serialization.Encoding.PEM
    secret = leaf.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _Texts(authority.public_bytes(pem), server.public_bytes(pem), secret)


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    root: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public, by = key.public_key(), root.public_key()
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    usage = x509.KeyUsage(True, False, False, False, False, issuer is None, False, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by), critical=False)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(root, hashes.SHA256())
    )
