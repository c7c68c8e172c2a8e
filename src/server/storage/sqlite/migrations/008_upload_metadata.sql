CREATE TABLE upload_metadata(                 -- Upload-Metadata (tus), as the client gave it
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,                         -- of the attachment
    metadata TEXT NOT NULL,
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
