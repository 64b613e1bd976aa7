"""Saving one's profile and the firm's settings writes what was typed and nothing else."""

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from firms.adapter import AccountAdapter
from firms.forms import FirmForm, ProfileForm
from firms.models import Firm, PlanningRequest, User
from tests import factories

FIRM = {"name": "Alpha Conseil", "region": "CA-QC", "language": "fr", "time_zone": "America/Toronto", "working_days": [1, 2, 3, 4, 5]}


def meanwhile(monkeypatch: pytest.MonkeyPatch, form: Any, change: Any) -> None:
    """Someone else's change, committed after the request read its rows."""
    checked = form.is_valid
    monkeypatch.setattr(form, "is_valid", lambda self: (change(), checked(self))[1])


def test_saving_ones_profile_does_not_undo_being_disabled(client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    charlie = factories.make_user()
    client.force_login(charlie)
    meanwhile(monkeypatch, ProfileForm, lambda: User.objects.filter(pk=charlie.pk).update(is_active=False, role="compliance"))
    client.post(reverse("profile"), {"name": "Charlie Roy", "language": "fr", "time_zone": ""})
    charlie.refresh_from_db()
    assert (charlie.name, charlie.is_active, charlie.role) == ("Charlie Roy", False, "compliance")


def test_a_new_password_does_not_undo_being_disabled(alice: User) -> None:
    charlie = factories.make_user()
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    AccountAdapter().set_password(charlie, "a long enough phrase")
    charlie.refresh_from_db()
    assert (charlie.is_active, charlie.check_password("a long enough phrase")) == (False, True)


def test_saving_the_firms_settings_leaves_planning_its_own_columns(client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client.force_login(alice)
    today = date(2026, 11, 20)
    meanwhile(monkeypatch, FirmForm, lambda: Firm.objects.filter(pk=alice.firm_id).update(planned_on=today))
    client.post(reverse("firm_settings"), {**FIRM, "name": "Alpha"})
    firm = Firm.objects.get(pk=alice.firm_id)
    assert (firm.name, firm.planned_on, PlanningRequest.objects.count()) == ("Alpha", today, 0)


def test_another_working_week_is_planned_and_an_empty_one_refused(client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(reverse("firm_settings"), {**FIRM, "working_days": []})
    assert list(answer.context["form"].errors) == ["working_days"]
    client.post(reverse("firm_settings"), {**FIRM, "working_days": [1, 2, 3, 4]})
    firm = Firm.objects.get(pk=alice.firm_id)
    assert firm.working_days == [1, 2, 3, 4]
    assert PlanningRequest.objects.count() == 1


def test_nobody_supports_themselves(client, alice: User) -> None:
    client.force_login(alice)
    charlie = factories.make_user()
    answer = client.post(reverse("user_edit", args=[charlie.pk]), {"role": "assistant", "supports": [charlie.pk]})
    assert list(answer.context["form"].errors) == ["supports"]


@pytest.mark.parametrize("name", ["Alpha\r\nBcc: spy@example.test", "Alpha\nConseil", "Alpha\u2028Conseil", "Alpha\x00Conseil"])
def test_a_name_is_one_line(client, alice: User, name: str) -> None:
    client.force_login(alice)
    for address, values in ((reverse("firm_settings"), FIRM), (reverse("profile"), {"language": "en", "time_zone": ""})):
        assert list(client.post(address, {**values, "name": name}).context["form"].errors) == ["name"]
    invited = {"email": "zoe@example.test", "name": name, "role": "adviser", "language": "en"}
    assert list(client.post(reverse("user_invite"), invited).context["form"].errors) == ["name"]
    assert (Firm.objects.get(pk=alice.firm_id).name, User.objects.get(pk=alice.pk).name) == ("Alpha Conseil", "Alice Roy")
