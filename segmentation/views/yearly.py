"""The yearly review of a scheme: its four questions, with the figures that answer them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.locking import firm_today
from segmentation.models import SchemeReview
from segmentation.queries import schemes_of
from segmentation.review_forms import SchemeReviewForm
from segmentation.yearly import NextDateRefused, Question, ReviewedToday, figures_of, record_review, reviews_of


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_review(request: FirmRequest, pk: int) -> HttpResponse:
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    today = firm_today(request.firm.pk)
    form = SchemeReviewForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid():
        answers = {question.value: form.cleaned_data[question.value] for question in Question}
        try:
            record_review(
                scheme=scheme, answers=answers, conclusions=form.cleaned_data["conclusions"], next_on=form.cleaned_data["next_on"], by=request.user
            )
        except NextDateRefused:
            form.add_error("next_on", _("Choose a day after today, within two years."))
        except ReviewedToday:
            form.add_error(None, _("Somebody recorded a review of this scheme today already: it is below."))
        else:
            messages.success(request, _("The review is recorded."))
            return redirect("scheme_review", scheme.pk)
    figures = figures_of(scheme, firm=request.firm, today=today)
    reviews = reviews_of(scheme, firm_id=request.firm.pk)
    context = {
        "scheme": scheme,
        "form": form,
        "questions": [(form[question.value], figures[question]) for question in Question],
        "reviews": [(review, _answers(review)) for review in reviews],
        "last": next(iter(reviews), None),
        "today": today,
    }
    return render(request, "segmentation/scheme_review.html", context)


def _answers(review: SchemeReview) -> list[tuple[str, str, str, list[list[str]]]]:
    """Each question with its answer in words, its tone, and the figures of then."""
    tones = {"yes": "good", "partly": "warn", "no": "bad", "unknown": "neutral"}
    return [
        (
            str(SchemeReview._meta.get_field(question.value).verbose_name),  # type: ignore[union-attr]
            str(SchemeReview.Answer(getattr(review, question.value)).label),
            tones[getattr(review, question.value)],
            review.figures.get(question.value, []),
        )
        for question in Question
    ]
