"""A whole board on doubles: what it says, what it does, and what that costs."""

from firmware.units.fakes import WRAP, Bench, Clock, Sensor, allocated
from headworks_fw import wire

BYTES_A_SECOND = 6000  # allocated at most, on a 64-bit MicroPython; boards need half


def test_hello_answers_with_the_number_it_was_asked():
    """And fits into a frame with the largest numbers."""
    with Clock() as clock:
        bench = Bench(clock, address=247)
        answer = bench.ask("hi", {"n": 4294967295})
        assert len(answer) == 1
        assert answer[0][0] == "hello"
        assert answer[0][1]["n"] == 4294967295
        assert answer[0][1]["bt"] == "0badcafe"


def test_status_comes_every_second():
    """Ten seconds, ten `st`, counted without a gap, the wrap of the clock among them."""
    with Clock(WRAP - 5000) as clock:
        bench = Bench(clock)
        bench.run(10000)
        found = bench.stream.frames("st")
        assert len(found) == 10
        assert [fields["q"] for fields in found if fields["up"] > 9] == []
        assert found[-1]["up"] in (8, 9)
        assert bench.dog.fed >= 35


def test_a_sample_is_sent_once_and_with_its_time():
    """`t` follows each sample; `m` is the sample's own."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.board.add(Sensor(every_ms=2000))
        bench.run(10000)
        found = [fields for fields in bench.stream.frames("t") if "coil_c" in fields["v"]]
        assert [fields["m"] for fields in found] == [1000, 3000, 5000, 7000, 9000]


def test_a_sensor_that_stops_is_stale():
    """After three periods without a sample the channel is a fault, and recovers."""
    with Clock() as clock:
        bench = Bench(clock)
        sensor = Sensor(every_ms=1000)
        bench.board.add(sensor)
        bench.run(2000)
        sensor.dead = True
        bench.run(4000)
        assert bench.stream.frames("t")[-1]["f"] == {"coil_c": "STALE"}
        sensor.dead = False
        bench.run(1100)
        assert bench.board.hal.values["coil_c"] == 21.5
        assert bench.board.hal.faults == {}


def test_a_contact_is_told_at_once_and_each_second():
    """A change goes out in the same pass; the state again every second."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.run(100)
        bench.stream.frames()
        bench.smoke.be(1)
        bench.board.step()
        assert bench.stream.frames("t")[0]["v"] == {"smoke": 1, "leak": 0}
        bench.run(3000)
        assert len(bench.stream.frames("t")) == 3


def test_an_event_is_repeated_until_acknowledged():
    """At once, then each second; after `ack` never again."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.run(500)
        bench.smoke.be(1)
        bench.run(3000)
        found = bench.stream.frames("ev")
        assert [fields["e"] for fields in found] == [1, 1, 1, 1]
        bench.ask("ack", {"e": 1, "bt": "0badcafe"})
        bench.run(3000)
        assert bench.stream.frames("ev") == []


def test_smoke_opens_the_permissive_with_no_host_at_all():
    """In the same pass, before anything is sent, whether or not anybody reads."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.do(1, "out", o="permit", on=1, ms=5000)
        assert bench.permit == 1
        bench.stream.takes = 0
        bench.smoke.be(1)
        bench.board.step()
        assert bench.permit == 0


def test_a_lease_ends_without_the_host():
    """A host that falls silent loses its output when the lease is over, and finds it latched."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.do(1, "out", o="permit", on=1, ms=1000)
        bench.run(980)
        assert bench.permit == 1
        bench.run(40)
        assert bench.permit == 0
        assert bench.do(2, "out", o="permit", on=1, ms=1000)[1]["e"] == "latched"
        assert bench.do(3, "arm", o="permit")[0] == "ok"
        assert bench.do(4, "out", o="permit", on=1, ms=1000)[0] == "ok"


def test_a_command_that_is_read_too_late_is_not_carried_out():
    """It lay in a buffer while the board stood still; an off is never too late."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.run(500)
        now = clock.ms % (1 << 30)
        assert bench.do(1, "out", o="permit", on=1, ms=5000, by=now - 1)[1]["e"] == "late"
        assert bench.permit == 0
        assert bench.do(2, "out", o="permit", on=1, ms=5000, by=now + 1000)[0] == "ok"
        assert bench.permit == 1
        assert bench.do(3, "arm", o="permit", by=now - 1)[1]["e"] == "late"
        assert bench.do(4, "out", o="permit", on=0, by=now - 1)[0] == "ok"
        assert bench.permit == 0
        assert bench.do(5, "arm", o="permit", by=1 << 30)[1]["e"] == "form"
        assert bench.do(6, "arm", o="permit", by="x")[1]["e"] == "form"


