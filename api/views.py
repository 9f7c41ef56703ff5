"""What the views of all nouns share: strict input, the asker's workspace, and the database's moment.

Knows no noun.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from api.authentication import Access
from api.listing import BACKENDS, PAGING, check_query
from shared.clock import now
from shared.people.models import User, Workspace


class View(GenericViewSet[Any]):
    """A view whose queryset starts at the asker's workspace.

    `query` names the query parameters of actions other than the list.
    """

    filter_backends = BACKENDS
    http_method_names = ["get", "post", "patch", "delete", "head"]
    lookup_value_converter = "int"
    query: ClassVar[Mapping[str, frozenset[str]]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_query(request, known=self.known_query())

    def known_query(self) -> frozenset[str]:
        if self.action != "list":
            return self.query.get(self.action or "", frozenset())
        filterset = getattr(self, "filterset_class", None)
        return PAGING | frozenset(filterset.base_filters if filterset else ())

    @property
    def access(self) -> Access:
        """In which workspace and role the asker acts; permissions have made sure that there is one."""
        access = self.request.auth
        if not isinstance(access, Access):
            raise TypeError("a view without an authenticated request")
        return access

    @property
    def workspace(self) -> Workspace:
        return self.access.workspace

    @property
    def user(self) -> User:
        user = self.request.user
        if not isinstance(user, User):
            raise TypeError("a view without an authenticated request")
        return user

    @cached_property
    def now(self) -> datetime:
        """One moment for the whole answer."""
        return now()

    def read(
        self, kind: type[Serializer[Any]], *, partial: bool = False, **context: object
    ) -> dict[str, Any]:
        """The body, checked."""
        given = kind(data=self.request.data, partial=partial, context={"view": self, **context})
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)
