"""What can be run: scenarios, and the broken builds that must turn one of them red. A table, nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """`where` is module:function below scenarios. Caps are in seconds, for the short and the full form.

    `short`: part of the short form, which has four minutes: a little of each way of breaking things.
    `build` and `reddens` make it a control: what must be broken.
    """

    name: str
    where: str
    sentence: str
    short_cap: float = 200.0
    full_cap: float = 1500.0
    short: bool = True
    build: str = ""
    reddens: tuple[str, ...] = ()

    @property
    def control(self) -> bool:
        return bool(self.build) and bool(self.reddens)


SCENARIOS = (
    Scenario("kills", "kills:random_kills", "workers are killed at random moments"),
    Scenario("points", "kills:points", "workers are killed at every named point of the work"),
    Scenario("take-over", "kills:take_over", "senders die with their request, once in each account"),
    Scenario("frozen", "frozen:frozen", "senders sleep past their lease and wake again"),
    Scenario("reboots", "reboots:reboots", "senders of reboots die around their request"),
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
        build="no_planner_lock",
    ),
    Scenario("late", "planning:late", "nobody works until the grace is over", short=False),
    Scenario("bad answers", "answers:bad_answers", "errors, silence and broken connections"),
    Scenario("calm", "answers:calm", "nothing is broken but two starts that fall back", short=False),
    Scenario(
        "old news", "answers:old_news", "answers of looks come after something newer is known", short=False
    ),
    Scenario("redis emptied", "redis:emptied", "FLUSHALL every few seconds while work is due"),
    Scenario(
        "redis absent", "redis:absent", "Redis is killed and stays away; people go on asking", short=False
    ),
    Scenario("no beat", "clocks:no_beat", "no beat at all: the workers keep the clock"),
    Scenario("clock jumps", "clocks:jumps", "Postgres' clock is set forward and back", full_cap=3000.0),
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
    Scenario("throttled", "cloud:throttled", "EC2 takes less than its limits say", short=False),
    Scenario("bad ids", "cloud:bad_ids", "one server of every batch has vanished", short=False),
    Scenario("hanging", "cloud:hanging", "one account answers nothing at all", short=False),
    Scenario("pollers", "people:pollers", "fifty people watch a fleet in which nothing happens", short=False),
    Scenario("story", "people:story", "a schedule stops servers; when does the database say so", short=False),
    Scenario(
        "conflicts", "people:conflicts", "two actions of one server at one instant, in any order", short=False
    ),
    Scenario(
        "repeated", "people:repeated", "fifty equal requests at once with one Idempotency-Key", short=False
    ),
    Scenario("stuck", "people:stuck", "a stop never ends and 20 minutes pass", short=False),
    Scenario("soak", "soak:soak", "mixed trouble for --soak minutes: what grows?", short=False),
    Scenario("barrier", "clocks:barrier", "two planners meet before every moment, in one process"),
    Scenario(
        "control: blind_resend",
        "kills:take_over",
        "an unanswered call is sent again without looking",
        build="blind_resend",
        reddens=("repeated",),
    ),
    Scenario(
        "control: no_unique_key",
        "planning:planners",
        "neither lock nor key: two clocks make two rows",
        build="no_unique_key",
        reddens=("doubled",),
    ),
    Scenario(
        "control: stale_wins",
        "answers:old_news",
        "the answer that comes last is believed",
        build="stale_wins",
        reddens=("stale sights",),
    ),
    Scenario(
        "control: success_on_acceptance",
        "answers:calm",
        "EC2's yes counts as the deed",
        build="success_on_acceptance",
        reddens=("untrue",),
    ),
    Scenario(
        "control: grace_ignored",
        "planning:late",
        "an action is sent however late",
        build="grace_ignored",
        reddens=("late",),
    ),
    Scenario(
        "control: no_guard",
        "frozen:frozen",
        "a process that slept sends all the same",
        build="no_guard",
        reddens=("stale sends",),
    ),
    Scenario(
        "control: sdk_retries",
        "answers:bad_answers",
        "boto3 repeats requests by itself",
        build="sdk_retries",
        reddens=("resent by the SDK",),
    ),
    Scenario(
        "control: no_fallback, absent",
        "redis:absent",
        "messages alone keep the clock, and Redis is away",
        short_cap=400.0,
        short=False,
        build="no_fallback",
        reddens=("lost",),
    ),
    Scenario(
        "control: no_fallback, no_beat",
        "clocks:no_beat",
        "beat alone keeps the clock, and is away",
        short=False,
        build="no_fallback",
        reddens=("lost",),
    ),
    Scenario(
        "control: all_missed_run, outage",
        "clocks:outage",
        "after an outage all that was missed runs",
        short=False,
        build="all_missed_run",
        reddens=("asked twice after an outage",),
    ),
    Scenario(
        "control: all_missed_run, jumps",
        "clocks:jumps",
        "after a jump all that was passed runs",
        short=False,
        build="all_missed_run",
        reddens=("asked twice by a jump",),
    ),
    Scenario(
        "control: never_stuck, stuck",
        "people:stuck",
        "nobody notices that a stop hangs",
        short=False,
        build="never_stuck",
        reddens=("stuck",),
    ),
    Scenario(
        "control: believed_at_once, forgotten",
        "cloud:forgotten",
        "what EC2 does not know once has failed",
        short=False,
        build="believed_at_once",
        reddens=("failed at once",),
    ),
    Scenario(
        "control: throttle_is_final, throttled",
        "cloud:throttled",
        "what is asked too often has failed",
        short=False,
        build="throttle_is_final",
        reddens=("failed by a throttle",),
    ),
    Scenario(
        "control: all_to_blame, bad_ids",
        "cloud:bad_ids",
        "one bad id is the fault of all",
        short=False,
        build="all_to_blame",
        reddens=("suffered for others",),
    ),
    Scenario(
        "control: restless, pollers",
        "people:pollers",
        "idle regions are looked at all the time",
        short=False,
        build="restless",
        reddens=("describes",),
    ),
    Scenario(
        "control: sleepy, story",
        "people:story",
        "what is on its way is looked at twice a minute",
        short=False,
        build="sleepy",
        reddens=("stopped",),
    ),
    Scenario(
        "control: leaky, soak",
        "soak:soak",
        "every firing leaves memory behind",
        short=False,
        build="leaky",
        reddens=("memory",),
    ),
    Scenario(
        "control: all_missed_run, conflicts",
        "people:conflicts",
        "nobody wins a conflict",
        build="all_missed_run",
        reddens=("conflicts",),
    ),
    Scenario(
        "control: no_unique_key, barrier",
        "clocks:barrier",
        "neither lock nor key, with a barrier",
        build="no_unique_key",
        reddens=("moments twice",),
    ),
    Scenario(
        "control: no_request_key, repeated",
        "people:repeated",
        "a key may be used twice",
        build="no_request_key",
        reddens=("operations of repeated requests",),
    ),
    Scenario(
        "control: success_on_acceptance, odd_looks",
        "cloud:odd_looks",
        "EC2's yes counts as the deed, whatever looks say",
        short=False,
        build="success_on_acceptance",
        reddens=("untrue",),
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
