from django.urls import path

from segmentation.views import editing, publishing, schemes, segments, versions, whatif

urlpatterns = [
    path("", schemes.scheme_list, name="scheme_list"),
    path("new/", schemes.scheme_create, name="scheme_create"),
    path("new/own/", schemes.scheme_own, name="scheme_own"),
    path("<int:pk>/", schemes.scheme_detail, name="scheme_detail"),
    path("<int:pk>/draft/", editing.scheme_edit, name="scheme_edit"),
    path("<int:pk>/draft/start/", editing.scheme_draft_start, name="scheme_draft_start"),
    path("<int:pk>/draft/preview/", editing.scheme_preview, name="scheme_preview"),
    path("<int:pk>/draft/publish/", publishing.scheme_publish, name="scheme_publish"),
    path("<int:pk>/draft/discard/", schemes.scheme_discard, name="scheme_discard"),
    path("<int:pk>/publication/<int:job_pk>/", publishing.scheme_publication, name="scheme_publication"),
    path("<int:pk>/versions/", versions.scheme_versions, name="scheme_versions"),
    path("<int:pk>/versions/<int:number>/", versions.scheme_version, name="scheme_version"),
    path("<int:pk>/versions/<int:number>/what-if/", whatif.scheme_what_if, name="scheme_what_if"),
    path("<int:pk>/versions/<int:number>/what-if/clients/", whatif.scheme_movers, name="scheme_movers"),
    path("<int:pk>/versions/<int:number>/share/", whatif.scheme_share, name="scheme_share"),
    path("<int:pk>/versions/<int:number>/restore/", versions.version_restore, name="version_restore"),
    path("<int:pk>/versions/<int:number>/cancel/", versions.version_cancel, name="version_cancel"),
    path("<int:pk>/service/", schemes.scheme_make_service, name="scheme_make_service"),
    path("segments/<int:pk>/", segments.segment_edit, name="segment_edit"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/", segments.segment_override, name="segment_override"),
    path("clients/<int:client_pk>/<int:scheme_pk>/override/end/", segments.segment_override_end, name="segment_override_end"),
]
