"""Contract suites: one inherited class per port, for every implementation and its twin."""
