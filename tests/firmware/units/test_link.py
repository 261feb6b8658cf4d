"""What waits to be sent, what came, and what was lost."""

from firmware.units.fakes import Stream, allocated
from headworks_fw import wire
from headworks_fw.link import NEWS, Link


def _received(link):
    found = []
    link.receive(found.append)
    return found


def test_news_are_counted_so_that_a_gap_shows():
    """`q` counts t, st and log together and wraps at 65536; events are not counted."""
    stream = Stream()
    link = Link(stream)
    link._q = 65535
    link.news("st", {})
    link.news("ev", {"e": 1})
    link.news("t", {})
    link.flush()
    found = stream.frames()
    assert [fields.get("q") for _, fields in found] == [65535, None, 0]


def test_a_host_that_does_not_read_costs_the_oldest():
    """The queue stays bounded, the newest survive, and each lost frame is counted."""
    stream = Stream(takes=0)
    link = Link(stream)
    for _ in range(NEWS + 5):
        link.news("st", {})
        link.flush()
    assert link.dropped == 4  # one is under way already
    stream.takes = 10000
    link.flush(NEWS + 5)
    assert [fields["q"] for fields in stream.frames("st")] == [0] + list(range(5, NEWS + 5))  # noqa: RUF005 - MicroPython


def test_a_frame_is_finished_before_the_next_begins():
    """A stream that takes a few bytes at a time still carries whole frames, answers first."""
    stream = Stream(takes=3)
    link = Link(stream)
    link.news("st", {})
    link.flush(2)
    link.reply("ok", {"i": 1})
    link.flush(100)
    assert [kind for kind, _ in stream.frames()] == ["st", "ok"]


def test_readings_are_split_into_frames_that_fit():
    """Many channels go out in several frames, each once, none too long."""
    stream = Stream()
    link = Link(stream)
    channels = [f"channel_{number:02}_humidity_percent" for number in range(20)]
    values = dict.fromkeys(channels[:15], 12345.678)
    faults = dict.fromkeys(channels[15:], "ABSENT")
    link.readings(7, channels, values, faults)
    link.flush(20)
    for part in stream.sent.split(b"\n\n"):
        assert len(part) <= wire.LONGEST
    good, bad = {}, {}
    for fields in stream.frames("t"):
        assert fields["m"] == 7
        good.update(fields["v"])
        bad.update(fields["f"])
    assert sorted(good) == channels[:15]
    assert bad == faults
    assert abs(good[channels[0]] - 12345.68) < 0.01


def test_a_number_that_is_none_is_a_fault():
    """Not a number and infinity never leave the board as numbers."""
    stream = Stream()
    link = Link(stream)
    link.readings(0, ("a_c", "b_c"), {"a_c": float("nan"), "b_c": float("inf")}, {})
    link.flush()
    assert stream.frames("t")[0]["f"] == {"a_c": "RANGE", "b_c": "RANGE"}


def test_a_channel_without_a_reading_is_left_out():
    """Before its first sample a sensor sends nothing."""
    stream = Stream()
    link = Link(stream)
    link.readings(0, ("a_c",), {}, {})
    link.flush()
    assert stream.sent == b""


def test_broken_frames_are_counted_and_noise_is_no_word():
    """What is cut or flipped is refused; unreadable text and echoes of its own are ignored."""
    stream = Stream()
    link = Link(stream)
    frame = wire.encode("hi", {"n": 1})
    stream.waiting = frame[:-5] + b"\n" + frame.replace(b"1", b"2", 1) + frame
    stream.waiting += b"\x00\xfe\x81noise\n| ok an echo\nhelp\n?\n"
    found = _received(link)
    assert link.refused == 2
    assert [getattr(item, "text", "frame") for item in found] == ["frame", "help", "?"]


def test_typing_is_echoed_with_rubout_and_frames_are_not():
    """A terminal shows what a person types; the host sees no echo of its frames."""
    stream = Stream()
    link = Link(stream)
    stream.waiting = wire.encode("hi", {"n": 1}) + b"infx\x7fo\r"
    found = _received(link)
    assert found[1].text == "info"
    link.flush(100)
    assert stream.sent == b"infx\b \bo\r\n"


def test_rubout_stops_at_the_line_start():
    """One more than there is to delete does nothing."""
    stream = Stream()
    link = Link(stream)
    stream.waiting = b"a\x7f\x7f\x7fhelp\n"
    assert _received(link)[0].text == "help"


def test_a_tab_spoils_no_line():
    """Nothing is completed at a plain terminal, and the word that was typed still counts."""
    stream = Stream()
    link = Link(stream)
    stream.waiting = b"out\tputs\t\r"
    assert _received(link)[0].text == "outputs"
    link.flush(100)
    assert stream.sent == b"outputs\r\n"


def test_a_shared_line_has_one_frame_for_each_question():
    """Nothing goes out by itself; answers before news, then `idle`; others' frames are ignored."""
    stream = Stream()
    link = Link(stream, 3)
    link.news("st", {})
    link.reply("ok", {"i": 1})
    link.text("unasked")
    link.flush()
    assert stream.sent == b""
    kinds = []
    for _ in range(3):
        link.answer()
        kinds += [kind for kind, _ in stream.frames()]
    assert kinds == ["ok", "st", "idle"]
    stream.waiting = wire.encode("hi", {"n": 1}) + wire.encode("hi", {"n": 2}, 4) + b"help\n"
    assert _received(link) == []
    stream.waiting = wire.encode("hi", {"n": 5}, 3)
    assert _received(link)[0].fields == {"n": 5}


def test_an_endless_line_holds_no_memory():
    """A hundred thousand bytes without a line end are forgotten, and the next frame is heard."""
    stream = Stream()
    link = Link(stream)
    heard = []

    def flood():
        for _ in range(400):
            stream.waiting = b"\xa5" * 256
            link.receive(heard.append)

    flood()
    stream.waiting = wire.encode("hi", {"n": 1})
    assert [item.kind for item in heard + _received(link)] == ["hi"]


def test_a_frame_under_way_allocates_little():
    """Sending a frame in small pieces does not copy the rest of it each time."""
    stream = Stream(takes=2)
    stream.write = lambda data: 2
    link = Link(stream)
    link.news("st", {"up": 1})
    taken = allocated(lambda: link.flush(20))
    assert taken is None or taken < 20 * 200
