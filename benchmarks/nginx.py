"""nginx as a stand-in for a hub: the native protocol out of static files in memory.

It is C, knows nothing of what it was told, and answers a status with 204. The documents of a
dossier are there as a listing of files too, for programs that copy folders.
"""

import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.documents import Corpus
from benchmarks.standin import PACKAGE, PAGE, document_line, dossier_line

PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")

_CONNECTIONS = 4096
_MOST_KEPT_OPEN = 200_000

_CONFIGURATION = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  default_type application/json;
  types {{ application/xml xml; }}
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  open_file_cache max={kept_open} inactive=600s;
  open_file_cache_valid 600s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $arg_after $page {{ default $arg_after; "" 0; }}
  map $arg_cursor $changes {{ default none; "" all; }}
  server {{
    listen 127.0.0.1:{port} reuseport;
    root {folder}/site;
    location = /oauth/token {{ return 200 '{{"access_token":"token","expires_in":3600}}'; }}
    location = /v1/packages {{ try_files /packages.json =404; }}
    location = /v1/dossiers {{ try_files /dossiers-$page.json =404; }}
    location = /v1/changes {{ try_files /changes-$changes.json =404; }}
    location = /v1/redeliver {{ return 200 '{{"documents":{documents}}}'; }}
    location = /v1/heartbeat {{ return 200 '{{}}'; }}
    location = /v1/documents/status {{ return 204; }}
    location ~ ^/v1/documents/(?<document>[^/]+)/content$ {{
      types {{ }} default_type application/xml;
      try_files /contents/$document =404;
    }}
    location ~ ^/v1/dossiers/(?<dossier>[^/]+)/documents$ {{ try_files /listings/$dossier =404; }}
    location /files/ {{ autoindex on; }}
  }}
}}
"""


@contextmanager
def nginx(corpus: Corpus, memory: Path | None) -> Iterator[tuple[str, int]]:
    """The address and the process id of nginx with a corpus, until the end of the context."""
    assert PROGRAM, "nginx is not installed: apt-get install nginx-light"
    with tempfile.TemporaryDirectory(prefix="nginx-", dir=memory) as name:
        folder = Path(name)
        _write_site(corpus, folder / "site")
        port = free_port()
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder,
                port=port,
                documents=len(corpus),
                kept_open=_kept_open(),
                connections=_CONNECTIONS,
            ),
            encoding="utf-8",
        )
        with subprocess.Popen([PROGRAM, "-c", str(configuration), "-p", name]) as process:  # noqa: S603
            try:
                _wait_for(port)
                yield f"http://127.0.0.1:{port}", process.pid
            finally:
                process.terminate()


def _kept_open() -> int:
    """How many files nginx may keep open: one that it cannot open any more it answers with 404."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return _MOST_KEPT_OPEN
    return min(max(allowed - 2 * _CONNECTIONS, 1), _MOST_KEPT_OPEN)


def _write_site(corpus: Corpus, site: Path) -> None:
    for name in ("contents", "listings", "files"):
        (site / name).mkdir(parents=True)
    dossiers = corpus.dossier_ids
    _write(site / "packages.json", {"packages": [PACKAGE]})
    _write(site / "changes-all.json", _changes(dossiers))
    _write(site / "changes-none.json", _changes(()))
    for start in range(0, len(dossiers), PAGE):
        following = start + PAGE
        is_last = following >= len(dossiers)
        lines = [dossier_line(each) for each in dossiers[start:following]]
        page = {"dossiers": lines, "next": None if is_last else str(following)}
        _write(site / f"dossiers-{start}.json", page)
    _write_documents(corpus, site)


def _write_documents(corpus: Corpus, site: Path) -> None:
    listings: dict[str, list[dict[str, str | int]]] = {each: [] for each in corpus.dossier_ids}
    for dossier in listings:
        (site / "files" / dossier).mkdir()
    for document in corpus:
        content = site / "contents" / document.id
        content.write_bytes(document.body)
        (site / "files" / document.dossier_id / f"{document.id}.xml").hardlink_to(content)
        listings[document.dossier_id].append(document_line(document))
    for dossier, lines in listings.items():
        _write(site / "listings" / dossier, {"documents": lines, "next": None})


def _changes(dossiers: Sequence[str]) -> object:
    return {"dossier_ids": dossiers, "cursor": "1", "more": False}


def _write(path: Path, value: object) -> None:
    path.write_bytes(msgspec.json.encode(value))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    until = time.perf_counter() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.perf_counter() < until, "nginx did not start"
            time.sleep(0.02)
        else:
            return
