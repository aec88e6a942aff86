-- Calls into the check room: until when a link may make one, and a code before it.
--
-- What the schema holds: where a session asks for a code, nobody calls in before entering one, and
-- a proof is not forgotten under a live call of whoever gave it.

-- Until when the next link is for the video check that a facilitator wants; NULL: it is no more.
ALTER TABLE session_facilitator ADD COLUMN wants_call_until INTEGER;

CREATE TRIGGER call_in_proved BEFORE INSERT ON call_in BEGIN
    SELECT RAISE(ABORT, 'call: whoever calls has entered no code')
    WHERE EXISTS (SELECT 1 FROM session s WHERE s.id = NEW.session AND s.second_factor = 1)
        AND NOT EXISTS (
            SELECT 1 FROM session_facilitator f
            WHERE f.session = NEW.session AND f.person = NEW."by" AND f.proved_at <= NEW.at);
END;

CREATE TRIGGER call_in_stays_proved BEFORE UPDATE ON session_facilitator
WHEN NEW.proved_at IS NOT OLD.proved_at BEGIN
    SELECT RAISE(ABORT, 'facilitator: calls end with the code') WHERE EXISTS (
        SELECT 1 FROM call_in k
        WHERE k.session = OLD.session AND k."by" = OLD.person AND k.ended_at IS NULL);
END;
