-- The catalog. doc/format.md says what each column means to another program.

CREATE TABLE source (
    id    INTEGER PRIMARY KEY,
    host  TEXT NOT NULL,
    path  BLOB NOT NULL,              -- absolute
    name  TEXT NOT NULL DEFAULT '',   -- from the configuration
    UNIQUE (host, path)
);

CREATE TABLE snapshot (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used again
    source   INTEGER NOT NULL REFERENCES source,
    time     INTEGER NOT NULL,        -- ns since 1970, like every time here
    finished INTEGER NOT NULL,
    files    INTEGER NOT NULL,        -- regular files
    entries  INTEGER NOT NULL,        -- names
    bytes    INTEGER NOT NULL,
    skipped  INTEGER NOT NULL,        -- what could not be read
    tags     TEXT NOT NULL DEFAULT '' -- rising, with commas between
);

CREATE TABLE content (
    id     INTEGER PRIMARY KEY,
    hash   BLOB NOT NULL UNIQUE,      -- 32 bytes, include/kist/delta/content_hash.hpp
    size   INTEGER NOT NULL,
    place  INTEGER NOT NULL DEFAULT 0,   -- 0 mirror, 1 pack, 2 history/kept, 3 lost
    pack   INTEGER,
    offset INTEGER,
    stored INTEGER,                   -- bytes of its records in the pack, headers included
    base   INTEGER REFERENCES content -- of a reverse delta: the content that it applies to
);

-- Under `directory` the name `name` stood like this from snapshot `first` to snapshot `last` of its source.
CREATE TABLE entry (
    id         INTEGER PRIMARY KEY,
    directory  INTEGER NOT NULL,      -- the parent's node; of a source's root: minus the source's id
    name       BLOB NOT NULL,
    first      INTEGER NOT NULL,
    last       INTEGER,               -- NULL: still
    type       INTEGER NOT NULL,      -- 0 file, 1 directory, 2 symlink, 3 fifo, 4 socket, 5 character, 6 block device
    mode       INTEGER NOT NULL,
    uid        INTEGER NOT NULL,
    gid        INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    mtime      INTEGER NOT NULL,
    node       INTEGER,               -- directory, or hard-link group
    content    INTEGER REFERENCES content,
    device     INTEGER NOT NULL,      -- of the source's filesystem, with inode, ctime, birth and unsettled: how the
    inode      INTEGER NOT NULL,      -- next run knows the file again
    ctime      INTEGER NOT NULL,
    birth      INTEGER,
    unsettled  INTEGER NOT NULL DEFAULT 0,
    source     INTEGER NOT NULL REFERENCES source,
    user       TEXT NOT NULL DEFAULT '',
    grp        TEXT NOT NULL DEFAULT '',
    special    INTEGER NOT NULL DEFAULT 0,
    has_holes  INTEGER NOT NULL DEFAULT 0,
    target     BLOB,                  -- of a symlink
    attributes BLOB,                  -- extended attributes and ACLs: doc/format.md, "Attributes"
    mirror_inode INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX entry_by_name ON entry (directory, name, last);
CREATE INDEX entry_by_inode ON entry (inode) WHERE last IS NULL;
CREATE INDEX entry_by_node ON entry (node) WHERE node IS NOT NULL;
CREATE INDEX entry_by_content ON entry (content) WHERE content IS NOT NULL;
CREATE INDEX content_by_record ON content (pack, offset) WHERE place = 1;
CREATE INDEX content_by_base ON content (base) WHERE base IS NOT NULL;

-- Entries that could not be read, by snapshot.
CREATE TABLE skipped (
    snapshot INTEGER NOT NULL,
    path     BLOB NOT NULL,
    reason   TEXT NOT NULL
);

CREATE TABLE pack (
    number INTEGER PRIMARY KEY,
    size   INTEGER NOT NULL,          -- bytes that are committed: what lies beyond is an unfinished run's
    reclaim INTEGER NOT NULL DEFAULT 0   -- 1: it holds space to be given back, src/repository/reclaim.cpp
);

-- Where the records lie that a lost catalog is rebuilt from: the newest checkpoint's, and all run records since.
CREATE TABLE record (
    pack   INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    stored INTEGER NOT NULL,          -- bytes in the pack, header included
    items  INTEGER NOT NULL,
    PRIMARY KEY (pack, offset)
) WITHOUT ROWID;

-- What a committed run still has to do in latest/: src/repository/apply.cpp.
CREATE TABLE step (
    id     INTEGER PRIMARY KEY,
    phase  INTEGER NOT NULL,          -- 1 out, 2 in, 3 links and patches, 4 metadata, 5 what history needs no more
    depth  INTEGER NOT NULL,          -- slashes in the path
    kind   INTEGER NOT NULL,          -- enum StepKind
    path   BLOB NOT NULL,             -- in latest/; of kind 7 a name in history/kept
    object TEXT NOT NULL DEFAULT '',  -- by kind: in/ID, out/ID or redo/ID in staging, a name in history/kept, a link's target
    inode  INTEGER NOT NULL DEFAULT 0,   -- what stood at path at the commit (phase 1)
    entry  INTEGER                    -- whose metadata to set
);
CREATE INDEX step_by_phase ON step (phase, depth);
