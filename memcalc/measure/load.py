"""HTTP load with a fixed number of connections: each asks again as soon as it has its answer."""

import socket
import threading
import time

CONNECTIONS = 32
PATIENCE = 20.0


def get(connection, path):
    """One request over an open connection: status, and whether the connection can be used again."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".encode())
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise OSError("closed")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    status = int(lines[0].split()[1])
    fields = dict(line.split(b":", 1) for line in lines[1:] if b":" in line)
    if fields.get(b"transfer-encoding", b"").strip() == b"chunked":
        # The last chunk ends so; a body of ours never does before.
        while not body.endswith(b"0\r\n\r\n"):
            more = connection.recv(65536)
            if not more:
                raise OSError("closed")
            body += more
    else:
        left = int(fields.get(b"content-length", b"0")) - len(body)
        while left > 0:
            more = connection.recv(65536)
            if not more:
                raise OSError("closed")
            left -= len(more)
    return status, fields.get(b"connection", b"").strip() != b"close"


def answers(port, path, timeout=5.0):
    """Whether one request is answered with 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            connection.settimeout(timeout)
            return get(connection, path)[0] == 200
    except (OSError, ValueError, IndexError):
        return False


def run(port, paths, seconds, alive):
    """Asks for the paths in turn, for so long or until the application is no more. Returns how many requests were answered
    with 200, how many failed, and the seconds."""
    counts = [[0, 0] for _ in range(CONNECTIONS)]
    started = time.monotonic()
    end = started + seconds

    def client(count):
        connection = None
        while time.monotonic() < end and alive():
            try:
                if connection is None:
                    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
                    connection.settimeout(PATIENCE)
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                status, again = get(connection, paths[sum(count) % len(paths)])
                count[0 if status == 200 else 1] += 1
                if again:
                    continue
            except (OSError, ValueError, IndexError):
                count[1] += 1
                time.sleep(0.1)
            if connection is not None:
                connection.close()
            connection = None
        if connection is not None:
            connection.close()

    threads = [threading.Thread(target=client, args=(count,), daemon=True) for count in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2 * PATIENCE)
    took = time.monotonic() - started
    return sum(it[0] for it in counts), sum(it[1] for it in counts), took
