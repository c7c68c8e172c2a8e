CREATE TABLE pulled(                          -- how far each device is known to have pulled
    workspace_id INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY(workspace_id, device_id)
) WITHOUT ROWID;
