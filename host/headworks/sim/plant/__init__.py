"""The physics of the simulated substation: pure functions of state, inputs and time.

No clock, no sockets, no threads in here, so a closed-loop replay may run it as fast as it likes.
Every figure without a source is ours: plausible, and a setting where it matters.
"""
