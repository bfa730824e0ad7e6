"""The queue hubs that are known: one module a hub, nothing but data."""

from pipeline.connectors.hubs.queue.profile import Profile
from pipeline.connectors.hubs.queue.profiles.euroconnector import EUROCONNECTOR
from pipeline.connectors.hubs.queue.profiles.letspeppol import LETSPEPPOL
from pipeline.connectors.hubs.queue.profiles.peppyrus import PEPPYRUS
from pipeline.connectors.hubs.queue.profiles.recommand import RECOMMAND
from pipeline.connectors.hubs.queue.profiles.scrada import SCRADA

PROFILES: tuple[Profile, ...] = (RECOMMAND, SCRADA, PEPPYRUS, EUROCONNECTOR, LETSPEPPOL)

__all__ = ["EUROCONNECTOR", "LETSPEPPOL", "PEPPYRUS", "PROFILES", "RECOMMAND", "SCRADA"]
