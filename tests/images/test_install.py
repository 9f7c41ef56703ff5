"""The first installation, as somebody who only has the README leaves it behind."""

import pytest

from deploy.demo.client import Client
from tests.images.conftest import FIRST
from tests.images.server import LONG_RUNNING, OURS, Server


def test_the_server_holds_what_it_needs_and_no_checkout(server: Server) -> None:
    names = {path.name for path in server.folder.iterdir()}
    assert names == {"docker-compose.yml", ".env", ".env.example", "secrets", "pull-images.sh", "init.sh"}


@pytest.mark.parametrize("container", LONG_RUNNING)
def test_everything_is_healthy_and_guarded(server: Server, container: str) -> None:
    assert server.state(container) == "healthy"
    found = server.inspect(container)
    host = found["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["LogConfig"]["Config"]["max-size"]
    assert found["Config"]["User"].split(":")[0] not in ("", "0", "root")


@pytest.mark.parametrize("container", OURS)
def test_our_programs_can_write_nowhere_but_in_their_tmp(server: Server, container: str) -> None:
    done = server.run("docker", "exec", container, "touch", "/usr/local/here", "/etc/here", "/here")
    assert done.code != 0
    assert done.said.count("Read-only file system") + done.said.count("Permission denied") == 3
    server.docker("exec", container, "touch", "/tmp/here")


def test_no_secret_is_in_any_container_s_environment_or_arguments(server: Server) -> None:
    secrets = {path.name: path.read_text().strip() for path in (server.folder / "secrets").iterdir()}
    kept = {name: value for name, value in secrets.items() if name != "vault_public_key" and value}
    assert len(kept) > 7
    for container in server.docker("ps", "--all", "--quiet").split():
        told = str(server.inspect(container))
        assert not [name for name, value in kept.items() if value in told]


def test_no_secret_is_in_any_log(server: Server) -> None:
    for name in ("postgres_password", "redis_password", "secret_key", "vault_private_keys", "owner_password"):
        value = (server.folder / "secrets" / name).read_text().strip()
        for container in server.docker("ps", "--all", "--format", "{{.Names}}").split():
            assert value not in server.logs(container), f"{name} in the log of {container}"


def test_redis_lets_our_user_do_its_work_and_nothing_dangerous(server: Server) -> None:
    asked = "REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli --user cloudevy"
    for command in ("FLUSHALL", "CONFIG GET dir", "KEYS x", "DEBUG SLEEP 0", "SHUTDOWN", "ACL LIST"):
        said = server.docker("exec", "cloudevy-redis-1", "sh", "-c", f"{asked} {command}")
        assert "NOPERM" in said or "DEBUG command not allowed" in said, command
    assert "NOAUTH" in server.docker("exec", "cloudevy-redis-1", "redis-cli", "ping")


def test_every_part_says_that_it_is_well(server: Server) -> None:
    ready = Client(server.url).get("/readyz")
    assert ready["status"] == "ok", ready


def test_only_this_machine_reaches_the_ports(server: Server) -> None:
    addresses = server.docker("ps", "--format", "{{.Ports}}")
    assert "127.0.0.1:" in addresses
    assert "0.0.0.0:" not in addresses


def test_the_database_and_redis_cannot_be_reached_from_the_front(server: Server) -> None:
    done = server.run("docker", "exec", "cloudevy-frontend", "getent", "hosts", "postgres", "redis")
    assert done.code != 0


def test_a_second_run_changes_nothing(server: Server) -> None:
    before = {each: server.inspect(each)["State"]["StartedAt"] for each in LONG_RUNNING}
    server.must("./pull-images.sh")
    assert {each: server.inspect(each)["State"]["StartedAt"] for each in LONG_RUNNING} == before
    assert server.setting("CLOUDEVY_TAG") == FIRST
