"""Compose the sign-in at the hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.app.hubs import hub_setups
from pipeline.app.names import NATIVE
from pipeline.connectors.authorization import OAuthServer
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.hubs.native import sign_in_parts
from pipeline.connectors.redirect import LoopbackReceiver
from pipeline.domain.errors import ConfigurationError
from pipeline.settings import Settings
from pipeline.usecases.sign_in import SignIn
