CREATE TABLE account_log(                       -- who changed which account, from where; for ever
    workspace_id bigint NOT NULL,
    at bigint NOT NULL,
    what text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,          -- whose account
    detail text COLLATE "C" NOT NULL,           -- a role, a device
    by_user text COLLATE "C" NOT NULL,          -- empty: whoever runs the server
    by_device text COLLATE "C" NOT NULL,
    PRIMARY KEY(workspace_id, at, what, user_id)
);
