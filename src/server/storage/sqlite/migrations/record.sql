-- The table of one model. {fields} are its columns, derived from the table of models; the line with {parent} stays where
-- there is one. `feed` is a record's place in the order of pulls. `owner_id` is the user whom an EMPLOYEE must be to see
-- the row: for a lead its ownerId, for the others a copy of their lead's.
-- Clustered by id: a first pull reads it in order. What is read seldom stands last.
CREATE TABLE {table}(
    workspace_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    feed INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    owner_id TEXT,
    owner_version INTEGER NOT NULL,
    former_owners TEXT,
    {fields},
    extra TEXT,
    origins TEXT NOT NULL,
    PRIMARY KEY(workspace_id, id)
) WITHOUT ROWID;
CREATE INDEX {name}_feed ON {table}(workspace_id, feed);
CREATE INDEX {name}_owner ON {table}(workspace_id, owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX {name}_parent ON {table}(workspace_id, {parent}) WHERE {parent} IS NOT NULL;
