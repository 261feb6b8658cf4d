"""`headworks replay --recording`: a field recording through today's code, plan by plan.

Exit code 0: every scan is decided as it was; 1: the recording cannot be read, or some are not.
"""

import argparse
import sys

from headworks import __version__
from headworks.model.text import clean
from headworks.record.recording import RecordingError, read
from headworks.replay.recording import Comparison
from headworks.replay.recording_text import summary, told


def compare(args: argparse.Namespace) -> int:
    """Print the differences, the first `--most` of them in full, and the sum."""
    try:
        recording = read(args.recording)
        print(f"{clean(str(args.recording))}: site {clean(recording.site.name)}, recorded by "
              f"version {clean(recording.version)}, compared with {__version__}")  # fmt: skip
        found = Comparison(recording)
        for number, difference in enumerate(found.differences(), 1):
            if number <= args.most:
                print("\n".join(told(difference)))
    except RecordingError as error:
        print(f"headworks replay: {error}", file=sys.stderr)
        return 1
    if found.different > args.most:
        print(f"{found.different - args.most} further differences; --most {found.different}")
    print(summary(found))
    if not recording.whole:
        print("The recording has no end: it was cut off or is still being written.")
    return 1 if found.different else 0
