CREATE TABLE IF NOT EXISTS waiting(             -- what each device said last of its own queue
    workspace_id BIGINT NOT NULL,
    device_id VARCHAR(64) NOT NULL,
    operations BIGINT NOT NULL,
    since BIGINT NOT NULL,                      -- when the oldest was made; 0: nothing waits
    told_at BIGINT NOT NULL,
    PRIMARY KEY(workspace_id, device_id)
) {options};
