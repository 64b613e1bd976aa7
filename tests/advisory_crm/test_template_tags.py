import pytest
from django.utils.safestring import SafeString, mark_safe

from advisory_crm.template_tags import browser_name, fill_html, initials, options, share_text, share_width, tint


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Alice Roy", "AR"),
        ("Jean-Baptiste Côté-Roy", "JR"),
        ("Bob", "B"),
        ("Zoé d’Émond", "ZD"),
        ("", ""),
        ("“ ” Roy", "R"),
        ("élodie  lefèvre", "ÉL"),
    ],
)
def test_initials_are_the_first_and_last_words(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_name_keeps_its_tint() -> None:
    assert {tint("Alice Roy") for _ in range(3)} == {tint("Alice Roy")}


@pytest.mark.parametrize(
    ("value", "whole", "text", "width"),
    [(1, 4, "25%", "25.0%"), (5, 4, "100%", "100.0%"), (0, 0, "0%", "0.0%"), ("12,5", "25", "50%", "50.0%"), (-1, 4, "0%", "0.0%")],
)
def test_a_share_stays_between_nothing_and_all(value: float | str, whole: float | str, text: str, width: str) -> None:
    assert (share_text(value, whole), share_width(value, whole)) == (text, width)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("curl/8.0", "curl/8.0"),
    ],
)
def test_a_browser_is_named_in_two_words(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


def test_options_are_escaped_and_the_chosen_one_is_selected() -> None:
    drawn = options([(1, "Ana <b>Roy</b>"), (12, "Bob & 'fils'")], "12")
    assert drawn == '<option value="1">Ana &lt;b&gt;Roy&lt;/b&gt;</option><option value="12" selected>Bob &amp; &#x27;fils&#x27;</option>'
    assert "selected" not in options([(1, "Ana")], None)


def test_filled_html_escapes_what_is_not_html() -> None:
    assert fill_html("<p{}>{}{}</p>", mark_safe(' class="num"'), "<&\"'>", 3) == '<p class="num">&lt;&amp;&quot;&#x27;&gt;3</p>'
    assert isinstance(fill_html("<p>{}</p>", "x"), SafeString)
