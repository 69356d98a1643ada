"""What `gii-geo regenerate` does, for whoever called it by this script before it was a command."""

import sys

from gii_geo.batch import command
from gii_geo.batch.command import main, read_job
from gii_geo.batch.folders import name_folder
from gii_geo.faults import heed_term

__all__ = ["main", "name_folder", "read_job"]
__doc__ = command.__doc__

if __name__ == "__main__":
    heed_term()
    sys.exit(main())
