"""What a commit must pass besides its tests."""
