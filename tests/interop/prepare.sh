#!/bin/sh
# Installs the outside client and the outside validator, both pinned, into one directory (default target/interop).
# usage: tests/interop/prepare.sh [DIR]      Needs node >= 20 with npm, and python3 >= 3.10 with venv.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-"$here/../../target/interop"}

need() { # need WHAT COMMAND...: ends with a hint unless the command works
  what=$1; shift
  "$@" > /dev/null 2>&1 || { echo "tests/interop/prepare.sh: missing: $what" >&2; exit 1; }
}
need "Node.js 20 or later" node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'
need "npm" npm --version
need "Python 3.10 or later with venv (Debian: python3-venv)" \
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'

mkdir -p "$into/medplum"
cp "$here"/medplum/package.json "$here"/medplum/package-lock.json "$here"/medplum/*.mjs "$into/medplum/"
cp "$here/healthchain/validate.py" "$into/"
cat "$here/medplum/package-lock.json" "$here/healthchain/requirements.txt" > "$into/wanted"
# A second run with the same lock files installs nothing.
if cmp -s "$into/wanted" "$into/installed"; then exit 0; fi
echo "installing the npm packages of tests/interop/medplum and the PyPI packages of tests/interop/healthchain into $into" >&2
npm ci --prefix "$into/medplum" --ignore-scripts --no-audit --no-fund --loglevel=error 1>&2
python3 -m venv --clear "$into/venv" 1>&2
"$into/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/healthchain/requirements.txt" 1>&2
mv "$into/wanted" "$into/installed"
