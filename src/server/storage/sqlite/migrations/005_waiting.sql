CREATE TABLE waiting(                         -- what each device said last of its own queue
    workspace_id INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    operations INTEGER NOT NULL,
    since INTEGER NOT NULL,                   -- when the oldest was made; 0: nothing waits
    told_at INTEGER NOT NULL,
    PRIMARY KEY(workspace_id, device_id)
) WITHOUT ROWID;
