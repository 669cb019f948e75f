#!/bin/sh
# Installs the outside client and the outside validator, both pinned, into one directory (default target/interop).
# usage: tests/interop/prepare.sh [DIR]      Needs node >= 20 with npm, and python3 >= 3.10 with venv.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-"$here/../../target/interop"}
mkdir -p "$into/medplum"
cp "$here"/medplum/package.json "$here"/medplum/package-lock.json "$here"/medplum/*.mjs "$into/medplum/"
cp "$here/healthchain/validate.py" "$into/"
cat "$here/medplum/package-lock.json" "$here/healthchain/requirements.txt" > "$into/wanted"
# A second run with the same lock files installs nothing.
if cmp -s "$into/wanted" "$into/installed"; then exit 0; fi
npm ci --prefix "$into/medplum" --ignore-scripts --no-audit --no-fund --silent 1>&2
python3 -m venv "$into/venv" 1>&2
"$into/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/healthchain/requirements.txt" 1>&2
mv "$into/wanted" "$into/installed"
