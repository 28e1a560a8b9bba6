"""The API of the example: says where its neighbours are. Standard library only."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NEIGHBOURS = ("VECTOR_DB", "POSTGRES", "CACHE", "LLM")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = {name: f"{os.environ.get(name + '_HOST')}:{os.environ.get(name + '_PORT')}" for name in NEIGHBOURS}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
