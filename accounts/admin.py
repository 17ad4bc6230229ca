"""The admin's pages for users and their API keys."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.keys import revoke_key
from accounts.models import ApiKey
from accounts.roles import match_staff

# The types know of a parameter that the class itself does not have.
if TYPE_CHECKING:
    KeyBase = admin.ModelAdmin[ApiKey]
    UserBase = UserAdmin[User]
else:
    KeyBase, UserBase = admin.ModelAdmin, UserAdmin

# What makes somebody more than an admin.
FOR_SUPERUSERS = ("is_superuser", "user_permissions")

admin.site.unregister(User)


@admin.register(User)
class RoleUserAdmin(UserBase):
    """Users and their roles; only superusers make superusers, and change them."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields that this operator sees only."""
        more = () if request.user.is_superuser else FOR_SUPERUSERS
        return (*super().get_readonly_fields(request, obj), *more)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """False for a superuser's row where somebody else asks."""
        return may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The same."""
        return may_touch(request, obj) and super().has_delete_permission(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete users, and no superuser unless a superuser asks."""
        super().delete_queryset(
            request, queryset if request.user.is_superuser else queryset.exclude(is_superuser=True)
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Keep the roles, and let those in who work here."""
        super().save_related(request, form, formsets, change)
        match_staff(form.instance)


def may_touch(request: HttpRequest, obj: Any) -> bool:
    """True unless it is a superuser and somebody else asks."""
    return obj is None or not obj.is_superuser or bool(request.user.is_superuser)


@admin.register(ApiKey)
class ApiKeyAdmin(KeyBase):
    """Keys as they are: users make them on their own pages, and here they are looked at and revoked."""

    list_display = (
        "name",
        "owner",
        "prefix",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = ("owner",)
    search_fields = ("name", "prefix", "owner__username")
    actions = ("revoke",)
    exclude = ("digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only its owner sees a new key."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Nothing is edited; those who may change keys may revoke them."""
        return obj is None and super().has_change_permission(request, obj)

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """End keys now."""
        count = sum(revoke_key(key_id=key.pk) for key in keys)
        self.message_user(request, f"Revoked: {count}")
