-- The check room: where a facilitator sees one participant before signing.
--
-- What the schema holds: one live call a session, and with it one participant at most; only of
-- somebody who is ready, with every mandatory item answered *yes* in the running epoch; only by a
-- facilitator of the session; within the limit of a way in and the session's end. A session or a
-- check can't move on while a call of theirs is live, nor a facilitator be taken out of the session,
-- and no link outlives its call.
-- What only code holds: that the link was never used before (`used_link` has one row a
-- fingerprint); that whoever called has the person on their desk and has not signed already; that
-- the call ends with a role, a recall, a clearance or the programme.

-- Whether the programme calls in by a link; else staff use a call of their own.
ALTER TABLE session ADD COLUMN check_room INTEGER NOT NULL DEFAULT 0 CHECK (check_room IN (0, 1));

-- For whose video check a facilitator said that the next link is, and in which epoch.
ALTER TABLE session_facilitator ADD COLUMN wants_call INTEGER;
ALTER TABLE session_facilitator ADD COLUMN wants_call_epoch INTEGER;

CREATE TABLE call_in (
    session INTEGER NOT NULL,
    number INTEGER NOT NULL,
    person INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > at),
    ended_at INTEGER,
    PRIMARY KEY (session, number),
    FOREIGN KEY (session, person) REFERENCES "check" (session, person)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_live_call ON call_in (session) WHERE ended_at IS NULL;

CREATE TABLE call_link (
    session INTEGER PRIMARY KEY REFERENCES session (id),
    number INTEGER NOT NULL,              -- of the call that it is for
    sealed BLOB NOT NULL                  -- under the session's key
) STRICT;

CREATE TRIGGER call_in_begins BEFORE INSERT ON call_in BEGIN
    SELECT RAISE(ABORT, 'call: one is live') WHERE EXISTS (
        SELECT 1 FROM call_in k WHERE k.session = NEW.session AND k.ended_at IS NULL);
    SELECT RAISE(ABORT, 'call: out of order') WHERE NEW.ended_at IS NOT NULL
        OR NEW.number <> 1 + (
            SELECT coalesce(max(k.number), 0) FROM call_in k WHERE k.session = NEW.session);
    SELECT RAISE(ABORT, 'call: not in a session that is running') WHERE NOT EXISTS (
        SELECT 1 FROM session s WHERE s.id = NEW.session AND s.check_room = 1
            AND s.state IN ('checking', 'open')
            AND NEW.expires_at <= s.ends_at AND NEW.expires_at <= NEW.at + s.credential);
    SELECT RAISE(ABORT, 'call: not of somebody who is ready') WHERE NOT EXISTS (
        SELECT 1 FROM "check" c
        JOIN revision r ON r.id = c.revision AND r.recalled_at IS NULL
        JOIN person p ON p.id = c.person AND p.chat IS NOT NULL
        WHERE c.session = NEW.session AND c.person = NEW.person AND c.epoch = NEW.epoch
            AND c.state = 'ready');
    SELECT RAISE(ABORT, 'call: an item is not answered yes') WHERE EXISTS (
        SELECT 1 FROM lacking_answer l WHERE l.session = NEW.session AND l.person = NEW.person);
    SELECT RAISE(ABORT, 'call: the answers are too old') WHERE EXISTS (
        SELECT 1 FROM answer a JOIN session s ON s.id = a.session
        WHERE a.session = NEW.session AND a.person = NEW.person AND a.epoch = NEW.epoch
            AND NEW.at > a.at + s.sign_off);
    SELECT RAISE(ABORT, 'call: not by a facilitator of the session') WHERE NOT EXISTS (
        SELECT 1 FROM signer f WHERE f.session = NEW.session AND f.person = NEW."by");
    SELECT RAISE(ABORT, 'call: not everything is settled before') WHERE NOT EXISTS (
        SELECT 1 FROM standing t
        WHERE t.session = NEW.session AND t.person = NEW.person AND t.until > NEW.at);
END;

CREATE TRIGGER call_in_only_ends BEFORE UPDATE ON call_in BEGIN
    SELECT RAISE(ABORT, 'call: it can only end')
    WHERE OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR NEW.session <> OLD.session
        OR NEW.number <> OLD.number OR NEW.person <> OLD.person OR NEW.epoch <> OLD.epoch
        OR NEW."by" <> OLD."by" OR NEW.at <> OLD.at OR NEW.expires_at <> OLD.expires_at;
    SELECT RAISE(ABORT, 'call: its link goes first') WHERE EXISTS (
        SELECT 1 FROM call_link l WHERE l.session = OLD.session);
END;

CREATE TRIGGER call_in_stays BEFORE DELETE ON call_in BEGIN
    SELECT RAISE(ABORT, 'call: append-only');
END;

CREATE TRIGGER call_link_begins BEFORE INSERT ON call_link BEGIN
    SELECT RAISE(ABORT, 'call link: already there') WHERE EXISTS (
        SELECT 1 FROM call_link l WHERE l.session = NEW.session);
    SELECT RAISE(ABORT, 'call link: of no live call') WHERE NOT EXISTS (
        SELECT 1 FROM call_in k
        WHERE k.session = NEW.session AND k.number = NEW.number AND k.ended_at IS NULL);
END;

CREATE TRIGGER call_link_fixed BEFORE UPDATE ON call_link BEGIN
    SELECT RAISE(ABORT, 'call link: it comes and goes');
END;

CREATE TRIGGER check_called_in BEFORE UPDATE ON "check"
WHEN NEW.epoch <> OLD.epoch OR NEW.state <> 'ready' BEGIN
    SELECT RAISE(ABORT, 'check: calls end with their epoch') WHERE EXISTS (
        SELECT 1 FROM call_in k
        WHERE k.session = OLD.session AND k.person = OLD.person AND k.ended_at IS NULL);
END;

CREATE TRIGGER session_called_in BEFORE UPDATE ON session BEGIN
    SELECT RAISE(ABORT, 'session: the check room is fixed')
    WHERE NEW.check_room IS NOT OLD.check_room;
    SELECT RAISE(ABORT, 'session: calls end with it')
    WHERE NEW.state NOT IN ('checking', 'open') AND EXISTS (
        SELECT 1 FROM call_in k WHERE k.session = OLD.id AND k.ended_at IS NULL);
END;

CREATE TRIGGER facilitator_called_in BEFORE UPDATE ON session_facilitator
WHEN NEW.active = 0 BEGIN
    SELECT RAISE(ABORT, 'facilitator: calls end with them') WHERE EXISTS (
        SELECT 1 FROM call_in k
        WHERE k.session = OLD.session AND k."by" = OLD.person AND k.ended_at IS NULL);
END;
