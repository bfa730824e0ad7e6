"""Checks the summary of a headless demo: everything forwarded, and only the planted errors."""

import json
import sys
from pathlib import Path

summary = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
folder = Path(summary["folder"])
placed = [
    path
    for path in folder.rglob("*")
    if path.is_file() and ".dossierpost" not in path.parts and path.suffix != ".pdf"
]
problems = []
if summary["forwarded"] + summary["errors"] + summary["held"] != summary["listed"]:
    problems.append("not every listed document is Forwarded or Error")
if summary["forwarded"] < 900:
    problems.append(f"only {summary['forwarded']} documents are Forwarded")
if not summary["as_planted"]:
    problems.append("the errors are not the planted ones")
if len(placed) + summary["forwarded_pdf"] < summary["forwarded"]:
    problems.append(f"{summary['forwarded']} Forwarded, but {len(placed)} files are in the folders")
for problem in problems:
    print(f"demo: {problem}", file=sys.stderr)
print(f"demo: {summary['forwarded']} forwarded, {summary['errors']} errors, as planted")
sys.exit(bool(problems))
