import pytest

from pipeline.app.workers.messages import (
    Beat,
    FromWorker,
    Pushed,
    Ready,
    Recovered,
    Refused,
    Stop,
    ToWorker,
    Wanted,
    decoded,
    encoded,
)

FROM = [Ready(), Beat(True, ["a\nb"], "text"), Pushed("hub", None), Wanted("/books/\udc80")]
TO = [Recovered("/bücher"), Refused("/books", "It is gone."), Pushed("hub", "7"), Stop()]


@pytest.mark.parametrize("message", FROM)
def test_what_a_worker_tells_is_one_line_and_comes_back_as_it_was(message: FromWorker) -> None:
    line = encoded(message)

    assert line.count(b"\n") == 1
    assert decoded(line, FromWorker) == message  # type: ignore[arg-type] # a union


@pytest.mark.parametrize("message", TO)
def test_what_a_worker_is_told_is_one_line_and_comes_back_as_it_was(message: ToWorker) -> None:
    assert decoded(encoded(message), ToWorker) == message  # type: ignore[arg-type] # a union


@pytest.mark.parametrize("line", [b"", b"{}", b"ready", b'{"type":"stop"}', b'{"type":1}'])
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decoded(line, FromWorker)  # type: ignore[arg-type] # a union
