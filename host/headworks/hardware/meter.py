"""Meter models as data: load one, plan its reads, decode and encode its words.

Talks to no device; `headworks.field.meters` does. A new meter is one file in `boards/meter/`.
"""

from headworks.hardware.files import HardwareError
from headworks.hardware.meter_decode import BlockDecoder, Decoded, Flaw
from headworks.hardware.meter_encode import encode, read_words
from headworks.hardware.meter_file import load_meter
from headworks.hardware.meter_plan import Block, located, plan
from headworks.hardware.meter_types import (
    Confidence,
    Identity,
    MeterProfile,
    Register,
    Sample,
    SunSpec,
    Words,
)

__all__ = [
    "Block",
    "BlockDecoder",
    "Confidence",
    "Decoded",
    "Flaw",
    "HardwareError",
    "Identity",
    "MeterProfile",
    "Register",
    "Sample",
    "SunSpec",
    "Words",
    "encode",
    "load_meter",
    "located",
    "plan",
    "read_words",
]
