/**
 * Numbered migrations of project.sqlite, applied in order inside one transaction. A shipped migration is never edited;
 * a change is a new number. `PRAGMA user_version` holds the number of the last one applied.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE slides (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,               -- relative to the project folder, '/' between parts
    fingerprint TEXT NOT NULL,
    specimen TEXT NOT NULL,
    patient TEXT NOT NULL,
    mpp_by_hand REAL,                 -- micrometres per pixel, null unless a person set it
    info TEXT NOT NULL                -- SlideInfo as JSON, as read when the slide was added
  ) STRICT;
  CREATE TABLE regions (
    id TEXT PRIMARY KEY,
    slide_id TEXT NOT NULL REFERENCES slides(id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('include', 'exclude')),
    name TEXT NOT NULL,
    polygons TEXT NOT NULL            -- JSON, level-0 pixels
  ) STRICT;
  CREATE TABLE classes (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE,
    colour TEXT NOT NULL
  ) STRICT;
  CREATE TABLE labels (
    id TEXT PRIMARY KEY,
    slide_id TEXT NOT NULL REFERENCES slides(id) ON DELETE CASCADE,
    x REAL NOT NULL,                  -- level-0 pixels: a label outlives a change of the tile grid
    y REAL NOT NULL,
    class_id TEXT NOT NULL REFERENCES classes(id),
    reader TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('person', 'suggestion', 'import')),
    UNIQUE (slide_id, x, y, reader)
  ) STRICT;
  CREATE TABLE tile_sets (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    settings TEXT NOT NULL,           -- TileSettings as JSON
    manifest TEXT NOT NULL            -- path of the manifest, relative to the project folder
  ) STRICT;
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    tile_set_id TEXT NOT NULL REFERENCES tile_sets(id),
    status TEXT NOT NULL CHECK (status IN ('running', 'stopped', 'finished', 'failed')),
    settings TEXT NOT NULL,
    summary TEXT NOT NULL             -- JSON: engine, last metrics, verdict
  ) STRICT;
  CREATE TABLE classifiers (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs(id),
    file TEXT NOT NULL,               -- the classifier itself, relative to the project folder
    summary TEXT NOT NULL             -- JSON: evaluation, baselines, settings
  ) STRICT;
  CREATE TABLE predictions (
    classifier_id TEXT NOT NULL REFERENCES classifiers(id) ON DELETE CASCADE,
    slide_id TEXT NOT NULL REFERENCES slides(id) ON DELETE CASCADE,
    tile_set_id TEXT NOT NULL REFERENCES tile_sets(id),
    classes BLOB NOT NULL,            -- uint16 [tiles], the predicted class, tiles in the tile set's order
    probabilities BLOB NOT NULL,      -- float32 [tiles, classes]
    PRIMARY KEY (classifier_id, slide_id)
  ) STRICT;
  CREATE TABLE commands (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('person', 'suggestion', 'import')),
    changes TEXT NOT NULL,            -- JSON: rows before and after
    undone INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  `,
  `
  ALTER TABLE classes ADD COLUMN letter TEXT;   -- shown on maps beside the colour; null: by position
  ALTER TABLE classes ADD COLUMN key TEXT;      -- one lower-case character; null: the digit of the position
  CREATE TABLE marks (
    id TEXT PRIMARY KEY,
    slide_id TEXT NOT NULL REFERENCES slides(id) ON DELETE CASCADE,
    x REAL NOT NULL,                  -- level-0 pixels, as labels
    y REAL NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('unsure', 'skipped')),
    UNIQUE (slide_id, x, y)
  ) STRICT;
  CREATE INDEX labels_by_class ON labels (class_id);
  `,
  `
  CREATE TABLE project_settings (
    id TEXT PRIMARY KEY,              -- name of the setting
    value TEXT NOT NULL
  ) STRICT;
  ALTER TABLE slides ADD COLUMN tissue TEXT;    -- TissueSettings of this slide alone as JSON; null: the project's
  CREATE TABLE regions_with_corrections (
    id TEXT PRIMARY KEY,
    slide_id TEXT NOT NULL REFERENCES slides(id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('include', 'exclude', 'tissue', 'no-tissue')),
    name TEXT NOT NULL,
    polygons TEXT NOT NULL            -- JSON, level-0 pixels
  ) STRICT;
  INSERT INTO regions_with_corrections SELECT id, slide_id, kind, name, polygons FROM regions ORDER BY rowid;
  DROP TABLE regions;
  ALTER TABLE regions_with_corrections RENAME TO regions;
  `,
  `
  ALTER TABLE labels ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;  -- 1: contradicted, looked at again and kept by a person
  `,
  `
  CREATE TABLE reading_sessions (
    id TEXT PRIMARY KEY,
    reader TEXT NOT NULL,             -- the second reader
    created_at TEXT NOT NULL,
    finished_at TEXT,                 -- null: answers are still taken, and nobody sees the agreement
    seed INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE readings (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES reading_sessions(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    slide_id TEXT NOT NULL REFERENCES slides(id) ON DELETE CASCADE,
    x REAL NOT NULL,                  -- level-0 pixels, as labels
    y REAL NOT NULL,
    first_class_id TEXT,              -- what the first reader had said when the session began; null: not known here
    first_reader TEXT NOT NULL,
    second_class_id TEXT,             -- null: not read yet, or unsure
    is_unsure INTEGER NOT NULL,
    decision TEXT CHECK (decision IN ('first', 'second', 'other', 'unsure')),
    decided_class_id TEXT,
    decided_by TEXT,
    UNIQUE (session_id, slide_id, x, y)
  ) STRICT;
  `,
  `
  ALTER TABLE predictions ADD COLUMN disagreement BLOB;  -- float32 [tiles], 0..1, between the folds; null: an earlier Trefoil
  ALTER TABLE predictions ADD COLUMN distance BLOB;      -- float32 [tiles], from the training slides, 1 = their limit; null: not known
  ALTER TABLE predictions ADD COLUMN likeness TEXT;      -- SlideLikeness as JSON; null: not known
  `,
];
