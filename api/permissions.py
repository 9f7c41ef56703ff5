"""Who may do what, as data: the code and the tests read the same table.

A role may do everything a lower one may. What is not in the table nobody may do.
"""

from django.views import View
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.authentication import Access
from shared.people.models import Role
from shared.people.roles import RANK

# operation id -> the lowest role that may call it
NEEDS: dict[str, Role] = {
    "me_retrieve": Role.VIEWER,
    "accounts_list": Role.VIEWER,
    "accounts_retrieve": Role.VIEWER,
    "accounts_create": Role.ADMIN,
    "accounts_update": Role.ADMIN,
    "accounts_destroy": Role.ADMIN,
    "accounts_test": Role.ADMIN,
    "accounts_discover": Role.ADMIN,
    "accounts_limits": Role.VIEWER,
    "accounts_change_limits": Role.ADMIN,
    "servers_list": Role.VIEWER,
    "servers_retrieve": Role.VIEWER,
    "servers_update": Role.EDITOR,
    "servers_status": Role.VIEWER,
    "servers_statuses": Role.VIEWER,
    "servers_metrics": Role.VIEWER,
    "servers_timeline": Role.VIEWER,
    "servers_explain": Role.VIEWER,
    "servers_strips": Role.VIEWER,
    "servers_hold": Role.OPERATOR,
    "servers_release": Role.OPERATOR,
    "observations_list": Role.VIEWER,
    "observations_acknowledge": Role.OPERATOR,
    "operations_list": Role.VIEWER,
    "operations_retrieve": Role.VIEWER,
    "operations_create": Role.OPERATOR,
    "operations_cancel": Role.OPERATOR,
    "operations_retry": Role.OPERATOR,
    "schedules_list": Role.VIEWER,
    "schedules_retrieve": Role.VIEWER,
    "schedules_preview": Role.VIEWER,
    "schedules_impact": Role.VIEWER,
    "schedules_create": Role.EDITOR,
    "schedules_update": Role.EDITOR,
    "schedules_destroy": Role.EDITOR,
    "schedules_pause": Role.OPERATOR,
    "schedules_resume": Role.OPERATOR,
    "schedules_targets": Role.VIEWER,
    "schedules_calendar": Role.VIEWER,
    "schedules_export": Role.VIEWER,
    "schedules_import": Role.EDITOR,
    "schedules_run": Role.OPERATOR,
    "skips_list": Role.VIEWER,
    "skips_create": Role.OPERATOR,
    "skips_destroy": Role.OPERATOR,
    "team_list": Role.VIEWER,
    "team_update": Role.ADMIN,
    "team_destroy": Role.ADMIN,
    "team_reset": Role.ADMIN,
    "invitations_list": Role.ADMIN,
    "invitations_create": Role.ADMIN,
    "invitations_destroy": Role.ADMIN,
    "tokens_list": Role.VIEWER,
    "tokens_create": Role.VIEWER,
    "tokens_destroy": Role.VIEWER,
}


def may(role: str, *, operation_id: str) -> bool:
    """Whether a person of that role may call that operation."""
    lowest = NEEDS.get(operation_id)
    return lowest is not None and RANK[Role(role)] >= RANK[lowest]


def operation_id(view: View) -> str:
    """The name of what is asked for, e.g. `servers_list`; the same in the schema and in NEEDS.

    A method that would be a word of Python's own, as `import_`, goes without its underscore.
    """
    action = (getattr(view, "action", None) or "unknown").rstrip("_")
    return f"{getattr(view, 'basename', None)}_{action.replace('partial_update', 'update')}"


class Allowed(BasePermission):
    """The asker's role is at least the one the operation needs."""

    def has_permission(self, request: Request, view: View) -> bool:
        if not isinstance(request.auth, Access):
            return False
        # An action of None is a method this path does not have; the view answers 405.
        if getattr(view, "action", "") is None or may(request.auth.role, operation_id=operation_id(view)):
            return True
        lowest = NEEDS[operation_id(view)]
        raise PermissionDenied(
            f"This needs the role {lowest.value}; yours is {request.auth.role}. "
            "Ask an admin of this workspace."
        )
