-- From format 1 to format 2.

CREATE TABLE person_key (
	id        INTEGER PRIMARY KEY,
	secret    BLOB, -- NULL where the key is given from outside
	key_check BLOB    NOT NULL UNIQUE CHECK (length(key_check) = 16),
	since     INTEGER NOT NULL
) STRICT;
INSERT INTO person_key SELECT 1, person_key, key_check, (SELECT at FROM event WHERE serial = 1) FROM meta;
ALTER TABLE meta DROP COLUMN person_key;
ALTER TABLE meta DROP COLUMN key_check;
ALTER TABLE meta ADD COLUMN moved_to TEXT;

CREATE TABLE message_2 (
	id         INTEGER PRIMARY KEY,
	key        BLOB    NOT NULL UNIQUE CHECK (length(key) = 16),
	first_seen INTEGER NOT NULL,
	key_id     INTEGER NOT NULL REFERENCES person_key,
	joined     INTEGER REFERENCES message -- whose ledger this one became part of, and which has its names since
) STRICT;
INSERT INTO message_2 SELECT id, key, first_seen, 1, NULL FROM message;
DROP TABLE message;
ALTER TABLE message_2 RENAME TO message;

CREATE TABLE name_2 (
	id            INTEGER PRIMARY KEY,
	namespace     TEXT    NOT NULL CHECK (namespace IN ('address', 'dedupe')),
	name          TEXT    NOT NULL,
	message       INTEGER NOT NULL REFERENCES message,
	text_digest   BLOB CHECK (length(text_digest) = 32), -- of the text as it was written when the address was last applied
	absent_since  INTEGER, -- the first apply since then whose configuration did not have the address
	removed_since INTEGER, -- the first of these that said that it was meant
	UNIQUE (namespace, name)
) STRICT;
INSERT INTO name_2 (namespace, name, message) SELECT namespace, name, message FROM name ORDER BY namespace, name;
DROP TABLE name;
ALTER TABLE name_2 RENAME TO name;

ALTER TABLE request ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN asked_at INTEGER;
ALTER TABLE request ADD COLUMN name INTEGER REFERENCES name;
UPDATE request SET name = (SELECT id FROM name WHERE namespace = 'address' AND message = request.message);
ALTER TABLE send ADD COLUMN status INTEGER;
ALTER TABLE send ADD COLUMN status_at INTEGER;
ALTER TABLE send ADD COLUMN charge INTEGER;

CREATE TABLE stop_2 (
	person BLOB    PRIMARY KEY CHECK (length(person) = 16),
	since  INTEGER NOT NULL,
	code   INTEGER NOT NULL,
	key_id INTEGER NOT NULL REFERENCES person_key
) STRICT, WITHOUT ROWID;
INSERT INTO stop_2 SELECT person, since, code, 1 FROM stop;
DROP TABLE stop;
ALTER TABLE stop_2 RENAME TO stop;
