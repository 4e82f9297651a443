"""Landmarks: the last block of each era of the public networks.

A node finds a point only by slot and hash, so a job without a hash begins at one of these. The guides of Ogmios and Kupo list
them too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nectar.cardano.point import Point


class Landmark(NamedTuple):
    """The last block of `era`."""

    era: str
    block_no: int
    point: Point


def _landmark(era: str, block_no: int, slot: int, digest: str) -> Landmark:
    return Landmark(era, block_no, Point(slot, bytes.fromhex(digest)))


LANDMARKS: Mapping[int, tuple[Landmark, ...]] = {
    764824073: (
        _landmark("byron", 4490510, 4492799, "f8084c61b6a238acec985b59310b6ecec49c0ab8352249afd7268da5cff2a457"),
        _landmark("shelley", 5086523, 16588737, "4e9bbbb67e3ae262133d94c3da5bffce7b1127fc436e7433b87668dba34c354a"),
        _landmark("allegra", 5406746, 23068793, "69c44ac1dda2ec74646e4223bc804d9126f719b1c245dadc2ad65e8de1b276d7"),
        _landmark("mary", 6236059, 39916796, "e72579ff89dc9ed325b723a33624b596c08141c7bd573ecfff56a1f7229e4d09"),
        _landmark("alonzo", 7791698, 72316796, "c58a24ba8203e7629422a24d9dc68ce2ed495420bf40d9dab124373655161a20"),
        _landmark("babbage", 10781330, 133660799, "e757d57eb8dc9500a61c60a39fadb63d9be6973ba96ae337fd24453d4d15c343"),
    ),
    1: (
        _landmark("byron", 45, 84242, "45899e8002b27df291e09188bfe3aeb5397ac03546a7d0ead93aa2500860f1af"),
        _landmark("shelley", 21644, 518360, "f9d8b6c77fedd60c3caf5de0ce63a0aeb9d1753269c9c07503d9aa09d5144481"),
        _landmark("allegra", 43242, 950340, "74c03af754bcde9cd242c5a168689edcab1756a3f7ae4d5dca1a31d86839c7b1"),
        _landmark("mary", 64902, 1382348, "af5fddc7d16a349e1a2af8ba89f4f5d3273955a13095b3709ef6e3db576a0b33"),
        _landmark("alonzo", 172497, 3542390, "f93e682d5b91a94d8660e748aef229c19cb285bfb9830db48941d6a78183d81f"),
        _landmark("babbage", 2620289, 68774372, "36f5b4a370c22fd4a5c870248f26ac72c0ac0ecc34a42e28ced1a4e15136efa4"),
    ),
    2: (
        _landmark("alonzo", 13011, 259180, "0ad91d3bbe350b1cfa05b13dba5263c47c5eca4f97b3a3105eba96416785a487"),
        _landmark("babbage", 2344008, 55814394, "bdd4baa2c81d0500a695f836332193ea06c2ce364e585057142220fc0782144c"),
    ),
}
"""Network magic -> landmarks, oldest first. A private network has none."""
