CREATE TABLE account_log(                     -- who changed which account, from where; for ever
    workspace_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    user_id TEXT NOT NULL,                    -- whose account
    detail TEXT NOT NULL,                     -- a role, a device
    by_user TEXT NOT NULL,                    -- empty: whoever runs the server
    by_device TEXT NOT NULL,
    PRIMARY KEY(workspace_id, at, what, user_id)
) WITHOUT ROWID;
