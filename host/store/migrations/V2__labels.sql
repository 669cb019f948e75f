-- A label stands beside its row: the row holds bytes, and a new label must not write them again. `class` is the number of
-- the label, `rules` names the rules that gave it, `labelled` the version they had. The highest number is in force; a
-- version that comes back gets a new one, so that whatever is lower is old.

CREATE TABLE label_version (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  version BLOB NOT NULL CHECK (length(version) = 32)
) STRICT;

CREATE TABLE label (
  row INTEGER PRIMARY KEY REFERENCES resource (row) ON DELETE CASCADE,
  class INTEGER NOT NULL,
  rules TEXT NOT NULL,
  labelled INTEGER NOT NULL REFERENCES label_version (number)
) STRICT;
