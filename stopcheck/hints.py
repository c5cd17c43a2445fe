"""What annotations need as the program runs, without `typing`: its import takes a thirtieth of a run over one file."""

TYPE_CHECKING = False

if TYPE_CHECKING:  # type checkers take it to be true
    from typing import Protocol as Protocol
    from typing import cast as cast
    from typing import dataclass_transform as dataclass_transform
else:
    Protocol = object

    def cast(kind, value):
        """The value: what kind it is of, type checkers alone want to know."""
        return value

    def dataclass_transform(**_):
        """Nothing: that a class is a record, type checkers alone have to be told."""
        return lambda define: define
