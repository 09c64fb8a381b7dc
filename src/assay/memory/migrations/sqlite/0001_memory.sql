CREATE TABLE entry (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    table_name TEXT NOT NULL,
    is_pattern INTEGER NOT NULL,
    text TEXT NOT NULL,
    body TEXT NOT NULL,
    author TEXT NOT NULL,
    created TEXT NOT NULL,
    until TEXT,
    UNIQUE (scope, id)
);
CREATE INDEX entry_of_table ON entry (scope, table_name, type, created, seq);
CREATE INDEX entry_of_type ON entry (scope, type, created, seq);
-- Patterns are few: they are looked through one by one.
CREATE INDEX entry_patterns ON entry (scope, table_name) WHERE is_pattern = 1;

CREATE TABLE state (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    table_name TEXT NOT NULL,
    part TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (scope, table_name, part)
);

CREATE TABLE tally (
    scope TEXT NOT NULL,
    table_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    tested INTEGER NOT NULL,
    true_ INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    PRIMARY KEY (scope, table_name, kind, role)
) WITHOUT ROWID;

CREATE TABLE secret (
    scope TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Whether the index of words, which is made from the entries, has all of them.
CREATE TABLE words_state (
    is_whole INTEGER NOT NULL
);
INSERT INTO words_state VALUES (0);
