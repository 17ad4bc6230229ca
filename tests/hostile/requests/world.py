"""A finished job and an administrator, for requests to be made."""

import logging
from pathlib import Path

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import Client

from forgesyte.server.handler import Handler
from jobs.models import Job
from pipelines.models import Pipeline
from pipelines.runtime import override_engine
from tests.hostile.requests.client import ask_all
from tests.hostile.requests.values import CSRF_TOKEN
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop, bench_engine


def ask_as_administrator(folder: Path) -> list[str]:
    """The faults, in words, when all is asked of a server with a job in it."""
    logging.disable(logging.CRITICAL)
    try:
        with override_engine(bench_engine(folder)) as engine:
            Pipeline.objects.create(pipeline_id="look", definition=definition("look"))
            workshop = Workshop(folder)
            job = workshop.work(workshop.submit())
            assert job.status == Job.Status.COMPLETED
            client = Client()
            client.force_login(User.objects.create_superuser("ann"))
            cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={CSRF_TOKEN}"
            wrong = async_to_sync(ask_all)(Handler(), job.pk, workshop.clip().read_bytes(), cookie)
            engine.close()
            return wrong
    finally:
        logging.disable(logging.NOTSET)
