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
	id           INTEGER PRIMARY KEY,
	key          BLOB    NOT NULL UNIQUE CHECK (length(key) = 16),
	first_seen   INTEGER NOT NULL,
	key_id       INTEGER NOT NULL REFERENCES person_key,
	absent_since INTEGER, -- the configuration has not had it since
	text_digest  BLOB CHECK (length(text_digest) = 32) -- of what it said when it was last applied
) STRICT;
INSERT INTO message_2 SELECT id, key, first_seen, 1, NULL, NULL FROM message;
DROP TABLE message;
ALTER TABLE message_2 RENAME TO message;

CREATE TABLE name_2 (
	namespace TEXT    NOT NULL CHECK (namespace IN ('address', 'dedupe')),
	name      TEXT    NOT NULL,
	message   INTEGER NOT NULL REFERENCES message,
	PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;
INSERT INTO name_2 SELECT namespace, name, message FROM name;
DROP TABLE name;
ALTER TABLE name_2 RENAME TO name;

ALTER TABLE request ADD COLUMN unknowns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN asked_at INTEGER;
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
