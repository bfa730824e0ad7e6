"""Stops a run in which nearly everything is rejected: a bad profile, not bad documents."""

from collections import deque
from dataclasses import dataclass

from pipeline.domain.errors import ConfigurationError
from pipeline.engine.passes import Pass


class TooManyRejected(ConfigurationError):
    """So many documents of several dossiers were rejected that the set-up is to blame."""


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """Above which share of rejected items to stop, and after how many items at least.

    ``tenants`` is how many tenants must have a rejected item before the run stops: one that sends
    nothing but rubbish only has its own pass blocked.
    """

    share: float = 0.5
    items: int = 200
    tenants: int = 3


class RejectionGuard:
    """Watches the last ``items`` outcomes of a line. An item that is held is not rejected."""

    def __init__(self, policy: GuardPolicy) -> None:
        self._policy = policy
        self._window: deque[str | None] = deque()
        self._rejected: dict[str, int] = {}
        self._count = 0

    def completed(self) -> None:
        """Note an item that came through."""
        self._note(None)

    def rejected(self, tenant: str, rule: str) -> None:
        """Note a rejected item.

        Raises:
            TooManyRejected: The share is passed, by items of several tenants.
        """
        self._note(tenant)
        policy = self._policy
        is_enough = len(self._window) >= policy.items and len(self._rejected) >= policy.tenants
        if is_enough and self._count > policy.share * len(self._window):
            raise TooManyRejected(
                f"{self._count} of the last {len(self._window)} documents were rejected, in "
                f"{len(self._rejected)} dossiers, the last by rule {rule}. So many point to a "
                "wrong validation profile or location, not to bad documents. Correct the "
                "configuration, start again and ask for the rejected documents anew."
            )

    def condemns(self, trip: Pass) -> bool:
        """Whether too many items of one pass were rejected."""
        settled = trip.completed + trip.rejected + trip.held
        return settled >= self._policy.items and trip.rejected > self._policy.share * settled

    def _note(self, rejected: str | None) -> None:
        self._window.append(rejected)
        if rejected is not None:
            self._count += 1
            self._rejected[rejected] = self._rejected.get(rejected, 0) + 1
        if len(self._window) > self._policy.items:
            self._forget(self._window.popleft())

    def _forget(self, rejected: str | None) -> None:
        if rejected is None:
            return
        self._count -= 1
        self._rejected[rejected] -= 1
        if not self._rejected[rejected]:
            del self._rejected[rejected]
