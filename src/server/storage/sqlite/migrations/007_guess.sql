CREATE TABLE guess(                           -- what is held against who guesses passwords; for a quarter of an hour
    id TEXT PRIMARY KEY,                      -- SHA-256 of whom it is about, in hex
    failures INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL                  -- from then on
) WITHOUT ROWID;
CREATE INDEX guess_last ON guess(last_at);
