-- What a resource is found by stands in the order of the resources, so that the newest of a code are read without the others.
-- A row of the index is of one resource: it says again when that is dated and what its id is.

ALTER TABLE idx_token ADD COLUMN upper TEXT NOT NULL DEFAULT '';
ALTER TABLE idx_token ADD COLUMN lower TEXT NOT NULL DEFAULT '';
ALTER TABLE idx_token ADD COLUMN id TEXT NOT NULL DEFAULT '';

UPDATE idx_token SET (upper, lower, id) = (SELECT r.upper, r.lower, r.id FROM resource r WHERE r.row = idx_token.row);

DROP INDEX token_of_patient;

CREATE INDEX token_newest ON idx_token
  (tenant, patient, type, parameter, code, upper DESC, lower DESC, id, system);
