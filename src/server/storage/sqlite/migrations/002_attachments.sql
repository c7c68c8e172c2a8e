CREATE TABLE attachment(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    model TEXT NOT NULL,
    record_id TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,                     -- names the content, in hex
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    completed_at INTEGER NOT NULL,            -- 0: the upload is under way
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE INDEX attachment_record ON attachment(workspace_id, record_id);
CREATE INDEX attachment_content ON attachment(workspace_id, sha256);
CREATE INDEX attachment_open ON attachment(workspace_id, device_id) WHERE completed_at = 0;
