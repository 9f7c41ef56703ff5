# shellcheck shell=sh
# Sourced by ./run and ./test from the repository root: a virtual environment with exactly what a list pins.
# Wants nothing but a Python 3.11 or 3.12 with its venv module; sets no option of the caller's shell.

VENV=.venv
PYTHONS="python3.12 python3.11 python3 /usr/bin/python3.12 /usr/bin/python3.11 /usr/bin/python3"

say() { printf '%s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; }

# A name on PATH proves nothing (version managers leave shims there that only print an error), so each is asked.
find_python() {
    for candidate in ${CLOUDEVY_PYTHON:-} $PYTHONS; do
        if fits "$candidate"; then
            say "$candidate"
            return 0
        fi
    done
    return 1
}

make_venv() {
    python=$(find_python) ||
        fail "Cloudevy needs Python 3.11 or 3.12 and found neither: install one (on Debian: apt-get install python3 python3-venv) or name it, CLOUDEVY_PYTHON=/path/to/python3.12 $0"
    say "Setting up: virtual environment with $("$python" --version)"
    "$python" -c 'import venv, ensurepip' >/dev/null 2>&1 ||
        fail "$python has no venv module: install it (on Debian: apt-get install python3-venv) and run $0 again."
    rm -rf "$VENV"
    "$python" -m venv "$VENV" >/dev/null || fail "The folder $PWD/$VENV cannot be made: check that this folder is writable and the disk is not full."
}

install_uv() {
    pin=$(grep '^uv==' requirements/embedded.txt | cut -d' ' -f1)
    say "Setting up: $pin"
    "$VENV/bin/python" -m pip install -qq --disable-pip-version-check "$pin" ||
        fail "The package installer ($pin) cannot be downloaded: check the network or your pip settings (proxy, index, certificates) and run $0 again."
}

# setup LIST: afterwards $VENV holds requirements/LIST.txt, and PATH starts with its programs.
setup() {
    list=requirements/$1.txt
    stamp=$(cksum <"$list")
    fits "$VENV/bin/python" || make_venv
    if ! grep -qsxF "$stamp" "$VENV/installed"; then
        [ -x "$VENV/bin/uv" ] || install_uv
        say "Setting up: Python packages of $list"
        "$VENV/bin/uv" pip sync -q -p "$VENV/bin/python" --require-hashes --compile-bytecode "$list" ||
            fail "The Python packages of $list cannot be installed (reason above): check the network and the free disk space, and run $0 again."
        say "$stamp" >"$VENV/installed"
        # The list for development holds what ./run wants, at the same pins.
        [ "$1" != dev ] || cksum <requirements/embedded.txt >>"$VENV/installed"
    fi
    PATH="$PWD/$VENV/bin:$PATH"
    export PATH
}

# npm_packages FOLDER WHAT: what the folder's lock file pins, for the Node of the virtual environment. Call after `setup`.
npm_packages() {
    stamp=$(cat "$1/package.json" "$1/package-lock.json" | cksum)
    [ "$(cat "$1/node_modules/.installed" 2>/dev/null)" = "$stamp" ] && return
    say "Setting up: packages of $2"
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error) >/dev/null ||
        fail "The packages of $2 cannot be installed (reason above): check the network or your npm settings, and run $0 again."
    say "$stamp" >"$1/node_modules/.installed"
}

page_packages() { npm_packages frontend "the page"; }
script_packages() { npm_packages tests/scripts "the scripts' tests"; }

# frontend/dist, made again when a source changed.
build_page() {
    sources=$(find frontend -name node_modules -prune -o -name dist -prune -o -type f -print | LC_ALL=C sort | xargs cksum | cksum)
    [ -f frontend/dist/index.html ] && [ "$(cat frontend/node_modules/.built 2>/dev/null)" = "$sources" ] && return
    page_packages
    say "Setting up: the page"
    (cd frontend && node node_modules/vite/bin/vite.js build --logLevel warn) >&2 ||
        fail "The page cannot be built (reason above). Remove frontend/node_modules and run $0 again."
    say "$sources" >frontend/node_modules/.built
}
