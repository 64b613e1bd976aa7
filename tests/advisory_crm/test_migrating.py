"""An operation of a migration renders the model it changes; what reads rows finds every model made anew."""

from typing import Any

import pytest
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from advisory_crm.migrating import rendering_one_model_at_a_time


def named(model: str, **fields: models.Field[Any, Any]) -> ModelState:
    return ModelState("shop", model, [("id", models.BigAutoField(primary_key=True, serialize=False)), *fields.items()])


@pytest.fixture
def state() -> ProjectState:
    """A shop, its customers, and their orders, rendered."""
    state = ProjectState()
    state.add_model(named("Shop", name=models.TextField(), code=models.IntegerField()))
    state.add_model(named("Customer", shop=models.ForeignKey("shop.Shop", models.CASCADE)))
    state.add_model(named("Order", customer=models.ForeignKey("shop.Customer", models.CASCADE)))
    vars(state)["apps"] = state.apps
    return state


def rendered(state: ProjectState) -> dict[str, Any]:
    return {model.__name__: model for model in state.apps.get_models()}


def added(state: ProjectState) -> None:
    state.add_field("shop", "shop", "city", models.TextField(default=""), preserve_default=True)


def added_relation(state: ProjectState) -> None:
    state.add_field("shop", "shop", "best", models.ForeignKey("shop.Customer", models.CASCADE, null=True), preserve_default=True)


def indexed(state: ProjectState) -> None:
    state.add_index("shop", "shop", models.Index(fields=["name"], name="by_name"))


def widened(state: ProjectState) -> None:
    state.alter_field("shop", "shop", "code", models.BigIntegerField(), preserve_default=True)


@pytest.mark.parametrize("change", [added, added_relation, indexed, widened])
def test_only_the_changed_model_is_rendered(state, change):
    before = rendered(state)
    with rendering_one_model_at_a_time():
        change(state)
        after = rendered(state)
    assert [name for name in after if after[name] is not before[name]] == ["Shop"]


def test_a_new_model_is_rendered_alone(state):
    before = rendered(state)
    with rendering_one_model_at_a_time():
        state.add_model(named("Stock", shop=models.ForeignKey("shop.Shop", models.CASCADE)))
        after = rendered(state)
    assert [name for name in after if after[name] is not before.get(name)] == ["Stock"]
    assert after["Stock"]._meta.get_field("shop").related_model is after["Shop"]


@pytest.mark.parametrize("change", [added, added_relation, indexed, widened])
def test_what_reads_rows_finds_models_that_agree(state, change):
    with rendering_one_model_at_a_time():
        change(state)
    state.clear_delayed_apps_cache()
    after = rendered(state)
    assert after["Customer"]._meta.get_field("shop").related_model is after["Shop"]
    assert after["Order"]._meta.get_field("customer").related_model is after["Customer"]


@pytest.mark.parametrize("is_delayed", [False, True])
def test_a_column_that_others_refer_to_changes_for_all_of_them(state, is_delayed):
    before = rendered(state)
    with rendering_one_model_at_a_time():
        if is_delayed:
            added(state)
        state.alter_field("shop", "shop", "id", models.UUIDField(primary_key=True), preserve_default=True)
        after = rendered(state)
    assert {name for name in after if after[name] is not before[name]} == {"Shop", "Customer", "Order"}
    assert after["Customer"]._meta.get_field("shop").related_model is after["Shop"]


def test_django_goes_its_own_way_outside(state):
    before = rendered(state)
    with rendering_one_model_at_a_time():
        pass
    added_relation(state)
    assert not set(before.values()) & set(rendered(state).values())
