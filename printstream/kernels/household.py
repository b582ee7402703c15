"""Documents of a household into envelopes, in order: an envelope takes the next document or is closed."""

from __future__ import annotations

from printstream.kernels.jit import kernel


@kernel
def fill_envelopes(household, sheets, documents, takes, stream, most_documents, keeps_stream, begins):  # type: ignore[no-untyped-def]
    """Mark the units that begin an envelope; a unit is a document, or those that are matched and stay together.

    Args:
        household: int64[units]: those of a household follow one another.
        sheets: int64[units].
        documents: int64[units]: documents of each.
        takes: bool[most sheets + 1]: whether an envelope with several documents may hold so many sheets.
        stream: int64[most sheets + 1]: stream of a piece of so many sheets.
        most_documents: int: most documents of an envelope.
        keeps_stream: bool: whether a piece must stay in the stream of its largest unit.
        begins: bool[units], the caller's.
    """
    total = 0
    largest = 0
    count = 0
    for k in range(household.size):
        joins = k > 0 and household[k] == household[k - 1] and count + documents[k] <= most_documents
        after = total + sheets[k]
        if joins:
            joins = after < takes.size and takes[after]
        if joins and keeps_stream:
            joins = stream[after] == stream[max(largest, sheets[k])]
        begins[k] = not joins
        if joins:
            total = after
            count += documents[k]
            largest = max(largest, sheets[k])
        else:
            total = sheets[k]
            count = documents[k]
            largest = sheets[k]
