"""Sensor boards on their serial lines: what they see, what they may switch, how they do.

`Boards` is what the station uses. Decides nothing about racks; a board that is lost, refused or
ill is unknown, and never keeps its last value.
"""

from headworks.field.boards.boards import Boards
from headworks.field.boards.errors import BoardError
from headworks.field.boards.view import BoardState, BoardView

__all__ = ["BoardError", "BoardState", "BoardView", "Boards"]
