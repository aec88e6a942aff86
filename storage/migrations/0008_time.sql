-- Time: series, reminders, and what staff are told once.
--
-- Nothing here opens anything. What the schema holds: one reminder for each session, person, offset
-- and schedule version; none for a schedule that is over. What only code holds: when they are due.

-- The zone whose clocks a session is planned by; nothing: the programme's.
ALTER TABLE session ADD COLUMN zone TEXT NOT NULL DEFAULT '';
-- The first session of the series that this one belongs to; NULL: it stands alone.
ALTER TABLE session ADD COLUMN series INTEGER REFERENCES session (id);
-- What calendars know the session by, through all its changes: it says nothing of anybody.
ALTER TABLE session ADD COLUMN uid TEXT NOT NULL DEFAULT '';
-- How long before the start the checks begin by themselves; 0: they never do.
ALTER TABLE session ADD COLUMN auto_start INTEGER NOT NULL DEFAULT 0
    CHECK (auto_start BETWEEN 0 AND 86400);

UPDATE session SET uid = lower(hex(randomblob(16))), version = version + 1;

CREATE UNIQUE INDEX session_by_uid ON session (uid);
CREATE INDEX session_by_series ON session (series, starts_at) WHERE series IS NOT NULL;
CREATE INDEX session_by_group ON session ("group", starts_at) WHERE "group" IS NOT NULL;

-- The programme's reminders as they are set: written at each start, read with each change.
CREATE TABLE reminder_rule (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    offsets TEXT NOT NULL,                -- seconds before the start, with commas
    quiet_since INTEGER NOT NULL CHECK (quiet_since BETWEEN 0 AND 1439),
    quiet_until INTEGER NOT NULL CHECK (quiet_until BETWEEN 0 AND 1439)
) STRICT;

INSERT INTO reminder_rule (id, offsets, quiet_since, quiet_until)
VALUES (1, '604800,86400,3600', 1260, 480);

CREATE TABLE reminder (
    session INTEGER NOT NULL REFERENCES session (id),
    person INTEGER NOT NULL REFERENCES person (id),
    "offset" INTEGER NOT NULL CHECK ("offset" > 0),  -- seconds before the start
    schedule INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (session, person, "offset", schedule)
) STRICT, WITHOUT ROWID;

CREATE INDEX reminder_by_time ON reminder (at, session, person);

CREATE TRIGGER reminder_begins BEFORE INSERT ON reminder BEGIN
    SELECT RAISE(ABORT, 'reminder: of no planned session') WHERE NOT EXISTS (
        SELECT 1 FROM session s WHERE s.id = NEW.session AND s.schedule = NEW.schedule
            AND s.state = 'planned' AND NEW.at < s.starts_at);
    SELECT RAISE(ABORT, 'reminder: of nobody who is expected') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c WHERE c.session = NEW.session AND c.person = NEW.person);
END;

CREATE TRIGGER reminder_fixed BEFORE UPDATE ON reminder BEGIN
    SELECT RAISE(ABORT, 'reminder: it is made anew');
END;

-- Reminders that a participant does not want.
CREATE TABLE unwanted_reminder (
    person INTEGER NOT NULL REFERENCES person (id),
    "offset" INTEGER NOT NULL,
    PRIMARY KEY (person, "offset")
) STRICT, WITHOUT ROWID;

-- What a facilitator is planning: keys and numbers, one plan at a time.
CREATE TABLE plan (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    "group" INTEGER NOT NULL REFERENCES "group" (id),
    body TEXT NOT NULL
) STRICT;

-- What staff were told, so that they are told once; `about` is a person or a session.
CREATE TABLE told (
    kind TEXT NOT NULL,
    about INTEGER NOT NULL,
    stamp INTEGER NOT NULL,               -- what it was told for, such as an end
    at INTEGER NOT NULL,
    PRIMARY KEY (kind, about, stamp)
) STRICT, WITHOUT ROWID;

-- Letters that may wait behind everything else: many at once, and nobody looks at the screen.
ALTER TABLE outbox ADD COLUMN bulk INTEGER NOT NULL DEFAULT 0 CHECK (bulk IN (0, 1));
CREATE INDEX outbox_by_turn ON outbox (bulk, id);

-- How the bot looks on Telegram: what was compared last, so that not every start asks anew.
CREATE TABLE introduced (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    digest TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
