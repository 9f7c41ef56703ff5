"""What can be run, broken builds included. A table, nothing else."""

from tests.chaos.controls import CONTROLS
from tests.chaos.scenario import Scenario

SCENARIOS = (
    Scenario("kills", "kills:random_kills", "workers are killed at random moments", lasts=(80, 800)),
    Scenario(
        "points", "kills:points", "workers are killed at every named point of the work", lasts=(90, 900)
    ),
    Scenario(
        "take-over",
        "kills:take_over",
        "senders die with their request, once in each account",
        lasts=(60, 600),
    ),
    Scenario(
        "frozen",
        "frozen:frozen",
        "senders sleep past their lease and wake again",
        lasts=(70, 1200),
        full_cap=2400.0,
    ),
    Scenario(
        "reboots",
        "reboots:reboots",
        "senders of reboots die around their request",
        lasts=(65, 1300),
        full_cap=2700.0,
    ),
    Scenario("outbox", "outbox:outbox", "the API dies between its commit and its knock", short=False),
    Scenario("terms", "terms:terms", "workers are told to stop in the middle of work", short=False),
    Scenario("postgres", "postgres:crashes", "Postgres crashes and comes back while work is due"),
    Scenario(
        "planners",
        "planning:planners",
        "three beats and three workers wait for the same moments",
        short=False,
    ),
    Scenario(
        "planners, the key alone",
        "planning:planners",
        "the same without any lock: the unique key alone must hold",
        lasts=(60, 700),
        build="no_planner_lock",
    ),
    Scenario("late", "planning:late", "nobody works until the grace is over", lasts=(35, 60)),
    Scenario(
        "bad answers",
        "answers:bad_answers",
        "errors, silence and broken connections",
        lasts=(50, 1200),
        full_cap=2400.0,
    ),
    Scenario("calm", "answers:calm", "nothing is broken but two starts that fall back"),
    Scenario(
        "messages alone",
        "answers:calm",
        "beat and Redis alone are enough, while they are there",
        short=False,
        build="no_fallback",
    ),
    Scenario("old news", "answers:old_news", "answers of looks come after something newer is known"),
    Scenario("redis emptied", "redis:emptied", "FLUSHALL every few seconds while work is due"),
    Scenario(
        "redis absent", "redis:absent", "Redis is killed and stays away; people go on asking", short=False
    ),
    Scenario("no beat", "clocks:no_beat", "no beat at all: the workers keep the clock"),
    Scenario(
        "clock jumps",
        "clocks:jumps",
        "Postgres' clock is set forward and back",
        full_cap=3000.0,
        lasts=(75, 1300),
    ),
    Scenario(
        "outage",
        "clocks:outage",
        "nobody works for six hours with twelve alternations per server",
        short=False,
    ),
    Scenario("odd looks", "cloud:odd_looks", "looks are answered in ten wrong ways", short=False),
    Scenario(
        "forgotten", "cloud:forgotten", "EC2 forgets servers for a moment; one is terminated", short=False
    ),
    Scenario(
        "idle",
        "outside:idle",
        "servers of an idle fleet are changed from outside",
        short_cap=300.0,
        short=False,
        lasts=(200, 700),
    ),
    Scenario(
        "convergence",
        "convergence:convergence",
        "a thousand servers on their way at once, with EC2's real times",
        short_cap=600.0,
        full_cap=2400.0,
        short=False,
        lasts=(400, 1400),
        alone=True,
    ),
    Scenario("throttled", "cloud:throttled", "EC2 takes less than its limits say", short=False),
    Scenario("bad ids", "cloud:bad_ids", "one server of every batch has vanished", short=False),
    Scenario("hanging", "cloud:hanging", "one account answers nothing at all", short=False),
    Scenario("pollers", "people:pollers", "fifty people watch a fleet in which nothing happens", short=False),
    Scenario("story", "people:story", "a schedule stops servers; when does the database say so", short=False),
    Scenario("conflicts", "people:conflicts", "two actions of one server at one instant, in any order"),
    Scenario(
        "repeated", "people:repeated", "fifty equal requests at once with one Idempotency-Key", short=False
    ),
    Scenario("stuck", "people:stuck", "a stop never ends and 20 minutes pass", short=False),
    Scenario("soak", "soak:soak", "mixed trouble for --soak minutes: what grows?", short=False),
    Scenario("barrier", "clocks:barrier", "two planners meet before every moment, in one process"),
    *CONTROLS,
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
