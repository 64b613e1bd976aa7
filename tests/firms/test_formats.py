from decimal import Decimal

import pytest
from django.utils import translation
from django.utils.translation import ngettext

from firms import formats


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [("0", "one", "many"), ("0.5", "one", "many"), ("1", "one", "one"), ("1.5", "one", "many"), ("2", "many", "many"), ("7.25", "many", "many")],
)
def test_an_amount_with_a_fraction_takes_the_plural_of_its_language(value: str, french: str, english: str) -> None:
    said = {}
    for language in ("fr", "fr-ca", "en"):
        with translation.override(language):
            # A catalogue's own entry, so that its rule is asked, not the rule of English.
            words = ngettext("%(years)s year", "%(years)s years", formats.plural_of(Decimal(value)))
            said[language] = "many" if words.endswith("s") else "one"
    assert said == {"fr": french, "fr-ca": french, "en": english}
