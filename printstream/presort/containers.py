"""What trays travel in: pallets, roll containers, monotainers, as frozen models; part of a scheme.

In: scheme files' values. Out: ``Container``. Never: reads a file, looks at a tray.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field

from printstream.base.model import LabelLine, LengthMpt, Model
from printstream.presort.kinds import Code, Count, Grouped, LabelWords, length_um

MAX_OPTIONAL = 4
"""Optional levels of a container: all ways to make and leave them are tried."""
_LEAST_LETTER_MPT, _MOST_LETTER_MPT = 36_000, 45_000
"""Letters on a placard are at least 1/2 in high (Quick Service Guide 705a, 2022-07-10); three lines of 5/8 in find room."""
_LEAST_SHEET_MPT = 792_000, 576_000
"""At least 11 x 8 in (same); the lines are laid out for it."""


class ContainerLevel(Grouped):
    """Containers whose trays have a destination in common."""

    minimum_places: Count
    """Fewest places that the trays of a container take; fewer go on to the next level."""
    optional: bool = False
    """Whether the level may be left; it is made where that needs no container more. A required one is always made."""
    overflow: Literal["roll", "own"] = "roll"
    """What becomes of a group's last container when it has less than the minimum: its trays roll on to the next
    level; own: it is a container all the same where the group has another one."""
    maildat_level: Annotated[str, Field(pattern=r"^[A-Z]{0,2}$")] = ""
    """Mail.dat's word for the level (CSM-1104); empty where it has none."""
    cin: Literal[""] = ""
    """Containers have no content identifier number."""
    content: LabelLine
    """Line 2 of the placard."""
    destination: LabelWords = "{destination}"
    """Line 1 of the placard; the words of a tray label's destination."""


class TrayLoad(Model):
    """What a tray takes of a container."""

    places: Count = 1
    """Places of a layer that the tray takes."""
    tare_mg: Annotated[int, Field(ge=0)]
    """Weight of the empty tray, with its sleeve or lid."""


class PlacardForm(Model):
    """The sheet that says where a container goes."""

    width: LengthMpt = 792_000
    """Width of the sheet."""
    height: LengthMpt = 612_000
    """Height of the sheet."""
    copies: Annotated[int, Field(ge=1, le=4)] = 1
    """Sheets of each container, one a side."""
    letter_height: LengthMpt = _LEAST_LETTER_MPT
    """Least height of the capitals of lines 1 to 3."""
    title: LabelLine = ""
    """What stands above line 1, such as the post's service; empty: nothing."""
    barcode: Literal["none", "im_container"] = "none"
    """im_container: the Intelligent Mail container barcode of the USPS."""


