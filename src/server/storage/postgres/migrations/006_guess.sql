CREATE TABLE guess(                             -- what is held against who guesses passwords; for a quarter of an hour
    id text COLLATE "C" PRIMARY KEY,            -- SHA-256 of whom it is about, in hex
    failures bigint NOT NULL,
    last_at bigint NOT NULL,
    wait_ms bigint NOT NULL                     -- from then on
);
CREATE INDEX guess_last ON guess(last_at);
