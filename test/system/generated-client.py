# A program with the client that openapi-generator makes: invites, lists page by page, and reads a problem.
import json
import os

import openapi_client
from openapi_client.exceptions import ApiException

settings = openapi_client.Configuration(host=os.environ["ISSUER"], access_token=os.environ["TOKEN"])
with openapi_client.ApiClient(settings) as client:
    api = openapi_client.InvitationsApi(client)
    invited = [
        api.create_invitation_with_http_info(openapi_client.NewInvitation(email=email))
        for email in ("ada@example.com", "bert@example.com")
    ]
    page = api.list_invitations(limit=1)
    found = list(page.items)
    while page.next is not None:
        page = api.list_invitations(limit=1, cursor=page.next)
        found += page.items
    try:
        api.create_invitation(openapi_client.NewInvitation(email="nobody"))
        problem = None
    except ApiException as error:
        problem = [error.status, json.loads(error.body)["title"]]
    print(json.dumps({
        "statuses": [each.status_code for each in invited],
        "subs": [each.data.sub for each in invited],
        "found": [[each.email, each.state, each.label] for each in found],
        "problem": problem,
    }))
