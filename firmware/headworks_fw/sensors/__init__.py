"""Sensor drivers, one small file each; a fault is a code and never a number.

A module's name is the `kind` in config.json ("-" there is "_" here): a new sensor is a new file
and no list. Each module has

    make(entry, hal) -> sensor      entry: its object from config.json. ValueError, in a plain
                                    sentence, where the entry is wrong. A missing sensor is no
                                    error here: it is ABSENT when it is read.
and a sensor has

    channels     tuple of names, fixed
    every_ms     how often a sample comes at most; after three times as long without one the
                 loop itself calls its channels STALE
    sample_ms    ticks.now() of the last sample (faulty ones too); None before the first
    fresh        set True by the sensor when a sample is complete, set False by the loop
    step(now)    does a short piece of work (10 ms at most, never waits) and returns in how many
                 ms it wants the next step
    read(values, faults)    puts every channel's last reading, by `put`, into one of the two

A contact (module `contact`) has besides `name`, `active` (0 or 1, debounced) and `rose` (set True
when it becomes active, set False by the loop), and `fresh` on each change. It reads its pin in
make(), so that `active` is true to the pin from the start. A tach (module `tach`) is a sensor.

`hal` (headworks_fw.hal) gives the hardware, so that tests can give doubles:

    i2c(bus)               the machine.I2C of config.json's "i2c" with this id, one for all
    adc(pin)               machine.ADC; read_u16(), and read_uv() where the chip has it
    pin_in(pin, pull)      machine.Pin as input; pull "up", "down" or None
    on_fall(pin, handler)  calls handler(pin) in interrupt at each falling edge of a Pin
    onewire(pin)           ds18x20.DS18X20 on this pin
    values, faults         the last readings of all channels, for sensors computed from others
    load(name), save(name, data)   a small JSON file in the root; None where missing or broken
    log(text)              a line worth keeping
Time comes from headworks_fw.ticks: now(), us(), add(a, b), diff(a, b).
"""


def put(values, faults, channel, reading):
    """Files a reading under its channel: a number as value, a text as fault code."""
    if isinstance(reading, str):
        faults[channel] = reading
        values.pop(channel, None)
    else:
        values[channel] = reading
        faults.pop(channel, None)
