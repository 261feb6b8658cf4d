"""Runs the test functions of one module where there is no pytest: `runner.py MODULE`.

Prints a line for each, and the traceback of each that fails; exit code 1 if one did.
"""

import sys


def run(name):
    """How many tests of this module fail."""
    __import__(name)
    module, failed = sys.modules[name], 0
    for test in sorted(dir(module)):
        if test.startswith("test_"):
            try:
                getattr(module, test)()
            except Exception as error:  # noqa: BLE001 - whatever a test raises is its failure
                failed += 1
                print("FAILED " + test)
                sys.print_exception(error)
            else:
                print("passed " + test)
    return failed


if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1]) else 0)
