"""Work that failed too often, for administrators: what was set aside, and trying it again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firms import failures
from firms.guard import FirmRequest, firm_view
from firms.jobs import label_of
from firms.permissions import Permission

# A firm has a few; whoever has more begins with the latest.
MOST_SHOWN = 50


@firm_view(Permission.MANAGE_FIRM)
def work_set_aside(request: FirmRequest) -> HttpResponse:
    tasks = [{"failure": failure, "label": failures.label_of_task(failure.task)} for failure in failures.tasks_set_aside(request.user)[:MOST_SHOWN]]
    jobs = [
        {"job": job, "label": label_of(job.kind) or job.kind} for job in failures.jobs_failed(request.user).select_related("created_by")[:MOST_SHOWN]
    ]
    return render(request, "firms/work_set_aside.html", {"tasks": tasks, "jobs": jobs})


@require_POST
@firm_view(Permission.MANAGE_FIRM)
def task_try_again(request: FirmRequest, pk: int) -> HttpResponse:
    failure = get_object_or_404(failures.tasks_set_aside(request.user), pk=pk)
    if failures.try_again(failure=failure, by=request.user):
        messages.success(request, _("It is being tried again. If it fails again, it comes back here."))
    return redirect("work_set_aside")
