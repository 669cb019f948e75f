#!/bin/sh
# Installs the page, with the renderers and the browser's driver pinned, into one directory (default target/ehr-page).
# usage: tests/ehr-page/prepare.sh [DIR]      Needs node >= 20 with npm, and the Debian package chromium.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-"$here/../../target/ehr-page"}

need() { # need WHAT COMMAND...: ends with a hint unless the command works
  what=$1; shift
  "$@" > /dev/null 2>&1 || { echo "tests/ehr-page/prepare.sh: missing: $what" >&2; exit 1; }
}
need "Node.js 20 or later" node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'
need "npm" npm --version
need "Chromium (Debian package chromium)" /usr/bin/chromium --version

mkdir -p "$into"
# What is the same is not written: another test's browser may be reading it.
for file in "$here"/page/*.*; do
  cmp -s "$file" "$into/${file##*/}" || cp "$file" "$into/"
done
# A second run with the same lock file installs nothing.
if cmp -s "$into/package-lock.json" "$into/installed"; then exit 0; fi
echo "installing the npm packages of tests/ehr-page/page into $into" >&2
npm ci --prefix "$into" --ignore-scripts --no-audit --no-fund --loglevel=error 1>&2
cp "$into/package-lock.json" "$into/installed"
