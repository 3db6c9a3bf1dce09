"""An RFC 2217 server of pyserial's own parts around its loop:// port: what a client writes comes back.

Prints its TCP port, then a line for each change of a control line. Serves one client, then ends.
"""

import socket
import sys
import threading

import serial
import serial.rfc2217


class LoopPort:
    """The parts that a PortManager needs of its connection: write() goes to the client."""

    def __init__(self, connection):
        self.connection = connection

    def write(self, data):
        self.connection.sendall(data)


def watch_lines(port):
    for name in ("dtr", "rts", "break_condition"):
        prop = getattr(serial.SerialBase, name)

        def changed(self, value, prop=prop, name=name):
            prop.fset(self, value)
            print(f"{name} {int(value)}", flush=True)

        setattr(type(port), name, property(prop.fget, changed))


def main():
    port = serial.serial_for_url("loop://", timeout=0.02)
    watch_lines(port)
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"port {listener.getsockname()[1]}", flush=True)
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    manager = serial.rfc2217.PortManager(port, LoopPort(connection))

    def forward():
        while True:
            data = port.read(port.in_waiting or 1)
            if data:
                connection.sendall(b"".join(manager.escape(data)))

    threading.Thread(target=forward, daemon=True).start()
    while True:
        data = connection.recv(4096)
        if not data:
            return
        port.write(b"".join(manager.filter(data)))


if __name__ == "__main__":
    sys.exit(main())
