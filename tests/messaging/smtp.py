"""The mail server of the drills, under the name that tests know it by."""

from drills.mail_server import Mailbox, running_mail_server

__all__ = ["Mailbox", "running_mail_server"]
