-- Every policy set that a tenant ever had, whole. The newest epoch is the one in force; none is changed or removed.
CREATE TABLE policy (
  tenant TEXT NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch > 0),
  digest TEXT NOT NULL,
  text TEXT NOT NULL,
  set_at TEXT NOT NULL,
  set_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tenant, epoch)
) STRICT, WITHOUT ROWID;
