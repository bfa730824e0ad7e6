"""Keep track of which dossiers got news while their pass was running."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class DueBook:
    """Decides whether a pass that ended well has dealt with all the news of its dossier.

    News that came after the pass began may not be in its listing: then the dossier must stay
    marked as due in the state, or a kill before its next pass would forget the news.
    """

    _marks: dict[str, int] = field(default_factory=dict, init=False)
    _at_begin: dict[str, int] = field(default_factory=dict, init=False)

    def mark(self, tenant: str) -> None:
        """There is news."""
        self._marks[tenant] = self._marks.get(tenant, 0) + 1

    def begin(self, tenant: str) -> None:
        """A pass begins to list."""
        self._at_begin[tenant] = self._marks.get(tenant, 0)

    def is_settled(self, tenant: str) -> bool:
        """Whether no news came since the pass began; forgets the tenant if so."""
        settled = self._at_begin.pop(tenant, -1) == self._marks.get(tenant, 0)
        if settled:
            self._marks.pop(tenant, None)
        return settled
