#!/bin/sh
# Pins what pyproject.toml asks for: everything first, then one list per image with the very same pins, so that what is
# tested is what ships. Arguments go to the resolver (--upgrade). No list names a package index.
set -eu
cd "$(dirname "$0")/.."

pin() {
    list=$1
    shift
    "${UV:-.venv/bin/uv}" pip compile -q --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@" \
        --group "pyproject.toml:$list" -o "requirements/$list.txt"
}

pin dev "$@"
for list in embedded api scheduler installer; do
    pin "$list" -c requirements/dev.txt
done
