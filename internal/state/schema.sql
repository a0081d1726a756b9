-- Format 4. Times are microseconds since 1970 in UTC; outcomes are the numbers of Outcome in state.go.

CREATE TABLE meta (
	id             INTEGER PRIMARY KEY CHECK (id = 1),
	lineage        TEXT    NOT NULL,
	kind           TEXT    NOT NULL CHECK (kind IN ('simulator', 'real')),
	epoch          INTEGER NOT NULL,
	phone_metadata TEXT    NOT NULL,
	moved_to       TEXT -- where the state went; from then on it is a tombstone
) STRICT;

-- The keys under which numbers are persons. A message keeps the key that it began with.
CREATE TABLE person_key (
	id        INTEGER PRIMARY KEY,
	secret    BLOB, -- NULL where the key is given from outside
	key_check BLOB    NOT NULL UNIQUE CHECK (length(key_check) = 16),
	since     INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
	id         INTEGER PRIMARY KEY,
	key        BLOB    NOT NULL UNIQUE CHECK (length(key) = 16),
	first_seen INTEGER NOT NULL,
	key_id     INTEGER NOT NULL REFERENCES person_key,
	joined     INTEGER REFERENCES message -- whose ledger this one became part of, and which has its names since
) STRICT;

-- What messages are called. Messages that share a ledger are one message with several addresses.
CREATE TABLE name (
	id            INTEGER PRIMARY KEY,
	namespace     TEXT    NOT NULL CHECK (namespace IN ('address', 'dedupe')),
	name          TEXT    NOT NULL,
	message       INTEGER NOT NULL REFERENCES message,
	text_digest   BLOB CHECK (length(text_digest) = 32), -- of the text as it was written when the address was last applied
	absent_since  INTEGER, -- the first apply since then whose configuration did not have the address
	removed_since INTEGER, -- the first of these that said that it was meant
	UNIQUE (namespace, name)
) STRICT;

CREATE TABLE run (
	id       INTEGER PRIMARY KEY,
	plan_id  TEXT    NOT NULL,
	account  TEXT    NOT NULL,
	who      TEXT    NOT NULL,
	version  TEXT    NOT NULL,
	allowed  TEXT    NOT NULL, -- guards that were overridden, as a JSON array
	started  INTEGER NOT NULL,
	ended    INTEGER,
	outcome  TEXT
) STRICT;

-- What all recipients of a request share.
CREATE TABLE request (
	id          INTEGER PRIMARY KEY,
	run         INTEGER NOT NULL REFERENCES run,
	message     INTEGER NOT NULL REFERENCES message,
	revision    INTEGER NOT NULL,
	climsgid    BLOB    NOT NULL CHECK (length(climsgid) = 20), -- unique: see client
	attempt     INTEGER NOT NULL,
	people      INTEGER NOT NULL CHECK (people > 0),
	text_digest BLOB    NOT NULL CHECK (length(text_digest) = 32),
	deliver_at  INTEGER,
	outcome     INTEGER NOT NULL DEFAULT 0 CHECK (outcome BETWEEN 0 AND 8),
	code        INTEGER NOT NULL DEFAULT 0,
	intent_at   INTEGER,
	settled_at  INTEGER,
	evidence    TEXT,
	apimsgids   BLOB, -- 16 bytes for each person, in the order of the roster; zeros where there is none
	unknowns    INTEGER NOT NULL DEFAULT 0, -- answers of the gateway that did not know it; those of five seconds are one
	asked_at    INTEGER, -- the newest of them
	name        INTEGER REFERENCES name, -- the address that it was claimed under
	receipts    INTEGER, -- whether receipts of handsets were asked for, so that status 003 is not the last; NULL where it is not known
	segments    INTEGER -- that the text takes, for each person; NULL where it is not known
) STRICT;

-- The people of a request in their order, 16 bytes each. Apart from the request, whose row changes twice.
CREATE TABLE roster (
	request INTEGER PRIMARY KEY REFERENCES request,
	people  BLOB NOT NULL
) STRICT;

-- An index of its own, because a claim can fill it in order: a unique column of request would be filled at random.
CREATE TABLE client (
	climsgid BLOB    PRIMARY KEY,
	request  INTEGER NOT NULL REFERENCES request
) STRICT, WITHOUT ROWID;

-- The primary key is the promise: a message at one revision goes to a person once.
CREATE TABLE send (
	message   INTEGER NOT NULL REFERENCES message,
	revision  INTEGER NOT NULL,
	person    BLOB    NOT NULL CHECK (length(person) = 16),
	request   INTEGER NOT NULL REFERENCES request,
	outcome   INTEGER, -- NULL: the request's
	code      INTEGER, -- NULL beside an outcome, which is in doubt then: the doubt was there before the request
	status    INTEGER, -- the gateway's, of the message that it accepted
	status_at INTEGER,
	charge    INTEGER, -- millionths of a credit
	PRIMARY KEY (message, revision, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX send_exception ON send (request) WHERE outcome IS NOT NULL;

-- Attempts that a later claim took over.
CREATE TABLE attempt (
	message  INTEGER NOT NULL REFERENCES message,
	revision INTEGER NOT NULL,
	person   BLOB    NOT NULL CHECK (length(person) = 16),
	attempt  INTEGER NOT NULL,
	request  INTEGER NOT NULL REFERENCES request,
	outcome  INTEGER NOT NULL,
	code     INTEGER NOT NULL,
	at       INTEGER NOT NULL,
	PRIMARY KEY (message, revision, person, attempt)
) STRICT, WITHOUT ROWID;

-- Scheduled messages that the gateway was asked to withdraw. The send is withdrawing until an answer says what became of it.
CREATE TABLE withdrawal (
	request    INTEGER NOT NULL REFERENCES request,
	person     BLOB    NOT NULL CHECK (length(person) = 16),
	why        TEXT    NOT NULL, -- a word of Why in withdraw.go
	intent_at  INTEGER NOT NULL, -- of the newest call
	settled_at INTEGER, -- of the answer, that it was withdrawn or that it was not
	PRIMARY KEY (request, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE stop (
	person BLOB    PRIMARY KEY CHECK (length(person) = 16),
	since  INTEGER NOT NULL,
	code   INTEGER NOT NULL,
	key_id INTEGER NOT NULL REFERENCES person_key
) STRICT, WITHOUT ROWID;

-- One row for each transaction.
CREATE TABLE event (
	serial  INTEGER PRIMARY KEY,
	head    BLOB    NOT NULL CHECK (length(head) = 32),
	digest  BLOB    NOT NULL CHECK (length(digest) = 32),
	kind    TEXT    NOT NULL,
	subject TEXT    NOT NULL,
	at      INTEGER NOT NULL
) STRICT;
