"""Components drawn in Python: each part is escaped, and where assistive technology looks for it."""

from django import forms
from django.template import Context, Template
from django_cotton.compiler_regex import CottonCompiler

from advisory_crm import template_tags

NASTY = '<i>"Côté" & fils</i>'
SAFE = "&lt;i&gt;&quot;Côté&quot; &amp; fils&lt;/i&gt;"


def icon(name: str, size: int) -> str:
    return " ".join(template_tags.icon(name, size).split())


class Form(forms.Form):
    name = forms.CharField(label=NASTY, help_text="<b>said</b>")
    amount = forms.IntegerField(required=False)
    agrees = forms.BooleanField(required=False)
    colours = forms.MultipleChoiceField(choices=[("r", "Red")], widget=forms.CheckboxSelectMultiple, required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def draw(component: str, form: forms.Form) -> str:
    return " ".join(Template(CottonCompiler().process(component)).render(Context({"form": form, "nasty": NASTY})).split())


def test_a_field_has_its_label_its_help_and_its_errors():
    form = Form({"name": ""})
    form.add_error("name", NASTY)
    drawn = draw('<c-field :field="form.name" class="wide" data-note="{{ nasty }}" />', form)
    assert f'<label for="id_name">{SAFE}</label><input type="text" name="name"' in drawn
    assert drawn.startswith('<div class="field wide"')
    assert f'data-note="{SAFE}"' in drawn
    assert '<div class="field-help" id="id_name_helptext"><b>said</b></div>' in drawn
    assert f'<ul role="list"><li>This field is required.</li><li>{SAFE}</li></ul>' in drawn
    assert 'id="id_name_error"' in drawn


def test_a_unit_stands_beside_what_is_typed_and_what_may_stay_empty_says_so():
    drawn = draw('<c-field :field="form.amount" :unit="nasty" label="{{ nasty }}" />', Form())
    assert f'<label for="id_amount">{SAFE} <span class="optional">(optional)</span></label>' in drawn
    assert f'<span class="field-unit">{SAFE}</span></div>' in drawn


def test_a_box_comes_before_its_label_and_several_stand_in_a_fieldset():
    assert draw('<c-field :field="form.agrees" />', Form()).endswith('id="id_agrees"><label for="id_agrees">Agrees</label></div>')
    colours = draw('<c-field :field="form.colours" />', Form())
    assert '<fieldset><legend>Colours <span class="optional">(optional)</span></legend>' in colours
    assert "field-check" not in colours


def test_what_is_hidden_is_drawn_bare_and_what_is_not_there_not_at_all():
    assert draw('<c-field :field="form.secret" />', Form()) == '<input type="hidden" name="secret" id="id_secret">'
    assert draw('<c-field :field="form.absent" />', Form()) == ""


def test_a_button_sends_a_form_or_opens_a_dialog_and_with_an_address_it_is_a_link():
    sends = draw('<c-button variant="primary" name="act" value="{{ nasty }}">Save</c-button>', Form())
    assert sends == f'<button type="submit" class="button button-primary " name="act" value="{SAFE}">Save</button>'
    opens = draw('<c-button data-dialog="sure" type="reset">Ask</c-button>', Form())
    assert opens == '<button type="button" class="button button-secondary " data-dialog="sure" aria-haspopup="dialog" >Ask</button>'
    leads = draw('<c-button :href="nasty" size="small" class="wide">{{ nasty }}</c-button>', Form())
    assert leads == f'<a href="{SAFE}" class="button button-secondary button-small wide" >{SAFE}</a>'


def test_a_button_of_an_icon_alone_says_by_its_label_what_it_does():
    drawn = draw('<c-button icon="x" label="{{ nasty }}" />', Form())
    assert drawn.startswith(f'<button type="submit" class="button button-secondary button-icon " aria-label="{SAFE}" title="{SAFE}" ><svg')


def test_a_card_holds_its_slots_and_those_of_a_component_inside_it_stay_there():
    drawn = draw(
        '<c-card title="{{ nasty }}" icon="users" class="wide" id="it"><c-slot name="actions"><c-button>Go</c-button></c-slot>'
        '<c-card><c-slot name="footer">{{ nasty }}</c-slot>Inner</c-card></c-card>',
        Form(),
    )
    outer, inner = drawn.split('<section class="card" >')
    assert outer.startswith('<section class="card wide" id="it"><div class="card-head"><h2><svg')
    assert f"{SAFE}</h2>" in outer
    assert '<div class="card-actions"><button type="submit"' in outer
    assert inner == f'<div class="card-body">Inner</div><div class="card-foot">{SAFE}</div></section></div></section>'


def test_a_component_takes_attributes_from_a_variable_and_those_without_a_value():
    drawn = " ".join(
        Template(CottonCompiler().process('<c-row :attrs="given" hidden align="{{ nasty }}">{{ nasty }}</c-row>')).render(
            Context({"given": {"data-note": "said", "class": "wide"}, "nasty": NASTY})
        ).split()
    )  # fmt: skip
    assert drawn == f'<div class="row row-{SAFE} wide" data-note="said" hidden>{SAFE}</div>'


def test_a_table_is_named_and_a_menu_opens_its_panel():
    assert draw('<c-table caption="{{ nasty }}"><tr></tr></c-table>', Form()) == (
        f'<div class="table-scroll" role="region" aria-label="{SAFE}" tabindex="0"><table class="" >'
        f'<caption class="visually-hidden">{SAFE}</caption><tr></tr></table></div>'
    )
    drawn = draw('<c-menu label="{{ nasty }}" icon="x" quiet="yes" id="panel">Inside</c-menu>', Form())
    assert f'popovertarget="panel" aria-label="{SAFE}" title="{SAFE}"' in drawn
    assert drawn.endswith('<div class="menu-panel" id="panel" popover>Inside</div>')
    first, second = (draw('<c-menu label="More">Inside</c-menu>', Form()) for _time in range(2))
    assert first != second


def test_a_dialog_is_named_by_its_title_and_closes():
    drawn = draw('<c-dialog id="sure" title="{{ nasty }}" wide="yes" class="tall" data-note="{{ nasty }}">Inside</c-dialog>', Form())
    assert drawn.startswith(f'<dialog class="dialog dialog-wide tall" id="sure" aria-labelledby="sure-title" data-note="{SAFE}">')
    assert (
        f'<h2 id="sure-title">{SAFE}</h2><button type="button" class="button button-quiet button-icon" data-dialog-close aria-label="Close">' in drawn
    )
    assert drawn.endswith('<div class="dialog-body">Inside</div></dialog>')
    assert " data-dialog-open" in draw('<c-dialog id="sure" title="Sure?" open="yes">Inside</c-dialog>', Form())


def test_a_notice_has_the_icon_of_its_tone_or_its_own():
    drawn = draw('<c-notice tone="warn" title="{{ nasty }}" role="alert">{{ nasty }}</c-notice>', Form())
    assert drawn.startswith(f'<div class="notice notice-warn" role="alert">{icon("triangle-alert", 18)}')
    assert drawn.endswith(f'<div class="notice-body"><div class="notice-title">{SAFE}</div><div>{SAFE}</div></div></div>')
    assert icon("hand", 18) in draw('<c-notice icon="hand">Said</c-notice>', Form())
    assert icon("info", 18) in draw('<c-notice tone="neutral">Said</c-notice>', Form())


def test_an_emptiness_tabs_keys_and_a_timeline_say_what_they_hold():
    assert (
        draw('<c-empty icon="users" title="{{ nasty }}">No one</c-empty>', Form())
        == f'<div class="empty" >{icon("users", 24)}<h2>{SAFE}</h2>No one</div>'
    )
    assert draw('<c-tabs class="wide">Tabs</c-tabs>', Form()) == '<nav class="tabs wide" aria-label="Views" >Tabs</nav>'
    assert draw("<c-kbd>{{ nasty }}</c-kbd>", Form()) == f"<kbd >{SAFE}</kbd>"
    assert draw(
        '<c-timeline label="{{ nasty }}"><c-timeline-item id="one" when="{{ nasty }}" icon="x" tone="bad">Said</c-timeline-item></c-timeline>', Form()
    ) == (
        f'<ol class="timeline" role="list" aria-label="{SAFE}" ><li id="one"><span class="timeline-mark tone-bad">{icon("x", 15)}</span>'
        f'<div><div class="timeline-when">{SAFE}</div>Said</div></li></ol>'
    )
