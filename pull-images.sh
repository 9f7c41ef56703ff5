#!/usr/bin/env bash
# Bring this server to a version: pull its images, migrate, restart in order, wait for health; go back when it does not come.
#
#   ./pull-images.sh          the version that .env names
#   ./pull-images.sh TAG      another one, newer or older
#
# Lives in the folder with docker-compose.yml, .env and secrets/; needs nothing but Docker with Compose. Run it as often
# as you like: what is up to date is left alone. Afterwards CLOUDEVY_TAG in .env names what really runs.
#
# Settings, by environment or .env (the environment wins):
#   CLOUDEVY_REGISTRY      where images come from; empty: they must be on this machine already
#   CLOUDEVY_TAG           the version, when no argument names it
#   CLOUDEVY_WAIT_SECONDS  how long one part may take to become healthy (120)
#   COMPOSE_PROFILES       demo, tls
#
# Exit codes: 0 the version runs; 1 it does not, and what ran before is back or was never touched; 2 called wrongly;
# 3 the way back failed too; 130, 143 interrupted, and what ran before is back or was never touched.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")"

NEEDED_COMPOSE=2.20
DUMPS_KEPT=5
ORDER=(api scheduler beat frontend tls simulator aws) # also the order of restarts

phase=checking # then preparing, restarting, finished: tells the exit trap what has to be put back
tag='' registry='' wait_seconds='' old_tag='' services='' images=() child='' log='' dump=''
declare -A old_container=() old_image=() old_ref=()

# Functions say `return 0`, never a bare `return`: in a trap that would answer what was before the trap.

# --- words ------------------------------------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  warn "pull-images.sh: $*"
  exit 1
}
usage() { sed -n '2,/^set /{/^set /d; s/^# \{0,1\}//; p}' "${BASH_SOURCE[0]##*/}"; }
tell_log() { tail -n "$1" "$log" | sed 's/^/    /' >&2; }

# setting KEY: from the environment, else from .env.
setting() { if [[ -v $1 ]]; then printf '%s\n' "${!1}"; else from_file "$1"; fi; }

# from_file KEY: .env is read and never run. Of several lines the last one counts, as for Compose.
from_file() {
  [[ -f .env ]] || return 0
  sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*//p" .env | tail -n 1 |
    sed -E "s/[[:space:]]+\$//; s/^'([^']*)'.*/\1/; t; s/^\"([^\"]*)\".*/\1/; t; s/(^|[[:space:]]+)#.*//"
}

# attended COMMAND...: in a process group of its own, so that Ctrl-C reaches this script alone, at once.
attended() {
  local code=0
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  wait "$child" || code=$?
  child=''
  return "$code"
}

compose() { attended docker compose "$@"; }
active() { printf '%s\n' "$@" | grep -xF -f <(printf '%s' "$services") || true; }
container_of() { [[ $1 == scheduler ]] && printf 'cloudevy-downtime-scheduler' || printf 'cloudevy-%s' "$1"; }

# --- preflight --------------------------------------------------------------------------------------------------

