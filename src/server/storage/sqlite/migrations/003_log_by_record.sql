-- Files of early builds have it already.
CREATE INDEX IF NOT EXISTS operation_log_record ON operation_log(workspace_id, record_id, version);
-- What an administrator looks at; few rows.
CREATE INDEX IF NOT EXISTS operation_log_trouble ON operation_log(workspace_id, received_at)
    WHERE verdict IN ('conflict', 'rejected');
