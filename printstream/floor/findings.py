"""What the floor finds, in the shop's words; machine, comparison and report share them."""

from __future__ import annotations

from dataclasses import dataclass, field

from printstream.base.frozen import frozen

KINDS = {
    "unreadable_marks": "the reading marks could not be read",
    "misplaced_marks": "the reading marks lie too far from their place",
    "unreadable_code": "the code could not be read",
    "misplaced_code": "the code lies too far from its place",
    "skewed": "the sheet lies too far askew",
    "clear_zone": "there is ink in the clear zone of the marks",
    "ink_on_back": "there is ink on the back, behind marks or code",
    "marks_disagree": "marks and code contradict each other, or the parity is wrong",
    "wrong_job": "the code is of another job",
    "web_marks": "the cutter's or the folder's mark on the web is missing, or stands where none belongs",
    "web_length": "the web is longer or shorter than its work order says",
    "own_sheet": "a sheet of the shop's own does not lie where the work order says",
    "blank_sheet": "a blank sheet lies among printed ones",
    "sequence_break": "the sheets are not in sequence",
    "mis_collation": "a set has not the sheets that its marks say",
    "doubled_feed": "the feeder took two sheets at once, and noticed it",
    "no_address": "no address shows in the window",
    "address_cut": "the address is not wholly certain to show in the window",
    "pocket_overflow": "the set has more sheets than the pocket takes",
    "over_thickness": "the filled envelope is too thick for the machine",
    "missing_piece": "a piece of the manifest did not come out",
    "unknown_piece": "a piece came out that the manifest has not",
    "piece_twice": "a piece came out more than once",
    "wrong_sheets": "a piece has another number of sheets than the manifest says",
    "wrong_inserts": "other pockets feed inserts to a piece than the manifest says",
    "wrong_weight": "a piece weighs something else than the manifest says",
    "wrong_spool": "a piece came out of another print file",
    "out_of_order": "a piece came out of order",
    "wrong_tray_break": "a piece lies in a tray that is not its own",
    "tray_overflow": "a tray is longer filled than it is",
}
"""Every kind of finding: the first part the machine sees by itself, from ``missing_piece`` on it takes the manifest."""
_BY_MANIFEST = frozenset(list(KINDS)[list(KINDS).index("missing_piece") :])


@frozen
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: of KINDS.
        what: a sentence's end: numbers that belong to it; no personal data.
        spool: print file, 1-based; 0: none.
        place: the sheet's place in the run's pile, 0-based; -1: none.
        piece: its number; 0: not known.
    """

    kind: str
    what: str = ""
    spool: int = 0
    place: int = -1
    piece: int = 0

    @property
    def by_machine(self) -> bool:
        """Whether the machine saw it by itself, without the manifest."""
        return self.kind not in _BY_MANIFEST

    @property
    def text(self) -> str:
        """A sentence."""
        where = ", ".join(
            part
            for part in (
                f"spool {self.spool}" if self.spool else "",
                f"sheet {self.place + 1} of the pile" if self.place >= 0 else "",
                f"piece {self.piece}" if self.piece else "",
            )
            if part
        )
        detail = f" ({self.what})" if self.what else ""
        return f"{where}: {KINDS[self.kind]}{detail}" if where else f"{KINDS[self.kind]}{detail}"


@dataclass
class Envelope:
    """One envelope as the machine made it.

    Attributes:
        spool: 0-based.
        places: sheets in it, by their place in the pile.
        read: how many of them passed the eyes by themselves.
        piece: number by its code; 0: not known.
        inserts: pockets that feed, the first the lowest bit; pockets: those of which something says whether they do.
        to_divert: whether its marks send it to the divert bin.
        end_of_tray: whether it is its tray's last; None: nothing says so.
        end_of_spool: whether it is its print file's last.
        findings: what the machine found; any of them sends it to the divert bin, too.
    """

    spool: int
    places: list[int] = field(default_factory=list)
    read: int = 0
    piece: int = 0
    inserts: int = 0
    pockets: int = 0
    to_divert: bool = False
    end_of_tray: bool | None = None
    end_of_spool: bool = False
    findings: list[Finding] = field(default_factory=list)
    weight_mg: int = 0
    thickness_um: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.findings

    @property
    def goes_out(self) -> bool:
        """Whether it goes to the stacker."""
        return self.good and not self.to_divert
