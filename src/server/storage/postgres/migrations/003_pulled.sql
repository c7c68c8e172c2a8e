CREATE TABLE pulled(                            -- how far each device is known to have pulled
    workspace_id bigint NOT NULL,
    device_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    seen_at bigint NOT NULL,
    PRIMARY KEY(workspace_id, device_id)
);
