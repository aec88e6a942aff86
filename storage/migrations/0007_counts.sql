-- Counts of what people came to in a flow: numbers alone, for whoever evaluates the texts.

-- How many people came to each step of an edition, left there, or asked for help: no persons.
CREATE TABLE step_count (
    revision TEXT NOT NULL REFERENCES revision (id),
    step TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('reached', 'left', 'help')),
    n INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (revision, step, what)
) STRICT, WITHOUT ROWID;

-- What was counted in the last days, so that nobody is counted twice.
CREATE TABLE step_seen (
    token BLOB PRIMARY KEY,               -- blind index of a person's run, step and what
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
