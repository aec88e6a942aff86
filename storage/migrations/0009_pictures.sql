-- Drafts: what they stand on, who has written in them, and pictures for steps.
--
-- Nothing here touches a run: it stays on the revision that it began with.

-- A picture, drawn anew from what a coordinator sent: nothing of the camera or the place is in it.
CREATE TABLE picture (
    digest TEXT PRIMARY KEY CHECK (length(digest) = 64),  -- SHA-256 of the bytes
    bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 400000)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER picture_begins BEFORE INSERT ON picture BEGIN
    SELECT RAISE(ABORT, 'picture: already there')
    WHERE EXISTS (SELECT 1 FROM picture WHERE digest = NEW.digest);
END;
CREATE TRIGGER picture_fixed BEFORE UPDATE ON picture BEGIN
    SELECT RAISE(ABORT, 'picture: append-only');
END;

-- The picture above a screen's text as it stands on a phone; such a screen is never edited.
ALTER TABLE screen ADD COLUMN picture TEXT NOT NULL DEFAULT '';

-- Which pictures a revision has; they stay as long as it does.
CREATE TABLE revision_picture (
    revision TEXT NOT NULL REFERENCES revision (id),
    step TEXT NOT NULL,
    picture TEXT NOT NULL REFERENCES picture (digest),
    PRIMARY KEY (revision, step)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER revision_picture_begins BEFORE INSERT ON revision_picture BEGIN
    SELECT RAISE(ABORT, 'revision_picture: already there') WHERE EXISTS (
        SELECT 1 FROM revision_picture WHERE revision = NEW.revision AND step = NEW.step);
END;
CREATE TRIGGER revision_picture_fixed BEFORE UPDATE ON revision_picture BEGIN
    SELECT RAISE(ABORT, 'revision_picture: append-only');
END;
CREATE TRIGGER revision_picture_stays BEFORE DELETE ON revision_picture BEGIN
    SELECT RAISE(ABORT, 'revision_picture: append-only');
END;

-- The steps of a draft say on which revision they were begun. NULL: it was recalled since, or it is
-- not known; then nothing of the draft can be published.
ALTER TABLE draft_steps ADD COLUMN base TEXT REFERENCES revision (id);

UPDATE draft_steps SET base = (
    SELECT p.revision FROM publication p JOIN revision r ON r.id = p.revision
    WHERE p.flow = draft_steps.flow AND p.locale = draft_steps.locale AND r.recalled_at IS NULL
    AND p.number = (SELECT max(l.number) FROM publication l
        WHERE l.flow = draft_steps.flow AND l.locale = draft_steps.locale)
    AND p.at < (SELECT min(e.at) FROM draft_edit e
        WHERE e.flow = draft_steps.flow AND e.locale = draft_steps.locale));

-- How many changes of a draft there were when something of its flow and language was recalled last.
ALTER TABLE draft_count ADD COLUMN recalled INTEGER NOT NULL DEFAULT 0
    CHECK (recalled BETWEEN 0 AND changes);

CREATE TRIGGER recall_ends_drafts AFTER UPDATE OF recalled_at ON revision
WHEN OLD.recalled_at IS NULL AND NEW.recalled_at IS NOT NULL BEGIN
    UPDATE draft_steps SET base = NULL WHERE base = NEW.id;
    UPDATE draft_count SET recalled = changes WHERE flow = NEW.flow AND locale = NEW.locale;
END;

-- Whose words are in a draft though its rows no longer say so: a file or a colleague has taken
-- them over.
CREATE TABLE draft_writer (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    "by" INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (flow, locale, "by")
) STRICT, WITHOUT ROWID;

-- The same two tables as before, which take an edit of a picture too.
CREATE TABLE new_draft_edit (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    what TEXT NOT NULL
        CHECK (what IN ('inserted', 'omitted', 'moved', 'from-file', 'pictured', 'unpictured')),
    step TEXT NOT NULL,
    words TEXT NOT NULL,                  -- how the step begins
    reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (flow, locale, number)
) STRICT, WITHOUT ROWID;
INSERT INTO new_draft_edit SELECT * FROM draft_edit;
DROP TABLE draft_edit;
ALTER TABLE new_draft_edit RENAME TO draft_edit;

CREATE TABLE new_publication_edit (
    publication INTEGER NOT NULL REFERENCES publication (number),
    number INTEGER NOT NULL CHECK (number > 0),
    what TEXT NOT NULL
        CHECK (what IN ('inserted', 'omitted', 'moved', 'from-file', 'pictured', 'unpictured')),
    step TEXT NOT NULL,
    words TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (publication, number)
) STRICT, WITHOUT ROWID;
INSERT INTO new_publication_edit SELECT * FROM publication_edit;
DROP TRIGGER publication_edit_stays;
DROP TABLE publication_edit;
ALTER TABLE new_publication_edit RENAME TO publication_edit;

CREATE TRIGGER publication_edit_begins BEFORE INSERT ON publication_edit BEGIN
    SELECT RAISE(ABORT, 'publication_edit: already there') WHERE EXISTS (
        SELECT 1 FROM publication_edit
        WHERE publication = NEW.publication AND number = NEW.number);
END;
CREATE TRIGGER publication_edit_fixed BEFORE UPDATE ON publication_edit BEGIN
    SELECT RAISE(ABORT, 'publication_edit: append-only');
END;
CREATE TRIGGER publication_edit_stays BEFORE DELETE ON publication_edit BEGIN
    SELECT RAISE(ABORT, 'publication_edit: append-only');
END;
