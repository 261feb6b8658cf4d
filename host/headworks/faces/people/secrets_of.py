"""Makes and checks passwords and tokens. Keeps nothing."""

import hashlib
import hmac
import secrets
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST = 10  # characters of a password
LONGEST = 256
PIN_SHORTEST, PIN_LONGEST = 6, 12  # digits

# OWASP's password storage advice for argon2id: 19 MiB, 2 passes, 1 lane. The default of 64 MiB
# would be most of what the whole page process may take.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class WeakPasswordError(ValueError):
    """The password will not do; the text says what would."""


def hashed(password: str) -> str:
    """The argon2 hash of a new password. Raises WeakPasswordError."""
    check_password(password)
    return _HASHER.hash(password)


def check_password(password: str) -> None:
    """Raises WeakPasswordError where it will not do."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(f"a password has {SHORTEST} to {LONGEST} characters")
    if len(set(password)) < 4:
        raise WeakPasswordError("this password repeats itself; take one that is harder to guess")


def hashed_pin(pin: str) -> str:
    """The argon2 hash of a new PIN for the console. Raises WeakPasswordError.

    Six digits are enough where guesses are few: after five wrong ones there are 96 a day.
    """
    check_pin(pin)
    return _HASHER.hash(pin)


def check_pin(pin: str) -> None:
    """Raises WeakPasswordError where it will not do."""
    if not (pin.isascii() and pin.isdigit() and PIN_SHORTEST <= len(pin) <= PIN_LONGEST):
        raise WeakPasswordError(f"a PIN has {PIN_SHORTEST} to {PIN_LONGEST} digits")
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(set(pin)) < 3 or steps in ({1}, {9}):
        raise WeakPasswordError("everybody tries this PIN first; take another one")


def fits(secret: str, password: str) -> bool:
    """Whether a password is the one that was hashed. Takes some 30 ms and 19 MiB.

    A password that is no text at all (half of a UTF-16 pair) fits none.
    """
    try:
        return _HASHER.verify(secret, password[: LONGEST + 1])
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


def nobody() -> str:
    """A hash that no password fits: a name that is not there takes as long as one that is."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def new_token() -> str:
    """256 random bits in words that a header takes."""
    return f"hw_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What is kept of a token: random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare without telling by the time taken where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())
