"""Read addresses on a cluster and write their world: ``spark-submit read_on_cluster.py``.

What spark-submit, Databricks or EMR began is the session that reads. The world is small, and
``gii-geo run WORLD`` asks everything of it on one machine.
"""

import argparse

import gii_geo

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument(
    "--patents", help="a path of Spark's (s3a://..., hdfs://...) or a table by name"
)
parser.add_argument("--publications", help="the same")
parser.add_argument("--deals", help="the same")
parser.add_argument("--out", required=True, help="folder of the world, on the driver")
asked = parser.parse_args()

given = {"patent": asked.patents, "publication": asked.publications, "deal": asked.deals}
addresses = {kind: source for kind, source in given.items() if source}

world = gii_geo.read_world(addresses, engine="spark")
world.write(asked.out)
print(world)
