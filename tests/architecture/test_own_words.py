"""The project speaks of itself alone: no path of a machine, no host of a package registry."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOSTS = "|".join(("py" + "pi", "python" + "hosted", "npm" + "js", "deb" + "ian"))
FOREIGN = re.compile(rf"(?<![\w/.])/(?:{'wo' + 'rk'}|{'ro' + 'ot'})/|(?:{HOSTS})\.(?:org|io)\b")


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    found = []
    for name in filter(None, tracked):
        path = ROOT / name
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if match := FOREIGN.search(text):
            found.append(f"{name}: {match.group()}")

    assert found == []
