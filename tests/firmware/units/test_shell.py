"""The words of the console, typed and asked."""

from binascii import crc32

from firmware.units.fakes import Bench, Clock, Sensor


def test_every_word_answers():
    """No word of the help fails, and each says something."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.board.add(Sensor())
        bench.run(100)
        words = [line[2:].split()[0] for line in bench.type("help\n") if line.startswith("| ")]
        assert len(words) == 12
        for word in words:
            assert bench.type(word + "\n"), word


def test_an_unknown_word_names_the_nearest():
    """A slip of the finger gets the word meant; nonsense gets the way to the list."""
    with Clock() as clock:
        bench = Bench(clock)
        assert "did you mean sensors?" in bench.type("sensor\n")[-1]
        assert "help lists them all" in bench.type("frobnicate\n")[-1]


def test_nothing_is_energised_without_confirmation():
    """`set permit on` says what it will do; `confirm permit` does it, within ten seconds."""
    with Clock() as clock:
        bench = Bench(clock)
        assert "confirm permit" in bench.type("set permit on\n")[-1]
        bench.run(100)
        assert 1 not in bench.pins[15].levels
        assert bench.type("confirm permit\n")[-1] == "| permit is on for 5000 ms"
        bench.run(100)
        assert bench.permit == 1
        assert bench.type("set permit off\n")[-1] == "| permit is off"
        assert bench.permit == 0


def test_a_confirmation_is_for_once_and_for_ten_seconds():
    """A late one, a second one, one for something else and one of nothing do nothing."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.type("confirm permit\n")
        bench.type("set permit on\n")
        bench.run(10000)
        bench.type("confirm permit\n")
        bench.type("set permit on\n")
        bench.type("confirm\n")
        bench.type("confirm permit\n")
        assert 1 not in bench.pins[15].levels


def test_arming_at_the_board_is_confirmed_too():
    """It lets the host switch on again, so it is said first."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.smoke.be(1)
        bench.run(20)
        bench.smoke.be(0)
        assert "latched by smoke" in bench.type("set permit on\n")[-1]
        assert "confirm permit" in bench.type("set permit arm\n")[-1]
        assert bench.type("confirm permit\n")[-1] == "| permit is armed"
        assert bench.board.outputs.state() == {"permit": [0, ""]}


def test_arming_at_the_board_clears_what_was_shown():
    """What has tripped between the announcement and its confirmation stays latched."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.do(1, "out", o="permit", on=1, ms=100)
        bench.run(200)
        assert "clears the latch lease" in bench.type("set permit arm\n")[-1]
        bench.smoke.be(1)
        bench.run(20)
        bench.smoke.be(0)
        assert "latched by smoke" in bench.type("confirm permit\n")[-1]
        assert bench.board.outputs.state() == {"permit": [0, "smoke"]}
        bench.leak.be(1)
        bench.run(20)
        bench.leak.be(0)
        assert "clears the latch smoke and leak" in bench.type("set permit arm\n")[-1]
        assert bench.type("confirm permit\n")[-1] == "| permit is armed"


def test_a_confirmation_weeks_later_is_too_late():
    """What was announced is forgotten, whatever the counter's half span makes of its time."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.type("set permit on\n")
        bench.run(11000)
        for _ in range(2):
            clock.ms += 4 * 24 * 3600 * 1000
            bench.run(1100)
        assert "nothing waits" in bench.type("confirm permit\n")[-1]
        assert 1 not in bench.pins[15].levels


def test_the_same_words_go_through_the_host():
    """`do con` answers line by line, numbered, then ok; a refusal is `no` with its sentence."""
    with Clock() as clock:
        bench = Bench(clock)
        answer = bench.ask("do", {"i": 1, "c": "con", "l": "outputs"})
        assert answer[0][1] == {
            "i": 1,
            "k": 0,
            "s": "permit is off, opens on smoke or leak",
        }
        assert answer[1] == ("ok", {"i": 1})
        kind, fields = bench.do(2, "con", l="set permit on")
        assert (kind, fields["e"]) == ("no", "confirm")
        assert bench.do(3, "con", l="hlep")[1]["e"] == "unknown"


def test_strange_letters_are_shown_and_harm_nothing():
    """What is no ASCII comes back as question marks, whatever its length."""
    with Clock() as clock:
        bench = Bench(clock)
        strange = "\\u00e9\\ud800\\u0007" * 4
        for number, rest in enumerate(('"con","l":"%s"', '"%s"', '"out","o":"%s","on":1')):
            body = b'do {"i":%d,"c":%s}' % (number, (rest % strange).encode())
            frames = bench.ask_bytes(b"\n~%s*%08x\n" % (body, crc32(body)))
            answers = [fields for kind, fields in frames if kind == "no"]
            assert [fields["e"] for fields in answers] == ["unknown"], body
            assert "???" in answers[0]["s"]


def test_the_selftest_moves_no_output():
    """A dead sensor is BAD, a living one is ok, and the relay stays where it is."""
    with Clock() as clock:
        bench = Bench(clock)
        dead, absent = Sensor("dead_c"), Sensor("gone_c", reading="ABSENT")
        dead.dead = True
        for sensor in (dead, absent, Sensor("coil_c")):
            bench.board.add(sensor)
        bench.run(1500)
        lines = bench.type("selftest\n")
        assert "| BAD dead_c has not been read yet" in lines
        assert any(line.startswith("| BAD gone_c ABSENT") for line in lines)
        assert any(line.startswith("| ok  coil_c 21.5, read") for line in lines)
        assert lines[-1].endswith(" bad")
        assert 1 not in bench.pins[15].levels


def test_the_selftest_of_safe_mode_is_no_good_news():
    """Nothing was looked at: that is BAD, and counted."""
    with Clock() as clock:
        bench = Bench(clock)
        bench.board.identity = dict(bench.board.identity, st="safe")
        lines = bench.type("selftest\n")
        assert "| BAD firmware does not start, no sensor was looked at" in lines
        assert lines[-1].startswith("| 1 of ")


def test_a_replaced_string_is_learned_anew_on_demand():
    """`set learn` tells every string of DS18B20 to forget its order; a board without one says so."""
    with Clock() as clock:
        bench = Bench(clock)
        assert bench.type("set learn\n")[-1] == "| nothing to learn"
        string = Sensor()
        string.learned = 0

        def learn():
            string.learned += 1

        string.learn = learn
        bench.board.add(string)
        assert "learned anew" in bench.type("set learn\n")[-1]
        assert string.learned == 1
