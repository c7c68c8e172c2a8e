-- The table of one model. {fields} are its columns, derived from the table of models; the line with {parent} stays where
-- there is one. `feed` is a record's place in the order of pulls. `owner_id` is the user whom an EMPLOYEE must be to see
-- the row: for a lead its ownerId, for the others a copy of their lead's.
CREATE TABLE {table}(
    workspace_id bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    feed bigint NOT NULL,
    deleted boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    owner_id text COLLATE "C",
    owner_version bigint NOT NULL,
    former_owners text COLLATE "C",
    {fields},
    extra text COLLATE "C",
    origins text COLLATE "C" NOT NULL,
    PRIMARY KEY(workspace_id, id)
);
CREATE INDEX {name}_feed ON {table}(workspace_id, feed);
CREATE INDEX {name}_owner ON {table}(workspace_id, owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX {name}_parent ON {table}(workspace_id, {parent}) WHERE {parent} IS NOT NULL;
