-- The table of one model. {fields} are its columns, derived from the table of models; the line with {parent} stays where
-- there is one. `feed` is a record's place in the order of pulls. `owner_id` is the user whom an EMPLOYEE must be to see
-- the row: for a lead its ownerId, for the others a copy of their lead's.
CREATE TABLE IF NOT EXISTS {table}(
    workspace_id BIGINT NOT NULL,
    id VARCHAR(36) NOT NULL,
    version BIGINT NOT NULL,
    feed BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    owner_id VARCHAR(36),
    owner_version BIGINT NOT NULL,
    former_owners LONGTEXT,
    {fields},
    extra LONGTEXT,
    origins LONGTEXT NOT NULL,
    PRIMARY KEY(workspace_id, id),
    KEY {name}_parent(workspace_id, {parent}),
    KEY {name}_feed(workspace_id, feed),
    KEY {name}_owner(workspace_id, owner_id, id)
) {options};
