"""Documents of a household into envelopes, in order: an envelope takes the next document or is closed."""

from __future__ import annotations

from printstream.kernels.jit import kernel


@kernel
def fill_envelopes(household, sheets, takes, stream, most_documents, keeps_stream, begins):  # type: ignore[no-untyped-def]
    """Mark the documents that begin an envelope.

    Args:
        household: int64[documents]: those of a household follow one another.
        sheets: int64[documents].
        takes: bool[most sheets + 1]: whether an envelope with several documents may hold so many sheets.
        stream: int64[most sheets + 1]: stream of a piece of so many sheets.
        most_documents: int: most documents of an envelope.
        keeps_stream: bool: whether a piece must stay in the stream of its largest document.
        begins: bool[documents], the caller's.
    """
    total = 0
    largest = 0
    count = 0
    for k in range(household.size):
        joins = k > 0 and household[k] == household[k - 1] and count < most_documents
        after = total + sheets[k]
        if joins:
            joins = after < takes.size and takes[after]
        if joins and keeps_stream:
            joins = stream[after] == stream[max(largest, sheets[k])]
        begins[k] = not joins
        if joins:
            total = after
            count += 1
            largest = max(largest, sheets[k])
        else:
            total = sheets[k]
            count = 1
            largest = sheets[k]
