-- What one run has found and staged: staging/plan.sqlite, attached to the catalog as `plan` and thrown away with the run.

-- Directories of the source in which something differs, and all new ones.
CREATE TABLE plan.directory (
    node   INTEGER PRIMARY KEY,
    path   BLOB NOT NULL,        -- below the source's root
    parent INTEGER NOT NULL,     -- node
    name   BLOB NOT NULL,
    is_new INTEGER NOT NULL
);

CREATE TABLE plan.change (
    id        INTEGER PRIMARY KEY,
    action    INTEGER NOT NULL,             -- enum Action
    outcome   INTEGER NOT NULL DEFAULT 0,   -- enum Outcome
    known     INTEGER,                      -- the entry under this name
    origin    INTEGER,                      -- the entry whose plain file moves here
    leader    INTEGER,                      -- the change that stages the file this name is a hard link of
    entry     INTEGER,                      -- of an undo: the row that stands again
    covered   INTEGER NOT NULL DEFAULT 0,   -- removed with the folder it stands in
    directory INTEGER NOT NULL,
    name      BLOB NOT NULL,
    node      INTEGER,
    type      INTEGER NOT NULL,
    links     INTEGER NOT NULL,
    mode      INTEGER NOT NULL,
    uid       INTEGER NOT NULL,
    gid       INTEGER NOT NULL,
    size      INTEGER NOT NULL,
    mtime     INTEGER NOT NULL,
    device    INTEGER NOT NULL,
    inode     INTEGER NOT NULL,
    ctime     INTEGER NOT NULL,
    birth     INTEGER,
    special   INTEGER NOT NULL,
    -- from staging
    hash      BLOB,
    user      TEXT NOT NULL DEFAULT '',
    grp       TEXT NOT NULL DEFAULT '',
    has_holes INTEGER NOT NULL DEFAULT 0,
    unsettled INTEGER NOT NULL DEFAULT 0,
    target    BLOB,
    attributes BLOB,
    mirror_inode INTEGER NOT NULL DEFAULT 0,
    patched   INTEGER NOT NULL DEFAULT 0    -- in place, by staging/redo/ID
);
CREATE INDEX plan.change_by_known ON change (known) WHERE known IS NOT NULL;
CREATE INDEX plan.change_by_node ON change (node) WHERE node IS NOT NULL;
CREATE INDEX plan.change_by_origin ON change (origin) WHERE origin IS NOT NULL;
CREATE INDEX plan.change_by_link ON change (inode, device) WHERE links > 1;
CREATE INDEX plan.change_by_leader ON change (leader) WHERE leader IS NOT NULL;
CREATE INDEX plan.change_by_entry ON change (entry) WHERE entry IS NOT NULL;

-- Where it is known by staging: which ranges of a change's new content hold what the known one held.
CREATE TABLE plan.reverse (
    change INTEGER PRIMARY KEY,
    basis  INTEGER NOT NULL,     -- sizes
    target INTEGER NOT NULL,
    copies BLOB NOT NULL         -- as in memory
);

-- Contents that leave the mirror with this run, and where history has them.
CREATE TABLE plan.leaving (
    content INTEGER PRIMARY KEY,
    entry   INTEGER NOT NULL,    -- whose plain file holds it
    inode   INTEGER NOT NULL DEFAULT 0,   -- of that file
    place   INTEGER NOT NULL DEFAULT 0,
    pack    INTEGER,
    offset  INTEGER,
    stored  INTEGER,
    base    BLOB,                -- of a reverse delta: the hash of the content that it applies to
    successor INTEGER            -- the change that stages what takes its place under a name
);

CREATE INDEX plan.leaving_by_entry ON leaving (entry);

-- Contents that history has and that stand in the mirror again.
CREATE TABLE plan.returned (
    content INTEGER PRIMARY KEY,
    hash    BLOB NOT NULL,
    place   INTEGER NOT NULL
);

-- Directories whose times apply has to set again.
CREATE TABLE plan.disturbed (node INTEGER PRIMARY KEY);

CREATE TABLE plan.skipped (
    path   BLOB PRIMARY KEY,     -- below the source's root
    reason TEXT NOT NULL
);

-- Snapshots to be forgotten, with the nearest ones of their source that are left.
CREATE TABLE plan.forgotten (
    number INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    older  INTEGER,
    newer  INTEGER
);

-- Paths to be purged: rows, and from which to which snapshot of its source each goes.
CREATE TABLE plan.purged (entry INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE INDEX plan.purged_by_entry ON purged (entry, first);

-- Contents of rows that vanish and bases of deltas that go, then those of them that nothing needs any more.
CREATE TABLE plan.freed (content INTEGER PRIMARY KEY);

-- Contents whose records were copied to another place.
CREATE TABLE plan.moved (content INTEGER PRIMARY KEY);

-- Of an undo: rows that hold no snapshot that is left, and rows that stand again.
CREATE TABLE plan.vanishing (entry INTEGER PRIMARY KEY);
CREATE TABLE plan.reopened (entry INTEGER PRIMARY KEY);