class Container(Model):
    """A kind of container, what it takes, and the levels that it is made for."""

    title: LabelLine
    """Name for placards and reports."""
    source: str
    """Where limits and levels were read."""
    confirmed: bool
    """Whether they were compared with the post's own text of today."""
    stand_in: bool = False
    """Limits or levels only stand in for the post's own, which are not public or not known to us."""
    maildat_type: Annotated[str, Field(pattern=r"^[A-Z]{0,2}$")] = ""
    """Mail.dat's word for the container (CSM-1005); empty where it has none."""
    section: str = ""
    """The post's paragraph on its preparation, as Mail.dat names it (CSM-1147)."""
    max_weight_mg: Count
    """Heaviest that the container may be: itself, trays and mail."""
    tare_mg: Annotated[int, Field(ge=0)]
    """Weight of the empty container."""
    places_a_layer: Count
    """Places of a layer; a tray takes one or more."""
    max_layers: Count
    """Most layers of trays."""
    layer_height: LengthMpt
    """Height of a layer."""
    base_height: LengthMpt = 0
    """Height of the empty container below the first layer."""
    max_height: LengthMpt | None = None
    """Highest that the container may be, itself and its layers; absent: as max_layers says."""
    max_trays: Count | None = None
    """Most trays; no limit beside the layers where absent."""
    trays: dict[Code, TrayLoad] = Field(min_length=1)
    """What each tray of the scheme takes."""
    levels: tuple[ContainerLevel, ...] = Field(min_length=1, max_length=8)
    """From the finest to the coarsest; the last one takes all that is left."""
    loose: bool = False
    """Whether trays that are fewer than the last level's minimum travel loose; otherwise that level has no minimum."""
    placard: PlacardForm = PlacardForm.preset()
    """The sheet that says where it goes."""

    @property
    def layers(self) -> int:
        """Most layers, by number and by height."""
        if self.max_height is None:
            return self.max_layers
        return min(self.max_layers, (self.max_height - self.base_height) // max(self.layer_height, 1))

    @property
    def places(self) -> int:
        """Most places."""
        return self.layers * self.places_a_layer

    @property
    def load_mg(self) -> int:
        """Heaviest trays with their mail."""
        return self.max_weight_mg - self.tare_mg

    def height_um(self, layers: int) -> int:
        """Height of a container with so many layers."""
        return length_um(self.base_height) + layers * length_um(self.layer_height)

    def fault(self, trays: Mapping[str, int | None], lists: Collection[str]) -> str:
        """Say what is wrong with it; empty where nothing is.

        Args:
            trays: heaviest mail of each tray of the scheme, None where it has no limit.
            lists: names of the scheme's labeling lists.
        """
        return self._limits_fault(trays) or self._levels_fault(lists)

    def _limits_fault(self, trays: Mapping[str, int | None]) -> str:
        if self.layer_height <= 0 or self.layers < 1:
            return "max_height has no room for a layer, or layer_height is 0"
        sheet = self.placard
        if sheet.width < _LEAST_SHEET_MPT[0] or sheet.height < _LEAST_SHEET_MPT[1]:
            return "a placard is at least 11in wide and 8in high, or its lines have no room"
        if not _LEAST_LETTER_MPT <= sheet.letter_height <= _MOST_LETTER_MPT:
            return "letters of a placard are from 0.5in to 0.625in high"
        for name in sorted(set(self.trays) ^ set(trays)):
            return f"trays must name each tray of the scheme and no others; look at {name!r}"
        for name, tray in self.trays.items():
            if tray.places > self.places_a_layer:
                return f"tray {name} takes {tray.places} places, a layer has {self.places_a_layer}"
            if tray.tare_mg + (trays[name] or 0) > self.load_mg:
                return f"tray {name} alone is heavier than max_weight_mg less tare_mg"
        return ""

    def _levels_fault(self, lists: Collection[str]) -> str:
        names = [level.name for level in self.levels]
        if len(set(names)) != len(names):
            return "levels need different names"
        if sum(level.optional for level in self.levels) > MAX_OPTIONAL:
            return f"at most {MAX_OPTIONAL} levels may be optional"
        last = self.levels[-1]
        if not last.takes_all or last.optional or (last.minimum_places > 1 and not self.loose):
            return (
                "the last level must take all trays that are left: no prefix_length, part or labeling_list, "
                "not optional, and minimum_places 1 unless trays may travel loose"
            )
        lengths = [level.prefix_length for level in self.levels if level.prefix_length is not None]
        if lengths != sorted(set(lengths), reverse=True):
            return "prefix_length must fall from level to level, the finest first"
        return next(filter(None, (self._level_fault(level, lists) for level in self.levels)), "")

    def _level_fault(self, level: ContainerLevel, lists: Collection[str]) -> str:
        if level.takes_all and level is not self.levels[-1]:
            return f"level {level.name}: only the last level may do without prefix_length, part and labeling_list"
        if level.labeling_list is not None and level.labeling_list not in lists:
            return f"level {level.name}: there is no list {level.labeling_list!r} in labeling_lists"
        if level.minimum_places > self.places:
            return (
                f"level {level.name}: minimum_places {level.minimum_places} is more than the {self.places} "
                "that a container has"
            )
        return ""
