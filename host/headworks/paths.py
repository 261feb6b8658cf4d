"""Where things lie: data of the package, the runtime folder, the state folder.

Decides no names of sites or devices; everything here can be overridden by the environment.
"""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
SERVICE_SOCKET = Path("/run/headworks/station.sock")  # of the unit in host/systemd
SERVICE_STATE = Path("/var/lib/headworks")  # likewise
SERVICE_SITE = Path("/etc/headworks/site.toml")  # likewise
RESTORE_MARK = "restore-unfinished"  # in the state folder while a restore exchanges what is there
SERVICE_PEOPLE = Path("/var/lib/headworks-people")  # of the units of the faces


def data_dir(kind: str) -> Path:
    """Folder of shipped data, `boards` or `firmware`: in the wheel, else beside `host/`."""
    packed = _PACKAGE / "_data" / kind
    return packed if packed.is_dir() else _PACKAGE.parent.parent / kind


def runtime_dir() -> Path:
    """Folder of sockets, not made here: HEADWORKS_RUNTIME, systemd's, the user's, else /tmp."""
    for name in ("HEADWORKS_RUNTIME", "RUNTIME_DIRECTORY"):
        if os.environ.get(name):
            return Path(os.environ[name])
    if os.environ.get("XDG_RUNTIME_DIR"):
        return Path(os.environ["XDG_RUNTIME_DIR"]) / "headworks"
    return Path(f"/tmp/headworks-{os.getuid()}")


def state_dir() -> Path:
    """Folder of what must last, not made here: HEADWORKS_STATE, systemd's, else the user's."""
    for name in ("HEADWORKS_STATE", "STATE_DIRECTORY"):
        if os.environ.get(name):
            return Path(os.environ[name].partition(":")[0])  # a unit may have several
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "headworks"


def people_dir() -> Path:
    """Folder of who may act, the same for page, console and MQTT: HEADWORKS_PEOPLE, else the
    state folder; the services' where only that is."""
    if os.environ.get("HEADWORKS_PEOPLE"):
        return Path(os.environ["HEADWORKS_PEOPLE"])
    own = state_dir()
    ours = any(os.path.exists(own / name) for name in ("users.json", "pins.json"))
    asked = "HEADWORKS_STATE" in os.environ
    return SERVICE_PEOPLE if SERVICE_PEOPLE.exists() and not (ours or asked) else own


def records_dir() -> Path:
    """Folder of the station's records: in the state folder; the service's where only that is."""
    own, service = state_dir() / "records", SERVICE_STATE / "records"
    return service if service.exists() and not own.exists() else own


def station_socket() -> Path:
    """The station's socket: HEADWORKS_SOCKET, else station.sock in the runtime folder."""
    return Path(os.environ.get("HEADWORKS_SOCKET") or runtime_dir() / "station.sock")


def found_station_socket() -> Path:
    """Where a client looks: the same, but the system service's socket where only that is there."""
    own = station_socket()
    if "HEADWORKS_SOCKET" in os.environ or own.exists() or not SERVICE_SOCKET.exists():
        return own
    return SERVICE_SOCKET


def sim_socket() -> Path:
    """The simulator's command socket: HEADWORKS_SIM_SOCKET, else sim.sock likewise."""
    return Path(os.environ.get("HEADWORKS_SIM_SOCKET") or runtime_dir() / "sim.sock")
