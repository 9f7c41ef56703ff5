"""Cloudevy on one machine from packages alone: what `./run` and the tests stand on.

PostgreSQL and Redis come as wheels and run as children of one launcher. Nothing here is used in production.
"""
