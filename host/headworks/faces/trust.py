"""Whose certificates a face believes when it connects to somebody outside."""

import ssl

from headworks.faces.secret_file import SecretError


def trusted(ca: str) -> ssl.SSLContext:
    """This authority's (a PEM file), where one is given, else the system's. Raises SecretError."""
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        cause = "is no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise SecretError(f"{ca}: {cause}; write the authority's certificate there") from error
