"""The first schema."""

from alembic import op

revision = "0001"
down_revision = None

INSTALLATION = """
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""

PACKAGE = """
CREATE TABLE package (
    hub TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    locations TEXT NOT NULL,  -- JSON: template by location
    extracts_embedded_pdf INTEGER NOT NULL,
    shares_folders INTEGER NOT NULL,
    file_name TEXT,
    PRIMARY KEY (hub, id)
) STRICT, WITHOUT ROWID
"""

DOSSIER = """
CREATE TABLE dossier (
    hub TEXT NOT NULL,
    id TEXT NOT NULL,
    enterprise_name TEXT NOT NULL,
    enterprise_identifier TEXT NOT NULL,
    accounting_file_id TEXT NOT NULL,
    shares_documents INTEGER NOT NULL,
    package TEXT,
    PRIMARY KEY (hub, id),
    FOREIGN KEY (hub, package) REFERENCES package (hub, id)
) STRICT, WITHOUT ROWID
"""

CURSOR = """
CREATE TABLE cursor (
    hub TEXT NOT NULL,
    scope TEXT NOT NULL,
    cursor TEXT NOT NULL,
    PRIMARY KEY (hub, scope)
) STRICT, WITHOUT ROWID
"""

DUE = """
CREATE TABLE due (
    hub TEXT NOT NULL,
    dossier TEXT NOT NULL,
    mark INTEGER NOT NULL,  -- grows with every marking, so that a later one is told apart
    PRIMARY KEY (hub, dossier)
) STRICT, WITHOUT ROWID
"""

DUE_MARK = "CREATE TABLE due_mark (last INTEGER NOT NULL) STRICT"
FIRST_DUE_MARK = "INSERT INTO due_mark VALUES (0)"

PASSES = """
CREATE TABLE pass (
    tenant TEXT PRIMARY KEY,
    finished_at INTEGER NOT NULL,  -- microseconds since 1970, as all times here
    seconds REAL NOT NULL,
    listed INTEGER NOT NULL,
    forwarded INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    problem TEXT
) STRICT, WITHOUT ROWID
"""

PIN = """
CREATE TABLE pin (
    hub TEXT NOT NULL,
    dossier TEXT NOT NULL,
    location TEXT NOT NULL,
    template TEXT NOT NULL,
    folder TEXT NOT NULL,
    PRIMARY KEY (hub, dossier, location)
) STRICT, WITHOUT ROWID
"""

CLAIM = """
CREATE TABLE claim (
    id INTEGER PRIMARY KEY,  -- the first claim of a folder has the lowest
    folder_key TEXT NOT NULL,
    tenant TEXT NOT NULL,
    folder TEXT NOT NULL,
    is_shared INTEGER NOT NULL,
    UNIQUE (folder_key, tenant)
) STRICT
"""

MARK = """
CREATE TABLE mark (
    destination TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""

# Hub and dossier, and folders, are long and repeat in every row: a row holds a number instead.
TENANT = """
CREATE TABLE tenant (
    id INTEGER PRIMARY KEY,
    hub TEXT NOT NULL,
    dossier TEXT NOT NULL,
    UNIQUE (hub, dossier)
) STRICT
"""

FOLDER = """
CREATE TABLE folder (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
) STRICT
"""

DOCUMENT = """
CREATE TABLE document (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,  -- DocumentKey.digest
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    document_id TEXT NOT NULL,
    version TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('intent', 'delivered', 'acked', 'error', 'held')),
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sha256 ANY,  -- 32 bytes; text when it is not hexadecimal
    size_bytes INTEGER,
    destination TEXT,
    evidence TEXT,
    rule TEXT,
    reason TEXT,
    quarantine TEXT,
    boot_id TEXT,
    is_reported INTEGER NOT NULL DEFAULT 0,
    is_released INTEGER NOT NULL DEFAULT 0,
    is_wanted INTEGER NOT NULL DEFAULT 0,
    verdict TEXT NOT NULL,
    findings_json TEXT,  -- NULL: no findings
    file_name TEXT,
    content_type TEXT,
    "offset" TEXT,
    supplier_name TEXT,
    supplier_id TEXT,
    customer_name TEXT,
    customer_id TEXT,
    number TEXT,
    issue_date TEXT,
    currency TEXT,
    payable_amount TEXT,
    tax_amount TEXT,
    iban TEXT,
    type_code TEXT,
    UNIQUE (tenant, document_id, version)
) STRICT
"""

DOCUMENT_INDEXES = (
    "CREATE INDEX document_status ON document (status)",
    "CREATE INDEX document_content ON document (tenant, sha256)",
    "CREATE INDEX document_wanted ON document (tenant) WHERE is_wanted",
)

# A name key is cut at its last slash, so that the long folder part is stored once.
FILE = """
CREATE TABLE file (
    document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    token TEXT NOT NULL,
    folder INTEGER NOT NULL REFERENCES folder (id),
    name TEXT NOT NULL,
    key_folder INTEGER NOT NULL REFERENCES folder (id),
    key_name TEXT NOT NULL,
    sha256 ANY NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (document, ordinal),
    UNIQUE (key_folder, key_name)
) STRICT, WITHOUT ROWID
"""

# Counting a million rows takes too long for a page; triggers keep the sums.
TALLY = """
CREATE TABLE tally (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    status TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (tenant, status)
) STRICT, WITHOUT ROWID
"""

TALLY_TRIGGERS = (
    """
CREATE TRIGGER document_added AFTER INSERT ON document
BEGIN
    INSERT INTO tally VALUES (NEW.tenant, NEW.status, 1)
    ON CONFLICT DO UPDATE SET amount = amount + 1;
END
""",
    """
CREATE TRIGGER document_moved AFTER UPDATE OF status ON document
WHEN OLD.status <> NEW.status
BEGIN
    UPDATE tally SET amount = amount - 1 WHERE tenant = OLD.tenant AND status = OLD.status;
    INSERT INTO tally VALUES (NEW.tenant, NEW.status, 1)
    ON CONFLICT DO UPDATE SET amount = amount + 1;
END
""",
    """
CREATE TRIGGER document_removed AFTER DELETE ON document
BEGIN
    UPDATE tally SET amount = amount - 1 WHERE tenant = OLD.tenant AND status = OLD.status;
END
""",
)

STATEMENTS = (
    *(INSTALLATION, PACKAGE, DOSSIER, CURSOR, DUE, DUE_MARK, FIRST_DUE_MARK, PASSES, PIN),
    *(CLAIM, MARK, TENANT, FOLDER),
    *(DOCUMENT, *DOCUMENT_INDEXES, FILE, TALLY, *TALLY_TRIGGERS),
)


def upgrade() -> None:
    """Create every table."""
    for statement in STATEMENTS:
        op.execute(statement)
