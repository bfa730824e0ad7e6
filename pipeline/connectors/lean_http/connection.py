"""One kept connection: a question, its answer, the next question.

All its time limits share one timer, which is set again only when it goes off: a connection that
answers well never touches it.
"""

import asyncio
from typing import cast

from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.lean_http.head import Malformed, Unusual
from pipeline.connectors.lean_http.parser import AnswerParser
from pipeline.connectors.patience import Patience

KEPT_FOR_S = 30.0
"""A connection without work is closed after this long; many servers do it sooner."""


class ConnectionLost(ConnectionError):
    """The connection ended before the answer did.

    ``has_begun`` tells that some of it came; ``is_stale`` that the connection had been kept, and
    may have been closed before the request was read.
    """

    def __init__(self, cause: BaseException | None, *, has_begun: bool, was_kept: bool) -> None:
        super().__init__(str(cause or "") or "the server closed it")
        self.has_begun = has_begun
        self.is_stale = was_kept and not has_begun


class Connection(asyncio.Protocol):
    """A connection to one origin; one request at a time, the caller sees to that."""

    def __init__(self, patience: Patience) -> None:
        self._loop = asyncio.get_running_loop()
        self._patience = patience
        self._parser: AnswerParser | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ends_at = self._looks_at = float("inf")
        self._heard_at = self._loop.time()
        self._closed = self._loop.create_future()
        self._was_kept = False

    @property
    def is_open(self) -> bool:
        """Whether another request may be tried."""
        return not self._transport.is_closing()

    async def ask(self, request: bytes, max_bytes: int, *, ends_at: float) -> Answer:
        """Send a GET and read its answer; ``ends_at`` by the clock of the event loop.

        Raises:
            ConnectionLost: the server closed it.
            TimeoutError: the server was silent for too long, or took too long in all.
            Malformed, Unusual, AnswerTooLarge: see `AnswerParser`.
        """
        if self._closed.done():  # between connecting and asking
            raise ConnectionLost(None, has_begun=False, was_kept=self._was_kept)
        self._parser, self._answer = AnswerParser(max_bytes), self._loop.create_future()
        self._heard_at, self._ends_at = self._loop.time(), ends_at
        self._watch(self._deadline())
        try:
            self._transport.write(request)
            answer = await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            self._answer = None
        self._was_kept = True
        self._watch(self._heard_at + KEPT_FOR_S)
        return answer

    def close(self) -> None:
        """Close at once; what was under way is lost."""
        self._transport.abort()

    async def wait_closed(self) -> None:
        """Return when the socket is closed."""
        await asyncio.wait([self._closed])

    # -- asyncio.Protocol -------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`; bytes that nobody asked for end the connection."""
        answer, parser = self._answer, self._parser
        if answer is None or parser is None or answer.done():
            self.close()
            return
        self._heard_at = self._loop.time()
        try:
            if not parser.feed(data):
                return
        except (Malformed, Unusual, AnswerTooLarge) as error:
            self._fail(error)
            return
        answer.set_result(parser.answer)
        if not parser.keeps_alive:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        has_begun = self._parser is not None and self._parser.has_begun
        self._fail(ConnectionLost(exc, has_begun=has_begun, was_kept=self._was_kept))
        if self._timer is not None:
            self._timer.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    # -- time -------------------------------------------------------------------------------------
    def _deadline(self) -> float:
        """When this is given up if nothing happens until then."""
        if self._answer is None:
            return self._heard_at + KEPT_FOR_S
        return min(self._heard_at + self._patience.read_s, self._ends_at)

    def _watch(self, deadline: float) -> None:
        """See to it that the timer does not go off after the deadline."""
        if self._looks_at <= deadline:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._looks_at = self._loop.call_at(deadline, self._look), deadline

    def _look(self) -> None:
        """The timer went off; it may be that much was heard since it was set."""
        self._timer, self._looks_at = None, float("inf")
        deadline = self._deadline()
        if self._loop.time() < deadline:
            self._watch(deadline)
        else:
            self._fail(TimeoutError())
            self.close()

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
