"""Contacts that latch are told until the host has it."""

from headworks_fw.events import Events


def test_an_event_waits_until_its_number_is_acknowledged():
    """Another number, or the right one of an earlier start, changes nothing."""
    events = Events("0badcafe")
    assert events.rose("smoke", 5) == {"e": 1, "m": 5, "c": "smoke", "on": 1}
    events.acknowledge(2, "0badcafe")
    events.acknowledge(1, "deadbeef")
    events.acknowledge(None, "0badcafe")
    assert len(events.waiting()) == 1
    events.acknowledge(1, "0badcafe")
    assert events.waiting() == []


def test_a_second_rise_is_a_new_event():
    """An acknowledgement that crosses a second rise does not swallow it."""
    events = Events("0badcafe")
    events.rose("smoke", 5)
    events.rose("smoke", 9)
    events.acknowledge(1, "0badcafe")
    assert events.waiting() == [{"e": 2, "m": 9, "c": "smoke", "on": 1}]


def test_a_chattering_contact_holds_one_event():
    """Memory does not grow with the number of rises."""
    events = Events("0badcafe")
    for m in range(1000):
        events.rose("smoke", m)
    assert len(events.waiting()) == 1
