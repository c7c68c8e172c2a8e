CREATE TABLE upload_metadata(                   -- Upload-Metadata (tus), as the client gave it
    workspace_id bigint NOT NULL,
    id text COLLATE "C" NOT NULL,               -- of the attachment
    metadata text COLLATE "C" NOT NULL,
    PRIMARY KEY(workspace_id, id)
);
