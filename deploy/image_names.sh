# Sourced by build-images.sh and push-images.sh from the repository root: which images there are, and what they are called.
# shellcheck shell=bash

IMAGES=(api downtime-scheduler frontend demo)

say() { printf '%s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}
usage() { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${0##*/}"; }

# setting KEY: from the environment, else from .env.
setting() { if [[ -v $1 ]]; then printf '%s\n' "${!1}"; else from_file "$1"; fi; }

# from_file KEY: .env is read and never run. Of several lines the last one counts, as for Compose.
from_file() {
  [[ -f .env ]] || return 0
  sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 |
    sed -E "s/[[:space:]]+\$//; s/^'([^']*)'.*/\1/; t; s/^\"([^\"]*)\".*/\1/; t; s/(^|[[:space:]]+)#.*//"
}

# choose IMAGE...: sets `chosen`, all images when none is named.
choose() {
  local name
  case ${1:-} in
    -h | --help) usage && exit 0 ;;
    -*) die "There is no option $1. Words for docker build go into CLOUDEVY_BUILD_ARGS; see --help." ;;
  esac
  chosen=("$@")
  (($#)) || chosen=("${IMAGES[@]}")
  for name in "${chosen[@]}"; do
    [[ " ${IMAGES[*]} " == *" $name "* ]] || die "There is no image $name. There are: ${IMAGES[*]}"
  done
}

# read_settings: sets `registry`, `tag`, `platforms`.
read_settings() {
  registry=$(setting CLOUDEVY_REGISTRY)
  registry=${registry%/}
  tag=$(setting CLOUDEVY_TAG)
  tag=${tag:-$(tag_of_commit)}
  platforms=$(setting CLOUDEVY_PLATFORMS)
  read -ra platforms <<<"${platforms//,/ }"
  [[ -n $tag ]] || die "Without a git checkout the version must be named: CLOUDEVY_TAG=1.2.3 $0"
  [[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || die "CLOUDEVY_TAG='$tag' cannot be a version. Letters, digits, dots, dashes only."
}

# The checkout may belong to somebody else, e.g. when a build machine runs this as root.
checkout() { git -c safe.directory='*' "$@" 2>/dev/null; }

tag_of_commit() {
  local commit
  commit=$(checkout rev-parse --short HEAD) || return 0
  [[ -z $(checkout status --porcelain) ]] || commit+=-dirty
  printf '%s\n' "$commit"
}

# reference api -> registry.example.com/platform/cloudevy-api:1a2b3c4
reference() { printf '%s\n' "${registry:+$registry/}cloudevy-$1:$tag"; }

# reference_for api linux/arm64 -> ...:1a2b3c4-arm64 when several platforms are built, else without the end.
reference_for() {
  local end=${2#*/}
  ((${#platforms[@]} > 1)) || end=''
  printf '%s\n' "$(reference "$1")${end:+-${end//\//-}}"
}

need_docker() {
  command -v docker >/dev/null || die "Docker is not installed. Install Docker Engine with buildx."
  local reason
  reason=$(docker version --format '{{.Server.Version}}' 2>&1 >/dev/null) ||
    die "Docker does not answer: ${reason%%$'\n'*} Start it, or run this as somebody who may use it."
}
