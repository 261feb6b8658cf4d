"""One program at a time works on a board, and nobody else's board is held with it."""

import os

import pytest

from headworks.flash.errors import FlashError
from headworks.flash.hold import hold

pytestmark = pytest.mark.needs("linux")


def test_a_board_is_held_by_whichever_path_it_is_named(tmp_path):
    """The second program is told so, also through a link; when the first ends, it may."""
    near, far = os.openpty()
    link = tmp_path / "air"
    link.symlink_to(os.ttyname(far))
    with hold(os.ttyname(far)):
        os.write(far, b"a board that talks")
        os.read(near, 100)
        with pytest.raises(FlashError, match="another headworks is flashing"), hold(str(link)):
            pass
    with hold(str(link)):
        pass
    os.close(near)
    os.close(far)


def _comes_again(path: str, born_ns: int) -> bool:
    """Whether another port came that has this number; it is held then, beside the first one.

    The clock of a new port goes in steps of some milliseconds, and others may take its number.
    """
    for _ in range(2000):
        near, far = os.openpty()
        try:
            if os.ttyname(far) == path and os.stat(path).st_ctime_ns != born_ns:
                with hold(path):
                    return True
        finally:
            os.close(near)
            os.close(far)
    return False


def test_the_next_board_at_a_port_is_not_held():
    """A program that waits for a board that was pulled out holds nobody who got its number."""
    for _ in range(20):
        near, far = os.openpty()
        path = os.ttyname(far)
        born_ns = os.stat(path).st_ctime_ns
        with hold(path):
            os.close(near)
            os.close(far)
            if _comes_again(path, born_ns):
                return
    raise AssertionError("its number never came again")
