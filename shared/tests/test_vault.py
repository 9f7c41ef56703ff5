"""Sealed values open for their own row and field, with the right key, unchanged - and for nothing else."""

from collections.abc import Callable

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
        with pytest.raises(CredentialUnusable):
            vault.unseal(changed, ring=RING, uid="one", field="credential")


def test_other_characters_for_the_same_bytes_are_noticed_too() -> None:
    """Decoding passes over what is not of its alphabet."""
    assert vault.decode(sealed().split(".")[-1] + "!!!!")
    with pytest.raises(CredentialUnusable):
        vault.unseal(sealed() + "!!!!", ring=RING, uid="one", field="credential")


def test_another_installations_key_does_not_open_it() -> None:
    stranger = vault.parse_ring(vault.generate("k1")[1])
    with pytest.raises(CredentialUnusable):
        vault.unseal(sealed(), ring=stranger, uid="one", field="credential")


@pytest.mark.parametrize("empty", ["", "v1", "v1.k1.", "v2.k1.AAAA", "v1.k9.AAAA"])
def test_nothing_useful_stored_is_unusable_and_not_a_crash(empty: str) -> None:
    with pytest.raises(CredentialUnusable):
        vault.unseal(empty, ring=RING, uid="one", field="credential")


@pytest.mark.parametrize("line", ["", "k1", "k1:short", "k 1:" + "A" * 43, ":" + "A" * 43, "ñ:" + "A" * 43])
def test_a_malformed_key_stops_the_program_with_a_sentence(line: str) -> None:
    with pytest.raises(BadEnvironment, match="CLOUDEVY_VAULT"):
        vault.parse_public(line)


@pytest.mark.parametrize("parse", [vault.parse_public, vault.parse_ring])
def test_without_a_key_the_program_does_not_start_and_says_what_to_do(parse: Callable[[str], object]) -> None:
    with pytest.raises(BadEnvironment, match=r"holds no key.*keygen.*_FILE names"):
        parse("\n")


def test_the_first_key_of_a_ring_seals_and_each_opens_what_it_sealed() -> None:
    pairs = [vault.generate(name) for name in ("k2", "k1")]
    ring = vault.parse_ring("\n".join(private for _, private in pairs))
    assert vault.newest(ring) == vault.parse_public(pairs[0][0])
    for public, _ in pairs:
        key = vault.parse_public(public)
        value = vault.seal(SECRET, key=key, uid="one", field="credential")
        assert vault.unseal(value, ring=ring, uid="one", field="credential") == SECRET
        assert vault.key_of(value) == key.id
        assert value.startswith(vault.beginning(key))


@pytest.mark.parametrize("value", ["", "v1", "v1.k1", "v1.k1.a.b"])
def test_what_is_not_sealed_names_no_key(value: str) -> None:
    assert not vault.key_of(value)


def test_two_keys_of_one_name_stop_the_program() -> None:
    """A dict would keep the last of them, and nothing that the first one sealed would open."""
    twins = "\n".join(vault.generate("k1")[1] for _ in range(2))
    with pytest.raises(BadEnvironment, match="two keys called k1"):
        vault.parse_ring(twins)
