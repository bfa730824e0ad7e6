"""What every state store must do; the test of one subclasses `StateContract`."""

import pytest

from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_dossiers import StateDossiersContract
from pipeline.testing.contracts.state_duplicates import StateDuplicatesContract
from pipeline.testing.contracts.state_intents import StateIntentsContract
from pipeline.testing.contracts.state_queries import StateQueriesContract
from pipeline.testing.contracts.state_statements import StateStatementsContract
from pipeline.testing.contracts.state_statuses import StateStatusesContract


class StateContract(
    StateDossiersContract,
    StateIntentsContract,
    StateDuplicatesContract,
    StateStatusesContract,
    StateQueriesContract,
    StateStatementsContract,
):
    """Inherit, and define the fixture ``state``: an empty store on the fixture ``clock``."""

    @pytest.fixture
    def clock(self) -> VirtualClock:
        """Time of the store."""
        return VirtualClock()
