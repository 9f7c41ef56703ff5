"""Lists: pages, order, search and filters, and no parameter that nobody knows.

Every query parameter of a request is either understood or refused with 400 `invalid_query`; a misspelt filter
that is silently ignored shows the wrong servers.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from api.errors import InvalidQuery

PAGE_SIZE = 50
MOST = 200


class Pages(PageNumberPagination):
    """`page` and `page_size`, up to 200 rows."""

    page_size = PAGE_SIZE
    max_page_size = MOST
    page_size_query_param = "page_size"
    page_size_query_description = f"Rows a page, at most {MOST}."

    def get_page_size(self, request: Request) -> int:
        return number(request, "page_size", default=PAGE_SIZE, most=MOST)

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        self.request = request
        paginator = self.django_paginator_class(queryset, self.get_page_size(request))
        wanted = number(request, "page", default=1, most=10**6)
        if wanted > paginator.num_pages:
            raise InvalidQuery("page", f"There is no page {wanted}; the last one is {paginator.num_pages}.")
        self.page = paginator.page(wanted)
        return list(self.page)


def number(request: Request, name: str, *, default: int, most: int) -> int:
    """A whole number from the query, between 1 and `most`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise InvalidQuery(name, f"{name} is a whole number from 1 to {most}.")
    return int(text)


class Order(OrderingFilter):
    """`ordering=name` or `ordering=-name`, by the fields a view offers."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: APIView) -> Sequence[str]:
        offered: Sequence[str] = getattr(view, "ordering_fields", [])
        asked = [
            part.strip()
            for part in request.query_params.get(self.ordering_param, "").split(",")
            if part.strip()
        ]
        for part in asked:
            if part.removeprefix("-") not in offered:
                raise InvalidQuery(
                    "ordering", f"Order by one of {', '.join(offered)}, with a minus for descending."
                )
        # The id makes the order total, so that no row is on two pages.
        return [*(asked or getattr(view, "ordering", [])), "id"]


class Search(SearchFilter):
    """`search=web` looks into the fields a view offers."""

    def get_search_terms(self, request: Request) -> list[str]:
        text = request.query_params.get(self.search_param, "")
        if "\0" in text or len(text) > 200:
            raise InvalidQuery("search", "Search for at most 200 characters of text.")
        return super().get_search_terms(request)


class Filters(filters.DjangoFilterBackend):
    """A view's `filterset_class`; wrong values are the query's fault, not the body's."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        for name, messages in filterset.errors.items():
            raise InvalidQuery(name, " ".join(str(message) for message in messages))
        found: QuerySet[Any] = filterset.qs
        return found


class Id(filters.NumberFilter):
    """The id of something."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, decimal_places=0, **options)


class OneOf(filters.BaseInFilter, filters.ChoiceFilter):
    """One of some words, or several with commas between them."""


class Truth(filters.ChoiceFilter):
    """true or false."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[("true", "true"), ("false", "false")], **options)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(**{self.field_name: value == "true"}) if value else qs


BACKENDS = [Filters, Search, Order]
PAGING = frozenset({"page", "page_size", "ordering", "search"})


def check_query(request: Request, *, known: frozenset[str]) -> None:
    """InvalidQuery for a parameter nobody knows, or one given twice."""
    for name in request.query_params:
        if name not in known:
            offer = f"Known here: {', '.join(sorted(known))}." if known else "None is known here."
            raise InvalidQuery(name, f"The query parameter {name[:50]!r} is unknown. {offer}")
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidQuery(name, f"The query parameter {name} is given more than once.")
