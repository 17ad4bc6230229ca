"""Makes the groups `viewer`, `operator` and `admin` with their permissions; those that are there stay as they are."""

from typing import Any

from django.apps import apps as installed
from django.db import migrations

OPERATOR = {
    ("accounts", "operation"): ("view_server", "end_sessions"),
    ("pipelines", "pipeline"): ("view_pipeline", "add_pipeline", "change_pipeline", "delete_pipeline"),
    ("jobs", "job"): ("view_job", "change_job", "delete_job"),
}
ADMIN = OPERATOR | {
    ("accounts", "apikey"): ("view_apikey", "change_apikey", "delete_apikey"),
    ("auth", "user"): ("view_user", "add_user", "change_user", "delete_user"),
    ("auth", "group"): ("view_group", "add_group", "change_group", "delete_group"),
    ("axes", "accessattempt"): ("view_accessattempt", "delete_accessattempt"),
}
ROLES = {"viewer": {}, "operator": OPERATOR, "admin": ADMIN}
NAMES = {
    "view_server": "Can see live sessions, metrics and the load of the server",
    "end_sessions": "Can end live sessions",
}


def make_roles(apps: Any, schema_editor: Any) -> None:
    """Make what is missing: Django itself makes permissions only once all migrations are done."""
    Group = apps.get_model("auth", "Group")
    for role, granted in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=role)
        if is_new:
            group.permissions.add(*permissions(apps, granted))


def permissions(apps: Any, granted: Any) -> Any:
    """The permissions of the apps that are installed."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    for (app, model), codenames in granted.items():
        if installed.is_installed(f"django.contrib.{app}" if app == "auth" else app):
            kind, _ = ContentType.objects.get_or_create(app_label=app, model=model)
            for codename in codenames:
                name = NAMES.get(codename, "Can " + codename.replace("_", " "))
                found, _ = Permission.objects.get_or_create(
                    content_type=kind, codename=codename, defaults={"name": name}
                )
                yield found


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
