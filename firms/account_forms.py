"""allauth's forms without their placeholders, which say each label again in other words."""

from typing import Any

from allauth.account import forms


class _SaidOnce:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_SaidOnce, forms.LoginForm):
    pass


class ResetPasswordForm(_SaidOnce, forms.ResetPasswordForm):
    pass


class ChangePasswordForm(_SaidOnce, forms.ChangePasswordForm):
    pass
