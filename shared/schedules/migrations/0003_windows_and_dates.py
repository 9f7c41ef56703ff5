"""Adds only: the column that tied a rule to a window was never filled, and stays where an older release
expects it."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0002_loop_hardening"),
    ]

    operations = [
        migrations.CreateModel(
            name="ZoneRules",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=16)),
                ("planned_at", models.DateTimeField()),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="rule", name="window")]
        ),
        migrations.AddField(
            model_name="rule", name="edge", field=models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(model_name="rule", name="next_until", field=models.DateTimeField(null=True)),
        migrations.RemoveConstraint(model_name="rule", name="cron_or_at"),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=Q(edge=False) & (Q(cron="") ^ Q(at="")) | Q(edge=True, cron="", at=""),
                name="cron_or_at_or_edge",
            ),
        ),
    ]
