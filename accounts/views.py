"""The pages on which users sign in and out, change their password and see what is theirs."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import KeyForm
from accounts.keys import TooManyKeys, keys_of, make_key, revoke_key
from accounts.usage import usage_of

REVOKED = "The key is revoked: programs that use it are refused from now on."
CHANGED = "Your password is changed. You stay signed in here; other browsers have to sign in again."


class Login(auth_views.LoginView):
    """Signs users in, staff or not; leads back to the page that they wanted, of this server only."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True
    form_class = AuthenticationForm

    def get_default_redirect_url(self) -> str:
        """The first page, also below a path prefix."""
        return get_script_prefix()


class Logout(auth_views.LogoutView):
    """Ends the session, by POST only, and shows the page to sign in."""

    next_page = "accounts:login"


class Password(auth_views.PasswordChangeView):
    """Changes one's password; other sessions of the user end with the old one."""

    template_name = "accounts/password.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("accounts:account")

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the new one."""
        messages.success(self.request, CHANGED)
        return super().form_valid(form)


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """One's own page: role and keys."""
    return account_page(request, KeyForm(owner=signed_in(request)))


@require_POST
@never_cache
@login_required
def new_key(request: HttpRequest) -> HttpResponse:
    """Make a key; this answer is the only place in which it can be read."""
    owner = signed_in(request)
    form = KeyForm(request.POST, owner=owner)
    if not form.is_valid():
        return account_page(request, form, status=422)
    chosen = form.cleaned_data
    try:
        _, token = make_key(
            owner=owner, name=chosen["name"], scopes=chosen["scopes"], expires_at=form.expires_at()
        )
    except TooManyKeys as error:
        form.add_error(None, str(error))
        return account_page(request, form, status=422)
    return account_page(request, KeyForm(owner=owner), token=token)


@require_POST
@login_required
def end_key(request: HttpRequest, key_id: int) -> HttpResponse:
    """Revoke one of one's own keys."""
    if not revoke_key(key_id=key_id, owner=signed_in(request)):
        raise Http404
    messages.success(request, REVOKED)
    return redirect("accounts:account")


def account_page(request: HttpRequest, form: KeyForm, *, token: str = "", status: int = 200) -> HttpResponse:
    """The page, with a new key if there is one."""
    owner, now = signed_in(request), timezone.now()
    keys = [{"key": key, "is_valid": key.is_valid(now)} for key in keys_of(owner)]
    roles = [group.name for group in owner.groups.all()]
    context = {"roles": roles, "keys": keys, "form": form, "token": token, "usage": usage_of(owner)}
    return render(request, "accounts/account.html", context, status=status)


def signed_in(request: HttpRequest) -> User:
    """The user of a page that nobody else sees."""
    assert isinstance(request.user, User)
    return request.user
