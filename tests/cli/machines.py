"""Machines that are not there: trees of files as they are on real ones, and the kernel's answers."""

import os
from pathlib import Path

from headworks.field.doctor import Machine

ADAPTER = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"

PI4_OS = {
    "/proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "/proc/cmdline": "coherent_pool=1M console=tty1 root=PARTUUID=5f2b-02 rootfstype=ext4 rootwait\n",
    "/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs": "N\n",
    "/boot/firmware/config.txt": "# made by the imager\ndtparam=i2c_arm=on\ndtparam=strict_gpiod\n",
    "/dev/gpiochip0": "",
    "/dev/gpiochip1": "",
    "/dev/watchdog": "",
    "/dev/ttyUSB0": "",
    "/dev/ttyAMA0": "",
    ADAPTER: "-> ../../ttyUSB0",
    "/dev/serial0": "-> ttyAMA0",
    "/sys/class/rtc/rtc0/name": "rtc-ds1307 1-0068\n",
    "/etc/systemd/system.conf": "[Manager]\n#RuntimeWatchdogSec=off\n",
    "/etc/systemd/system.conf.d/watchdog.conf": "[Manager]\nRuntimeWatchdogSec=14\n",
    "/run/systemd/system/.here": "",
    "/etc/systemd/system/headworks.service": "[Service]\nWatchdogSec=10\nRestart=on-failure\nRuntimeDirectory=headworks\n",
    "/etc/localtime": "-> /usr/share/zoneinfo/Asia/Karachi",
    "/sys/block/mmcblk0/device/name": "SD32G\n",
}

PC = {
    "/proc/cmdline": "BOOT_IMAGE=/vmlinuz-6.1.0-21-amd64 root=UUID=3d1c ro quiet\n",
    "/dev/ttyS0": "",
    "/dev/watchdog": "",
    "/sys/class/rtc/rtc0/name": "rtc_cmos 00:04\n",
    "/run/systemd/system/.here": "",
    "/etc/timezone": "Europe/Berlin\n",
}

LABELS = {"gpiochip0": "pinctrl-bcm2711", "gpiochip1": "raspberrypi-exp-gpio"}


def machine(folder: Path, base: dict[str, str], changes: dict[str, object]) -> Machine:
    """A machine of a tree of files, with what a test changes.

    Changes: a path with its text, or None to leave it out; and `forbidden` (paths), `held`
    (GPIO → consumer), `synced`, `free` (bytes), `read_only`, `throttled`, `python`, `labels`,
    `active` (services), `users` (name of a port → the program that holds it).
    """
    files = {**base, **{k: v for k, v in changes.items() if k.startswith("/")}}
    for name, text in files.items():
        path = folder / name.lstrip("/")
        if text is None:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if str(text).startswith("-> "):
            path.symlink_to(str(text)[3:])
        else:
            path.write_text(str(text))
    return Machine(root=folder, **_answers(folder, changes))


def _said(words: list[str], throttled: str, active) -> str | None:
    """What a program prints; services are active if the test says so."""
    if words[:2] == ["systemctl", "is-active"]:
        return "active" if words[2] in active else None
    return throttled if words[0] == "vcgencmd" else None


def _answers(folder: Path, changes: dict[str, object]) -> dict[str, object]:
    forbidden = {str(folder / str(p).lstrip("/")) for p in changes.get("forbidden", ())}
    held = dict(changes.get("held", {}))
    labels = {**LABELS, **changes.get("labels", {})}
    users = dict(changes.get("users", {}))
    said = changes.get("throttled", "throttled=0x0")
    return {
        "ask": lambda words: _said(words, str(said), changes.get("active", ())),
        "access": lambda path, mode: str(path) not in forbidden and os.path.exists(path),
        "chip_label": lambda path: labels[path.name],
        "consumer": lambda path, line: held.get(line),
        "synchronised": lambda: bool(changes.get("synced", True)),
        "space": lambda path: (changes.get("free", 9e9), bool(changes.get("read_only", False))),
        "holder": lambda path: users.get(path.name, ""),
        "python": changes.get("python", (3, 11, 2)),
    }
