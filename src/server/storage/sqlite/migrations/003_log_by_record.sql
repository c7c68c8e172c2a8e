-- Files of early builds have it already.
CREATE INDEX IF NOT EXISTS operation_log_record ON operation_log(workspace_id, record_id, version);
