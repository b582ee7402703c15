"""Data Matrix ECC 200 after the annexes of ISO/IEC 16022, slowly: squares, ASCII encodation."""

from __future__ import annotations

from tests.reference.symbols import Rows

# Table 7: modules a side -> data codewords, check codewords, regions a side.
SYMBOLS = {
    10: (3, 5, 1), 12: (5, 7, 1), 14: (8, 10, 1), 16: (12, 12, 1), 18: (18, 14, 1), 20: (22, 18, 1),
    22: (30, 20, 1), 24: (36, 24, 1), 26: (44, 28, 1), 32: (62, 36, 2),
}  # fmt: skip


def times(a: int, b: int, polynomial: int) -> int:
    """Product in GF(256), by shifting and adding."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= polynomial
        b >>= 1
    return product


def evaluate(codewords: list[int], point: int, polynomial: int) -> int:
    """Value of the polynomial whose highest coefficient comes first."""
    value = 0
    for codeword in codewords:
        value = times(value, point, polynomial) ^ codeword
    return value


def checks(data: list[int], count: int, first_root: int, polynomial: int) -> list[int]:
    """Reed-Solomon check codewords: the remainder of data * x**count by the generator, by long division."""
    generator = [1]
    root = 1
    for _ in range(first_root):
        root = times(root, 2, polynomial)
    for _ in range(count):
        raised = [*generator, 0]
        scaled = [0, *(times(c, root, polynomial) for c in generator)]
        generator = [a ^ b for a, b in zip(raised, scaled, strict=True)]
        root = times(root, 2, polynomial)
    remainder = [*data, *[0] * count]
    for place in range(len(data)):
        factor = remainder[place]
        for k, coefficient in enumerate(generator):
            remainder[place + k] ^= times(coefficient, factor, polynomial)
    return remainder[len(data) :]


def encode_ascii(text: bytes) -> list[int]:
    """5.2.3: digit pairs, ASCII, upper shift."""
    words = []
    at = 0
    while at < len(text):
        if text[at : at + 2].isdigit() and at + 1 < len(text):
            words.append(130 + int(text[at : at + 2]))
            at += 2
            continue
        words += [text[at] + 1] if text[at] < 128 else [235, text[at] - 128 + 1]
        at += 1
    return words


def pad(words: list[int], count: int) -> list[int]:
    """Annex B.1: the first pad as it is, the others randomised over 253 states."""
    words = [*words, 129] if len(words) < count else list(words)
    while len(words) < count:
        position = len(words) + 1
        value = 129 + 149 * position % 253 + 1
        words.append(value if value <= 254 else value - 254)
    return words


class Placement:
    """Annex F's program: array[i][j] is 10 * codeword + bit, codewords from 1, bits 1 (high) to 8."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self.array = [[0] * columns for _ in range(rows)]
        self._run()

    def _module(self, row: int, column: int, character: int, bit: int) -> None:
        if row < 0:
            row += self.rows
            column += 4 - ((self.rows + 4) % 8)
        if column < 0:
            column += self.columns
            row += 4 - ((self.columns + 4) % 8)
        self.array[row][column] = 10 * character + bit

    def _shape(self, character: int, modules: list[tuple[int, int]]) -> None:
        for bit, (row, column) in enumerate(modules, 1):
            self._module(row, column, character, bit)

    def _run(self) -> None:
        m, n = self.rows, self.columns
        character, row, column = 1, 4, 0
        while True:
            if row == m and column == 0:
                low = [(m - 1, 0), (m - 1, 1), (m - 1, 2), (0, n - 2), (0, n - 1), (1, n - 1)]
                self._shape(character, [*low, (2, n - 1), (3, n - 1)])
                character += 1
            if row == m - 2 and column == 0 and n % 4:
                low = [(m - 3, 0), (m - 2, 0), (m - 1, 0), (0, n - 4), (0, n - 3), (0, n - 2)]
                self._shape(character, [*low, (0, n - 1), (1, n - 1)])
                character += 1
            if row == m - 2 and column == 0 and n % 8 == 4:
                low = [(m - 3, 0), (m - 2, 0), (m - 1, 0), (0, n - 2), (0, n - 1), (1, n - 1)]
                self._shape(character, [*low, (2, n - 1), (3, n - 1)])
                character += 1
            if row == m + 4 and column == 2 and n % 8 == 0:
                low = [(m - 1, 0), (m - 1, n - 1), (0, n - 3), (0, n - 2), (0, n - 1), (1, n - 3)]
                self._shape(character, [*low, (1, n - 2), (1, n - 1)])
                character += 1
            while True:
                if row < m and column >= 0 and self.array[row][column] == 0:
                    self._utah(character, row, column)
                    character += 1
                row, column = row - 2, column + 2
                if not (row >= 0 and column < n):
                    break
            row, column = row + 1, column + 3
            while True:
                if row >= 0 and column < n and self.array[row][column] == 0:
                    self._utah(character, row, column)
                    character += 1
                row, column = row + 2, column - 2
                if not (row < m and column >= 0):
                    break
            row, column = row + 3, column + 1
            if not (row < m or column < n):
                break
        if self.array[m - 1][n - 1] == 0:
            self.array[m - 1][n - 1] = self.array[m - 2][n - 2] = 1

    def _utah(self, character: int, r: int, c: int) -> None:
        upper = [(r - 2, c - 2), (r - 2, c - 1), (r - 1, c - 2), (r - 1, c - 1), (r - 1, c)]
        self._shape(character, [*upper, (r, c - 2), (r, c - 1), (r, c)])


