"""The shape of the drift ledger: what changed, who did it, and what a schedule answered."""

from api import fields
from api.operations.serializers import OperationServer
from api.servers.serializers import Named, ObservationShape


class LedgerShape(ObservationShape):
    server = OperationServer()
    schedule = Named(allow_null=True, source="schedule_row", help_text="The schedule it is about.")
    acknowledged_by = fields.OrNull(help_text="Who said so first.")
