"""A local HTTP server that misbehaves on request, and archives for it to serve."""

import hashlib
import io
import tarfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!DOCTYPE html>\n<html><body>We moved. Please sign in.</body></html>"


class MisbehavingServer:
    """Serves `files` ({path: bytes}) at `url` and records all `requests`.

    `behave(path, *manners)` sets how the next requests for a path are answered, in
    order; the last manner stays. Manners:

    * "well": as a server should, with ranges and an ETag
    * "no range": all of it, whatever range was requested; no ETag
    * "short range": half of the requested range
    * "other range": begins a byte later than requested
    * "weak": truncates, with an ETag that does not promise equal bytes
    * "truncate": announces everything, sends half of it, closes the connection
    * "unannounced": sends half without a length, closes the connection
    * "stall": announces everything, sends half, and then nothing
    * "html": a page with status 200, as text/html
    * "disguised html": a page with status 200, as application/zip
    * "wrong": other bytes of the same length
    * "slow": everything, in 20 pieces, for a second
    * "hang up": closes the connection without an answer
    * "missing": 404; "broken": 500; "redirect": to the same path with "?again"
    * "elsewhere": to the same path at `redirect`
    """

    def __init__(self):
        self.files = {}
        self.requests = []  # (path, value of the header Range or None)
        self.logins = []  # value of the header Authorization or None, of each request
        self.redirect = ""
        self._manners = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self.stopped = threading.Event()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,)).start()

    def behave(self, path, *manners):
        self._manners[path] = list(manners)

    def manner(self, path):
        manners = self._manners.get(path, ["well"])
        return manners.pop(0) if len(manners) > 1 else manners[0]

    def paths(self):
        return [path for path, _ in self.requests]

    def close(self):
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        owner = self.server.owner
        path, _, query = self.path.partition("?")
        path = path.lstrip("/")
        owner.requests.append((path, self.headers.get("Range")))
        owner.logins.append(self.headers.get("Authorization"))
        manner = owner.manner(path)
        if manner == "hang up":
            self.close_connection = True
            return None
        if manner == "redirect" and query != "again":
            return self._head(302, Location=f"/{path}?again", Content_Length=0)
        if manner == "elsewhere":
            location = f"{owner.redirect}/{path}"
            return self._head(302, Location=location, Content_Length=0)
        if path not in owner.files or manner == "missing":
            return self.send_error(404)
        if manner == "broken":
            return self.send_error(500)
        if "html" in manner:
            disguise = "application/zip" if "disguised" in manner else "text/html"
            return self._send(PAGE, Content_Type=disguise)
        return self._serve(owner.files[path], manner)

    def _serve(self, content, manner):
        if manner == "wrong":
            content = bytes(255 - byte for byte in content)
        if manner == "unannounced":
            self._head(200)
            self.wfile.write(content[: len(content) // 2])
            return
        body, status, head = self._range(content, manner)
        self._head(status, **head, Content_Length=len(body))
        if manner == "slow":
            self._drip(body)
            return
        broken = manner in {"truncate", "stall", "weak"}
        self.wfile.write(body[: len(body) // 2] if broken else body)
        self.wfile.flush()
        if manner == "stall":
            self.server.owner.stopped.wait(20)

    def _range(self, content, manner):
        """Return the requested part of the content, status and head."""
        if manner == "no range":
            return content, 200, {}
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        weak = "W/" if manner == "weak" else ""
        head = {"ETag": weak + etag, "Accept_Ranges": "bytes"}
        wanted = self.headers.get("Range")
        if not wanted or self.headers.get("If-Range", etag) != etag:
            return content, 200, head
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        total = len(content)
        if start >= total:
            return b"", 416, {"Content_Range": f"bytes */{total}"}
        if manner == "other range":
            head["Content_Range"] = f"bytes {start + 1}-{total}/{total}"
            return content[start + 1 :] + b"?", 206, head
        end = (start + total) // 2 if manner == "short range" else total
        head["Content_Range"] = f"bytes {start}-{end - 1}/{total}"
        return content[start:end], 206, head

    def _drip(self, body):
        step = max(1, len(body) // 20)
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            time.sleep(0.05)

    def _send(self, body, **head):
        self._head(200, **head, Content_Length=len(body))
        self.wfile.write(body)

    def _head(self, status, **head):
        self.send_response(status)
        for name, value in head.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def handle(self):
        try:
            super().handle()
        except ConnectionError:  # the client had enough
            self.close_connection = True

    def log_message(self, *args):
        pass


def zip_of(files):
    """Return a zip archive of {name: bytes or str}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_of(files, compression="gz"):
    """Return a compressed tar archive of {name: bytes or str}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as archive:
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    return buffer.getvalue()


def sha256(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"
