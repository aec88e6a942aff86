-- The first schema.
--
-- The third lock of the gate: these triggers refuse an opened session or a credential without
-- live sign-offs even from raw SQL, with or without foreign_keys and recursive_triggers.
--
-- What the schema holds: who may sign (an active, prepared facilitator of the session, not on its
-- roster), completeness (every mandatory item *yes* and observed by the signer, in this epoch),
-- epochs that only rise, one sign-off an epoch (or two, by different facilitators), a code before a
-- signature where the session asks for one, codes that are used once, five wrong ones, the order of
-- states, the window, the age of sign-offs, standing (agreements, orientation, clearance, intake),
-- capacity, one live credential, append-only records, a gapless audit chain, a clock that does not
-- run backwards.
-- What only code holds: that `at` is the present, that a digest is the digest of a screen, that a
-- tap was a person's, that a code was right, that what no longer may be typed is cleared, and that a
-- hash is the hash of its row (verified by walking the chain).
--
-- Times are whole seconds of UTC since 1970. A CHECK lets NULL through, hence NOT NULL throughout.

-- People -----------------------------------------------------------------------------------------

CREATE TABLE person (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- a number is never given twice
    status TEXT NOT NULL CHECK (status IN ('invited', 'enrolled', 'left', 'erased')),
    locale TEXT NOT NULL,
    zone TEXT NOT NULL,
    chat_index BLOB UNIQUE,               -- blind index; NULL until the invitation is used
    chat BLOB,                            -- sealed under the person's key
    label BLOB NOT NULL,                  -- sealed under the person's key
    unreachable_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE staff_role (
    person INTEGER NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (role IN ('facilitator', 'coordinator')),
    prepared_at INTEGER,                  -- when a coordinator marked them as prepared
    ended_at INTEGER,
    PRIMARY KEY (person, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation (
    token_hash BLOB PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person (id),
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE clearance (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    decision TEXT NOT NULL
        CHECK (decision IN ('online_group', 'one_to_one_only', 'in_person_only', 'on_hold')),
    until INTEGER NOT NULL,
    instrument TEXT NOT NULL CHECK (instrument IN ('sara', 'b-safer', 'own', 'judgement')),
    decided_by INTEGER REFERENCES person (id),
    decided_at INTEGER NOT NULL
) STRICT;

CREATE TABLE orientation (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    until INTEGER NOT NULL,
    signed_by INTEGER REFERENCES person (id),
    signed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE agreement_version (
    kind TEXT PRIMARY KEY CHECK (kind IN ('consent', 'house_rules', 'confidentiality')),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agreement (
    person INTEGER NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL REFERENCES agreement_version (kind),
    version INTEGER NOT NULL,
    locale TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (person, kind, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE intake (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    at INTEGER NOT NULL
) STRICT;

-- What makes a member of staff's codes (RFC 6238).
CREATE TABLE authenticator (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    secret BLOB NOT NULL,                 -- sealed under the person's key
    shown_until INTEGER,                  -- when its picture is taken away; NULL: there is none
    confirmed_at INTEGER,                 -- by a first right code
    wrong INTEGER NOT NULL CHECK (wrong BETWEEN 0 AND 5),
    locked_at INTEGER,
    last_step INTEGER NOT NULL,           -- of the latest right code, in steps of 30 seconds
    CHECK ((wrong = 5) = (locked_at IS NOT NULL)),
    CHECK (confirmed_at IS NULL OR shown_until IS NULL)
) STRICT;

-- Where a code is being entered. A row goes when the code is complete, or not in time.
CREATE TABLE pad (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    session INTEGER REFERENCES session (id),  -- for which the code is; NULL: for none
    number INTEGER NOT NULL,              -- another one for each code; a key carries it
    digits BLOB NOT NULL CHECK (length(digits) <= 34),  -- at most 6, sealed (28 bytes)
    until INTEGER NOT NULL
) STRICT;

CREATE TABLE programme (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    ends_at INTEGER,
    safety_contact_until INTEGER
) STRICT;

-- Flows ------------------------------------------------------------------------------------------

CREATE TABLE revision (
    id TEXT PRIMARY KEY CHECK (length(id) = 64),
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    recalled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE revision_item (
    revision TEXT NOT NULL REFERENCES revision (id),
    item TEXT NOT NULL,
    observed INTEGER NOT NULL CHECK (observed IN (0, 1)),
    PRIMARY KEY (revision, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE published (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    revision TEXT NOT NULL REFERENCES revision (id),
    PRIMARY KEY (flow, locale)
) STRICT, WITHOUT ROWID;

CREATE TABLE non_negotiable (item TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO non_negotiable (item)
VALUES ('private-space'), ('headphones'), ('stable-internet'), ('own-device');

-- Sessions ---------------------------------------------------------------------------------------

CREATE TABLE "group" (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE session (
    id INTEGER PRIMARY KEY,
    "group" INTEGER REFERENCES "group" (id),
    name TEXT NOT NULL,                   -- neutral; staff alone see it
    kind TEXT NOT NULL CHECK (kind IN ('group', 'one_to_one')),
    room TEXT NOT NULL CHECK (room IN ('link')),
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'checking', 'open', 'stopped', 'closed', 'cancelled')),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    cap INTEGER NOT NULL CHECK (cap BETWEEN 1 AND 8),
    schedule INTEGER NOT NULL DEFAULT 1,
    opening INTEGER NOT NULL DEFAULT 0,   -- number of the latest opening
    link_ready INTEGER NOT NULL DEFAULT 0 CHECK (link_ready IN (0, 1)),
    checks_before INTEGER NOT NULL CHECK (checks_before BETWEEN 0 AND 86400),
    open_before INTEGER NOT NULL CHECK (open_before BETWEEN 0 AND 3600),
    late INTEGER NOT NULL CHECK (late BETWEEN 0 AND 3600),
    sign_off INTEGER NOT NULL CHECK (sign_off BETWEEN 60 AND 7200),
    credential INTEGER NOT NULL CHECK (credential BETWEEN 60 AND 3600),
    rejoin INTEGER NOT NULL CHECK (rejoin BETWEEN 60 AND 1800),
    grace INTEGER NOT NULL CHECK (grace BETWEEN 0 AND 7200),
    signers INTEGER NOT NULL CHECK (signers BETWEEN 1 AND 2),  -- how many sign each admission
    second_factor INTEGER NOT NULL CHECK (second_factor IN (0, 1)),  -- a code before signing
    version INTEGER NOT NULL DEFAULT 0,
    CHECK (ends_at > starts_at AND ends_at - starts_at BETWEEN 1800 AND 7200),
    CHECK (kind = 'group' OR cap = 1)
) STRICT;

CREATE INDEX session_by_start ON session (starts_at);

CREATE TABLE session_facilitator (
    session INTEGER NOT NULL REFERENCES session (id),
    person INTEGER NOT NULL REFERENCES person (id),
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    desk_person INTEGER,
    desk_since INTEGER,
    desk_view TEXT,
    wants_link INTEGER NOT NULL DEFAULT 0 CHECK (wants_link IN (0, 1)),
    proved_at INTEGER,                    -- when they entered a right code for this session
    PRIMARY KEY (session, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX session_facilitator_by_person ON session_facilitator (person, session);

CREATE TABLE "check" (
    session INTEGER NOT NULL REFERENCES session (id),
    person INTEGER NOT NULL REFERENCES person (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'asking', 'ready', 'unmet', 'admitted',
                                         'turned_away', 'absent', 'stopped')),
    epoch INTEGER NOT NULL,
    revision TEXT REFERENCES revision (id),
    step TEXT,
    asked_at INTEGER,
    repeated INTEGER NOT NULL DEFAULT 0 CHECK (repeated IN (0, 1, 2)),
    ready_at INTEGER,
    arrived_at INTEGER,
    rejoin_asked_at INTEGER,
    rejoin_confirmed_at INTEGER,
    entered_at INTEGER,                   -- has had a way in and has not checked out
    checked_out_at INTEGER,
    PRIMARY KEY (session, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX check_by_person ON "check" (person, session);

CREATE TABLE answer (
    session INTEGER NOT NULL,
    person INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    item TEXT NOT NULL,
    value TEXT NOT NULL CHECK (value IN ('yes', 'no')),
    "by" INTEGER NOT NULL,
    at INTEGER NOT NULL,
    changed INTEGER NOT NULL DEFAULT 0 CHECK (changed IN (0, 1)),
    PRIMARY KEY (session, person, epoch, item),
    FOREIGN KEY (session, person) REFERENCES "check" (session, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE observation (
    session INTEGER NOT NULL,
    person INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    item TEXT NOT NULL,
    "by" INTEGER NOT NULL REFERENCES person (id),
    number INTEGER NOT NULL,              -- the latest counts
    seen INTEGER NOT NULL CHECK (seen IN (0, 1)),
    at INTEGER NOT NULL,
    PRIMARY KEY (session, person, epoch, item, "by", number),
    FOREIGN KEY (session, person) REFERENCES "check" (session, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_off (
    session INTEGER NOT NULL,
    person INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    place INTEGER NOT NULL CHECK (place IN (1, 2)),  -- 2: the second of two signatures
    schedule INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('admit', 'turn_away')),
    destination TEXT CHECK (destination IN ('one_to_one', 'in_person', 'another_day')),
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND NOT digest GLOB '*[^0-9a-f]*'),
    meaning TEXT NOT NULL CHECK (meaning <> ''),
    locale TEXT NOT NULL CHECK (locale <> ''),
    meaning_sha256 TEXT NOT NULL CHECK (length(meaning_sha256) = 64),
    PRIMARY KEY (session, person, epoch, place),
    CHECK ((outcome = 'turn_away') = (destination IS NOT NULL)),
    FOREIGN KEY (session, person) REFERENCES "check" (session, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE opening (
    session INTEGER NOT NULL REFERENCES session (id),
    number INTEGER NOT NULL,
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND NOT digest GLOB '*[^0-9a-f]*'),
    meaning TEXT NOT NULL CHECK (meaning <> ''),
    locale TEXT NOT NULL CHECK (locale <> ''),
    meaning_sha256 TEXT NOT NULL CHECK (length(meaning_sha256) = 64),
    PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
    session INTEGER NOT NULL,
    person INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number BETWEEN 1 AND 2),
    minted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > minted_at),
    ended_at INTEGER,
    PRIMARY KEY (session, person, epoch, number),
    FOREIGN KEY (session, person) REFERENCES "check" (session, person)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_live_credential ON credential (session, person) WHERE ended_at IS NULL;

CREATE TABLE session_link (
    session INTEGER PRIMARY KEY REFERENCES session (id),
    sealed BLOB NOT NULL                  -- under the session's key, destroyed at its end
) STRICT;

-- Keys of session links that shall be destroyed: after the commit, in the key file.
CREATE TABLE doomed_key (session INTEGER PRIMARY KEY REFERENCES session (id)) STRICT;

CREATE TABLE used_link (fingerprint BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE debrief (
    session INTEGER NOT NULL REFERENCES session (id),
    person INTEGER NOT NULL REFERENCES person (id),
    question TEXT NOT NULL CHECK (question IN ('with-colleague', 'supervision')),
    value TEXT NOT NULL CHECK (value IN ('yes', 'no')),
    PRIMARY KEY (session, person, question)
) STRICT, WITHOUT ROWID;

-- What the triggers look at ----------------------------------------------------------------------

-- A facilitator of the session who may sign: active, in the role, prepared, not on its roster.
CREATE VIEW signer AS
SELECT f.session, f.person
FROM session_facilitator f
JOIN staff_role r
    ON r.person = f.person AND r.role = 'facilitator'
    AND r.ended_at IS NULL AND r.prepared_at IS NOT NULL
WHERE f.active = 1
    AND NOT EXISTS (SELECT 1 FROM "check" c WHERE c.session = f.session AND c.person = f.person);

-- Until when somebody on a roster has everything that is settled before a session.
CREATE VIEW standing AS
SELECT c.session, c.person, min(o.until, k.until, g.ends_at, g.safety_contact_until) AS until
FROM "check" c
JOIN session s ON s.id = c.session
JOIN person p ON p.id = c.person AND p.status = 'enrolled'
JOIN orientation o ON o.person = c.person
JOIN clearance k ON k.person = c.person
JOIN programme g ON g.id = 1 AND g.suspended = 0
WHERE (k.decision = 'online_group' OR (s.kind = 'one_to_one' AND k.decision = 'one_to_one_only'))
    AND (s.kind = 'one_to_one' OR EXISTS (SELECT 1 FROM intake i WHERE i.person = c.person))
    AND (SELECT count(*) FROM agreement a JOIN agreement_version v
         ON v.kind = a.kind AND v.version = a.version
         WHERE a.person = c.person) = 3;

-- The items that a check still lacks: not answered *yes* in its epoch. The four are named twice, by
-- the revision and by themselves, so that no revision can leave one out.
CREATE VIEW lacking_answer AS
SELECT c.session, c.person, i.item
FROM "check" c JOIN revision_item i ON i.revision = c.revision
WHERE NOT EXISTS (
    SELECT 1 FROM answer a
    WHERE a.session = c.session AND a.person = c.person AND a.epoch = c.epoch
        AND a.item = i.item AND a.value = 'yes')
UNION ALL
SELECT c.session, c.person, n.item
FROM "check" c JOIN non_negotiable n
WHERE NOT EXISTS (
    SELECT 1 FROM answer a
    WHERE a.session = c.session AND a.person = c.person AND a.epoch = c.epoch
        AND a.item = n.item AND a.value = 'yes');

-- The items that a signer has not observed in the check's epoch; the latest tap counts.
CREATE VIEW lacking_observation AS
SELECT c.session, c.person, f.person AS "by", i.item
FROM "check" c
JOIN session_facilitator f ON f.session = c.session
JOIN revision_item i ON i.revision = c.revision AND i.observed = 1
WHERE coalesce((
    SELECT o.seen FROM observation o
    WHERE o.session = c.session AND o.person = c.person AND o.epoch = c.epoch
        AND o.item = i.item AND o."by" = f.person
    ORDER BY o.number DESC LIMIT 1), 0) = 0
UNION ALL
SELECT c.session, c.person, f.person AS "by", n.item
FROM "check" c
JOIN session_facilitator f ON f.session = c.session
JOIN non_negotiable n
WHERE coalesce((
    SELECT o.seen FROM observation o
    WHERE o.session = c.session AND o.person = c.person AND o.epoch = c.epoch
        AND o.item = n.item AND o."by" = f.person
    ORDER BY o.number DESC LIMIT 1), 0) = 0;

-- Signatures under an admission that are worth something now; two may be needed.
CREATE VIEW live_signature AS
SELECT s.session, s.person, s.epoch, s.place, s.at, s."by", e.signers
FROM sign_off s
JOIN "check" c
    ON c.session = s.session AND c.person = s.person AND c.epoch = s.epoch AND c.state = 'admitted'
JOIN session e ON e.id = s.session AND e.schedule = s.schedule
JOIN revision r ON r.id = c.revision AND r.recalled_at IS NULL
JOIN signer f ON f.session = s.session AND f.person = s."by"
WHERE s.outcome = 'admit'
    AND NOT EXISTS (SELECT 1 FROM lacking_answer l
                    WHERE l.session = s.session AND l.person = s.person)
    AND NOT EXISTS (SELECT 1 FROM lacking_observation l
                    WHERE l.session = s.session AND l.person = s.person AND l."by" = s."by");

-- Admissions that are worth something now, `at` the time of their oldest signature: where two must
-- sign, both of them, by different facilitators.
CREATE VIEW live_admission AS
SELECT s.session, s.person, s.epoch, min(s.at, coalesce(f.at, s.at)) AS at,
    max(s.at, coalesce(f.at, s.at)) AS latest
FROM live_signature s
LEFT JOIN live_signature f
    ON f.session = s.session AND f.person = s.person AND f.epoch = s.epoch
    AND f.place = 1 AND s.place = 2 AND f."by" <> s."by"
WHERE s.place = s.signers AND (s.signers = 1 OR f.place = 1);

-- Admissions that would count again as soon as their signer may sign again.
CREATE VIEW unsettled_admission AS
SELECT s.session, s.person, s."by"
FROM sign_off s
JOIN "check" c
    ON c.session = s.session AND c.person = s.person AND c.epoch = s.epoch
    AND c.state IN ('ready', 'admitted')
JOIN session e ON e.id = s.session AND e.state IN ('checking', 'open')
WHERE s.outcome = 'admit';

-- The gate, in the schema ------------------------------------------------------------------------

CREATE TRIGGER session_begins BEFORE INSERT ON session BEGIN
    SELECT RAISE(ABORT, 'session: already there')
    WHERE EXISTS (SELECT 1 FROM session WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'session: begins planned')
    WHERE NEW.state <> 'planned' OR NEW.schedule <> 1 OR NEW.opening <> 0 OR NEW.link_ready <> 0;
END;

CREATE TRIGGER session_stays BEFORE DELETE ON session BEGIN
    SELECT RAISE(ABORT, 'session: stays on record');
END;

CREATE TRIGGER session_changes BEFORE UPDATE ON session BEGIN
    SELECT RAISE(ABORT, 'session: identity is fixed') WHERE NEW.id <> OLD.id;
    -- OR REPLACE turns a NULL into the column's default after this trigger: hence IS NOT.
    SELECT RAISE(ABORT, 'session: one version at a time')
    WHERE NEW.version IS NOT OLD.version + 1;
    SELECT RAISE(ABORT, 'session: no such move')
    WHERE NEW.state <> OLD.state AND OLD.state || '>' || NEW.state NOT IN (
        'planned>checking', 'planned>closed', 'planned>cancelled',
        'checking>open', 'checking>stopped', 'checking>closed', 'checking>cancelled',
        'checking>planned', 'open>stopped', 'open>closed',
        'stopped>checking', 'stopped>closed', 'stopped>cancelled', 'stopped>planned');
    SELECT RAISE(ABORT, 'session: a change of time or room raises the schedule')
    WHERE (NEW.starts_at <> OLD.starts_at OR NEW.ends_at <> OLD.ends_at OR NEW.room <> OLD.room
           OR NEW.kind <> OLD.kind)
        AND (NEW.schedule IS NOT OLD.schedule + 1 OR NEW.state <> 'planned');
    SELECT RAISE(ABORT, 'session: the schedule only rises')
    WHERE NEW.schedule < OLD.schedule OR NEW.schedule IS NULL;
    SELECT RAISE(ABORT, 'session: another time asks everybody anew')
    WHERE NEW.schedule <> OLD.schedule AND EXISTS (
        SELECT 1 FROM "check" c JOIN answer a
            ON a.session = c.session AND a.person = c.person AND a.epoch = c.epoch
        WHERE c.session = OLD.id);
    SELECT RAISE(ABORT, 'session: limits are fixed')
    WHERE NEW.sign_off <> OLD.sign_off OR NEW.credential <> OLD.credential
        OR NEW.rejoin <> OLD.rejoin OR NEW.open_before <> OLD.open_before OR NEW.cap <> OLD.cap
        OR NEW.signers <> OLD.signers OR NEW.second_factor <> OLD.second_factor;
    SELECT RAISE(ABORT, 'session: the opening counter follows the openings')
    WHERE NEW.opening IS NOT OLD.opening
        AND NOT (NEW.state = 'open' AND OLD.state = 'checking');
    SELECT RAISE(ABORT, 'session: a stop leaves nobody in')
    WHERE NEW.state IN ('stopped', 'planned') AND OLD.state <> NEW.state AND EXISTS (
        SELECT 1 FROM "check" c
        WHERE c.session = OLD.id AND c.state NOT IN ('turned_away', 'absent')
            AND (c.state = 'admitted' OR EXISTS (
                SELECT 1 FROM answer a WHERE a.session = c.session AND a.person = c.person
                    AND a.epoch = c.epoch)));
    SELECT RAISE(ABORT, 'session: credentials end with it')
    WHERE NEW.state <> 'open' AND EXISTS (
        SELECT 1 FROM credential k WHERE k.session = OLD.id AND k.ended_at IS NULL);
END;

CREATE TRIGGER session_opens BEFORE UPDATE ON session
WHEN NEW.state = 'open' AND OLD.state <> 'open' BEGIN
    SELECT RAISE(ABORT, 'opening: unsigned')
    WHERE NEW.opening IS NOT OLD.opening + 1 OR NOT EXISTS (
        SELECT 1 FROM opening o JOIN signer f ON f.session = o.session AND f.person = o."by"
        WHERE o.session = OLD.id AND o.number = NEW.opening
            AND o.at >= OLD.starts_at - OLD.open_before AND o.at < OLD.ends_at);
    SELECT RAISE(ABORT, 'opening: no link') WHERE NEW.room = 'link' AND NEW.link_ready IS NOT 1;
    SELECT RAISE(ABORT, 'opening: somebody is undecided') WHERE EXISTS (
        SELECT 1 FROM "check" c
        WHERE c.session = OLD.id AND c.state NOT IN ('admitted', 'turned_away', 'absent'));
    SELECT RAISE(ABORT, 'opening: nobody is admitted') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c WHERE c.session = OLD.id AND c.state = 'admitted');
    SELECT RAISE(ABORT, 'opening: more than the cap') WHERE OLD.cap < (
        SELECT count(*) FROM "check" c WHERE c.session = OLD.id AND c.state = 'admitted');
    SELECT RAISE(ABORT, 'opening: without a live sign-off') WHERE EXISTS (
        SELECT 1 FROM "check" c
        WHERE c.session = OLD.id AND c.state = 'admitted' AND NOT EXISTS (
            SELECT 1 FROM live_admission l
            JOIN opening o ON o.session = OLD.id AND o.number = NEW.opening
            JOIN standing t ON t.session = l.session AND t.person = l.person
            WHERE l.session = c.session AND l.person = c.person
                AND l.latest <= o.at AND o.at <= l.at + OLD.sign_off AND t.until > o.at));
END;

CREATE TRIGGER check_begins BEFORE INSERT ON "check" BEGIN
    SELECT RAISE(ABORT, 'check: already there') WHERE EXISTS (
        SELECT 1 FROM "check" WHERE session = NEW.session AND person = NEW.person);
    SELECT RAISE(ABORT, 'check: begins waiting')
    WHERE NEW.state <> 'waiting' OR NEW.epoch <> 1 OR NEW.revision IS NOT NULL;
    SELECT RAISE(ABORT, 'check: the roster is full') WHERE (
        SELECT count(*) FROM "check" c WHERE c.session = NEW.session
    ) >= (SELECT coalesce(max(s.cap), 0) FROM session s WHERE s.id = NEW.session);
    SELECT RAISE(ABORT, 'check: there is a record of an earlier one') WHERE EXISTS (
        SELECT 1 FROM answer a WHERE a.session = NEW.session AND a.person = NEW.person)
        OR EXISTS (
        SELECT 1 FROM sign_off s WHERE s.session = NEW.session AND s.person = NEW.person);
    SELECT RAISE(ABORT, 'check: a facilitator of the session is not its participant')
    WHERE EXISTS (SELECT 1 FROM session_facilitator f
                  WHERE f.session = NEW.session AND f.person = NEW.person);
END;

-- Somebody can be taken off the roster of a planned session, unless there is a record of them.
CREATE TRIGGER check_stays BEFORE DELETE ON "check" BEGIN
    SELECT RAISE(ABORT, 'check: stays on record') WHERE NOT EXISTS (
        SELECT 1 FROM session s WHERE s.id = OLD.session AND s.state = 'planned')
        OR EXISTS (
        SELECT 1 FROM answer a WHERE a.session = OLD.session AND a.person = OLD.person)
        OR EXISTS (
        SELECT 1 FROM sign_off s WHERE s.session = OLD.session AND s.person = OLD.person);
END;

CREATE TRIGGER check_changes BEFORE UPDATE ON "check" BEGIN
    SELECT RAISE(ABORT, 'check: identity is fixed')
    WHERE NEW.session <> OLD.session OR NEW.person <> OLD.person;
    SELECT RAISE(ABORT, 'check: epochs only rise') WHERE NEW.epoch < OLD.epoch;
    SELECT RAISE(ABORT, 'check: another revision is another epoch')
    WHERE OLD.revision IS NOT NULL AND NEW.revision IS NOT OLD.revision AND NEW.epoch = OLD.epoch;
    SELECT RAISE(ABORT, 'check: what was settled is undone in a new epoch only')
    WHERE OLD.state IN ('admitted', 'turned_away') AND NEW.state <> OLD.state
        AND NEW.epoch = OLD.epoch;
    SELECT RAISE(ABORT, 'check: what was signed is undone in a new epoch only')
    WHERE NEW.state <> OLD.state AND NEW.epoch = OLD.epoch AND EXISTS (
        SELECT 1 FROM sign_off s JOIN session e ON e.id = s.session
        WHERE s.session = OLD.session AND s.person = OLD.person AND s.epoch = OLD.epoch
            AND (s.outcome <> 'admit' OR s.place = e.signers)
            AND NEW.state <> CASE s.outcome WHEN 'admit' THEN 'admitted' ELSE 'turned_away' END);
    SELECT RAISE(ABORT, 'check: leaving is undone in a new epoch only')
    WHERE OLD.checked_out_at IS NOT NULL AND NEW.checked_out_at IS NOT OLD.checked_out_at
        AND NEW.epoch = OLD.epoch;
    SELECT RAISE(ABORT, 'check: credentials end with their epoch')
    WHERE NEW.epoch <> OLD.epoch AND EXISTS (
        SELECT 1 FROM credential k WHERE k.session = OLD.session AND k.person = OLD.person
            AND k.ended_at IS NULL);
    SELECT RAISE(ABORT, 'check: not signed') WHERE NEW.state IN ('admitted', 'turned_away')
        AND NOT EXISTS (
            SELECT 1 FROM sign_off s JOIN session e ON e.id = s.session AND e.schedule = s.schedule
            WHERE s.session = NEW.session AND s.person = NEW.person AND s.epoch = NEW.epoch
                AND s.outcome = CASE NEW.state WHEN 'admitted' THEN 'admit' ELSE 'turn_away' END
                AND (s.outcome <> 'admit' OR s.place = e.signers))
        AND NOT (OLD.state = NEW.state AND OLD.epoch = NEW.epoch);
    SELECT RAISE(ABORT, 'check: admitted from ready only')
    WHERE NEW.state = 'admitted' AND OLD.state NOT IN ('ready', 'admitted');
    SELECT RAISE(ABORT, 'check: more than the cap')
    WHERE NEW.state = 'admitted' AND OLD.state <> 'admitted' AND (
        SELECT count(*) FROM "check" c WHERE c.session = NEW.session AND c.state = 'admitted'
    ) >= (SELECT s.cap FROM session s WHERE s.id = NEW.session);
END;

CREATE TRIGGER answer_begins BEFORE INSERT ON answer BEGIN
    SELECT RAISE(ABORT, 'answer: already there') WHERE EXISTS (
        SELECT 1 FROM answer a WHERE a.session = NEW.session AND a.person = NEW.person
            AND a.epoch = NEW.epoch AND a.item = NEW.item);
    SELECT RAISE(ABORT, 'answer: of another person') WHERE NEW."by" <> NEW.person;
    SELECT RAISE(ABORT, 'answer: not of the running epoch') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c WHERE c.session = NEW.session AND c.person = NEW.person
            AND c.epoch = NEW.epoch AND c.state IN ('asking', 'ready', 'unmet'));
END;

CREATE TRIGGER observation_begins BEFORE INSERT ON observation BEGIN
    SELECT RAISE(ABORT, 'observation: out of order') WHERE NEW.number <> 1 + (
        SELECT coalesce(max(o.number), 0) FROM observation o
        WHERE o.session = NEW.session AND o.person = NEW.person AND o.epoch = NEW.epoch
            AND o.item = NEW.item AND o."by" = NEW."by");
    SELECT RAISE(ABORT, 'observation: not of a complete check in its epoch') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c WHERE c.session = NEW.session AND c.person = NEW.person
            AND c.epoch = NEW.epoch AND c.state = 'ready');
    SELECT RAISE(ABORT, 'observation: not by a facilitator of the session') WHERE NOT EXISTS (
        SELECT 1 FROM signer f WHERE f.session = NEW.session AND f.person = NEW."by");
END;

CREATE TRIGGER sign_off_begins BEFORE INSERT ON sign_off BEGIN
    SELECT RAISE(ABORT, 'sign-off: already there') WHERE EXISTS (
        SELECT 1 FROM sign_off s WHERE s.session = NEW.session AND s.person = NEW.person
            AND s.epoch = NEW.epoch
            AND (s.place = NEW.place OR s."by" = NEW."by" AND NEW.outcome = 'admit'
                 OR s.outcome <> 'admit'));
    SELECT RAISE(ABORT, 'sign-off: out of order') WHERE NEW.place <> 1 + (
        SELECT count(*) FROM sign_off s WHERE s.session = NEW.session
            AND s.person = NEW.person AND s.epoch = NEW.epoch);
    SELECT RAISE(ABORT, 'sign-off: one more than needed') WHERE NEW.place > (
        SELECT coalesce(max(e.signers), 0) FROM session e WHERE e.id = NEW.session);
    SELECT RAISE(ABORT, 'sign-off: not of the running epoch') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c JOIN session e ON e.id = c.session
        WHERE c.session = NEW.session AND c.person = NEW.person AND c.epoch = NEW.epoch
            AND e.schedule = NEW.schedule AND e.state IN ('checking', 'open')
            AND NEW.at < e.ends_at);
    SELECT RAISE(ABORT, 'sign-off: not by a facilitator of the session') WHERE NOT EXISTS (
        SELECT 1 FROM signer f WHERE f.session = NEW.session AND f.person = NEW."by");
    SELECT RAISE(ABORT, 'sign-off: of oneself') WHERE NEW."by" = NEW.person;
END;

CREATE TRIGGER sign_off_admits BEFORE INSERT ON sign_off WHEN NEW.outcome = 'admit' BEGIN
    SELECT RAISE(ABORT, 'sign-off: not ready') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c JOIN revision r ON r.id = c.revision AND r.recalled_at IS NULL
        WHERE c.session = NEW.session AND c.person = NEW.person AND c.state = 'ready');
    SELECT RAISE(ABORT, 'sign-off: an item is not answered yes') WHERE EXISTS (
        SELECT 1 FROM lacking_answer l
        WHERE l.session = NEW.session AND l.person = NEW.person);
    SELECT RAISE(ABORT, 'sign-off: the answers are too old') WHERE EXISTS (
        SELECT 1 FROM answer a JOIN session e ON e.id = a.session
        WHERE a.session = NEW.session AND a.person = NEW.person AND a.epoch = NEW.epoch
            AND NEW.at > a.at + e.sign_off);
    SELECT RAISE(ABORT, 'sign-off: an item is not observed by the signer') WHERE EXISTS (
        SELECT 1 FROM lacking_observation l
        WHERE l.session = NEW.session AND l.person = NEW.person AND l."by" = NEW."by");
    SELECT RAISE(ABORT, 'sign-off: held by what is settled before a session') WHERE NOT EXISTS (
        SELECT 1 FROM standing t
        WHERE t.session = NEW.session AND t.person = NEW.person AND t.until > NEW.at);
    SELECT RAISE(ABORT, 'sign-off: the signer has entered no code')
    WHERE EXISTS (SELECT 1 FROM session s WHERE s.id = NEW.session AND s.second_factor = 1)
        AND NOT EXISTS (
            SELECT 1 FROM session_facilitator f
            WHERE f.session = NEW.session AND f.person = NEW."by" AND f.proved_at <= NEW.at);
END;

CREATE TRIGGER opening_begins BEFORE INSERT ON opening BEGIN
    SELECT RAISE(ABORT, 'opening: out of order') WHERE NEW.number <> 1 + (
        SELECT coalesce(max(o.number), 0) FROM opening o WHERE o.session = NEW.session);
    SELECT RAISE(ABORT, 'opening: not by a facilitator of the session') WHERE NOT EXISTS (
        SELECT 1 FROM signer f WHERE f.session = NEW.session AND f.person = NEW."by");
    SELECT RAISE(ABORT, 'opening: the signer has entered no code')
    WHERE EXISTS (SELECT 1 FROM session s WHERE s.id = NEW.session AND s.second_factor = 1)
        AND NOT EXISTS (
            SELECT 1 FROM session_facilitator f
            WHERE f.session = NEW.session AND f.person = NEW."by" AND f.proved_at <= NEW.at);
    SELECT RAISE(ABORT, 'opening: not while checking') WHERE NOT EXISTS (
        SELECT 1 FROM session s WHERE s.id = NEW.session AND s.state = 'checking');
    SELECT RAISE(ABORT, 'opening: in advance') WHERE NEW.number <> 1 + (
        SELECT s.opening FROM session s WHERE s.id = NEW.session);
END;

CREATE TRIGGER credential_begins BEFORE INSERT ON credential BEGIN
    SELECT RAISE(ABORT, 'credential: already there') WHERE EXISTS (
        SELECT 1 FROM credential k WHERE k.session = NEW.session AND k.person = NEW.person
            AND k.epoch = NEW.epoch AND k.number = NEW.number);
    SELECT RAISE(ABORT, 'credential: one is live') WHERE EXISTS (
        SELECT 1 FROM credential k WHERE k.session = NEW.session AND k.person = NEW.person
            AND k.ended_at IS NULL);
    SELECT RAISE(ABORT, 'credential: out of order') WHERE NEW.ended_at IS NOT NULL
        OR NEW.number <> 1 + (
            SELECT coalesce(max(k.number), 0) FROM credential k WHERE k.session = NEW.session
                AND k.person = NEW.person AND k.epoch = NEW.epoch);
    SELECT RAISE(ABORT, 'credential: the session is not open') WHERE NOT EXISTS (
        SELECT 1 FROM session s JOIN opening o ON o.session = s.id AND o.number = s.opening
        WHERE s.id = NEW.session AND s.state = 'open' AND s.link_ready = 1
            AND NEW.minted_at >= o.at AND NEW.minted_at >= s.starts_at - s.open_before
            AND NEW.expires_at <= s.ends_at AND NEW.expires_at <= NEW.minted_at + s.credential);
    SELECT RAISE(ABORT, 'credential: without a live sign-off') WHERE NOT EXISTS (
        SELECT 1 FROM live_admission l
        JOIN session s ON s.id = l.session
        JOIN standing t ON t.session = l.session AND t.person = l.person
        WHERE l.session = NEW.session AND l.person = NEW.person AND l.epoch = NEW.epoch
            AND l.latest <= NEW.minted_at AND t.until > NEW.minted_at
            AND (NEW.number > 1 OR NEW.minted_at <= l.at + s.sign_off));
    SELECT RAISE(ABORT, 'credential: coming back is not confirmed') WHERE NEW.number > 1
        AND NOT EXISTS (
            SELECT 1 FROM "check" c JOIN session s ON s.id = c.session
            WHERE c.session = NEW.session AND c.person = NEW.person
                AND NEW.minted_at BETWEEN c.rejoin_confirmed_at
                    AND c.rejoin_confirmed_at + s.rejoin);
    SELECT RAISE(ABORT, 'credential: they have left') WHERE EXISTS (
        SELECT 1 FROM "check" c WHERE c.session = NEW.session AND c.person = NEW.person
            AND c.checked_out_at IS NOT NULL);
END;

CREATE TRIGGER credential_only_ends BEFORE UPDATE ON credential BEGIN
    SELECT RAISE(ABORT, 'credential: it can only end')
    WHERE OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.session <> OLD.session
        OR NEW.person <> OLD.person OR NEW.epoch <> OLD.epoch OR NEW.number <> OLD.number
        OR NEW.minted_at <> OLD.minted_at OR NEW.expires_at <> OLD.expires_at;
END;

CREATE TRIGGER facilitator_begins BEFORE INSERT ON session_facilitator BEGIN
    SELECT RAISE(ABORT, 'facilitator: already there') WHERE EXISTS (
        SELECT 1 FROM session_facilitator f
        WHERE f.session = NEW.session AND f.person = NEW.person);
    SELECT RAISE(ABORT, 'facilitator: a participant of the session') WHERE EXISTS (
        SELECT 1 FROM "check" c WHERE c.session = NEW.session AND c.person = NEW.person);
    SELECT RAISE(ABORT, 'facilitator: begins without a code') WHERE NEW.proved_at IS NOT NULL;
END;

-- A proof is made once, near the time of a code that was used; it can only be forgotten.
CREATE TRIGGER facilitator_proves BEFORE UPDATE ON session_facilitator
WHEN NEW.proved_at IS NOT OLD.proved_at AND NEW.proved_at IS NOT NULL BEGIN
    SELECT RAISE(ABORT, 'proof: there is one') WHERE OLD.proved_at IS NOT NULL;
    SELECT RAISE(ABORT, 'proof: not asked for') WHERE NOT EXISTS (
        SELECT 1 FROM session s WHERE s.id = OLD.session AND s.second_factor = 1
            AND s.state NOT IN ('closed', 'cancelled'));
    SELECT RAISE(ABORT, 'proof: not of a facilitator of the session') WHERE NOT EXISTS (
        SELECT 1 FROM signer f WHERE f.session = OLD.session AND f.person = OLD.person);
    SELECT RAISE(ABORT, 'proof: without a code') WHERE NOT EXISTS (
        SELECT 1 FROM authenticator a
        WHERE a.person = OLD.person AND a.confirmed_at <= NEW.proved_at AND a.locked_at IS NULL
            AND NEW.proved_at / 30 BETWEEN a.last_step - 1 AND a.last_step + 1);
END;

CREATE TRIGGER authenticator_begins BEFORE INSERT ON authenticator BEGIN
    SELECT RAISE(ABORT, 'authenticator: already there')
    WHERE EXISTS (SELECT 1 FROM authenticator a WHERE a.person = NEW.person);
    SELECT RAISE(ABORT, 'authenticator: begins unconfirmed')
    WHERE NEW.confirmed_at IS NOT NULL OR NEW.wrong <> 0 OR NEW.last_step <> 0;
END;

CREATE TRIGGER authenticator_changes BEFORE UPDATE ON authenticator BEGIN
    SELECT RAISE(ABORT, 'authenticator: identity is fixed') WHERE NEW.person <> OLD.person;
    SELECT RAISE(ABORT, 'authenticator: locked')
    WHERE OLD.locked_at IS NOT NULL
        AND (NEW.locked_at IS NOT OLD.locked_at OR NEW.secret <> OLD.secret
             OR NEW.confirmed_at IS NOT OLD.confirmed_at OR NEW.last_step <> OLD.last_step);
    SELECT RAISE(ABORT, 'authenticator: confirmed for good')
    WHERE OLD.confirmed_at IS NOT NULL
        AND (NEW.confirmed_at IS NOT OLD.confirmed_at OR NEW.secret <> OLD.secret);
    SELECT RAISE(ABORT, 'authenticator: a code is used once')
    WHERE NEW.last_step < OLD.last_step OR NEW.last_step IS NULL;
    SELECT RAISE(ABORT, 'authenticator: without a code')
    WHERE NEW.last_step = OLD.last_step
        AND (NEW.confirmed_at IS NOT OLD.confirmed_at OR NEW.wrong < OLD.wrong);
END;

-- The reset of one is the newest row of the record when it goes.
CREATE TRIGGER authenticator_stays BEFORE DELETE ON authenticator BEGIN
    SELECT RAISE(ABORT, 'authenticator: it goes by a reset on record') WHERE NOT EXISTS (
        SELECT 1 FROM audit r
        WHERE r.seq = (SELECT max(seq) FROM audit) AND r.kind = 'authenticator-reset'
            AND r.outcome = 'done' AND r.person = OLD.person);
END;

CREATE TRIGGER facilitator_identity BEFORE UPDATE ON session_facilitator
WHEN NEW.session <> OLD.session OR NEW.person <> OLD.person BEGIN
    SELECT RAISE(ABORT, 'facilitator: identity is fixed');
END;

CREATE TRIGGER facilitator_stays BEFORE DELETE ON session_facilitator
WHEN NOT EXISTS (SELECT 1 FROM session s WHERE s.id = OLD.session AND s.state = 'planned') BEGIN
    SELECT RAISE(ABORT, 'facilitator: stays on record');
END;

-- Whoever lost the session or the role gets it back only when nothing of theirs would revive.
CREATE TRIGGER facilitator_returns BEFORE UPDATE ON session_facilitator
WHEN OLD.active = 0 AND NEW.active <> 0 BEGIN
    SELECT RAISE(ABORT, 'facilitator: what they signed is void') WHERE EXISTS (
        SELECT 1 FROM unsettled_admission a WHERE a.session = OLD.session AND a."by" = OLD.person);
END;

CREATE TRIGGER role_begins BEFORE INSERT ON staff_role BEGIN
    SELECT RAISE(ABORT, 'role: already there') WHERE EXISTS (
        SELECT 1 FROM staff_role r WHERE r.person = NEW.person AND r.role = NEW.role);
END;

CREATE TRIGGER role_changes BEFORE UPDATE ON staff_role BEGIN
    SELECT RAISE(ABORT, 'role: identity is fixed')
    WHERE NEW.person <> OLD.person OR NEW.role <> OLD.role;
    SELECT RAISE(ABORT, 'role: what they signed is void')
    WHERE ((OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL)
           OR (OLD.prepared_at IS NULL AND NEW.prepared_at IS NOT NULL))
        AND EXISTS (SELECT 1 FROM unsettled_admission a WHERE a."by" = OLD.person);
END;

CREATE TRIGGER role_stays BEFORE DELETE ON staff_role BEGIN
    SELECT RAISE(ABORT, 'role: it ends, and stays on record');
END;

-- A revision, once stored, is what it is: a run may be pinned to it.
CREATE TRIGGER revision_begins BEFORE INSERT ON revision BEGIN
    SELECT RAISE(ABORT, 'revision: already there')
    WHERE EXISTS (SELECT 1 FROM revision WHERE id = NEW.id);
END;
CREATE TRIGGER revision_fixed BEFORE UPDATE ON revision BEGIN
    SELECT RAISE(ABORT, 'revision: it can only be recalled')
    WHERE OLD.recalled_at IS NOT NULL OR NEW.recalled_at IS NULL OR NEW.id <> OLD.id
        OR NEW.body <> OLD.body OR NEW.flow <> OLD.flow OR NEW.locale <> OLD.locale;
END;
CREATE TRIGGER revision_stays BEFORE DELETE ON revision BEGIN
    SELECT RAISE(ABORT, 'revision: append-only');
END;
CREATE TRIGGER revision_item_begins BEFORE INSERT ON revision_item BEGIN
    SELECT RAISE(ABORT, 'revision item: already there') WHERE EXISTS (
        SELECT 1 FROM revision_item WHERE revision = NEW.revision AND item = NEW.item);
END;
CREATE TRIGGER revision_item_fixed BEFORE UPDATE ON revision_item BEGIN
    SELECT RAISE(ABORT, 'revision item: append-only');
END;
CREATE TRIGGER revision_item_stays BEFORE DELETE ON revision_item BEGIN
    SELECT RAISE(ABORT, 'revision item: append-only');
END;
CREATE TRIGGER non_negotiable_full BEFORE INSERT ON non_negotiable BEGIN
    SELECT RAISE(ABORT, 'the four are four');
END;
CREATE TRIGGER non_negotiable_fixed BEFORE UPDATE ON non_negotiable BEGIN
    SELECT RAISE(ABORT, 'the four are four');
END;
CREATE TRIGGER non_negotiable_stays BEFORE DELETE ON non_negotiable BEGIN
    SELECT RAISE(ABORT, 'the four are four');
END;

-- Sessions that ended a day ago or longer: nothing can be signed there any more, and what was
-- answered and observed may be forgotten. The signatures stay.
CREATE VIEW over AS
SELECT s.id AS session FROM session s JOIN clock c ON c.id = 1
WHERE s.state IN ('closed', 'cancelled') AND s.ends_at + 86400 <= c.now;

CREATE TRIGGER answer_fixed BEFORE UPDATE ON answer BEGIN
    SELECT RAISE(ABORT, 'answer: append-only');
END;
CREATE TRIGGER answer_stays BEFORE DELETE ON answer BEGIN
    SELECT RAISE(ABORT, 'answer: append-only') WHERE NOT EXISTS (
        SELECT 1 FROM over o WHERE o.session = OLD.session);
END;
CREATE TRIGGER observation_fixed BEFORE UPDATE ON observation BEGIN
    SELECT RAISE(ABORT, 'observation: append-only');
END;
CREATE TRIGGER observation_stays BEFORE DELETE ON observation BEGIN
    SELECT RAISE(ABORT, 'observation: append-only') WHERE NOT EXISTS (
        SELECT 1 FROM over o WHERE o.session = OLD.session);
END;
CREATE TRIGGER sign_off_fixed BEFORE UPDATE ON sign_off BEGIN
    SELECT RAISE(ABORT, 'sign-off: append-only');
END;
CREATE TRIGGER sign_off_stays BEFORE DELETE ON sign_off BEGIN
    SELECT RAISE(ABORT, 'sign-off: append-only');
END;
CREATE TRIGGER opening_fixed BEFORE UPDATE ON opening BEGIN
    SELECT RAISE(ABORT, 'opening: append-only');
END;
CREATE TRIGGER opening_stays BEFORE DELETE ON opening BEGIN
    SELECT RAISE(ABORT, 'opening: append-only');
END;
CREATE TRIGGER credential_stays BEFORE DELETE ON credential BEGIN
    SELECT RAISE(ABORT, 'credential: append-only');
END;
CREATE TRIGGER used_link_fixed BEFORE UPDATE ON used_link BEGIN
    SELECT RAISE(ABORT, 'used link: append-only');
END;
CREATE TRIGGER used_link_stays BEFORE DELETE ON used_link BEGIN
    SELECT RAISE(ABORT, 'used link: append-only');
END;

-- The way of an update ---------------------------------------------------------------------------

CREATE TABLE seen_update (
    update_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX seen_update_by_time ON seen_update (at);

CREATE TABLE poison_update (
    update_id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    error TEXT NOT NULL                   -- the error's type, never its text
) STRICT;

CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    now INTEGER NOT NULL
) STRICT;

INSERT INTO clock (id, now) VALUES (1, 0);

CREATE TRIGGER clock_forward BEFORE UPDATE ON clock BEGIN
    SELECT RAISE(ABORT, 'clock: it does not run backwards') WHERE NEW.now < OLD.now;
END;

CREATE TRIGGER clock_once BEFORE INSERT ON clock BEGIN
    SELECT RAISE(ABORT, 'clock: there is one');
END;

CREATE TRIGGER clock_stays BEFORE DELETE ON clock BEGIN
    SELECT RAISE(ABORT, 'clock: it does not stop');
END;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL CHECK (kind IN ('say', 'show', 'bring', 'hide', 'redraw', 'erase')),
    session INTEGER REFERENCES session (id),
    subject TEXT NOT NULL DEFAULT '',     -- text key, screen, or the message to erase
    params TEXT NOT NULL DEFAULT '{}',    -- JSON: keys and numbers, never words
    about INTEGER REFERENCES person (id),
    created_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX one_redraw ON outbox (person, coalesce(session, 0), subject)
WHERE kind = 'redraw';
CREATE INDEX outbox_by_time ON outbox (not_before, id);
CREATE INDEX outbox_by_person ON outbox (person, id);

CREATE TABLE screen (
    person INTEGER NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    session INTEGER NOT NULL,             -- 0: a screen of no session, hence no foreign key
    message_id INTEGER NOT NULL,
    digest TEXT NOT NULL,                 -- of what was drawn, to spare an unchanged edit
    PRIMARY KEY (person, kind, session)
) STRICT, WITHOUT ROWID;

CREATE TABLE timer (
    session INTEGER NOT NULL REFERENCES session (id),
    kind TEXT NOT NULL,
    person INTEGER NOT NULL,              -- 0: the session as a whole
    at INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    PRIMARY KEY (session, kind, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX timer_by_time ON timer (at);

CREATE TABLE stranger_count (
    day INTEGER PRIMARY KEY,              -- whole days since 1970
    updates INTEGER NOT NULL
) STRICT;

-- The record -------------------------------------------------------------------------------------

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL
        CHECK (length(kind) BETWEEN 1 AND 64 AND kind NOT GLOB '*[^a-z0-9:/.-]*'),
    outcome TEXT NOT NULL
        CHECK (length(outcome) BETWEEN 1 AND 64 AND outcome NOT GLOB '*[^a-z0-9:/.-]*'),
    actor INTEGER,
    person INTEGER,
    session INTEGER,
    epoch INTEGER,
    detail TEXT NOT NULL DEFAULT ''
        CHECK (length(detail) <= 64 AND detail NOT GLOB '*[^a-z0-9:/.-]*'),
    bound BLOB CHECK (bound IS NULL OR length(bound) = 32),  -- hash of the signed act it records
    prev BLOB NOT NULL CHECK (length(prev) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- A row that exists is refused here too: INSERT OR REPLACE would delete it without a trigger on a
-- connection that has recursive_triggers off.
CREATE TRIGGER audit_insert BEFORE INSERT ON audit BEGIN
    SELECT RAISE(ABORT, 'audit/gap')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit);
    SELECT RAISE(ABORT, 'audit/chain')
    WHERE NEW.prev IS NOT
        coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), zeroblob(32));
    SELECT RAISE(ABORT, 'audit/hash') WHERE length(NEW.hash) IS NOT 32;
END;

CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit/append-only');
END;

CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'audit/append-only');
END;
