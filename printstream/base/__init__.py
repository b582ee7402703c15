"""What every room shares: units, columns, errors, the store of columns. No room is imported here."""
