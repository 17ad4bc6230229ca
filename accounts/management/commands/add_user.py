"""Adds a user with a role."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.roles import ROLES, VIEWER, give_role


class Command(BaseCommand):
    help = "Add a user who may sign in. The password is asked for, or read from the first line of the input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="with which the user signs in")
        parser.add_argument(
            "--role", choices=ROLES, default=VIEWER, help="what the user may do (%(default)s)"
        )
        parser.add_argument("--email", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User(username=options["name"], email=options["email"])
        try:
            user.clean_fields(exclude=["password"])
            user.validate_unique()
            password = asked_password()
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.set_password(password)
        with transaction.atomic():
            user.save()
            give_role(user, options["role"])
        self.stdout.write(f"{user.username} may sign in, as {options['role']}")


def asked_password() -> str:
    """The password, typed twice, or the first line where the input is no terminal."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password again: ") != password:
        raise CommandError("The two passwords differ")
    return password
