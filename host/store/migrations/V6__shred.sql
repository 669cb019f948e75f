-- When cells were last shredded, and whose: a call that was admitted before writes none. The serial counts over the tenant.
CREATE TABLE shred (
  tenant TEXT NOT NULL,
  whose TEXT NOT NULL CHECK (whose IN ('plugin', 'patient', 'all')),
  id TEXT NOT NULL,
  serial INTEGER NOT NULL CHECK (serial > 0),
  PRIMARY KEY (tenant, whose, id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX shred_serial ON shred (tenant, serial);
