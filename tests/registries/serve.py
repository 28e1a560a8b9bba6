"""A git server of this machine for tests: real repositories by git's own CGI program, and servers that misbehave.

serve.py ROOT LOG [CERTIFICATE KEY]

Serves the repositories below ROOT on a free port of the loopback and says the port. The first part of the path says how:

  plain       as git does
  auth        for the user `me` with the password `open sesame`
  old         as a server that knows only the first protocol: one may ask for what it names, not for any commit
  hang        takes the call and never answers
  stall       answers, and stops in the middle of the pack
  die         answers, and hangs up in the middle of the pack
  garbage     answers, and sends something else instead of the pack
  wrong       is no git server
  to/URL      leads to URL, whose `/` are written as `!`, and what follows

LOG gets a line for each call: the method, the path, and the user whose password was right or `-`.
"""

import base64
import http.server
import os
import ssl
import subprocess
import sys
import threading
import urllib.parse

ROOT, LOG = sys.argv[1:3]
WORD = "open sesame"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_):
        pass

    def serve(self):
        path, _, query = self.path.partition("?")
        how, _, rest = path.lstrip("/").partition("/")
        user = self.user()
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(f"{self.command} {self.path} {user or '-'}\n")
        posted = self.command == "POST"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if how == "to":
            target, _, rest = rest.partition("/")
            place = urllib.parse.unquote(target).replace("!", "/")
            self.send_response(302)
            self.send_header("Location", f"{place}/{rest}" + ("?" + query if query else ""))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif how == "auth" and not user:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif how == "hang":
            threading.Event().wait(120)
        elif how == "wrong":
            self.answer(200, [("Content-Type", "text/html")], b"<html>Welcome</html>")
        else:
            self.git(how, "/" + rest, query, body, posted)

    def user(self):
        given = self.headers.get("Authorization", "")
        right = "Basic " + base64.b64encode(f"me:{WORD}".encode()).decode()
        return "me" if given == right else None

    def git(self, how, path, query, body, posted):
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": ROOT,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        if how != "old":
            env["HTTP_GIT_PROTOCOL"] = self.headers.get("Git-Protocol", "")
        ran = subprocess.run(["git", "http-backend"], input=body, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        head, _, answer = ran.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.decode().split(": ", 1)) for line in head.split(b"\r\n") if line]
        status = int(dict(headers).get("Status", "200").split(" ")[0])
        headers = [(name, value) for name, value in headers if name != "Status"]
        if posted and b"PACK" in answer:
            at = answer.index(b"PACK")
            half = answer[: at + (len(answer) - at) // 2]
            if how == "garbage":
                answer = answer[: at] + os.urandom(len(answer) - at)
            elif how == "die":
                self.answer(status, headers, half, whole=len(answer))
                self.connection.close()
                return
            elif how == "stall":
                self.answer(status, headers, half, whole=len(answer))
                threading.Event().wait(120)
                return
        self.answer(status, headers, answer)

    def answer(self, status, headers, body, whole=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(whole or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    do_GET = do_POST = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[3:5])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
