-- Times are RFC 3339 texts in UTC with nine decimals, so that bytes sort as instants do; '-' is the beginning of time,
-- '' is no time. Every key begins with the tenant, except for the log: it is the host's, and its leaves name theirs.

CREATE TABLE resource (
  row INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  patient TEXT,
  upper TEXT NOT NULL,
  lower TEXT NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (tenant, type, id)
) STRICT;

CREATE INDEX resource_newest ON resource (tenant, patient, type, upper DESC, lower DESC, id) WHERE patient IS NOT NULL;

CREATE TABLE idx_token (
  row INTEGER NOT NULL REFERENCES resource (row) ON DELETE CASCADE,
  parameter TEXT NOT NULL,
  code TEXT NOT NULL,
  system TEXT NOT NULL,
  tenant TEXT NOT NULL,
  patient TEXT NOT NULL,
  type TEXT NOT NULL,
  PRIMARY KEY (row, parameter, code, system)
) STRICT, WITHOUT ROWID;

CREATE INDEX token_of_patient ON idx_token (tenant, patient, type, parameter, code, system);

CREATE TABLE idx_reference (
  row INTEGER NOT NULL REFERENCES resource (row) ON DELETE CASCADE,
  parameter TEXT NOT NULL,
  target_type TEXT NOT NULL,
  target_id TEXT NOT NULL,
  PRIMARY KEY (row, parameter, target_type, target_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idx_date (
  row INTEGER NOT NULL REFERENCES resource (row) ON DELETE CASCADE,
  parameter TEXT NOT NULL,
  lower TEXT NOT NULL,
  upper TEXT NOT NULL,
  PRIMARY KEY (row, parameter, lower, upper)
) STRICT, WITHOUT ROWID;

CREATE TABLE trust_key (
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  pem TEXT NOT NULL,
  namespace TEXT NOT NULL,
  added_at TEXT NOT NULL,
  added_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  revoked_at TEXT,
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin (
  tenant TEXT NOT NULL,
  plugin TEXT NOT NULL,
  version TEXT NOT NULL,
  grant_json TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  PRIMARY KEY (tenant, plugin),
  FOREIGN KEY (tenant, plugin, version) REFERENCES plugin_version
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_version (
  tenant TEXT NOT NULL,
  plugin TEXT NOT NULL,
  version TEXT NOT NULL,
  component TEXT NOT NULL,
  envelope BLOB NOT NULL,
  bytes BLOB NOT NULL,
  installed_at TEXT NOT NULL,
  installed_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tenant, plugin, version)
) STRICT;

CREATE INDEX plugin_component ON plugin_version (tenant, component);

CREATE TABLE nonce (
  tenant TEXT NOT NULL,
  issuer TEXT NOT NULL,
  jti TEXT NOT NULL,
  kept_until INTEGER NOT NULL,
  PRIMARY KEY (tenant, issuer, jti)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonce_old ON nonce (kept_until);

CREATE TABLE leaf (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE private (idx INTEGER PRIMARY KEY REFERENCES leaf (idx), bytes BLOB NOT NULL) STRICT;
CREATE TABLE hash (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL CHECK (length(bytes) = 32)) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;

CREATE TABLE card (
  tenant TEXT NOT NULL,
  card TEXT NOT NULL,
  service TEXT NOT NULL,
  leaf INTEGER NOT NULL REFERENCES leaf (idx),
  PRIMARY KEY (tenant, card)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER leaf_is_not_changed BEFORE UPDATE ON leaf BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER leaf_is_not_deleted BEFORE DELETE ON leaf BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER hash_is_not_changed BEFORE UPDATE ON hash BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER hash_is_not_deleted BEFORE DELETE ON hash BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER checkpoint_is_not_changed BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER checkpoint_is_not_deleted BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'append only'); END;

CREATE TABLE mark (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TRIGGER mark_is_not_changed BEFORE UPDATE ON mark BEGIN SELECT RAISE(ABORT, 'indelible'); END;
CREATE TRIGGER mark_is_not_deleted BEFORE DELETE ON mark BEGIN SELECT RAISE(ABORT, 'indelible'); END;

CREATE TABLE probe (one INTEGER PRIMARY KEY CHECK (one = 1), writes INTEGER NOT NULL) STRICT;
INSERT INTO probe (one, writes) VALUES (1, 0);
