"""What failed on our side, as it stands in the log: with the id under which its asker reports it.

Django's own line names the path only. A lost database is told once, not for every request.
"""

import logging

from api.problems import request_id


class Failures(logging.Filter):
    """For the logger `django.request`."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) == 503:
            return False
        request = getattr(record, "request", None)
        if request is not None:
            address = request.META.get("REMOTE_ADDR", "")
            record.event = "request.failed"
            record.fields = {"request_id": request_id(request), "method": request.method, "address": address}
            record.msg = f"{record.getMessage()} (request {request_id(request)} from {address})"
            record.args = ()
        return True
