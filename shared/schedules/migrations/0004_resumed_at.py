"""Adds only: since when the failures of a schedule are counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0003_windows_and_dates"),
    ]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="resumed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
