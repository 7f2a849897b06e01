"""A relying application with Authlib and Flask, set up as docs/applications/authlib.md says."""

from os import environ

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, url_for

app = Flask(__name__)
app.secret_key = "a secret of the application for its own cookie"
oauth = OAuth(app)
oauth.register(
    "guestpass",
    client_id=environ["CLIENT_ID"],
    client_secret=environ["CLIENT_SECRET"],
    server_metadata_url=environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
)


@app.get("/login")
def login():
    return oauth.guestpass.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = oauth.guestpass.authorize_access_token()
    return jsonify(claims=token["userinfo"], userinfo=oauth.guestpass.userinfo(token=token))


app.run("127.0.0.1", int(environ["PORT"]))
