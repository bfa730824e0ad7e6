import io

import pytest
from rich.console import Console

from pipeline.cli.live import live_progress
from pipeline.domain.errors import AnotherInstance, HubUnavailable, PipelineError


@pytest.mark.parametrize("error", [HubUnavailable("it sleeps"), AnotherInstance("it works")])
@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "pipe"])
async def test_an_error_comes_out_of_the_live_progress_as_it_was(
    error: PipelineError, *, is_terminal: bool
) -> None:
    console = Console(file=io.StringIO(), force_terminal=is_terminal)

    with pytest.raises(type(error)) as raised:
        async with live_progress(lambda: None, console):
            raise error

    assert raised.value is error
    assert raised.value.__cause__ is None
