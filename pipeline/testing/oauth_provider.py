"""An authorization server that rotates refresh tokens and notices when an old one is used."""

import base64
import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

LIFETIME_S = 1000
USER_CODE = "ABCD-EFGH"
DEVICE = {
    "device_code": "device-1",
    "user_code": USER_CODE,
    "verification_uri": "https://hub.example/oauth/device",
    "expires_in": 600,
    "interval": 5,
}


class OAuthProvider:
    """Answers requests of `http_server.serving`; everything outside ``/oauth/`` needs a token.

    ``device_errors`` are the errors a device gets before its tokens, ``faults`` the statuses that
    the next token requests get instead of an answer. ``grants`` counts what was asked for,
    ``is_revoked`` tells that a refresh token was used twice. ``refuses_every_token`` answers 401
    to whatever is presented.
    """

    def __init__(self) -> None:
        self.grants: Counter[str] = Counter()
        self.device_errors: deque[str] = deque()
        self.faults: deque[int] = deque()
        self.is_revoked = False
        self.refuses_every_token = False
        self._issued = 0
        self._codes: dict[str, str] = {}

    @property
    def access(self) -> str:
        """The access token in force."""
        return f"access-{self._issued}"

    @property
    def refresh(self) -> str:
        """The refresh token in force."""
        return f"refresh-{self._issued}"

    def visit(self, url: str) -> Mapping[str, str]:
        """What a browser brings back from an authorization URL after a person allowed it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked["code_challenge"]
        return {"code": code, "state": asked["state"]}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if request.path == "/oauth/token":
            return self._token({name: str(v) for name, v in (await request.post()).items()})
        if request.path == "/oauth/device_authorization":
            return web.json_response(DEVICE)
        is_valid = request.headers.get("Authorization") == f"Bearer {self.access}"
        if self.refuses_every_token or not is_valid:
            return web.json_response({"detail": "The token has expired."}, status=401)
        return web.json_response({"packages": []})

    def _token(self, form: Mapping[str, str]) -> web.Response:
        grant = form["grant_type"]
        self.grants[grant] += 1
        if self.faults:
            return web.Response(status=self.faults.popleft())
        match grant:
            case "refresh_token":
                error = self._fault_of_refresh(form["refresh_token"])
            case "authorization_code":
                error = self._fault_of_code(form)
            case "client_credentials":
                error = None if form.get("client_secret") == "secret" else "invalid_client"
            case _:
                error = self.device_errors.popleft() if self.device_errors else None
        return self._tokens() if error is None else web.json_response({"error": error}, status=400)

    def _fault_of_refresh(self, token: str) -> str | None:
        self.is_revoked |= token != self.refresh
        return "invalid_grant" if self.is_revoked else None

    def _fault_of_code(self, form: Mapping[str, str]) -> str | None:
        challenge = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return None if challenge == proof else "invalid_grant"

    def _tokens(self) -> web.Response:
        self._issued += 1
        return web.json_response(
            {
                "access_token": self.access,
                "refresh_token": self.refresh,
                "expires_in": LIFETIME_S,
                "token_type": "Bearer",
            }
        )
