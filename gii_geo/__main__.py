"""``python -m gii_geo``: the command line where its script is not on the path."""

from gii_geo.cli import main

if __name__ == "__main__":
    main()
