-- Ids are UUIDs; those of devices are up to 64 characters of a third-party client's choice. Every key is led by the
-- workspace. {options} says how text is compared: as bytes, and spaces at the end count.
CREATE TABLE IF NOT EXISTS meta(
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    value VARCHAR(255) NOT NULL
) {options};
CREATE TABLE IF NOT EXISTS workspace(
    workspace_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id VARCHAR(36) NOT NULL,
    name VARCHAR(255) NOT NULL,
    name_key VARCHAR(255) NOT NULL,             -- as it is compared
    version BIGINT NOT NULL DEFAULT 0,          -- the counter that every accepted operation moves on
    purge_floor BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    UNIQUE KEY workspace_id_text(id),
    UNIQUE KEY workspace_name(name_key)
) {options};
CREATE TABLE IF NOT EXISTS "user"(
    workspace_id BIGINT NOT NULL,
    id VARCHAR(36) NOT NULL,
    email VARCHAR(255) NOT NULL,
    email_key VARCHAR(255) NOT NULL,            -- as it is compared
    name VARCHAR(255) NOT NULL,
    role VARCHAR(16) NOT NULL,
    disabled BOOLEAN NOT NULL DEFAULT FALSE,
    password VARCHAR(255) NOT NULL,             -- argon2id
    created_at BIGINT NOT NULL,
    PRIMARY KEY(workspace_id, id),
    UNIQUE KEY user_email(workspace_id, email_key),
    KEY user_email_anywhere(email_key)
) {options};
CREATE TABLE IF NOT EXISTS device(
    workspace_id BIGINT NOT NULL,
    id VARCHAR(64) NOT NULL,
    name VARCHAR(255) NOT NULL,
    user_id VARCHAR(36) NOT NULL,               -- who signed in last
    session_device VARCHAR(64) NOT NULL,        -- whose session it uses: its own, or that of the id it had before
    next_sequence BIGINT NOT NULL DEFAULT 0,    -- operations that it ever sent
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY(workspace_id, id)
) {options};
CREATE TABLE IF NOT EXISTS session(
    workspace_id BIGINT NOT NULL,
    device_id VARCHAR(64) NOT NULL,
    token VARCHAR(64) NOT NULL,                 -- SHA-256 of the bearer token, in hex
    user_id VARCHAR(36) NOT NULL,
    expires_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY(workspace_id, device_id),
    KEY session_token(token),
    KEY session_user_id(workspace_id, user_id)
) {options};
CREATE TABLE IF NOT EXISTS operation_log(
    workspace_id BIGINT NOT NULL,
    id VARCHAR(36) NOT NULL,
    operation VARCHAR(16) NOT NULL,
    model VARCHAR(64) NOT NULL,
    record_id VARCHAR(36) NOT NULL,
    base BIGINT NOT NULL,
    stamp VARCHAR(128) NOT NULL,
    policy VARCHAR(16) NOT NULL,
    group_id VARCHAR(36),
    data LONGTEXT,
    user_id VARCHAR(36) NOT NULL,
    device_id VARCHAR(64) NOT NULL,
    sequence BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    content BIGINT NOT NULL,                    -- checksum of what it said
    verdict VARCHAR(16) NOT NULL,
    version BIGINT NOT NULL,
    result LONGTEXT,                            -- the answer; NULL: applied, with the version and no more
    lost LONGTEXT,                              -- values that lost against others
    PRIMARY KEY(workspace_id, id),
    KEY operation_log_record(workspace_id, record_id, version),
    KEY operation_log_trouble(workspace_id, verdict, received_at)
) {options};
CREATE TABLE IF NOT EXISTS sent(
    workspace_id BIGINT NOT NULL,
    device_id VARCHAR(64) NOT NULL,
    sequence BIGINT NOT NULL,
    operation_id VARCHAR(36) NOT NULL,
    PRIMARY KEY(workspace_id, device_id, sequence)
) {options};
