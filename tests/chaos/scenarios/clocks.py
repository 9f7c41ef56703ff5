"""No beat, three beats, two planners at once, Postgres' clock jumping, and an outage of hours."""
