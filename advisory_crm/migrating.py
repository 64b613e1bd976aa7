"""Migrations of a new database in a fraction of the time.

Django renders a model again after each operation that changes it, and with it every model related to it, however far: in a product
where every row names its firm that is all of them, hundreds of times over, and nine tenths of what the first start takes. An
operation on one table needs that table's model alone. What reads rows in a migration finds all of them made anew, as Django does
itself after what it calls a delayed reload.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState

_reload_model = ProjectState.reload_model


@contextmanager
def rendering_one_model_at_a_time() -> Iterator[None]:
    """Inside, an operation that takes nothing away from a model renders that model alone."""
    ProjectState.reload_model = _reload_changed_model  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        ProjectState.reload_model = _reload_model  # type: ignore[method-assign]


def _reload_changed_model(state: Any, app_label: str, model_name: str, delay: bool = False) -> None:
    if "apps" not in vars(state):
        return
    if delay or _stands(state, app_label, model_name):
        # Other models still refer to the former class of this one: whoever needs them to agree renders all of them again.
        state.is_delayed = True
        state._reload({(app_label, model_name)})
        return
    # A column that others may refer to changes: the whole of Django's way, on models that agree.
    if state.is_delayed:
        state.clear_delayed_apps_cache()
    else:
        _reload_model(state, app_label, model_name, delay)


def _stands(state: Any, app_label: str, model_name: str) -> bool:
    """Whether the model is new, or every column it had is as it was."""
    former = state.apps.all_models[app_label].get(model_name)
    if former is None:
        return True
    fields = state.models[app_label, model_name].fields
    return all(field.name in fields and field.deconstruct()[1:] == fields[field.name].deconstruct()[1:] for field in former._meta.local_fields)
