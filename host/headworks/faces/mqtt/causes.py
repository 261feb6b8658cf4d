"""Why a broker cannot be used, in one line that says what to do. Pure."""

import errno
import os
import re
import ssl

from aiomqtt.exceptions import MqttCodeError

# reason codes of MQTT 5 -> what is to be done; the others are told in the broker's own words
_CODES = {
    128: "the connection broke; where it does so again and again, another bridge may use the same"
    " prefix: end one of the two, or give it a prefix of its own",
    132: "it does not speak MQTT 5, by which alone a retained command is told from another;"
    " use a broker that does, such as mosquitto 1.6 or newer",
    133: "it does not take the name by which this bridge connects (headworks and 12 letters)",
    134: "wrong user or password; look at the file of credentials",
    135: "Not authorized: unknown user or wrong password, or its rules forbid it;"
    " look at the file of credentials",
    142: "another bridge with the same prefix has connected; end one of the two,"
    " or give it a prefix of its own",
}
_SILENT = "it takes what it is sent and confirms nothing"
_LIBRARY_SILENT = "Operation timed out"
_NUMBERS = {
    errno.ECONNREFUSED: "connection refused, so nobody listens there; is the broker running, and"
    " is this its port?",
    errno.EHOSTUNREACH: "no way to this host; is it on, and is this machine in its network?",
    errno.ENETUNREACH: "no way to this network; has this machine a network?",
}
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_CODE = re.compile(r"\[code:-?\d+\] ")


def told(error: BaseException) -> str:
    """Why, in one line; a library's wrapping is taken off."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, MqttCodeError) and (code := _code(one)) in _CODES:
            return _CODES[code]
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"its certificate is not believed: {one.verify_message}"
    plain = [one for one in chain if isinstance(one, OSError | MqttCodeError) and str(one)]
    known = plain[-1] if plain else error
    number = _number(known)
    if number in _NUMBERS:
        return _NUMBERS[number]
    words = os.strerror(number) if number > 0 else str(getattr(known, "strerror", None) or known)
    found = " ".join(_CODE.sub("", words or type(known).__name__).split())
    return _SILENT if found == _LIBRARY_SILENT else found


def _number(error: BaseException) -> int:
    """Of an error of the system; some libraries have it in their text alone, or several at once."""
    found = _ERRNO.search(str(error))
    return getattr(error, "errno", None) or (int(found[1]) if found else 0)


def no_answer(cause: str) -> str:
    """The same while it is connected to: silence has causes of its own there."""
    if cause != _SILENT:
        return cause
    return (
        "it does not answer as a broker does; is this the port for MQTT, and does it want TLS"
        " (mqtts://) or none (mqtt://)?"
    )


def _code(error: MqttCodeError) -> int:
    return int(getattr(error.rc, "value", 0) or 0)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    known: BaseException | None = error
    while known is not None and known not in found:
        found.append(known)
        known = known.__cause__ or known.__context__
    return found
