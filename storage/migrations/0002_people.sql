-- People: how they come, what is agreed, groups, orientation, screening, parting.
--
-- Nothing here opens anything. The gate's own tables stand in the first file; these say how its
-- conditions come to be settled, by whom, and what is kept of that.

-- What staff alone see of a participant beside the label; sealed under the participant's key.
ALTER TABLE person ADD COLUMN alias BLOB;

-- When somebody left; they are erased some time later.
ALTER TABLE person ADD COLUMN left_at INTEGER;

-- Which edition of a text somebody has agreed to.
ALTER TABLE agreement ADD COLUMN revision TEXT REFERENCES revision (id);

-- Somebody who has opened an invitation and has not agreed to everything yet.
CREATE TABLE arrival (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    step TEXT NOT NULL CHECK (step IN ('locale', 'zone', 'zones', 'consent', 'house_rules',
                                       'confidentiality')),
    until INTEGER NOT NULL                -- who has not finished by then leaves nothing behind
) STRICT;

-- Wrong invitations from one chat, so that nobody can try many.
CREATE TABLE attempt (
    chat_index BLOB PRIMARY KEY,          -- blind index
    count INTEGER NOT NULL CHECK (count > 0),
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Groups and one-to-ones.
ALTER TABLE "group" ADD COLUMN kind TEXT NOT NULL DEFAULT 'group'
    CHECK (kind IN ('group', 'one_to_one'));
ALTER TABLE "group" ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';
ALTER TABLE "group" ADD COLUMN minutes INTEGER NOT NULL DEFAULT 90
    CHECK (minutes BETWEEN 30 AND 120);
ALTER TABLE "group" ADD COLUMN room TEXT NOT NULL DEFAULT 'link' CHECK (room IN ('link'));
ALTER TABLE "group" ADD COLUMN cap INTEGER NOT NULL DEFAULT 6 CHECK (cap BETWEEN 1 AND 8);
ALTER TABLE "group" ADD COLUMN ended_at INTEGER;

CREATE TABLE membership (
    "group" INTEGER NOT NULL REFERENCES "group" (id),
    person INTEGER NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (role IN ('facilitator', 'participant')),
    since INTEGER NOT NULL,
    PRIMARY KEY ("group", person)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_by_person ON membership (person, "group");

CREATE TRIGGER membership_begins BEFORE INSERT ON membership BEGIN
    SELECT RAISE(ABORT, 'membership: already there') WHERE EXISTS (
        SELECT 1 FROM membership m WHERE m."group" = NEW."group" AND m.person = NEW.person);
    SELECT RAISE(ABORT, 'membership: the group is full')
    WHERE NEW.role = 'participant' AND (
        SELECT count(*) FROM membership m
        WHERE m."group" = NEW."group" AND m.role = 'participant')
        >= (SELECT coalesce(max(g.cap), 0) FROM "group" g WHERE g.id = NEW."group");
END;

CREATE TRIGGER membership_fixed BEFORE UPDATE ON membership BEGIN
    SELECT RAISE(ABORT, 'membership: it begins and ends');
END;

-- Orientation: one run at a time, its answers, and the signed end of each.
CREATE TABLE orientation_run (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    number INTEGER NOT NULL CHECK (number > 0),  -- another one each time it is begun anew
    state TEXT NOT NULL CHECK (state IN ('asking', 'ready', 'signed')),
    revision TEXT NOT NULL REFERENCES revision (id),
    step TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ready_at INTEGER,
    CHECK ((state = 'asking') = (ready_at IS NULL))
) STRICT;

CREATE TABLE orientation_answer (
    person INTEGER NOT NULL REFERENCES person (id),
    number INTEGER NOT NULL,
    item TEXT NOT NULL,
    value TEXT NOT NULL CHECK (value IN ('yes', 'no')),
    "by" INTEGER NOT NULL REFERENCES person (id),  -- other than the person: told by phone
    at INTEGER NOT NULL,
    PRIMARY KEY (person, number, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE orientation_sign_off (
    person INTEGER NOT NULL REFERENCES person (id),
    number INTEGER NOT NULL,
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    until INTEGER NOT NULL CHECK (until > at),
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND NOT digest GLOB '*[^0-9a-f]*'),
    meaning TEXT NOT NULL CHECK (meaning <> ''),
    locale TEXT NOT NULL CHECK (locale <> ''),
    meaning_sha256 TEXT NOT NULL CHECK (length(meaning_sha256) = 64),
    PRIMARY KEY (person, number),
    CHECK ("by" <> person)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER orientation_sign_off_begins BEFORE INSERT ON orientation_sign_off BEGIN
    SELECT RAISE(ABORT, 'orientation: signed already') WHERE EXISTS (
        SELECT 1 FROM orientation_sign_off s
        WHERE s.person = NEW.person AND s.number = NEW.number);
    SELECT RAISE(ABORT, 'orientation: not complete') WHERE NOT EXISTS (
        SELECT 1 FROM orientation_run r
        WHERE r.person = NEW.person AND r.number = NEW.number AND r.state = 'ready'
            AND r.ready_at <= NEW.at
            AND EXISTS (SELECT 1 FROM revision_item i WHERE i.revision = r.revision));
    SELECT RAISE(ABORT, 'orientation: the revision was recalled') WHERE EXISTS (
        SELECT 1 FROM orientation_run r JOIN revision v ON v.id = r.revision
        WHERE r.person = NEW.person AND v.recalled_at IS NOT NULL);
    SELECT RAISE(ABORT, 'orientation: an item is not answered yes') WHERE EXISTS (
        SELECT 1 FROM orientation_run r JOIN revision_item i ON i.revision = r.revision
        WHERE r.person = NEW.person AND NOT EXISTS (
            SELECT 1 FROM orientation_answer a
            WHERE a.person = r.person AND a.number = r.number AND a.item = i.item
                AND a.value = 'yes'));
    SELECT RAISE(ABORT, 'orientation: not signed by a facilitator') WHERE NOT EXISTS (
        SELECT 1 FROM staff_role r WHERE r.person = NEW."by" AND r.role = 'facilitator'
            AND r.ended_at IS NULL AND r.prepared_at IS NOT NULL);
    SELECT RAISE(ABORT, 'orientation: not signed by a facilitator of a group of theirs')
    WHERE NOT EXISTS (
        SELECT 1 FROM membership f JOIN membership p ON p."group" = f."group"
        JOIN "group" g ON g.id = f."group"
        WHERE f.person = NEW."by" AND f.role = 'facilitator'
            AND p.person = NEW.person AND p.role = 'participant' AND g.ended_at IS NULL);
END;

CREATE TRIGGER orientation_sign_off_fixed BEFORE UPDATE ON orientation_sign_off BEGIN
    SELECT RAISE(ABORT, 'orientation: a sign-off is append-only');
END;

CREATE TRIGGER orientation_sign_off_stays BEFORE DELETE ON orientation_sign_off BEGIN
    SELECT RAISE(ABORT, 'orientation: a sign-off is append-only');
END;

-- Who leads a group of a participant, in an active role: they may enter what is told by phone.
CREATE VIEW leading AS
SELECT p.person, f.person AS "by"
FROM membership p
JOIN "group" g ON g.id = p."group" AND g.ended_at IS NULL
JOIN membership f ON f."group" = p."group" AND f.role = 'facilitator'
JOIN staff_role r ON r.person = f.person AND r.role = 'facilitator' AND r.ended_at IS NULL
WHERE p.role = 'participant';

-- A run begins with its questions; its number only rises, and what was signed stands.
CREATE TRIGGER orientation_run_begins BEFORE INSERT ON orientation_run BEGIN
    SELECT RAISE(ABORT, 'orientation: already there')
    WHERE EXISTS (SELECT 1 FROM orientation_run r WHERE r.person = NEW.person);
    SELECT RAISE(ABORT, 'orientation: begins with its questions') WHERE NEW.state <> 'asking';
END;

CREATE TRIGGER orientation_run_changes BEFORE UPDATE ON orientation_run BEGIN
    SELECT RAISE(ABORT, 'orientation: out of order')
    WHERE NEW.person <> OLD.person OR NEW.number < OLD.number
        OR (NEW.number > OLD.number AND NEW.state <> 'asking');
    SELECT RAISE(ABORT, 'orientation: signed') WHERE NEW.number = OLD.number
        AND (OLD.state = 'signed' OR NEW.revision <> OLD.revision);
    SELECT RAISE(ABORT, 'orientation: without a sign-off')
    WHERE NEW.state = 'signed' AND NOT EXISTS (
        SELECT 1 FROM orientation_sign_off s
        WHERE s.person = NEW.person AND s.number = NEW.number);
END;

CREATE TRIGGER orientation_answer_begins BEFORE INSERT ON orientation_answer BEGIN
    SELECT RAISE(ABORT, 'orientation: signed') WHERE EXISTS (
        SELECT 1 FROM orientation_sign_off s
        WHERE s.person = NEW.person AND s.number = NEW.number);
    SELECT RAISE(ABORT, 'orientation: an answer of another person') WHERE NEW."by" <> NEW.person
        AND NOT EXISTS (SELECT 1 FROM leading l WHERE l.person = NEW.person AND l."by" = NEW."by");
END;

CREATE TRIGGER orientation_answer_changes BEFORE UPDATE ON orientation_answer BEGIN
    SELECT RAISE(ABORT, 'orientation: signed') WHERE EXISTS (
        SELECT 1 FROM orientation_sign_off s
        WHERE s.person IN (OLD.person, NEW.person) AND s.number IN (OLD.number, NEW.number));
    SELECT RAISE(ABORT, 'orientation: an answer of another person') WHERE NEW."by" <> NEW.person
        AND NOT EXISTS (SELECT 1 FROM leading l WHERE l.person = NEW.person AND l."by" = NEW."by");
END;

-- A screening under way: what was tapped so far, forgotten with the decision or when it lies idle.
CREATE TABLE screening (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    "by" INTEGER NOT NULL REFERENCES person (id),
    revision TEXT NOT NULL REFERENCES revision (id),
    taps BLOB NOT NULL,                   -- sealed under the person's key
    until INTEGER NOT NULL
) STRICT;

-- When the facilitators were told that a clearance ends soon; NULL: not yet.
ALTER TABLE clearance ADD COLUMN told_at INTEGER;

-- Where a member of staff is in the office, and what is noted on the page.
CREATE TABLE page (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    name TEXT NOT NULL,
    about INTEGER NOT NULL,               -- the group, person or nothing (0) that it is about
    notice TEXT NOT NULL DEFAULT ''       -- a text key that is shown once above it
) STRICT;

-- Somebody whom one member of staff wants erased: another one has to agree.
CREATE TABLE erasure (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    asked_by INTEGER NOT NULL REFERENCES person (id),
    asked_at INTEGER NOT NULL,
    confirmed_by INTEGER REFERENCES person (id),
    CHECK (asked_by <> person),
    CHECK (confirmed_by NOT IN (asked_by, person))
) STRICT;

-- Who goes once the last message to them is out.
CREATE TABLE parting (
    person INTEGER PRIMARY KEY REFERENCES person (id),
    at INTEGER NOT NULL                   -- when they go even if it is not
) STRICT;

-- Messages that stand on phones and are no screens, to be redacted when they are not needed.
CREATE TABLE sent (
    person INTEGER NOT NULL REFERENCES person (id),
    message_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sent_by_time ON sent (at);

-- Which pepper of the key file the chats' indexes are made with.
CREATE TABLE pepper (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL CHECK (version > 0)
) STRICT;

INSERT INTO pepper (id, version) VALUES (1, 1);

-- Whose key shall be destroyed: after the commit, in the key file.
CREATE TABLE doomed_person (person INTEGER PRIMARY KEY REFERENCES person (id)) STRICT;

-- On which day, in whole days since 1970, what was kept long enough was forgotten last.
CREATE TABLE forgotten (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    day INTEGER NOT NULL
) STRICT;

INSERT INTO forgotten (id, day) VALUES (1, 0);

-- Assisted: answers that staff enter for somebody by phone, and whose phone gets the way in then.

-- The facilitator who gets it for somebody assisted; NULL: it is the person's own.
ALTER TABLE credential ADD COLUMN handed_to INTEGER REFERENCES person (id);

-- Answers are the person's own or entered by a facilitator of the session. What a correction
-- carries over into the next epoch stands as it was given, by whomever.
DROP TRIGGER answer_begins;
CREATE TRIGGER answer_begins BEFORE INSERT ON answer BEGIN
    SELECT RAISE(ABORT, 'answer: already there') WHERE EXISTS (
        SELECT 1 FROM answer a WHERE a.session = NEW.session AND a.person = NEW.person
            AND a.epoch = NEW.epoch AND a.item = NEW.item);
    SELECT RAISE(ABORT, 'answer: of another person') WHERE NEW."by" <> NEW.person
        AND NOT EXISTS (
            SELECT 1 FROM signer f WHERE f.session = NEW.session AND f.person = NEW."by")
        AND NOT EXISTS (
            SELECT 1 FROM answer a WHERE a.session = NEW.session AND a.person = NEW.person
                AND a.epoch = NEW.epoch - 1 AND a.item = NEW.item AND a.value = NEW.value
                AND a."by" = NEW."by" AND a.at = NEW.at);
    SELECT RAISE(ABORT, 'answer: not of the running epoch') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c WHERE c.session = NEW.session AND c.person = NEW.person
            AND c.epoch = NEW.epoch AND c.state IN ('asking', 'ready', 'unmet'));
END;

-- Whose answers staff entered in the running epoch, and who has no chat that a way in could go to.
CREATE VIEW assisted AS
SELECT c.session, c.person, c.epoch
FROM "check" c JOIN person p ON p.id = c.person
WHERE p.chat IS NULL OR EXISTS (
    SELECT 1 FROM answer a WHERE a.session = c.session AND a.person = c.person
        AND a.epoch = c.epoch AND a."by" <> a.person);

-- A way in is the person's own; of somebody assisted it is for whoever admitted them, and nobody
-- else.
CREATE TRIGGER credential_handed BEFORE INSERT ON credential BEGIN
    SELECT RAISE(ABORT, 'credential: for somebody else') WHERE NEW.handed_to IS NOT (
        SELECT s."by" FROM assisted a
        JOIN session e ON e.id = a.session
        JOIN sign_off s ON s.session = a.session AND s.person = a.person AND s.epoch = a.epoch
            AND s.place = e.signers AND s.outcome = 'admit'
        WHERE a.session = NEW.session AND a.person = NEW.person AND a.epoch = NEW.epoch);
END;

CREATE TRIGGER credential_stays_handed BEFORE UPDATE ON credential BEGIN
    SELECT RAISE(ABORT, 'credential: for somebody else')
    WHERE NEW.handed_to IS NOT OLD.handed_to;
END;
