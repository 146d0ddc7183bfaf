"""connections.py serve PORT: accepts and keeps connections. connections.py open HOST PORT COUNT: opens so many and keeps them."""
import resource
import select
import signal
import socket
import sys
import time

resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536))


def serve(port):
    listener = socket.create_server(("0.0.0.0", port), backlog=1024)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    open_by_fd = {}
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                peer, _ = listener.accept()
                poll.register(peer, select.EPOLLIN)
                open_by_fd[peer.fileno()] = peer
            elif not open_by_fd[fd].recv(4096):
                poll.unregister(fd)
                open_by_fd.pop(fd).close()


def keep(host, port, count):
    held = []
    while len(held) < count:
        peer = socket.socket()
        peer.settimeout(8)
        try:
            peer.connect((host, port))
            held.append(peer)
        except OSError:
            # The table is full: packets vanish. A real client tries again too.
            peer.close()
            time.sleep(0.2)
    signal.pause()


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    keep(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
