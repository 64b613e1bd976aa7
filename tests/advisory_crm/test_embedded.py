"""The embedded server and the one of docker-compose are set the same."""

from pathlib import Path

from advisory_crm import embedded


def test_the_application_role_has_the_same_settings_in_docker() -> None:
    script = (Path(embedded.__file__).parent.parent / "docker/create-roles.sh").read_text()
    said = [line for line in script.splitlines() if line.startswith("ALTER ROLE crm_app SET")]
    assert said == [f"ALTER ROLE crm_app SET {name} = {value};" for name, value in embedded.APPLICATION_SETTINGS.items()]
