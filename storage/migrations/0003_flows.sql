-- Flows in coordinators' hands: what is being changed, and what was published when and by whom.
--
-- Nothing here touches a run: it stays on the revision that it began with.

-- What a coordinator has changed of a flow's texts in one language and nobody has published yet.
CREATE TABLE draft (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    text TEXT NOT NULL,                   -- the text's id
    words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4096),
    version INTEGER NOT NULL CHECK (version > 0),
    "by" INTEGER NOT NULL REFERENCES person (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (flow, locale, text)
) STRICT, WITHOUT ROWID;

-- Who asks a colleague to read a draft; any change to it ends that.
CREATE TABLE reading (
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    revision TEXT NOT NULL CHECK (length(revision) = 64),  -- what the draft would become
    "by" INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (flow, locale)
) STRICT, WITHOUT ROWID;

-- Every publication, the shipped ones too; the latest one of a flow and language counts.
CREATE TABLE publication (
    number INTEGER PRIMARY KEY,
    flow TEXT NOT NULL,
    locale TEXT NOT NULL,
    revision TEXT NOT NULL REFERENCES revision (id),
    "by" INTEGER REFERENCES person (id),         -- NULL: it came with the program
    read_by INTEGER REFERENCES person (id),      -- who read it as a second one
    at INTEGER NOT NULL,
    CHECK (read_by IS NULL OR ("by" IS NOT NULL AND read_by <> "by"))
) STRICT;
CREATE INDEX publication_of ON publication (flow, locale, number);

CREATE TRIGGER publication_begins BEFORE INSERT ON publication BEGIN
    SELECT RAISE(ABORT, 'publication: already there')
    WHERE EXISTS (SELECT 1 FROM publication WHERE number = NEW.number);
    SELECT RAISE(ABORT, 'publication: of another flow or language')
    WHERE NOT EXISTS (SELECT 1 FROM revision
        WHERE id = NEW.revision AND flow = NEW.flow AND locale = NEW.locale);
    SELECT RAISE(ABORT, 'publication: the revision was recalled')
    WHERE EXISTS (SELECT 1 FROM revision WHERE id = NEW.revision AND recalled_at IS NOT NULL);
END;
CREATE TRIGGER publication_fixed BEFORE UPDATE ON publication BEGIN
    SELECT RAISE(ABORT, 'publication: append-only');
END;
CREATE TRIGGER publication_stays BEFORE DELETE ON publication BEGIN
    SELECT RAISE(ABORT, 'publication: append-only');
END;

INSERT INTO publication (flow, locale, revision, at)
SELECT p.flow, p.locale, p.revision, r.created_at
FROM published p JOIN revision r ON r.id = p.revision AND r.recalled_at IS NULL;
