"""Makes docs/demo.svg, the picture in the README, from a real run of the demo.

    python docs/make_demo_picture.py

It shows what stays on a terminal. The picture loads nothing from elsewhere.
"""  # noqa: INP001 - a script

import contextlib
import io
import re
import tempfile
from pathlib import Path

import anyio
from rich.console import Console
from rich.terminal_theme import MONOKAI

from pipeline.app.demo import DemoOptions, open_demo
from pipeline.app.installation import open_installation
from pipeline.app.logs import logged
from pipeline.app.service import sync_once
from pipeline.cli.demo import tell
from pipeline.cli.progress import Progress

PICTURE = Path(__file__).with_name("demo.svg")
FROM_ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*|<!-- .*? -->\s*", re.DOTALL)


async def show_demo(console: Console, into: Path) -> None:
    """Run the demo, then print the last state of its table, and its summary."""
    options = DemoOptions(into=into)
    progress = Progress(options.documents)
    async with open_demo(options) as demo:
        with logged(demo.settings):
            async with open_installation(demo.settings) as installation:
                progress.note(installation.snapshot())
                result = await sync_once(installation)
                progress.note(installation.snapshot())
                summary = await demo.summary(installation.state, result)
    progress.finish()
    console.print("[bold]$[/] ./run demo")
    console.print(progress.view())
    tell(console, summary)


def main() -> None:
    """Draw the picture in a folder that is removed again."""
    console = Console(
        file=io.StringIO(), record=True, force_terminal=True, color_system="truecolor", width=88,
        highlight=False,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        anyio.run(show_demo, console, Path("dossierpost-demo").absolute())
    svg = console.export_svg(title="Dossierpost", theme=MONOKAI, unique_id="demo")
    PICTURE.write_text(FROM_ELSEWHERE.sub("", svg), encoding="utf-8")


if __name__ == "__main__":
    main()
