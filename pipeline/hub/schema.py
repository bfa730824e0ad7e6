"""Tables of the hub's SQLite file.

Moments are microseconds since 1970 in UTC. ``change`` and ``seq`` come from one-way counters:
``documents.seq`` orders arrivals and is the cursor of a listing, ``dossiers.change`` is the
position of a dossier in the change feed and moves each time something new is to be fetched, so the
feed costs what changed and not what exists. Secrets are stored as SHA-256 only.
"""

SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE packages (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  fields BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE dossiers (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  package_id TEXT REFERENCES packages (id),
  enterprise_name TEXT NOT NULL,
  enterprise_identifier TEXT NOT NULL,
  accounting_file_id TEXT NOT NULL,
  shares_documents INTEGER NOT NULL,
  change INTEGER NOT NULL DEFAULT 0,
  listed INTEGER NOT NULL DEFAULT 0,
  to_fetch INTEGER NOT NULL DEFAULT 0,
  error INTEGER NOT NULL DEFAULT 0,
  forwarded INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX dossiers_by_change ON dossiers (change);

CREATE TABLE documents (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  dossier INTEGER NOT NULL REFERENCES dossiers (seq),
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  arrived_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  file_name TEXT,
  content_type TEXT NOT NULL,
  status TEXT NOT NULL,
  is_listed INTEGER NOT NULL
);
CREATE INDEX documents_listed ON documents (dossier, seq) WHERE is_listed;
CREATE INDEX documents_settled ON documents (dossier, received_at) WHERE NOT is_listed;

CREATE TABLE bodies (
  seq INTEGER PRIMARY KEY,
  body BLOB NOT NULL
);

CREATE TABLE history (
  number INTEGER PRIMARY KEY,
  document TEXT NOT NULL,
  at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  rule TEXT,
  text TEXT
);
CREATE INDEX history_of_document ON history (document);

CREATE TABLE installations (
  id TEXT PRIMARY KEY,
  last_seen INTEGER NOT NULL,
  fields BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
  name TEXT PRIMARY KEY,
  password_hash TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  secret_sha256 TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE codes (
  sha256 TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL,
  grant_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  challenge TEXT NOT NULL,
  is_used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX codes_by_end ON codes (expires_at);

CREATE TABLE device_codes (
  sha256 TEXT PRIMARY KEY,
  user_code TEXT NOT NULL UNIQUE,
  expires_at INTEGER NOT NULL,
  scope TEXT NOT NULL,
  interval_s INTEGER NOT NULL,
  polled_at INTEGER,
  decision TEXT
) WITHOUT ROWID;

CREATE TABLE tokens (
  sha256 TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  credential TEXT NOT NULL,
  scope TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  is_used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX tokens_of_grant ON tokens (grant_id);
CREATE INDEX tokens_by_end ON tokens (expires_at);
"""
