CREATE TABLE meta(
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE workspace(
    workspace_id INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    version INTEGER NOT NULL DEFAULT 0,       -- the counter that every accepted operation moves on
    purge_floor INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
);
CREATE TABLE user(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    email TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    password TEXT NOT NULL,                   -- argon2id
    created_at INTEGER NOT NULL,
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX user_email ON user(email, workspace_id);
CREATE TABLE device(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,                    -- who signed in last
    session_device TEXT NOT NULL,             -- whose session it uses: its own, or that of the id it had before
    next_sequence INTEGER NOT NULL DEFAULT 0, -- operations that it ever sent
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE TABLE session(
    token BLOB PRIMARY KEY,                   -- SHA-256 of the bearer token
    workspace_id INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    UNIQUE(workspace_id, device_id)
) WITHOUT ROWID;
CREATE TABLE operation_log(                   -- receipts and audit trail in one
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    record_id TEXT NOT NULL,
    base INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    policy TEXT NOT NULL,
    group_id TEXT,
    data TEXT,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    content INTEGER NOT NULL,                 -- checksum of what it said
    verdict TEXT NOT NULL,
    version INTEGER NOT NULL,
    result TEXT,                              -- the answer; NULL: applied, with the version and no more
    lost TEXT,                                -- values that lost against others
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE TABLE sent(                            -- which operation stood at which number of a device's sequence
    workspace_id INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    operation_id TEXT NOT NULL,
    PRIMARY KEY(workspace_id, device_id, sequence)
) WITHOUT ROWID;
