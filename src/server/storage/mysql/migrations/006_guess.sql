CREATE TABLE IF NOT EXISTS guess(               -- what is held against who guesses passwords; for a quarter of an hour
    id VARCHAR(64) NOT NULL PRIMARY KEY,        -- SHA-256 of whom it is about, in hex
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    wait_ms BIGINT NOT NULL,                    -- from then on
    KEY guess_last(last_at)
) {options};
