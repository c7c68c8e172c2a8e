CREATE TABLE attachment(
    workspace_id bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    record_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    size bigint NOT NULL,
    sha256 text COLLATE "C" NOT NULL,           -- names the content, in hex
    user_id text COLLATE "C" NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    completed_at bigint NOT NULL,               -- 0: the upload is under way
    PRIMARY KEY(workspace_id, id)
);
CREATE INDEX attachment_record ON attachment(workspace_id, record_id);
CREATE INDEX attachment_content ON attachment(workspace_id, sha256);
CREATE INDEX attachment_open ON attachment(workspace_id, device_id) WHERE completed_at = 0;
