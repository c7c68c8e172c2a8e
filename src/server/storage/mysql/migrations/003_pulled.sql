CREATE TABLE IF NOT EXISTS pulled(              -- how far each device is known to have pulled
    workspace_id BIGINT NOT NULL,
    device_id VARCHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY(workspace_id, device_id)
) {options};
