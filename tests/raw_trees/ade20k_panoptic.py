"""The fake tree of ade20k has the instances, too."""

from tests.raw_trees import ade20k

make = ade20k.make
