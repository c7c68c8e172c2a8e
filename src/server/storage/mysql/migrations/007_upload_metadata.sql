CREATE TABLE IF NOT EXISTS upload_metadata(     -- Upload-Metadata (tus), as the client gave it
    workspace_id BIGINT NOT NULL,
    id VARCHAR(36) NOT NULL,                    -- of the attachment
    metadata TEXT NOT NULL,
    PRIMARY KEY(workspace_id, id)
) {options};
