CREATE TABLE assay_memory.entry (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    table_name text COLLATE "C" NOT NULL,
    is_pattern boolean NOT NULL,
    text text NOT NULL,
    body text NOT NULL,
    author text NOT NULL,
    created text COLLATE "C" NOT NULL,
    until text,
    words tsvector NOT NULL,
    UNIQUE (scope, id)
);
-- The server's statistics would keep samples of what is forgotten.
ALTER TABLE assay_memory.entry ALTER COLUMN text SET STATISTICS 0;
ALTER TABLE assay_memory.entry ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE assay_memory.entry ALTER COLUMN words SET STATISTICS 0;
-- Names of tables can be longer than an index holds.
CREATE INDEX entry_of_table ON assay_memory.entry (scope, md5(table_name), type, created, seq);
CREATE INDEX entry_of_type ON assay_memory.entry (scope, type, created, seq);
CREATE INDEX entry_patterns ON assay_memory.entry (scope) WHERE is_pattern;
CREATE INDEX entry_words ON assay_memory.entry USING gin (words);

CREATE TABLE assay_memory.state (
    scope text COLLATE "C" NOT NULL,
    table_name text COLLATE "C" NOT NULL,
    part text COLLATE "C" NOT NULL,
    body bytea NOT NULL
);
ALTER TABLE assay_memory.state ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE assay_memory.state ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX state_part ON assay_memory.state (scope, md5(table_name), part);

CREATE TABLE assay_memory.tally (
    scope text COLLATE "C" NOT NULL,
    table_name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    tested bigint NOT NULL,
    true_ bigint NOT NULL,
    accepted bigint NOT NULL,
    rejected bigint NOT NULL
);
CREATE UNIQUE INDEX tally_key ON assay_memory.tally (scope, md5(table_name), kind, md5(role));

CREATE TABLE assay_memory.secret (
    scope text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);