def draw(codewords: list[int], size: int) -> Rows:
    """Modules of a square, see draw_regions."""
    regions = SYMBOLS[size][2]
    return draw_regions(codewords, (size, size), (size // regions - 2, size // regions - 2))


def draw_regions(codewords: list[int], size: tuple[int, int], region: tuple[int, int]) -> Rows:
    """Modules of all the codewords, with finder and timing pattern (clause 6); sizes are rows and columns."""
    (rows, columns), (high, wide) = size, region
    array = Placement(rows // (high + 2) * high, columns // (wide + 2) * wide).array
    symbol = []
    for i in range(rows):
        block_row, inner_row = divmod(i, high + 2)
        row = ""
        for j in range(columns):
            block_column, inner_column = divmod(j, wide + 2)
            if inner_column == 0 or inner_row == high + 1:
                row += "1"
            elif inner_row == 0:
                row += "01"[j % 2 == 0]
            elif inner_column == wide + 1:
                row += "01"[i % 2 == 1]
            else:
                code = array[block_row * high + inner_row - 1][block_column * wide + inner_column - 1]
                character, bit = divmod(code, 10)
                row += "01"[code == 1 or (character > 0 and codewords[character - 1] >> (8 - bit) & 1)]
        symbol.append(row)
    return symbol


_C40 = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def encode_c40(text: bytes, count: int) -> list[int]:
    """5.2.5: triples of the basic set while there are any, then unlatched to ASCII; ``count`` codewords are there."""
    basic = 0
    while basic < len(text) and chr(text[basic]) in _C40:
        basic += 1
    basic -= basic % 3
    if basic == 0:
        return encode_ascii(text)
    words = [230]
    for at in range(0, basic, 3):
        first, second, third = (3 + _C40.index(chr(byte)) for byte in text[at : at + 3])
        words += divmod(1600 * first + 40 * second + third + 1, 256)
    if len(words) < count or basic < len(text):
        words.append(254)
    return words + encode_ascii(text[basic:])


def encode_base256(data: bytes) -> list[int]:
    """5.2.9 and annex B.2: latch, length and bytes randomised over 255 states."""
    words = [231]
    for place, value in enumerate([len(data), *data], 2):
        words.append((value + 149 * place % 255 + 1) % 256)
    return words


def encode_datamatrix(text: bytes, size: int) -> Rows | None:
    """Rows of the symbol, None where the text does not fit."""
    data_count, check_count, _ = SYMBOLS[size]
    words = encode_ascii(text)
    if len(words) > data_count:
        return None
    words = pad(words, data_count)
    return draw(words + checks(words, check_count, 1, 0x12D), size)
