"""Sensor boards: ports and addresses of their own, and an output that is there."""

from headworks.hardware.sensor import SensorProfile
from headworks.site.book import Book, name_of
from headworks.site.entries import Entry
from headworks.site.values import shown, suggest


def check_boards(book: Book) -> None:
    """What two boards may not share, and what a board's model must have."""
    for board in book.of("board"):
        if book.find("board", name_of(board)) not in (None, board):
            continue  # of two with one name that alone is told
        _address(book, board)
        _baud(book, board)
        _permissive(book, board)
    _ports(book)
    _ids(book)


def _on_line(book: Book, board: Entry) -> bool:
    """Whether its model is on RS-485, where several boards share a port."""
    profile = book.hardware.boards.get(name_of(board))
    return profile is not None and profile.link == "rs485"


def _address(book: Book, board: Entry) -> None:
    if _on_line(book, board) and not board.has("address"):
        book.error(
            board.at(),
            f"{board.title} has no address, which every board on RS-485 has; write address = 1",
        )


def _baud(book: Book, board: Entry) -> None:
    """The speed is flashed with the model; the site file may only repeat it."""
    profile = book.hardware.boards.get(name_of(board))
    baud = board.values.get("baud")
    if profile and profile.link == "rs485" and baud is not None and baud != profile.baud:
        book.error(
            board.at("baud"),
            f"{profile.model} is flashed for {profile.baud} Bd; write baud = {profile.baud}",
        )


def _permissive(book: Book, board: Entry) -> None:
    profile, output = book.hardware.boards.get(name_of(board)), board.values.get("permissive")
    if profile is None or output in profile.outputs:
        return
    if output is None:
        _unused(book, board, profile)
        return
    if not profile.outputs:
        fix = "remove permissive, or use a model that has an output"
    else:
        fix = suggest(output, list(profile.outputs))
    book.error(board.at("permissive"), f"{profile.model} has no output {shown(output)}; {fix}")


def _unused(book: Book, board: Entry, profile: SensorProfile) -> None:
    """An output that opens by itself, in series with nothing as far as the site file says."""
    tripped = [entry["name"] for entry in profile.data.get("output", ()) if entry["trips"]]
    if tripped and not board.has("permissive"):
        book.findings.warning(
            board.at("model"),
            f"{profile.model} can cut its zone's power by itself with its output "
            f"{shown(tripped[0])}, and the site does not use it; wire it in series with the "
            f"contactors and write permissive = {shown(tripped[0])}",
        )


def _ports(book: Book) -> None:
    devices = [*book.of("meter"), *book.of("switch")]
    others = {entry.values["connect"]: entry for entry in devices if entry.values.get("connect")}
    first: dict[str, Entry] = {}
    taken: dict[tuple[str, int], Entry] = {}
    for board in book.of("board"):
        connect, address = board.values.get("connect"), board.values.get("address")
        if connect is None:
            continue
        other = first.setdefault(connect, board)
        if connect in others:
            holder = others[connect]
            book.error(
                board.at("connect"),
                f"{shown(connect)} is the line of {holder.section.name} {shown(name_of(holder))}, "
                "which speaks Modbus; write a port of its own",
            )
        elif other is not board and not (_on_line(book, board) and _on_line(book, other)):
            book.error(
                board.at("connect"),
                f"{shown(connect)} is the port of board {shown(name_of(other))}, and only boards "
                "on RS-485 share one; write the port of this one",
            )
        elif address and taken.setdefault((connect, address), board) is not board:
            book.error(
                board.at("address"),
                f"address {address} on {shown(connect)} is taken by "
                f"{shown(name_of(taken[connect, address]))}; write another",
            )


def _ids(book: Book) -> None:
    first: dict[str, Entry] = {}
    for board in book.of("board"):
        uid = board.values.get("uid")
        if uid and first.setdefault(uid, board) is not board:
            book.error(
                board.at("uid"),
                f"{shown(uid)} is the id of board {shown(name_of(first[uid]))}; "
                "write the one that `headworks board list` shows for this board",
            )
