"""``python -m tests.native.sanitized [ARGUMENTS OF PYTEST]``: the native tests on a checked build.

The C sources are compiled so that a wrong access to memory or an undefined operation ends the test
run with the place where it happened.
"""

import os
import subprocess
import sys

from tests.native.build import SANITIZE, compiler

LIBRARIES = ("libasan.so", "libubsan.so")
# The report of a check is written by C, so pytest must not catch what goes to the file descriptor.
OPTIONS = ("--hypothesis-profile=checked", "--capture=sys", "-o", "timeout=600")
LONGEST_S = 3600


def main(arguments: list[str]) -> int:
    """Run pytest with the libraries of the checks loaded before Python."""
    found = [_library(name) for name in LIBRARIES]
    environment = {
        **os.environ,
        SANITIZE: "1",
        "LD_PRELOAD": " ".join(found),
        # Python itself keeps memory until it ends.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [sys.executable, "-m", "pytest", "tests/native", "-q", *OPTIONS, *arguments]
    return subprocess.run(command, env=environment, timeout=LONGEST_S, check=False).returncode


def _library(name: str) -> str:
    command = [compiler(), f"-print-file-name={name}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
