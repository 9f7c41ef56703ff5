"""Sealed values open for their own row and field, with the right key, unchanged - and for nothing else."""

import pytest

from shared import vault
from shared.env import BadEnvironment
from shared.errors import CredentialUnusable

PUBLIC, PRIVATE = vault.generate("k1")
KEY, RING = vault.parse_public(PUBLIC), vault.parse_ring(PRIVATE)
SECRET = '{"secret_access_key": "distinctive"}'


def sealed() -> str:
    return vault.seal(SECRET, key=KEY, uid="one", field="credential")


def test_what_was_sealed_opens_again_and_never_looks_the_same() -> None:
    assert vault.unseal(sealed(), ring=RING, uid="one", field="credential") == SECRET
    assert sealed() != sealed()
    assert "distinctive" not in sealed()


@pytest.mark.parametrize(("uid", "field"), [("two", "credential"), ("one", "other")])
def test_a_value_moved_to_another_row_or_field_does_not_open(uid: str, field: str) -> None:
    with pytest.raises(CredentialUnusable):
        vault.unseal(sealed(), ring=RING, uid=uid, field=field)


def test_every_changed_character_is_noticed() -> None:
    text = sealed()
    for place in range(len(text)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        if (
            vault.decode(changed.split(".")[-1]) == vault.decode(text.split(".")[-1])
            and changed[:6] == text[:6]
        ):
            continue  # the unused low bits of the last base64 character
        with pytest.raises(CredentialUnusable):
            vault.unseal(changed, ring=RING, uid="one", field="credential")


def test_another_installations_key_does_not_open_it() -> None:
    stranger = vault.parse_ring(vault.generate("k1")[1])
    with pytest.raises(CredentialUnusable):
        vault.unseal(sealed(), ring=stranger, uid="one", field="credential")


@pytest.mark.parametrize("empty", ["", "v1", "v1.k1.", "v2.k1.AAAA", "v1.k9.AAAA"])
def test_nothing_useful_stored_is_unusable_and_not_a_crash(empty: str) -> None:
    with pytest.raises(CredentialUnusable):
        vault.unseal(empty, ring=RING, uid="one", field="credential")


@pytest.mark.parametrize("line", ["", "k1", "k1:short", "k 1:" + "A" * 43, ":" + "A" * 43])
def test_a_malformed_key_stops_the_program_with_a_sentence(line: str) -> None:
    with pytest.raises(BadEnvironment, match="CLOUDEVY_VAULT"):
        vault.parse_public(line)


def test_an_empty_ring_stops_the_program() -> None:
    with pytest.raises(BadEnvironment, match="keygen"):
        vault.parse_ring("\n")
