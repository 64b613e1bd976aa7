from django.apps import AppConfig


class ServiceMatrixConfig(AppConfig):
    name = "service_matrix"
