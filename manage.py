#!/usr/bin/env python
"""Django's command line. Commands that need the database start the embedded one when none is configured."""

import os
import sys

# These read code or settings only; starting a server for them would be waste.
NEED_NO_DATABASE = {"help", "version", "--help", "--version", "makemessages", "compilemessages", "collectstatic", "startapp", "spectacular"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisory_crm.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in NEED_NO_DATABASE:
        from advisory_crm import embedded

        embedded.start_database()
        if command == "runserver":
            embedded.start_redis()
        else:
            embedded.join_redis()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
