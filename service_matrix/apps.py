from django.apps import AppConfig


class ServiceMatrixConfig(AppConfig):
    name = "service_matrix"

    def ready(self) -> None:
        from segmentation.whatif import count_load_with
        from service_matrix import client_pages, reminding  # noqa: F401  notices say how they read
        from service_matrix.what_if import read_promised

        count_load_with(read_promised)
        client_pages.register()
