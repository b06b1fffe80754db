"""How a command ends."""

import sys
from collections.abc import Callable
from pathlib import Path

from parity import ParityError


def run_command(main: Callable[[], None]) -> None:
    """Run it; where something is wrong, or it is broken off, it ends with 1 and one line."""
    name = Path(sys.argv[0]).stem
    try:
        main()
    except (ValueError, OSError, ParityError) as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(
            f"{name}: broken off; a training goes on after its last whole epoch when it is run again"
        )
