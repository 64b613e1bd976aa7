from django.apps import AppConfig


class ServiceMatrixConfig(AppConfig):
    name = "service_matrix"

    def ready(self) -> None:
        from segmentation.whatif import count_load_with
        from service_matrix.what_if import read_promised

        count_load_with(read_promised)
