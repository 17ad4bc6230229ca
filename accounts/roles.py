"""The roles that users may have: groups, which a migration makes and the admin may change."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import transaction

if TYPE_CHECKING:
    from django.contrib.auth.models import User

VIEWER, OPERATOR, ADMIN = "viewer", "operator", "admin"
ROLES = (VIEWER, OPERATOR, ADMIN)
# Those whose users work in the admin.
STAFF_ROLES = (OPERATOR, ADMIN)


@transaction.atomic
def give_role(user: "User", role: str) -> None:
    """Give a user this role and no other; raises Group.DoesNotExist where an admin has deleted it."""
    user.groups.remove(*Group.objects.filter(name__in=ROLES))
    user.groups.add(Group.objects.get(name=role))
    match_staff(user)


def match_staff(user: "User") -> None:
    """Open the admin to a user with a role that works there; other users stay as they are."""
    if not user.is_staff and user.groups.filter(name__in=STAFF_ROLES).exists():
        user.is_staff = True
        user.save(update_fields=["is_staff"])
