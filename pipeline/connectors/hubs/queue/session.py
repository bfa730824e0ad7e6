"""Requests to a queue hub: with its key, within the limits of that, errors translated."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.connectors.answers import Answer, error_for
from pipeline.connectors.http import LARGEST_ANSWER
from pipeline.connectors.hubs.queue.profile import Call, Profile
from pipeline.connectors.hubs.queue.requests import Values, body_of, explained, url_of
from pipeline.connectors.hubs.queue.signing_in import Http, Proof
from pipeline.connectors.limits import CredentialLimiter
from pipeline.domain.errors import CredentialsRejected, HubUnavailable, TransientError
from pipeline.ports.clock import Clock

_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class QueueSession:
    """An account at a hub; ``base`` is the root of its API."""

    profile: Profile
    base: str
    http: Http
    proof: Proof
    limiter: CredentialLimiter
    clock: Clock

    async def get(
        self, call: Call, values: Values, action: str, *, max_bytes: int = LARGEST_ANSWER
    ) -> Answer:
        """An answer that is 2xx.

        Raises:
            AnswerTooLarge: it has more than ``max_bytes``.
            DocumentRejected: the hub does not know what is asked for (rule ``gone``).
        """
        answer = await self.ask(call, values, max_bytes=max_bytes)
        if not answer.is_ok:
            raise self.error(answer, action)
        return answer

    async def ask(self, call: Call, values: Values, *, max_bytes: int = LARGEST_ANSWER) -> Answer:
        """An answer of any status but 401, which is met with another token where there is one.

        Raises:
            TransientError: a page for people came instead of an answer.
        """
        proof = await self.proof.headers()
        answer = await self._once(call, values, proof, max_bytes)
        if answer.status == _UNAUTHORIZED:
            other = await self.proof.instead_of(proof)
            if other is not None:
                answer = await self._once(call, values, other, max_bytes)
        if answer.status == _UNAUTHORIZED:
            raise self._refused(answer)
        if answer.is_ok and answer.headers.get("Content-Type", "").startswith("text/html"):
            raise TransientError(
                f"{self.profile.title} shows a web page; its hub is not there now."
            )
        return answer

    def error(self, answer: Answer, action: str) -> Exception:
        """The error for an answer; a hint to wait holds for everything with this key."""
        plain, passes = explained(answer, self.profile.errors)
        error: Exception = error_for(plain, action, now=self.clock.now())
        if passes and not isinstance(error, TransientError):
            error = HubUnavailable(str(error))
        self.limiter.heed(error)
        return error

    async def _once(
        self, call: Call, values: Values, proof: Mapping[str, str], max_bytes: int
    ) -> Answer:
        url, body = url_of(self.base, call, values), body_of(call, values)
        sent = {**proof, "Content-Type": "application/json"} if body is not None else proof
        async with self.limiter:
            return await self.http.request(
                call.method, url, headers=sent, body=body, max_bytes=max_bytes
            )

    def _refused(self, answer: Answer) -> CredentialsRejected:
        error = self.error(answer, "answer")
        hint = f"Check the key in the settings of the {self.profile.title} hub."
        return CredentialsRejected(f"{error} {hint}")
