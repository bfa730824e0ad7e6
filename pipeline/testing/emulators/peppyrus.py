"""Peppyrus: pages that shift, bodies in the list, times without zone, a reason that says all."""

import base64
from collections.abc import Sequence

from pipeline.testing.emulators.queue import Asked, Kept, QueueEmulator, Reply, Route, as_json
from pipeline.testing.script import Operation

KEY = "opens nothing"
_LARGEST_PAGE = 100
_NO = ("false", "0")


class PeppyrusEmulator(QueueEmulator):
    """One organisation; companies are its participants."""

    def routes(self) -> Sequence[Route]:
        """See `QueueEmulator.routes`."""
        return (
            Route("GET", "v1/organization/info", _organisation, Operation.HEALTH),
            Route("GET", "v1/message/list", self._list, Operation.LIST),
            Route("GET", "v1/message/{id}", self._message, Operation.FETCH),
            Route("PATCH", "v1/message/{id}/confirm", self._confirm, Operation.ACK),
        )

    def accepts(self, asked: Asked) -> bool:
        """See `QueueEmulator.accepts`."""
        return asked.headers.get("x-api-key") == KEY

    def unauthorized(self) -> Reply:
        """See `QueueEmulator.unauthorized`."""
        return Reply(401, b"Unauthorized", "text/plain")

    def unknown(self) -> Reply:
        """See `QueueEmulator.unknown`."""
        return Reply(404, b"Message not found", "text/plain")

    def _list(self, asked: Asked) -> Reply:
        """Newest first; what is confirmed meanwhile makes the pages shift."""
        page, size = int(asked.query["page"]), int(asked.query["perPage"])
        if size > _LARGEST_PAGE or asked.query["folder"] != "INBOX":
            return Reply(422, b"perPage or folder is not valid", "text/plain")
        is_wanted = asked.query.get("confirmed", "true") in _NO
        found = [
            kept
            for kept in sorted(self.documents.values(), key=lambda each: -each.position)
            if kept.is_incoming and bool(kept.taken) is not is_wanted
        ]
        start = (page - 1) * size
        meta = {
            "pages": str(-(-len(found) // size)),
            "currentPage": str(page),
            "itemCount": str(len(found)),
        }
        items = [_line(kept) for kept in found[start : start + size]]
        return as_json({"items": items, "meta": meta})

    def _message(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        return self.unknown() if kept is None else as_json(_line(kept))

    def _confirm(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        if kept is None:
            return self.unknown()
        kept.taken += 1
        if kept.taken > 1:
            return Reply(400, b"null", reason="Already confirmed")
        return as_json(True)


def _organisation(_asked: Asked) -> Reply:
    return as_json({"name": "Bakery"})


def _line(kept: Kept) -> dict[str, object]:
    body = None if kept.body is None else base64.b64encode(kept.body).decode()
    return {
        "id": kept.id,
        "sender": "0208:0400000002",
        "recipient": kept.company,
        "direction": "IN" if kept.is_incoming else "OUT",
        "created": kept.received_at.strftime("%Y-%m-%d %H:%M:%S"),
        "confirmed": bool(kept.taken),
        "fileContent": body,
    }
