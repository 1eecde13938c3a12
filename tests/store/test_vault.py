"""What the server key protects, and where it comes from."""

from pathlib import Path

import pytest

from milepost.store.vault import Vault, open_vault

VAULT = Vault(b"k" * 32)


def test_the_server_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "milepost.key"

    first, second = open_vault(file), open_vault(file)

    assert first.actor_key("default", "ana") == second.actor_key("default", "ana")
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_server_key_from_the_environment_leaves_no_file(tmp_path: Path) -> None:
    vault = open_vault(tmp_path / "milepost.key", "ab" * 32)

    assert vault.actor_key("default", "ana") == Vault(b"\xab" * 32).actor_key("default", "ana")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "not hexadecimal", "ab" * 31])
def test_what_is_no_server_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -hex 32"):
        open_vault(tmp_path / "milepost.key", text)


def test_one_person_has_another_actor_key_for_each_tenant() -> None:
    assert len(VAULT.actor_key("one", "ana")) == 32
    assert VAULT.actor_key("one", "ana") != VAULT.actor_key("other", "ana")
