"""A relying application with Django and social-auth-app-django, set up as docs/applications/django.md says."""

import signal
import sys
from os import environ
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from django.core.management import call_command
from django.http import JsonResponse
from django.urls import include, path

signal.signal(signal.SIGTERM, lambda *_: sys.exit())
folder = TemporaryDirectory()
settings.configure(
    SECRET_KEY="a secret of the application for its own cookie",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder.name}/application.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "social_django"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"],
    LOGIN_REDIRECT_URL="/",
    AUTHENTICATION_BACKENDS=[
        "social_core.backends.open_id_connect.OpenIdConnectAuth",
        "django.contrib.auth.backends.ModelBackend",
    ],
    SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=environ["ISSUER"],
    SOCIAL_AUTH_OIDC_KEY=environ["CLIENT_ID"],
    SOCIAL_AUTH_OIDC_SECRET=environ["CLIENT_SECRET"],
    SOCIAL_AUTH_OIDC_USERNAME_KEY="sub",
    SOCIAL_AUTH_URL_NAMESPACE="social",
)
django.setup()


def home(request):
    user = request.user
    return JsonResponse({"username": user.get_username(), "email": user.email})


urlpatterns = [path("", include("social_django.urls", namespace="social")), path("", home)]

call_command("migrate", verbosity=0)
call_command("runserver", f"127.0.0.1:{environ['PORT']}", use_reloader=False, verbosity=0)
