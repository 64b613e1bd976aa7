from django.urls import path

from service_matrix import capacity_views

urlpatterns = [
    path("", capacity_views.capacity, name="capacity"),
    path("strategy/<int:segment_pk>/", capacity_views.strategy_edit, name="strategy_edit"),
]
