"""The shape of `me`."""

from typing import Any

from rest_framework import serializers

from shared.people.models import Role


class MeWorkspace(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    time_zone = serializers.CharField()


class Environment(serializers.Serializer[Any]):
    demo = serializers.BooleanField(help_text="The servers are simulated.")
    plain_http = serializers.BooleanField(help_text="Passwords travel unencrypted; show a banner.")
    version = serializers.CharField()


class MeShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    workspace = MeWorkspace()
    environment = Environment()
