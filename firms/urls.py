from django.urls import URLPattern, URLResolver, path

from firms import failure_views, time_views, views
from firms.language import set_language

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/email/", views.own_addresses, name="account_email"),
    path("profile/", views.profile, name="profile"),
    path("profile/keys/", views.token_list, name="token_list"),
    path("profile/keys/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
    path("profile/absences/", time_views.own_time, name="own_time"),
    path("absences/<int:pk>/", time_views.absence_edit, name="absence_edit"),
    path("absences/<int:pk>/remove/", time_views.absence_remove, name="absence_remove"),
    path("absences/<int:pk>/cover/", time_views.absence_cover, name="absence_cover"),
    path("language/", set_language, name="set_language"),
    path("work-set-aside/", failure_views.work_set_aside, name="work_set_aside"),
    path("work-set-aside/<int:pk>/", failure_views.task_try_again, name="task_try_again"),
    path("settings/", views.firm_settings, name="firm_settings"),
    path("people/", views.user_list, name="user_list"),
    path("people/invite/", views.user_invite, name="user_invite"),
    path("people/hours-and-costs/", time_views.working_terms, name="working_terms"),
    path("people/<int:pk>/cover-preview/", time_views.cover_preview, name="cover_preview"),
    path("people/<int:pk>/time/", time_views.user_time, name="user_time"),
    path("people/<int:pk>/", views.user_edit, name="user_edit"),
    path("people/<int:pk>/disable/", views.user_disable, name="user_disable"),
    path("people/<int:pk>/enable/", views.user_enable, name="user_enable"),
    path("people/invitations/<int:pk>/resend/", views.invitation_resend, name="invitation_resend"),
    path("people/invitations/<int:pk>/withdraw/", views.invitation_withdraw, name="invitation_withdraw"),
    path("invitation/<str:key>/", views.invitation_accept, name="invitation_accept"),
]
