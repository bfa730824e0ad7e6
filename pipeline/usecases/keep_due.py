"""Keep track of which dossiers are due, and which of that a pass has dealt with."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class DueBook:
    """Decides whether a pass that ended well has dealt with all the news of its dossier.

    The state gives every marking of a dossier as due a number. A pass deals with the marking that
    was known when it began to list; a later one may not be in its listing, so the dossier must
    stay marked, or a kill before its next pass would forget the news.
    """

    _known: dict[str, int] = field(default_factory=dict, init=False)
    _at_begin: dict[str, int] = field(default_factory=dict, init=False)

    def learn(self, hub: str, marks: Mapping[str, int]) -> list[str]:
        """Take in what the state has of a hub; returns the tenants with news not known before."""
        fresh = [
            (f"{hub}/{dossier}", mark)
            for dossier, mark in marks.items()
            if self._known.get(f"{hub}/{dossier}") != mark
        ]
        self._known.update(fresh)
        return [tenant for tenant, _ in fresh]

    def begin(self, tenant: str) -> None:
        """A pass begins to list."""
        if tenant in self._known:
            self._at_begin[tenant] = self._known[tenant]

    def settled(self, tenant: str) -> int | None:
        """The marking that a pass which ended well has dealt with; None when it had none."""
        mark = self._at_begin.pop(tenant, None)
        if mark is not None and self._known.get(tenant) == mark:
            del self._known[tenant]
        return mark
