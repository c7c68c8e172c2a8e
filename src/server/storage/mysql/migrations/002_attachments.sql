CREATE TABLE IF NOT EXISTS attachment(
    workspace_id BIGINT NOT NULL,
    id VARCHAR(36) NOT NULL,
    model VARCHAR(64) NOT NULL,
    record_id VARCHAR(36) NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,                -- names the content, in hex
    user_id VARCHAR(36) NOT NULL,
    device_id VARCHAR(64) NOT NULL,
    created_at BIGINT NOT NULL,
    completed_at BIGINT NOT NULL,               -- 0: the upload is under way
    PRIMARY KEY(workspace_id, id),
    KEY attachment_record(workspace_id, record_id),
    KEY attachment_content(workspace_id, sha256),
    KEY attachment_open(workspace_id, device_id, completed_at)
) {options};
