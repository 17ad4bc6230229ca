"""The admin's pages for jobs."""

import uuid

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.models import Job
from tests.jobs.workshop import Workshop

LIST = "/admin/jobs/job/"


@pytest.fixture
def staff(client: Client, workshop: Workshop) -> Client:
    client.force_login(User.objects.create_superuser("ann"))
    return client


def act(staff: Client, action: str, *jobs: Job) -> str:
    """Choose jobs in the list and take an action; what the page then says."""
    chosen = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return staff.post(LIST, chosen, follow=True).content.decode()


def state_of(job: Job) -> str:
    return Job.objects.get(pk=job.pk).status


class TestList:
    def test_states_and_progress(self, staff: Client, workshop: Workshop) -> None:
        workshop.work(workshop.submit())
        workshop.submit(frames=None)

        page = staff.get(LIST).content.decode()

        assert "100 % (8 of 8 frames)" in page
        assert "0 % (0 of ? frames)" in page
        assert "completed" in page.lower()

    def test_it_can_be_searched_and_filtered(self, staff: Client, workshop: Workshop) -> None:
        workshop.submit(workshop.clip("street.mp4"))
        garden = workshop.submit(workshop.clip("garden.mp4"))

        for query in ("q=garden", f"q={garden.pk}"):
            page = staff.get(f"{LIST}?{query}").content.decode()
            assert "garden.mp4" in page
            assert "street.mp4" not in page
        assert "street.mp4" not in staff.get(f"{LIST}?status__exact=failed").content.decode()

    def test_jobs_are_not_added_here(self, staff: Client) -> None:
        assert staff.get(f"{LIST}add/").status_code == 403


class TestActions:
    def test_cancel(self, staff: Client, workshop: Workshop) -> None:
        waiting, done = workshop.submit(), workshop.work(workshop.submit())

        page = act(staff, "cancel", waiting, done)

        assert (state_of(waiting), state_of(done)) == ("cancelled", "completed")
        assert "Cancelled: 1" in page
        assert "neither waits nor runs" in page

    def test_try_again(self, staff: Client, workshop: Workshop) -> None:
        failed, waiting = workshop.submit(fails_to_open="no"), workshop.submit()
        Job.objects.filter(pk=failed.pk).update(status="failed")

        page = act(staff, "retry", failed, waiting)

        assert state_of(failed) == "pending"
        assert "Waiting again: 1" in page
        assert "has neither failed nor been cancelled" in page

    def test_delete_takes_the_files_along(self, staff: Client, workshop: Workshop) -> None:
        done = workshop.work(workshop.submit())

        question = act(staff, "delete_selected", done)
        staff.post(LIST, {"action": "delete_selected", "_selected_action": str(done.pk), "post": "yes"})

        assert "Are you sure" in question
        assert not Job.objects.exists()
        assert not done.source_path.exists()

    def test_delete_one(self, staff: Client, workshop: Workshop) -> None:
        done = workshop.work(workshop.submit())

        staff.post(f"{LIST}{done.pk}/delete/", {"post": "yes"})

        assert not done.source_path.exists()

    def test_who_may_only_look_changes_nothing(self, client: Client, workshop: Workshop) -> None:
        reader = User.objects.create_user("bob", is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_job"))
        client.force_login(reader)
        waiting = workshop.submit()

        act(client, "cancel", waiting)

        assert state_of(waiting) == "pending"


class TestPage:
    def test_everything_is_shown_and_nothing_can_be_edited(self, staff: Client, workshop: Workshop) -> None:
        done = workshop.work(workshop.submit(fails=[2]))

        page = staff.get(f"{LIST}{done.pk}/change/").content.decode()

        assert "first (bench.look): 7 runs" in page
        assert "Frame 2: The bench broke" in page
        assert f"/videos/{done.pk}/" in page
        assert 'name="_save"' not in page

    def test_warnings_beyond_those_that_are_kept(self, staff: Client, workshop: Workshop) -> None:
        job = workshop.submit()
        Job.objects.filter(pk=job.pk).update(warnings=["<dark>"], warnings_count=3)

        page = staff.get(f"{LIST}{job.pk}/change/").content.decode()

        assert "&lt;dark&gt;" in page
        assert "3 in all" in page

    def test_a_job_that_is_gone(self, staff: Client) -> None:
        assert staff.get(f"{LIST}{uuid.uuid4()}/change/").status_code == 302
