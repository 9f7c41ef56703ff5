"""Adds only: the clock finds holds that are over without reading those that ended long ago."""

from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0004_resumed_at"),
    ]

    operations = [
        migrations.AlterField(
            model_name="hold",
            name="created_at",
            field=models.DateTimeField(default=timezone.now),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                models.F("until"), condition=models.Q(("ended_at__isnull", True)), name="hold_open"
            ),
        ),
    ]