def test_a_command_for_an_earlier_start_is_not_carried_out():
    """It lay in a buffer while the board restarted, where its `by` tells nothing; an off counts."""
    with Clock() as clock:
        bench = Bench(clock)
        old, own = "deadbeef", "0badcafe"
        assert bench.do(1, "out", o="permit", on=1, ms=5000, bt=old)[1]["e"] == "late"
        assert bench.permit == 0
        assert bench.do(2, "restart", bt=old)[1]["e"] == "late"
        assert bench.board.leaving is None
        assert bench.do(3, "out", o="permit", on=1, ms=5000, bt=own)[0] == "ok"
        assert bench.permit == 1
        assert bench.do(4, "out", o="permit", on=0, bt=old)[0] == "ok"
        assert bench.permit == 0
        bench.smoke.be(1)
        bench.run(20)
        bench.smoke.be(0)
        assert bench.do(5, "arm", o="permit", l="smoke", bt=old)[1]["e"] == "late"
        assert bench.do(6, "arm", o="permit", l="smoke", bt=own)[0] == "ok"


def test_an_off_waits_for_no_answer():
    """A long answer under way makes way for it; the host that sends an off waits for nothing else."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.do(1, "out", o="permit", on=1, ms=5000)
        bench.stream.takes = 0
        bench.stream.waiting = wire.encode("do", {"i": 2, "c": "con", "l": "info"})
        bench.run(20)
        bench.stream.waiting = wire.encode("do", {"i": 3, "c": "out", "o": "permit", "on": 0})
        bench.run(20)
        assert bench.permit == 0
        bench.stream.takes = 10000
        bench.run(50)
        assert ("ok", {"i": 3}) in bench.stream.frames()


def test_an_event_that_nobody_acknowledged_is_told_for_weeks():
    """The counter's half span is no end of it: a host that comes back finds what latched."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.smoke.be(1)
        bench.run(2000)
        for _ in range(3):
            clock.ms += 5 * 24 * 3600 * 1000
            bench.stream.frames()
            bench.run(2000)
            assert [fields["e"] for fields in bench.stream.frames("ev")] == [1, 1]


def test_a_renewal_closes_nothing_that_has_opened():
    """Whoever opened it, and also at a board that has just started; a lease's latch goes before."""
    with Clock() as clock:
        bench = Bench(clock)
        assert bench.do(1, "out", o="permit", on=1, ms=1000, rn=1)[1]["e"] == "off"
        assert bench.do(2, "out", o="permit", on=1, ms=1000)[0] == "ok"
        assert bench.do(3, "out", o="permit", on=1, ms=1000, rn=1)[0] == "ok"
        bench.board.console("set permit off")
        assert bench.do(4, "out", o="permit", on=1, ms=1000, rn=1)[1]["e"] == "off"
        assert bench.permit == 0
        assert bench.do(5, "out", o="permit", on=1, ms=1000, rn=0)[0] == "ok"
        bench.run(1100)
        assert bench.do(6, "out", o="permit", on=1, ms=1000, rn=1)[1]["e"] == "latched"


def test_a_command_is_carried_out_once():
    """The same number again gets the same answer, also a long one, and does nothing."""
    with Clock() as clock:
        bench = Bench(clock)
        assert bench.do(1, "out", o="permit", on=1, ms=1000)[0] == "ok"
        bench.run(1100)
        assert bench.do(1, "out", o="permit", on=1, ms=1000)[0] == "ok"
        assert bench.permit == 0
        first = bench.ask("do", {"i": 2, "c": "con", "l": "info"})
        assert bench.ask("do", {"i": 2, "c": "con", "l": "info"}) == first
        assert bench.do(1, "out", o="permit", on=1, ms=1000)[1]["e"] == "latched"


