"""What both programs know.

Whoever imports anything of it gets zones with the rules of the package `tzdata`, which is pinned: what the
machine has may be older, newer or missing, and nothing in the environment may change what a schedule means.
Here, so that it comes before any library that lists zones.
"""

from zoneinfo import ZoneInfo, reset_tzpath

VERSION = "0.1.0"
reset_tzpath(to=())
# Somebody may have met a zone before, with the machine's rules.
ZoneInfo.clear_cache()
