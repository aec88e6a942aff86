-- Steps in coordinators' hands: what of a flow is different in one language, and why.
--
-- Nothing here touches a run: it stays on the revision that it began with.

-- What a flow would become in one language, its changed texts aside, that nobody has published yet.
CREATE TABLE draft_steps (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    body TEXT NOT NULL,                   -- a revision
    PRIMARY KEY (flow, locale)
) STRICT, WITHOUT ROWID;

-- Each edit by which it came about; without a reason it can't be published.
CREATE TABLE draft_edit (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    what TEXT NOT NULL CHECK (what IN ('inserted', 'omitted', 'moved', 'from-file')),
    step TEXT NOT NULL,
    words TEXT NOT NULL,                  -- how the step begins
    reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (flow, locale, number)
) STRICT, WITHOUT ROWID;

-- What was published with a publication, and why.
CREATE TABLE publication_edit (
    publication INTEGER NOT NULL REFERENCES publication (number),
    number INTEGER NOT NULL CHECK (number > 0),
    what TEXT NOT NULL CHECK (what IN ('inserted', 'omitted', 'moved', 'from-file')),
    step TEXT NOT NULL,
    words TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (publication, number)
) STRICT, WITHOUT ROWID;

-- How often a draft was changed, and its steps: it never begins anew, so that nobody who looked at
-- an earlier draft changes a later one.
CREATE TABLE draft_count (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    changes INTEGER NOT NULL CHECK (changes > 0),
    steps INTEGER NOT NULL CHECK (steps BETWEEN 0 AND changes),
    PRIMARY KEY (flow, locale)
) STRICT, WITHOUT ROWID;

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
