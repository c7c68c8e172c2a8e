CREATE TABLE waiting(                           -- what each device said last of its own queue
    workspace_id bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    operations bigint NOT NULL,
    since bigint NOT NULL,                      -- when the oldest was made; 0: nothing waits
    told_at bigint NOT NULL,
    PRIMARY KEY(workspace_id, device_id)
);
