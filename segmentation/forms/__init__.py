"""The forms of this room. The editor of a draft is made of a state (what was typed), forms over its parts, and the editor that reads them."""

from segmentation.forms.assembling import build_editor
from segmentation.forms.changing import change_state
from segmentation.forms.editor import Editor
from segmentation.forms.pages import CrossForm, OverrideForm, OwnSchemeForm, SegmentForm
from segmentation.forms.state import State, flat_state, read_state, state_of

__all__ = [
    "CrossForm",
    "Editor",
    "OverrideForm",
    "OwnSchemeForm",
    "SegmentForm",
    "State",
    "build_editor",
    "change_state",
    "flat_state",
    "read_state",
    "state_of",
]