def test_one_command_at_a_time():
    """While an answer is under way another command is refused, and the same one is not doubled."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.run(50)
        bench.stream.frames()
        bench.stream.takes = 0
        bench.stream.waiting = wire.encode("do", {"i": 1, "c": "con", "l": "info"})
        bench.run(20)
        bench.stream.waiting = wire.encode("do", {"i": 2, "c": "out", "o": "permit", "on": 1})
        bench.stream.waiting += wire.encode("do", {"i": 1, "c": "con", "l": "info"})
        bench.run(20)
        bench.stream.takes = 10000
        bench.run(50)
        found = bench.stream.frames()
        assert [fields["e"] for kind, fields in found if kind == "no"] == ["busy"]
        assert len([1 for kind, _ in found if kind == "ok"]) == 1


def test_nonsense_from_the_host_is_answered_in_words():
    """Wrong kinds, commands and forms are `no`; an echo of the board's own words is nothing."""
    with Clock() as clock:
        bench = Bench(clock)
        assert bench.ask("zap", {})[0][1]["e"] == "unknown"
        assert bench.do(1, "zap")[1]["e"] == "unknown"
        assert bench.ask("do", {"c": "arm"})[0][1]["e"] == "form"
        assert bench.do(2, "con")[1]["e"] == "form"
        assert bench.do(3, "blink", ms="x")[1]["e"] == "range"
        assert bench.do(4, "arm", o=["permit"])[1]["e"] == "unknown"
        assert bench.do(5, "out", o={}, on=[], ms={})[1]["e"] == "unknown"
        for kind in ("hello", "st", "t", "ev", "log", "ok", "no", "x", "idle"):
            assert bench.ask(kind, {"i": 9}) == []
        assert bench.ask("beat", {"i": 9, "m": 1}) == []
        assert bench.ask("beat", {"i": 9})[0] == ("beat", {"i": 9, "m": clock.ms})


def test_a_restart_leaves_outputs_off():
    """`maint` and `restart` open everything, and nothing closes until the reset."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.do(1, "out", o="permit", on=1, ms=5000)
        assert bench.do(2, "maint")[0] == "ok"
        assert bench.permit == 0
        assert bench.board.leaving == "maint"
        assert bench.do(3, "out", o="permit", on=1, ms=5000)[1]["e"] == "busy"
        assert bench.permit == 0


def test_a_polled_board_speaks_when_asked():
    """One frame for each question, the lines of an answer one by one; none for `ack`."""
    with Clock() as clock:
        bench = Bench(clock, address=3)
        bench.smoke.be(1)
        bench.run(1200)
        assert bench.stream.sent == b""
        kinds = [bench.ask("poll", {})[0][0] for _ in range(4)]
        assert kinds[:2] == ["st", "t"] or "st" in kinds
        assert bench.ask("ack", {"e": 1, "bt": "0badcafe"}) == []
        found = bench.ask("do", {"i": 1, "c": "con", "l": "counters"})
        while found[-1][0] == "x":
            assert len(found) == found[-1][1]["k"] + 1
            found += bench.ask("poll", {})
        assert found[-1] == ("ok", {"i": 1})


def test_a_polled_host_that_gave_up_gets_the_new_answer():
    """The rest of an answer that nobody waits for is dropped; the same question begins anew."""
    with Clock() as clock:
        bench = Bench(clock, address=3)
        bench.ask("do", {"i": 1, "c": "con", "l": "info"})
        again = bench.ask("do", {"i": 1, "c": "con", "l": "info"})
        assert again[0][1]["k"] == 0
        assert bench.ask("hi", {"n": 4})[0][0] == "hello"
        assert bench.ask("do", {"i": 2, "c": "blink", "ms": 5})[0] == ("ok", {"i": 2})


def test_a_polled_board_drops_the_oldest_news():
    """A host that does not ask for a while gets what is new, and sees the gap."""
    with Clock() as clock:
        bench = Bench(clock, address=3)
        bench.run(30000)
        first = bench.ask("poll", {})[0][1]
        assert first["q"] > 0
        assert bench.board.link.dropped > 0


def test_a_person_at_the_terminal_is_not_talked_into():
    """Without a host news pause while keys are pressed; with one they never do."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.type("out")
        bench.run(5000)
        assert bench.stream.frames() == []
        bench.run(8000)
        assert len(bench.stream.frames("st")) == 3
        bench.ask("hi", {"n": 1})
        bench.type("out")
        bench.run(5000)
        assert len(bench.stream.frames("st")) >= 4


def test_the_steady_loop_allocates_within_its_bound():
    """A minute of a safety board costs no more than the stated bytes a second."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.stream.write = len
        for number in range(4):
            bench.board.add(Sensor(f"coil{number}_c", 2000))
        bench.board.health.collect = lambda now: 1000
        bench.run(3000)
        spent = 0
        for _ in range(60):
            part = allocated(lambda: bench.run(1000))
            if part is None:
                return
            spent += part
        assert spent // 60 < BYTES_A_SECOND, spent // 60


def test_the_heap_is_flat():
    """After hours of commands, events and noise, no more memory is held than before."""
    import gc

    with Clock() as clock:
        bench = Bench(clock)
        bench.board.add(Sensor())

        def busy(first):
            for number in range(first, first + 50):
                bench.smoke.be(number & 1)
                bench.do(number, "con", l="info")
                bench.ask("hi", {"n": number})
                bench.stream.waiting = b"\xa5noise~" * 40
                bench.run(200)
                bench.stream.sent = b""
            gc.collect()
            return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0

        before = busy(0)
        assert busy(50) <= before + 2000
