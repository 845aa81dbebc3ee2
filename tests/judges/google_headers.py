"""Finds credentials as Google's library does, in the environment it is started in, and prints what a
request would carry: {"headers": {name: value}} or {"error": "..."}.

    google_headers.py http://127.0.0.1:PORT

Where the library insists on Google's own addresses, the request goes to that server instead.
"""
import json
import re
import sys

import google.auth
import google.auth.exceptions
from google.auth.transport import requests as transport

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


class Redirected(transport.Request):
    def __init__(self, server):
        super().__init__()
        self.server = server

    def __call__(self, url, *args, **kwargs):
        url = re.sub(r"^https://[a-z0-9]+\.googleapis\.com", self.server, url)
        return super().__call__(url, *args, **kwargs)


def main():
    request = Redirected(sys.argv[1])
    try:
        credentials, _ = google.auth.default(scopes=SCOPES, request=request)
        if not credentials.valid:  # it already is where the library looked for the project
            credentials.refresh(request)
    except google.auth.exceptions.GoogleAuthError as error:
        print(json.dumps({"error": str(error)}))
        return
    headers = {}
    credentials.apply(headers)
    print(json.dumps({"headers": headers}))


main()