parse() {
  case ${1:-} in
    -h | --help) usage && exit 0 ;;
    -*) warn "pull-images.sh: there is no option $1; see ./pull-images.sh --help" && exit 2 ;;
  esac
  (($# <= 1)) || { warn "pull-images.sh: one TAG at most; see ./pull-images.sh --help" && exit 2; }
}

# The lock is on the folder itself and held by this process, so a killed run leaves none behind.
only_one_at_a_time() {
  command -v flock >/dev/null || die "The program flock is missing: install util-linux and run this again."
  exec {lock}<.
  flock --nonblock "$lock" || die "Another run is at work in this folder. Wait until it ends, then run this again."
}

need_files() {
  [[ -f docker-compose.yml ]] || die "There is no docker-compose.yml in $PWD. Copy it from the release beside this script."
  [[ -f .env && -d secrets ]] ||
    die "$([[ -f .env ]] && printf secrets/ || printf .env) is missing in $PWD. Run: sh init.sh (it makes both and overwrites nothing)"
  [[ -r secrets && -x secrets ]] || die "$(id -un) may not look into secrets/. Run this as its owner, or with sudo."
}

need_docker() {
  command -v docker >/dev/null || die "Docker is not installed. Install Docker Engine with Compose $NEEDED_COMPOSE or newer."
  local reason
  reason=$(docker version --format '{{.Server.Version}}' 2>&1 >/dev/null) ||
    die "Docker does not answer: ${reason%%$'\n'*} Start it, or run this as somebody who may use it."
  need_compose "$(docker compose version --short 2>/dev/null || true)"
}

need_compose() {
  local found=${1#v}
  [[ $found =~ ^[0-9]+\.[0-9]+ ]] || die "Docker Compose $NEEDED_COMPOSE or newer is needed; found none. Install its plugin."
  [[ $(printf '%s\n' "$NEEDED_COMPOSE" "${BASH_REMATCH[0]}" | sort -V | head -n 1) == "$NEEDED_COMPOSE" ]] ||
    die "Docker Compose $NEEDED_COMPOSE or newer is needed; found $found. Update its plugin."
}

choose_version() {
  tag=${1:-$(setting CLOUDEVY_TAG)}
  registry=$(setting CLOUDEVY_REGISTRY)
  registry=${registry%/}
  wait_seconds=$(setting CLOUDEVY_WAIT_SECONDS)
  wait_seconds=${wait_seconds:-120}
  [[ -n $tag ]] || die "Which version? Name it: ./pull-images.sh TAG, or write CLOUDEVY_TAG=... into .env."
  [[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]] || die "'$tag' cannot be a version. Letters, digits, dots, dashes only."
  [[ $wait_seconds =~ ^[1-9][0-9]*$ ]] || die "CLOUDEVY_WAIT_SECONDS='$wait_seconds' is not a number of seconds."
  export CLOUDEVY_TAG=$tag CLOUDEVY_REGISTRY=$registry
}

read_configuration() {
  local all
  log=$(mktemp)
  docker compose config --quiet 2>"$log" || { tell_log 5 && die "docker-compose.yml and .env do not fit together (reason above)."; }
  services=$(docker compose config --services)
  all=$(docker compose config --images | sort -u)
  mapfile -t images < <(grep -E '(^|/)cloudevy-[a-z-]+:' <<<"$all")
  ((${#images[@]})) || die "docker-compose.yml names no image of Cloudevy. Copy it anew from the release."
}

need_secrets() {
  local path
  while read -r path; do
    [[ -e $path ]] || die "${path#"$PWD/"} is missing. $(way_to_get "${path##*/}")"
  done < <(docker compose config | sed -n 's/^ *\(file\|source\): *"\{0,1\}\(\/.*\/secrets\/[^"]*\)"\{0,1\}$/\2/p')
}

way_to_get() {
  case $1 in
    tls.*) printf 'Profile tls wants your certificate there: the chain in tls.crt, its key in tls.key.' ;;
    *) printf 'Restore it from a backup, or, on a new server, run: sh init.sh (it overwrites nothing)' ;;
  esac
}

remember_what_runs() {
  local service found
  for service in $(active "${ORDER[@]}"); do
    found=$(docker container inspect --format '{{.Id}} {{.Image}} {{.Config.Image}}' "$(container_of "$service")" 2>/dev/null) || continue
    read -r "old_container[$service]" "old_image[$service]" "old_ref[$service]" <<<"$found"
  done
  old_tag=$(version_before)
  phase=preparing
  # So that compose can be used by hand, whatever becomes of a first installation.
  [[ -n $old_tag$(from_file CLOUDEVY_TAG) ]] || write_tag "$tag"
  say "Now: ${old_tag:-nothing}. Wanted: $tag."
}

# A run that was killed half-way leaves some parts on the wanted version already; the others tell what was before.
version_before() {
  local service found=''
  for service in "${ORDER[@]}"; do
    [[ -n ${old_ref[$service]:-} ]] || continue
    found=$(tag_of "${old_ref[$service]}")
    [[ $found == "$tag" ]] || break
  done
  printf '%s' "$found"
}

tag_of() {
  local name=${1%@*}
  name=${name##*/}
  [[ $name != *:* ]] || printf '%s' "${name##*:}"
}

# --- steps ------------------------------------------------------------------------------------------------------

fetch_images() {
  local ref
  for ref in "${images[@]}"; do
    if [[ -z $registry ]]; then
      docker image inspect "$ref" >/dev/null 2>&1 ||
        die "$ref is not on this machine, and without CLOUDEVY_REGISTRY nothing is pulled. Build it or docker load it first."
    else
      say "Pulling $ref"
      attended docker pull --quiet "$ref" >/dev/null ||
        die "$ref cannot be pulled (reason above). Check the name, the network and docker login, and run this again."
    fi
  done
}

# A setting that a program refuses would stop the new version and, as .env is the same, the old one too.
check_settings() {
  check_part api python -m api serve --check
  check_part scheduler python -m scheduler check
  check_part frontend start-frontend check plain
  check_part tls start-frontend check tls
}

# check_part SERVICE COMMAND...
check_part() {
  local service=$1
  [[ -n $(active "$service") ]] || return 0
  compose run --rm --no-deps -T --entrypoint "$2" "$service" "${@:3}" >"$log" 2>&1 ||
    { tell_log 5 && die "Version $tag's $service refuses the settings (reason above). Correct .env or secrets/ and run this again."; }
}

start_databases() {
  local names
  mapfile -t names < <(active postgres redis)
  ((${#names[@]})) || return 0
  bring_up "${names[@]}" || die "The databases did not become healthy within $wait_seconds s (above). Look there first."
}

# Only before tables change, and only where the database is ours: that is when an older version might not like what it finds.
save_database() {
  [[ -n $(active postgres) ]] || { say "The database is not in docker-compose.yml: its backups are its own." && return 0; }
  has_tables && migrations_pending || return 0
  local file
  file=backups/before-$tag-$(date -u +%Y%m%dT%H%M%SZ).dump
  mkdir -p backups
  compose exec -T postgres pg_dump -Fc -U cloudevy cloudevy >"$file.part" 2>"$log" ||
    { tell_log 5 && die "The database cannot be saved to $file (reason above), so it is not migrated."; }
  mv "$file.part" "$file"
  dump=$file
  say "Saved the database: $dump ($(du -h "$dump" | cut -f1))"
  find backups -name 'before-*.dump' -printf '%T@ %p\n' | sort -rn | tail -n "+$((DUMPS_KEPT + 1))" | cut -d' ' -f2- | xargs -r rm -f
}

has_tables() {
  local question="SELECT to_regclass('django_migrations') IS NOT NULL"
  compose exec -T postgres psql -U cloudevy -d cloudevy -Atc "$question" >"$log" 2>&1 ||
    { tell_log 5 && die "The database does not answer (reason above). Look at: docker compose logs postgres"; }
  grep -qx t "$log"
}

# Exit code 1 alone proves nothing: Django ends so when something is pending and when anything is wrong.
migrations_pending() {
  compose run --rm --no-deps -T migrate python -m api migrate --check --plan >"$log" 2>&1 && return 1
  grep -q '^Planned operations:' "$log" ||
    { tell_log 20 && die "Version $tag cannot read which migrations are pending (reason above)."; }
}

migrate() {
  [[ -n $(active migrate) ]] || { say "This machine does not migrate: docker-compose.yml has no such service here." && return; }
  say "Migrating"
  compose run --rm --no-deps -T migrate >"$log" 2>&1 ||
    { tell_log 20 && die "The migration to $tag failed (above); tables changed only by the migrations that ended."; }
}

restart() {
  phase=restarting
  bring_up_all || { warn "pull-images.sh: Version $tag did not become healthy within $wait_seconds s." && exit 1; }
}

bring_up_all() {
  local wave names
  for wave in api "scheduler beat" "frontend tls" simulator; do
    read -ra wave <<<"$wave"
    mapfile -t names < <(active "${wave[@]}")
    ((${#names[@]} == 0)) || bring_up "${names[@]}" || return 1
  done
  bring_up_relay && bring_up_samples
}

bring_up() {
  say "Starting $*"
  compose up -d --no-deps --wait --wait-timeout "$wait_seconds" "$@" >"$log" 2>&1 && return 0
  tell_log 5
  local service
  for service in "$@"; do tell_state "$service"; done
  return 1
}

# It lives in the scheduler's network, which a new scheduler has anew; Compose does not see that.
bring_up_relay() {
  [[ -n $(active aws) ]] || return 0
  local lives_in scheduler
  scheduler=$(docker container inspect --format '{{.Id}}' "$(container_of scheduler)")
  lives_in=$(docker container inspect --format '{{.HostConfig.NetworkMode}}' "$(container_of aws)" 2>/dev/null || true)
  [[ -z $lives_in || $lives_in == "container:$scheduler" ]] || docker container rm --force "$(container_of aws)" >/dev/null
  bring_up aws
}

# They end by themselves, so there is nothing to wait for.
bring_up_samples() {
  [[ -z $(active samples) ]] || compose up -d --no-deps samples >"$log" 2>&1 || { tell_log 5 && return 1; }
}

tell_state() {
  local name state format='{{.State.Status}}{{if .State.Health}}, {{.State.Health.Status}}{{end}}'
  name=$(docker compose ps --all --quiet "$1" 2>/dev/null | head -n 1)
  name=${name:-$(container_of "$1")}
  state=$(docker container inspect --format "{{.Name}} is $format" "$name" 2>/dev/null) || state="$name is not there"
  [[ $state != *"running, healthy" ]] || return 0
  warn "${state#/}. Its last lines:"
  docker logs --tail 20 "$name" 2>&1 | sed 's/^/    /' >&2 || true
}

conclude() {
  local service now restarted=()
  write_tag "$tag"
  phase=finished
  for service in $(active "${ORDER[@]}"); do
    now=$(docker container inspect --format '{{.Id}}' "$(container_of "$service")" || true)
    [[ $now == "${old_container[$service]:-}" ]] || restarted+=("$service")
  done
  say "Version $tag runs and is healthy, after $SECONDS s. Started anew: ${restarted[*]:-nothing}."
  [[ -n $old_tag ]] || say "Open $(setting CLOUDEVY_PUBLIC_URL) as $(setting CLOUDEVY_OWNER_EMAIL); the password is in secrets/owner_password."
  say "Its log: docker logs -f cloudevy-downtime-scheduler"
  tell_old_images
}

tell_old_images() {
  local old ours
  ours=$(printf '%s\n' "${images[@]%:*}" | paste -sd'|')
  old=$(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -xE "($ours):.+" |
    grep -vE ":(${tag//./\\.}|${old_tag//./\\.}|<none>)\$" | sort | paste -sd' ') || true
  [[ -z $old ]] || say "Other versions on this machine, not used here (docker image rm NAME removes one): $old"
  [[ -z $old_tag || $old_tag == "$tag" ]] || say "Back to the version before: ./pull-images.sh $old_tag"
}

# --- the way out ------------------------------------------------------------------------------------------------

# Only the line of CLOUDEVY_TAG changes; comments, other lines, owner and mode stay.
write_tag() {
  local file
  file=$(readlink -f .env)
  [[ $(from_file CLOUDEVY_TAG) != "$1" ]] || return 0
  cp -p "$file" "$file.new"
  awk -v line="CLOUDEVY_TAG=$1" '
    { text[NR] = $0 } /^[[:space:]]*(export[[:space:]]+)?CLOUDEVY_TAG[[:space:]]*=/ { last = NR }
    END { if (!last) text[last = ++NR] = line; text[last] = line; for (i = 1; i <= NR; i++) print text[i] }' "$file" >"$file.new"
  mv "$file.new" "$file"
}

# A tag that moves (latest) names the new image after a pull; what ran before gets its name back.
name_old_images() {
  local service repository ref
  for service in "${!old_image[@]}"; do
    [[ $(tag_of "${old_ref[$service]}") == "$old_tag" ]] || continue
    repository=${old_ref[$service]##*/}
    ref=${registry:+$registry/}${repository%%:*}:$old_tag
    docker tag "${old_image[$service]}" "$ref" || { warn "The old image of $service cannot get its name $ref back." && return 1; }
  done
}

stay() {
  [[ -n $old_tag ]] || { warn "No program of Cloudevy was started; what else runs: docker compose ps" && return 0; }
  name_old_images || true
  write_tag "$old_tag"
  warn "Nothing was restarted: version $old_tag was not touched, and .env names it."
}

go_back() {
  [[ -n $old_tag ]] || { warn "There is no version to go back to; the containers stay, so that their logs can be read." && return 0; }
  warn "Going back to $old_tag"
  local began=$SECONDS
  name_old_images && CLOUDEVY_TAG=$old_tag bring_up_all || return 1
  write_tag "$old_tag"
  warn "Version $old_tag serves again; the way back took $((SECONDS - began)) s.${dump:+ The database before the migration: $dump}"
}

finish() {
  local code=$?
  trap '' INT TERM HUP
  set +e
  case $phase in
    preparing) stay ;;
    restarting) go_back || { code=3 && tell_what_next; } ;;
  esac
  rm -f "$log" backups/*.part
  exit "$code"
}

tell_what_next() {
  warn "pull-images.sh: Going back to $old_tag failed too: look at the part named above. Next:
    docker compose ps --all                               what runs and what does not
    docker logs NAME                                      why; .env and secrets/ are the same for both versions
    ./pull-images.sh $old_tag                             once the reason is gone
    ls -t backups                                         the database as it was before migrations"
}

# The command at work may have its words sent to the log; the way out speaks to whoever called this script.
interrupted() {
  exec 1>&"$out" 2>&"$err"
  warn "Interrupted."
  [[ -z $child ]] || { kill -TERM -- "-$child" 2>/dev/null && wait "$child"; } || true
  exit "$1"
}

exec {out}>&1 {err}>&2
trap finish EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM HUP

parse "$@"

# Preflight: nothing changes yet.
only_one_at_a_time
need_files
need_docker
choose_version "$@"
read_configuration
need_secrets
remember_what_runs

# Now things change, those first that can be taken back.
fetch_images
check_settings
start_databases
save_database
migrate
restart
conclude
