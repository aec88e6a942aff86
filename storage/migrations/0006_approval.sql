-- Approval of languages: which one a named coordinator has read, text by text, and let be chosen.
--
-- Nothing here touches a run or what somebody speaks; it says what newcomers are offered.

-- What was done about a language, in order. The latest row that is no slip says how it stands: one
-- that was approved is offered, one that was taken back, or has no row, is not.
CREATE TABLE approval (
    number INTEGER PRIMARY KEY,
    locale TEXT NOT NULL,
    act TEXT NOT NULL CHECK (act IN ('approved', 'slip', 'taken-back')),
    texts TEXT NOT NULL CHECK (texts GLOB '{*}'),  -- JSON: text id -> digest of id, English, words
    "by" INTEGER REFERENCES person (id),  -- NULL: the practice room, for itself alone
    at INTEGER NOT NULL,
    CHECK ("by" IS NOT NULL OR act = 'approved')
) STRICT;
CREATE INDEX approval_of ON approval (locale, number);

CREATE TRIGGER approval_begins BEFORE INSERT ON approval BEGIN
    SELECT RAISE(ABORT, 'approval: already there')
    WHERE EXISTS (SELECT 1 FROM approval WHERE number = NEW.number);
    SELECT RAISE(ABORT, 'approval: not by a coordinator')
    WHERE NEW."by" IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM staff_role r JOIN person p ON p.id = r.person AND p.status = 'enrolled'
        WHERE r.person = NEW."by" AND r.role = 'coordinator' AND r.ended_at IS NULL);
    SELECT RAISE(ABORT, 'approval: the language is not approved')
    WHERE NEW.act <> 'approved' AND coalesce((
        SELECT a.act FROM approval a WHERE a.locale = NEW.locale AND a.act <> 'slip'
        ORDER BY a.number DESC LIMIT 1), '') <> 'approved';
END;
CREATE TRIGGER approval_fixed BEFORE UPDATE ON approval BEGIN
    SELECT RAISE(ABORT, 'approval: append-only');
END;
CREATE TRIGGER approval_stays BEFORE DELETE ON approval BEGIN
    SELECT RAISE(ABORT, 'approval: append-only');
END;
