CREATE TABLE IF NOT EXISTS account_log(         -- who changed which account, from where; for ever
    workspace_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    what VARCHAR(32) NOT NULL,
    user_id VARCHAR(64) NOT NULL,               -- whose account
    detail VARCHAR(64) NOT NULL,                -- a role, a device
    by_user VARCHAR(64) NOT NULL,               -- empty: whoever runs the server
    by_device VARCHAR(64) NOT NULL,
    PRIMARY KEY(workspace_id, at, what, user_id)
) {options};
