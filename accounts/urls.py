"""The routes of the pages for users."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/keys/", views.new_key, name="new-key"),
    path("account/keys/<int:key_id>/revoke/", views.end_key, name="end-key"),
    path("account/login/", views.Login.as_view(), name="login"),
    path("account/logout/", views.Logout.as_view(), name="logout"),
    path("account/password/", views.Password.as_view(), name="password"),
]
