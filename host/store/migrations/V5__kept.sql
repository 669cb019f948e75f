-- What is kept for plugins. A value is as long as its cell's size, whatever it holds; its version is the number of the leaf
-- that wrote it, counted from 1, so that no version comes twice, also when a cell was shredded and written again.
CREATE TABLE cell (
  tenant TEXT NOT NULL,
  plugin TEXT NOT NULL,
  patient TEXT NOT NULL,
  purpose TEXT NOT NULL,
  clearance TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  value BLOB NOT NULL,
  PRIMARY KEY (tenant, plugin, patient, purpose, clearance, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX cell_of_patient ON cell (tenant, patient);

-- What failed runs saw: the newest, for a while.
CREATE TABLE transcript (
  row INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  invocation TEXT NOT NULL,
  plugin TEXT NOT NULL,
  at TEXT NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (tenant, invocation)
) STRICT;

CREATE INDEX transcript_at ON transcript (tenant, at);

-- The highest serial serves; the one before it is kept.
CREATE TABLE pack (
  row INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  plugin TEXT NOT NULL,
  name TEXT NOT NULL,
  serial INTEGER NOT NULL CHECK (serial >= 0),
  version TEXT NOT NULL,
  digest TEXT NOT NULL,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  envelope BLOB NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (tenant, plugin, name, serial)
) STRICT;

-- What links and icons lead to, by the digest of its bytes.
CREATE TABLE copy (
  row INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  digest TEXT NOT NULL,
  media TEXT NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (tenant, digest)
) STRICT;

-- Plugins that an operator took out of use for a while, with their grants left as they are.
CREATE TABLE quarantine (
  tenant TEXT NOT NULL,
  plugin TEXT NOT NULL,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tenant, plugin)
) STRICT, WITHOUT ROWID;
