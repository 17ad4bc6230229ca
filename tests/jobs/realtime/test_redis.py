"""With Redis, news of another process arrive without being looked for."""

import os
import subprocess
import sys
from pathlib import Path

from tests.demo_runner import ROOT

WATCH = """
import asyncio, subprocess, sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from jobs.realtime.connection_manager import Client
from jobs.realtime.db_reader import DbReader
from jobs.models import Job
from jobs.realtime.broadcaster import Broadcaster
from jobs.realtime.change_notifier import listen

job = Job.objects.create(
    pipeline_id="p", pipeline_name="p", definition={}, source_name="a.mp4", source_file="uploads/a/source.mp4"
)

async def main():
    broadcaster = Broadcaster(DbReader(), listen=listen, look_every_s=3600)
    client = Client({str(job.pk)})
    broadcaster.join(client)
    print((await asyncio.wait_for(client.mailbox.get(), 20)).payload.job["status"])
    # The broadcaster listens from here on: it looks once more when it begins to.
    command = (sys.executable, "-c", sys.argv[1], str(job.pk))
    other = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE)
    print((await asyncio.wait_for(client.mailbox.get(), 60)).payload.job["status"])
    other.stdin.close()
    await other.wait()
    await broadcaster.leave(client)

asyncio.run(main())
"""

CANCEL = """
import sys
import django
django.setup()
from accounts.callers import SERVER
from jobs.services import cancel_job
cancel_job(job_id=sys.argv[1], caller=SERVER)
sys.stdin.read()
"""


def test_news_travel_through_redis(redis_socket: Path, tmp_path: Path) -> None:
    env = os.environ | {"REDIS_URL": f"unix://{redis_socket}", "FORGESYTE_DATA_DIR": str(tmp_path / "data")}
    env["DJANGO_SETTINGS_MODULE"] = "forgesyte.settings"
    command = [sys.executable, "-c", WATCH, CANCEL]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["pending", "cancelled"], done.stderr
