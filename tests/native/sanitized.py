"""``python -m tests.native.sanitized [ARGUMENTS OF PYTEST]``: all tests of C on a checked build.

The C sources are compiled so that a wrong access to memory or an undefined operation ends the test
run with the place where it happened.
"""

import subprocess
import sys

from tests.native.build import checking_environment

TESTED = ("tests/native", "tests/unit/validation/structure")
PROFILE = ("--hypothesis-profile=checked", "-o", "timeout=600")
LONGEST_S = 3600


def main(arguments: list[str]) -> int:
    """Run pytest with the libraries of the checks loaded before Python."""
    command = [sys.executable, "-m", "pytest", *TESTED, "-q", *PROFILE, *arguments]
    environment = checking_environment()
    return subprocess.run(command, env=environment, timeout=LONGEST_S, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
