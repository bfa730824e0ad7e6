"""Talk to the service manager (systemd ``Type=notify``): ready, alive, stopping.

The watchdog is fed from progress, not from a timer alone: a process that runs but moves no
documents although some wait is to be restarted.
"""

import os
from collections.abc import Callable, Mapping

import sdnotify

from pipeline.ports.clock import Clock

_FEEDS_PER_PERIOD = 3
_LONGEST_STATUS = 200


class ServiceManager:
    """Notifications to whoever started this process; every method does nothing when nobody asked.

    ``environ`` is the environment the process was started with.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        is_asked = bool(environ.get("NOTIFY_SOCKET"))
        self._notifier = sdnotify.SystemdNotifier() if is_asked else None
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.setblocking(False)
        self._period_s = _watchdog_seconds(environ)

    def ready(self) -> None:
        """Say that the start is over: recovery is done and the hubs are being asked."""
        self._notify("READY=1")

    def status(self, text: str) -> None:
        """Set the one line that the service manager shows beside the state."""
        self._notify(f"STATUS={' '.join(text.split())[:_LONGEST_STATUS]}")

    def stopping(self) -> None:
        """Say that the process is on its way out, so that nobody waits for progress."""
        self._notify("STOPPING=1")

    async def feed_watchdog(self, clock: Clock, is_progressing_or_idle: Callable[[], bool]) -> None:
        """Feed the watchdog for ever, each time the answer is yes; return at once without one."""
        if self._period_s is None:
            return
        while True:
            if is_progressing_or_idle():
                self._notify("WATCHDOG=1")
            await clock.sleep(self._period_s / _FEEDS_PER_PERIOD)

    def close(self) -> None:
        """Release the socket; idempotent."""
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()
        self._notifier = None

    def _notify(self, state: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(state)


def _watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """Return the period the service manager asked this very process for."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or environ.get("WATCHDOG_PID", str(os.getpid())) != str(
        os.getpid()
    ):
        return None
    return int(microseconds) / 1_000_000 or None
