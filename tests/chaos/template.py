"""A Postgres cluster with our tables in it, made once per run and copied for every house.

Durable as in production. Beside the product's tables it holds a witness: triggers that write down every
move of an operation and every change of what a server was seen to be, with the real time, so that the checker
need not believe the columns that the product overwrites. Must not know what is tested.
"""

import shutil
import signal
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from deploy.embedded import ports, processes
from deploy.embedded.keys import Keys
from deploy.embedded.postgres import Postgres, quarters
from deploy.embedded.processes import Child, Program
from deploy.embedded.programs import Site, migrate

TEMPLATE = "template"
SETTINGS = ("-c", "max_connections=250", "-c", "log_min_messages=warning")
WITNESS = """
CREATE TABLE chaos_move (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), operation bigint NOT NULL,
    server bigint NOT NULL, before text, after text, call bigint, attempt int);
CREATE FUNCTION chaos_note_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO chaos_move (operation, server, before) VALUES (OLD.id, OLD.server_id, OLD.state);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO chaos_move (operation, server, before, after, call, attempt)
        VALUES (NEW.id, NEW.server_id, NULL, NEW.state, NEW.call_id, NEW.attempt);
    ELSIF OLD.state IS DISTINCT FROM NEW.state OR OLD.call_id IS DISTINCT FROM NEW.call_id THEN
        INSERT INTO chaos_move (operation, server, before, after, call, attempt)
        VALUES (NEW.id, NEW.server_id, OLD.state, NEW.state, NEW.call_id, NEW.attempt);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_move AFTER INSERT OR UPDATE OR DELETE ON operations_operation
    FOR EACH ROW EXECUTE FUNCTION chaos_note_move();
CREATE TABLE chaos_sight (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), server bigint NOT NULL,
    before text, after text, seen_before timestamptz, seen_after timestamptz);
CREATE FUNCTION chaos_note_sight() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE looked timestamptz := (SELECT looked_at FROM fleet_region WHERE id = OLD.region_id);
BEGIN
    -- A full look dates all servers that it saw unchanged by its region alone; a missing one it did not see.
    INSERT INTO chaos_sight (server, before, after, seen_before, seen_after)
    VALUES (NEW.id, OLD.observed_state, NEW.observed_state,
            CASE WHEN OLD.missing_since IS NOT NULL OR OLD.observed_at IS NULL THEN OLD.observed_at
                 ELSE greatest(OLD.observed_at, looked) END,
            NEW.observed_at);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_sight AFTER UPDATE ON fleet_server FOR EACH ROW
    WHEN (OLD.observed_state IS DISTINCT FROM NEW.observed_state
          OR OLD.observed_at IS DISTINCT FROM NEW.observed_at)
    EXECUTE FUNCTION chaos_note_sight();
"""


@dataclass(frozen=True)
class Cluster(Postgres):
    """One of several clusters below one home, whose copy of the binaries they share."""

    folder: str = TEMPLATE

    @property
    def data(self) -> Path:
        return quarters(self.home) / self.folder

    def program(self) -> Program:
        plain = super().program()
        return replace(plain, command=(*plain.command, *SETTINGS))


def make(home: Path, keys: Keys) -> None:
    """The template below `home`: our tables, the witness, and shut down cleanly."""
    cluster = Cluster(home, ports.free(), keys.database_password)
    cluster.prepare()
    with (home / "template.log").open("ab") as log:
        child = processes.spawn(cluster.program(), output=log)
        try:
            processes.wait_until(cluster.answers, child, name="The template's Postgres")
            fill(cluster, keys, log_path=home / "template.log")
        finally:
            end(child)


def fill(cluster: Cluster, keys: Keys, *, log_path: Path) -> None:
    site = Site(cluster.url, "redis://127.0.0.1:1/0", 1, 1, keys)
    program = migrate(site)
    with log_path.open("ab") as log:
        subprocess.run(
            program.command, check=True, env=dict(program.environment), cwd=program.folder, stdout=log
        )
    with psycopg.connect(cluster.url, autocommit=True) as link:
        link.execute(WITNESS.encode())


def end(child: Child) -> None:
    child.send_signal(signal.SIGINT)
    child.wait(30)


def copy(home: Path, cluster: Cluster) -> None:
    """Make the cluster what the template was."""
    shutil.rmtree(cluster.data, ignore_errors=True)
    source = quarters(home) / TEMPLATE
    subprocess.run(("/bin/cp", "-a", "--reflink=auto", str(source), str(cluster.data)), check=True)
