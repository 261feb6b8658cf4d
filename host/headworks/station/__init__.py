"""The running controller: process image, scan loop, outputs, watchdog, socket.

`station.station` puts the parts together; `loop` is the path from a sample to a switch.
"""
