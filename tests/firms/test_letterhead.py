"""The colour and the address of what clients receive."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser
from django.urls import reverse

from firms.braking import is_too_often
from firms.letterhead import contrast_with_white, validate_address, validate_colour
from firms.models import Firm, User


@pytest.mark.parametrize(("colour", "ratio"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#17594a", 8.19)])
def test_contrast_is_that_of_wcag(colour: str, ratio: float) -> None:
    assert round(contrast_with_white(colour), 2) == pytest.approx(ratio, abs=0.06)


@pytest.mark.parametrize("colour", ["#777777", "#f0bf69", "red", "#12345", "#17594a;}", ""])
def test_a_colour_that_cannot_be_read_or_is_none_is_refused(colour: str) -> None:
    with pytest.raises(ValidationError):
        validate_colour(colour)


def test_an_address_has_five_lines_at_the_most() -> None:
    validate_address("1\n2\n3\n4\n5")
    with pytest.raises(ValidationError):
        validate_address("1\n2\n3\n4\n5\n6")


def settings_form(**changes: object) -> dict[str, object]:
    return {"name": "Alpha", "region": "CA-QC", "language": "fr", "time_zone": "America/Toronto", "working_days": ["1"]} | changes


def test_an_administrator_chooses_both_and_is_told_of_a_colour_too_light(alice: User) -> None:
    browser = Browser()
    browser.force_login(alice)
    address = reverse("firm_settings")
    browser.post(address, settings_form(colour="#7a1f3d", address="12, rue Saint-Paul\r\nMontréal"))
    firm = Firm.objects.get(pk=alice.firm_id)
    assert (firm.colour, firm.address.splitlines()) == ("#7a1f3d", ["12, rue Saint-Paul", "Montréal"])
    assert "too light" in browser.post(address, settings_form(colour="#ffff00")).content.decode()
    browser.post(address, settings_form())
    assert Firm.objects.get(pk=alice.firm_id).colour == "#7a1f3d"


def test_the_brake_counts_each_thing_by_itself() -> None:
    answers = [is_too_often("letterhead-test-a", most=2) for _time in range(3)]
    assert (answers, is_too_often("letterhead-test-b", most=2)) == ([False, False, True], False)
