"""Roles in their order: each may do everything a lower one may."""

from shared.people.models import Role

RANK = {role: rank for rank, role in enumerate(Role)}


def lesser(one: Role, other: Role) -> Role:
    """The role that may do less."""
    return min(one, other, key=lambda role: RANK[role])
