-- From format 3 to format 4.

CREATE TABLE withdrawal (
	request    INTEGER NOT NULL REFERENCES request,
	person     BLOB    NOT NULL CHECK (length(person) = 16),
	why        TEXT    NOT NULL,
	intent_at  INTEGER NOT NULL,
	settled_at INTEGER,
	PRIMARY KEY (request, person)
) STRICT, WITHOUT ROWID;

ALTER TABLE request ADD COLUMN receipts INTEGER;
ALTER TABLE request ADD COLUMN segments INTEGER;
