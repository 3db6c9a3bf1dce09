"""pyserial's RFC 2217 client on the board whose URL is given: what works is printed, a line each."""

import sys
import time

import serial


def read_until(port, text, seconds):
    end = time.monotonic() + seconds
    heard = b""
    while time.monotonic() < end:
        heard += port.read(port.in_waiting or 1)
        if text in heard:
            return True
    sys.stderr.write(f"{text!r} not in {heard!r}\n")
    return False


def reset(port, into_loader):
    port.dtr = False
    port.rts = True
    if into_loader:
        port.dtr = True
    port.rts = False
    port.dtr = False


def main(url):
    # Strict: every setting and every line must be confirmed.
    with serial.serial_for_url(url, baudrate=115200, timeout=0.1) as port:
        print("opened")
        reset(port, into_loader=False)
        if read_until(port, b"boot:0x13", 5):
            print("reset into app")
        reset(port, into_loader=True)
        if read_until(port, b"waiting for download", 5):
            print("reset into loader")
        port.reset_input_buffer()
        port.reset_output_buffer()
        print("purged")
        # A SYNC frame and the answer to it: both hold bytes that Telnet must carry unchanged.
        port.write(b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0")
        if read_until(port, bytes.fromhex("c0010804000707122000000000c0"), 5):
            print("synchronised")
        print(f"cts {int(port.cts)} dsr {int(port.dsr)} cd {int(port.cd)} ri {int(port.ri)}")
        port.send_break(0.01)
        print("break sent")
        port.baudrate = 460800
        print("baud rate changed")


if __name__ == "__main__":
    main(sys.argv[1])
